//! What keys promise, by the hazard that each promise is for.

mod derived;
mod routes;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde::ser::{Error as _, SerializeMap, SerializeSeq, Serializer};
use serde_json::json;

use super::shape::{Shape, string};
use super::*;
use crate::event::Invocation;

const ORDER_ID: Expression =
    Expression::Path(Path::streamed("$.orderId", &[Segment::Name("orderId")]));

fn namespace() -> Namespace {
    Namespace::new(Some("shop"), "orders::charge")
}

fn id<P: Serialize>(expression: &Expression, payload: &P) -> Result<RecordId, KeyError> {
    expression.id(&namespace(), &Invocation::default(), payload)
}

fn of<T: Serialize + ?Sized>(key: &T) -> Result<RecordId, KeyError> {
    namespace().id_of_value(None, key)
}

fn general(text: &'static str) -> Expression {
    Expression::Path(Path::general(text))
}

/// The singular path of `steps`, and the same path as a general one.
fn both_ways(steps: &[Segment<'static>]) -> (Expression, Expression) {
    let text = steps
        .iter()
        .fold(String::from("$"), |text, step| match step {
            Segment::Name(name) => format!("{text}['{name}']"),
            Segment::Index(index) => format!("{text}[{index}]"),
            _ => format!("{text}[*]"),
        });
    let text: &'static str = text.leak();
    let singular = Path::streamed(text, steps.to_vec().leak());
    (Expression::Path(singular), general(text))
}

/// K1: events without a key never share a record.
#[test]
fn a_key_that_is_missing_null_or_empty_is_refused() {
    for (payload, fault) in [
        (json!({}), "missing"),
        (json!({ "orderId": null }), "null"),
        (json!({ "orderId": "" }), "an empty string"),
        (json!({ "orderId": [] }), "an empty list"),
        (json!({ "orderId": {} }), "an empty object"),
        (json!("orderId"), "missing"),
        (json!(["orderId"]), "missing"),
        (json!(null), "missing"),
    ] {
        for expression in [ORDER_ID, general("$.orderId")] {
            let error = id(&expression, &payload).unwrap_err();
            assert_eq!(error.to_string(), format!("key `$.orderId`: {fault}"));
            assert!(error.is_missing() && !error.is_refused());
        }
    }
    for key in [json!(null), json!(""), json!([]), json!({})] {
        assert!(of(&key).unwrap_err().is_missing());
    }
    assert!(of(&None::<u8>).unwrap_err().is_missing());
    for present in [
        json!(0),
        json!(false),
        json!(" "),
        json!([[null]]),
        json!({ "a": null }),
    ] {
        assert!(of(&present).is_ok(), "{present}");
    }
}

/// K1: each part of a tuple is required.
#[test]
fn a_partly_missing_tuple_is_refused() {
    static PARTS: Expression = Expression::Tuple(&[
        Expression::Path(Path::streamed("$.a", &[Segment::Name("a")])),
        Expression::Tuple(&[
            Expression::Path(Path::streamed("$.b", &[Segment::Name("b")])),
            Expression::Path(Path::general("$.c[*]")),
        ]),
    ]);
    for (payload, message) in [
        (
            json!({ "b": 1, "c": [2] }),
            r#"key `("$.a", ("$.b", "$.c[*]"))`, `$.a`: missing"#,
        ),
        (
            json!({ "a": "", "b": 1, "c": [2] }),
            r#"key `("$.a", ("$.b", "$.c[*]"))`, `$.a`: an empty string"#,
        ),
        (
            json!({ "a": 1, "b": null, "c": [2] }),
            r#"key `("$.a", ("$.b", "$.c[*]"))`, `$.b`: null"#,
        ),
        (
            json!({ "a": 1, "b": 2, "c": [] }),
            r#"key `("$.a", ("$.b", "$.c[*]"))`, `$.c[*]`: selects nothing"#,
        ),
        (
            json!({ "a": 1, "b": 2, "c": [1, null] }),
            r#"key `("$.a", ("$.b", "$.c[*]"))`, `$.c[*]`, node 2: null"#,
        ),
    ] {
        let error = id(&PARTS, &payload).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.is_missing());
    }
    assert!(id(&PARTS, &json!({ "a": 1, "b": 2, "c": [3, 4] })).is_ok());
    assert!(
        id(&Expression::Tuple(&[]), &json!(1))
            .unwrap_err()
            .is_missing()
    );

    assert_eq!(
        of(&("a", None::<u8>)).unwrap_err().to_string(),
        "key, part 2: null"
    );
    assert_eq!(
        of(&["", "b"]).unwrap_err().to_string(),
        "key, part 1: an empty string"
    );
    assert_eq!(
        of(&(1, [0_u8; 0])).unwrap_err().to_string(),
        "key, part 2: an empty list"
    );
    assert_eq!(
        of(&(1, ("a", (None::<u8>, 2)), 3)).unwrap_err().to_string(),
        "key, part 2: null"
    );
    assert!(of(&[("a", "")]).unwrap_err().is_missing());
    // Null in what is no tuple is a value.
    assert!(of(&(1, vec![None::<u8>], Some(json!({ "a": null })))).is_ok());
}

/// K2: one number, one key; two numbers, two keys.
#[test]
fn a_number_is_its_value() {
    let one = of(&1_u8).unwrap();
    assert_eq!(of(&1_i128).unwrap(), one);
    assert_eq!(of(&1.0_f64).unwrap(), one);
    assert_eq!(of(&1.0_f32).unwrap(), one);
    assert_eq!(of(&json!(1.0)).unwrap(), one);
    assert_eq!(of(&json!(1e0)).unwrap(), one);
    for text in ["1", "1.0", "1e0", "10e-1"] {
        assert_eq!(of(&Shape::Number(text)).unwrap(), one);
        assert_eq!(of(&Shape::RawValue(text.into())).unwrap(), one);
    }
    assert_ne!(of(&-1).unwrap(), one);
    assert_ne!(of("1").unwrap(), one);
    assert_ne!(of(&true).unwrap(), one);

    let zero = of(&0).unwrap();
    assert_eq!(of(&-0.0).unwrap(), zero);
    assert_eq!(of(&Shape::Number("-0")).unwrap(), zero);
    assert_eq!(of(&Shape::RawValue("-0.0".into())).unwrap(), zero);

    let wide = 100_000_000_000_000_000_000_000_000_u128;
    assert_ne!(of(&(wide + 1)).unwrap(), of(&(wide + 2)).unwrap());
    assert_eq!(
        of(&(wide + 1)).unwrap(),
        of(&Shape::Number("100000000000000000000000001")).unwrap()
    );
    assert_ne!(of(&u128::MAX).unwrap(), of(&-1_i128).unwrap());
    assert_ne!(of(&i128::MIN).unwrap(), of(&(1_u128 << 127)).unwrap());
}

/// K2: a number that is not exact is refused.
#[test]
fn a_number_that_may_have_been_rounded_is_refused() {
    for key in [9_007_199_254_740_992.0, -1e17, f64::MAX] {
        let error = of(&key).unwrap_err();
        assert_eq!(
            error.to_string(),
            "key: a number that is not exact; send it as a string"
        );
        assert!(error.is_refused() && !error.is_missing());
        assert!(of(&json!({ "deep": [key] })).unwrap_err().is_refused());
    }
    for key in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = of(&[key]).unwrap_err();
        assert_eq!(error.to_string(), "key, part 1: not a finite number");
        assert!(error.is_refused());
    }
    assert!(of(&f32::NAN).unwrap_err().is_refused());
    assert!(of(&9_007_199_254_740_991.0).is_ok());
    assert!(of(&u64::MAX).is_ok());
}

/// K3: the order of members is not part of a key.
#[test]
fn members_are_sorted() {
    let one = Shape::Struct(vec![
        ("b", Shape::I8(1)),
        ("B", Shape::I8(2)),
        ("\u{e9}", Shape::I8(3)),
    ]);
    let other = Shape::Map(vec![
        (string("\u{e9}"), Shape::I8(3)),
        (string("B"), Shape::I8(2)),
        (string("b"), Shape::I8(1)),
    ]);
    assert_eq!(of(&one).unwrap(), of(&other).unwrap());
    let map = HashMap::from([("b", 1), ("B", 2), ("\u{e9}", 3)]);
    assert_eq!(of(&map).unwrap(), of(&one).unwrap());
    let names = BTreeMap::from([(10, 'x'), (9, 'y')]);
    assert_eq!(
        of(&names).unwrap(),
        of(&json!({ "9": "y", "10": "x" })).unwrap()
    );
    let case = json!({ "b": 2, "B": 1, "\u{e9}": 3 });
    assert_ne!(of(&case).unwrap(), of(&one).unwrap());
}

/// K3: `serde_json` hands numbers on as text under `arbitrary_precision`, and raw values under `raw_value`.
#[test]
fn features_of_serde_json_do_not_change_a_key() {
    let plain = json!({ "id": "x", "n": [1, 2.5, { "a": 0.1 }] });
    let private = Shape::Map(vec![
        (string("id"), string("x")),
        (
            string("n"),
            Shape::Seq(vec![
                Shape::Number("1"),
                Shape::Number("2.50"),
                Shape::Map(vec![(string("a"), Shape::Number("1e-1"))]),
            ]),
        ),
    ]);
    let raw = Shape::RawValue(r#" { "n" : [1.0, 2.5,{"a":1e-1 }] , "i\u0064":"x" } "#.into());
    let nested = both_ways(&[Segment::Name("n"), Segment::Index(2), Segment::Name("a")]);
    let query = general("$..a");
    for payload in [private, raw] {
        assert_eq!(of(&payload).unwrap(), of(&plain).unwrap());
        assert_eq!(
            id(&nested.0, &payload).unwrap(),
            id(&nested.0, &plain).unwrap()
        );
        assert_eq!(
            id(&nested.1, &payload).unwrap(),
            id(&nested.0, &plain).unwrap()
        );
        assert_eq!(id(&query, &payload).unwrap(), id(&query, &plain).unwrap());
    }
    // Nodes come in the order of the names, not in that of the payload.
    let unsorted = Shape::Map(vec![
        (string("b"), Shape::I8(2)),
        (string("a"), Shape::I8(1)),
    ]);
    assert_eq!(
        id(&general("$.*"), &unsorted).unwrap(),
        of(&(1, 2)).unwrap()
    );
}

/// K4: parts do not run into one another.
#[test]
fn parts_are_kept_apart() {
    let ids = [
        of(&("a", "bc")),
        of(&("ab", "c")),
        of(&("abc",)),
        of("abc"),
        of(&(("a", "b"), "c")),
        of(&("a", ("b", "c"))),
        of(&("a", "b", "c")),
        of(&json!({ "a": "bc" })),
        of(&json!({ "ab": "c" })),
        of(&json!([{ "a": 1 }, { "b": 2 }])),
        of(&json!([{ "a": 1, "b": 2 }])),
        namespace().id_of_value(Some("a"), "bc"),
        namespace().id_of_value(Some("ab"), "c"),
        Namespace::new(Some("shop"), "orders::chargeabc").id_of_value(None, "x"),
        Namespace::new(Some("shop"), "orders::charge").id_of_value(Some("abc"), "x"),
    ]
    .map(Result::unwrap);
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id), "{index}");
    }
}

/// K5: functions, handlers and tenants do not share records.
#[test]
fn namespace_and_tenant_are_part_of_the_id() {
    let id = |function, name, tenant| {
        let namespace = Namespace::new(function, name);
        namespace.id_of_value(tenant, "key").unwrap()
    };
    let ids = [
        id(None, "charge", None),
        id(None, "refund", None),
        id(Some("shop"), "charge", None),
        id(Some("shop"), "charge", Some("acme")),
        id(Some("shop"), "charge", Some("")),
        id(Some("acme"), "charge", None),
        // One text, two namespaces.
        id(Some("a/b"), "c", None),
        id(Some("a"), "b/c", None),
        id(None, "a/b/c", None),
    ];
    let mut digests: Vec<_> = ids.iter().map(RecordId::digest).collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), ids.len());

    let namespace = Namespace::new(Some("shop"), "charge");
    assert_eq!(
        (namespace.as_str(), namespace.function()),
        ("shop/charge", Some("shop"))
    );
    assert_eq!(Namespace::new(None, "charge").function(), None);
    assert_eq!(format!("{namespace:?}"), "Namespace(shop/charge)");
}

#[test]
fn a_tuple_of_paths_is_the_tuple_of_their_values() {
    static PAIR: Expression = Expression::Tuple(&[
        Expression::Path(Path::streamed("$.a", &[Segment::Name("a")])),
        Expression::Path(Path::general("$.b[-1]")),
    ]);
    static NODES: Expression = Expression::Tuple(&[Expression::Path(Path::general("$.b[:]"))]);
    let payload = json!({ "a": "x", "b": [1, 2] });
    assert_eq!(id(&PAIR, &payload).unwrap(), of(&("x", 2)).unwrap());
    assert_eq!(id(&NODES, &payload).unwrap(), of(&((1, 2),)).unwrap());
}

#[test]
fn a_query_minds_only_its_nodes() {
    let payload = Shape::Struct(vec![
        ("nan", Shape::F64(f64::NAN)),
        ("huge", Shape::Seq(vec![Shape::F64(1e300), string("x")])),
        (
            "wide",
            Shape::Seq(vec![Shape::U128(u128::MAX), Shape::I128(i128::MIN)]),
        ),
        ("items", Shape::Seq(vec![string("y"), Shape::I8(1)])),
    ]);
    for (text, expected) in [
        ("$.items[*]", of(&("y", 1))),
        ("$.huge[1:]", of(&["x"])),
        ("$.wide[::-1]", of(&(i128::MIN, u128::MAX))),
        ("$['items','wide']", of(&(("y", 1), (u128::MAX, i128::MIN)))),
        ("$.items[?@ == 1]", of(&[1])),
        ("$.items[-2]", of("y")),
    ] {
        assert_eq!(
            id(&general(text), &payload).unwrap(),
            expected.unwrap(),
            "{text}"
        );
    }
    for (text, fault) in [
        (
            "$.*",
            ", node 1: a number that is not exact; send it as a string",
        ),
        ("$['items','nan']", ", node 2: not a finite number"),
        (
            "$.huge[-2]",
            ": a number that is not exact; send it as a string",
        ),
        ("$.items[2:]", ": selects nothing"),
        ("$.items[-3]", ": missing"),
        ("items", ": not a JSONPath"),
    ] {
        let error = id(&general(text), &payload).unwrap_err();
        assert_eq!(error.to_string(), format!("key `{text}`{fault}"));
    }
}

/// A general path looks at what its names lead to, and what those in its filters do, and at nothing else.
#[test]
fn a_query_serializes_only_what_its_names_lead_to() {
    struct Untouched;
    impl Serialize for Untouched {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("touched"))
        }
    }
    #[derive(Serialize)]
    struct Payload {
        before: Untouched,
        items: serde_json::Value,
        wanted: (Untouched, u8),
        after: Untouched,
    }
    let payload = Payload {
        before: Untouched,
        items: json!({ "all": [{ "n": 1, "id": "x" }, { "n": 2, "id": "y" }] }),
        wanted: (Untouched, 2),
        after: Untouched,
    };
    for (text, expected) in [
        ("$.items.all[-1].id", of("y")),
        ("$.items..id", of(&("x", "y"))),
        ("$.items.all[?@.n == $.wanted[1]].id", of(&["y"])),
        ("$.items.all[?$.absent || @.n == 1].id", of(&["x"])),
    ] {
        let id = id(&general(text), &payload);
        assert_eq!(id.unwrap(), expected.unwrap(), "{text}");
    }
    for text in ["$..id", "$.items.all[?@.n == $.wanted[0]].id"] {
        assert!(id(&general(text), &payload).is_err(), "{text}");
    }
}

#[test]
fn neither_errors_nor_ids_show_a_value() {
    const SECRET: &str = "4111-1111";
    static TEXT: Expression = Expression::Path(Path::streamed("$.text", &[Segment::Name("text")]));
    static DECODED: Expression = Expression::Base64(&TEXT);
    static PARTS: [Expression; 2] = [TEXT, Expression::RequestId];
    const NUMBER: Path = Path::streamed("$.number", &[Segment::Name("number")]);
    struct Indiscreet;
    impl Serialize for Indiscreet {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom(SECRET))
        }
    }
    let shown = |id: Result<RecordId, KeyError>| match id {
        Ok(id) => format!("{id} {id:?}"),
        Err(error) => format!("{error} {error:?} {:?}", std::error::Error::source(&error)),
    };
    let deep = (0..200).fold(json!(SECRET), |value, _| json!([value]));
    let texts = [
        json!(SECRET),
        json!(format!(r#"{{ "number": "{SECRET}" "#)),
        json!(format!(r#"{{ "number": 1e300, "name": "{SECRET}" }}"#)),
        json!([SECRET]),
        json!("NDExMS0xMTEx"),
    ];
    let forms = [
        DECODED,
        Expression::Json(&TEXT, NUMBER),
        Expression::Json(&DECODED, NUMBER),
        Expression::Header("text"),
        Expression::Tuple(&PARTS),
    ];
    for (form, text) in forms
        .iter()
        .flat_map(|form| texts.iter().map(move |text| (form, text)))
    {
        let header = json!([text, SECRET]);
        let payload = json!({ "text": text, "headers": { "Text": text }, "multiValueHeaders": { "text": header } });
        let shown = [
            shown(id(form, &payload)),
            format!("{:?}", form.fingerprint(&Invocation::default(), &payload)),
        ];
        assert!(!shown.concat().contains("4111"), "{shown:?}");
    }
    for text in [
        shown(of(SECRET)),
        shown(of(&(SECRET, ""))),
        shown(of(&(SECRET, f64::NAN))),
        shown(of(&Indiscreet)),
        shown(of(&[(SECRET, Indiscreet)])),
        shown(of(&deep)),
        shown(of(&BTreeMap::from([((1, SECRET), 1)]))),
        shown(id(&ORDER_ID, &BTreeMap::from([((1, SECRET), 1)]))),
        shown(id(&ORDER_ID, &json!({ "orderId": [SECRET, 1e300] }))),
        shown(id(
            &general("$..x"),
            &json!({ SECRET: { "x": null, "y": SECRET } }),
        )),
        shown(namespace().id_of_value(Some(SECRET), "key")),
        format!("{:?}", Fingerprint::of(SECRET)),
        format!("{:?}", Fingerprint::of(&Indiscreet)),
    ] {
        assert!(!text.contains("4111"), "{text}");
    }
    assert_eq!(
        of(&Indiscreet).unwrap_err().to_string(),
        "key: its `Serialize` failed"
    );
    let error = Fingerprint::of(&f64::NAN).unwrap_err();
    assert_eq!(error.to_string(), "fingerprint: not a finite number");
}

/// JSON may hold what is no text; where it is part of a key, the message says so, and blames no `Serialize`.
#[test]
fn half_a_surrogate_pair_is_no_key() {
    const ID: Path = Path::streamed("$.id", &[Segment::Name("id")]);
    static BODY: Expression = Expression::Path(Path::streamed("$.body", &[Segment::Name("body")]));
    let body = |text: &str| json!({ "body": text });
    for path in [ID, Path::general("$.id")] {
        let key = Expression::Json(&BODY, path);
        for text in [r#"{"id":"\ud83d"}"#, r#"{"id":[{"\ude00":1}]}"#] {
            let error = id(&key, &body(text)).unwrap_err();
            assert_eq!(
                error.to_string(),
                r#"key `json("$.body", "$.id")`, `$.id`: half a surrogate pair, which is no text"#
            );
            assert!(error.is_refused());
        }
        assert!(id(&key, &body(r#"{"id":"\ud83d\ude00"}"#)).is_ok());
        let elsewhere = id(&key, &body(r#"{"id":1,"note":"\ud83d"}"#));
        assert_eq!(elsewhere.unwrap(), of(&1).unwrap());
    }
}

#[test]
fn a_value_is_as_deep_as_128_levels() {
    let deep = |levels| (1..levels).fold(json!([1]), |value, _| json!([value]));
    assert!(of(&deep(128)).is_ok());
    let error = of(&deep(129)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "key, part 1: nested deeper than 128 levels"
    );
    assert!(error.is_refused());

    let wrapped = (0..1_000_000).fold(Shape::I8(1), |value, _| Shape::Some(value.into()));
    assert!(of(&wrapped).unwrap_err().is_refused());
    assert!(id(&ORDER_ID, &wrapped).unwrap_err().is_refused());
    std::mem::forget(wrapped);
}

/// A `Serialize` may swallow what it should pass on; there is no key of half a value.
#[test]
fn a_fault_is_kept_whatever_becomes_of_the_error() {
    struct Careless<T>(T);
    impl<T: Serialize> Serialize for Careless<T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut list = serializer.serialize_seq(None)?;
            let _ = list.serialize_element(&self.0);
            list.serialize_element("more")?;
            list.end()
        }
    }
    struct Rewriting<T>(T);
    impl<T: Serialize> Serialize for Rewriting<T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.serialize(serializer).map_err(S::Error::custom)
        }
    }
    let deep = || (0..200).fold(json!(1), |value, _| json!([value]));
    assert!(of(&Careless(deep())).unwrap_err().is_refused());
    assert!(of(&Careless(())).unwrap_err().is_missing());
    assert!(
        of(&Careless(BTreeMap::from([((), 1)])))
            .unwrap_err()
            .is_refused()
    );
    let error = of(&Rewriting(deep())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "key, part 1: nested deeper than 128 levels"
    );
    let first = both_ways(&[Segment::Index(0)]);
    assert!(id(&first.0, &Careless(deep())).unwrap_err().is_refused());
    assert!(id(&first.1, &Careless(deep())).unwrap_err().is_refused());
}

/// A `Serialize` that breaks the order of names and values makes no value at all.
#[test]
fn names_without_values_and_values_without_names_are_refused() {
    struct Map(&'static [Result<&'static str, u8>]);
    impl Serialize for Map {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            for part in self.0 {
                match part {
                    Ok(name) => map.serialize_key(name)?,
                    Err(value) => map.serialize_value(value)?,
                }
            }
            map.end()
        }
    }
    for map in [
        Map(&[Ok("a")]),
        Map(&[Err(1)]),
        Map(&[Ok("a"), Ok("b"), Err(1)]),
        Map(&[Ok("a"), Ok("b"), Ok("c"), Err(1)]),
        Map(&[Ok("a"), Err(1), Err(2)]),
        Map(&[Ok("a"), Err(1), Ok("b")]),
    ] {
        assert!(of(&map).unwrap_err().is_refused());
        for text in ["$", "$.*", "$..*", "$[-1]"] {
            assert!(id(&general(text), &map).is_err(), "{text}");
        }
    }
}

#[test]
fn a_key_is_at_most_16_mib() {
    let half = "x".repeat(9 << 20);
    let twice = json!({ "a": { "k": half }, "id": 1 });
    assert!(of(&half).is_ok());
    assert!(of(&[&half, &half]).is_err());
    let (streamed, wildcard) = both_ways(&[Segment::Name("a"), Segment::Wildcard]);
    for path in [streamed, wildcard] {
        assert!(id(&path, &twice).is_ok());
        let parts: &'static [_] = vec![path, path].leak();
        let error = id(&Expression::Tuple(parts), &twice).unwrap_err();
        assert!(
            error.to_string().ends_with(": larger than 16 MiB"),
            "{error}"
        );
    }
    let nested = (0..60).fold(json!("x".repeat(1 << 20)), |value, _| json!([value]));
    let error = id(&general("$..*"), &nested).unwrap_err();
    assert!(
        error.to_string().ends_with(": larger than 16 MiB"),
        "{error}"
    );
    assert!(error.is_refused());
}

#[test]
fn a_fingerprint_may_be_null_or_empty() {
    static TEXT: Expression = Expression::Path(Path::streamed("$.text", &[Segment::Name("text")]));
    let empty = json!({ "text": "", "list": [] });
    let list = both_ways(&[Segment::Name("list")]);
    let absent = both_ways(&[Segment::Name("absent")]);
    for expression in [TEXT, Expression::Base64(&TEXT), list.0, list.1] {
        assert!(
            expression
                .fingerprint(&Invocation::default(), &empty)
                .is_ok()
        );
        assert!(id(&expression, &empty).unwrap_err().is_missing());
    }
    for expression in [absent.0, absent.1] {
        let error = expression.fingerprint(&Invocation::default(), &empty);
        assert_eq!(
            error.unwrap_err().to_string(),
            "fingerprint `$['absent']`: missing"
        );
    }

    let fingerprints = [json!(null), json!(""), json!([]), json!({}), json!(0)]
        .map(|value| Fingerprint::of(&value).unwrap());
    for (index, fingerprint) in fingerprints.iter().enumerate() {
        assert!(!fingerprints[..index].contains(fingerprint));
        assert_eq!(
            Fingerprint::from_bytes(*fingerprint.as_bytes()),
            *fingerprint
        );
    }
    let nothing = Namespace::new(None, "");
    assert_ne!(
        nothing.id_of_value(None, &1).unwrap().digest(),
        Fingerprint::of(&1).unwrap().as_bytes()
    );
}
