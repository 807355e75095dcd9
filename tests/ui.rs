//! The attribute as users meet it when they compile.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::Command;
use std::{env, fs};

use trybuild::TestCases;

// Clippy does not see what `trybuild` compiles.
#[path = "ui/pass/pedantic.rs"]
mod pedantic;

/// Holds the version of the compiler whose words the cases hold: another one may put them otherwise.
const RECORDED: &str = "tests/ui/rustc-version";

#[test]
fn cases_compile_or_say_why_not() -> io::Result<()> {
    pedantic::main();
    let cases = TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    let (recorded, here) = (fs::read_to_string(RECORDED)?, version()?);
    let recorded = recorded.trim();
    if here == recorded {
        cases.compile_fail("tests/ui/fail/*.rs");
        cases.compile_fail("tests/ui/fail/*/*.rs");
        return Ok(());
    }
    // Written past the capture of test output. `idem-macros` compares the messages that are ours.
    let skipped = format!("SKIPPED: tests/ui/fail is for rustc {recorded}, this is {here}");
    writeln!(io::stderr(), "{skipped}")
}

/// The version of this compiler, as in `1.95.0`.
fn version() -> io::Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let output = Command::new(rustc).arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split(' ').nth(1).unwrap_or_default().to_owned())
}
