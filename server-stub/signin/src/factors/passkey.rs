//! Passkeys, always with the user verified; for whom hardware is demanded, attested by a maker that `people.json` lists.

use std::path::PathBuf;

use gauze_people::acting::Factor;
use gauze_people::person::Person;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use webauthn_attestation_ca::AttestationCaList;
use webauthn_rs::prelude::{
    CreationChallengeResponse, CredentialID, Passkey, PublicKeyCredential, RegisterPublicKeyCredential,
    RequestChallengeResponse, Uuid,
};
use zeroize::Zeroizing;

use super::error::FactorError;
use super::{Asked, At, Factors, New};
use crate::random::base32;

struct Kept {
    id: String,
    hardware: bool,
    passkey: Passkey,
}

pub(super) fn authorities(paths: &[PathBuf]) -> Result<AttestationCaList, FactorError> {
    let mut all = AttestationCaList::default();
    for path in paths {
        let wrong = || FactorError::Authority(path.clone());
        let pem = std::fs::read(path).map_err(|_| wrong())?;
        all.union(&AttestationCaList::try_from(pem.as_slice()).map_err(|_| wrong())?);
    }
    Ok(all)
}

/// A row's id: what the authenticator calls the credential, hashed.
fn row_id(credential: &CredentialID) -> String {
    base32(&Sha256::digest(credential.as_slice())[..20])
}

impl Factors {
    /// Asks the browser for a new passkey.
    ///
    /// # Errors
    /// [`FactorError::NotInvited`] and [`FactorError::NotHardware`], where hardware is demanded and no maker is listed.
    pub async fn ask_new_passkey(
        &self,
        at: At<'_>,
        person: &Person,
        hardware: bool,
    ) -> Result<CreationChallengeResponse, FactorError> {
        self.invited(at)?;
        let known = self.passkeys(at).await?;
        let exclude = Some(known.iter().map(|kept| kept.passkey.cred_id().clone()).collect());
        let handle =
            Uuid::from_slice(&Sha256::digest(&at.person.0)[..16]).map_err(|_| FactorError::Passkey)?;
        let (name, shown) = (at.person.0.get(..8).unwrap_or(&at.person.0), person.name.as_str());
        let (challenge, asked) = if hardware {
            if self.authorities.is_empty() {
                return Err(FactorError::NotHardware);
            }
            let list = self.authorities.clone();
            let started =
                self.webauthn.start_attested_passkey_registration(handle, name, shown, exclude, list, None);
            let (challenge, state) = started.map_err(|_| FactorError::Passkey)?;
            (challenge, Asked::RegisterHardware(Box::new(state)))
        } else {
            let started = self.webauthn.start_passkey_registration(handle, name, shown, exclude);
            let (challenge, state) = started.map_err(|_| FactorError::Passkey)?;
            (challenge, Asked::Register(Box::new(state)))
        };
        self.ask(at, asked);
        Ok(challenge)
    }

    /// Judges the passkey that the browser made. [`Factors::keep`] keeps it.
    ///
    /// # Errors
    /// [`FactorError`].
    pub fn judge_new_passkey(
        &self,
        at: At<'_>,
        answer: &RegisterPublicKeyCredential,
    ) -> Result<New, FactorError> {
        self.invited(at)?;
        let (passkey, hardware) = match self.asked(at)? {
            Asked::Register(state) => {
                (self.webauthn.finish_passkey_registration(answer, &state).map_err(refused)?, false)
            }
            Asked::RegisterHardware(state) => {
                let made = self.webauthn.finish_attested_passkey_registration(answer, &state);
                (Passkey::from(made.map_err(|_| FactorError::NotHardware)?), true)
            }
            Asked::Prove(_) | Asked::Totp(_) => return Err(FactorError::NotAsked),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&passkey).map_err(|_| FactorError::Damaged)?);
        let id = row_id(passkey.cred_id());
        Ok(New { id, factor: Factor::Passkey { hardware }, plain, step: 0 })
    }

    /// Asks the browser to prove a passkey.
    ///
    /// # Errors
    /// [`FactorError::None`] where the person has none.
    pub async fn ask_passkey(&self, at: At<'_>) -> Result<RequestChallengeResponse, FactorError> {
        let known = self.passkeys(at).await?;
        if known.is_empty() {
            return Err(FactorError::None);
        }
        let passkeys: Vec<Passkey> = known.into_iter().map(|kept| kept.passkey).collect();
        let started = self.webauthn.start_passkey_authentication(&passkeys);
        let (challenge, state) = started.map_err(|_| FactorError::Passkey)?;
        self.ask(at, Asked::Prove(Box::new(state)));
        Ok(challenge)
    }

    /// Judges the browser's answer.
    ///
    /// # Errors
    /// [`FactorError::Passkey`] where it does not count: another origin, a user not verified, a counter that goes back.
    pub async fn prove_passkey(
        &self,
        at: At<'_>,
        answer: &PublicKeyCredential,
    ) -> Result<Factor, FactorError> {
        let Asked::Prove(state) = self.asked(at)? else { return Err(FactorError::NotAsked) };
        let proven = self.webauthn.finish_passkey_authentication(answer, &state).map_err(refused)?;
        if !proven.user_verified() {
            return Err(FactorError::Passkey);
        }
        let kept =
            self.passkeys(at).await?.into_iter().find(|kept| kept.passkey.cred_id() == proven.cred_id());
        let mut kept = kept.ok_or(FactorError::None)?;
        kept.passkey.update_credential(&proven);
        let plain = serde_json::to_vec(&kept.passkey).map_err(|_| FactorError::Damaged)?;
        let sealed = self.key.seal(&plain, (&kept.id, &at.person.0))?;
        sqlx::query("UPDATE factor SET sealed = ?, used_at = ? WHERE id = ?")
            .bind(sealed)
            .bind(at.now.as_second())
            .bind(&kept.id)
            .execute(&self.pool)
            .await?;
        Ok(Factor::Passkey { hardware: kept.hardware })
    }

    async fn passkeys(&self, at: At<'_>) -> Result<Vec<Kept>, FactorError> {
        let query =
            "SELECT id, hardware, sealed FROM factor WHERE person = ? AND kind = 'passkey' ORDER BY id";
        let rows = sqlx::query(query).bind(&at.person.0).fetch_all(&self.pool).await?;
        let kept = rows.into_iter().map(|row| {
            let (id, hardware, sealed): (String, i64, Vec<u8>) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let plain = self.key.open(&sealed, (&id, &at.person.0))?;
            let passkey = serde_json::from_slice(&plain).map_err(|_| FactorError::Damaged)?;
            Ok(Kept { id, hardware: hardware == 1, passkey })
        });
        kept.collect()
    }
}

fn refused(error: webauthn_rs::prelude::WebauthnError) -> FactorError {
    tracing::info!(%error, "a passkey was refused");
    FactorError::Passkey
}
