//! What the hospital's people are called: the access log names them by id alone.
//!
//! Always: on disk their names are sealed, and stand under a blind index of their id.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use sqlx::Row as _;
use zeroize::Zeroizing;

use super::{Folk, FolkError};
use crate::blind::{Blind, LabelError};

/// Which names are known to be written, so that a name costs a write only where it changed.
#[derive(Default)]
pub(super) struct Staff(Mutex<HashMap<String, String>>);

impl Staff {
    fn known(&self, person: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(person).cloned()
    }

    fn note(&self, person: &str, name: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(person.to_owned(), name.to_owned());
    }
}

impl Folk {
    /// What stands for one of the hospital's people.
    pub(crate) fn badge(&self, person: &str) -> Blind {
        self.keys.term("staff", person)
    }

    /// Remembers what one of the hospital's people is called.
    pub(crate) async fn name_staff(&self, person: &str, name: &str) -> Result<(), FolkError> {
        if self.staff.known(person).as_deref() == Some(name) {
            return Ok(());
        }
        let badge = self.badge(person);
        let written = self.sealed_name(&badge).await?;
        if written.and_then(|sealed| self.name(&badge, &sealed)).as_deref() != Some(name) {
            let text = Zeroizing::new(serde_json::to_vec(name).map_err(|_| LabelError::Damaged)?);
            let sealed = BASE64_STANDARD.encode(self.keys.seal(&badge, &text)?);
            self.index.name_staff(&badge.to_string(), &sealed).await?;
        }
        self.staff.note(person, name);
        Ok(())
    }

    /// What these people were last called, as far as that is known.
    pub(crate) async fn staff(
        &self,
        people: BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, FolkError> {
        let mut names = BTreeMap::new();
        for person in people {
            let badge = self.badge(&person);
            let written = self.sealed_name(&badge).await?;
            if let Some(name) = written.and_then(|sealed| self.name(&badge, &sealed)) {
                names.insert(person, name);
            }
        }
        Ok(names)
    }

    async fn sealed_name(&self, badge: &Blind) -> Result<Option<String>, FolkError> {
        let row = sqlx::query("SELECT name FROM staff WHERE person = ?")
            .bind(badge.to_string())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Nothing where it was sealed by another identity.
    pub(super) fn name(&self, badge: &Blind, sealed: &str) -> Option<String> {
        let opened = self.keys.open(badge, &BASE64_STANDARD.decode(sealed).ok()?).ok()?;
        serde_json::from_slice(&opened).ok()
    }
}
