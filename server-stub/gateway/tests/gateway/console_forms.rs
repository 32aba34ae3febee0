//! What the console's forms keep after a mistake, and what the policy's page and the search know.

use gauze_gateway::DeviceSearch;
use gauze_wire::{AndroidRules, AppleRules, Life, Policy};
use serde_json::Value;

use crate::console::{Browser, form_urlencoded, led_to};
use crate::fixture::{Gateway, Hospital, Phone, by};

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
        r#"name="confirm" value="somebody""#,
        r#"<option value="destroy" selected>"#,
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

    // A form that is not ours, or about nothing that is there, is not offered again.
    let forged = browser.send(Browser::form("/policy"), "proof=x&operator=a&reason=kept&policy=b").await;
    assert!(forged.status == 403 && !String::from_utf8_lossy(&forged.body).contains("kept"));
}

/// The names of a JSON object's fields, with those of the sections below it behind a point.
fn names(value: &Value) -> Vec<String> {
    let fields = value.as_object().into_iter().flatten();
    fields
        .flat_map(|(name, value)| match value {
            Value::Object(_) => names(value).into_iter().map(|below| format!("{name}.{below}")).collect(),
            _ => vec![name.clone()],
        })
        .collect()
}

#[tokio::test]
async fn every_field_of_the_policy_is_told_by_its_name() {
    let hospital = Hospital::ward();
    let policy = Policy {
        v: 2,
        android: Some(AndroidRules { max_patch_days: Some(90), ..AndroidRules::for_apps(Vec::new()) }),
        apple: Some(AppleRules::for_apps(Vec::new())),
        life: Some(Life::RECOMMENDED),
        max_megapixels: Some(12),
        quality_floor: Some(90),
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
    for name in names(&serde_json::to_value(&policy).unwrap()) {
        assert!(known.contains(&name.as_str()) || told.contains(&name.as_str()), "{name} is not in {told:?}");
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
    assert!(page.contains(&format!(r#"/devices/{}">R58M41ABCDE</a>"#, phone.id())), "{page}");
    let story = Browser::of(&gateway, &hospital).await.open(&format!("/devices/{}", phone.id())).await;
    assert!(story.contains("R58M41ABCDE (attested by its hardware)"), "{story}");
    admin.suspend(&phone.id(), &by("compared")).await.unwrap();
}
