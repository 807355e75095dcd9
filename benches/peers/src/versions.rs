//! What it was measured with.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

use crate::Result;

/// The compiler, and the Rust packages that are compared or compared with.
pub(crate) fn of_rust() -> Result<Vec<String>> {
    let rustc = Command::new("rustc").arg("--version").output()?;
    let rustc = String::from_utf8(rustc.stdout)?;
    let mut versions = vec![rustc.split(" (").next().unwrap_or_default().to_owned()];
    for name in [
        "aws-sdk-dynamodb",
        "cached",
        "dynoxide-rs",
        "idempotent",
        "moka",
    ] {
        versions.push(format!("{name} {}", locked(name)?));
    }
    Ok(versions)
}

/// The version of a package that this program was built with.
fn locked(name: &str) -> Result<&'static str> {
    let lock = include_str!("../Cargo.lock");
    let start = format!("name = \"{name}\"\nversion = \"");
    let (_, version) = lock.split_once(&start).ok_or("a package is not locked")?;
    let (version, _) = version.split_once('"').ok_or("a version does not end")?;
    Ok(version)
}

/// The processor's name, and how many of it there are.
pub(crate) fn machine() -> String {
    let processors = available_parallelism().map_or(0, usize::from);
    let described = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = described
        .lines()
        .find(|line| line.starts_with("model name"));
    let model = named.and_then(|line| Some(line.split_once(": ")?.1));
    format!("{processors} × {}", model.unwrap_or("an unknown processor"))
}
