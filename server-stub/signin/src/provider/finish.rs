//! The way back from the provider.

use gauze_people::person::Person;
use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::begin::{Begun, Purpose};
use super::error::{SignInError, error_code, plain};
use super::metadata::Metadata;
use super::{Provider, SKEW};
use crate::config::Source;
use crate::evidence;
use crate::sessions::AtProvider;

/// What the browser brings back.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Back {
    /// The code.
    pub code: Option<String>,
    /// Ties it to what was begun.
    pub state: Option<String>,
    /// Who says so (RFC 9207).
    pub iss: Option<String>,
    /// The provider refused.
    pub error: Option<String>,
}

/// A person as the provider knows them.
#[derive(Clone, Debug)]
pub struct Recognised {
    /// Who, with the roles that the claims give.
    pub person: Person,
    /// When the provider's own second factor was proven, if the token proves one: the beginning of time where the token does not
    /// say when, so that it never counts as fresh.
    pub proven_at: Option<Timestamp>,
    /// What the provider knows the session by.
    pub provider: AtProvider,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

type Claims = Map<String, Value>;

impl Provider {
    /// Ends a sign-in that has begun. What was begun is given up in any case: a code and a state count once.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn finish(
        &self,
        begun: &Begun,
        back: &Back,
        now: Timestamp,
    ) -> Result<Recognised, SignInError> {
        let metadata = self.metadata(now).await?;
        self.tied(begun, back, &metadata)?;
        if let Some(error) = &back.error {
            return Err(SignInError::Refused(plain(error)));
        }
        let code = back.code.as_deref().ok_or(SignInError::Answer)?;
        let tokens = self.exchange(begun, code, (&metadata, now)).await?;
        let mut claims = self.verify(&tokens.id_token, now).await?.claims;
        self.judge(begun, &claims, now)?;
        if self.people.provider.claims.source == Source::Userinfo {
            let said = self.userinfo(&metadata, &tokens).await?;
            if said.get("sub") != claims.get("sub") {
                return Err(SignInError::Claim("sub of userinfo"));
            }
            for (name, value) in said {
                claims.entry(name).or_insert(value);
            }
        }
        self.recognise(begun, &claims, tokens.id_token)
    }

    fn tied(&self, begun: &Begun, back: &Back, metadata: &Metadata) -> Result<(), SignInError> {
        let state = back.state.as_deref().unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(begun.state.as_bytes())) {
            return Err(SignInError::State);
        }
        match &back.iss {
            Some(iss) if *iss == self.people.provider.issuer => Ok(()),
            None if !metadata.authorization_response_iss_parameter_supported => Ok(()),
            Some(_) | None => Err(SignInError::OtherIssuer),
        }
    }

    async fn exchange(
        &self,
        begun: &Begun,
        code: &str,
        at: (&Metadata, Timestamp),
    ) -> Result<Tokens, SignInError> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.callback),
            ("code_verifier", &begun.verifier),
        ];
        let request = self.credentials.post(&at.0.token_endpoint, &fields, at)?;
        let answer = self.out.send(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(SignInError::Code(error_code(answer.body())));
        }
        serde_json::from_slice(answer.body()).map_err(|_| SignInError::Answer)
    }

    async fn userinfo(&self, metadata: &Metadata, tokens: &Tokens) -> Result<Claims, SignInError> {
        let endpoint =
            metadata.userinfo_endpoint.as_ref().ok_or(SignInError::Metadata("it has no userinfo"))?;
        let access = tokens.access_token.as_deref().ok_or(SignInError::Answer)?;
        let request = http::Request::get(endpoint.as_str())
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, format!("Bearer {access}"))
            .body(Vec::new())
            .map_err(|_| SignInError::Answer)?;
        let answer = self.out.send(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(SignInError::Answer);
        }
        serde_json::from_slice(answer.body()).map_err(|_| SignInError::Answer)
    }

    /// OpenID Connect Core 1.0, section 3.1.3.7.
    fn judge(&self, begun: &Begun, claims: &Claims, now: Timestamp) -> Result<(), SignInError> {
        self.meant_for_us(claims)?;
        let exp = instant(claims, "exp").ok_or(SignInError::Claim("exp"))?;
        if exp <= now - SKEW {
            return Err(SignInError::Claim("exp"));
        }
        // What was issued before this sign-in began belongs to another one.
        let iat = instant(claims, "iat").ok_or(SignInError::Claim("iat"))?;
        if iat > now + SKEW || iat < begun.at - SKEW {
            return Err(SignInError::Claim("iat"));
        }
        if claims.contains_key("nbf") && instant(claims, "nbf").is_none_or(|nbf| nbf > now + SKEW) {
            return Err(SignInError::Claim("nbf"));
        }
        let nonce = claims.get("nonce").and_then(Value::as_str).unwrap_or_default();
        if !bool::from(nonce.as_bytes().ct_eq(begun.nonce.as_bytes())) {
            return Err(SignInError::Claim("nonce"));
        }
        self.recent(begun, claims, now)
    }

    /// Issuer, audience and authorised party.
    pub(super) fn meant_for_us(&self, claims: &Claims) -> Result<(), SignInError> {
        let provider = &self.people.provider;
        if claims.get("iss").and_then(Value::as_str) != Some(provider.issuer.as_str()) {
            return Err(SignInError::Claim("iss"));
        }
        let own = |value: &Value| value.as_str() == Some(provider.client_id.as_str());
        let only_ours = match claims.get("aud") {
            Some(Value::Array(all)) => !all.is_empty() && all.iter().all(own),
            Some(one) => own(one),
            None => false,
        };
        if !only_ours {
            return Err(SignInError::Claim("aud"));
        }
        if claims.get("azp").is_some_and(|azp| !own(azp)) {
            return Err(SignInError::Claim("azp"));
        }
        Ok(())
    }

    fn recent(&self, begun: &Begun, claims: &Claims, now: Timestamp) -> Result<(), SignInError> {
        let at = instant(claims, "auth_time");
        if claims.contains_key("auth_time") && at.is_none_or(|at| at > now + SKEW) {
            return Err(SignInError::Claim("auth_time"));
        }
        let oldest = match begun.wanted.purpose {
            Purpose::SignIn => now - self.people.limits.longest,
            Purpose::ProveAgain(..) => begun.at - SKEW,
        };
        match at {
            Some(at) if at < oldest => Err(SignInError::Stale),
            None if begun.wanted.purpose != Purpose::SignIn => Err(SignInError::Stale),
            Some(_) | None => Ok(()),
        }
    }

    fn recognise(&self, begun: &Begun, claims: &Claims, id_token: String) -> Result<Recognised, SignInError> {
        let provider = &self.people.provider;
        let subject =
            claims.get("sub").and_then(Value::as_str).filter(|sub| !sub.is_empty() && sub.len() <= 255);
        let subject = subject.ok_or(SignInError::Claim("sub"))?.to_owned();
        if !provider.require.iter().all(|proof| evidence::proves(proof, claims)) {
            return Err(SignInError::TooLittle);
        }
        let person = evidence::person(&self.people, claims).ok_or(SignInError::TooLittle)?;
        if matches!(&begun.wanted.purpose, Purpose::ProveAgain(who, _) if *who != person.id) {
            return Err(SignInError::SomebodyElse);
        }
        let proven = provider.proves.iter().any(|proof| evidence::proves(proof, claims));
        let proven_at = proven.then(|| instant(claims, "auth_time").unwrap_or(Timestamp::UNIX_EPOCH));
        let sid = claims.get("sid").and_then(Value::as_str).map(str::to_owned);
        Ok(Recognised { person, proven_at, provider: AtProvider { subject, sid, id_token } })
    }
}

/// A claim in seconds since 1970. Providers write whole numbers, and some a fraction.
pub(super) fn instant(claims: &Claims, name: &str) -> Option<Timestamp> {
    let number = claims.get(name)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "out of range saturates, and no such second is a time"
    )]
    let seconds = number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64))?;
    Timestamp::from_second(seconds).ok().filter(|at| *at > Timestamp::UNIX_EPOCH)
}
