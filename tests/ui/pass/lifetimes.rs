#![deny(warnings)]

use std::borrow::Cow;

use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h")]
async fn named<'a, 'b: 'a>(event: &'a str, note: &'b str) -> Result<usize, Error> {
    Ok(event.len() + note.len())
}

#[idempotent(key = "$", ttl = "1h")]
async fn elided(event: Cow<'_, str>, note: &mut String) -> Result<usize, Error> {
    note.push_str(&event);
    Ok(note.len())
}

fn main() {
    let _ = named("order", "note");
    let _ = elided(Cow::Borrowed("order"), &mut String::new());
}
