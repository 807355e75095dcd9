//! Headers of an HTTP request, as API Gateway, load balancers and function URLs pass them on.

use super::bytes::{END, LIST, NULL};
use super::expression::Segment;
use super::fault::Fault;
use super::held::Held;
use super::sink::{Failed, Sink};
use super::strict::Strict;
use super::walk::{Value, select};

/// Where headers are: the first has one value of each or, from some senders, the last one; the second has all of them.
const MEMBERS: [&str; 2] = ["headers", "multiValueHeaders"];

/// Writes the one value of the header `name`.
pub(super) fn write(
    name: &str,
    sink: &mut Sink,
    strict: Strict,
    payload: &dyn Value,
) -> Result<(), Failed> {
    let mut value: Option<String> = None;
    for member in MEMBERS {
        let path = [Segment::Name(member), Segment::Header(name)];
        let held = sink.hold(|sink| select(sink, &path, Strict::No, payload))?;
        let Some(text) = one(&held).map_err(|fault| sink.stop(fault))? else {
            continue;
        };
        if value.is_some_and(|value| value != text) {
            return Err(sink.stop(Fault::Repeated));
        }
        value = Some(text.to_owned());
    }
    match value {
        Some(value) => select(sink, &[], strict, &value),
        None => Err(sink.stop(Fault::Missing)),
    }
}

/// The one value among those of a header, which may be a string or a list.
fn one(held: &[u8]) -> Result<Option<&str>, Fault> {
    match held {
        [] | [NULL] | [LIST, END] => Ok(None),
        [LIST, items @ ..] => {
            let mut reader = Held::new(items);
            reader.skip();
            let (item, rest) = items.split_at(reader.at);
            if rest == [END] {
                one(item)
            } else {
                Err(Fault::Repeated)
            }
        }
        _ => Held::new(held).string().map(Some).ok_or(Fault::NotText),
    }
}
