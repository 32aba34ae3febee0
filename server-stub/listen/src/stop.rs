//! When a program is to end.

use tokio::signal::unix::{SignalKind, signal};

/// Resolves once somebody interrupts or terminates this process, from the call on: what comes before it is awaited is heard. Call it
/// once and share it: whoever calls it later does not hear of what came before.
///
/// # Panics
/// Where a process may not listen for its own signals, and outside a runtime.
pub fn stopped() -> impl Future<Output = ()> + Send + 'static {
    let listen = |kind| signal(kind).expect("a process may listen for its own signals");
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt()), listen(SignalKind::terminate()));
    async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_comes_before_anybody_waits_is_heard() {
        let stop = stopped();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM).unwrap();
        tokio::time::timeout(Duration::from_secs(20), stop).await.unwrap();
    }
}
