use super::*;
use serde_json::{Value, json};

fn whole() -> Value {
    json!({
        "origin": "https://gauze.hospital.example",
        "provider": {
            "issuer": "https://id.hospital.example/realms/ward",
            "profile": "keycloak",
            "client_id": "gauze",
            "client": { "secret_file": "client.secret" }
        },
        "roles": { "gauze-viewer": "viewer" },
        "teams": { "/ward-4": { "team": "ward-4" } },
        "networks": ["10.0.0.0/8"]
    })
}

fn parse(value: &Value) -> Result<People, ConfigError> {
    People::parse(value.to_string().as_bytes(), FilePath::new("/etc/gauze"))
}

fn refused_at(change: impl FnOnce(&mut Value)) -> String {
    let mut value = whole();
    change(&mut value);
    match parse(&value) {
        Err(ConfigError::Field { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_short_file_takes_the_rest_from_the_profile() {
    let people = parse(&whole()).unwrap();
    assert_eq!(people.callback(), "https://gauze.hospital.example/sign-in/back");
    assert_eq!(people.provider.client, Client::Secret("/etc/gauze/client.secret".into()));
    assert_eq!(people.provider.scopes, ["openid", "profile"]);
    assert_eq!(people.limits.idle, SignedDuration::from_mins(15));
    assert_eq!(people.limits.longest, SignedDuration::from_hours(12));
    assert!(!people.totp);
}

#[test]
fn every_fault_names_its_field() {
    assert_eq!(refused_at(|v| v["origin"] = json!("http://gauze.example")), "origin");
    assert_eq!(refused_at(|v| v["origin"] = json!("https://10.0.0.1")), "origin");
    assert_eq!(refused_at(|v| v["origin"] = json!("https://gauze.example/x")), "origin");
    assert_eq!(refused_at(|v| v["provider"]["issuer"] = json!("http://id.example")), "provider.issuer");
    let common = json!("https://login.microsoftonline.com/common/v2.0");
    assert_eq!(refused_at(|v| v["provider"]["issuer"] = common), "provider.issuer");
    assert_eq!(refused_at(|v| v["provider"]["profile"] = json!("okta")), "provider.profile");
    assert_eq!(refused_at(|v| v["provider"]["cleint"] = json!(1)), "provider.cleint");
    assert_eq!(refused_at(|v| v["provider"]["proves"] = json!([{ "acr": [] }])), "provider.proves[0]");
    assert_eq!(
        refused_at(|v| v["provider"]["proves"] = json!([{ "at_least": { "claim": "a..b", "least": 1 } }])),
        "provider.proves[0].claim"
    );
    assert_eq!(
        refused_at(|v| v["provider"]["claims"] = json!({ "person": ["email"] })),
        "provider.claims.person"
    );
    assert_eq!(refused_at(|v| v["provider"]["claims"] = json!({ "roles": "a[b" })), "provider.claims.roles");
    assert_eq!(refused_at(|v| v["sessions"] = json!({ "hours": 13 })), "sessions.hours");
    assert_eq!(refused_at(|v| v["sessions"] = json!({ "idle_minutes": 0 })), "sessions.idle_minutes");
    assert_eq!(refused_at(|v| v["networks"] = json!(["10.0.0.0/8", "x"])), "networks[1]");
    assert_eq!(refused_at(|v| v["roles"] = json!({ "a": "doctor" })), "roles.a");
}

#[test]
fn cis2_reads_the_role_that_was_chosen_and_no_other() {
    let claims = json!({
        "selected_roleid": "2",
        "nhsid_nrbac_roles": [
            { "person_roleid": "1", "role_code": "S8000:G8000:R8001", "org_code": "AAA" },
            { "person_roleid": "2", "role_code": "S8000:G8001:R8008", "org_code": "BBB" }
        ]
    });
    let claims = claims.as_object().unwrap();
    let known = profile::of(Shipped::Cis2).claims;
    assert_eq!(known.roles.texts(claims), ["S8000:G8001:R8008"]);
    assert_eq!(known.teams.texts(claims), ["BBB"]);
    let mut unchosen = claims.clone();
    unchosen.remove("selected_roleid");
    assert!(known.roles.texts(&unchosen).is_empty(), "no role without a choice");
}

#[test]
fn a_hospital_that_reads_skin_says_so_and_every_other_has_the_usual_mark() {
    assert_eq!(parse(&whole()).unwrap().mark, MarkStrength::Usual);
    for (word, strength) in [("usual", MarkStrength::Usual), ("dermatology", MarkStrength::Dermatology)] {
        let mut value = whole();
        value["mark"] = json!(word);
        assert_eq!(parse(&value).unwrap().mark, strength);
    }
    for wrong in [json!("none"), json!(48), json!(null)] {
        assert_eq!(refused_at(|value| value["mark"] = wrong), "mark");
    }
}

#[test]
fn links_are_limited_and_may_have_an_address_of_their_own() {
    let people = parse(&whole()).unwrap();
    assert_eq!((people.links.days, people.links.views), (7, 5));
    assert_eq!(people.links_origin_text(), people.origin_text());
    let mut value = whole();
    value["links"] = json!({ "days": 30, "origin": "https://photos.hospital.example:8443/" });
    assert_eq!(parse(&value).unwrap().links_origin_text(), "https://photos.hospital.example:8443");
    assert_eq!(refused_at(|value| value["links"] = json!({ "days": 31 })), "links.days");
    assert_eq!(refused_at(|value| value["links"] = json!({ "views": 0 })), "links.views");
    assert_eq!(refused_at(|value| value["links"] = json!({ "origin": "http://x.example" })), "links.origin");
}
