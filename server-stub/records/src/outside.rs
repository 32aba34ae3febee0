//! Another department's witness of the access log (C2SP tlog-witness): shown each new checkpoint, and what it says is kept.
//!
//! Always: what it cosigned is durable here before more is shown; a witness that cannot be reached stops nothing; one that has
//! cosigned another history, or more than is here, is told in the log and on governance's page until it agrees again.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gauze_people::log::{AccessLog, LogFailure};
use gauze_signin::outward::{Outward, OutwardError};
use gauze_wire::WireError;
use gauze_wire::log::{Submission, WitnessKey};
use jiff::Timestamp;

use crate::access::{self, AccessError};
use crate::coded::Coded;

/// How often it is looked whether there is something to show.
const EVERY: Duration = Duration::from_secs(10);
/// How long after a failure.
const AGAIN: Duration = Duration::from_secs(60);

/// Why the outside witness has not cosigned what is here.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OutsideError {
    /// The log or a file beside it.
    #[error("{0}")]
    Here(Arc<AccessError>),
    /// Its address is none.
    #[error("{0} is no address of a witness")]
    Address(String),
    /// No answer came.
    #[error(transparent)]
    Unanswered(#[from] OutwardError),
    /// It answered by this status.
    #[error("the witness answers {0}")]
    Refused(u16),
    /// It has cosigned more than is here.
    #[error("the witness cosigned {cosigned} lines of the access log, and {found} are here")]
    RolledBack {
        /// What it cosigned.
        cosigned: u64,
        /// What is here.
        found: u64,
    },
    /// What it cosigned is no beginning of what is here.
    #[error("the access log here does not continue the {cosigned} lines that the witness cosigned")]
    Forked {
        /// What it cosigned.
        cosigned: u64,
    },
    /// Its answer is no cosignature of what was shown.
    #[error("the witness's cosignature does not hold: {0}")]
    Cosignature(#[source] WireError),
}

impl From<AccessError> for OutsideError {
    fn from(error: AccessError) -> Self {
        Self::Here(Arc::new(error))
    }
}

impl From<LogFailure> for OutsideError {
    fn from(error: LogFailure) -> Self {
        AccessError::from(error).into()
    }
}

impl OutsideError {
    /// Whether the log is another than the witness saw: an alarm, whatever the cause.
    pub fn is_alarm(&self) -> bool {
        matches!(self, Self::RolledBack { .. } | Self::Forked { .. })
    }
}

impl Coded for OutsideError {
    fn code(&self) -> &'static str {
        match self {
            Self::Here(error) => error.code(),
            Self::Address(_) => "witness_address",
            Self::Unanswered(_) => "witness_unreachable",
            Self::Refused(_) => "witness_refuses",
            Self::RolledBack { .. } => "access_log_rolled_back",
            Self::Forked { .. } => "access_log_forked",
            Self::Cosignature(_) => "cosignature_invalid",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Here(error) => error.next_step(),
            Self::Address(_) => "Give --witness as https://host[:port][/path].",
            Self::Unanswered(_) => "It is asked again; check the network and --witness-ca if it stays so.",
            Self::Refused(403 | 404) => "Have this log's verifier key put into the witness's witness.json.",
            Self::Refused(429) => "It is asked again.",
            Self::Refused(_) => "It is asked again; tell whoever runs the witness if it stays so.",
            Self::RolledBack { .. } | Self::Forked { .. } => {
                "Keep the directory as it is and tell information governance: lines were lost, changed or taken away, or an old copy was put back."
            }
            Self::Cosignature(_) => "Compare --witness-key with what the witness's people gave you.",
        }
    }
}

/// How it stands with the outside witness.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Lines that it cosigned.
    pub size: u64,
    /// When it did.
    pub at: Option<Timestamp>,
    /// Why it has not cosigned more, where it should have.
    pub trouble: Option<OutsideError>,
}

/// The outside witness of one log.
pub struct OutsideWitness {
    outward: Arc<dyn Outward>,
    address: String,
    key: WitnessKey,
    standing: Mutex<Standing>,
}

impl OutsideWitness {
    /// At `url`, below which `add-checkpoint` is; `key` is what its people gave, and `data` holds what it cosigned before.
    ///
    /// # Errors
    /// [`OutsideError`].
    pub fn new(
        outward: Arc<dyn Outward>,
        url: &str,
        key: WitnessKey,
        data: &Path,
    ) -> Result<Self, OutsideError> {
        let address = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        if !url.starts_with("https://") || address.parse::<http::Uri>().is_err() {
            return Err(OutsideError::Address(url.to_owned()));
        }
        let kept = access::outside(data)?.and_then(|note| key.cosigned(&note).ok());
        let standing = kept.map_or_else(Standing::default, |(checkpoint, time)| Standing {
            size: checkpoint.size,
            at: moment(time),
            trouble: None,
        });
        Ok(Self { outward, address, key, standing: Mutex::new(standing) })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        self.key.name()
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.now().clone()
    }

    fn now(&self) -> std::sync::MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows it what is new, for ever.
    pub async fn follow(&self, log: &AccessLog, data: &Path) {
        loop {
            let wait = match self.show(log, data).await {
                Ok(_) => EVERY,
                Err(error) => {
                    tracing::error!(code = error.code(), witness = self.name(), "{}", error.line());
                    AGAIN
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Has the present tree cosigned; how many lines are, then.
    ///
    /// # Errors
    /// [`OutsideError`]; it stays in [`Self::standing`] until the next time.
    pub async fn show(&self, log: &AccessLog, data: &Path) -> Result<u64, OutsideError> {
        let shown = self.cosigned(log, data).await;
        let mut standing = self.now();
        match &shown {
            Ok((size, at)) => *standing = Standing { size: *size, at: *at, trouble: None },
            Err(error) => standing.trouble = Some(error.clone()),
        }
        shown.map(|(size, _)| size)
    }

    async fn cosigned(&self, log: &AccessLog, data: &Path) -> Result<(u64, Option<Timestamp>), OutsideError> {
        let Standing { size: mut old, at, trouble } = self.standing();
        // After an alarm it is asked again though nothing is new: whether it agrees now.
        if old == log.size() && trouble.is_none() {
            return Ok((old, at));
        }
        let note = log.checkpoint().await?;
        let found = log.public_keys().log.verify(&note).map_err(OutsideError::Cosignature)?;
        // A second time where it has seen another size than is remembered here: the answer to it was lost.
        for _ in 0..2 {
            if old > found.size {
                return Err(OutsideError::RolledBack { cosigned: old, found: found.size });
            }
            let proof = log.consistency(old, found.size).await?;
            let (status, body) = self.post(&Submission { old, proof, checkpoint: note.clone() }).await?;
            match status {
                200 => {
                    let cosigned = format!("{note}{body}");
                    let (of, time) = self.key.cosigned(&cosigned).map_err(OutsideError::Cosignature)?;
                    if of != found {
                        return Err(OutsideError::Cosignature(WireError::Inconsistent));
                    }
                    let data = data.to_owned();
                    let kept = tokio::task::spawn_blocking(move || access::keep_outside(&data, &cosigned));
                    kept.await.map_err(|_| LogFailure::Stopped)??;
                    return Ok((found.size, moment(time)));
                }
                409 => match body.trim_end_matches('\n').parse() {
                    Ok(seen) if seen == old => return Err(OutsideError::Forked { cosigned: old }),
                    Ok(seen) => old = seen,
                    Err(_) => return Err(OutsideError::Refused(status)),
                },
                422 => return Err(OutsideError::Forked { cosigned: old }),
                _ => return Err(OutsideError::Refused(status)),
            }
        }
        Err(OutsideError::Refused(409))
    }

    async fn post(&self, asked: &Submission) -> Result<(u16, String), OutsideError> {
        let request = http::Request::post(&self.address)
            .header(http::header::CONTENT_TYPE, "text/plain; charset=utf-8")
            .body(asked.text().into_bytes())
            .map_err(|_| OutsideError::Address(self.address.clone()))?;
        let answer = self.outward.send(request).await?;
        let status = answer.status().as_u16();
        Ok((status, String::from_utf8(answer.into_body()).unwrap_or_default()))
    }
}

fn moment(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}
