//! A browser of a few lines: it keeps cookies and fills in the forms of a provider, the demo's own or Keycloak.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use url::Url;

use super::{Somebody, one_time_code};

/// Pages that a provider may show before it lets somebody in.
const PAGES: u32 = 8;

/// HTTPS to servers of this machine, by the demo's own authority; redirections are not followed.
pub fn client(ca: &Path) -> anyhow::Result<Client> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca)? {
        roots.add(certificate?)?;
    }
    let provider = rustls::crypto::ring::default_provider();
    let tls = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    #[expect(
        clippy::disallowed_methods,
        reason = "the demo's browser, with a rustls configuration of its own"
    )]
    let client = reqwest::ClientBuilder::new()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?;
    Ok(client)
}

/// The browser.
pub struct Visitor {
    client: Client,
    cookies: BTreeMap<String, String>,
}

/// A form of a page: where it goes, and its fields with what stands in them.
struct Form {
    action: Option<String>,
    fields: Vec<(String, String)>,
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&amp;", "&")
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(unescaped)
}

impl Form {
    /// The first of a page.
    fn of(page: &str) -> Option<Self> {
        let (_, form) = page.split_once("<form")?;
        let form = form.split("</form>").next()?;
        let inputs = form.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
        let fields = inputs.filter_map(|tag| {
            let tag = tag.split_whitespace().collect::<Vec<_>>().join(" ");
            let tag = format!(" {tag}");
            Some((attribute(&tag, "name")?, attribute(&tag, "value").unwrap_or_default()))
        });
        let fields = fields.collect();
        Some(Self { action: attribute(form.split('>').next()?, "action"), fields })
    }

    /// As `somebody` fills it in.
    fn filled(self, somebody: &Somebody) -> Vec<(String, String)> {
        let fill = |(name, value): (String, String)| {
            let value = match name.as_str() {
                "login" | "username" => somebody.login.to_owned(),
                "password" => somebody.password.to_owned(),
                "proven" => "yes".to_owned(),
                "otp" => one_time_code(),
                _ => value,
            };
            (name, value)
        };
        self.fields.into_iter().map(fill).collect()
    }
}

impl Visitor {
    /// One without cookies.
    pub fn new(ca: &Path) -> anyhow::Result<Self> {
        Ok(Self { client: client(ca)?, cookies: BTreeMap::new() })
    }

    async fn send(&mut self, request: RequestBuilder) -> anyhow::Result<Response> {
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(COOKIE, jar.join("; ")).send().await?;
        for line in answer.headers().get_all(SET_COOKIE) {
            let (name, rest) = line.to_str()?.split_once('=').context("a cookie")?;
            let value = rest.split(';').next().unwrap_or_default();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }

    /// A page.
    pub async fn get(&mut self, address: &str) -> anyhow::Result<Response> {
        let request = self.client.get(address);
        self.send(request).await
    }

    /// What a form of that page sends.
    pub async fn post(&mut self, address: &str, fields: &[(String, String)]) -> anyhow::Result<Response> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let origin = Url::parse(address)?.origin().ascii_serialization();
        let request = self.client.post(address).header(ORIGIN, origin);
        self.send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)).await
    }

    /// Goes through the provider's pages as `somebody`, a second factor included; the address to which it then sends the browser.
    ///
    /// # Errors
    /// Where it does not let them in.
    pub async fn let_in(&mut self, page: &str, somebody: &Somebody) -> anyhow::Result<String> {
        let provider = Url::parse(page)?;
        let mut address = provider.clone();
        let mut answer = self.get(page).await?;
        for _ in 0..PAGES {
            if answer.status().is_redirection() {
                let to =
                    answer.headers().get(LOCATION).context("a redirection without an address")?.to_str()?;
                address = address.join(to)?;
                if address.origin() != provider.origin() {
                    return Ok(to.to_owned());
                }
                answer = self.get(address.as_str()).await?;
                continue;
            }
            let (status, text) = (answer.status(), answer.text().await?);
            ensure!(status == StatusCode::OK, "the provider answers {status}: {text}");
            let form = Form::of(&text).with_context(|| format!("the provider shows no form: {text}"))?;
            address = form.action.as_ref().map_or_else(|| Ok(address.clone()), |to| address.join(to))?;
            answer = self.post(address.as_str(), &form.filled(somebody)).await?;
        }
        anyhow::bail!("the provider does not let {} in", somebody.name)
    }

    /// Signs in at the pages of `origin`.
    ///
    /// # Errors
    /// Where the provider or the pages refuse.
    pub async fn sign_in(&mut self, origin: &str, somebody: &Somebody) -> anyhow::Result<()> {
        let next = [("next".to_owned(), "/".to_owned())];
        let begun = self.post(&format!("{origin}/sign-in"), &next).await?.text().await?;
        let back = self.let_in(&onward(&begun)?, somebody).await?;
        let came = self.get(&back).await?;
        ensure!(came.status() == StatusCode::OK, "{}: {}", came.status(), came.text().await?);
        Ok(())
    }
}

/// Where a page goes on by itself.
fn onward(page: &str) -> anyhow::Result<String> {
    let (_, rest) = page.split_once("content=\"0;url=").with_context(|| page.to_owned())?;
    Ok(unescaped(rest.split('"').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::PEOPLE;

    #[test]
    fn a_providers_form_is_filled_in_and_what_stands_in_it_stays() {
        let page = "<form id=\"f\" action=\"/go?a=1&amp;b=2\" method=\"post\">\n<input\n  name=\"username\" value=\"\">\
                    <input type=\"hidden\" name=\"kept\" value=\"x&quot;y\"><input name=\"password\"></form><form></form>";
        let form = Form::of(page).unwrap();
        assert_eq!(form.action.as_deref(), Some("/go?a=1&b=2"));
        let filled = form.filled(&PEOPLE[0]);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(filled, [pair("username", "ann"), pair("kept", "x\"y"), pair("password", "wound-care")]);
    }
}
