//! What ends or is not renewed by itself: certificate, bundle, policy, and the witness of the log.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Admin, AdminError};
use crate::app::AppError;
use crate::tenant::Served;
use crate::until;

/// For so long the witness may be away before its silence is worth a word: the records side pulls every few seconds.
pub(crate) const QUIET: SignedDuration = SignedDuration::from_hours(1);

/// When each ends, as the running gateway has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dates {
    /// When the certificate ends; not known where no gateway has served here yet.
    pub certificate: Option<Timestamp>,
    /// Until when the bundle is fresh.
    pub bundle: Timestamp,
    /// Version of the signed policy in force, and when it was signed: it has no last day. Absent where none was signed.
    pub policy: Option<(u64, Timestamp)>,
    /// When a witness that the bundle names cosigned the log last: that has no last day either.
    pub witness: Option<Timestamp>,
    /// Entries of the log that wait for it.
    pub unwitnessed: u64,
    /// Whether the oldest of them has waited longer than the witness is ever away.
    pub witness_late: bool,
    /// The date of what waits for the hospital, where that is yet to come: this machine's clock was ahead then, or is behind now.
    pub ahead: Option<Timestamp>,
}

impl Admin {
    /// What ends, and when.
    pub async fn dates(&self) -> Result<Dates, AdminError> {
        // Since this began, the gateway may have been started with the next bundle.
        let now_served = Served::kept(&self.data, self.tenant());
        let now_served = now_served
            .map(|files| Served::load(&self.data, &files, &self.keys))
            .transpose()
            .map_err(AppError::Tenant)?;
        let served = now_served.as_ref().unwrap_or(&self.served);
        let (policy, signed) = self.in_force().await?;
        let now = self.clock.now();
        let witness = served.cosigned_at(self.db.cosigned_last(self.tenant()).await?.as_deref());
        let watched = self.db.watched(self.tenant(), now.as_millisecond()).await?;
        // One that came before this was kept has waited since the witness signed last.
        let since = watched.unwitnessed_ms.and_then(|at| Timestamp::from_millisecond(at).ok()).or(witness);
        Ok(Dates {
            certificate: until::left(&self.data),
            bundle: served.bundle.fresh_until,
            policy: signed.map(|_| (policy.version, policy.issued_at)),
            witness,
            unwitnessed: watched.unwitnessed,
            witness_late: watched.unwitnessed > 0 && since.is_none_or(|at| now.duration_since(at) >= QUIET),
            ahead: watched.ahead(now),
        })
    }
}
