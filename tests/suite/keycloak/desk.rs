//! A browser at the hospital's pages, and somebody before it.

use std::time::Duration;

use gauze_tests::identity::{Somebody, one_time_code};
use serde_json::{Value, json};

use crate::driver::Browser;

/// How often a page is looked at before it is given up, with a tenth of a second between.
const LOOKS: u32 = 600;

/// Does what the page that is shown asks of somebody who signs in, once for each page; what it did.
const STEP: &str = "
    const [pages, login, password, code] = arguments;
    if (document.readyState !== 'complete' || window.stepped) return null;
    const input = name => document.querySelector(`input[name=${name}]:not([type=hidden])`);
    const done = (what, button) => { if (!button) return null; window.stepped = true; button.click(); return what; };
    if (location.origin === pages) {
        if (location.pathname !== '/sign-in') return null;
        return done('began', document.querySelector('main form button'));
    }
    const before = document.querySelector('#kc-attempted-username');
    const whose = before && (before.value || before.textContent.trim());
    if (whose && whose !== login) return done('not ' + whose, document.querySelector('#reset-login'));
    if (input('otp')) { input('otp').value = code; return done('code', document.querySelector('[name=login]')); }
    if (!input('password')) return null;
    if (input('username')) input('username').value = login;
    input('password').value = password;
    return done(input('username') ? 'name and password' : 'password', document.querySelector('[name=login]'));";

/// Where the window is, once it is there and is done.
const PLACE: &str = "return document.readyState === 'complete' ? location.origin + location.pathname : null";

pub struct Desk {
    browser: Browser,
    pages: String,
}

impl Desk {
    pub async fn new(pages: &str) -> Option<Self> {
        let browser = Browser::start_with(&["--ignore-certificate-errors"]).await?;
        Some(Self { browser, pages: pages.to_owned() })
    }

    /// Something that holds passkeys, and whose user is there.
    pub async fn authenticator(&self) {
        let kind = json!({
            "protocol": "ctap2", "transport": "internal",
            "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true
        });
        self.browser.post("/webauthn/authenticator", kind).await;
    }

    async fn run(&self, script: &str, arguments: Value) -> Value {
        self.browser.run(script, arguments).await
    }

    /// Everything that is to be read.
    pub async fn text(&self) -> String {
        self.run("return document.body.innerText", json!([])).await.as_str().unwrap().to_owned()
    }

    /// What stands at `selector`.
    pub async fn read(&self, selector: &str) -> String {
        let found =
            self.run("return document.querySelector(arguments[0])?.textContent", json!([selector])).await;
        match found.as_str() {
            Some(text) => text.trim().to_owned(),
            None => panic!("no {selector}: {}", self.text().await),
        }
    }

    /// Whether `selector` names anything.
    pub async fn has(&self, selector: &str) -> bool {
        self.run("return !!document.querySelector(arguments[0])", json!([selector])).await == json!(true)
    }

    /// Waits until a click leads to the sign-in: somebody else has ended the session.
    pub async fn is_put_out(&self) {
        for _ in 0..LOOKS {
            if self.lands("/sessions").await == "/sign-in" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("still signed in: {}", self.text().await);
    }

    /// Waits for a path of the pages.
    pub async fn at(&self, path: &str) {
        let place = format!("{}{path}", self.pages);
        for _ in 0..LOOKS {
            if self.run(PLACE, json!([])).await == json!(place) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let there = self.run("return location.href", json!([])).await;
        panic!("not at {path} but at {there}: {}", self.text().await);
    }

    /// Where a click on an address leads.
    pub async fn lands(&self, path: &str) -> String {
        self.browser.open(&format!("{}{path}", self.pages)).await;
        let place = self.run("return location.pathname", json!([])).await;
        place.as_str().unwrap().to_owned()
    }

    pub async fn open(&self, path: &str) {
        assert_eq!(self.lands(path).await, path, "{}", self.text().await);
    }

    /// Presses what `selector` names, and waits for the page that comes of it.
    pub async fn press(&self, selector: &str) {
        let press = "const e = document.querySelector(arguments[0]); if (!e) return false;
            window.stale = true; e.click(); return true";
        let pressed = self.run(press, json!([selector])).await;
        assert_eq!(pressed, json!(true), "no {selector}: {}", self.text().await);
        for _ in 0..LOOKS {
            let fresh = "return !window.stale && document.readyState === 'complete'";
            if self.run(fresh, json!([])).await == json!(true) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("nothing came of {selector}: {}", self.text().await);
    }

    /// The address that a script finds on the page.
    pub async fn find(&self, script: &str) -> String {
        let found = self.run(script, json!([])).await;
        match found.as_str() {
            Some(address) => address.to_owned(),
            None => panic!("no address: {}", self.text().await),
        }
    }

    /// The addresses of all links that `selector` names.
    pub async fn all(&self, selector: &str) -> Vec<String> {
        let all = "return [...new Set([...document.querySelectorAll(arguments[0])].map(e => e.getAttribute('href')))]";
        serde_json::from_value(self.run(all, json!([selector])).await).unwrap()
    }

    pub async fn fill(&self, selector: &str, value: &str) {
        self.run("document.querySelector(arguments[0]).value = arguments[1]", json!([selector, value])).await;
    }

    /// Goes through the provider's pages until the browser is at `end`, an address without its query: what the pages asked for.
    async fn through(&self, somebody: &Somebody, end: impl Fn(&str) -> bool) -> (Vec<String>, String) {
        let mut asked = Vec::new();
        for _ in 0..LOOKS {
            let step = json!([self.pages, somebody.login, somebody.password, one_time_code()]);
            if let Some(step) = self.run(STEP, step).await.as_str() {
                asked.push(step.to_owned());
            }
            let place = self.run(PLACE, json!([])).await;
            if let Some(place) = place.as_str().filter(|place| end(place)) {
                return (asked, place.to_owned());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let place = self.run("return location.href", json!([])).await;
        panic!("{} does not come through: at {place} after {asked:?}: {}", somebody.login, self.text().await);
    }

    /// Signs in: what the provider asked for. Afterwards the browser is at `path`.
    pub async fn sign_in(&self, somebody: &Somebody, path: &str) -> Vec<String> {
        self.browser.open(&format!("{}/", self.pages)).await;
        let (asked, place) = self
            .through(somebody, |place| {
                place
                    .strip_prefix(&self.pages)
                    .is_some_and(|path| !path.starts_with("/sign-in") && path != "/")
            })
            .await;
        assert_eq!(place, format!("{}{path}", self.pages), "{}", self.text().await);
        asked
    }

    /// Proves anew at the provider, and goes on to `path`.
    pub async fn prove_again(&self, somebody: &Somebody, path: &str) -> Vec<String> {
        self.lands(&format!("/prove-again?next={path}")).await;
        self.press("form[action='/prove-again'] button").await;
        let end = format!("{}{path}", self.pages);
        self.through(somebody, |place| place == end).await.0
    }

    /// Signs in on a phone whose browser this is: the address to which the provider sends it back, with what the provider asked for.
    pub async fn on_phone(&self, page: &str, somebody: &Somebody, back: &str) -> (String, Vec<String>) {
        self.browser.open(page).await;
        let (asked, _) = self.through(somebody, |place| place == back).await;
        let address = self.run("return location.href", json!([])).await;
        (address.as_str().unwrap().to_owned(), asked)
    }
}
