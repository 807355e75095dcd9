//! JSON inside a string: it is read as the plain layout reads it, or refused.

use idem_core::key::{Expression, Path, Segment};

use crate::layout::{Canonical, Step};
use crate::{digest, expected};

/// Names that `serde_json` uses; the shapes need them.
pub(crate) const NUMBER: &str = "$serde_json::private::Number";
pub(crate) const RAW_VALUE: &str = "$serde_json::private::RawValue";

static EVENT: Expression = Expression::Path(Path::streamed("$", &[]));
static WHOLE: Expression = Expression::Json(&EVENT, Path::streamed("$", &[]));
static GENERAL: Expression = Expression::Json(&EVENT, Path::general("$['a','a']"));
static MEMBER: Expression = Expression::Json(&EVENT, Path::streamed("$.a", &[Segment::Name("a")]));
static ITEMS: Expression = Expression::Json(&EVENT, Path::streamed("$[*]", &[Segment::Wildcard]));

pub fn check(text: &str) {
    let whole = digest(&WHOLE, text);
    let Some(canonical) = Canonical::of_json(text) else {
        assert_eq!(whole, None);
        return;
    };
    if depth(&canonical) > 120 {
        return;
    }
    assert_eq!(whole, expected(&canonical));
    let member = canonical.select(&[Step::Name("a")]);
    assert_eq!(
        digest(&MEMBER, text),
        member.first().and_then(|node| expected(node))
    );
    let twice: Vec<_> = [&member[..], &member[..]]
        .concat()
        .into_iter()
        .cloned()
        .collect();
    assert_eq!(digest(&GENERAL, text), list(&twice));
    let items: Vec<_> = canonical
        .select(&[Step::Wildcard])
        .into_iter()
        .cloned()
        .collect();
    assert_eq!(digest(&ITEMS, text), list(&items));
}

fn list(nodes: &[Canonical]) -> Option<[u8; 32]> {
    let is_key = nodes.iter().all(|node| !node.is_absent());
    is_key
        .then(|| expected(&Canonical::List(nodes.to_vec())))
        .flatten()
}

fn depth(value: &Canonical) -> usize {
    match value {
        Canonical::List(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Canonical::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}
