#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| idem_fuzz::path::check(input));
