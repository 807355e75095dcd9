//! Types as people write them, with what serde's derive can do to their form.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Any of the types.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(untagged)]
pub(super) enum Derived {
    Order(Box<Order>),
    Tagged(Tagged),
    Adjacent(Adjacent),
    External(External),
    Maps(Maps),
}

#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    #[serde(rename = "a")]
    id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<Wide>,
    #[serde(flatten)]
    rest: Rest,
    /// May repeat a member that the flattened map has, too.
    #[serde(flatten)]
    more: BTreeMap<String, Amount>,
    #[serde(with = "hex")]
    digest: Vec<u8>,
    #[serde(skip)]
    _secret: (),
    line_items: Vec<Tagged>,
    raw: Option<Raw>,
}

#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Id(String);

#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Wide(i64, u64, Unit);

#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Unit;

#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Rest {
    z: char,
    nested: Option<Box<External>>,
}

#[derive(Clone, Debug, serde::Serialize)]
#[serde(untagged)]
pub(super) enum Amount {
    Whole(i128),
    Part(f64),
    Text(String),
    None,
}

#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "b", rename_all = "kebab-case")]
pub(super) enum Tagged {
    Unit,
    Struct { a: u8, e: Option<bool> },
    Newtype(Rest),
}

#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "b", content = "a")]
pub(super) enum Adjacent {
    Unit,
    Newtype(u128),
    Tuple(Id, Bytes),
    Struct { a: Amount },
}

#[derive(Clone, Debug, serde::Serialize)]
pub(super) enum External {
    #[serde(rename = "a")]
    Unit,
    #[serde(rename = "b")]
    Newtype(Amount),
    #[serde(rename = "7")]
    Tuple(Amount, Id),
    #[serde(rename = "\u{e9}")]
    Struct { b: Amount, a: Amount },
}

#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Maps {
    a: HashMap<u16, Amount>,
    b: BTreeMap<bool, Amount>,
    e: BTreeMap<char, Option<Id>>,
    pairs: HashMap<String, [u8; 2]>,
    variants: BTreeMap<Key, i8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(super) enum Key {
    A,
    #[serde(rename = "b")]
    B,
}

/// By `serialize_bytes`.
#[derive(Clone, Debug)]
pub(super) struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

#[derive(Clone, Debug, serde::Serialize)]
#[serde(transparent)]
pub(super) struct Raw(Box<RawValue>);

mod hex {
    use serde::Serializer;

    /// By `collect_str`.
    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{bytes:02x?}"))
    }
}

fn id() -> impl Strategy<Value = Id> {
    ".{0,3}".prop_map(Id)
}

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        any::<i64>().prop_map(|value| Amount::Whole(value.into())),
        any::<i32>().prop_map(|value| Amount::Part(f64::from(value) / 8.0)),
        ".{0,2}".prop_map(Amount::Text),
        Just(Amount::None),
    ]
}

fn external() -> impl Strategy<Value = External> {
    prop_oneof![
        Just(External::Unit),
        amount().prop_map(External::Newtype),
        (amount(), id()).prop_map(|(amount, id)| External::Tuple(amount, id)),
        (amount(), amount()).prop_map(|(b, a)| External::Struct { b, a }),
    ]
}

fn rest() -> impl Strategy<Value = Rest> {
    let nested = prop::option::of(external().prop_map(Box::new));
    (any::<char>(), nested).prop_map(|(z, nested)| Rest { z, nested })
}

fn tagged() -> impl Strategy<Value = Tagged> {
    prop_oneof![
        Just(Tagged::Unit),
        any::<(u8, Option<bool>)>().prop_map(|(a, e)| Tagged::Struct { a, e }),
        rest().prop_map(Tagged::Newtype),
    ]
}

fn adjacent() -> impl Strategy<Value = Adjacent> {
    prop_oneof![
        Just(Adjacent::Unit),
        any::<u64>().prop_map(|value| Adjacent::Newtype(value.into())),
        (id(), any::<Vec<u8>>()).prop_map(|(id, bytes)| Adjacent::Tuple(id, Bytes(bytes))),
        amount().prop_map(|a| Adjacent::Struct { a }),
    ]
}

fn maps() -> impl Strategy<Value = Maps> {
    let key = prop_oneof![Just(Key::A), Just(Key::B)];
    (
        prop::collection::hash_map(0_u16..12, amount(), 0..4),
        prop::collection::btree_map(any::<bool>(), amount(), 0..2),
        prop::collection::btree_map(any::<char>(), prop::option::of(id()), 0..3),
        prop::collection::hash_map(".{0,2}", any::<[u8; 2]>(), 0..3),
        prop::collection::btree_map(key, any::<i8>(), 0..3),
    )
        .prop_map(|(a, b, e, pairs, variants)| Maps {
            a,
            b,
            e,
            pairs,
            variants,
        })
}

fn raw() -> impl Strategy<Value = Raw> {
    let text = prop::sample::select(
        &[
            "1",
            "-0.0",
            "[ 1.50 , 2 ]",
            r#"{"b":[],"a":{"b":1e0},"b":{"a":[7]}}"#,
            r#""\u00e9\n""#,
            "null",
        ][..],
    );
    text.prop_map(|text| Raw(RawValue::from_string(text.into()).unwrap()))
}

fn order() -> impl Strategy<Value = Order> {
    let wide = any::<(i64, u64)>().prop_map(|(one, other)| Wide(one, other, Unit));
    let more = prop::collection::btree_map("[abz7]|digest|raw|x", amount(), 0..4);
    (
        id(),
        prop::option::of(wide),
        rest(),
        more,
        prop::collection::vec(any::<u8>(), 0..4),
        prop::collection::vec(tagged(), 0..4),
        prop::option::of(raw()),
    )
        .prop_map(|(id, b, rest, more, digest, line_items, raw)| Order {
            id,
            b,
            rest,
            more,
            digest,
            _secret: (),
            line_items,
            raw,
        })
}

pub(super) fn derived() -> impl Strategy<Value = Derived> {
    prop_oneof![
        4 => order().prop_map(|order| Derived::Order(order.into())),
        1 => tagged().prop_map(Derived::Tagged),
        1 => adjacent().prop_map(Derived::Adjacent),
        1 => external().prop_map(Derived::External),
        2 => maps().prop_map(Derived::Maps),
    ]
}
