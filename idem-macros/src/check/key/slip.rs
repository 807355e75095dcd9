//! What people write in quotes that is no path.

use idem_core::key::path;

use super::{Reader, is_of_header};
use crate::errors::Errors;
use crate::fault::KeyFault;
use crate::words;

/// The longest text that a message suggests.
const SUGGESTION: usize = 60;

/// What was meant by `text`, which is no path.
pub(super) fn of(reader: Reader<'_>, text: &str) -> Option<KeyFault> {
    let text = text.trim();
    if text.chars().count() > SUGGESTION {
        return None;
    }
    unquoted(reader, text)
        .or_else(|| header(text).map(|name| KeyFault::HeaderPath { name }))
        .or_else(|| tuple(text).map(|write| KeyFault::QuotedTuple { write }))
}

/// A form or a closure.
fn unquoted(reader: Reader<'_>, text: &str) -> Option<KeyFault> {
    let write = text.replace('\'', "\"");
    if text.starts_with('|') {
        return Some(KeyFault::Quoted { write });
    }
    let name = text.split('(').next().unwrap_or(text).trim_end();
    if name.eq_ignore_ascii_case(words::REQUEST_ID.name) {
        let write = words::REQUEST_ID.name.to_owned();
        return Some(KeyFault::Quoted { write });
    }
    let form = words::meant_word(words::FORMS, name).filter(|_| name.len() < text.len())?;
    Some(if is_key(reader, &write) {
        KeyFault::Quoted { write }
    } else {
        KeyFault::Misused { word: form }
    })
}

/// Whether it would be one without the quotes.
fn is_key(reader: Reader<'_>, text: &str) -> bool {
    let errors = Errors::default();
    if let Ok(value) = syn::parse_str(text) {
        let reader = Reader {
            errors: &errors,
            ..reader
        };
        return reader.key(&value).is_some() & errors.take().is_empty();
    }
    false
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
    let bare = text.strip_prefix(['(', '[']);
    let bare = bare.and_then(|text| text.strip_suffix([')', ']']));
    let parts = bare.unwrap_or(text).split(',');
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
