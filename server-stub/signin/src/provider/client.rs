//! How this side proves itself to the provider: a shared secret, or `private_key_jwt` (RFC 7523).

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::{Signer as _, SoftwareKey};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use jiff::Timestamp;
use serde_json::json;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

use super::error::SignInError;
use super::metadata::Metadata;
use crate::config::{Client, ConfigError, ProviderConfig};
use crate::random;

/// How long an assertion lives, in seconds.
const ASSERTION_S: i64 = 60;

enum Means {
    Secret(Zeroizing<String>),
    Key { key: SoftwareKey, kid: String },
}

/// This side at the provider.
pub(super) struct Credentials {
    client_id: String,
    means: Means,
}

impl Credentials {
    /// Reads secret or key.
    pub(super) fn load(config: &ProviderConfig) -> Result<Self, ConfigError> {
        let read = |path: &std::path::Path| {
            let read = std::fs::read_to_string(path).map(Zeroizing::new);
            read.map_err(|source| ConfigError::Read { path: path.to_owned(), source })
        };
        let means = match &config.client {
            Client::Secret(path) => {
                let secret = Zeroizing::new(read(path)?.trim().to_owned());
                if secret.len() < 16 {
                    let what = "the file holds no secret, or one shorter than 16 characters";
                    return Err(ConfigError::field("provider.client.secret_file", what));
                }
                Means::Secret(secret)
            }
            Client::Key { file, kid } => {
                let key = SoftwareKey::from_pem(&read(file)?).map_err(|_| {
                    ConfigError::field(
                        "provider.client.private_key.file",
                        "a PKCS #8 PEM of a P-256 key belongs there",
                    )
                })?;
                Means::Key { key, kid: kid.clone() }
            }
        };
        Ok(Self { client_id: config.client_id.clone(), means })
    }

    /// Whether the proof of who sends a form stands outside it.
    pub(super) fn in_header(&self, metadata: &Metadata) -> bool {
        matches!(self.means, Means::Secret(_)) && !metadata.secret_in_form()
    }

    /// A form to one of the provider's own endpoints, with the proof of who sends it.
    pub(super) fn post(
        &self,
        to: &Url,
        fields: &[(&str, &str)],
        at: (&Metadata, Timestamp),
    ) -> Result<http::Request<Vec<u8>>, SignInError> {
        let (metadata, now) = at;
        let mut form = Serializer::new(String::new());
        form.extend_pairs(fields);
        let mut request = http::Request::post(to.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json");
        match &self.means {
            Means::Secret(secret) if metadata.secret_in_form() => {
                form.append_pair("client_id", &self.client_id).append_pair("client_secret", secret);
            }
            Means::Secret(secret) => {
                // RFC 6749, section 2.3.1: both are form-encoded before they are joined.
                let spelt = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = Zeroizing::new(format!("{}:{}", spelt(&self.client_id), spelt(secret)));
                request = request
                    .header(AUTHORIZATION, format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes())));
            }
            Means::Key { key, kid } => {
                let assertion = self.assertion(key, kid, (metadata.token_endpoint.as_str(), now))?;
                form.append_pair("client_id", &self.client_id)
                    .append_pair(
                        "client_assertion_type",
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    )
                    .append_pair("client_assertion", &assertion);
            }
        }
        request.body(form.finish().into_bytes()).map_err(|_| SignInError::Answer)
    }

    fn assertion(&self, key: &SoftwareKey, kid: &str, to: (&str, Timestamp)) -> Result<String, SignInError> {
        let (audience, now) = to;
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": kid });
        let claims = json!({
            "iss": self.client_id, "sub": self.client_id, "aud": audience, "jti": random::token::<16>()?,
            "iat": now.as_second(), "exp": now.as_second() + ASSERTION_S,
        });
        let part = |value: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = key.sign(signed.as_bytes()).map_err(|_| SignInError::OwnKey)?;
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}
