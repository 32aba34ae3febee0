//! The records side's way to the gateway, which loses what the dice say and on which the puller may die.

use std::sync::{Arc, Mutex};

use gauze_records::gateway::{GatewayError, GatewayPort, Incoming};
use gauze_wire::log::{AddCheckpoint, Witnessed};
use gauze_wire::{Acknowledgement, CaptureId, Decisions, DeviceId, LogPage};
use tokio::sync::Notify;

use super::dice::Dice;
use super::network::short;
use super::sky::Trace;
use crate::fixture::Port;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Delivered,
    Lost,
    AnswerLost,
    Dies { delivered: bool },
}

pub struct Crossing {
    pub port: Port,
    pub dice: Mutex<Dice>,
    pub trouble: usize,
    pub trace: Trace,
    /// Told when the puller is to die.
    pub death: Arc<Notify>,
}

impl Crossing {
    async fn cross<T>(
        &self,
        what: &str,
        request: impl Future<Output = Result<T, GatewayError>>,
    ) -> Result<T, GatewayError> {
        let fate = {
            let mut dice = self.dice.lock().unwrap();
            if dice.chance(self.trouble) {
                dice.weighed(&[
                    (3, Fate::Lost),
                    (3, Fate::AnswerLost),
                    (1, Fate::Dies { delivered: false }),
                    (1, Fate::Dies { delivered: true }),
                ])
            } else {
                Fate::Delivered
            }
        };
        let delivered = fate != Fate::Lost && fate != Fate::Dies { delivered: false };
        let answer = if delivered { Some(request.await) } else { None };
        match (fate, answer) {
            (Fate::Delivered, Some(answer)) => {
                let end = if answer.is_ok() { "taken" } else { "refused" };
                self.trace.say(format!("  records, {what}: {end}"));
                answer
            }
            (Fate::Dies { .. }, _) => {
                self.trace.say(format!("  records, {what}: killed, delivered {delivered}"));
                self.death.notify_one();
                std::future::pending().await
            }
            (Fate::Delivered | Fate::Lost | Fate::AnswerLost, _) => {
                self.trace.say(format!("  records, {what}: lost, delivered {delivered}"));
                Err(GatewayError::Unreachable("the network".into()))
            }
        }
    }
}

impl GatewayPort for Crossing {
    async fn page(&self, from: u64, limit: u32) -> Result<LogPage, GatewayError> {
        self.cross(&format!("log from {from}"), self.port.page(from, limit)).await
    }

    async fn blob(
        &self,
        device: &DeviceId,
        capture: &CaptureId,
        into: &mut Incoming,
    ) -> Result<(), GatewayError> {
        let what = format!("photo {}", short(&capture.to_string()));
        let bytes = self.cross(&what, self.port.bytes(device, capture)).await?;
        let cut = {
            let mut dice = self.dice.lock().unwrap();
            dice.chance(self.trouble).then(|| dice.below(bytes.len() + 1))
        };
        let came = &bytes[..cut.unwrap_or(bytes.len())];
        into.push(came).map_err(GatewayError::Disk)?;
        match cut {
            Some(at) => {
                self.trace.say(format!("  records, {what}: cut at {at}"));
                Err(GatewayError::Cut)
            }
            None => Ok(()),
        }
    }

    async fn outcomes(&self, receipts: &Acknowledgement) -> Result<(), GatewayError> {
        let what = format!("{} receipts", receipts.receipts.len());
        self.cross(&what, self.port.outcomes(receipts)).await
    }

    async fn cosignature(&self, note: &str) -> Result<(), GatewayError> {
        self.cross("cosignature", self.port.cosignature(note)).await
    }

    async fn witness(&self, checkpoint: &AddCheckpoint) -> Result<Witnessed, GatewayError> {
        self.cross("witness", self.port.witness(checkpoint)).await
    }

    async fn decisions(&self, decisions: &Decisions) -> Result<(), GatewayError> {
        self.cross("decisions", self.port.decisions(decisions)).await
    }
}
