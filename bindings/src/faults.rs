//! Misbehaviour on request, for the tests of the other languages.

use crate::task::background;

/// Panics, as a bug would.
#[uniffi::export]
pub fn panic_now() {
    panic!("asked to");
}

/// Panics on the runtime's own thread.
#[uniffi::export(async_runtime = "tokio")]
pub async fn panic_in_background() {
    background(async { panic!("asked to") }).await
}
