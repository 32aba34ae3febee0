//! Showing the access log to the gateway, which cosigns what continues what it cosigned before.
//!
//! Always: the cosigned checkpoint is durable here before the next one is asked for; a gateway that cannot be reached or
//! will not cosign stops no pull, and is asked again at the next pass.

use std::sync::Arc;

use gauze_people::log::{AccessLog, LogFailure};
use gauze_wire::WireError;
use gauze_wire::log::{AddCheckpoint, Checkpoint};

use super::Puller;
use crate::access::{self, AccessError};
use crate::coded::Coded;
use crate::gateway::{GatewayError, GatewayPort};
use crate::trust::{Trust, TrustError};

/// Why the access log was not witnessed.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The log or a file beside it.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Keys and bundle do not fit together.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The gateway gave no usable answer, or refused.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The gateway cosigned more entries than there are.
    #[error("the gateway cosigned {cosigned} entries of the access log, and {found} are here")]
    RolledBack {
        /// Entries that it cosigned.
        cosigned: u64,
        /// Entries that are here.
        found: u64,
    },
    /// Its answer is no cosignature of what was shown.
    #[error("the gateway's cosignature does not hold: {0}")]
    Cosignature(#[source] WireError),
}

impl Coded for WitnessError {
    fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::Gateway(error) => error.code(),
            Self::RolledBack { .. } => "access_log_rolled_back",
            Self::Cosignature(_) => "cosignature_invalid",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Access(error) => error.next_step(),
            Self::Trust(error) => error.next_step(),
            Self::Gateway(error) => error.next_step(),
            Self::RolledBack { .. } => {
                "Keep the directory as it is and tell information governance: entries were lost or taken away, or an old copy was put back."
            }
            Self::Cosignature(_) => "Check that bundle and gateway belong together.",
        }
    }
}

impl<G: GatewayPort> Puller<G> {
    /// Has this access log witnessed at each pass from now on.
    pub fn witness_access(&self, log: Arc<AccessLog>) {
        // The second of two is the same log: one process writes it once.
        let _ = self.access.set(log);
    }

    /// Shows what is new; says in the program's log why not, where not.
    pub(super) async fn show_access(&self, trust: &Trust) {
        let Some(log) = self.access.get() else { return };
        if let Err(error) = self.have_witnessed(log, trust).await {
            tracing::error!(code = error.code(), "{}", error.line());
        }
    }

    /// Has the present tree of a log cosigned, without a pull. How many of its entries are, then.
    ///
    /// # Errors
    /// [`WitnessError`]; [`WitnessError::RolledBack`] is an alarm.
    pub async fn witness_now(&self, log: &AccessLog) -> Result<u64, WitnessError> {
        let trust = self.config.trust(&self.keys, self.status.as_ref())?;
        self.have_witnessed(log, &trust).await
    }

    async fn have_witnessed(&self, log: &AccessLog, trust: &Trust) -> Result<u64, WitnessError> {
        let data = &self.config.data;
        let kept = access::cosigned(data, &log.public_keys())?;
        let mut old = kept.map_or(0, |kept| kept.size);
        if old == log.size() {
            return Ok(old);
        }
        let note = log.checkpoint().await.map_err(AccessError::from)?;
        let public = log.public_keys();
        let shown = public.log.verify(&note).map_err(WitnessError::Cosignature)?;
        // A second time where the gateway has seen more than is remembered here: the answer to it was lost.
        for _ in 0..2 {
            let asked = asked(log, old, &shown, &note).await?;
            let answer = self.gateway.witness(&asked).await?;
            let Some(cosigned) = answer.note else {
                if answer.size > shown.size {
                    return Err(WitnessError::RolledBack { cosigned: answer.size, found: shown.size });
                }
                old = answer.size;
                continue;
            };
            let witness = trust.now.gateway.log.as_witness();
            witness.verify(&cosigned).map_err(WitnessError::Cosignature)?;
            if public.log.verify(&cosigned).map_err(WitnessError::Cosignature)? != shown {
                return Err(WitnessError::Cosignature(WireError::Inconsistent));
            }
            let data = data.clone();
            let kept = tokio::task::spawn_blocking(move || access::keep_cosigned(&data, &cosigned, witness));
            kept.await.map_err(|_| AccessError::from(LogFailure::Stopped))??;
            return Ok(shown.size);
        }
        Err(GatewayError::Malformed("cosignature").into())
    }
}

async fn asked(
    log: &AccessLog,
    old: u64,
    shown: &Checkpoint,
    note: &str,
) -> Result<AddCheckpoint, WitnessError> {
    let proof = log.consistency(old, shown.size).await.map_err(AccessError::from)?;
    Ok(AddCheckpoint { log: log.public_keys().log, old, proof, checkpoint: note.to_owned() })
}
