//! What the attribute writes and says, without a compiler.

mod expansion;
mod messages;

use std::path::Path;
use std::{env, fs};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// One use of the attribute in a source file.
struct Use {
    arguments: TokenStream,
    item: TokenStream,
}

/// Finds every use of the attribute, by its tokens: not every file here is Rust that `syn` would read.
fn uses(tokens: TokenStream) -> Vec<Use> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else {
            continue;
        };
        match arguments(group) {
            Some(arguments) => {
                let item = item(&tokens[index + 1..]);
                found.push(Use { arguments, item });
            }
            None => found.extend(uses(group.stream())),
        }
    }
    found
}

/// What is between the parentheses if these are the brackets of the attribute.
fn arguments(brackets: &Group) -> Option<TokenStream> {
    let mut tokens = brackets.stream().into_iter();
    let is_attribute = brackets.delimiter() == Delimiter::Bracket
        && tokens
            .next()
            .is_some_and(|name| name.to_string() == "idempotent");
    is_attribute.then(|| match tokens.next() {
        Some(TokenTree::Group(arguments)) => arguments.stream(),
        _ => TokenStream::new(),
    })
}

/// Everything up to the braces or the semicolon that end the item.
fn item(tokens: &[TokenTree]) -> TokenStream {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(mark) => mark.as_char() == ';',
        _ => false,
    };
    let end = tokens.iter().position(ends);
    let end = end.map_or(tokens.len(), |end| end + 1);
    tokens[..end].iter().cloned().collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares with a file, or writes it anew as `trybuild` would.
fn assert_is_file(path: &Path, text: &str) {
    if env::var_os("TRYBUILD").is_some_and(|mode| mode == "overwrite") {
        fs::write(path, text).unwrap();
    }
    assert_eq!(read(path), text, "{}", path.display());
}
