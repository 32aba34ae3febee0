//! A link from its making to its last view in a real Chromium, light and dark, narrow and wide; and what is tried with one that opens nothing.

use gauze_people::action::Action;
use gauze_people::log::What;
use gauze_people::person::Role;
use jiff::SignedDuration;
use serde_json::json;

use super::browser::driver::Browser;
use super::browser::{WRONG, has, picture, served, wait_for};
use super::links::{Sent, make, sent};
use super::ward::{TEAM, Ward, person};

async fn look(browser: &Browser, address: &str, name: &str) {
    for (width, scheme) in [(1280, "light"), (320, "dark"), (320, "light"), (1280, "dark")] {
        browser.look(width, scheme).await;
        browser.open(address).await;
        assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "{name} at {width}, {scheme}");
        picture(browser, &format!("{name}-{width}-{scheme}")).await;
    }
    browser.run("document.documentElement.style.fontSize = '200%'; return 0", json!([])).await;
    assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "{name} with text of 200 %");
}

#[tokio::test]
async fn a_link_is_made_opened_and_used_up_in_a_browser() {
    let Some(browser) = Browser::start().await else {
        println!("skipped: no Chromium with chromedriver");
        return;
    };
    let (ward, stop, _dir) = served().await;
    let lead = ward.sign_in(person("Sister Siân Okonkwo-Featherstone", Role::Lead, TEAM));
    let origin = format!("https://{}", ward.host);
    has(&browser, &ward, &lead.cookie).await;
    let photo = ward.photos().await[1].handle.to_string();
    look(&browser, &format!("{origin}/photos/{photo}/link"), "link-form").await;
    look(&browser, &format!("{origin}/photos/{photo}/export"), "export-form").await;

    // The maker fills the form in, and the page with address and code comes once.
    browser.look(1280, "light").await;
    browser.open(&format!("{origin}/photos/{photo}/link")).await;
    let fill = "
        document.querySelector('#reader').value = 'Dr Anwen Evans, Elm Surgery';
        document.querySelector('[name=code]').checked = true;
        document.querySelector('#words').value = 'Is this a pressure ulcer';
        document.querySelector('[name=copy]').checked = true;
        document.querySelector('button.main').click(); return 0";
    browser.run(fill, json!([])).await;
    wait_for(&browser, "return !!document.querySelector('p.code')").await;
    for (width, scheme) in [(1280, "light"), (320, "dark"), (320, "light"), (1280, "dark")] {
        browser.look(width, scheme).await;
        assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "link-made at {width}, {scheme}");
        picture(&browser, &format!("link-made-{width}-{scheme}")).await;
    }
    let page = "return document.querySelector('#text').value + '<p class=\"code\">' + document.querySelector('p.code').textContent + '<'";
    let link = sent(browser.run(page, json!([])).await.as_str().unwrap());

    // The reader has no session here.
    browser.devtools("Network.clearBrowserCookies", json!({})).await;
    let door = format!("{origin}{}", link.door);
    look(&browser, &door, "link-door").await;
    browser.look(1280, "light").await;
    browser.open(&door).await;
    let open = |code: &str| {
        format!(
            "document.querySelector('#code').value = '{code}'; document.querySelector('button.main').click(); return 0"
        )
    };
    let wrong = if link.code == "00000000" { "11111111" } else { "00000000" };
    browser.run(&open(wrong), json!([])).await;
    wait_for(&browser, "return !!document.querySelector('.trouble')").await;
    picture(&browser, "link-wrong-1280-light").await;
    browser.run(&open(&link.code), json!([])).await;
    wait_for(
        &browser,
        "return !!document.querySelector('canvas') && !document.querySelector('.controls').hidden",
    )
    .await;
    assert_eq!(browser.run("return document.cookie", json!([])).await, json!(""));
    for (width, scheme) in [(1280, "light"), (320, "dark"), (320, "light"), (1280, "dark")] {
        browser.look(width, scheme).await;
        browser.open(&format!("{door}/photo")).await;
        wait_for(
            &browser,
            "return !!document.querySelector('canvas') && !document.querySelector('.controls').hidden",
        )
        .await;
        assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "link-photo at {width}, {scheme}");
        picture(&browser, &format!("link-photo-{width}-{scheme}")).await;
    }
    browser.run("document.querySelector('canvas').focus(); return 0", json!([])).await;
    browser.press("1").await;
    let tiles =
        "return performance.getEntriesByType('resource').some((one) => /\\/pictures\\/0\\//.test(one.name))";
    wait_for(&browser, tiles).await;

    // Once more than it may.
    look(&browser, &door, "link-used-up").await;
    wait_for(&browser, "return document.body.textContent.includes('opened as often as it may be')").await;

    has(&browser, &ward, &lead.cookie).await;
    make(&lead, &photo, &[("days", "2"), ("views", "3")]).await;
    look(&browser, &format!("{origin}/links"), "links").await;
    browser
        .run(
            "document.querySelectorAll('details').forEach((one) => { one.open = true }); return 0",
            json!([]),
        )
        .await;
    picture(&browser, "links-open-1280-dark").await;
    drop(stop);
    ward.end().await;
}

/// The link that a lead of the team makes, and its number.
async fn made(ward: &Ward, days: &str, views: &str) -> (Sent, usize) {
    let lead = ward.sign_in(person("Sister Lead", Role::Lead, TEAM));
    let photo = ward.photos().await[1].handle.to_string();
    let page = make(&lead, &photo, &[("days", days), ("views", views)]).await.text();
    let lines = ward.office.entries();
    let number = lines.iter().rposition(|entry| entry.what == What::Action(Action::MakeLink)).unwrap();
    (sent(&page), number)
}

/// Enters a code on the page as it stands, and waits for the next one.
async fn enter(browser: &Browser, code: &str) {
    let fill = "
        window.before = true;
        document.querySelector('#code').value = arguments[0];
        document.querySelector('button.main').click(); return 0";
    browser.run(fill, json!([code])).await;
    wait_for(browser, "return !window.before && document.readyState === 'complete'").await;
}

async fn says(browser: &Browser, words: &str) {
    let found = browser.run("return document.body.textContent.includes(arguments[0])", json!([words])).await;
    assert_eq!(found, json!(true), "{words}");
    let pixels =
        browser.run("return document.querySelectorAll('canvas, img, [data-shown]').length", json!([])).await;
    assert_eq!(pixels, json!(0), "{words}");
}

const SHOWN: &str =
    "return !!document.querySelector('canvas') && !document.querySelector('.controls').hidden";

/// Opens a link with its code; its door.
async fn opens(browser: &Browser, ward: &Ward, link: &Sent) -> String {
    let door = format!("https://{}{}", ward.host, link.door);
    browser.open(&door).await;
    enter(browser, &link.code).await;
    wait_for(browser, SHOWN).await;
    door
}

/// Neither the photo that was open nor the door shows anything more.
async fn shows_nothing(browser: &Browser, door: &str, words: &str) {
    for address in [format!("{door}/photo").as_str(), door] {
        browser.open(address).await;
        says(browser, words).await;
    }
}

#[tokio::test]
async fn a_link_that_is_scanned_guessed_at_revoked_or_over_shows_nothing_in_a_browser() {
    let Some(browser) = Browser::start().await else {
        println!("skipped: no Chromium with chromedriver");
        return;
    };
    let (ward, stop, _dir) = served().await;
    browser.devtools("Security.setIgnoreCertificateErrors", json!({ "ignore": true })).await;

    // A program that reads mail opens the address, presses what is there, and follows what it can think of: the view stays.
    let (link, _) = made(&ward, "1", "1").await;
    let door = format!("https://{}{}", ward.host, link.door);
    for _ in 0..5 {
        browser.open(&door).await;
        says(&browser, "It opens once more").await;
    }
    browser.run("window.before = true; document.querySelector('form').submit(); return 0", json!([])).await;
    wait_for(&browser, "return !window.before && !!document.querySelector('.trouble')").await;
    says(&browser, "A code has eight digits").await;
    browser.open(&format!("{door}/photo")).await;
    says(&browser, "It opens once more").await;
    assert_eq!(
        browser.run("return location.pathname", json!([])).await,
        json!(link.door),
        "back at the door"
    );
    opens(&browser, &ward, &link).await;
    browser.open(&door).await;
    says(&browser, "It was opened as often as it may be").await;

    // Whoever has the address and no code guesses five times; the right code comes too late.
    let (link, _) = made(&ward, "1", "3").await;
    let door = format!("https://{}{}", ward.host, link.door);
    let wrong = if link.code == "00000000" { "11111111" } else { "00000000" };
    browser.open(&door).await;
    for told in ["This is not the code", "not the code", "not the code", "not the code", "It is locked"] {
        enter(&browser, wrong).await;
        says(&browser, told).await;
    }
    shows_nothing(&browser, &door, "It is locked").await;
    assert_eq!(browser.run("return !document.querySelector('#code')", json!([])).await, json!(true));

    // Its maker revokes it while it is open.
    let (link, number) = made(&ward, "1", "3").await;
    let door = opens(&browser, &ward, &link).await;
    let lead = ward.sign_in(person("Sister Lead", Role::Lead, TEAM));
    has(&browser, &ward, &lead.cookie).await;
    browser.open(&format!("https://{}/links", ward.host)).await;
    let own = format!("input[name=link][value=\"{number}\"]");
    let press = "document.querySelector(arguments[0]).form.querySelector('button').click(); return 0";
    browser.run(press, json!([own])).await;
    wait_for(&browser, &format!("return !document.querySelector('{own}')")).await;
    shows_nothing(&browser, &door, "The team that sent it has revoked it").await;

    // Its time ends while it is open.
    let (link, _) = made(&ward, "1", "3").await;
    let door = opens(&browser, &ward, &link).await;
    ward.hospital.clock.advance(SignedDuration::from_hours(25));
    shows_nothing(&browser, &door, "Its time is over").await;

    two_at_once(&browser, &ward).await;
    drop(stop);
    ward.end().await;
}

/// Two at the last view at the same time, each in a tab of its own.
async fn two_at_once(browser: &Browser, ward: &Ward) {
    let (link, _) = made(ward, "1", "1").await;
    let mut tabs = Vec::new();
    for _ in 0..2 {
        let tab = browser.post("/window/new", json!({ "type": "tab" })).await["handle"].clone();
        browser.post("/window", json!({ "handle": tab })).await;
        browser.devtools("Security.setIgnoreCertificateErrors", json!({ "ignore": true })).await;
        browser.open(&format!("https://{}{}", ward.host, link.door)).await;
        tabs.push(tab);
    }
    let at = browser.run("return Date.now() + 2500", json!([])).await;
    let both = "
        document.querySelector('#code').value = arguments[0];
        setTimeout(() => document.querySelector('button.main').click(), arguments[1] - Date.now());
        return 0";
    for tab in &tabs {
        browser.post("/window", json!({ "handle": tab })).await;
        browser.run(both, json!([link.code, at])).await;
    }
    let (mut opened, mut shut) = (0, 0);
    for tab in &tabs {
        browser.post("/window", json!({ "handle": tab })).await;
        let next = "return !document.querySelector('#code') && document.readyState === 'complete'";
        wait_for(browser, next).await;
        if browser.run("return location.pathname", json!([])).await == json!(format!("{}/photo", link.door)) {
            opened += 1;
        } else {
            says(browser, "It was opened as often as it may be").await;
            shut += 1;
        }
    }
    assert_eq!((opened, shut), (1, 1), "one view is one view");
}
