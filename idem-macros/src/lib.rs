//! Attr.
