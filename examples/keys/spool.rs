//! What is known of each event, sorted by key, in bounded memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom, Write};

use crate::event::Span;

/// 32 MiB of sightings.
const CHUNK: usize = 1 << 19;
/// How many are read ahead of each sorted run.
const AHEAD: usize = 1 << 10;
const SIZE: usize = 56;

/// A key that was seen. In order: by key, then by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sighting {
    /// Of the record's id; half of it is enough to tell keys apart.
    pub(crate) id: [u8; 16],
    pub(crate) source: u32,
    pub(crate) span: Span,
    pub(crate) fingerprint: [u8; 16],
}

impl Sighting {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.id);
        bytes.extend(self.source.to_be_bytes());
        bytes.extend(self.span.line.to_be_bytes());
        bytes.extend(self.span.offset.to_be_bytes());
        bytes.extend(self.span.length.to_be_bytes());
        bytes.extend(self.fingerprint);
    }

    fn read(mut bytes: &[u8]) -> Result<Self> {
        fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N]> {
            let mut taken = [0; N];
            bytes.read_exact(&mut taken)?;
            Ok(taken)
        }
        let bytes = &mut bytes;
        Ok(Self {
            id: take(bytes)?,
            source: u32::from_be_bytes(take(bytes)?),
            span: Span {
                line: u64::from_be_bytes(take(bytes)?),
                offset: u64::from_be_bytes(take(bytes)?),
                length: u32::from_be_bytes(take(bytes)?),
            },
            fingerprint: take(bytes)?,
        })
    }
}

/// Takes sightings in any order.
pub(crate) struct Spool {
    chunk: Vec<Sighting>,
    /// How many sightings are sorted at once.
    size: usize,
    /// Sorted runs, one after the other, in a file without a name.
    file: Option<File>,
    runs: Vec<Run>,
    written: u64,
}

impl Default for Spool {
    fn default() -> Self {
        Self::new(CHUNK)
    }
}

impl Spool {
    /// Sorts `size` sightings at once.
    pub(crate) fn new(size: usize) -> Self {
        Self {
            chunk: Vec::new(),
            size,
            file: None,
            runs: Vec::new(),
            written: 0,
        }
    }

    pub(crate) fn push(&mut self, sighting: Sighting) -> Result<()> {
        self.chunk.push(sighting);
        if self.chunk.len() == self.size {
            self.write_run()?;
        }
        Ok(())
    }

    fn write_run(&mut self) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        self.chunk.sort_unstable();
        let start = self.written;
        for sightings in self.chunk.chunks(AHEAD) {
            let mut bytes = Vec::with_capacity(AHEAD * SIZE);
            for sighting in sightings {
                sighting.write(&mut bytes);
            }
            file.write_all(&bytes)?;
            self.written += bytes.len() as u64;
        }
        self.chunk.clear();
        self.runs.push(Run {
            at: start,
            end: self.written,
            ahead: Vec::new(),
        });
        Ok(())
    }

    /// All of them, sorted.
    pub(crate) fn sorted(mut self) -> Result<Sorted> {
        if self.file.is_some() {
            self.write_run()?;
            self.chunk = Vec::new();
        }
        // Runs are read from their ends.
        self.chunk
            .sort_unstable_by_key(|sighting| Reverse(*sighting));
        self.runs.push(Run {
            at: 0,
            end: 0,
            ahead: self.chunk,
        });
        let mut sorted = Sorted {
            file: self.file,
            runs: self.runs,
            heads: BinaryHeap::new(),
        };
        for run in 0..sorted.runs.len() {
            sorted.advance(run)?;
        }
        Ok(sorted)
    }
}

/// A sorted run: what of it is in the file, and what was read ahead, the last one first.
struct Run {
    at: u64,
    end: u64,
    ahead: Vec<Sighting>,
}

/// Sightings in order.
pub(crate) struct Sorted {
    file: Option<File>,
    runs: Vec<Run>,
    heads: BinaryHeap<Reverse<(Sighting, usize)>>,
}

impl Sorted {
    pub(crate) fn next(&mut self) -> Result<Option<Sighting>> {
        let Some(Reverse((sighting, run))) = self.heads.pop() else {
            return Ok(None);
        };
        self.advance(run)?;
        Ok(Some(sighting))
    }

    fn advance(&mut self, index: usize) -> Result<()> {
        let run = &mut self.runs[index];
        if let (Some(file), true) = (&mut self.file, run.ahead.is_empty()) {
            let length = (run.end - run.at).min((AHEAD * SIZE) as u64);
            file.seek(SeekFrom::Start(run.at))?;
            let mut bytes = Vec::new();
            file.take(length).read_to_end(&mut bytes)?;
            run.at += length;
            let ahead = bytes.chunks_exact(SIZE).rev().map(Sighting::read);
            run.ahead = ahead.collect::<Result<_>>()?;
        }
        if let Some(sighting) = run.ahead.pop() {
            self.heads.push(Reverse((sighting, index)));
        }
        Ok(())
    }
}
