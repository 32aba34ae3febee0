//! The index for people: work lists, searches, a patient's photos, and amendments. It names nobody on disk.
//!
//! Always: what is on disk is blind indexes, codes of the hospital's lists and sealed labels ([`crate::blind`]); a row is written in
//! the transaction that files its photo, or made again from the filed photo and its amendments; nothing in here asks for
//! leave or writes the access log: its callers hold what was authorised.

mod amending;
mod amends;
mod erasing;
mod error;
mod export;
mod find;
mod later;
mod notices;
mod opening;
mod origin;
mod phones;
mod refill;
mod relations;
mod reports;
mod staff;
mod taker;

use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_mark::MarkKey;
use gauze_people::Sealed;
use gauze_seal::age::Identity;
use gauze_wire::Record;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::amend::AmendmentFiles;
use crate::blind::{Blind, Entry, FolkKeys, LabelError};
use crate::in_force;
use crate::index::Index;
use amends::Amends;
use erasing::Unfinished;
use later::Later;
use staff::Staff;

pub use amending::Amending;
pub use erasing::Over;
pub(crate) use erasing::remove;
pub use error::FolkError;
pub(crate) use export::{Concerned, Papers};
pub use find::{Found, Hit, Which};
pub use opening::{History, Opening, Opens};
pub use origin::Origin;
pub(crate) use phones::{Handset, PhonePapers, phone_of, thumbprint};
pub use refill::Refilled;
pub(crate) use reports::{By, Carrier, Closed, KnownPhone, Report};

/// Connections that read at once.
const READERS: u32 = 4;

/// The index for people, open. Clones share everything; the keys are wiped with the last of them.
#[derive(Clone)]
pub struct Folk {
    keys: Arc<FolkKeys>,
    files: AmendmentFiles,
    /// The puller's one connection: whoever writes stands in its line.
    index: Index,
    read: SqlitePool,
    amends: Arc<Amends>,
    later: Arc<Later>,
    unfinished: Arc<Unfinished>,
    staff: Arc<Staff>,
    /// The puller's: what was in force when a photo came.
    history: Arc<Mutex<in_force::History>>,
}

impl Folk {
    /// Opens the index beside the puller's.
    pub(crate) async fn open(
        index: &Index,
        files: AmendmentFiles,
        keys: Arc<FolkKeys>,
        history: Arc<Mutex<in_force::History>>,
    ) -> Result<Self, FolkError> {
        let read = readers(&files.layout.index()).await?;
        let (amends, later, staff) = (Arc::default(), Arc::default(), Arc::default());
        let unfinished = Arc::default();
        Ok(Self { keys, files, index: index.clone(), read, amends, later, unfinished, staff, history })
    }

    /// Closes its own connections.
    pub async fn close(&self) {
        self.read.close().await;
    }

    /// Puts records in as if they had been filed, in one transaction: for benches, which need a million.
    pub async fn plant(&self, from: u64, records: &[Record]) -> Result<(), FolkError> {
        let entry =
            |record: &Record| Entry::of(&self.keys, record, record.team.as_ref().map(|team| &team.code), 0);
        let entries: Result<Vec<_>, _> =
            (from..).zip(records).map(|(at, record)| Ok((at, entry(record)?))).collect();
        let entries = entries.map_err(|error: LabelError| FolkError::Label(error))?;
        self.index.add_folk(&entries, || true).await?;
        Ok(())
    }

    /// What this tenant's renderings are marked with in an epoch.
    pub fn mark_key(&self, epoch: u32) -> MarkKey {
        MarkKey::new(self.keys.mark(), epoch)
    }

    /// Every identity of the tenant that is here, today's first.
    pub(crate) fn identities(&self) -> Arc<[Identity]> {
        self.files.identities.clone()
    }

    /// What a link's address is known by, and nobody finds the address from it.
    pub(crate) fn link_address(&self, address: &str) -> Blind {
        self.keys.term("link address", address)
    }

    /// What the code of a link's address is known by.
    pub(crate) fn link_code(&self, address: &str, code: &str) -> Blind {
        self.keys.term("link code", &format!("{address}/{code}"))
    }

    /// What words about cases are sealed under.
    pub(crate) fn cases(&self) -> Blind {
        self.keys.term("case", "words")
    }

    /// What words about photos that were refused are sealed under: nothing here knows whom they show.
    pub(crate) fn refused(&self) -> Blind {
        self.keys.term("refused", "words")
    }

    /// Seals words about a photo or a patient, for the access log.
    pub(crate) fn seal_words(&self, about: &Blind, words: &str) -> Result<Sealed, FolkError> {
        let sealed = self.keys.seal(about, words.as_bytes())?;
        Ok(Sealed::new(BASE64_URL_SAFE_NO_PAD.encode(sealed)).map_err(|_| LabelError::Damaged)?)
    }

    /// Those words again; nothing where another identity sealed them.
    pub(crate) fn open_words(&self, about: &Blind, sealed: &Sealed) -> Option<String> {
        let opened = self.keys.open(about, &BASE64_URL_SAFE_NO_PAD.decode(sealed.as_str()).ok()?).ok()?;
        Some(std::str::from_utf8(&opened).ok()?.trim_end().to_owned())
    }
}

async fn readers(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    SqlitePoolOptions::new().max_connections(READERS).connect_with(options).await
}
