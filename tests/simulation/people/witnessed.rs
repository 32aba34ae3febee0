//! The gateway as witness: it cosigns what continues what it cosigned, and nothing else.

use gauze_people::log::LogKeys;
use gauze_records::Coded as _;
use gauze_records::gateway::GatewayPort as _;
use gauze_wire::Digest;
use gauze_wire::log::{AddCheckpoint, Checkpoint};

use super::super::world::Broken;
use super::Clinic;

impl Clinic {
    /// Shows the log to the gateway, on a network that loses what it likes; how much of it is cosigned.
    pub(super) async fn witnessed(&mut self) -> Result<Option<u64>, Broken> {
        // What the gateway is shown, it may have cosigned.
        self.is_safe();
        let side = self.side();
        let shown = tokio::select! {
            biased;
            shown = side.puller.witness_now(&side.log) => Some(shown),
            () = side.death.notified() => None,
        };
        let Some(shown) = shown else { return self.killed().await.map(|()| None) };
        match shown {
            Ok(size) => Ok(Some(size)),
            Err(error) if ["gateway_unreachable", "signature_expired"].contains(&error.code()) => {
                self.say(format!("  not witnessed: {}", error.code()));
                Ok(None)
            }
            Err(error) => Err(format!("the gateway will not cosign: {error}")),
        }
    }

    /// Somebody who has the log's key shows another history, and an older one.
    pub(super) async fn forged(&mut self) -> Result<(), Broken> {
        let keys = self.ward.keys().log_keys().map_err(|error| error.code())?;
        let (port, size) = (self.ward.port(), self.side().log.size());
        let ask = |old: u64, size: u64, proof: Vec<Digest>| {
            let root = Digest::of(b"another history");
            let checkpoint = Checkpoint { origin: LogKeys::origin(&keys.tenant), size, root };
            AddCheckpoint { log: keys.note.log_key(), old, proof, checkpoint: keys.note.sign(&checkpoint) }
        };
        // What it has cosigned it says itself, to whoever starts from elsewhere.
        let probe =
            port.witness(&ask(size + 1000, size + 1000, Vec::new())).await.map_err(|error| error.code())?;
        if probe.size == 0 {
            // Before the first nothing is pinned, and whoever has the key has the log.
            return Ok(());
        }
        let proof = self.side().log.consistency(probe.size, size).await.map_err(|error| error.code())?;
        for forged in [
            ask(probe.size, size, proof.clone()),
            ask(probe.size, size + 7, proof),
            ask(probe.size, probe.size, Vec::new()),
            ask(probe.size, probe.size - 1, Vec::new()),
            ask(0, size, Vec::new()),
        ] {
            let answer = port.witness(&forged).await;
            if answer.is_ok_and(|answer| answer.note.is_some()) {
                return Err(format!("another history of {} lines is cosigned", forged.old));
            }
        }
        Ok(())
    }
}
