//! What is in force is kept, each version of it, also where a hand put it there.

use jiff::Timestamp;

use super::Inner;
use crate::versions::keep_all;

/// What could not be kept is tried again.
pub(super) async fn watch(inner: &Inner, now: Timestamp) {
    // Nobody puts anything else in force meanwhile.
    let _deciding = inner.deciding.lock().await;
    let data = inner.parts.data.clone();
    match tokio::task::spawn_blocking(move || keep_all(&data, now)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(code = error.code(), %error, "what is in force here cannot be kept for later evidence");
        }
        Err(error) => tracing::error!(%error, "what is in force here was not looked at"),
    }
}
