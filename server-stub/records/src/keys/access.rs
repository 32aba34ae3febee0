//! The two keys of the access log. Key directories from before it get theirs when it is first written.

use std::sync::Arc;

use gauze_people::log::LogKeys;
use gauze_wire::log::NoteKey;
use gauze_wire::{QuickKey, SoftwareKey, Tenant};
use zeroize::Zeroizing;

use super::make::key;
use super::{ACCESS, AUDIT, KeyDir, KeysError, SIGNS, read_signer, write_signer};
use crate::disk::{self, PRIVATE};
use crate::entropy::random;

impl KeyDir {
    /// The keys that write the access log, made where there are none yet.
    ///
    /// # Errors
    /// [`KeysError`]: a key file is damaged, or cannot be read or made.
    pub fn log_keys(&self) -> Result<LogKeys, KeysError> {
        let tenant = self.tenant()?;
        self.make_missing(&tenant)?;
        let audit = self.parse(AUDIT, |text| QuickKey::try_from(&SoftwareKey::from_pem(text).ok()?).ok())?;
        let note = self.parse(ACCESS, |text| read_signer(text, SIGNS))?;
        Ok(LogKeys { tenant, audit: Arc::new(audit), note: Arc::new(note) })
    }

    fn make_missing(&self, tenant: &Tenant) -> Result<(), KeysError> {
        if !self.path(AUDIT).exists() {
            let pem = Zeroizing::new(key()?.to_pem()?);
            disk::create(&self.path(AUDIT), pem.as_bytes(), PRIVATE)?;
        }
        if !self.path(ACCESS).exists() {
            let seed = Zeroizing::new(random::<32>()?);
            let key = NoteKey::from_bytes(&LogKeys::origin(tenant), &seed)?;
            let text = write_signer(&key.log_key().to_string(), SIGNS, &seed);
            disk::create(&self.path(ACCESS), text.as_bytes(), PRIVATE)?;
        }
        Ok(())
    }
}
