//! Finds nodes in the canonical bytes of a whole payload.

use super::bytes::{END, LIST, NULL, OBJECT, STRING};
use super::expression::Segment;
use super::fault::Fault;
use super::held::Held;
use super::sink::{Failed, Sink};
use super::strict::Strict;

impl Held<'_> {
    /// Writes the node that starts here.
    pub(super) fn node(&mut self, strict: Strict, sink: &mut Sink) -> Result<(), Failed> {
        sink.arrive();
        let start = self.at;
        let refused = self.skip();
        let bytes = self.since(start);
        let absent = match bytes {
            _ if strict == Strict::No => None,
            [NULL] => Some(Fault::Null),
            [STRING, 0] => Some(Fault::EmptyString),
            [LIST, END] => Some(Fault::EmptyList),
            [OBJECT, END] => Some(Fault::EmptyObject),
            _ => None,
        };
        if let Some(fault) = refused.filter(|_| !sink.is_holding()).or(absent) {
            sink.fail(fault);
        }
        sink.write(bytes);
        sink.part(Ok(()))
    }

    /// Writes the nodes that `path` leads to from here.
    pub(super) fn select(
        &mut self,
        path: &[Segment<'_>],
        strict: Strict,
        sink: &mut Sink,
    ) -> Result<(), Failed> {
        let (segment, path) = match path {
            [] => return self.node(strict, sink),
            [segment, path @ ..] => (segment, path),
        };
        let start = self.at;
        match self.take() {
            [LIST] => {
                let mut index = 0;
                while !self.ends() {
                    match segment {
                        Segment::Wildcard => self.select(path, strict, sink)?,
                        Segment::Index(at) if *at == index => self.select(path, strict, sink)?,
                        _ => drop(self.skip()),
                    }
                    index += 1;
                }
            }
            [OBJECT] => {
                let mut is_met = false;
                while !self.ends() {
                    self.at += 1;
                    let name = self.text();
                    if *segment == Segment::Wildcard {
                        self.select(path, strict, sink)?;
                    } else if !segment.is_name(name) {
                        self.skip();
                    } else if std::mem::replace(&mut is_met, true) {
                        return Err(sink.stop(Fault::Repeated));
                    } else {
                        self.select(path, strict, sink)?;
                    }
                }
            }
            _ => {
                self.at = start;
                self.skip();
            }
        }
        Ok(())
    }
}
