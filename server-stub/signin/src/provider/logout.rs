//! The end: told by the provider (back-channel logout 1.0), and offered to it (RP-initiated logout 1.0).

use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::error::SignInError;
use super::finish::instant;
use super::{Provider, SKEW};

/// How old a logout token may be.
const LIVES: SignedDuration = SignedDuration::from_mins(10);
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Whose session the provider ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// `sub`.
    pub subject: Option<String>,
    /// `sid`.
    pub sid: Option<String>,
}

/// A form that signs out at the provider: its address, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOutThere {
    /// Where it goes.
    pub address: String,
    /// The origin of that address.
    pub origin: String,
    /// Its hidden fields.
    pub fields: Vec<(&'static str, String)>,
}

impl Provider {
    /// Judges a logout token. Each counts once.
    ///
    /// # Errors
    /// [`SignInError::Token`] and [`SignInError::Claim`].
    pub async fn ended(&self, token: &str, now: Timestamp) -> Result<Ended, SignInError> {
        let verified = self.verify(token, now).await?;
        if verified.typ.is_some_and(|typ| !matches!(typ.to_ascii_lowercase().as_str(), "logout+jwt" | "jwt"))
        {
            return Err(SignInError::Claim("typ"));
        }
        let claims = verified.claims;
        self.meant_for_us(&claims)?;
        if claims.contains_key("nonce") {
            return Err(SignInError::Claim("nonce"));
        }
        if !claims.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object) {
            return Err(SignInError::Claim("events"));
        }
        let iat = instant(&claims, "iat").ok_or(SignInError::Claim("iat"))?;
        if iat > now + SKEW || iat < now - LIVES {
            return Err(SignInError::Claim("iat"));
        }
        if claims.contains_key("exp") && instant(&claims, "exp").is_none_or(|exp| exp <= now - SKEW) {
            return Err(SignInError::Claim("exp"));
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let ended = Ended { subject: text("sub"), sid: text("sid") };
        if ended.subject.is_none() && ended.sid.is_none() {
            return Err(SignInError::Claim("sid"));
        }
        let jti = text("jti").ok_or(SignInError::Claim("jti"))?;
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.retain(|_, at| now.duration_since(*at) <= LIVES + SKEW);
        if heard.insert(jti, iat.max(now)).is_some() {
            return Err(SignInError::Claim("jti"));
        }
        Ok(ended)
    }

    /// How to sign out at the provider too; nothing where it offers no such thing, or was not asked yet: a sign-out waits for nobody.
    pub fn sign_out_there(&self, id_token: &str) -> Option<SignOutThere> {
        if !self.people.provider.logout {
            return None;
        }
        let endpoint = self.known_metadata()?.end_session_endpoint?;
        Some(SignOutThere {
            origin: endpoint.origin().ascii_serialization(),
            address: endpoint.into(),
            fields: vec![
                ("id_token_hint", id_token.to_owned()),
                ("client_id", self.people.provider.client_id.clone()),
                ("post_logout_redirect_uri", format!("{}/sign-in", self.people.origin_text())),
            ],
        })
    }
}
