//! A server on loopback, and a client of it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use idem_lambda::Idempotency;
use idem_lambda::clock::{ManualClock, UnixMillis};
use idem_lambda::http::IdempotencyLayer;
use idem_lambda::store::Memory;
use idem_lambda::testing::FaultyStore;
use reqwest::{Client, Method, RequestBuilder};
use tokio::net::TcpListener;

use crate::shop::Shop;

pub(crate) const TTL: Duration = Duration::from_hours(24);

/// The shop behind the layer. Its time stands still unless a test moves it.
pub(crate) struct Server {
    pub(crate) shop: Arc<Shop>,
    pub(crate) store: FaultyStore,
    pub(crate) clock: ManualClock,
    client: Client,
    root: String,
}

/// Of a response, what a client sees.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|layer| layer).await
    }

    /// With these settings of the layer.
    pub(crate) async fn with(set: impl FnOnce(IdempotencyLayer) -> IdempotencyLayer) -> Self {
        Self::serving(|shop, layer| shop.layer(set(layer))).await
    }

    /// With what this makes of the shop and the layer.
    pub(crate) async fn serving(
        put_together: impl FnOnce(Router, IdempotencyLayer) -> Router,
    ) -> Self {
        let memory = Memory::builder().result_limit(10 * 1024 * 1024);
        let (shop, store) = (Shop::new(), FaultyStore::new(memory.build()));
        let clock = ManualClock::at(UnixMillis(1_800_000_000_000));
        let runtime = Idempotency::builder(store.clone()).clock(clock.clone());
        let layer = IdempotencyLayer::new("shop", TTL).runtime(runtime.build());
        let app = put_together(shop.router(), layer);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, app).await });
        Self {
            shop,
            store,
            clock,
            client: Client::builder().no_proxy().build().unwrap(),
            root,
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.root.clone() + path)
    }

    /// A `POST` with this key, which is written as it is.
    pub(crate) fn post(&self, path: &str, key: &str) -> RequestBuilder {
        let request = self.request(Method::POST, path);
        request.header("idempotency-key", key)
    }
}

impl Seen {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let headers = response.headers().iter();
        Self {
            status: response.status().as_u16(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.as_bytes().into()))
                .collect(),
            body: response.bytes().await.unwrap().into(),
        }
    }

    /// All values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let values = self.headers.iter().filter(|(header, _)| header == name);
        values
            .map(|(_, value)| str::from_utf8(value).unwrap())
            .collect()
    }

    pub(crate) fn is_replay(&self) -> bool {
        self.header("idempotency-replayed") == ["true"]
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }
}
