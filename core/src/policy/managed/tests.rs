use std::path::PathBuf;

use super::*;

const TOKEN: &str = include_str!("../../../wire/vectors/v1/gauze-token.json");

fn token() -> String {
    let vector: Value = serde_json::from_str(TOKEN).unwrap();
    vector["jws"].as_str().unwrap().to_owned()
}

fn whole() -> Map<String, Value> {
    let values = serde_json::json!({
        "gateway": "https://gauze.example.org/",
        "tenant": "ward-9",
        "root_sha256": "ab".repeat(32),
        "token": token(),
    });
    values.as_object().unwrap().clone()
}

fn with(key: &str, value: impl Into<Value>) -> Map<String, Value> {
    let mut values = whole();
    values.insert(key.to_owned(), value.into());
    values
}

fn codes(encoding: Encoding, values: &Map<String, Value>) -> Vec<(String, &'static str)> {
    Managed::judge(encoding, values).findings.into_iter().map(|found| (found.key, found.code)).collect()
}

const ALL: [Encoding; 3] = [Encoding::Android, Encoding::AppConfig, Encoding::ManagedApp];

#[test]
fn the_same_values_mean_the_same_in_every_encoding() {
    for encoding in ALL {
        let judged = Managed::judge(encoding, &with("review_hours", 8));
        assert!(judged.findings.is_empty());
        let managed = judged.managed.unwrap();
        assert_eq!(managed.gateway, "https://gauze.example.org");
        assert_eq!(managed.min_bundle_version, 1);
        assert_eq!(managed.limits.review_hours, Some(8));
        assert!(managed.token.is_some());
    }
}

#[test]
fn digits_are_a_number_where_the_console_knows_only_text() {
    let values = with("review_hours", " 8 ");
    for encoding in [Encoding::Android, Encoding::AppConfig] {
        assert_eq!(Managed::judge(encoding, &values).managed.unwrap().limits.review_hours, Some(8));
    }
    assert_eq!(codes(Encoding::ManagedApp, &values), [("review_hours".to_owned(), "wrong_type")]);
    let real = with("review_hours", 8.0);
    assert_eq!(Managed::judge(Encoding::AppConfig, &real).managed.unwrap().limits.review_hours, Some(8));
    assert_eq!(codes(Encoding::Android, &real), [("review_hours".to_owned(), "wrong_type")]);
    assert_eq!(
        codes(Encoding::AppConfig, &with("review_hours", 8.5)),
        [("review_hours".to_owned(), "wrong_type")]
    );
    assert_eq!(
        codes(Encoding::Android, &with("review_hours", true)),
        [("review_hours".to_owned(), "wrong_type")]
    );
}

#[test]
fn an_empty_field_is_one_that_was_not_set() {
    for encoding in ALL {
        let mut values = with("serial", "");
        values.insert("review_hours".to_owned(), "".into());
        let judged = Managed::judge(encoding, &values);
        assert!(judged.findings.is_empty());
        assert_eq!(judged.managed.unwrap().limits, Limits::default());
        assert_eq!(codes(encoding, &with("gateway", " ")), [("gateway".to_owned(), "missing")]);
    }
}

#[test]
fn everything_that_is_wrong_is_found_at_once_and_nothing_of_it_is_used() {
    let mut values = whole();
    values.remove("tenant");
    values.insert("gateway".to_owned(), "http://gauze.example.org".into());
    values.insert("root_sha256".to_owned(), "abc".into());
    values.insert("max_unsent".to_owned(), 0.into());
    for encoding in ALL {
        let judged = Managed::judge(encoding, &values);
        assert!(judged.managed.is_none());
        let found: Vec<_> = judged.findings.iter().map(|found| (found.key.as_str(), found.code)).collect();
        let expected = [
            ("gateway", "malformed"),
            ("tenant", "missing"),
            ("root_sha256", "malformed"),
            ("max_unsent", "out_of_range"),
        ];
        assert_eq!(found, expected);
    }
}

#[test]
fn a_variable_that_was_not_filled_in_is_left_out_and_said() {
    for text in [
        "{{serial}}",
        "$SERIALNUMBER$",
        "$SERIALNUMBER",
        "%SerialNumber%",
        "{DeviceSerialNumber}",
        "${serial}",
    ] {
        let judged = Managed::judge(Encoding::AppConfig, &with("serial", text));
        assert_eq!(judged.findings[0].code, "not_filled_in", "{text}");
        assert!(judged.managed.unwrap().serial.is_none());
    }
}

#[test]
fn a_setting_that_is_none_of_ours_is_said_and_harms_nothing() {
    let judged = Managed::judge(Encoding::Android, &with("reviewHours", 4));
    assert_eq!(judged.findings[0].code, "unknown_setting");
    assert!(judged.managed.is_some());
    assert!(Managed::from_json(&Value::from(with("reviewHours", 4)).to_string()).is_err());
    let mut misspelt = with("tenent", "ward-9");
    misspelt.remove("tenant");
    let why = Managed::from_json(&Value::from(misspelt).to_string()).err().unwrap().to_string();
    assert!(why.starts_with("tenant: "), "what is missing comes before the slip: {why}");
}

#[test]
fn a_fingerprint_is_read_however_it_was_copied() {
    let colons = vec!["AB"; 32].join(":");
    let managed = Managed::judge(Encoding::Android, &with("root_sha256", colons)).managed.unwrap();
    assert_eq!(managed.root_sha256.to_string(), "ab".repeat(32));
}

#[test]
fn certificates_that_lost_their_line_ends_are_read() {
    let base64 = "QUJD".repeat(40);
    let one_line = format!("-----BEGIN CERTIFICATE----- {base64} -----END CERTIFICATE-----");
    let managed =
        Managed::judge(Encoding::Android, &with("ca", one_line.clone() + "\\n" + &one_line)).managed.unwrap();
    let ca = managed.ca.unwrap();
    assert_eq!(ca.matches("-----BEGIN CERTIFICATE-----\nQUJD").count(), 2);
    assert!(ca.lines().all(|line| line.len() <= 64));
    assert_eq!(codes(Encoding::Android, &with("ca", "ca.pem")), [("ca".to_owned(), "malformed")]);
}

#[test]
fn management_makes_the_policy_stricter_and_never_looser() {
    let tenant: Tenant = "ward-9".parse().unwrap();
    let policy =
        gauze_wire::Policy { review_hours: 12, max_unsent: 100, ..gauze_wire::Policy::strictest(&tenant) };
    let looser = Limits { review_hours: Some(300), max_unsent: Some(5000), offline_wipe_hours: None };
    assert_eq!(looser.tighten(policy.clone()), policy);
    let stricter = Limits { review_hours: Some(0), max_unsent: Some(7), offline_wipe_hours: Some(24) };
    let tightened = stricter.tighten(policy.clone());
    assert_eq!((tightened.review_hours, tightened.max_unsent), (0, 7));
    // No wipe at all in the policy is the loosest there is.
    assert_eq!(tightened.life().offline_wipe_hours, 24);
    let weekly = gauze_wire::Policy { life: Some(gauze_wire::Life::RECOMMENDED), ..policy };
    let later = Limits { offline_wipe_hours: Some(500), ..Limits::default() };
    assert_eq!(later.tighten(weekly.clone()), weekly);
}

#[test]
fn administrators_see_every_setting_and_what_was_wrong_is_taken_back() {
    let findings = Managed::judge(Encoding::Android, &with("max_unsent", 0)).findings;
    let states = keyed_states(&findings);
    assert_eq!(states.len(), SETTINGS.len());
    let state = states.iter().find(|state| state.key == "max_unsent").unwrap();
    assert!(state.error && state.data == "out_of_range");
    assert!(keyed_states(&[]).iter().all(|state| !state.error && state.data == "ok"));
    let long = Finding::error(&"ä".repeat(200), "malformed", "ö".repeat(900));
    let state = keyed_states(&[long]).remove(0);
    assert!(state.key.len() <= 100 && state.message.len() <= 1000);
    let feedback = feedback_dictionary(&findings);
    assert_eq!(feedback["configuration"], "refused");
    assert_eq!(feedback["errors"][0]["key"], "max_unsent");
    assert_eq!(feedback_dictionary(&[])["configuration"], "accepted");
}

#[test]
fn what_is_wrong_with_a_secret_does_not_repeat_it() {
    let judged = Managed::judge(Encoding::Android, &with("token", "leave-to-enrol"));
    assert_eq!(judged.findings[0].code, "malformed");
    assert!(!judged.findings[0].message.contains("leave-to-enrol"));
}

#[test]
fn every_setting_has_what_consoles_show() {
    for setting in SETTINGS {
        assert!(setting.title.len() <= 40 && setting.description.len() <= 200, "{}", setting.key);
        assert!(setting.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
        assert_eq!(setting.otherwise.is_none(), setting.need != Need::Optional);
    }
}

#[test]
fn files_as_people_save_them_are_taken_or_refused_in_words() {
    let mut values = with("tenant", "ward-9");
    values.remove("token");
    let text = Value::from(values.clone()).to_string();
    assert!(Managed::from_json(&format!("\u{feff}{text}")).is_ok());
    values.insert("gateway".to_owned(), "HTTPS://Gauze.Example.org".into());
    let managed = Managed::from_json(&Value::from(values).to_string()).ok().unwrap();
    assert_eq!(managed.gateway, "https://gauze.example.org");
    let why = |text: &str| Managed::from_json(text).err().unwrap().to_string();
    assert!(why(&format!("[{text}]")).contains("it is a list"));
    assert!(why(&text.replace("\"ward-9\"", "\u{201c}ward-9\u{201d}")).contains("typographic quotes"));
    assert!(why(&text.replace(':', ":\u{a0}")).contains("hidden characters"));
    assert!(!why(&text.replace(':', "")).contains("put plain ones"));
}

#[test]
fn a_file_is_wrong_for_typographic_characters_only_where_reading_it_ended_at_one() {
    let desk = "\"support_contact\": \"Ward 9\u{2019}s desk \u{2013} 4242\"";
    let why = |rest: &str| Managed::from_json(&format!("{{\n  {desk}{rest}")).err().unwrap().to_string();
    for plain in [" \"tenant\": \"ward-9\"\n}", ",\n  \"tenant\" \"ward-9\"\n}", ",\n}", ",", "\n"] {
        assert!(!why(plain).contains("put plain ones"), "{plain}: {}", why(plain));
    }
    for (disguised, what) in [
        (", \u{201c}tenant\u{201d}: \"ward-9\" }", "typographic quotes"),
        (",\n  \"tenant\": \u{201e}ward-9\u{201c}\n}", "typographic quotes"),
        (",\n  \"review_hours\": \u{2013}8\n}", "typographic dashes"),
        (",\n\u{a0} \"tenant\": \"ward-9\"\n}", "hidden characters"),
    ] {
        assert!(why(disguised).contains(what), "{disguised}: {}", why(disguised));
    }
}

#[test]
fn what_was_put_in_the_place_of_plain_characters_is_named_in_every_value() {
    let (quotes, dashes, hidden) = ("typographic quotes", "typographic dashes", "hidden characters");
    let spaced = format!("{0}\u{a0}{0}", "ab".repeat(16));
    let quoted = format!("\u{201c}{}\u{201d}", token());
    for (key, value, what) in [
        ("tenant", "\u{201c}ward-9\u{201d}", quotes),
        ("tenant", "\u{2018}ward-9\u{2019}", quotes),
        ("tenant", "ward\u{2013}9", dashes),
        ("tenant", "ward-9\u{200b}", hidden),
        ("tenant", "\u{feff}ward-9", hidden),
        ("gateway", "\u{201e}https://gauze.example.org\u{201c}", quotes),
        ("gateway", "https://gauze.example.org\u{201d}", quotes),
        ("gateway", "https://gauze.exam\u{ad}ple.org", hidden),
        ("root_sha256", spaced.as_str(), hidden),
        ("token", quoted.as_str(), quotes),
        ("serial", "R58\u{2011}30A", dashes),
        ("ca", "\u{2014}\u{2013}BEGIN CERTIFICATE\u{2014}\u{2013} QUJD", dashes),
        ("review_hours", "\u{201c}8\u{201d}", quotes),
        ("review_hours\u{200b}", "8", hidden),
    ] {
        for encoding in ALL {
            let judged = Managed::judge(encoding, &with(key, value));
            let [found] = judged.findings.as_slice() else { panic!("{key}: {:?}", judged.findings) };
            let told = found.message.contains(what) && found.message.contains("as plain text");
            assert!(told && !found.message.contains(value), "{key}: {found:?}");
            assert_eq!(judged.managed.is_none(), found.severity == Severity::Error);
        }
    }
}

#[test]
fn what_is_wrong_otherwise_is_not_put_down_to_quotes_and_words_for_people_may_have_them() {
    let judged = Managed::judge(Encoding::Android, &with("tenant", "Ward 9"));
    assert_eq!(judged.findings[0].message, "must be lower-case letters, digits and hyphens: correct it");
    let judged =
        Managed::judge(Encoding::Android, &with("support_contact", "Ward 9\u{2019}s desk \u{2013} 4242"));
    assert!(judged.findings.is_empty());
}

/// Made after reports of others; where the shared data are there.
#[test]
fn reported_configurations_are_taken_or_refused_as_expected() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let beside = || here.ancestors().map(|up| up.join("shared/data")).find(|path| path.is_dir());
    let data = std::env::var_os("GAUZE_SHARED_DATA").map(PathBuf::from).or_else(beside);
    let Some(folder) = data.map(|data| data.join("12-reported")).filter(|folder| folder.is_dir()) else {
        println!("skipped: shared data not found");
        return;
    };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let index: Value = serde_json::from_str(&read("index.json")).unwrap();
    for (name, expected) in index["configurations"].as_object().unwrap() {
        match (name.as_str(), Managed::from_json(&read(&format!("configurations/{name}")))) {
            ("bom.json" | "gw-upper.json", Ok(managed)) => {
                assert_eq!(managed.gateway, "https://127.0.0.1:18443", "{name}");
            }
            ("wrapped-in-array.json", Err(error)) => assert!(error.to_string().contains("it is a list")),
            ("curly.json", Err(error)) => assert!(error.to_string().contains("typographic quotes")),
            (_, verdict) => panic!("{name}, {expected}: {:?}", verdict.err()),
        }
    }
}

#[test]
fn a_warning_to_the_console_keeps_no_phone_from_enrolling_and_an_error_does() {
    let mut values = with("min_bundle_version", "1");
    values.insert("serial".to_owned(), "%SERIAL%".into());
    values.insert("support_contact".to_owned(), "".into());
    values.insert("colour".to_owned(), "blue".into());
    values.insert("ward".to_owned(), "{{ward}}".into());
    let managed = Managed::from_values(Encoding::Android, &values).ok().unwrap();
    assert_eq!(managed.min_bundle_version, 1);
    assert!(managed.serial.is_none() && managed.support_contact.is_none() && managed.ward.is_none());
    values.insert("ward".to_owned(), "Tŷ Gwyn".into());
    let managed = Managed::from_values(Encoding::Android, &values).ok().unwrap();
    assert_eq!(managed.ward.unwrap().as_str(), "Tŷ Gwyn");
    let error = Managed::from_values(Encoding::ManagedApp, &values).err().unwrap();
    assert!(error.to_string().starts_with("min_bundle_version"), "{error}");
    values.insert("gateway".to_owned(), "http://gauze.example.org".into());
    let error = Managed::from_values(Encoding::Android, &values).err().unwrap();
    assert_eq!(error.code(), "gateway_invalid");
}
