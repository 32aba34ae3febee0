//! What the console's forms keep after a mistake, and what the policy's page and the search know.

use std::collections::BTreeMap;

use gauze_gateway::DeviceSearch;
use gauze_wire::{AndroidRules, AppleRules, Jws, Life, Photos, Policy, ReviewDenied, WipeCause, Wiped};
use serde_json::{Value, json};

use crate::console::{Browser, form_urlencoded, led_to};
use crate::fixture::{Gateway, Hospital, Phone, by};
use crate::proposals::word as wiped;

#[tokio::test]
async fn a_refused_form_stands_again_with_what_was_typed_and_can_be_sent_once_it_is_right() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let browser = Browser::of(&gateway, &hospital).await;

    let reason = form_urlencoded("left <in> a taxi");
    let page = format!("/devices/{}/lost", phone.id());
    let refused = browser.submit(&page, &format!("reason={reason}&photos=destroy&confirm=somebody")).await;
    refused.expect(400);
    let html = String::from_utf8_lossy(&refused.body).into_owned();
    for kept in [
        r#"name="reason" value="left &lt;in&gt; a taxi""#,
        r#"name="operator" value="helpdesk-7""#,
        "not_confirmed",
        "Nothing was changed.",
    ] {
        assert!(html.contains(kept), "{kept} is not in {html}");
    }
    assert!(!html.contains("<in>"));

    let slip = form_urlencoded("{ \"keep_days\": \"<seven>\" }");
    let refused = browser.submit("/policy", &format!("reason=shorter&policy={slip}")).await;
    let html = String::from_utf8_lossy(&refused.body).into_owned();
    assert!(html.contains("&quot;&lt;seven&gt;&quot; }</textarea>"), "{html}");
    // The form that came back is one of ours.
    let (_, proof) = html.split_once(r#"name="proof" value=""#).unwrap();
    let proof = proof.split_once('"').unwrap().0;
    let admin = gateway.admin(&hospital).await;
    let mut next = serde_json::to_value(admin.policy().await.unwrap().policy).unwrap();
    next["version"] = 2.into();
    let fields = format!("proof={proof}&operator=a&reason=b&policy={}", form_urlencoded(&next.to_string()));
    assert_eq!(led_to(&browser.send(Browser::form("/policy"), &fields).await), "/policy");

    // What no other words mend, a form that is not ours, or about nothing that is there, is not offered again.
    let forged = browser.send(Browser::form("/policy"), "proof=x&operator=a&reason=kept&policy=b").await;
    assert!(forged.status == 403 && !String::from_utf8_lossy(&forged.body).contains("kept"));
}

#[tokio::test]
async fn what_cannot_be_undone_is_confirmed_anew_after_a_mistake() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let confirm = &phone.id().as_str()[..8].to_owned();
    let nobody = form_urlencoded("\u{7}");
    for (act, fields, button) in [
        ("lost", format!("photos=destroy&confirm={confirm}"), "Shut this phone out"),
        ("wipe", "photos=destroy".to_owned(), "Ask for a wipe"),
        ("revoke", String::new(), "Revoke this phone"),
    ] {
        let page = format!("/devices/{}/{act}", phone.id());
        let refused = browser.submit(&page, &format!("reason={nobody}&{fields}")).await;
        refused.expect(400);
        let html = String::from_utf8_lossy(&refused.body).into_owned();
        assert!(html.contains("operator_invalid") && html.contains("This cannot be undone."), "{html}");
        assert!(
            html.contains(&format!(r#"<button class="danger" type="submit">{button}</button>"#)),
            "{html}"
        );
        for armed in [&format!(r#"value="{confirm}""#), "selected", "checked", "Send it again"] {
            assert!(!html.contains(armed), "{armed} is in {html}");
        }
        // Sent as it stands, it does nothing.
        if act != "revoke" {
            browser.submit(&page, "reason=lost&photos=&confirm=").await.expect(400);
        }
    }
    let suspend = format!("/devices/{}/suspend", phone.id());
    let refused = browser.submit(&suspend, &format!("reason={nobody}")).await;
    assert!(String::from_utf8_lossy(&refused.body).contains("Send it again"), "this can be undone");

    // No other words mend that a phone is revoked.
    let admin = gateway.admin(&hospital).await;
    admin.revoke(&phone.id(), &by("stolen")).await.unwrap();
    let refused = browser.submit(&suspend, "reason=kept").await;
    refused.expect(409);
    let html = String::from_utf8_lossy(&refused.body).into_owned();
    assert!(html.contains("device_revoked") && !html.contains("<form"), "{html}");
}

/// What stands before `end` behind `begin`.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    text.split_once(begin)?.1.split(end).next()
}

/// The form of a page: what it fills in by itself, and what it asks for, by names.
fn form(html: &str) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let form =
        between(html, "<form method=\"post\"", "</form>").unwrap_or_else(|| panic!("no form in {html}"));
    let (mut hidden, mut asked, mut legend) = (BTreeMap::new(), BTreeMap::new(), "");
    for tag in form.split('<').skip(1) {
        legend = tag.strip_prefix("legend>").unwrap_or(legend);
        let Some(name) = between(tag, " name=\"", "\"") else { continue };
        if tag.contains("type=\"hidden\"") {
            hidden.insert(name.to_owned(), between(tag, "value=\"", "\"").unwrap().to_owned());
            continue;
        }
        let label = between(form, &format!("<label for=\"{name}\">"), "<").unwrap_or(legend);
        asked.insert(name.to_owned(), label.replace(" (may be left empty)", ""));
    }
    (hidden, asked)
}

#[tokio::test]
async fn a_form_without_one_of_its_fields_names_it_as_its_page_does_and_stands_again_with_every_field() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let [phone, lost] =
        [Phone::enrolled(&gateway, &hospital).await.id(), Phone::enrolled(&gateway, &hospital).await.id()];
    gateway.admin(&hospital).await.lost(&lost, Photos::Keep, &by("left in a taxi")).await.unwrap();
    let browser = Browser::of(&gateway, &hospital).await;
    let changes = ["lost", "suspend", "resume", "revoke", "succeed", "wipe"];
    let changes = changes.map(|change| format!("/devices/{phone}/{change}"));
    let pages = ["/tokens", "/policy", "/report"].map(str::to_owned).into_iter().chain(changes);
    for page in pages.chain([format!("/devices/{lost}/unflag")]) {
        let (hidden, asked) = form(&browser.open(&page).await);
        assert!(asked.contains_key("operator"), "{page}: {asked:?}");
        for (missing, label) in &asked {
            let value = |name: &str| match name {
                "hours" => "8",
                "kind" => "breach",
                "photos" => "keep",
                "code" => "lost",
                _ => "x",
            };
            let typed = asked.keys().filter(|name| *name != missing).map(|name| (name, value(name)));
            let sent = hidden.iter().map(|(name, value)| (name, value.as_str())).chain(typed);
            let sent: Vec<_> = sent.map(|(name, value)| format!("{name}={value}")).collect();
            let refused = browser.send(Browser::form(&page), &sent.join("&")).await;
            refused.expect(400);
            let html = String::from_utf8_lossy(&refused.body).into_owned();
            assert!(html.contains(&format!("“{label}” is missing")), "{page} without {missing}: {html}");
            assert_eq!(form(&html), (hidden.clone(), asked.clone()), "{page} without {missing}");
        }
        // Without what it fills in by itself it could never succeed, and is not offered.
        let typed: Vec<_> = asked.keys().map(|name| format!("{name}=x")).collect();
        let refused = browser.send(Browser::form(&page), &typed.join("&")).await;
        let html = String::from_utf8_lossy(&refused.body).into_owned();
        assert!(!html.contains("<form"), "{page}: {html}");
    }
}

#[tokio::test]
async fn a_serial_number_says_what_it_rests_on_and_a_wiped_phone_by_which_it_was_perhaps_replaced() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let [old, new] = [Phone::new(&hospital), Phone::new(&hospital)];
    let enrol = async |phone: &Phone, serial| {
        phone.enrolled_for(&gateway, &hospital, (hospital.sign_token(gateway.now()), serial)).await
    };
    enrol(&old, "SN-7").await;
    enrol(&Phone::new(&hospital), "SN-70").await;
    let listed = browser.open("/devices").await;
    assert!(listed.contains(">SN-7 (stated)</a>") && listed.contains("Active</span>"), "{listed}");
    assert!(!listed.contains("eplaced by"), "{listed}");

    let word = Jws::sign(&wiped(&gateway, &old, None), &old.key).unwrap();
    gateway.post("/v1/ward-9/wiped", word.as_str().to_owned()).await.expect(204);
    enrol(&new, "sn-7").await;
    let short = &new.id().as_str()[..8].to_owned();
    let found = browser.open("/devices?q=SN-7&sort=serial").await;
    for told in ["Wiped</span>", "Perhaps replaced by a later phone of its serial number", short] {
        assert!(found.contains(told), "{told}: {found}");
    }
    let story = browser.open(&format!("/devices/{}", old.id())).await;
    assert!(story.contains("It was wiped") && !story.contains("show its own"), "{story}");
    let admin = gateway.admin(&hospital).await;
    assert_eq!(admin.device(&old.id()).await.unwrap().review_denied, Some(ReviewDenied::Wiped));
    assert_eq!(admin.device(&new.id()).await.unwrap().device.replaced_by, None);
    assert!(browser.open("/devices?current=1").await.contains(old.id().as_str()), "that hides nothing");
}

#[tokio::test]
async fn a_wiped_phone_is_counted_and_found_as_wiped_and_not_among_the_active_ones() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let mut phones = Vec::new();
    for _ in 0..4 {
        phones.push(Phone::enrolled(&gateway, &hospital).await);
    }
    assert!(browser.open("/devices").await.contains(": 4 active, 0 suspended, 0 revoked."));
    let [_, silent, gone, away] = phones.as_slice() else { panic!("four phones") };
    for (phone, cause) in [(silent, WipeCause::Offline), (gone, WipeCause::Asked), (away, WipeCause::Asked)] {
        let word = Wiped { cause, ..wiped(&gateway, phone, None) };
        let word = Jws::sign(&word, &phone.key).unwrap();
        gateway.post("/v1/ward-9/wiped", word.as_str().to_owned()).await.expect(204);
    }
    gateway.admin(&hospital).await.suspend(&away.id(), &by("left")).await.unwrap();

    let counted = ": 2 active, 1 wiped, 1 suspended, 0 revoked.";
    for (status, name, found) in [
        ("", "Any", [true; 4]),
        ("active", "Active", [true, true, false, false]),
        ("wiped", "Wiped", [false, false, true, false]),
        ("suspended", "Suspended", [false, false, false, true]),
        ("revoked", "Revoked", [false; 4]),
    ] {
        let page = browser.open(&format!("/devices?status={status}")).await;
        let listed = |phone: &Phone| page.contains(&format!("\"/devices/{}\"", phone.id()));
        assert_eq!(phones.iter().map(listed).collect::<Vec<_>>(), found, "{status}: {page}");
        let chosen = format!(r#"<option value="{status}" selected>{name}</option>"#);
        assert!(page.contains(counted) && page.contains(&chosen), "{status}: {page}");
    }
}

#[tokio::test]
async fn it_is_said_that_a_phone_which_is_suspended_takes_no_new_photos() {
    let hospital = Hospital::ward();
    let policy = Policy { life: Some(Life::RECOMMENDED), ..hospital.policy(1) };
    let gateway = Gateway::under(&hospital, &policy).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let device = format!("/devices/{}", phone.id());
    for page in [format!("{device}/suspend"), format!("{device}/lost"), "/policy".to_owned()] {
        assert!(browser.open(&page).await.contains("takes no new photos"), "{page}");
    }
    gateway.admin(&hospital).await.suspend(&phone.id(), &by("missing")).await.unwrap();
    assert!(browser.open(&device).await.contains("takes no new photos"));
}

#[tokio::test]
async fn one_photo_that_never_arrived_is_one() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    phone.hears(&gateway, 1, 1).await;
    gateway.admin(&hospital).await.lost(&phone.id(), Photos::Keep, &by("taxi")).await.unwrap();
    let report = Browser::of(&gateway, &hospital).await.open(&format!("/devices/{}/lost", phone.id())).await;
    for told in ["1 (number 1)", "that 1 photo may have to be taken again"] {
        assert!(report.contains(told), "{told}: {report}");
    }
}

#[tokio::test]
async fn a_policy_as_large_as_one_is_signed_goes_through_the_form_and_a_larger_one_is_told() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let admin = gateway.admin(&hospital).await;
    let mut next = serde_json::to_value(admin.policy().await.unwrap().policy).unwrap();
    next["version"] = 2.into();
    let teams = |many: usize| -> Value {
        (0..many).map(|n| json!({"code": format!("team-{n}"), "words": "w".repeat(n % 120 + 1)})).collect()
    };
    let sites = |many: usize| -> Value {
        let site = |n| json!({"system": "http://snomed.info/sct", "code": n, "words": "s".repeat(120), "sided": true});
        (0..many).map(|n| site(n.to_string())).collect()
    };
    next["lists"] = json!({"teams": teams(500), "sites": sites(650)});
    let large = form_urlencoded(&format!("{next:#}"));
    assert!(large.len() > 500_000, "{}", large.len());
    assert_eq!(led_to(&browser.submit("/policy", &format!("reason=lists&policy={large}")).await), "/policy");
    assert_eq!(admin.policy().await.unwrap().proposals.len(), 1);

    next["lists"]["sites"] = sites(1000);
    let larger = form_urlencoded(&format!("{next:#}"));
    let refused = browser.submit("/policy", &format!("reason=lists&policy={larger}")).await;
    refused.expect(400);
    let html = String::from_utf8_lossy(&refused.body).into_owned();
    assert!(html.contains("policy_invalid") && html.contains("shorten its lists"), "{}", &html[..2000]);
    assert!(html.contains("team-499") && html.contains("</textarea>"), "it stands again");
}

/// The names of a JSON object's fields, with those of what stands below it behind a point.
fn names(value: &Value) -> Vec<String> {
    let below = |(name, value): (&String, &Value)| match names(value) {
        below if below.is_empty() => vec![name.clone()],
        below => below.into_iter().map(|below| format!("{name}.{below}")).collect(),
    };
    match value {
        Value::Object(fields) => fields.iter().flat_map(below).collect(),
        Value::Array(items) => items.iter().flat_map(names).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[tokio::test]
async fn where_no_policy_was_signed_the_page_says_the_strictest_and_that_no_phone_can_enrol() {
    let hospital = Hospital::ward();
    let gateway = Gateway::without_policy(&hospital).await;
    let page = Browser::of(&gateway, &hospital).await.open("/policy").await;
    for told in [
        "no phone can enrol",
        "heard nothing from the hospital for 7 days wipes itself",
        "A phone cannot show the photos it took.",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains("never wipes itself"), "{page}");
}

#[tokio::test]
async fn every_field_of_the_policy_is_told_by_its_name_and_every_fence_by_its_own() {
    let hospital = Hospital::ward();
    let day = json!([{"days": ["mon", "sun"], "from": 480, "until": 1080}, {"days": ["sat"], "from": 1320, "until": 360}]);
    let fences = json!([
        {
            "id": "site-a", "words": "Site A", "mode": "block_capture",
            "areas": [
                {"circle": {"centre": {"lat_e7": 558600000, "lon_e7": -40250000}, "radius_m": 300}},
                {"polygon": [{"lat_e7": 0, "lon_e7": 0}, {"lat_e7": 10000000, "lon_e7": 0}, {"lat_e7": 0, "lon_e7": 25000000}]},
            ],
            "networks": ["10.20.0.0/16", "2001:db8::/32"], "hours": day, "exempt_teams": ["community", "night"],
        },
        {"id": "site-b", "words": "Site B", "mode": "warn", "networks": ["10.30.0.0/16"]},
    ]);
    let sign_in = json!({
        "mode": "required", "issuer": "https://id.example.org", "client_id": "gauze", "scope": "openid", "acr_values": "high",
        "redirect_uri": "https://app.example.org/signed-in", "shift_hours": 12,
    });
    let assessed = json!([{"app_version": "0.1.0", "reference": "dpia-7", "approver": "caldicott", "at": "2026-01-05T00:00:00Z"}]);
    let policy = Policy {
        v: 2,
        android: Some(AndroidRules { max_patch_days: Some(90), ..AndroidRules::for_apps(Vec::new()) }),
        apple: Some(AppleRules::for_apps(Vec::new())),
        life: Some(Life::RECOMMENDED),
        max_megapixels: Some(12),
        quality_floor: Some(90),
        fences: serde_json::from_value(fences).unwrap(),
        sign_in: serde_json::from_value(sign_in).unwrap(),
        assessed: serde_json::from_value(assessed).unwrap(),
        ..hospital.policy(1)
    };
    let gateway = Gateway::under(&hospital, &policy).await;
    let page = Browser::of(&gateway, &hospital).await.open("/policy").await;
    let told: Vec<&str> = page
        .split("<code class=\"field-name\">")
        .skip(1)
        .flat_map(|part| part.split("</code>").next().unwrap_or_default().split(", "))
        .collect();
    let known = ["v", "typ", "tenant", "version", "issued_at"];
    let is_told = |name: &str| {
        told.iter()
            .any(|told| name.strip_prefix(told).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    };
    for name in names(&serde_json::to_value(&policy).unwrap()) {
        assert!(known.contains(&name.as_str()) || is_told(&name), "{name} is not in {told:?}");
    }
    for words in [
        "Site A, in records site-a: outside, no photo is taken",
        "all within 300 m of 55.86, -4.025; all between the corners (0, 0); (1, 0); (0, 2.5)",
        "10.20.0.0/16; 2001:db8::/32",
        "Monday, Sunday from 08:00 until 18:00; Saturday from 22:00 until 06:00 of the next day",
        "Teams that take photos outside of Site A too: community; night.",
        "Site B, in records site-b: outside, the phone warns",
        "Site B is for phones: nothing, so phones do not judge it.",
        "Site B is in force: always.",
        "are alternatives",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
}

#[tokio::test]
async fn a_phone_is_found_by_the_serial_number_that_its_hardware_attested() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    Phone::enrolled(&gateway, &hospital).await;
    sqlx::query("UPDATE device SET attested_serial = 'R58M41ABCDE' WHERE device_id = ?")
        .bind(phone.id().as_str())
        .execute(&gateway.sqlite().await)
        .await
        .unwrap();
    let admin = gateway.admin(&hospital).await;
    let search = DeviceSearch { text: Some("r58m41".to_owned()), ..DeviceSearch::default() };
    let found = admin.devices(&search).await.unwrap().devices;
    assert_eq!(found.iter().map(|device| &device.device_id).collect::<Vec<_>>(), [&phone.id()]);
    let page = Browser::of(&gateway, &hospital).await.open("/devices?q=R58M41AB").await;
    assert!(page.contains(&format!(r#"/devices/{}">R58M41ABCDE (attested)</a>"#, phone.id())), "{page}");
    let story = Browser::of(&gateway, &hospital).await.open(&format!("/devices/{}", phone.id())).await;
    assert!(story.contains("R58M41ABCDE (attested by its hardware)"), "{story}");
    admin.suspend(&phone.id(), &by("compared")).await.unwrap();
}
