//! When a program is to end.

use tokio::signal::unix::{SignalKind, signal};

/// Waits until somebody interrupts or terminates this process.
///
/// # Panics
/// Where a process may not listen for its own signals.
pub async fn stopped() {
    let listen = |kind| signal(kind).expect("a process may listen for its own signals");
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt()), listen(SignalKind::terminate()));
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
