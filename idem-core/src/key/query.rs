//! General paths: those that can select many nodes in another way than by wildcards, or count from the end of a list.

use std::collections::BTreeMap;
use std::ptr;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Map, Value as Tree};

use super::bytes::{FALSE, FLOAT, INEXACT, INTEGER, LIST, NEGATIVE, OBJECT, STRING, TRUE};
use super::fault::Fault;
use super::held::Held;
use super::path::{self, Query};
use super::sink::{Failed, Sink};
use super::strict::Strict;
use super::walk::{Value, select};

/// The general paths that were used so far, parsed. A [`Path`](super::Path) cannot hold its own: the parts of a tuple
/// are borrowed const data, which may have no cells.
static QUERIES: RwLock<BTreeMap<&str, Option<Arc<Query>>>> = RwLock::new(BTreeMap::new());

/// Writes what the path `text` selects in `payload`.
///
/// The query runs on trees made of canonical bytes, and its nodes are copied out of these bytes. So a node has the bytes
/// that a path to it alone would give, even where a tree of JSON cannot hold it: a wide integer.
pub(super) fn write(
    text: &'static str,
    sink: &mut Sink,
    strict: Strict,
    payload: &dyn Value,
) -> Result<(), Failed> {
    let query = query(text).ok_or_else(|| sink.stop(Fault::Path))?;
    let mut roots = Map::new();
    let mut places = Vec::new();
    let mut bytes = Vec::new();
    for (index, root) in query.roots.iter().enumerate() {
        let segments: Vec<_> = root.iter().map(path::Step::segment).collect();
        let held = sink.hold(|sink| select(sink, &segments, Strict::No, payload))?;
        if held.is_empty() {
            continue;
        }
        let mut reader = Reader::new(&held);
        roots.insert(index.to_string(), reader.value());
        // Nodes are selected below the first root only; filters look at the others.
        if index == 0 {
            places = reader.places;
            bytes = held;
        }
    }
    let tree = Tree::Object(roots);
    let nodes = query.path.query(&tree).all();
    let mut found: Vec<_> = nodes.iter().map(|&node| (ptr::from_ref(node), 0)).collect();
    found.sort_unstable();
    found.dedup();
    place(&mut found, &tree["0"], &mut places.into_iter());
    sink.start(query.many);
    for node in nodes {
        let mut held = Held::new(&bytes);
        let index = found.partition_point(|(found, _)| *found < ptr::from_ref(node));
        held.at = found[index].1;
        held.node(strict, sink)?;
    }
    sink.finish()
}

/// Finds the places of nodes: `all` are those of the whole tree, in its order.
fn place(found: &mut [(*const Tree, usize)], tree: &Tree, all: &mut impl Iterator<Item = usize>) {
    let index = found.binary_search_by_key(&ptr::from_ref(tree), |(found, _)| *found);
    if let (Some(here), Ok(index)) = (all.next(), index) {
        found[index].1 = here;
    }
    match tree {
        Tree::Array(items) => items.iter().for_each(|item| place(found, item, all)),
        Tree::Object(members) => members.values().for_each(|value| place(found, value, all)),
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
    let parse = || path::query(text).ok().map(Arc::new);
    queries.entry(text).or_insert_with(parse).clone()
}

/// Makes a tree of canonical bytes.
struct Reader<'b> {
    held: Held<'b>,
    /// Where each value starts, in the order of the bytes. That is the order of the tree, too: whether `serde_json`
    /// keeps members sorted or as they were inserted is a feature, and they are inserted sorted.
    places: Vec<usize>,
}

impl<'b> Reader<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self {
            held: Held::new(bytes),
            places: Vec::new(),
        }
    }

    fn value(&mut self) -> Tree {
        self.places.push(self.held.at);
        match self.held.take() {
            [FALSE] => Tree::Bool(false),
            [TRUE] => Tree::Bool(true),
            [INTEGER] => self.integer().into(),
            [NEGATIVE] => (-self.integer()).into(),
            [FLOAT | INEXACT] => f64::from_bits(u64::from_be_bytes(self.held.take())).into(),
            [STRING] => self.held.text().into(),
            [LIST] => {
                let mut items = Vec::new();
                while !self.held.ends() {
                    items.push(self.value());
                }
                Tree::Array(items)
            }
            [OBJECT] => {
                let mut members = Map::new();
                while !self.held.ends() {
                    let [_string] = self.held.take();
                    members.insert(self.held.text().into(), self.value());
                }
                Tree::Object(members)
            }
            _ => Tree::Null,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "filters compare all numbers as doubles, and the key is not made of them"
    )]
    fn integer(&mut self) -> f64 {
        self.held.magnitude() as f64
    }
}
