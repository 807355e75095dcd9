//! The runtime of the process: a test binary of its own, since a process has one.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use idem_lambda::{Error, Idempotency, idempotent, store::Memory};

#[idempotent(key = "$", ttl = "1h")]
async fn echo(id: String) -> Result<String, Error> {
    Ok(id)
}

#[tokio::test]
async fn the_first_installation_serves_and_a_second_is_refused() {
    assert!(
        echo("A-1".to_owned())
            .await
            .unwrap_err()
            .is_not_configured()
    );
    Idempotency::new(Memory::new()).install().unwrap();
    assert!(
        Idempotency::disabled()
            .install()
            .unwrap_err()
            .is_not_configured()
    );
    assert_eq!(echo("A-1".to_owned()).await.unwrap(), "A-1");
    assert!(
        echo(String::new()).await.unwrap_err().is_missing_key(),
        "the disabled one would run"
    );
}
