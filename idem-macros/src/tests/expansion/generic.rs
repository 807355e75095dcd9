#[idempotent(key = "$.id", ttl = "1h")]
async fn charge<'a, T: Serialize>(event: &'a T) -> Result<Vec<impl Serialize>, Error>
where
    T: Sync,
{
    Ok(vec![event.len()])
}
