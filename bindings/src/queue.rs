use std::sync::{Arc, Weak};

use gauze_core::queue::{QueueReport, TransferEnd, TransferPlan};
use gauze_core::wire::CaptureId;

use crate::error::open;
use crate::task::{StopSignal, background};
use crate::{ClientError, PlatformError, QueueState, TaskHandle};

/// Hears of photos. Called from the core's threads; must not block. What it throws is ignored.
#[uniffi::export(rust, foreign)]
pub trait QueueObserver: Send + Sync {
    /// A photo moved or stopped.
    fn changed(&self, id: CaptureId, state: QueueState) -> Result<(), PlatformError>;
}

/// Photos on their way to the hospital.
#[derive(uniffi::Object)]
pub struct UploadQueue(pub(crate) Weak<gauze_core::Client>);

#[uniffi::export(async_runtime = "tokio")]
impl UploadQueue {
    /// Takes every photo as far as it goes. `asked` also tries what waits for a person, and without a network. Once `until`
    /// is sent it stops at its next step with `RetryLater`, code `stopped`; the next run goes on from there. So it does
    /// where the caller's language drops the call, as a cancelled coroutine in Kotlin does and a task in Swift does not.
    #[uniffi::method(default(until = None))]
    pub async fn run(&self, asked: bool, until: Option<Arc<StopSignal>>) -> Result<QueueReport, ClientError> {
        let client = open(&self.0)?;
        let work = background(async move { client.run_queue(asked).await });
        match until {
            None => Ok(work.await?),
            Some(until) => Ok(Box::pin(until.unless_sent(work)).await.ok_or_else(stopped)??),
        }
    }

    /// As `run`, but the operating system carries the files. Each transfer ends in one `transfer_ended`; one that never
    /// does is planned again.
    pub async fn next_transfers(&self, asked: bool) -> Result<TransferPlan, ClientError> {
        let client = open(&self.0)?;
        Ok(background(async move { client.next_transfers(asked).await }).await?)
    }

    /// Takes in how a transfer ended, in this process or an earlier one.
    pub async fn transfer_ended(&self, id: CaptureId, end: TransferEnd) -> Result<TransferPlan, ClientError> {
        let client = open(&self.0)?;
        Ok(background(async move { client.transfer_ended(id, end).await }).await?)
    }

    /// Lets `observer` hear of every photo that moves or stops, first of where each stands now.
    pub fn observe(&self, observer: Arc<dyn QueueObserver>) -> Result<Arc<TaskHandle>, ClientError> {
        let subscription = open(&self.0)?.observe(Arc::new(move |id, state| {
            // What an observer throws is its own affair.
            let _ = observer.changed(id, state.into());
        }));
        Ok(Arc::new(TaskHandle(subscription)))
    }
}

fn stopped() -> ClientError {
    ClientError::RetryLater {
        code: "stopped".to_owned(),
        advice: "sending was stopped: the next run goes on from there".to_owned(),
    }
}
