//! Where canonical bytes go: into the hash, or aside while an object waits to be sorted.

use std::fmt;

use serde::ser;
use sha2::{Digest, Sha256};

use super::fault::{Failure, Fault, Place};
use super::number::Number;

pub(super) const NULL: u8 = 0;
pub(super) const FALSE: u8 = 1;
pub(super) const TRUE: u8 = 2;
pub(super) const INTEGER: u8 = 3;
pub(super) const NEGATIVE: u8 = 4;
pub(super) const FLOAT: u8 = 5;
pub(super) const STRING: u8 = 6;
pub(super) const LIST: u8 = 7;
pub(super) const OBJECT: u8 = 8;
pub(super) const END: u8 = 9;
/// Stands for a refused number in a held payload and is never hashed.
pub(super) const NOT_FINITE: u8 = 10;
/// The same, followed by the eight bytes of the double.
pub(super) const INEXACT: u8 = 11;

/// A serialization that ended early; the reason is in the [`Sink`].
#[derive(Debug)]
pub(super) struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no key can be made of this value")
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    /// Drops the message: it may hold what was being serialized.
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self
    }
}

/// Takes the bytes of a canonical value, and the first fault of what is being written.
///
/// Faults are kept here rather than in the error that a serializer returns, because a `Serialize` may rewrite or
/// swallow that error on its way up.
pub(super) struct Sink {
    hash: Sha256,
    held: Vec<u8>,
    /// How many objects are being written; while there are any, bytes are held.
    open: usize,
    /// Whether this is a payload that a query will look through, where a refused number does not matter yet.
    holding: bool,
    failure: Option<Failure>,
    stopped: bool,
    pub(super) place: Place,
    /// Whether the path of a selection has led to a node.
    pub(super) found: bool,
}

/// A state of a [`Sink`] to go back to.
pub(super) struct Mark {
    hash: Sha256,
    failure: Option<Failure>,
}

impl Sink {
    pub(super) fn new(hash: Sha256) -> Self {
        Self {
            hash,
            held: Vec::new(),
            open: 0,
            holding: false,
            failure: None,
            stopped: false,
            place: Place::default(),
            found: false,
        }
    }

    /// A sink that holds everything, refused numbers included.
    #[cfg(feature = "grammar")]
    pub(super) fn holding() -> Self {
        Self {
            open: 1,
            holding: true,
            ..Self::new(Sha256::new())
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.open == 0 {
            self.hash.update(bytes);
        } else {
            self.held.extend_from_slice(bytes);
        }
    }

    /// The length of `text` and its bytes.
    pub(super) fn text(&mut self, text: &str) {
        self.write(&(text.len() as u64).to_be_bytes());
        self.write(text.as_bytes());
    }

    pub(super) fn string(&mut self, text: &[u8]) {
        let mut head = [STRING; 9];
        head[1..].copy_from_slice(&(text.len() as u64).to_be_bytes());
        self.write(&head);
        self.write(text);
    }

    pub(super) fn number(&mut self, number: Number) {
        match number {
            Number::Integer {
                negative,
                magnitude,
            } => {
                let mut bytes = [if negative { NEGATIVE } else { INTEGER }; 17];
                bytes[1..].copy_from_slice(&magnitude.to_be_bytes());
                self.write(&bytes);
            }
            Number::Float(float) => self.double(FLOAT, float),
            Number::Inexact(float) if self.holding => self.double(INEXACT, float),
            Number::NotFinite if self.holding => self.write(&[NOT_FINITE]),
            Number::Inexact(_) => self.fail(Fault::Inexact),
            Number::NotFinite => self.fail(Fault::NotFinite),
        }
    }

    /// Ends a list or object, and the object of a variant around it.
    pub(super) fn end(&mut self, in_variant: bool) {
        self.write(if in_variant { &[END, END] } else { &[END] });
    }

    fn double(&mut self, tag: u8, float: f64) {
        let mut bytes = [tag; 9];
        bytes[1..].copy_from_slice(&float.to_bits().to_be_bytes());
        self.write(&bytes);
    }

    /// Notes a fault; the first one is kept.
    pub(super) fn fail(&mut self, fault: Fault) {
        let place = self.place;
        self.failure.get_or_insert(Failure { fault, place });
    }

    /// Notes a fault that ends the serialization.
    pub(super) fn stop(&mut self, fault: Fault) -> Failed {
        self.fail(fault);
        self.stopped = true;
        Failed
    }

    /// The depth left one level below `depth`.
    pub(super) fn deeper(&mut self, depth: u8) -> Result<u8, Failed> {
        depth
            .checked_sub(1)
            .ok_or_else(|| self.stop(Fault::TooDeep))
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            hash: self.hash.clone(),
            failure: self.failure,
        }
    }

    /// Goes back to `mark`, as if nothing had been selected since. What ended a serialization stays ended, even where
    /// the payload's `Serialize` goes on after it.
    pub(super) fn restore(&mut self, mark: &Mark) {
        if !self.stopped {
            self.hash.clone_from(&mark.hash);
            self.failure = mark.failure;
            self.found = false;
        }
    }

    /// Starts to hold the members of an object; gives the position where they start.
    pub(super) fn open(&mut self) -> usize {
        self.open += 1;
        self.held.len()
    }

    /// How many bytes are held.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Ends what [`open`](Self::open) started and gives back the bytes held since.
    pub(super) fn close(&mut self, start: usize) -> Vec<u8> {
        self.open -= 1;
        self.held.split_off(start)
    }

    /// The digest of all that was written, unless something was at fault.
    pub(super) fn digest(self, written: Result<(), Failed>) -> Result<[u8; 32], Failure> {
        self.outcome(written)?;
        Ok(self.hash.finalize().into())
    }

    /// The bytes of all that was written, unless something was at fault.
    #[cfg(feature = "grammar")]
    pub(super) fn into_held(self, written: Result<(), Failed>) -> Result<Vec<u8>, Fault> {
        self.outcome(written).map_err(|failure| failure.fault)?;
        Ok(self.held)
    }

    fn outcome(&self, written: Result<(), Failed>) -> Result<(), Failure> {
        match (self.failure, written) {
            (Some(failure), _) => Err(failure),
            (None, Ok(())) => Ok(()),
            // The only error that leaves no fault here is one that a `Serialize` made itself.
            (None, Err(Failed)) => Err(Failure {
                fault: Fault::Serialize,
                place: self.place,
            }),
        }
    }
}
