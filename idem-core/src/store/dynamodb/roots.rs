//! The certification authorities whose certificates the client takes.

use std::env;

use aws_smithy_http_client::tls::TrustStore;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// The roots of Amazon Trust Services, who say that a trust store of one's own should have all five.
///
/// Source: [Amazon Trust Services](https://www.amazontrust.com/repository/).
const AMAZON: [&str; 2] = [
    // 1 to 4
    "Amazon Root CA ",
    "Starfield Services Root Certificate Authority - G2",
];
/// In a root certificate its issuer, which is its subject, too, stands before this byte.
const ISSUER_END: usize = 256;

/// Amazon's roots in a Lambda function that talks to AWS, because reading all of the operating system's takes most of the
/// time that a client takes to make; else the operating system's.
pub(super) fn trust_store(has_own_endpoint: bool) -> TrustStore {
    if has_own_endpoint || !is_amazon_expected() {
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
    let is_own = |name: &str| {
        name == "SSL_CERT_FILE" || name == "SSL_CERT_DIR" || name.starts_with("AWS_ENDPOINT_URL")
    };
    let region = env::var("AWS_REGION").unwrap_or_default();
    env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_some()
        && is_region_of_amazon(&region)
        && !env::vars_os().any(|(name, _)| name.to_str().is_some_and(is_own))
}

/// China, the isolated regions and the European Sovereign Cloud have other authorities.
fn is_region_of_amazon(region: &str) -> bool {
    !region.is_empty()
        && !["cn-", "us-iso", "eu-iso", "eusc-"]
            .iter()
            .any(|other| region.starts_with(other))
}

fn is_of_amazon(root: &[u8]) -> bool {
    let head = &root[..root.len().min(ISSUER_END)];
    AMAZON.iter().any(|name| {
        head.windows(name.len())
            .any(|window| window == name.as_bytes())
    })
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
    fn amazon_has_five_roots() {
        let roots = TLS_SERVER_ROOT_CERTS.iter();
        assert_eq!(roots.filter(|root| is_of_amazon(root)).count(), 5);
    }
}
