//! What people write in quotes that is no path.

use idem_core::key::path;

use super::is_of_header;
use crate::fault::KeyFault;
use crate::words;

/// The longest text that a message suggests.
const SUGGESTION: usize = 60;

/// What was meant by `text`, which is no path.
pub(super) fn of(text: &str) -> Option<KeyFault> {
    let text = text.trim();
    let fault = unquoted(text).map(|write| KeyFault::Quoted { write });
    fault
        .or_else(|| header(text).map(|name| KeyFault::HeaderPath { name }))
        .or_else(|| tuple(text).map(|write| KeyFault::QuotedTuple { write }))
        .filter(|_| text.chars().count() <= SUGGESTION)
}

/// A form or a closure.
fn unquoted(text: &str) -> Option<String> {
    let form = text.split_once('(').filter(|_| text.ends_with(')'));
    let is_form = form.is_some_and(|(name, _)| words::form(name.trim_end()).is_some());
    if is_form || text.starts_with('|') {
        return Some(text.replace('\'', "\""));
    }
    let request_id = words::REQUEST_ID.name;
    text.eq_ignore_ascii_case(request_id)
        .then(|| request_id.to_owned())
}

/// The name of the header, of a path to one whose name cannot stand there without quotes or has no `$` before it.
fn header(text: &str) -> Option<String> {
    let path = text.trim_start_matches(['$', '.']);
    let (first, name) = path.split_at(path.find(['.', '['])?);
    let name = name.trim_matches(['.', '[', ']', '\'', '"']);
    let is_header =
        first == "headers" && !name.is_empty() && name.chars().all(|c| is_of_header(c) && c != '.');
    is_header.then(|| name.to_owned())
}

/// Several paths.
fn tuple(text: &str) -> Option<String> {
    let parts = text
        .trim_start_matches('(')
        .trim_end_matches(')')
        .split(',');
    let parts: Option<Vec<_>> = parts.map(|part| one(part.trim())).collect();
    let parts = parts.filter(|parts| parts.len() > 1)?;
    Some(format!("({})", parts.join(", ")))
}

/// One path in quotes; a name alone is one of a member.
fn one(part: &str) -> Option<String> {
    let part = part.trim_matches(['\'', '"']);
    let paths = [part.to_owned(), format!("$.{part}")];
    let path = paths.into_iter().find(|path| path::parse(path).is_ok())?;
    Some(format!("\"{path}\""))
}
