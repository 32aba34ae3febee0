//! When each tenant's records side was last heard from, as long as the process lives.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gauze_wire::Tenant;
use jiff::Timestamp;

/// When records sides proved themselves last.
pub(crate) struct RecordsHeard {
    begun: Timestamp,
    last: Mutex<HashMap<Tenant, Timestamp>>,
}

impl RecordsHeard {
    /// Nobody was heard yet; waited for since `begun`.
    pub fn since(begun: Timestamp) -> Self {
        Self { begun, last: Mutex::default() }
    }

    /// It was heard now.
    pub fn note(&self, tenant: &Tenant, now: Timestamp) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last.get_mut(tenant) {
            Some(at) => *at = now,
            None => drop(last.insert(tenant.clone(), now)),
        }
    }

    /// When it was heard last; where it was not yet, when waiting for it began.
    pub fn last(&self, tenant: &Tenant) -> Timestamp {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.get(tenant).copied().unwrap_or(self.begun)
    }
}
