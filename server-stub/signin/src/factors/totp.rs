//! One-time codes (RFC 6238): SHA-1, six digits, 30 seconds, one step either way. That is what every app has.

use gauze_people::acting::Factor;
use gauze_people::person::Person;
use jiff::Timestamp;
use sqlx::Row as _;
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

use super::error::FactorError;
use super::{Asked, At, Factors, New, WRONG};
use crate::random;

/// What a person puts into their app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// `otpauth://`, for a QR code.
    pub address: String,
    /// The secret in base32, to type.
    pub secret: String,
}

fn code(secret: &[u8], name: &str) -> Result<Totp, FactorError> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(Secret::from(secret))
        .with_issuer(Some("Gauze"))
        .with_account_name(name)
        .build()
        .map_err(|_| FactorError::Damaged)
}

/// The step that a code belongs to; nothing where it is wrong.
fn step(secret: &[u8], typed: &str, now: Timestamp) -> Result<Option<i64>, FactorError> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    Ok(code(secret, "code")?.check(&digits, seconds).and_then(|step| i64::try_from(step).ok()))
}

impl Factors {
    /// Makes a secret for a person's app. It counts once they enter a code of it.
    ///
    /// # Errors
    /// [`FactorError::NoTotp`] where the hospital takes none, and [`FactorError::NotInvited`].
    pub fn ask_new_totp(&self, at: At<'_>, person: &Person) -> Result<Shown, FactorError> {
        if !self.totp {
            return Err(FactorError::NoTotp);
        }
        self.invited(at)?;
        let secret = Zeroizing::new(random::bytes::<20>()?);
        let name: String =
            person.name.chars().filter(|c| c.is_alphanumeric() || *c == ' ').take(40).collect();
        let name = if name.trim().is_empty() { "me".to_owned() } else { name };
        let made = code(&*secret, &name)?;
        let shown = Shown {
            address: made.to_url().map_err(|_| FactorError::Damaged)?,
            secret: Secret::from(secret.as_slice()).to_base32(),
        };
        self.ask(at, Asked::Totp(secret));
        Ok(shown)
    }

    /// Judges the first code of a new secret. [`Factors::keep`] keeps it, only one for a person.
    ///
    /// # Errors
    /// [`FactorError::Code`]: it is then shown anew, with another secret.
    pub fn judge_new_totp(&self, at: At<'_>, typed: &str) -> Result<New, FactorError> {
        self.invited(at)?;
        let Asked::Totp(secret) = self.asked(at)? else { return Err(FactorError::NotAsked) };
        let step = step(&*secret, typed, at.now)?.ok_or(FactorError::Code)?;
        let id = random::base32(&random::bytes::<20>()?);
        Ok(New { id, factor: Factor::Totp, plain: Zeroizing::new(secret.to_vec()), step })
    }

    /// Judges a code. Each step counts once; the fifth wrong code in a row locks the factor.
    ///
    /// # Errors
    /// [`FactorError::Code`], [`FactorError::Locked`], [`FactorError::None`], [`FactorError::NoTotp`].
    pub async fn prove_totp(&self, at: At<'_>, typed: &str) -> Result<Factor, FactorError> {
        if !self.totp {
            return Err(FactorError::NoTotp);
        }
        let mut transaction = self.pool.begin().await?;
        let query = "SELECT id, sealed, failures, last_step FROM factor WHERE person = ? AND kind = 'totp'";
        let row = sqlx::query(query).bind(&at.person.0).fetch_optional(&mut *transaction).await?;
        let row = row.ok_or(FactorError::None)?;
        let (id, sealed): (String, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
        let (failures, last): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
        if failures >= WRONG {
            return Err(FactorError::Locked);
        }
        let secret = self.key.open(&sealed, (&id, &at.person.0))?;
        let fresh = step(&secret, typed, at.now)?.filter(|step| *step > last);
        let (failures, last, used) = match fresh {
            Some(step) => (0, step, Some(at.now.as_second())),
            None => (failures + 1, last, None),
        };
        sqlx::query(
            "UPDATE factor SET failures = ?, last_step = ?, used_at = coalesce(?, used_at) WHERE id = ?",
        )
        .bind(failures)
        .bind(last)
        .bind(used)
        .bind(&id)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        match fresh {
            Some(_) => Ok(Factor::Totp),
            None if failures >= WRONG => Err(FactorError::Locked),
            None => Err(FactorError::Code),
        }
    }
}
