//! A link from its making to its last view in a real Chromium, light and dark, narrow and wide.

use gauze_people::person::Role;
use serde_json::json;

use super::browser::driver::Browser;
use super::browser::{WRONG, has, picture, served, wait_for};
use super::links::{make, sent};
use super::ward::{TEAM, person};

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
