//! Pulling for ever: every few seconds, less often while it fails.

use std::pin::pin;
use std::time::Duration;

use super::{PassReport, Puller};
use crate::coded::Coded as _;
use crate::gateway::GatewayPort;

/// Longest pause while passes fail.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Pulls every `interval` until `stop` resolves. A pass that fails is logged and tried again later; one that is cut off
/// by `stop` leaves nothing behind that the next one does not mend.
pub async fn serve<G: GatewayPort>(
    puller: &Puller<G>,
    interval: Duration,
    stop: impl Future<Output = ()>,
    mut passed: impl FnMut(&PassReport),
) {
    let mut stop = pin!(stop);
    let mut pause = interval;
    loop {
        let pass = tokio::select! {
            () = &mut stop => return,
            pass = puller.pass() => pass,
        };
        match pass {
            Ok(report) => {
                pause = interval;
                passed(&report);
            }
            Err(error) => {
                pause = (pause * 2).min(LONGEST_PAUSE).max(interval);
                tracing::error!(code = error.code(), pause_s = pause.as_secs(), "{}", error.line());
            }
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
