//! A browser of a few lines: it walks through the pages of the records side as a person's would, through the provider, past the
//! second factor, to the photos.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, ensure};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, StatusCode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::hospital::Hospital;
use crate::identity::{Somebody, TEAM};

/// The browser, with its cookies.
pub struct Walker {
    client: Client,
    pages: String,
    cookies: BTreeMap<String, String>,
}

/// A client that believes the hospital's own certificate authority.
///
/// # Errors
/// Where its file cannot be read.
pub fn client(hospital: &Hospital) -> anyhow::Result<Client> {
    let ca = std::fs::read(hospital.ca())?;
    let provider = rustls::crypto::ring::default_provider();
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&ca) {
        roots.add(certificate?)?;
    }
    let tls = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    #[expect(clippy::disallowed_methods, reason = "a browser, with a rustls configuration of its own")]
    let client = reqwest::ClientBuilder::new()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?;
    Ok(client)
}

impl Walker {
    /// A browser that nobody has signed in with; `pages` is where the pages are.
    ///
    /// # Errors
    /// Where the certificate authority cannot be read.
    pub fn new(hospital: &Hospital, pages: &str) -> anyhow::Result<Self> {
        Ok(Self { client: client(hospital)?, pages: pages.to_owned(), cookies: BTreeMap::new() })
    }

    async fn answered(&mut self, request: reqwest::RequestBuilder) -> anyhow::Result<Response> {
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(COOKIE, jar.join("; ")).send().await?;
        for line in answer.headers().get_all(SET_COOKIE) {
            let (name, rest) = line.to_str()?.split_once('=').context("a cookie")?;
            self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned());
        }
        Ok(answer)
    }

    /// Asks for a page of the hospital's.
    ///
    /// # Errors
    /// Where no answer comes.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<Response> {
        let address = if path.starts_with('/') { format!("{}{path}", self.pages) } else { path.to_owned() };
        self.answered(self.client.get(address)).await
    }

    /// Signs somebody in, with a second factor.
    ///
    /// # Errors
    /// Where a step fails.
    pub async fn signs_in(&mut self, who: Somebody) -> anyhow::Result<()> {
        let form = "application/x-www-form-urlencoded";
        let begin = self.client.post(format!("{}/sign-in", self.pages)).header("origin", &self.pages);
        let begin = begin.header("content-type", form).body("next=/");
        let provider = onward(&self.answered(begin).await?.text().await?)?;
        let query: HashMap<String, String> = url::Url::parse(&provider)?.query_pairs().into_owned().collect();
        let fields = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("request_uri", query.get("request_uri").context("a pushed request")?)
            .append_pair("login", who.login)
            .append_pair("password", who.password)
            .append_pair("proven", "yes")
            .finish();
        let there = provider.split('?').next().unwrap_or_default().to_owned();
        let back = self.client.post(there).header("content-type", form).body(fields).send().await?;
        let back = back.headers().get(LOCATION).context("the provider lets them in")?.to_str()?.to_owned();
        let came = self.get(&back).await?;
        ensure!(came.status() == StatusCode::OK, "{}: {}", came.status(), came.text().await?);
        Ok(())
    }

    /// The text of the list of the team whose photos the demo's nurse sees.
    ///
    /// # Errors
    /// Where it is not shown.
    pub async fn list(&mut self) -> anyhow::Result<String> {
        let list = self.get(&format!("/lists/{TEAM}?which=all")).await?;
        let (status, text) = (list.status(), list.text().await?);
        ensure!(status == StatusCode::OK, "{status}: {text}");
        Ok(text)
    }

    /// The first photo of that list, as its page shows it.
    ///
    /// # Errors
    /// Where list, page or picture are not shown.
    pub async fn looks(&mut self) -> anyhow::Result<Vec<u8>> {
        let list = self.list().await?;
        let photo = between(&list, "href=\"/photos/", "\"").context("a photo in the list")?.to_owned();
        let page = self.get(&format!("/photos/{photo}")).await?.text().await?;
        let shown = between(&page, "data-shown=\"", "\"").context("a picture on the page")?;
        let picture = self.get(&format!("/shown/{shown}?screen=640")).await?;
        let (status, bytes) = (picture.status(), picture.bytes().await?);
        ensure!(status == StatusCode::OK, "{status}");
        Ok(bytes.to_vec())
    }
}

/// What stands between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    text.split_once(from)?.1.split(to).next()
}

/// Where a page goes on by itself.
fn onward(page: &str) -> anyhow::Result<String> {
    let to = between(page, "content=\"0;url=", "\"").with_context(|| page.to_owned())?;
    Ok(to.replace("&amp;", "&"))
}
