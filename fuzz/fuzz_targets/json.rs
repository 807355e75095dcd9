#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| idem_fuzz::json::check(input));
