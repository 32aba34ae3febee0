//! The provider as the phone calls it: its description of itself (OpenID Connect Discovery 1.0, section 4), the page, the token.

use gauze_wire::SignInRules;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;
use url::form_urlencoded::Serializer;
use zeroize::{Zeroize as _, Zeroizing};

use super::SignInError;
use crate::ports::{Answer, Call, Transport};

/// What a provider says of itself, as far as phones use it.
#[derive(Clone)]
pub struct Provider {
    authorize: Url,
    token: Url,
    push: Option<Url>,
    /// Whether its answers name it (RFC 9207).
    pub names_itself: bool,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    pushed_authorization_request_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    /// Absent means that PKCE is not promised; providers that serve public clients have it all the same.
    code_challenge_methods_supported: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Provider {
    pub async fn discover(transport: &dyn Transport, issuer: &str) -> Result<Self, SignInError> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let call = Call { method: "GET", url, headers: Vec::new(), body: None };
        let metadata: Metadata = read(transport.call(call).await?)?;
        if metadata.issuer != issuer {
            return Err(SignInError::Provider("issuer"));
        }
        let without_pkce = |methods: &Vec<String>| !methods.iter().any(|method| method == "S256");
        if metadata.code_challenge_methods_supported.as_ref().is_some_and(without_pkce) {
            return Err(SignInError::Provider("code_challenge_methods_supported"));
        }
        Ok(Self {
            authorize: endpoint(&metadata.authorization_endpoint, "authorization_endpoint")?,
            token: endpoint(&metadata.token_endpoint, "token_endpoint")?,
            push: (metadata.pushed_authorization_request_endpoint.as_deref())
                .map(|text| endpoint(text, "pushed_authorization_request_endpoint"))
                .transpose()?,
            names_itself: metadata.authorization_response_iss_parameter_supported,
        })
    }

    /// The page to open: with all that is asked in its address, or with the reference to what was pushed.
    pub async fn page(
        &self,
        transport: &dyn Transport,
        rules: &SignInRules,
        questions: &[(&'static str, String)],
    ) -> Result<String, SignInError> {
        let mut page = self.authorize.clone();
        let Some(push) = &self.push else {
            page.query_pairs_mut().extend_pairs(questions);
            return Ok(page.into());
        };
        let pushed: Pushed = read(transport.call(form(push, questions)).await?)?;
        let named = [("client_id", rules.client_id.as_str()), ("request_uri", &pushed.request_uri)];
        page.query_pairs_mut().extend_pairs(named);
        Ok(page.into())
    }

    /// Trades the code for the ID token.
    pub async fn redeem(
        &self,
        transport: &dyn Transport,
        fields: &[(&'static str, &str)],
    ) -> Result<Zeroizing<String>, SignInError> {
        let tokens: Tokens = read(transport.call(form(&self.token, fields)).await?)?;
        Ok(Zeroizing::new(tokens.id_token))
    }
}

fn endpoint(text: &str, name: &'static str) -> Result<Url, SignInError> {
    let url = Url::parse(text).map_err(|_| SignInError::Provider(name))?;
    if url.scheme() == "https" && url.has_host() { Ok(url) } else { Err(SignInError::Provider(name)) }
}

fn form<V: AsRef<str>>(url: &Url, fields: &[(&'static str, V)]) -> Call {
    let body = Serializer::new(String::new()).extend_pairs(fields).finish();
    let headers = vec![
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ("accept", "application/json".to_owned()),
    ];
    Call { method: "POST", url: url.to_string(), headers, body: Some(body.into_bytes()) }
}

fn read<T: DeserializeOwned>(mut answer: Answer) -> Result<T, SignInError> {
    let good = (200..300).contains(&answer.status);
    let read = serde_json::from_slice::<T>(&answer.body);
    let refusal = serde_json::from_slice::<Refusal>(&answer.body);
    answer.body.zeroize();
    match (good, read, refusal) {
        (true, Ok(read), _) => Ok(read),
        (_, _, Ok(refusal)) => Err(SignInError::refused(&refusal.error)),
        _ => Err(SignInError::Between(answer.status)),
    }
}
