use idem_lambda::{Error, Execution, Reconciliation, idempotent};
use lambda_http::{IntoResponse, Request};

#[idempotent(
    key = header("idempotency-key"),
    ttl = "1h",
    on_error = remember,
    on_abandoned = reconcile(ask),
    on_replay = mark,
    codec = http
)]
async fn order(request: Request) -> Result<impl IntoResponse, Error> {
    Ok(request.uri().path().to_owned())
}

async fn ask(_: &Request, _: Execution) -> Result<Reconciliation<String>, Error> {
    Ok(Reconciliation::Unknown)
}

fn main() {}
