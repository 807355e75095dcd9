//! Where the examples' programs are.

use std::path::PathBuf;

/// An example's program, which `cargo test` and `cargo nextest run` build beside the tests.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let program = profile
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "{} is not built; run all tests, or `cargo build --example {name}` first",
        program.display(),
    );
    program
}
