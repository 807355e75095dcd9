//! Where the store finds its credentials. In processes of their own: the environment is a process's.

use std::env;
use std::process::Stdio;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use idem_lambda::store::DynamoDb;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::mpsc;

const ENDPOINT: &str = "IDEM_TEST_ENDPOINT";
const OF_A_CONTAINER: &str = r#"{"AccessKeyId":"container","SecretAccessKey":"secret","Token":"token","Expiration":"2100-01-01T00:00:00Z"}"#;

#[tokio::test]
#[ignore = "the process of the other tests"]
async fn process() {
    let endpoint = env::var(ENDPOINT).unwrap();
    let store = DynamoDb::builder("records").endpoint(endpoint).build();
    store.warm_up().await.unwrap();
}

/// Whose access key signs what a process with these variables sends.
async fn signer(variables: &[(&str, &str)]) -> String {
    let (sender, mut signed) = mpsc::unbounded_channel();
    let service = Router::new()
        .route("/container", get(|| async { OF_A_CONTAINER }))
        .fallback(move |headers: HeaderMap| {
            let authorization = headers["authorization"].to_str().unwrap().to_owned();
            sender.send(authorization).unwrap();
            async { "{}" }
        });
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let variables = variables
        .iter()
        .map(|(name, value)| (name, value.replace("{endpoint}", &endpoint)));
    let process = Command::new(env::current_exe().unwrap())
        .args(["--exact", "credentials::process", "--ignored"])
        .env_clear()
        .env(ENDPOINT, &endpoint)
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(variables)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .status();
    let process = tokio::select! {
        process = process => process.unwrap(),
        _ = axum::serve(listener, service).into_future() => unreachable!("it serves for ever"),
    };
    assert!(process.success());
    let authorization = signed.recv().await.unwrap();
    let (_, credential) = authorization.split_once("Credential=").unwrap();
    credential.split_once('/').unwrap().0.to_owned()
}

/// A file of profiles.
fn profiles() -> tempfile::TempPath {
    let file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let profile = "[default]\naws_access_key_id = profile\naws_secret_access_key = secret\n";
    std::fs::write(&file, profile).unwrap();
    file
}

#[tokio::test]
async fn credentials_of_the_environment_come_first() {
    let profiles = profiles();
    let variables = [
        ("AWS_ACCESS_KEY_ID", "environment"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SHARED_CREDENTIALS_FILE", profiles.to_str().unwrap()),
    ];
    assert_eq!(signer(&variables).await, "environment");
}

#[tokio::test]
async fn without_them_those_of_a_profile_are_found() {
    let profiles = profiles();
    let variables = [
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SHARED_CREDENTIALS_FILE", profiles.to_str().unwrap()),
    ];
    assert_eq!(signer(&variables).await, "profile");
}

#[tokio::test]
async fn without_a_profile_those_of_a_containers_role_are_found() {
    let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", "{endpoint}/container")];
    assert_eq!(signer(&variables).await, "container");
}
