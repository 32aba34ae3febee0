//! The inventory in force: the serial numbers that the hospital's inventory token is for, and that token.
//!
//! Always: signed by a policy key of the bundle, never older than the one before, and durable before a phone is judged by it: a
//! serial number that was taken off the list stays off over a restart.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gauze_wire::{Bundle, Inventory, InventoryGiven, Jws, Tenant, Token, WireError};
use jiff::Timestamp;

use crate::blobs::write_durably;

/// A list that was given, and holds.
pub(crate) struct Stock {
    pub list: Inventory,
    /// The newest token for it.
    pub token: Option<Token>,
    /// Both as signed.
    pub given: InventoryGiven,
}

impl Stock {
    /// Believes a list that the bundle's policy keys signed. A token beside it that they did not sign is as none, for it may be of a key that was replaced:
    /// the list counts without it.
    pub fn accept(given: &InventoryGiven, bundle: &Bundle) -> Result<Self, WireError> {
        let list: Inventory = given.list.verify_by(&bundle.policy_keys, &bundle.tenant)?;
        let signed = given.token.as_ref().filter(|jws| {
            let token: Result<Token, _> = jws.verify_by(&bundle.policy_keys, &bundle.tenant);
            token.is_ok()
        });
        let token = signed.map(Jws::peek::<Token>).transpose()?;
        if token.as_ref().is_some_and(|token| token.inventory.is_none()) {
            return Err(WireError::Field("token"));
        }
        let given = InventoryGiven { list: given.list.clone(), token: signed.cloned() };
        Ok(Self { list, token, given })
    }

    /// Whether it may take the place of `before`: a newer list, or the very same, which another token may go with.
    pub fn follows(&self, before: &Self) -> bool {
        self.list.version > before.list.version || self.given.list == before.given.list
    }

    /// Never without the newest token: phones hold one for as long as it lives, and newer lists go under it too. One that was signed while
    /// a clock ran ahead is replaced by any other.
    pub fn with_newest_token(mut self, before: &Self, now: Timestamp) -> Self {
        let signed = |stock: &Self| stock.token.as_ref().map(|token| token.issued_at);
        let early = before.token.as_ref().is_some_and(|token| token.is_early(now));
        let replaced = early && self.token.is_some();
        if !replaced && signed(&self) < signed(before) {
            self.token.clone_from(&before.token);
            self.given.token.clone_from(&before.given.token);
        }
        self
    }

    /// What was kept under `data`; one that no key of the bundle signed any more does not count, and is given anew.
    pub fn kept(data: &Path, bundle: &Bundle) -> std::io::Result<Option<Self>> {
        let bytes = match std::fs::read(file(data, &bundle.tenant)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let stock = serde_json::from_slice(&bytes).ok().and_then(|given| Self::accept(&given, bundle).ok());
        if stock.is_none() {
            tracing::warn!(tenant = %bundle.tenant, "the kept inventory does not hold any more: none counts until the records side gives one");
        }
        Ok(stock)
    }

    /// Keeps it over a restart.
    pub fn keep(&self, data: &Path) -> std::io::Result<()> {
        write_durably(&file(data, &self.list.tenant), &serde_json::to_vec(&self.given)?)
    }
}

fn file(data: &Path, tenant: &Tenant) -> PathBuf {
    data.join("tenants").join(format!("{tenant}.inventory.json"))
}
