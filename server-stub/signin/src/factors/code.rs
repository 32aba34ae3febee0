//! Enrolment codes: given from person to person, for one enrolment, for a day. For who lost a factor it takes two others.

use gauze_people::person::PersonId;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use subtle::ConstantTimeEq as _;

use super::error::FactorError;
use super::{At, Factors, WRONG};
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

impl Factors {
    /// Makes the code for a first enrolment; the one before counts no more. 80 random bits, in four groups.
    ///
    /// # Errors
    /// [`FactorError::NotTwo`] where the person has a factor already: then two others speak for them.
    pub async fn make_code(&self, person: &PersonId, now: Timestamp) -> Result<String, FactorError> {
        if !self.held(person).await?.is_none() {
            return Err(FactorError::NotTwo);
        }
        self.new_code(person, now, false).await
    }

    async fn new_code(
        &self,
        person: &PersonId,
        now: Timestamp,
        replaces: bool,
    ) -> Result<String, FactorError> {
        let code = random::base32(&random::bytes::<10>()?);
        sqlx::query("INSERT OR REPLACE INTO code (person, hash, not_after, failures, replaces) VALUES (?, ?, ?, 0, ?)")
            .bind(&person.0)
            .bind(hash(person, &code).as_slice())
            .bind((now + DAY).as_second())
            .bind(replaces)
            .execute(&self.pool)
            .await?;
        let groups: Vec<&str> =
            [0..4, 4..8, 8..12, 12..16].into_iter().filter_map(|range| code.get(range)).collect();
        Ok(groups.join("-").to_uppercase())
    }

    /// Takes a code: the session may then enrol, and where the factor was lost, what was enrolled before opens nothing more.
    ///
    /// # Errors
    /// [`FactorError::Enrolment`]; the fifth wrong one takes the code away.
    pub async fn redeem(&self, at: At<'_>, typed: &str) -> Result<(), FactorError> {
        let mut transaction = self.pool.begin().await?;
        let query = "SELECT hash, not_after, failures, replaces FROM code WHERE person = ?";
        let row = sqlx::query(query).bind(&at.person.0).fetch_optional(&mut *transaction).await?;
        let row = row.ok_or(FactorError::Enrolment)?;
        let (known, not_after): (Vec<u8>, i64) = (row.try_get(0)?, row.try_get(1)?);
        let (failures, replaces): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
        let right = bool::from(known.ct_eq(&hash(at.person, typed))) && at.now.as_second() < not_after;
        let spent = if right || failures + 1 >= WRONG {
            "DELETE FROM code WHERE person = ?"
        } else {
            "UPDATE code SET failures = failures + 1 WHERE person = ?"
        };
        sqlx::query(spent).bind(&at.person.0).execute(&mut *transaction).await?;
        if right && replaces == 1 {
            sqlx::query("DELETE FROM factor WHERE person = ?")
                .bind(&at.person.0)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        if !right {
            return Err(FactorError::Enrolment);
        }
        self.invite(at);
        Ok(())
    }

    /// Somebody speaks for a person who lost their factor. With a lead and an administrator, two people and neither of them the
    /// person, there is a code.
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
        sqlx::query("DELETE FROM spoken WHERE at < ?")
            .bind((now - DAY).as_second())
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
        if voices < 2 {
            transaction.commit().await?;
            return Ok(Spoken::Waiting);
        }
        sqlx::query("DELETE FROM spoken WHERE person = ?").bind(&person.0).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Spoken::Code(self.new_code(person, now, true).await?))
    }
}
