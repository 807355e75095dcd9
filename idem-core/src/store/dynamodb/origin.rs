//! What brought an attempt, as one text: request id, source and version, each on a line of its own.
//!
//! One attribute moves on as a whole where three would, and its name is paid for once.

use std::sync::Arc;

use crate::record::{Origin, RequestId};
use crate::source::Source;

/// An empty line is a part that there is not.
pub(super) fn write(origin: &Origin) -> String {
    let source = origin.source.as_ref().map(Source::as_str);
    let (request_id, version) = (
        line(origin.request_id.as_deref()),
        line(origin.version.as_deref().map(String::as_str)),
    );
    let parts = [request_id, source, version];
    parts.map(Option::unwrap_or_default).join("\n")
}

/// Whatever the text is, it is some origin: what is no source that is known is none.
pub(super) fn read(text: &str) -> Origin {
    let mut lines = text
        .split('\n')
        .map(|line| Some(line).filter(|line| !line.is_empty()));
    let mut next = || lines.next().flatten();
    Origin {
        request_id: next().map(RequestId::from),
        source: next().and_then(Source::parse),
        version: next().map(|version| Arc::new(version.to_owned())),
    }
}

/// What is left of an origin once it was written.
pub(super) fn kept(origin: &Origin) -> Origin {
    let Origin {
        request_id,
        source,
        version,
    } = origin;
    Origin {
        request_id: request_id.clone().filter(|id| line(Some(id)).is_some()),
        source: source.clone(),
        version: version
            .clone()
            .filter(|version| line(Some(version)).is_some()),
    }
}

/// A part that is a line. No line feed stands in what AWS gives, nor in a source.
fn line(part: Option<&str>) -> Option<&str> {
    part.filter(|part| !part.is_empty() && !part.contains('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceKind;

    fn origin(request_id: Option<&str>, source: Option<&str>, version: Option<&str>) -> Origin {
        Origin {
            request_id: request_id.map(RequestId::from),
            source: source.and_then(|id| Source::new(SourceKind::Sqs, id)),
            version: version.map(|version| Arc::new(version.to_owned())),
        }
    }

    #[test]
    fn what_is_kept_reads_as_it_was_written() {
        for request_id in [None, Some(""), Some("8f50"), Some("8f\n50")] {
            for source in [None, Some("2e14")] {
                for version in [None, Some("$LATEST"), Some("7\n")] {
                    let origin = origin(request_id, source, version);
                    assert_eq!(read(&write(&origin)), kept(&origin), "{origin:?}");
                }
            }
        }
        let whole = origin(Some("8f50"), Some("2e14"), Some("$LATEST"));
        assert_eq!(write(&whole), "8f50\nsqs:2e14\n$LATEST");
        assert_eq!(kept(&whole), whole);
        assert_eq!(write(&Origin::default()), "\n\n");
    }

    #[test]
    fn any_text_is_some_origin() {
        assert_eq!(read(""), Origin::default());
        assert_eq!(read("8f50"), origin(Some("8f50"), None, None));
        assert_eq!(
            read("8f50\nmq:17\n7\n8"),
            origin(Some("8f50"), None, Some("7"))
        );
        assert_eq!(read("\nsqs:2e14"), origin(None, Some("2e14"), None));
    }
}
