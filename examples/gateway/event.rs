//! Requests, as the gateways send them to a function.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

pub(crate) const KEY: &str = "idempotency-key";

/// A kind of gateway.
pub(crate) struct Gateway {
    pub(crate) name: &'static str,
    sample: &'static str,
}

pub(crate) const GATEWAYS: [Gateway; 5] = [
    Gateway {
        name: "API Gateway, REST",
        sample: include_str!("../../tests/data/api-gateway-rest.json"),
    },
    Gateway {
        name: "API Gateway, HTTP",
        sample: include_str!("../../tests/data/api-gateway-http.json"),
    },
    Gateway {
        name: "function URL",
        sample: include_str!("../../tests/data/function-url.json"),
    },
    Gateway {
        name: "load balancer",
        sample: include_str!("../../tests/data/alb.json"),
    },
    Gateway {
        name: "load balancer, multi-value headers",
        sample: include_str!("../../tests/data/alb-multi-value.json"),
    },
];

impl Gateway {
    /// The event of an order with these keys and this body.
    pub(crate) fn event(&self, keys: &[&str], body: &[u8]) -> serde_json::Result<Value> {
        let mut event: Value = serde_json::from_str(self.sample)?;
        // Of a header that occurs twice, some gateways make one with a comma, and others send the last one.
        let value = if event["version"] == "2.0" {
            Some(keys.join(",")).filter(|_| !keys.is_empty())
        } else {
            keys.last().map(|key| (*key).to_owned())
        };
        set(&mut event["headers"], value.map(Value::String));
        set(
            &mut event["multiValueHeaders"],
            (!keys.is_empty()).then(|| json!(keys)),
        );
        let (body, is_encoded) = match str::from_utf8(body) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (STANDARD.encode(body), true),
        };
        event["body"] = body.into();
        event["isBase64Encoded"] = is_encoded.into();
        Ok(event)
    }
}

/// Gives these headers that key, in place of the sample's, where the gateway sends headers in this form.
fn set(headers: &mut Value, key: Option<Value>) {
    if let Some(headers) = headers.as_object_mut() {
        let others = std::mem::take(headers).into_iter();
        *headers = others
            .filter(|(name, _)| !name.eq_ignore_ascii_case(KEY))
            .collect::<Map<_, _>>();
        headers.extend(key.map(|key| (KEY.to_owned(), key)));
    }
}
