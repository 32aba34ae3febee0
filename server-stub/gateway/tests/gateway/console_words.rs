//! What the console says: words of people and phones as text, what became of a phone and what to do, each sentence once.

use std::collections::HashMap;

use gauze_gateway::admin::after_lost;
use gauze_wire::{Enrolment, Jws, Photos, Policy, ProblemCode, Signed as _};

use crate::console::{Browser, form_urlencoded};
use crate::fixture::{Gateway, Hospital, Phone, by};

#[tokio::test]
async fn what_operators_say_is_text_and_never_markup() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let admin = gateway.admin(&hospital).await;
    let hostile = r#"</textarea><script>alert("1")</script>"#;
    admin.suspend(&phone.id(), &by(hostile)).await.unwrap();
    admin.request_token(1, None, &by(hostile)).await.unwrap();
    let browser = Browser::of(&gateway, &hospital).await;
    let query = form_urlencoded(hostile);
    for page in [format!("/devices/{}", phone.id()), "/tokens".into(), format!("/devices?q={query}")] {
        let html = browser.open(&page).await;
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{page}");
    }
}

/// What a phone says as its `field`: it would end an attribute, a title or a field of a form, and then run.
fn markup(field: &str) -> String {
    format!(r#"{field}"'></title></textarea><script>alert("{field}")</script>&lt;"#)
}

/// The same as it stands in a page that shows it as text.
fn as_text(said: &str) -> String {
    said.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[tokio::test]
async fn what_a_phone_says_is_text_on_every_page_that_shows_it() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::new(&hospital);
    let hostile = ["model", "serial", "ward", "0.1-version"].map(markup);
    let all = hostile.each_ref().map(String::as_str);
    let [model, serial, ward, version] = all;
    let evidence = phone
        .evidence_with(&gateway, &hospital, |enrolment| {
            enrolment.model = model.parse().unwrap();
            enrolment.serial = Some(serial.parse().unwrap());
            enrolment.ward = Some(ward.parse().unwrap());
        })
        .await;
    gateway.enrol(&hospital.tenant, &evidence).await.expect(201);
    let mut said = Phone::holding(3, 2);
    said.holding.as_mut().unwrap().app_version = version.parse().unwrap();
    gateway.ask(phone.request(&gateway, "status", &said)).await.expect(200);

    let browser = Browser::of(&gateway, &hospital).await;
    let shows = async |page: &str, words: &[&str]| {
        let html = browser.open(page).await;
        assert!(all.iter().all(|&said| !html.contains(said)) && !html.contains("<script"), "{page}: {html}");
        for said in words {
            assert!(html.contains(&as_text(said)), "{page} does not show {said}: {html}");
        }
    };
    let (device, known) = (format!("/devices/{}", phone.id()), [model, serial, ward]);
    shows("/devices", &known).await;
    shows(&format!("/devices?q={}", form_urlencoded(serial)), &known).await;
    shows(&device, &all).await;
    for change in ["suspend", "resume", "revoke", "succeed", "unflag", "wipe", "lost"] {
        shows(&format!("{device}/{change}"), &known).await;
    }
    shows(&format!("/report?phone={}", phone.id()), &[serial]).await;
    gateway.admin(&hospital).await.lost(&phone.id(), Photos::Keep, &by("taxi")).await.unwrap();
    shows(&format!("{device}/lost"), &known).await;
}

#[tokio::test]
async fn a_phone_whose_words_turn_the_direction_of_writing_does_not_enrol() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::new(&hospital);
    let (token, challenge) = (hospital.sign_token(gateway.now()), gateway.challenge(&hospital.tenant).await);
    let said = Enrolment {
        model: "0.1-said".parse().unwrap(),
        serial: Some("0.1-said".parse().unwrap()),
        ward: Some("0.1-said".parse().unwrap()),
        app_version: "0.1-said".parse().unwrap(),
        ..hospital.enrolment(&phone.key, token, challenge, gateway.now())
    };
    // As text: these types hold no such words.
    let said = serde_json::to_string(&said).unwrap();
    let enrol = async |said: &str| {
        let evidence = Jws::sign_bytes(Enrolment::TYP, said.as_bytes(), &phone.key).unwrap();
        gateway.enrol(&hospital.tenant, &evidence).await
    };
    for field in ["model", "serial", "ward", "app_version"] {
        for turn in ['\u{202e}', '\u{2066}', '\u{200f}'] {
            let plain = format!(r#""{field}":"0.1-said""#);
            assert!(said.contains(&plain), "{field}");
            let turned = said.replace(&plain, &format!(r#""{field}":"0.1-{turn}said""#));
            assert_eq!(enrol(&turned).await.refusal(), ProblemCode::MalformedRequest, "{field}");
        }
    }
    enrol(&said).await.expect(201);
}

#[tokio::test]
async fn the_ward_that_device_management_named_comes_before_what_the_token_was_asked_for() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    let asked = admin.request_token(8, None, &by("spare phones")).await.unwrap();
    let token = hospital.approve(&gateway, &asked).await;
    let phone = Phone::new(&hospital);
    let challenge = gateway.challenge(&hospital.tenant).await;
    let mut enrolment = hospital.enrolment(&phone.key, token, challenge, gateway.now());
    enrolment.ward = Some("Tŷ <Gwyn>".parse().unwrap());
    let evidence = Jws::sign(&enrolment, &phone.key).unwrap();
    gateway.enrol(&hospital.tenant, &evidence).await.expect(201);
    let browser = Browser::of(&gateway, &hospital).await;
    let listed = browser.open("/devices?sort=ward").await;
    assert!(listed.contains("Tŷ &lt;Gwyn&gt;") && !listed.contains("spare phones"), "{listed}");
    let story = browser.open(&format!("/devices/{}", phone.id())).await;
    assert!(story.contains("Tŷ &lt;Gwyn&gt;") && story.contains("spare phones"), "{story}");
    // Where somebody decides about it both stand, and whose words they are.
    for page in ["suspend", "lost"] {
        let known = browser.open(&format!("/devices/{}/{page}", phone.id())).await;
        let words =
            "For: Tŷ &lt;Gwyn&gt; (stated by device management). Its token was asked for: spare phones.";
        assert!(known.contains(words), "{page}: {known}");
    }
}

#[tokio::test]
async fn a_replaced_phone_says_by_which_and_one_never_heard_from_says_not_known() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let old = Phone::enrolled(&gateway, &hospital).await;
    let new = Phone::enrolled_after(&old, &gateway, &hospital).await;
    let short = new.id().as_str()[..8].to_owned();
    let story = browser.open(&format!("/devices/{}", old.id())).await;
    assert!(story.contains("Replaced by") && story.contains(&short), "{story}");
    assert!(story.contains("<dt>Photos taken</dt><dd>Not known</dd>"), "{story}");
    let listed = browser.open("/devices?current=1").await;
    assert!(listed.contains(new.id().as_str()) && !listed.contains(old.id().as_str()));
    let claims = Phone::enrolled_claiming(&new, &gateway, &hospital).await;
    let story = browser.open(&format!("/devices/{}", new.id())).await;
    assert!(story.contains("Another phone says that it replaces it") && !story.contains("Replaced by"));
    assert!(browser.open("/devices?current=1").await.contains(new.id().as_str()), "a claim hides nothing");

    let lost = admin.lost(&claims.id(), Photos::Keep, &by("taxi")).await.unwrap();
    let report = browser.open(&format!("/devices/{}/lost", claims.id())).await;
    let id = lost.wipe.proposal_id.as_str();
    for told in [id, "device management", "sessions", "never heard from", "open uploads are dead"] {
        assert!(report.contains(told), "{told}: {report}");
    }
    assert!(!report.contains("0 photos"), "{report}");
}

#[tokio::test]
async fn the_lost_phones_page_gives_every_command_of_the_manual_and_the_command_line_the_same_steps() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    phone.hears(&gateway, 3, 2).await;
    let admin = gateway.admin(&hospital).await;
    let report = admin.lost(&phone.id(), Photos::Keep, &by("taxi")).await.unwrap();
    let manual = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lost-phone.md");
    let manual = std::fs::read_to_string(manual).unwrap();
    let section = |heading: &str| {
        let (_, rest) = manual.split_once(&format!("\n## {heading}")).unwrap();
        rest.split("\n## ").next().unwrap().to_owned()
    };
    let (approval, rest) = (section("4. "), section("5. "));
    let approve = approval.lines().find(|line| line.contains("proposals approve")).unwrap();
    let mut wanted = vec![approve.replace("PROPOSAL", report.wipe.proposal_id.as_str())];
    wanted.extend(rest.split('`').skip(1).step_by(2).map(str::to_owned));
    assert_eq!(wanted.len(), 3, "{wanted:?}");

    let place = format!("--data gateway --tenant {}", hospital.tenant);
    let steps = after_lost((Some(&report.wipe), &report.device, report.missing), &place);
    let commands: Vec<_> = steps.iter().filter_map(|(_, command)| command.clone()).collect();
    assert_eq!(commands, wanted);
    let page = browser_text(
        &Browser::of(&gateway, &hospital).await.open(&format!("/devices/{}/lost", phone.id())).await,
    );
    for (told, command) in &steps {
        assert!(page.contains(told), "{told}: {page}");
        assert!(command.as_ref().is_none_or(|command| page.contains(command)), "{command:?}: {page}");
    }
    // What the manual's other lines ask for.
    for told in [
        "device management",
        "sessions at the identity provider",
        "may have to be taken again",
        "Something went wrong",
    ] {
        assert!(steps.iter().any(|(step, _)| step.contains(told)), "{told}: {steps:?}");
    }
}

/// A page's words as its reader sees them.
fn browser_text(html: &str) -> String {
    html.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[tokio::test]
async fn a_phone_whose_serial_number_was_taken_off_the_list_is_told_with_what_to_do() {
    let hospital = Hospital::ward();
    let policy = Policy { stated_serials: true, ..hospital.policy(1) };
    let gateway = Gateway::under(&hospital, &policy).await;
    let token = hospital.gives_list(&gateway, 1, &["A1", "B2"], true).await.unwrap();
    let [kept, sold] = [Phone::new(&hospital), Phone::new(&hospital)];
    for (phone, serial) in [(&kept, "A1"), (&sold, "B2")] {
        phone.enrols_as(&gateway, &hospital, (token.clone(), serial)).await;
    }
    // A phone with a token of its own was never on the list.
    let alone = Phone::enrolled(&gateway, &hospital).await;
    hospital.gives_list(&gateway, 2, &["A1"], false).await;
    let browser = Browser::of(&gateway, &hospital).await;
    assert!(browser.open("/inventory").await.contains("1 of 1 phones enrolled"));
    let told = "Its serial number was taken off the hospital's list";
    for (phone, retired) in [(&kept, false), (&sold, true), (&alone, false)] {
        let story = browser_text(&browser.open(&format!("/devices/{}", phone.id())).await);
        assert_eq!(story.contains(told), retired, "{story}");
        if retired {
            for step in ["suspend", "lost"] {
                let link = format!("href=\"/devices/{}/{step}\"", phone.id());
                assert!(story.matches(&link).count() >= 2, "{link}: beside what is always offered: {story}");
            }
        }
    }
    assert_eq!(browser_text(&browser.open("/devices").await).matches(told).count(), 1);
    let admin = gateway.admin(&hospital).await;
    admin.revoke(&sold.id(), &by("sold")).await.unwrap();
    assert!(!browser_text(&browser.open("/devices").await).contains(told), "nothing is left to do");
}

/// A sentence that stands in two files drifts apart: those that several need are in `words.rs`, once.
#[test]
fn every_sentence_of_the_console_stands_once() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/src/console");
    let mut seen: HashMap<String, String> = HashMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".rs"))
        else {
            continue;
        };
        let code: String = std::fs::read_to_string(&path)
            .unwrap()
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n");
        for text in code.replace("\\\"", "'").split('"').skip(1).step_by(2) {
            let text = text.replace("\\\n", "");
            for sentence in text.split_inclusive(['.', ':', '!', '?']).map(str::trim) {
                if sentence.split_whitespace().count() < 4 {
                    continue;
                }
                let before = seen.insert(sentence.to_owned(), name.to_owned());
                assert_eq!(before, None, "{sentence:?} stands in {name} too");
            }
        }
    }
    assert!(seen.len() > 100, "{}", seen.len());
}
