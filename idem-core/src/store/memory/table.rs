//! The records of a shard, by their digests.

use std::sync::Arc;

use hashbrown::HashTable;

use crate::record::Record;

/// Records by their digests, each behind a pointer that replies share: nothing is copied, and what a table has to spare is
/// small.
#[derive(Default)]
pub(super) struct Table(HashTable<Arc<Record>>);

impl Table {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, digest: &[u8; 32]) -> Option<&Arc<Record>> {
        self.0.find(hash(digest), is(digest))
    }

    pub(super) fn get_mut(&mut self, digest: &[u8; 32]) -> Option<&mut Arc<Record>> {
        self.0.find_mut(hash(digest), is(digest))
    }

    /// Adds a record that is not there yet.
    pub(super) fn insert(&mut self, record: Arc<Record>) {
        let digest = |record: &Arc<Record>| hash(record.id.digest());
        self.0.insert_unique(digest(&record), record, digest);
    }

    pub(super) fn remove(&mut self, digest: &[u8; 32]) {
        if let Ok(entry) = self.0.find_entry(hash(digest), is(digest)) {
            entry.remove();
        }
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Record) -> bool) {
        self.0.retain(|record| keep(record));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Record> {
        self.0.iter().map(|record| &**record)
    }
}

fn is(digest: &[u8; 32]) -> impl Fn(&Arc<Record>) -> bool {
    move |record| record.id.digest() == digest
}

/// A digest is evenly spread already: its first bytes are its hash.
fn hash(digest: &[u8; 32]) -> u64 {
    let ([first, ..], _) = digest.as_chunks() else {
        return 0;
    };
    u64::from_be_bytes(*first)
}
