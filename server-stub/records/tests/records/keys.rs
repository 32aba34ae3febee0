//! Making keys and signing with them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use gauze_records::Coded as _;
use gauze_records::keys::{self, RecipientKind};
use gauze_wire::{Digest, Jws, Policy, Signer as _, Token, accept_bundle};
use jiff::SignedDuration;
use serde_json::json;

use crate::fixture::{Hospital, write};

#[test]
fn keys_are_private_and_never_overwritten() {
    let hospital = Hospital::new();
    for name in [keys::ROOT, keys::POLICY, keys::RECORDS, keys::WITNESS, keys::IDENTITY] {
        let mode = fs::metadata(hospital.keys().path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let before = fs::read(hospital.keys().path(keys::ROOT)).unwrap();
    let again =
        keys::make(&hospital.path("keys"), &hospital.tenant(), RecipientKind::Classical, hospital.now());
    assert_eq!(again.unwrap_err().code(), "exists");
    assert_eq!(fs::read(hospital.keys().path(keys::ROOT)).unwrap(), before);
}

#[test]
fn the_printed_fingerprint_is_what_a_phone_pins() {
    let hospital = Hospital::new();
    let root = hospital.keys().root().unwrap().public_key().fingerprint();
    assert_eq!(hospital.keys().root_sha256().unwrap(), root);
    let jws = Jws::parse(fs::read_to_string(hospital.path("bundle.jws")).unwrap().trim()).unwrap();
    assert!(accept_bundle(&jws, &hospital.tenant(), &root, None, 1).is_ok());
    assert!(accept_bundle(&jws, &hospital.tenant(), &Digest::of(b"x"), None, 1).is_err());
}

#[test]
fn the_policy_template_is_a_production_policy() {
    let hospital = Hospital::new();
    assert_eq!(hospital.template("policy.json")["allow_software_keys"], json!(false));
    let out = hospital.path("production.jws");
    let mut policy = hospital.template("policy.json");
    policy["version"] = json!(2);
    let input = hospital.write("production.json", &policy);
    let signed: Policy = keys::sign_policy(&hospital.keys(), &input, &out, hospital.now()).unwrap();
    assert!(!signed.allow_software_keys);
}

#[test]
fn versions_only_rise() {
    let hospital = Hospital::new();
    assert_eq!(hospital.sign_bundle(|_| {}).unwrap_err().code(), "rollback");
    hospital.sign_bundle(|bundle| bundle["version"] = json!(7)).unwrap();
    assert_eq!(hospital.sign_bundle(|bundle| bundle["version"] = json!(6)).unwrap_err().code(), "rollback");
    let input = hospital.path("policy.json");
    let out = hospital.path("policy.jws");
    let again = keys::sign_policy(&hospital.keys(), &input, &out, hospital.now());
    assert_eq!(again.unwrap_err().code(), "rollback");
}

#[test]
fn a_bundle_that_phones_would_refuse_is_not_signed() {
    let hospital = Hospital::new();
    let other = Hospital::at("https://gateway.test", RecipientKind::PostQuantum);
    let pq = other.template("bundle.json")["recipients"][0].clone();
    let root = other.template("bundle.json")["root"].clone();
    let code = |edit: &dyn Fn(&mut serde_json::Value)| {
        let refused = hospital.sign_bundle(|bundle| {
            bundle["version"] = json!(2);
            edit(bundle);
        });
        refused.unwrap_err().code()
    };
    assert_eq!(
        code(&|bundle| bundle["recipients"].as_array_mut().unwrap().push(pq.clone())),
        "mixed_recipients"
    );
    assert_eq!(
        code(&|bundle| bundle["recipients"][0]["recipient"] = json!("age1nonsense")),
        "recipient_invalid"
    );
    assert_eq!(code(&|bundle| bundle["gateways"] = json!([])), "no_gateway");
    assert_eq!(code(&|bundle| bundle["gateways"][0]["url"] = json!("http://plain.test")), "out_of_limits");
    assert_eq!(code(&|bundle| bundle["tenant"] = json!("other")), "other_tenant");
    assert_eq!(code(&|bundle| bundle["root"] = root.clone()), "other_root");
    assert_eq!(code(&|bundle| bundle["surprise"] = json!(1)), "malformed");
    assert_eq!(code(&|bundle| bundle["typ"] = json!("gauze-policy")), "malformed");
    // A retired recipient of the other kind is kept to open old photos.
    hospital
        .sign_bundle(|bundle| {
            bundle["version"] = json!(2);
            let mut retired = pq.clone();
            retired["state"] = json!("retired");
            bundle["recipients"].as_array_mut().unwrap().push(retired);
        })
        .unwrap();
}

#[test]
fn what_is_wrong_with_a_policy_is_told_by_field_and_line() {
    let hospital = Hospital::new();
    let out = hospital.path("policy.jws");
    let policy = |lines: &str| {
        let input = hospital.path("lists.json");
        let mut policy = hospital.template("policy.json");
        policy["version"] = json!(9);
        policy["review_hours"] = json!(12);
        let text = serde_json::to_string_pretty(&policy).unwrap();
        let text = text.replacen('{', &format!("{{\n  \"lists\": {{\n{lines}\n  }},"), 1);
        std::io::Write::write_all(&mut fs::File::create(&input).unwrap(), text.as_bytes()).unwrap();
        keys::sign_policy(&hospital.keys(), &input, &out, hospital.now()).map_err(|error| error.line())
    };
    for (lines, told) in [
        (
            "\"teams\": [\n{\"code\": \"a\", \"words\": \"A\"},\n{\"code\": \"a\", \"words\": \"B\"}]",
            ["lists.teams", "this code stands in the list before", "line 5"],
        ),
        (
            "\"sites\": [\n{\"system\": \"s\", \"code\": \"1\",\n\"words\": \"\", \"sided\": true}]",
            ["lists.sites[0].words", "text", "line 5"],
        ),
        ("\"consents\": [],\n\"wards\": []", ["lists.wards", "unknown field `wards`", "line 4"]),
    ] {
        let line = policy(lines).unwrap_err();
        assert!(told.iter().all(|part| line.contains(part)), "{line}");
        assert!(line.starts_with("malformed: ") && line.contains("Correct the file"), "{line}");
    }
    let signed = policy("\"teams\": [{\"code\": \"a\", \"words\": \"A\"}]").unwrap();
    assert_eq!((signed.version, signed.lists.teams.len()), (9, 1));

    let mut far = hospital.template("policy.json");
    (far["version"], far["review_hours"]) = (json!(10), json!(24 * 15));
    let input = hospital.path("far.json");
    let text = serde_json::to_string_pretty(&far).unwrap();
    let at = text.lines().position(|line| line.contains("review_hours")).unwrap() + 1;
    std::io::Write::write_all(&mut fs::File::create(&input).unwrap(), text.as_bytes()).unwrap();
    let refused = keys::sign_policy(&hospital.keys(), &input, &out, hospital.now()).unwrap_err();
    assert_eq!(refused.code(), "out_of_limits");
    assert!(refused.line().contains(&format!("line {at}: review_hours: 0 to 336")), "{}", refused.line());
}

#[test]
fn a_token_lives_a_day_at_most() {
    let hospital = Hospital::new();
    let out = hospital.path("t.jws");
    for hours in [0, 25] {
        let refused = keys::sign_token(&hospital.keys(), &out, hours, None, hospital.now());
        assert_eq!(refused.unwrap_err().code(), "token_too_long");
    }
    let token = hospital.token();
    let policy = hospital.keys().policy().unwrap().public_key();
    let late = hospital.now() + SignedDuration::from_hours(24);
    assert!(Token::accept(&token, std::slice::from_ref(&policy), &hospital.tenant(), hospital.now()).is_ok());
    assert!(Token::accept(&token, &[policy], &hospital.tenant(), late).is_err());
}

#[test]
fn a_root_hands_over_once_its_bundle_says_so_and_a_hand_over_cut_short_is_finished() {
    let hospital = Hospital::new();
    let dir = hospital.keys();
    let first = dir.root_sha256().unwrap();
    assert_eq!(dir.hand_over().unwrap_err().code(), "no_next_root");
    let next = dir.next_root().unwrap();
    assert_eq!(dir.next_root().unwrap(), next, "it is made once");
    assert_eq!(dir.hand_over().unwrap_err().code(), "next_root_not_named");
    let named = hospital.sign_bundle(|bundle| {
        bundle["version"] = json!(2);
        bundle["next_root"] = json!(next);
    });
    named.unwrap();
    // Cut short between the fingerprint and the keys.
    write(&dir.path(keys::ROOT_SHA256), format!("{next}\n"));
    let made = dir.hand_over().unwrap();
    assert_eq!((made.root_sha256, made.former_sha256), (next, first));
    assert_eq!(dir.root().unwrap().public_key(), made.root);
    assert_eq!(dir.root_sha256().unwrap(), next);
    let again = dir.hand_over().unwrap();
    assert_eq!((again.root, again.version), (made.root, 2), "whoever did not hear of it asks again");
    let signed = hospital.sign_bundle(|bundle| {
        bundle["version"] = json!(3);
        bundle["root"] = json!(dir.root().unwrap().public_key());
    });
    signed.unwrap();
    assert_eq!(dir.hand_over().unwrap_err().code(), "no_next_root", "no second time");
}
