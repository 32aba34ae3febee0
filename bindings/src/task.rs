//! Things that go on until they are told to stop.

use std::future::Future;

use gauze_core::queue::Subscription;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// An observer's place. It hears nothing after `cancel`, or once this is gone.
#[derive(uniffi::Object)]
pub struct TaskHandle(pub(crate) Subscription);

#[uniffi::export]
impl TaskHandle {
    /// Ends it. Safe to call twice.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// Ends a run from outside, for a language whose own cancellation does not reach here. One for each run.
#[derive(Default, uniffi::Object)]
pub struct StopSignal(CancellationToken);

#[uniffi::export]
impl StopSignal {
    /// Not sent yet.
    #[uniffi::constructor]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the run that has it, or that gets it later. Does not wait. Safe to call twice, and from any thread.
    pub fn send(&self) {
        self.0.cancel();
    }
}

impl StopSignal {
    /// What `work` gives, or nothing where the signal came first: then `work` was dropped.
    pub(crate) async fn unless_sent<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.0.run_until_cancelled(work).await
    }
}

/// Runs `work` on the runtime's own thread, never on the caller's; dropping the future ends it at its next step.
pub(crate) async fn background<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match AbortOnDropHandle::new(tokio::spawn(work)).await {
        Ok(done) => done,
        // Nobody else can abort it: it panicked, and the caller is told as of any other panic.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
