//! The people of the demo's hospital, and the providers at which they sign in: one of the demo's own, and Keycloak.
//!
//! Passwords and secrets are printed on the screen: never let either stand before real photos.

pub mod authenticator;
pub mod issuer;
pub mod keycloak;
mod own;
pub mod phone;
pub mod visit;

use std::path::Path;

use serde_json::{Value, json};

use crate::hospital::Hospital;
use crate::port::free_port;
use keycloak::Keycloak;

/// Somebody who signs in.
#[derive(Clone, Copy, Debug)]
pub struct Somebody {
    /// The name to sign in with.
    pub login: &'static str,
    /// The name that is shown.
    pub name: &'static str,
    /// The password.
    pub password: &'static str,
    /// Their role at the hospital.
    pub role: &'static str,
    /// The provider's group that they are in.
    pub group: &'static str,
    /// Whether Keycloak asks them for a one-time code too.
    pub one_time: bool,
}

/// The demo's two.
pub const PEOPLE: [Somebody; 2] = [
    Somebody {
        login: "ann",
        name: "Ann Nurse",
        password: "wound-care",
        role: "viewer",
        group: "/ward",
        one_time: true,
    },
    Somebody {
        login: "adam",
        name: "Adam Administrator",
        password: "gives-roles",
        role: "administrator",
        group: "/office",
        one_time: true,
    },
];

/// The team whose photos Ann sees.
pub const TEAM: &str = "tissue-viability";

/// What the hospital's own pages and its phones are called at the provider.
pub const PAGES: &str = "gauze";
const PHONES: &str = "gauze-phone";

/// The key of everybody's one-time codes, that of RFC 6238's own example: as it is, and as an app takes it.
const ONE_TIME: [&str; 2] = ["12345678901234567890", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"];

/// A provider that runs.
pub enum Provider {
    /// The demo's own; its issuer.
    Own(String),
    /// Keycloak.
    Keycloak(Box<Keycloak>),
}

impl Provider {
    /// Starts the demo's own on `port`, with the certificate in `tls`.
    ///
    /// # Errors
    /// Where it cannot listen.
    pub fn own(port: u16, tls: &Path) -> anyhow::Result<Self> {
        own::serve(port, tls).map(Self::Own)
    }

    /// As its tokens spell it.
    pub fn issuer(&self) -> String {
        match self {
            Self::Own(issuer) => issuer.clone(),
            Self::Keycloak(keycloak) => keycloak.issuer(),
        }
    }

    /// How to pass the second factor there, for whoever tries it by hand.
    pub fn second_factor(&self) -> String {
        match self {
            Self::Own(_) => "tick the box at the provider; it stands for one".to_owned(),
            Self::Keycloak(_) => {
                format!("a one-time code: add {} to an app, or run `oathtool --totp -b {0}`", ONE_TIME[1])
            }
        }
    }

    fn client(&self) -> Value {
        match self {
            Self::Own(_) => json!({ "secret_file": "client.secret" }),
            Self::Keycloak(_) => json!({ "private_key": { "file": "client.pem", "kid": PAGES } }),
        }
    }

    /// Has the people of `hospital` sign in here: at the pages of `origin`, and on phones, which come back to `phones_at`.
    ///
    /// # Errors
    /// Where its files cannot be written.
    pub async fn believed_by(
        &self,
        hospital: &Hospital,
        origin: &str,
        phones_at: &str,
    ) -> anyhow::Result<()> {
        let ca = std::fs::read_to_string(hospital.ca())?;
        hospital.believe(&self.people_json(origin))?;
        let rules = self.sign_in_rules(phones_at, &ca);
        hospital.set_policy(|policy| policy["sign_in"] = rules).await
    }

    /// `people.json` of a hospital whose people sign in here.
    pub fn people_json(&self, origin: &str) -> Value {
        json!({
            "origin": origin,
            "provider": {
                "issuer": self.issuer(), "profile": "keycloak", "client_id": PAGES, "ca": "tls/ca.pem",
                "client": self.client(),
            },
            "roles": { "viewer": "viewer", "lead": "lead", "administrator": "administrator" },
            "teams": { "/ward": { "team": TEAM }, "/ward/lead": { "team": TEAM, "leads": true } },
            "factors": { "totp": true },
            "networks": ["127.0.0.0/8"],
        })
    }

    /// `sign_in` of its policy: phones sign in here too, and come back to `redirect_uri`.
    pub fn sign_in_rules(&self, redirect_uri: &str, ca: &str) -> Value {
        json!({
            "mode": "required", "issuer": self.issuer(), "client_id": PHONES, "redirect_uri": redirect_uri,
            "acr_values": "gold", "ca": ca, "shift_hours": 12,
        })
    }
}

/// Pages of `hospital` whose people sign in at the demo's own provider, for as long as this process lives; nobody does on phones. Their
/// address.
///
/// # Errors
/// Where no port is free, or its files cannot be written.
pub fn open_pages(hospital: &mut Hospital) -> anyhow::Result<String> {
    let provider = Provider::own(free_port()?, &hospital.home().join("tls"))?;
    let origin = hospital.open_pages()?;
    hospital.believe(&provider.people_json(&origin))?;
    Ok(origin)
}

/// The one-time code that everybody's app shows now.
pub fn one_time_code() -> String {
    code_of(ONE_TIME[0].as_bytes())
}

/// The one-time code that an app with this key shows now (RFC 6238).
pub fn code_of(key: &[u8]) -> String {
    code_at(key, now() / 30)
}

fn code_at(key: &[u8], step: i64) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = ring::hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let at = usize::from(bytes.last().copied().unwrap_or_default() & 15);
    let cut = bytes.get(at..at + 4).unwrap_or_default();
    let number = cut.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

#[expect(clippy::disallowed_methods, reason = "a provider of the demo goes by the machine's clock")]
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the last six digits.
    #[test]
    fn one_time_codes_are_those_of_rfc_6238() {
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(code_at(ONE_TIME[0].as_bytes(), time / 30), code, "{time}");
        }
    }
}
