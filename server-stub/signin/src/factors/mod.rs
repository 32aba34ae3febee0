//! Second factors of our own: passkeys (`WebAuthn`) and, where the hospital allows them, one-time codes (RFC 6238).
//!
//! Always: a factor is enrolled only behind a code that somebody else gave out of band, or by somebody who has just proven one;
//! a one-time code counts once; five wrong ones lock the factor, not the account; a lost factor needs two other people.

mod code;
mod error;
mod passkey;
mod seal;
mod totp;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gauze_people::acting::Factor;
use gauze_people::person::PersonId;
use jiff::{SignedDuration, Timestamp};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row as _, SqlitePool};
use webauthn_rs::prelude::{
    AttestedPasskeyRegistration, PasskeyAuthentication, PasskeyRegistration, Webauthn, WebauthnBuilder,
};
use zeroize::Zeroizing;

pub use code::{Capacity, Queued, Spoken, Taken};
pub use error::FactorError;
pub use seal::FactorKey;
pub use totp::Shown;

use crate::age::is_within;
use crate::config::People;

/// How long an answer to a question is waited for.
const ASKED: SignedDuration = SignedDuration::from_mins(5);
/// Wrong codes that lock.
const WRONG: i64 = 5;

/// What a person has enrolled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Passkeys.
    pub passkeys: usize,
    /// Of these, attested hardware.
    pub hardware: usize,
    /// One-time codes; `Some(true)` where they are locked.
    pub totp: Option<bool>,
}

impl Held {
    /// Nothing at all.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

enum Asked {
    Register(Box<PasskeyRegistration>),
    RegisterHardware(Box<AttestedPasskeyRegistration>),
    Prove(Box<PasskeyAuthentication>),
    Totp(Zeroizing<[u8; 20]>),
}

/// What was asked in a session, and whether it may enrol.
#[derive(Default)]
struct Open {
    asked: Option<(Asked, Timestamp)>,
    invited: Option<Timestamp>,
}

/// The second factors of everybody.
pub struct Factors {
    pool: SqlitePool,
    key: FactorKey,
    webauthn: Webauthn,
    authorities: webauthn_attestation_ca::AttestationCaList,
    totp: bool,
    open: Mutex<HashMap<String, Open>>,
}

/// Whose factor, and in which session: its reference.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// Who.
    pub person: &'a PersonId,
    /// In which session.
    pub session: &'a str,
    /// When.
    pub now: Timestamp,
}

impl Factors {
    /// Opens the store, or makes it.
    ///
    /// # Errors
    /// [`FactorError`] where store, origin or authorities cannot be used.
    pub async fn open(path: &Path, key: FactorKey, people: &People) -> Result<Self, FactorError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        sqlx::migrate!().run(&pool).await?;
        let name = people.origin.domain().ok_or(FactorError::Origin)?;
        let webauthn =
            WebauthnBuilder::new(name, &people.origin).and_then(|builder| builder.rp_name("Gauze").build());
        Ok(Self {
            pool,
            key,
            webauthn: webauthn.map_err(|_| FactorError::Origin)?,
            authorities: passkey::authorities(&people.authorities)?,
            totp: people.totp,
            open: Mutex::default(),
        })
    }

    /// Waits for what is under way, and closes the store.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    fn sessions(&self, now: Timestamp) -> MutexGuard<'_, HashMap<String, Open>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, open| {
            // Each has its own time: asking again lengthens no leave.
            let lives = |at: &Timestamp| is_within(*at, now, ASKED);
            open.asked.take_if(|(_, at)| !lives(at));
            open.invited.take_if(|at| !lives(at));
            open.asked.is_some() || open.invited.is_some()
        });
        open
    }

    fn ask(&self, at: At<'_>, asked: Asked) {
        self.sessions(at.now).entry(at.session.to_owned()).or_default().asked = Some((asked, at.now));
    }

    /// What was asked in this session, once.
    fn asked(&self, at: At<'_>) -> Result<Asked, FactorError> {
        let asked = self.sessions(at.now).get_mut(at.session).and_then(|open| open.asked.take());
        asked.map(|(asked, _)| asked).ok_or(FactorError::NotAsked)
    }

    /// Lets a session enrol one factor within five minutes: its person gave a code, or has just proven a factor.
    pub fn invite(&self, at: At<'_>) {
        self.sessions(at.now).entry(at.session.to_owned()).or_default().invited = Some(at.now);
    }

    /// Whether a session may enrol.
    pub fn is_invited(&self, at: At<'_>) -> bool {
        self.sessions(at.now).get(at.session).is_some_and(|open| open.invited.is_some())
    }

    fn invited(&self, at: At<'_>) -> Result<(), FactorError> {
        if self.is_invited(at) { Ok(()) } else { Err(FactorError::NotInvited) }
    }

    fn enrolled(&self, at: At<'_>) {
        self.sessions(at.now).remove(at.session);
    }

    /// What a person has.
    ///
    /// # Errors
    /// [`FactorError::Store`].
    pub async fn held(&self, person: &PersonId) -> Result<Held, FactorError> {
        let rows = sqlx::query("SELECT kind, hardware, failures FROM factor WHERE person = ?")
            .bind(&person.0)
            .fetch_all(&self.pool)
            .await?;
        let mut held = Held::default();
        for row in rows {
            let (kind, hardware, failures): (String, i64, i64) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            if kind == "totp" {
                held.totp = Some(failures >= WRONG);
            } else {
                held.passkeys += 1;
                held.hardware += usize::from(hardware == 1);
            }
        }
        Ok(held)
    }

    /// Keeps what was judged, once its line is written, and ends the leave to enrol. One-time codes that were there give way.
    ///
    /// # Errors
    /// [`FactorError::NotInvited`] where the leave ended meanwhile, and [`FactorError::Store`].
    pub async fn keep(&self, at: At<'_>, new: New) -> Result<Factor, FactorError> {
        self.invited(at)?;
        let sealed = self.key.seal(&new.plain, (&new.id, &at.person.0))?;
        let hardware = matches!(new.factor, Factor::Passkey { hardware: true });
        let mut transaction = self.pool.begin().await?;
        if new.factor == Factor::Totp {
            sqlx::query("DELETE FROM factor WHERE person = ? AND kind = 'totp'")
                .bind(&at.person.0)
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query(
            "INSERT INTO factor (id, person, kind, hardware, sealed, made_at, last_step) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&new.id)
        .bind(&at.person.0)
        .bind(if new.factor == Factor::Totp { "totp" } else { "passkey" })
        .bind(hardware)
        .bind(sealed)
        .bind(at.now.as_second())
        .bind(new.step)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        self.enrolled(at);
        Ok(new.factor)
    }
}

/// A factor that was judged and is not kept yet: its line in the access log comes first.
pub struct New {
    id: String,
    factor: Factor,
    plain: Zeroizing<Vec<u8>>,
    step: i64,
}

impl New {
    /// What it will prove.
    pub fn factor(&self) -> Factor {
        self.factor
    }
}

impl fmt::Debug for New {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("New").field("factor", &self.factor).finish_non_exhaustive()
    }
}
