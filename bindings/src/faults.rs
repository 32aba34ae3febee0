//! Misbehaviour on request, for the tests of the other languages.

/// Panics, as a bug would.
#[uniffi::export]
pub fn panic_now() {
    panic!("asked to");
}
