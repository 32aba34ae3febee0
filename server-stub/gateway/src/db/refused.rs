//! What the hospital said of a photo; and what takes the place of one that it refused, or whose bytes are no longer here as they
//! were signed for.
//!
//! Always: nothing here forgets a photo that was filed.

use gauze_wire::{Jws, Manifest, Refused, Tenant};

use super::{Capture, Db, Write};
use crate::blobs::BlobName;

/// What the hospital said.
pub struct Outcome<'a> {
    pub jws: &'a Jws,
    /// When.
    pub at_ms: i64,
    /// Whether it filed the photo; else it refused it.
    pub filed: bool,
}

impl Capture {
    /// Whether the hospital refused it in such a way that `manifest`, of the same photo, takes its place.
    pub fn is_superseded_by(&self, manifest: &Manifest) -> bool {
        let cause =
            self.outcome.as_ref().and_then(|jws| jws.peek::<Refused>().ok()).map(|refused| refused.cause);
        match manifest {
            Manifest::Photo(_) => false,
            Manifest::Void(..) => cause.is_some(),
            Manifest::Adoption(..) => cause.is_some_and(|cause| cause.is_superseded_by_adoption()),
        }
    }
}

impl Db {
    /// Keeps the hospital's word. *Filed* replaces *refused*, never the reverse; `false` where nothing changed.
    pub async fn set_outcome(
        write: &mut Write<'_>,
        name: &BlobName,
        outcome: &Outcome<'_>,
    ) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "UPDATE capture SET outcome = ?, filed_at_ms = ?, refused_at_ms = COALESCE(refused_at_ms, ?) \
             WHERE tenant = ? AND device_id = ? AND capture_id = ? AND filed_at_ms IS NULL",
        )
        .bind(outcome.jws.as_str())
        .bind(outcome.filed.then_some(outcome.at_ms))
        .bind((!outcome.filed).then_some(outcome.at_ms))
        .bind(name.tenant.as_str())
        .bind(name.device_id.as_str())
        .bind(name.capture_id.to_string())
        .execute(&mut **write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Forgets that a photo was stored, so that it may come again or be voided.
    pub async fn reopen(write: &mut Write<'_>, name: &BlobName) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE capture SET stored = NULL, outcome = NULL, refused_at_ms = NULL, released = 0, aged = 0, blob = 0, \
             ticket = NULL, ticket_expires_ms = NULL \
             WHERE tenant = ? AND device_id = ? AND capture_id = ? AND filed_at_ms IS NULL",
        )
        .bind(name.tenant.as_str())
        .bind(name.device_id.as_str())
        .bind(name.capture_id.to_string())
        .execute(&mut **write)
        .await
        .map(drop)
    }

    /// Counts a refused photo no more: another key has signed for it, or said that it will not come.
    pub async fn release(write: &mut Write<'_>, name: &BlobName) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE capture SET released = 1 \
             WHERE tenant = ? AND device_id = ? AND capture_id = ? AND filed_at_ms IS NULL",
        )
        .bind(name.tenant.as_str())
        .bind(name.device_id.as_str())
        .bind(name.capture_id.to_string())
        .execute(&mut **write)
        .await
        .map(drop)
    }

    /// Counts what was refused before `before_ms` no longer towards its phone's quota.
    pub async fn age_refused(&self, tenant: &Tenant, before_ms: i64) -> Result<(), sqlx::Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "UPDATE capture SET aged = 1 WHERE tenant = ? AND refused_at_ms IS NOT NULL AND refused_at_ms < ? \
             AND filed_at_ms IS NULL AND aged = 0",
        )
        .bind(tenant.as_str())
        .bind(before_ms)
        .execute(&mut *write)
        .await?;
        write.commit().await
    }
}
