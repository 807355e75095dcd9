//! The network between client and table: counts requests, and fails as a plan says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

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
    beyond: Option<Fate>,
    requests: Vec<String>,
}

impl Network {
    pub(crate) fn new() -> Self {
        Self {
            inner: aws_smithy_http_client::Builder::new().build_http(),
            state: Arc::default(),
        }
    }

    /// From here on: these fates in turn, then passing.
    pub(crate) fn plan(&self, fates: impl IntoIterator<Item = Fate>) {
        let mut state = self.state.lock().unwrap();
        state.plan = fates.into_iter().collect();
        state.beyond = None;
    }

    /// From here on this fate for all.
    pub(crate) fn all(&self, fate: Fate) {
        let mut state = self.state.lock().unwrap();
        state.plan.clear();
        state.beyond = Some(fate);
    }

    /// The operations sent since this was asked last, re-sends included.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }

    fn next(&self, request: &HttpRequest) -> Fate {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let mut state = self.state.lock().unwrap();
        state.requests.push(operation.to_owned());
        let beyond = state.beyond.unwrap_or(Fate::Pass);
        state.plan.pop_front().unwrap_or(beyond)
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
        match self.network.next(&request) {
            Fate::Pass => inner.call(request),
            Fate::LoseRequest => HttpConnectorFuture::ready(Err(lost())),
            Fate::LoseReply => HttpConnectorFuture::new(async move {
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

fn answer(status: u16, body: String) -> HttpConnectorFuture {
    let status = status.try_into().unwrap();
    HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
}

fn lost() -> ConnectorError {
    ConnectorError::io("the connection was reset".into())
}
