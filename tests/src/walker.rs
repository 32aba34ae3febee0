//! A person's browser at the pages of the records side: through the provider, past the second factor, to the photos.

use anyhow::{Context as _, ensure};
use reqwest::{Response, StatusCode};

use crate::hospital::Hospital;
use crate::identity::visit::Visitor;
use crate::identity::{Somebody, TEAM};

/// The browser, and where the pages are.
pub struct Walker {
    visitor: Visitor,
    pages: String,
}

impl Walker {
    /// A browser that nobody has signed in with.
    ///
    /// # Errors
    /// Where the certificate authority cannot be read.
    pub fn new(hospital: &Hospital, pages: &str) -> anyhow::Result<Self> {
        Ok(Self { visitor: Visitor::new(&hospital.ca())?, pages: pages.to_owned() })
    }

    /// Asks for a page of the hospital's.
    ///
    /// # Errors
    /// Where no answer comes.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<Response> {
        self.visitor.get(&format!("{}{path}", self.pages)).await
    }

    /// Signs somebody in, with a second factor.
    ///
    /// # Errors
    /// Where a step fails.
    pub async fn signs_in(&mut self, who: &Somebody) -> anyhow::Result<()> {
        self.visitor.sign_in(&self.pages, who).await
    }

    async fn page(&mut self, path: &str) -> anyhow::Result<String> {
        let answer = self.get(path).await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status == StatusCode::OK, "{path}: {status}: {text}");
        Ok(text)
    }

    /// The text of the list of the team whose photos the demo's nurse sees.
    ///
    /// # Errors
    /// Where it is not shown.
    pub async fn list(&mut self) -> anyhow::Result<String> {
        self.page(&format!("/lists/{TEAM}?which=all")).await
    }

    /// The page of the first photo of that list.
    ///
    /// # Errors
    /// Where list or page are not shown, or no photo stands there.
    pub async fn first(&mut self) -> anyhow::Result<String> {
        let list = self.list().await?;
        let photo = between(&list, "href=\"/photos/", "\"").with_context(|| format!("no photo in {list}"))?;
        self.page(&format!("/photos/{photo}")).await
    }

    /// The first photo of that list, as its page shows it.
    ///
    /// # Errors
    /// Where list, page or picture are not shown.
    pub async fn looks(&mut self) -> anyhow::Result<Vec<u8>> {
        let page = self.first().await?;
        let shown = between(&page, "data-shown=\"", "\"").context("a picture on the page")?;
        let picture = self.get(&format!("/shown/{shown}?screen=640")).await?;
        let (status, bytes) = (picture.status(), picture.bytes().await?);
        ensure!(status == StatusCode::OK, "{status}");
        Ok(bytes.to_vec())
    }
}

/// What stands between two marks.
#[must_use]
pub fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    text.split_once(from)?.1.split(to).next()
}
