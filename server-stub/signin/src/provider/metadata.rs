//! How a provider describes itself (OpenID Connect Discovery 1.0, RFC 8414).

use serde::Deserialize;
use url::Url;

use super::error::SignInError;

/// What is used of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) jwks_uri: Url,
    pub(super) userinfo_endpoint: Option<Url>,
    pub(super) pushed_authorization_request_endpoint: Option<Url>,
    pub(super) end_session_endpoint: Option<Url>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

impl Metadata {
    /// Of the bytes that `issuer` gave.
    pub(super) fn parse(bytes: &[u8], issuer: &str) -> Result<Self, SignInError> {
        let read: Self =
            serde_json::from_slice(bytes).map_err(|_| SignInError::Metadata("a field is missing"))?;
        if read.issuer != issuer {
            return Err(SignInError::Metadata("it names another issuer"));
        }
        let optional = [
            &read.userinfo_endpoint,
            &read.pushed_authorization_request_endpoint,
            &read.end_session_endpoint,
        ];
        let all = [&read.authorization_endpoint, &read.token_endpoint, &read.jwks_uri];
        if all.into_iter().chain(optional.into_iter().flatten()).any(|url| url.scheme() != "https") {
            return Err(SignInError::Metadata("an address is not https"));
        }
        Ok(read)
    }

    /// Whether the secret goes into the form: where it is offered and the header is not.
    pub(super) fn secret_in_form(&self) -> bool {
        let offers =
            |method: &str| self.token_endpoint_auth_methods_supported.iter().any(|own| own == method);
        offers("client_secret_post") && !offers("client_secret_basic")
    }
}
