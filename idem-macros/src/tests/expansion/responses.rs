#[idempotent(key = header("idempotency-key"), ttl = "24h", codec = http)]
async fn order(request: Request) -> Result<impl IntoResponse, Error> {
    Ok(Response::new(request.into_body()))
}
