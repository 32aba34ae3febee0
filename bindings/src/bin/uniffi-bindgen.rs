//! Generates the sources of the other languages from the library.

fn main() {
    uniffi::uniffi_bindgen_main();
}
