//! A walk through the pages of the records side, as a browser takes it: through the provider, past the second factor, to the photos.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use gauze_tests::hospital::Hospital;
use gauze_tests::identity::{PEOPLE, TEAM};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, StatusCode};

/// How long the pages may take to come up.
const ATTEMPTS: u32 = 50;

/// Prints how to look for oneself.
pub fn tell(pages: &str) {
    println!("\npages     {pages}  (your browser does not know the demo's CA: accept it once, or import it)");
    for one in PEOPLE {
        println!("          {:9} password {:12} {}", one.login, one.password, one.role);
    }
    println!(
        "          Tick the box for a second factor at the provider; without it the pages ask for one of their own,"
    );
    println!("          behind a code that an administrator gives on the page \"Second factors\".");
}

/// A browser of a few lines.
struct Walker {
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl Walker {
    fn new(hospital: &Hospital) -> anyhow::Result<Self> {
        let ca = std::fs::read(hospital.ca())?;
        let provider = rustls::crypto::ring::default_provider();
        let mut roots = rustls::RootCertStore::empty();
        for certificate in
            <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::pem_slice_iter(&ca)
        {
            roots.add(certificate?)?;
        }
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
        Ok(Self { client, cookies: BTreeMap::new() })
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

    async fn get(&mut self, address: &str) -> anyhow::Result<Response> {
        self.answered(self.client.get(address)).await
    }
}

/// Where a page goes on by itself.
fn onward(page: &str) -> anyhow::Result<String> {
    let (_, rest) = page.split_once("content=\"0;url=").with_context(|| page.to_owned())?;
    Ok(rest.split('"').next().unwrap_or_default().replace("&amp;", "&"))
}

/// Signs Ann in and looks at her team's list.
pub async fn through(hospital: &Hospital, pages: &str) -> anyhow::Result<()> {
    let mut walker = Walker::new(hospital)?;
    for _ in 0..ATTEMPTS {
        if walker.get(&format!("{pages}/sign-in")).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let begin = walker.client.post(format!("{pages}/sign-in")).header("origin", pages);
    let begin = begin.header("content-type", "application/x-www-form-urlencoded").body("next=/");
    let provider = onward(&walker.answered(begin).await?.text().await?)?;
    let query: HashMap<String, String> = url::Url::parse(&provider)?.query_pairs().into_owned().collect();
    let ann = PEOPLE[0];
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("request_uri", query.get("request_uri").context("a pushed request")?)
        .append_pair("login", ann.login)
        .append_pair("password", ann.password)
        .append_pair("proven", "yes")
        .finish();
    let there = provider.split('?').next().unwrap_or_default().to_owned();
    let sent =
        walker.client.post(there).header("content-type", "application/x-www-form-urlencoded").body(form);
    let back = sent.send().await?;
    let back = back.headers().get(LOCATION).context("the provider lets Ann in")?.to_str()?.to_owned();
    let came = walker.get(&back).await?;
    ensure!(came.status() == StatusCode::OK, "{}: {}", came.status(), came.text().await?);
    let list = walker.get(&format!("{pages}/lists/{TEAM}")).await?;
    let (status, text) = (list.status(), list.text().await?);
    ensure!(status == StatusCode::OK, "{status}: {text}");
    let photos = text.matches("/photos/").count();
    ensure!(photos > 0, "Ann's list shows no photo: {text}");
    println!("          {} has signed in, with a second factor; her team's list shows photos.", ann.name);
    Ok(())
}
