//! The network between client and table: counts requests, and fails as a plan says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives, and so does its reply.
    Pass,
    /// It is applied, and its reply is lost.
    LoseReply,
    /// It is lost.
    LoseRequest,
    /// The service refuses it with this status and code.
    Refuse(u16, &'static str),
    /// The service answers with this status and body.
    Answer(u16, &'static str),
}

/// The network of one client. What the plan does not name passes.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    inner: SharedHttpClient,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    plan: VecDeque<Fate>,
    /// What becomes of requests beyond the plan.
    beyond: Beyond,
    requests: Vec<(String, Vec<u8>)>,
    under_way: usize,
}

#[derive(Debug, Default)]
enum Beyond {
    #[default]
    Pass,
    All(Fate),
    /// Two of five fail, each in its way.
    Random(Random),
}

/// Numbers that only a seed decides (`SplitMix64`).
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

impl Beyond {
    fn next(&mut self) -> Fate {
        match self {
            Self::Pass => Fate::Pass,
            Self::All(fate) => *fate,
            Self::Random(random) => match random.below(10) {
                0 => Fate::LoseReply,
                1 => Fate::LoseRequest,
                2 => Fate::Refuse(500, "InternalServerError"),
                3 => Fate::Refuse(400, "ProvisionedThroughputExceededException"),
                _ => Fate::Pass,
            },
        }
    }
}

impl Network {
    pub(crate) fn to(endpoint: &str) -> Self {
        let builder = aws_smithy_http_client::Builder::new();
        Self {
            inner: if endpoint.starts_with("https") {
                builder
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .build_https()
            } else {
                builder.build_http()
            },
            state: Arc::default(),
        }
    }

    /// From here on: these fates in turn, then passing.
    pub(crate) fn plan(&self, fates: impl IntoIterator<Item = Fate>) {
        let mut state = self.state.lock().unwrap();
        state.plan = fates.into_iter().collect();
        state.beyond = Beyond::Pass;
    }

    /// From here on this fate for all.
    pub(crate) fn all(&self, fate: Fate) {
        let mut state = self.state.lock().unwrap();
        state.plan.clear();
        state.beyond = Beyond::All(fate);
    }

    /// From here on fates as the seed has them.
    pub(crate) fn random(&self, seed: u64) {
        let mut state = self.state.lock().unwrap();
        state.plan.clear();
        state.beyond = Beyond::Random(Random(seed));
    }

    /// The operations sent since this was asked last, re-sends included.
    pub(crate) fn requests(&self) -> Vec<String> {
        let sent = self.sent().into_iter();
        sent.map(|(operation, _)| operation).collect()
    }

    /// The same, each with its body.
    pub(crate) fn sent(&self) -> Vec<(String, Vec<u8>)> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }

    fn next(&self, request: &HttpRequest) -> Fate {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let mut state = self.state.lock().unwrap();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        state.requests.push((operation.to_owned(), body));
        let planned = state.plan.pop_front();
        planned.unwrap_or_else(|| state.beyond.next())
    }

    /// Whether nobody waits for a reply that is still to come.
    pub(crate) fn is_idle(&self) -> bool {
        self.state.lock().unwrap().under_way == 0
    }

    fn under_way(&self) -> UnderWay {
        self.state.lock().unwrap().under_way += 1;
        UnderWay(Arc::clone(&self.state))
    }
}

/// Somebody waits for a reply.
struct UnderWay(Arc<Mutex<State>>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.lock().unwrap().under_way -= 1;
    }
}

impl HttpClient for Network {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Line {
            network: self.clone(),
            inner: self.inner.http_connector(settings, components),
        })
    }
}

#[derive(Debug)]
struct Line {
    network: Network,
    inner: SharedHttpConnector,
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let inner = self.inner.clone();
        let under_way = self.network.under_way();
        match self.network.next(&request) {
            Fate::Pass => HttpConnectorFuture::new(async move {
                let _under_way = under_way;
                whole(inner.call(request).await?).await
            }),
            Fate::LoseRequest => HttpConnectorFuture::ready(Err(lost())),
            Fate::LoseReply => HttpConnectorFuture::new(async move {
                let _under_way = under_way;
                inner.call(request).await?;
                Err(lost())
            }),
            Fate::Refuse(status, code) => {
                let body = format!(
                    r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"planned"}}"#
                );
                answer(status, body)
            }
            Fate::Answer(status, body) => answer(status, body.to_owned()),
        }
    }
}

/// With its body, which may come later: only then is the reply there.
async fn whole(mut reply: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = ByteStream::new(reply.take_body()).collect().await;
    let body = body.map_err(|error| ConnectorError::io(error.into()))?;
    *reply.body_mut() = SdkBody::from(body.into_bytes());
    Ok(reply)
}

fn answer(status: u16, body: String) -> HttpConnectorFuture {
    let status = status.try_into().unwrap();
    HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
}

fn lost() -> ConnectorError {
    ConnectorError::io("the connection was reset".into())
}
