//! The encoder: every value that serde can write has the bytes of the plain layout, by every route.

use std::sync::LazyLock;

use idem_core::key::{Expression, Path, Segment};
use libfuzzer_sys::arbitrary::{Result, Unstructured};

use crate::layout::{Canonical, Step};
use crate::shape::Shape;
use crate::{digest, expected, fingerprint};

/// Few names, so that paths meet them.
const NAMES: [&str; 4] = ["a", "b", "7", "\u{e9}"];
/// The deepest value; far from the limit.
const DEPTH: usize = 12;

const STEPS: [(&str, Segment<'static>, Step<'static>); 7] = [
    ("['a']", Segment::Name("a"), Step::Name("a")),
    ("['b']", Segment::Name("b"), Step::Name("b")),
    ("['7']", Segment::Name("7"), Step::Name("7")),
    ("['\u{e9}']", Segment::Name("\u{e9}"), Step::Name("\u{e9}")),
    ("[0]", Segment::Index(0), Step::Index(0)),
    ("[1]", Segment::Index(1), Step::Index(1)),
    ("[*]", Segment::Wildcard, Step::Wildcard),
];

/// A path, by each route.
struct Routes {
    streamed: Expression,
    general: Expression,
    steps: Vec<Step<'static>>,
    many: bool,
}

/// All paths of up to three steps.
static ROUTES: LazyLock<Vec<Routes>> = LazyLock::new(|| {
    let count = STEPS.len() + 1;
    let route = |number: usize| {
        let digits = [
            number / count / count,
            number / count % count,
            number % count,
        ];
        let steps: Vec<_> = digits
            .iter()
            .filter_map(|digit| STEPS.get(*digit))
            .collect();
        let text: String = steps.iter().map(|step| step.0).collect();
        let text: &'static str = format!("${text}").leak();
        let segments: Vec<_> = steps.iter().map(|step| step.1).collect();
        Routes {
            many: segments.contains(&Segment::Wildcard),
            streamed: Expression::Path(Path::streamed(text, segments.leak())),
            general: Expression::Path(Path::general(text)),
            steps: steps.iter().map(|step| step.2).collect(),
        }
    };
    (0..count.pow(3)).map(route).collect()
});

pub fn check(bytes: &[u8]) {
    if let Some(value) = Canonical::of_bytes(bytes) {
        assert_eq!(value.bytes(), bytes);
    }
    let mut source = Source {
        bytes: Unstructured::new(bytes),
        is_exact: true,
    };
    let (Ok(shape), Ok(route)) = (source.shape(0), source.bytes.choose(&ROUTES)) else {
        return;
    };
    let (streamed, general) = (
        digest(&route.streamed, &shape),
        digest(&route.general, &shape),
    );
    assert_eq!(streamed, digest(&route.streamed, &shape));
    let Ok(text) = serde_json::to_string(&shape) else {
        // What is off the path may be what no JSON can hold.
        assert_eq!(fingerprint(&shape), None);
        return;
    };
    // A refused number that a repeated member replaces is met by one of the routes only.
    if source.is_exact || streamed.is_some() {
        assert_eq!(streamed, general, "{} {shape:?}", route.streamed);
    }
    if !source.is_exact {
        return;
    }
    let value = Canonical::of_json(&text).expect("it is exact");
    let written = value.bytes();
    assert_eq!(
        fingerprint(&shape),
        Some(value.fingerprint()),
        "{text} {shape:?}"
    );
    assert_eq!(Canonical::of_bytes(&written).as_ref(), Some(&value));
    let nodes: Vec<_> = value.select(&route.steps).into_iter().cloned().collect();
    let is_key = !nodes.is_empty() && nodes.iter().all(|node| !node.is_absent());
    let key = if route.many {
        Canonical::List(nodes)
    } else {
        nodes.into_iter().next().unwrap_or(Canonical::Null)
    };
    assert_eq!(streamed, is_key.then(|| expected(&key)).flatten());
}

/// Makes a value of bytes.
struct Source<'b> {
    bytes: Unstructured<'b>,
    /// Whether no number was made that may be refused.
    is_exact: bool,
}

impl Source<'_> {
    fn shape(&mut self, depth: usize) -> Result<Shape> {
        let kinds = if depth == DEPTH { 17 } else { 28 };
        let bytes = &mut self.bytes;
        Ok(match bytes.int_in_range(0..=kinds)? {
            0 => Shape::Unit,
            1 => Shape::None,
            2 => Shape::UnitStruct,
            3 => Shape::UnitVariant(self.name()?),
            4 => Shape::Bool(bytes.arbitrary()?),
            5 => Shape::I8(bytes.arbitrary()?),
            6 => Shape::I64(bytes.arbitrary()?),
            7 => Shape::I128(bytes.arbitrary()?),
            8 => Shape::U8(bytes.arbitrary()?),
            9 => Shape::U64(bytes.arbitrary()?),
            10 => Shape::U128(bytes.arbitrary()?),
            11 => {
                let value: f32 = bytes.arbitrary()?;
                self.is_exact &=
                    value.abs() < 16_777_216.0 || value.is_finite() && value.fract() != 0.0;
                Shape::F32(value)
            }
            12 => {
                let value: f64 = bytes.arbitrary()?;
                self.is_exact &= value.abs() < 9_007_199_254_740_992.0;
                Shape::F64(value)
            }
            13 => Shape::Char(bytes.arbitrary()?),
            14 => Shape::Str(bytes.arbitrary()?),
            15 => Shape::Displayed(bytes.arbitrary()?),
            16 => Shape::Bytes(bytes.arbitrary()?),
            17 => self.raw_value()?,
            18 => Shape::Some(self.shape(depth + 1)?.into()),
            19 => Shape::Newtype(self.shape(depth + 1)?.into()),
            20 => Shape::NewtypeVariant(self.name()?, self.shape(depth + 1)?.into()),
            21 => Shape::Seq(self.items(depth)?),
            22 => Shape::Tuple(self.items(depth)?),
            23 => Shape::TupleStruct(self.items(depth)?),
            24 => Shape::TupleVariant(self.name()?, self.items(depth)?),
            25 => Shape::Struct(self.fields(depth)?),
            26 => Shape::StructVariant(self.name()?, self.fields(depth)?),
            _ => {
                let mut members = Vec::new();
                for _ in 0..self.length()? {
                    let name = match self.bytes.int_in_range(0..=4)? {
                        0 => self.shape(DEPTH)?,
                        1 => Shape::Str(self.bytes.arbitrary()?),
                        _ => Shape::Str(self.name()?.into()),
                    };
                    members.push((name, self.shape(depth + 1)?));
                }
                Shape::Map(members)
            }
        })
    }

    fn name(&mut self) -> Result<&'static str> {
        self.bytes.choose(&NAMES).copied()
    }

    fn length(&mut self) -> Result<usize> {
        self.bytes.int_in_range(0..=4)
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Shape>> {
        (0..self.length()?).map(|_| self.shape(depth + 1)).collect()
    }

    fn fields(&mut self, depth: usize) -> Result<Vec<(&'static str, Shape)>> {
        (0..self.length()?)
            .map(|_| Ok((self.name()?, self.shape(depth + 1)?)))
            .collect()
    }

    /// JSON that was read and not parsed, or else a string.
    fn raw_value(&mut self) -> Result<Shape> {
        let text: String = self.bytes.arbitrary()?;
        Ok(match Canonical::of_json(&text) {
            Some(_) => Shape::RawValue(text),
            None => Shape::Str(text),
        })
    }
}
