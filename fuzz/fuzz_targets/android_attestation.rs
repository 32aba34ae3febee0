#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gauze_fuzz::android_attestation(data));
