//! What is in force is kept, each version of it, also where a hand put it there.

use std::path::PathBuf;

use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::task::JoinError;

use super::Desk;
use crate::disk::DiskError;
use crate::versions::{Governing, keep, keep_all};

/// What could not be kept is tried again. Nobody puts anything else in force meanwhile.
pub(super) async fn watch(deciding: &Mutex<()>, data: PathBuf, now: Timestamp) {
    let _deciding = deciding.lock().await;
    tell(tokio::task::spawn_blocking(move || keep_all(&data, now)).await);
}

fn tell(kept: Result<Result<(), DiskError>, JoinError>) {
    match kept {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(code = error.code(), %error, "what is in force here holds, and is not kept for later evidence yet: it is tried again");
        }
        Err(error) => tracing::error!(%error, "what is in force here was not looked at"),
    }
}

impl Desk {
    /// Keeps what was just put in force: that holds whatever becomes of this.
    pub(super) async fn keep_version(&self, which: Governing, now: Timestamp) {
        let data = self.data.clone();
        tell(tokio::task::spawn_blocking(move || keep(&data, which, now)).await);
    }
}
