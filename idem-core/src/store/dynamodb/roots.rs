//! The certification authorities whose certificates the client takes.

use std::env;
use std::ffi::OsStr;

use aws_smithy_http_client::tls::TrustStore;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// The roots of Amazon Trust Services, who say that a trust store of one's own should have all five.
///
/// Source: [Amazon Trust Services](https://www.amazontrust.com/repository/).
const AMAZON: [&str; 5] = [
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
];

/// Amazon's roots in a Lambda function that talks to AWS, because reading all of the operating system's takes most of the
/// time that a client takes to make; else the operating system's.
pub(super) fn trust_store(endpoint: Option<&str>) -> TrustStore {
    if endpoint.is_some_and(shows_certificate) || !is_amazon_expected() {
        return TrustStore::default();
    }
    TLS_SERVER_ROOT_CERTS
        .iter()
        .filter(|root| is_of_amazon(root))
        .map(|root| BASE64_STANDARD.encode(root))
        .map(|root| format!("-----BEGIN CERTIFICATE-----\n{root}\n-----END CERTIFICATE-----\n"))
        .fold(TrustStore::empty(), TrustStore::with_pem_certificate)
}

/// Whether the environment is that of a Lambda function, and names neither roots nor endpoints of its own.
fn is_amazon_expected() -> bool {
    let is_own = |name: &str, value: &OsStr| {
        name == "SSL_CERT_FILE"
            || name == "SSL_CERT_DIR"
            || name.starts_with("AWS_ENDPOINT_URL") && value.to_str().is_none_or(shows_certificate)
    };
    let region = env::var("AWS_REGION").unwrap_or_default();
    env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_some()
        && is_region_of_amazon(&region)
        && !env::vars_os()
            .any(|(name, value)| name.to_str().is_some_and(|name| is_own(name, &value)))
}

/// Whether an endpoint that somebody has set, such as an emulator's, may show a certificate of anybody's.
fn shows_certificate(endpoint: &str) -> bool {
    !endpoint.starts_with("http://")
}

/// China, the isolated regions and the European Sovereign Cloud have other authorities.
fn is_region_of_amazon(region: &str) -> bool {
    !region.is_empty()
        && !["cn-", "us-iso", "eu-iso", "eusc-"]
            .iter()
            .any(|other| region.starts_with(other))
}

fn is_of_amazon(root: &[u8]) -> bool {
    issuer(root).is_some_and(|issuer| AMAZON.iter().any(|name| issuer.ends_with(name.as_bytes())))
}

/// The issuer of a certificate, in DER; the last of it is its name. All of them are looked at in a cold start, so none is
/// searched.
fn issuer(certificate: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = element(certificate)?;
    let (content, _) = element(certificate)?;
    let (_version, rest) = element(content)?;
    let (_serial, rest) = element(rest)?;
    let (_algorithm, rest) = element(rest)?;
    Some(element(rest)?.0)
}

/// What is in the first element of some DER, and what comes after it.
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[_tag, length], rest) = der.split_first_chunk()?;
    let (length, rest) = match (length, rest) {
        (0..=0x7f, rest) => (length.into(), rest),
        (0x81, [length, rest @ ..]) => ((*length).into(), rest),
        (0x82, [high, low, rest @ ..]) => (u16::from_be_bytes([*high, *low]).into(), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_with_authorities_of_their_own_are_not_amazons() {
        for region in [
            "",
            "cn-north-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "eusc-de-east-1",
        ] {
            assert!(!is_region_of_amazon(region), "{region:?}");
        }
        for region in ["us-east-1", "us-gov-west-1", "eu-central-1", "il-central-1"] {
            assert!(is_region_of_amazon(region), "{region}");
        }
    }

    #[test]
    fn an_endpoint_without_tls_shows_no_certificate() {
        assert!(!shows_certificate("http://127.0.0.1:8000"));
        for endpoint in ["https://127.0.0.1:8000", "", "HTTP://127.0.0.1"] {
            assert!(shows_certificate(endpoint), "{endpoint}");
        }
    }

    #[test]
    fn what_is_cut_off_or_no_certificate_has_no_issuer() {
        for root in TLS_SERVER_ROOT_CERTS {
            assert!(issuer(root).is_some());
            for end in 0..100 {
                assert_eq!(issuer(&root[..end]), None, "{end}");
            }
        }
        assert_eq!(issuer(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }

    #[test]
    fn amazon_has_five_roots() {
        let roots = TLS_SERVER_ROOT_CERTS.iter();
        assert_eq!(roots.filter(|root| is_of_amazon(root)).count(), 5);
    }
}
