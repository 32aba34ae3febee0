//! Things that go on until they are told to stop.

use std::future::Future;

use gauze_core::queue::Subscription;
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

/// Runs `work` on the runtime's own thread, never on the caller's; dropping the future ends it at its next step.
pub(crate) async fn background<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match AbortOnDropHandle::new(tokio::spawn(work)).await {
        Ok(done) => done,
        // Nobody else can abort it: it panicked, and the caller is told as of any other panic.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
