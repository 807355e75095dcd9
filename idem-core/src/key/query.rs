//! General paths: those that can select many nodes, or count from the end of a list.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::ptr;
use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use super::canonical::{DEPTH, Encoder, Strict};
use super::fault::Fault;
use super::path;
use super::sink::{
    END, FALSE, FLOAT, Failed, INEXACT, INTEGER, LIST, NEGATIVE, NOT_FINITE, OBJECT, STRING, Sink,
    TRUE,
};

/// The general paths that were used so far, parsed. A [`Path`](super::Path) cannot hold its own: the parts of a tuple
/// are borrowed const data, which may have no cells.
static QUERIES: RwLock<BTreeMap<&str, Option<Arc<Query>>>> = RwLock::new(BTreeMap::new());

struct Query {
    path: JsonPath,
    /// Whether it can select more than one node, so that its value is the list of them.
    many: bool,
}

/// Writes what the path `text` selects in `payload`.
///
/// The query runs on a tree made of the payload's canonical bytes, and its nodes are copied out of these bytes. So a
/// node has the bytes that a singular path to it would give, even where a tree of JSON cannot hold it: a wide integer.
pub(super) fn write<P: Serialize + ?Sized>(
    text: &'static str,
    sink: &mut Sink,
    payload: &P,
) -> Result<(), Failed> {
    let mut held = Sink::holding();
    let written = payload.serialize(Encoder::new(&mut held, Strict::No, DEPTH));
    match held.into_held(written) {
        Ok(bytes) => run(text, sink, &bytes),
        Err(fault) => Err(sink.stop(fault)),
    }
}

fn run(text: &'static str, sink: &mut Sink, bytes: &[u8]) -> Result<(), Failed> {
    let query = query(text).ok_or_else(|| sink.stop(Fault::Path))?;
    let mut reader = Reader::new(bytes);
    let tree = reader.value();
    let nodes = query.path.query(&tree).all();
    if nodes.is_empty() {
        return Err(sink.stop(if query.many {
            Fault::NoNodes
        } else {
            Fault::Missing
        }));
    }
    let mut places: HashMap<_, _> = nodes
        .iter()
        .map(|&node| (ptr::from_ref(node), 0..0))
        .collect();
    place(&mut places, &tree, &mut reader.places.into_iter());
    if query.many {
        sink.write(&[LIST]);
    }
    for (index, node) in nodes.into_iter().enumerate() {
        sink.place.node = query.many.then_some(index + 1);
        let place = places[&ptr::from_ref(node)].clone();
        let next = reader.refused.partition_point(|(at, _)| *at < place.start);
        let refused = reader.refused.get(next).filter(|(at, _)| *at < place.end);
        if let Some(fault) = refused.map(|(_, fault)| *fault).or_else(|| absent(node)) {
            return Err(sink.stop(fault));
        }
        sink.write(&bytes[place]);
    }
    sink.place.node = None;
    if query.many {
        sink.end(false);
    }
    Ok(())
}

/// Finds the places of nodes: `all` are those of the whole tree, in its order.
fn place(
    places: &mut HashMap<*const Value, Range<usize>>,
    tree: &Value,
    all: &mut impl Iterator<Item = Range<usize>>,
) {
    if let (Some(here), Some(place)) = (all.next(), places.get_mut(&ptr::from_ref(tree))) {
        *place = here;
    }
    match tree {
        Value::Array(items) => items.iter().for_each(|item| place(places, item, all)),
        Value::Object(members) => members.values().for_each(|value| place(places, value, all)),
        _ => {}
    }
}

/// The query of a path; `None` where it is no path.
fn query(text: &'static str) -> Option<Arc<Query>> {
    let known = QUERIES.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(query) = known.get(text) {
        return query.clone();
    }
    drop(known);
    let mut queries = QUERIES.write().unwrap_or_else(PoisonError::into_inner);
    let parse = || {
        let (path, many) = path::query(text).ok()?;
        Some(Arc::new(Query { path, many }))
    };
    queries.entry(text).or_insert_with(parse).clone()
}

fn absent(node: &Value) -> Option<Fault> {
    match node {
        Value::Null => Some(Fault::Null),
        Value::String(text) if text.is_empty() => Some(Fault::EmptyString),
        Value::Array(items) if items.is_empty() => Some(Fault::EmptyList),
        Value::Object(members) if members.is_empty() => Some(Fault::EmptyObject),
        _ => None,
    }
}

/// Makes a tree of the canonical bytes of a payload.
struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Where each value lies, in the order of the bytes. That is the order of the tree, too: whether `serde_json` keeps
    /// members sorted or as they were inserted is a feature, and they are inserted sorted.
    places: Vec<Range<usize>>,
    /// Where there are numbers that no key may hold, in order.
    refused: Vec<(usize, Fault)>,
}

impl<'b> Reader<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            places: Vec::new(),
            refused: Vec::new(),
        }
    }

    fn value(&mut self) -> Value {
        let start = self.at;
        let index = self.places.len();
        self.places.push(start..start);
        let [tag] = self.take();
        let value = match tag {
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            INTEGER => Value::from(self.magnitude()),
            NEGATIVE => Value::from(-self.magnitude()),
            FLOAT => self.double(),
            INEXACT => {
                self.refused.push((start, Fault::Inexact));
                self.double()
            }
            NOT_FINITE => {
                self.refused.push((start, Fault::NotFinite));
                Value::Null
            }
            STRING => Value::String(self.text()),
            LIST => Value::Array(self.items(Self::value)),
            OBJECT => Value::Object(Map::from_iter(self.items(|reader| {
                let [_string] = reader.take();
                (reader.text(), reader.value())
            }))),
            _ => Value::Null,
        };
        self.places[index].end = self.at;
        value
    }

    fn items<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut items = Vec::new();
        while self.bytes[self.at] != END {
            items.push(item(self));
        }
        self.at += 1;
        items
    }

    fn text(&mut self) -> String {
        let length = u64::from_be_bytes(self.take());
        let start = self.at;
        self.at += usize::try_from(length).unwrap_or_default();
        String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned()
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "filters compare all numbers as doubles, and the key is not made of them"
    )]
    fn magnitude(&mut self) -> f64 {
        u128::from_be_bytes(self.take()) as f64
    }

    fn double(&mut self) -> Value {
        f64::from_bits(u64::from_be_bytes(self.take())).into()
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut taken = [0; N];
        taken.copy_from_slice(&self.bytes[self.at..self.at + N]);
        self.at += N;
        taken
    }
}
