//! Acts: every decision about a device, signed and appended to the log in the very write that makes it true.

use gauze_wire::{Act, Deed, EntryKind, Jws, Operator, Reason, Signed as _};
use jiff::Timestamp;

use crate::db::{Db, Write, log_append};
use crate::keys::GatewayKeys;
use crate::tenant::Served;

/// Who decides, and why. No `Debug`: a reason is free text.
#[derive(Clone)]
pub struct By {
    /// Who.
    pub operator: Operator,
    /// Why, naming no patient.
    pub reason: Reason,
}

impl By {
    /// The gateway itself.
    pub(crate) fn gateway(reason: &str) -> Self {
        let fallback = || Reason::new("by itself").expect("a short text");
        Self {
            operator: Operator::new("gauze-gateway").expect("a short name"),
            reason: Reason::new(reason).unwrap_or_else(|_| fallback()),
        }
    }
}

/// Who signs acts, for whom, and when.
#[derive(Clone, Copy)]
pub(crate) struct Clerk<'a> {
    pub served: &'a Served,
    pub keys: &'a GatewayKeys,
    pub now: Timestamp,
}

impl Clerk<'_> {
    /// Appends an act. Returns its place in the log.
    pub async fn record(&self, write: &mut Write<'_>, by: &By, deed: Deed) -> Result<u64, sqlx::Error> {
        let tenant = &self.served.bundle.tenant;
        let act = Act {
            v: 1,
            typ: Act::TYP.to_owned(),
            tenant: tenant.clone(),
            at: self.now,
            operator: by.operator.clone(),
            reason: by.reason.clone(),
            deed,
        };
        let jws = Jws::sign(&act, self.keys.receipts()).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
        let proof = log_append(write, self.served, (EntryKind::Act, &jws), self.now).await?;
        Db::add_act(write, tenant, proof.log_index, &act.deed).await?;
        Ok(proof.log_index)
    }
}
