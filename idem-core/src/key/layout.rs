//! The layout of keys a second time, as plainly as it can be had, for tests and fuzzing to compare with.
//!
//! A value is read from its JSON text, is walked and written as a tree, and can be read back from its bytes.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// What a canonical value says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Canonical {
    Null,
    Bool(bool),
    Integer {
        negative: bool,
        magnitude: u128,
    },
    /// By its bits.
    Float(u64),
    String(String),
    List(Vec<Canonical>),
    Object(BTreeMap<String, Canonical>),
}

use Canonical::{Bool, Float, Integer, List, Null, Object};

/// One step of a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'s> {
    Name(&'s str),
    Index(usize),
    Wildcard,
}

impl Canonical {
    /// What a text of JSON says; `None` where it is none, or has a number that is not exact.
    pub(super) fn of_json(text: &str) -> Option<Self> {
        let parsed: &RawValue = serde_json::from_str(text).ok()?;
        let text = parsed.get();
        Some(match text.as_bytes().first()? {
            b'n' => Null,
            b't' => Bool(true),
            b'f' => Bool(false),
            b'"' => Self::String(serde_json::from_str(text).ok()?),
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                let items = items.into_iter().map(|item| Self::of_json(item.get()));
                List(items.collect::<Option<_>>()?)
            }
            b'{' => {
                let Members(members) = serde_json::from_str(text).ok()?;
                let members = members
                    .into_iter()
                    .map(|(name, value)| Some((name, Self::of_json(value.get())?)));
                Object(members.collect::<Option<_>>()?)
            }
            _ => Self::number(text)?,
        })
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and below 2^53"
    )]
    fn number(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (is_whole, magnitude) = if digits.contains(['.', 'e', 'E']) {
            let value: f64 = digits.parse().ok()?;
            let is_whole = value.fract() == 0.0;
            if is_whole && value >= 2_f64.powi(53) || value.is_infinite() {
                return None;
            }
            (is_whole, value as u128)
        } else {
            (true, digits.parse().ok()?)
        };
        Some(if is_whole {
            Integer {
                negative: digits != text && magnitude != 0,
                magnitude,
            }
        } else {
            Float(text.parse::<f64>().ok()?.to_bits())
        })
    }

    /// Whether a key may not be this: it is null or empty.
    pub(super) fn is_absent(&self) -> bool {
        match self {
            Null => true,
            Self::String(text) => text.is_empty(),
            List(items) => items.is_empty(),
            Object(members) => members.is_empty(),
            Bool(_) | Integer { .. } | Float(_) => false,
        }
    }

    /// The nodes that `path` leads to.
    pub(super) fn select(&self, path: &[Step<'_>]) -> Vec<&Self> {
        let Some((step, path)) = path.split_first() else {
            return vec![self];
        };
        let children: Vec<&Self> = match (self, step) {
            (List(items), Step::Wildcard) => items.iter().collect(),
            (List(items), Step::Index(index)) => items.get(*index).into_iter().collect(),
            (Object(members), Step::Wildcard) => members.values().collect(),
            (Object(members), Step::Name(name)) => members.get(*name).into_iter().collect(),
            _ => Vec::new(),
        };
        children
            .into_iter()
            .flat_map(|child| child.select(path))
            .collect()
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Null => vec![0],
            Bool(false) => vec![1],
            Bool(true) => vec![2],
            Integer {
                negative,
                magnitude,
            } => {
                let zeros = magnitude.leading_zeros() as usize / 8;
                let magnitude = &magnitude.to_be_bytes()[zeros..];
                let length = u8::try_from(magnitude.len()).unwrap_or_default();
                [&[if *negative { 4 } else { 3 }, length], magnitude].concat()
            }
            Float(bits) => [&[5][..], &bits.to_be_bytes()].concat(),
            Self::String(string) => [&[6][..], &text(string)].concat(),
            List(items) => {
                let items: Vec<u8> = items.iter().flat_map(Self::bytes).collect();
                [&[7], &items[..], &[9]].concat()
            }
            Object(members) => {
                let member = |(name, value): (&String, &Self)| {
                    [&[6][..], &text(name), &value.bytes()].concat()
                };
                let members: Vec<u8> = members.iter().flat_map(member).collect();
                [&[8], &members[..], &[9]].concat()
            }
        }
    }

    /// The value whose bytes these are; `None` where they are those of no value.
    pub(super) fn of_bytes(mut bytes: &[u8]) -> Option<Self> {
        let value = read(&mut bytes)?;
        bytes.is_empty().then_some(value)
    }

    /// The digest of a key, in the layout's first version.
    pub(super) fn digest(
        &self,
        function: Option<&str>,
        name: &str,
        tenant: Option<&str>,
    ) -> [u8; 32] {
        let optional = |part: Option<&str>| match part {
            Some(part) => [&[1][..], &text(part)].concat(),
            None => vec![0],
        };
        let prefix = [
            text("idem-lambda key"),
            vec![1],
            optional(function),
            text(name),
        ];
        hash(prefix.concat(), &[optional(tenant), self.bytes()].concat())
    }

    /// The digest of a fingerprint, in the layout's first version.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let prefix = [text("idem-lambda fingerprint"), vec![1]];
        hash(prefix.concat(), &self.bytes())
    }
}

fn hash(mut prefix: Vec<u8>, rest: &[u8]) -> [u8; 32] {
    prefix.resize(prefix.len().next_multiple_of(64), 0);
    Sha256::digest([&prefix, rest].concat()).into()
}

/// The members of an object, also those that are repeated.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'t> Deserialize<'t> for Members<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'t> Visitor<'t> for All {
            type Value = Members<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'t>>(self, mut map: M) -> Result<Members<'t>, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

fn text(text: &str) -> Vec<u8> {
    let length = (text.len() as u64).to_be_bytes();
    let short = &length[7..];
    let length = if text.len() < 255 {
        short
    } else {
        &[&[255], &length[..]].concat()
    };
    [length, text.as_bytes()].concat()
}

/// Reads one value off the front of `bytes`.
pub(super) fn read(bytes: &mut &[u8]) -> Option<Canonical> {
    Some(match take(bytes)? {
        [0] => Null,
        [1] => Bool(false),
        [2] => Bool(true),
        [tag @ (3 | 4)] => {
            let [length] = take(bytes)?;
            let magnitude = bytes.split_off(..usize::from(length))?;
            let mut wide = [0; 16];
            wide[16_usize.checked_sub(magnitude.len())?..].copy_from_slice(magnitude);
            if magnitude.first().is_some_and(|first| *first == 0)
                || (tag == 4 && magnitude.is_empty())
            {
                return None;
            }
            Integer {
                negative: tag == 4,
                magnitude: u128::from_be_bytes(wide),
            }
        }
        [5] => {
            let value = f64::from_be_bytes(take(bytes)?);
            if value.is_nan() || value.is_infinite() || value.fract() == 0.0 {
                return None;
            }
            Float(value.to_bits())
        }
        [6] => Canonical::String(read_text(bytes)?),
        [7] => {
            let mut items = Vec::new();
            while bytes.first()? != &9 {
                items.push(read(bytes)?);
            }
            take::<1>(bytes)?;
            List(items)
        }
        [8] => {
            let mut members = BTreeMap::new();
            loop {
                match take(bytes)? {
                    [6] => {
                        let name = read_text(bytes)?;
                        if members
                            .last_key_value()
                            .is_some_and(|(last, _)| *last >= name)
                        {
                            return None;
                        }
                        members.insert(name, read(bytes)?);
                    }
                    [9] => break Object(members),
                    _ => return None,
                }
            }
        }
        _ => return None,
    })
}

fn read_text(bytes: &mut &[u8]) -> Option<String> {
    let length = match take(bytes)? {
        [255] => usize::try_from(u64::from_be_bytes(take(bytes)?))
            .ok()
            .filter(|length| *length >= 255)?,
        [length] => length.into(),
    };
    String::from_utf8(bytes.split_off(..length)?.to_vec()).ok()
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}
