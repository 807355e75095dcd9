//! Every message, against what the compiler showed of it.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use idem_core::duration::DurationFault;
use idem_core::key::path::PathFault;
use proc_macro2::TokenStream;

use super::{Use, read, uses};
use crate::expand;
use crate::fault::{Fault, KeyFault, PolicyFault};

/// The cases of the facade, or nothing in a packaged crate, which does not have them.
fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui/fail");
    let mut cases = Vec::new();
    match collect(&folder, &mut cases) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Past the capture of test output.
            writeln!(io::stderr(), "SKIPPED: {} is not there", folder.display()).unwrap();
        }
        Err(error) => panic!("{}: {error}", folder.display()),
    }
    cases.sort();
    cases
}

fn collect(folder: &Path, cases: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, cases)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            cases.push(path);
        }
    }
    Ok(())
}

fn faults(case: &Path) -> Vec<Fault> {
    let found = uses(read(case).parse().unwrap()).into_iter();
    let faults = |Use { arguments, item }| crate::read(arguments, item).err().unwrap_or_default();
    found.flat_map(faults).map(|(fault, _)| fault).collect()
}

#[test]
fn each_message_is_what_the_compiler_showed() {
    for case in cases() {
        let shown = read(&case.with_extension("stderr"));
        let mut shown = shown.lines();
        for fault in faults(&case) {
            let line = format!("error: {fault}");
            assert!(
                shown.any(|shown| shown == line),
                "{}: {line}",
                case.display()
            );
        }
    }
}

#[test]
fn each_kind_of_message_has_a_case() {
    let cases = cases();
    let mut missing: BTreeSet<String> = Fault::KINDS.iter().map(ToString::to_string).collect();
    for (grammar, kinds) in [
        ("key", KeyFault::KINDS),
        ("policy", PolicyFault::KINDS),
        ("path", PathFault::KINDS),
        ("duration", DurationFault::KINDS),
    ] {
        missing.extend(kinds.iter().map(|kind| format!("{grammar}: {kind}")));
    }
    for fault in cases.iter().flat_map(|case| faults(case)) {
        missing.remove(fault.kind());
        match fault {
            Fault::Key { fault, .. } => {
                if let KeyFault::Path { fault } = &fault {
                    missing.remove(&format!("path: {}", fault.kind()));
                }
                missing.remove(&format!("key: {}", fault.kind()))
            }
            Fault::Policy { fault, .. } => missing.remove(&format!("policy: {}", fault.kind())),
            Fault::Duration { fault, .. } => missing.remove(&format!("duration: {}", fault.kind())),
            _ => false,
        };
    }
    assert!(cases.is_empty() || missing.is_empty(), "{missing:#?}");
}

#[test]
fn messages_follow_the_form() {
    for fault in cases().iter().flat_map(|case| faults(case)) {
        let text = fault.to_string();
        // A list of names is as long as it is.
        let words = text.split(", expected one of ").next().unwrap();
        assert!(words.chars().count() <= 140, "too long: {text}");
        assert!(
            text.starts_with(|first: char| first.is_lowercase() || first == '`'),
            "{text}"
        );
        assert!(!text.ends_with(['.', '!']), "{text}");
        assert!(
            text.matches("; ").count() <= 1,
            "more than two clauses: {text}"
        );
        assert!(text.matches('`').count() % 2 == 0, "an open quote: {text}");
    }
}

#[test]
fn half_an_attribute_and_half_an_item_do_not_panic() {
    let halves = |tokens: TokenStream| {
        let tokens: Vec<_> = tokens.into_iter().collect();
        (0..=tokens.len()).map(move |end| tokens[..end].iter().cloned().collect::<TokenStream>())
    };
    for case in cases() {
        for Use { arguments, item } in uses(read(&case).parse().unwrap()) {
            for arguments in halves(arguments.clone()) {
                expand(arguments, item.clone());
            }
            for item in halves(item) {
                expand(arguments.clone(), item);
            }
        }
    }
}
