//! The hospital's people and a shared phone at a real Keycloak, by a real Chromium with a virtual authenticator. Keycloak takes a
//! minute to start: one test goes through everything.

mod desk;

use axum::response::Html;
use axum_server::tls_rustls::RustlsConfig;
use gauze_tests::hospital::{Hospital, Servers, build};
use gauze_tests::identity::keycloak::{Keycloak, installed};
use gauze_tests::identity::{Provider, Somebody, TEAM, code_of, phone};
use gauze_tests::nobody::record;
use gauze_tests::port::free_port;
use gauze_tests::programs::run;
use gauze_tests::skipped::skipped;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{phone as command, pictures};
use desk::Desk;

const fn somebody(
    (login, name): (&'static str, &'static str),
    (role, group): (&'static str, &'static str),
    one_time: bool,
) -> Somebody {
    Somebody { login, name, password: "a password of the test", role, group, one_time }
}

const ANN: Somebody = somebody(("ann", "Ann Nurse"), ("viewer", "/ward"), false);
const LENA: Somebody = somebody(("lena", "Lena Lead"), ("lead", "/ward/lead"), true);
const ADAM: Somebody = somebody(("adam", "Adam Administrator"), ("administrator", "/office"), true);
const PEOPLE: [Somebody; 3] = [ANN, LENA, ADAM];

/// Where whoever looks after one team begins.
const LIST: &str = "/lists/tissue-viability";

/// A hospital whose people sign in at Keycloak.
struct House {
    hospital: Hospital,
    servers: Servers,
    provider: Provider,
    pages: String,
    /// Where the phone's browser comes back to.
    phones_at: String,
    _home: TempDir,
}

impl House {
    async fn open() -> Self {
        let home = tempfile::Builder::new().prefix("gauze-keycloak-").tempdir().unwrap();
        let mut hospital = build(home.path(), "classical").await.unwrap();
        hospital
            .set_policy(|policy| {
                policy["lists"] = json!({ "teams": [{ "code": TEAM, "words": "Tissue viability" }] })
            })
            .await
            .unwrap();
        let pages = hospital.open_pages().unwrap();
        let phones_at = claimed(&hospital).await;
        let both = (pages.as_str(), phones_at.as_str());
        let keycloak = Keycloak::start(home.path(), free_port().unwrap(), both, &PEOPLE).await.unwrap();
        let provider = Provider::Keycloak(Box::new(keycloak));
        provider.believed_by(&hospital, &pages, &phones_at).await.unwrap();
        let servers = hospital.start().await.unwrap();
        Self { hospital, servers, provider, pages, phones_at, _home: home }
    }

    fn keycloak(&self) -> &Keycloak {
        match &self.provider {
            Provider::Keycloak(keycloak) => keycloak,
            Provider::Own(_) => panic!("this hospital signs in at Keycloak"),
        }
    }

    async fn desk(&self) -> Desk {
        Desk::new(&self.pages).await.unwrap()
    }

    /// What the access log says happened, as `happening outcome note`.
    async fn log(&self) -> Vec<String> {
        let show = ["log", "list", "--data", "records", "--json"];
        let told = run("gauze-records", &show, self.hospital.home()).await.unwrap();
        told.lines().map(str::to_owned).collect()
    }

    /// How many lines of the access log hold all of `words`.
    async fn told(&self, words: &[&str]) -> usize {
        self.log().await.iter().filter(|line| words.iter().all(|word| line.contains(word))).count()
    }
}

/// A link that the phone's app has claimed: what the browser calls there, the app reads.
async fn claimed(hospital: &Hospital) -> String {
    let tls = hospital.home().join("tls");
    let tls = RustlsConfig::from_pem_file(tls.join("server.pem"), tls.join("server.key")).await.unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = axum::Router::new().fallback(async || Html("<h1>Back in the app</h1>"));
    let server = axum_server::from_tcp_rustls(listener, tls).unwrap();
    tokio::spawn(server.serve(app.into_make_service()));
    format!("https://localhost:{port}/signed-in")
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_a_shared_phone_sign_in_at_a_real_keycloak() {
    if installed().is_none() {
        return skipped("Keycloak not found");
    }
    if Desk::new("").await.is_none() {
        return skipped("Chromium not found");
    }
    let house = House::open().await;
    let (ann, adam, lena) = (house.desk().await, house.desk().await, house.desk().await);
    ann.authenticator().await;
    first_sign_in_and_a_passkey(&ann, &adam).await;
    step_up(&ann, &adam).await;
    let ann = a_lost_factor_and_wrong_codes(&house, ann, &adam, &lena).await;
    drop(ann);
    logout_at_the_provider(&house, &lena).await;
    roles_taken_away(&house, &adam, &lena).await;
    a_phone_that_changes_hands(&house).await;
    house.servers.stop().await;
}

/// Who has no second factor at Keycloak comes back without one, whatever was asked for; ours is enrolled behind a code from person to
/// person.
async fn first_sign_in_and_a_passkey(ann: &Desk, adam: &Desk) {
    let asked = adam.sign_in(&ADAM, "/people/waiting").await;
    assert_eq!(
        asked,
        ["began", "name and password", "code"],
        "what Keycloak proves is enough for an administrator"
    );
    let asked = ann.sign_in(&ANN, "/second-factor").await;
    assert_eq!(asked, ["began", "name and password"]);
    assert_eq!(ann.lands("/photos").await, "/second-factor", "one factor opens nothing");
    let reads_out = ann.read("p.code").await;
    adam.open("/people/waiting").await;
    let waiting = adam.text().await;
    assert!(waiting.contains("Ann Nurse") && waiting.contains(&reads_out), "{waiting}");
    adam.prove_again(&ADAM, "/people/waiting").await;
    adam.press("form[action='/people/waiting/code'] button").await;
    ann.fill("#code", &adam.read("p.code").await).await;
    ann.press("form:has(#code) button").await;
    ann.at("/second-factor").await;
    ann.press("form.passkey button").await;
    ann.at(LIST).await;
}

/// A proof of the last minutes, at Keycloak and by the passkey.
async fn step_up(ann: &Desk, adam: &Desk) {
    let asked = adam.prove_again(&ADAM, "/people/sessions").await;
    assert_eq!(asked, ["password", "code"], "Keycloak asks for both anew");
    assert_eq!(ann.lands("/prove-again?next=/sessions").await, "/prove-again");
    ann.press("form.passkey button").await;
    ann.at("/sessions").await;
}

/// The passkey is lost: two others speak for Ann, one-time codes take its place, and the session of before is gone. Five wrong codes
/// lock them.
async fn a_lost_factor_and_wrong_codes(house: &House, before: Desk, adam: &Desk, lena: &Desk) -> Desk {
    let ann = house.desk().await;
    ann.sign_in(&ANN, "/second-factor").await;
    lena.sign_in(&LENA, LIST).await;
    lena.prove_again(&LENA, "/people/waiting").await;
    lena.press("form[action='/people/waiting/lost'] button").await;
    assert!(!lena.has("p.code").await, "one voice gives no code: {}", lena.text().await);
    adam.prove_again(&ADAM, "/people/waiting").await;
    adam.press("form[action='/people/waiting/lost'] button").await;
    ann.fill("#code", &adam.read("p.code").await).await;
    ann.press("form:has(#code) button").await;
    assert_eq!(before.lands("/photos").await, "/sign-in", "what was lost opens nothing");
    ann.press("form[action='/second-factor/new/totp/ask'] button").await;
    let secret = ann.read("p.code").await;
    ann.fill("#digits", &code_of(&base32(&secret))).await;
    ann.press("form:has(#digits) button").await;
    ann.at(LIST).await;

    let other = house.desk().await;
    other.sign_in(&ANN, "/second-factor").await;
    for wrong in 1..=5 {
        other.open("/second-factor").await;
        other.fill("#digits", "12345").await;
        other.press("form:has(#digits) button").await;
        let expected = if wrong < 5 { "code_wrong" } else { "factor_locked" };
        assert_eq!(other.read("main code").await, expected, "{wrong}");
    }
    other.open("/second-factor").await;
    assert!(other.text().await.contains("locked"), "{}", other.text().await);
    assert_eq!(ann.lands("/photos").await, LIST, "the factor is locked, not the account");
    ann
}

/// By the person, who then is asked for everything again; and by Keycloak, which tells the pages from its own machine.
async fn logout_at_the_provider(house: &House, lena: &Desk) {
    lena.open("/sessions").await;
    lena.press("header button").await;
    lena.at("/sign-out").await;
    lena.press("main form button").await;
    lena.at("/sign-in").await;
    let asked = lena.sign_in(&LENA, LIST).await;
    assert_eq!(asked, ["began", "name and password", "code"], "Keycloak's own session has ended too");

    let before = house.told(&["sign_out", "by_provider"]).await;
    house.keycloak().admin_of("lena", Method::POST, "/logout", None).await.unwrap();
    lena.is_put_out().await;
    assert_eq!(house.told(&["sign_out", "by_provider"]).await, before + 1);
}

/// A role that was given inside is gone at the next click; one that Keycloak gave, once Keycloak has ended the session.
async fn roles_taken_away(house: &House, adam: &Desk, lena: &Desk) {
    lena.sign_in(&LENA, LIST).await;
    assert_eq!(lena.lands("/governance").await, "/governance");
    assert_eq!(lena.read("main code").await, "not_allowed");
    adam.prove_again(&ADAM, "/people/roles").await;
    let give = "return [...document.querySelectorAll('li')].find(e => e.textContent.includes('Lena Lead'))
        ?.querySelector('a[href^=\"/people/roles/give\"]')?.getAttribute('href')";
    let give = adam.find(give).await;
    adam.lands(&give).await;
    adam.fill("#role", "governance").await;
    adam.fill("#reason", "stands in this week").await;
    adam.press("main form button.main").await;
    lena.open("/governance").await;
    assert!(lena.read("h1").await.contains("Governance"), "{}", lena.text().await);
    adam.open("/people/roles").await;
    let take = "return document.querySelector('a[href^=\"/people/roles/take\"]')?.getAttribute('href')";
    let take = adam.find(take).await;
    adam.lands(&take).await;
    adam.fill("#reason", "is back").await;
    adam.press("main form button.irreversible").await;
    lena.lands("/governance").await;
    assert_eq!(lena.read("main code").await, "not_allowed", "in the same session, at the next click");

    house.keycloak().take_role("lena", "lead").await.unwrap();
    house.keycloak().admin_of("lena", Method::POST, "/logout", None).await.unwrap();
    lena.is_put_out().await;
    lena.sign_in(&LENA, "/sessions").await;
    lena.open("/photos").await;
    assert!(lena.text().await.contains("You belong to no team"), "{}", lena.text().await);
}

/// Ann photographs, hands the phone over, and Lena photographs: the browser is the same, and each photo says who took it, proven by
/// Keycloak's signature for this phone.
async fn a_phone_that_changes_hands(house: &House) {
    let hospital = &house.hospital;
    let mut record = record();
    record["team"] = json!({ "code": TEAM, "words": "Tissue viability" });
    gauze_tests::hospital::write(&hospital.home().join("record.json"), &record.to_string()).unwrap();
    let photos = pictures(hospital.home(), 2);
    let capture = async |photo: &std::path::Path| {
        command(hospital, &["capture", "--record", "record.json", photo.to_str().unwrap()]).await
    };
    let refused = capture(&photos[0]).await;
    assert_ne!(refused.code, Some(0), "nobody is signed in: {}", refused.stdout);
    let browser = house.desk().await;
    let expected: [&[&str]; 2] = [&["name and password"], &["not ann", "name and password", "code"]];
    for ((somebody, photo), expected) in [&ANN, &LENA].into_iter().zip(&photos).zip(expected) {
        let said = phone::sign_in(hospital, async |page| {
            let (back, asked) = browser.on_phone(page, somebody, &house.phones_at).await;
            assert_eq!(asked, expected, "{}", somebody.login);
            Ok(back)
        });
        let said = said.await.unwrap();
        assert!(said.contains(somebody.name), "{said}");
        let taken = capture(photo).await;
        assert_eq!(taken.code, Some(0), "{}", taken.stderr);
    }
    let sent = command(hospital, &["upload", "--retry", "60", "--wait", "60"]).await;
    assert_eq!(sent.code, Some(0), "{}", sent.stderr);
    let takers = takers(house).await;
    assert_eq!(takers.len(), 2, "{takers:?}");
    for (name, factors) in [(ANN.name, "without a second factor"), (LENA.name, "with a second factor")] {
        let theirs: Vec<&String> = takers.iter().filter(|taker| taker.contains(name)).collect();
        assert!(
            matches!(theirs[..], [taker] if taker.contains("Proven") && taker.contains(factors)),
            "{name}, {factors}: {takers:?}"
        );
    }
}

/// What a photo's page says of who took it; the page itself also names whoever looks.
const TAKER: &str = "section[aria-labelledby=facts] dd:has(.state):has(.hint)";

/// What the pages say of who took each photo.
async fn takers(house: &House) -> Vec<String> {
    let people: Value = house.keycloak().admin_of("lena", Method::GET, "", None).await.unwrap();
    assert_eq!(people["username"], "lena");
    let role = house.keycloak().admin(Method::GET, "/realms/hospital/roles/lead", None).await.unwrap();
    let lena = "/role-mappings/realm";
    house.keycloak().admin_of("lena", Method::POST, lena, Some(json!([role]))).await.unwrap();
    let desk = house.desk().await;
    desk.sign_in(&LENA, LIST).await;
    desk.open(&format!("/lists/{TEAM}")).await;
    let links = desk.all("a[href^='/photos/']").await;
    let mut takers = Vec::new();
    for link in links {
        desk.open(&link).await;
        takers.push(desk.read(TAKER).await);
    }
    takers
}

/// As an app reads it (RFC 4648).
fn base32(text: &str) -> Vec<u8> {
    let (mut out, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(u8::is_ascii_alphanumeric) {
        let letter = letter.to_ascii_uppercase();
        let value = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
        (held, bits) = ((held << 5) | u32::from(value), bits + 5);
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((held >> bits) & 0xff).unwrap());
            held &= (1 << bits) - 1;
        }
    }
    out
}
