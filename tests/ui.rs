//! The attribute as users meet it when they compile.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::Command;
use std::{env, fs};

use trybuild::TestCases;

// Clippy does not see what `trybuild` compiles.
#[path = "ui/pass/pedantic.rs"]
mod pedantic;

/// The compiler whose words the cases hold; another one may say the same otherwise.
const RECORDED: &str = "tests/ui/rustc-version";

#[test]
fn cases_compile_or_say_why_not() {
    pedantic::main();
    let cases = TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    let (recorded, here) = (fs::read_to_string(RECORDED).unwrap(), version());
    if here == recorded.trim() {
        cases.compile_fail("tests/ui/fail/*.rs");
        cases.compile_fail("tests/ui/fail/*/*.rs");
    } else {
        // Past the capture of test output. The messages themselves are compared by `idem-macros`.
        let recorded = recorded.trim();
        writeln!(
            io::stderr(),
            "SKIPPED: tests/ui/fail is for rustc {recorded}, this is {here}"
        )
        .unwrap();
    }
}

/// The version of this compiler, as in `1.95.0`.
fn version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let output = Command::new(rustc).arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(' ').nth(1).unwrap().to_owned()
}
