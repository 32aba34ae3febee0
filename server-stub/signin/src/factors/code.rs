//! Enrolment codes: given from person to person, for one enrolment, for a day. For who lost a factor it takes two others.

use gauze_people::person::PersonId;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use sqlx::{Row as _, SqliteConnection};
use subtle::ConstantTimeEq as _;

use super::error::FactorError;
use super::{At, Factors, WRONG};
use crate::age::is_within;
use crate::random;

/// How long a code lives, and how long one voice waits for the other.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// As whom somebody speaks for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// Leads one of the person's teams.
    Lead,
    /// An administrator.
    Administrator,
}

impl Capacity {
    fn word(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Administrator => "administrator",
        }
    }
}

/// What speaking for a person came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// The other voice is still missing.
    Waiting,
    /// Both have spoken; the code to hand over.
    Code(String),
}

/// Over the code and whose it is; letters that look alike are one, and case and spaces do not count.
fn hash(person: &PersonId, code: &str) -> [u8; 32] {
    let plain: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let plain = plain.replace('0', "o").replace('1', "l").replace('8', "b");
    Sha256::digest(format!("gauze-enrolment/v1|{}|{plain}", person.0)).into()
}

/// A code that is right and not spent yet: its line in the access log comes first.
#[derive(Debug)]
pub struct Taken {
    hash: Vec<u8>,
    replaces: bool,
}

impl Taken {
    /// Whether what was enrolled before opens nothing more.
    pub fn replaces(&self) -> bool {
        self.replaces
    }
}

/// A code that was made beside the pages, and has no line in the access log yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    id: i64,
    /// For whom.
    pub person: PersonId,
    /// When.
    pub made_at: Timestamp,
    /// Whether it takes the place of factors that they have.
    pub replaces: bool,
}

/// Makes a code of 80 random bits, in four groups; the one before counts no more.
async fn new_code(
    store: &mut SqliteConnection,
    person: &PersonId,
    now: Timestamp,
    replaces: bool,
) -> Result<String, FactorError> {
    let code = random::base32(&random::bytes::<10>()?);
    sqlx::query(
        "INSERT OR REPLACE INTO code (person, hash, not_after, failures, replaces) VALUES (?, ?, ?, 0, ?)",
    )
    .bind(&person.0)
    .bind(hash(person, &code).as_slice())
    .bind((now + DAY).as_second())
    .bind(replaces)
    .execute(store)
    .await?;
    let groups: Vec<&str> =
        [0..4, 4..8, 8..12, 12..16].into_iter().filter_map(|range| code.get(range)).collect();
    Ok(groups.join("-").to_uppercase())
}

impl Factors {
    /// Makes the code for a first enrolment, once its line is written.
    ///
    /// # Errors
    /// [`FactorError::NotTwo`] where the person has a factor already: then two others speak for them.
    pub async fn make_code(&self, person: &PersonId, now: Timestamp) -> Result<String, FactorError> {
        if !self.held(person).await?.is_none() {
            return Err(FactorError::NotTwo);
        }
        new_code(&mut *self.pool.acquire().await?, person, now, false).await
    }

    /// Makes a code where no page is: for who has nobody to ask. It counts once [`Factors::queued`] was written into the access
    /// log. With `replaces` it takes the place of what the person has enrolled.
    ///
    /// # Errors
    /// [`FactorError::NotTwo`] where the person has a factor and it is not to be replaced.
    pub async fn queue_code(
        &self,
        person: &PersonId,
        now: Timestamp,
        replaces: bool,
    ) -> Result<String, FactorError> {
        if !replaces && !self.held(person).await?.is_none() {
            return Err(FactorError::NotTwo);
        }
        let mut transaction = self.pool.begin().await?;
        sqlx::query("INSERT INTO queued (person, made_at, replaces) VALUES (?, ?, ?)")
            .bind(&person.0)
            .bind(now.as_second())
            .bind(replaces)
            .execute(&mut *transaction)
            .await?;
        let code = new_code(&mut transaction, person, now, replaces).await?;
        transaction.commit().await?;
        Ok(code)
    }

    /// Codes without a line, in the order in which they were made.
    ///
    /// # Errors
    /// [`FactorError::Store`].
    pub async fn queued(&self) -> Result<Vec<Queued>, FactorError> {
        let rows = sqlx::query("SELECT id, person, made_at, replaces FROM queued ORDER BY id");
        let rows = rows.fetch_all(&self.pool).await?;
        let queued = rows.into_iter().map(|row| {
            let (id, person, made_at, replaces): (i64, String, i64, i64) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            let made_at = Timestamp::from_second(made_at).map_err(|_| FactorError::Damaged)?;
            Ok(Queued { id, person: PersonId(person), made_at, replaces: replaces == 1 })
        });
        queued.collect()
    }

    /// Its line is written.
    ///
    /// # Errors
    /// [`FactorError::Store`].
    pub async fn told(&self, queued: &Queued) -> Result<(), FactorError> {
        sqlx::query("DELETE FROM queued WHERE id = ?").bind(queued.id).execute(&self.pool).await?;
        Ok(())
    }

    /// Judges a code, and spends nothing but a try.
    ///
    /// # Errors
    /// [`FactorError::Enrolment`], also for a code that has no line yet; the fifth wrong one takes the code away.
    pub async fn judge_code(&self, at: At<'_>, typed: &str) -> Result<Taken, FactorError> {
        let mut transaction = self.pool.begin().await?;
        let query = "SELECT hash, not_after, failures, replaces FROM code \
                     WHERE person = ?1 AND NOT EXISTS (SELECT 1 FROM queued WHERE person = ?1)";
        let row = sqlx::query(query).bind(&at.person.0).fetch_optional(&mut *transaction).await?;
        let row = row.ok_or(FactorError::Enrolment)?;
        let (known, not_after): (Vec<u8>, i64) = (row.try_get(0)?, row.try_get(1)?);
        let (failures, replaces): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
        let made_at = Timestamp::from_second(not_after).map_err(|_| FactorError::Damaged)? - DAY;
        if bool::from(known.ct_eq(&hash(at.person, typed))) && is_within(made_at, at.now, DAY) {
            return Ok(Taken { hash: known, replaces: replaces == 1 });
        }
        let spent = if failures + 1 >= WRONG {
            "DELETE FROM code WHERE person = ?"
        } else {
            "UPDATE code SET failures = failures + 1 WHERE person = ?"
        };
        sqlx::query(spent).bind(&at.person.0).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Err(FactorError::Enrolment)
    }

    /// Takes a code whose line is written: the session may then enrol, and where the factor was lost, what was enrolled before
    /// opens nothing more.
    ///
    /// # Errors
    /// [`FactorError::Enrolment`] where it was taken or replaced meanwhile.
    pub async fn redeem(&self, at: At<'_>, taken: Taken) -> Result<(), FactorError> {
        let mut transaction = self.pool.begin().await?;
        let spent = sqlx::query("DELETE FROM code WHERE person = ? AND hash = ?")
            .bind(&at.person.0)
            .bind(&taken.hash)
            .execute(&mut *transaction)
            .await?;
        if spent.rows_affected() != 1 {
            return Err(FactorError::Enrolment);
        }
        if taken.replaces {
            sqlx::query("DELETE FROM factor WHERE person = ?")
                .bind(&at.person.0)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        self.invite(at);
        Ok(())
    }

    /// Somebody speaks for a person who lost their factor, once its line is written. With a lead and an administrator, two people
    /// and neither of them the person, there is a code.
    ///
    /// # Errors
    /// [`FactorError::NotTwo`] where a person speaks for themselves.
    pub async fn speak_for(
        &self,
        person: &PersonId,
        by: (&PersonId, Capacity),
        now: Timestamp,
    ) -> Result<Spoken, FactorError> {
        let (speaker, capacity) = by;
        if speaker == person {
            return Err(FactorError::NotTwo);
        }
        let mut transaction = self.pool.begin().await?;
        // A voice from the future is one from before a clock was set back.
        sqlx::query("DELETE FROM spoken WHERE at < ? OR at > ?")
            .bind((now - DAY).as_second())
            .bind(now.as_second() + 60)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT OR REPLACE INTO spoken (person, by, capacity, at) VALUES (?, ?, ?, ?)")
            .bind(&person.0)
            .bind(&speaker.0)
            .bind(capacity.word())
            .bind(now.as_second())
            .execute(&mut *transaction)
            .await?;
        let query = "SELECT count(DISTINCT capacity) FROM spoken WHERE person = ?";
        let voices: i64 = sqlx::query_scalar(query).bind(&person.0).fetch_one(&mut *transaction).await?;
        let spoken = if voices < 2 {
            Spoken::Waiting
        } else {
            sqlx::query("DELETE FROM spoken WHERE person = ?")
                .bind(&person.0)
                .execute(&mut *transaction)
                .await?;
            Spoken::Code(new_code(&mut transaction, person, now, true).await?)
        };
        transaction.commit().await?;
        Ok(spoken)
    }
}
