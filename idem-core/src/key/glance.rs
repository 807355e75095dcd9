//! A glance at a payload: what can be seen in passing, with nothing hashed and the rest left alone.

use std::array;

use super::expression::Segment;
use super::held::Held;
use super::names::Names;
use super::sink::{held, noted};
use super::strict::Strict;
use super::walk::{Value, select};

/// Which of `names` the payload has as members; none where it is no object or does not serialize. Nothing is allocated.
pub(crate) fn names<const N: usize>(payload: &dyn Value, names: &Names<'_>) -> [bool; N] {
    let path = [Segment::Noted(names)];
    let noted = noted(|sink| select(sink, &path, Strict::No, payload)).unwrap_or_default();
    array::from_fn(|place| noted >> place & 1 == 1)
}

/// What `read` makes of the string that `path`, of names and indices, leads to; `None` where there is none.
pub(crate) fn text<T>(
    payload: &dyn Value,
    path: &[Segment<'_>],
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let held = held(|sink| select(sink, path, Strict::No, payload)).ok()?;
    // Nothing is held where the path leads nowhere.
    let text = (!held.is_empty()).then(|| Held::new(&held).string())?;
    read(text?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;
    use crate::key::generated::{cases, plain, written};

    const NAMES: Names<'_> = Names::new(&["a", "b", "7", "\u{e9}", "", "0.5", "other"]);
    const NODE: &[Segment<'_>] = &[Segment::Name("a"), Segment::Name("b")];
    const ITEM: &[Segment<'_>] = &[Segment::Name("a"), Segment::Index(0), Segment::Name("7")];

    fn text_at(payload: &dyn Value, path: &[Segment<'_>]) -> Option<String> {
        text(payload, path, |text| Some(text.to_owned()))
    }

    proptest! {
        #![proptest_config(cases(512))]

        #[test]
        fn what_is_seen_is_what_its_json_has(payload in plain()) {
            let json = serde_json::to_value(&payload).unwrap();
            let has = |name: &str| json.as_object().is_some_and(|members| members.contains_key(name));
            prop_assert_eq!(names(&payload, &NAMES), ["a", "b", "7", "\u{e9}", "", "0.5", "other"].map(has));
            prop_assert_eq!(names::<7>(&json, &NAMES), names::<7>(&payload, &NAMES));
            for (path, pointer) in [(NODE, "/a/b"), (ITEM, "/a/0/7")] {
                let there = json.pointer(pointer).and_then(Json::as_str);
                // A pointer takes a member called `0` for an item, too.
                let is_list = path == NODE || json["a"].is_array();
                let there = there.filter(|_| is_list).map(str::to_owned);
                prop_assert_eq!(text_at(&json, path), there.clone());
                // A repeated member is none.
                let text = text_at(&payload, path);
                prop_assert!(text.is_none() || text == there);
            }
        }

        #[test]
        fn nothing_that_serializes_makes_it_panic(payload in written()) {
            let seen: [bool; 7] = names(&payload, &NAMES);
            prop_assert!(!seen[6]);
            for path in [NODE, ITEM, &[]] {
                let _ = text_at(&payload, path);
            }
        }
    }
}
