//! What is in force is kept, each version of it, also where a hand put it there.

use std::path::PathBuf;

use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::versions::keep_all;

/// What could not be kept is tried again. Nobody puts anything else in force meanwhile.
pub(super) async fn keep(deciding: &Mutex<()>, data: PathBuf, now: Timestamp) {
    let _deciding = deciding.lock().await;
    match tokio::task::spawn_blocking(move || keep_all(&data, now)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(code = error.code(), %error, "what is in force here cannot be kept for later evidence");
        }
        Err(error) => tracing::error!(%error, "what is in force here was not looked at"),
    }
}
