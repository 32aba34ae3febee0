//! The commands as others drive them.

use std::path::Path;

use gauze_tests::hospital::write;
use gauze_tests::programs::attempt;

use serde_json::Value;

use crate::fixture::{code, ward};

/// A command's help.
async fn help(command: &str, dir: &Path) -> String {
    let mut words = command.split(' ');
    let program = words.next().unwrap();
    let arguments: Vec<_> = words.chain(["--help"]).collect();
    let ended = attempt(program, &arguments, dir).await.unwrap();
    assert_eq!(ended.code, Some(0), "{command}");
    assert!(ended.stdout.contains("Usage:"), "{command}");
    ended.stdout
}

/// A program's commands and those below them, as its help lists them.
async fn commands(program: &str, dir: &Path) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![program.to_owned()]);
    while let Some(command) = open.pop() {
        let help = help(&command, dir).await;
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names = listed.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
        let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
        open.extend(names.map(|name| format!("{command} {name}")));
        found.push(command);
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_program_has_help_and_calls_wrong_usage_two() {
    let dir = tempfile::tempdir().unwrap();
    let programs = [
        ("gauze-phone", ["capture", "wipe", "config check"]),
        ("gauze-gateway", ["console", "admin device revoke", "attest android"]),
        ("gauze-records", ["pull", "verify", "proposals list"]),
    ];
    for (program, some) in programs {
        let commands = commands(program, dir.path()).await;
        for name in some {
            assert!(commands.contains(&format!("{program} {name}")), "{name} is not in {commands:?}");
        }
        for command in commands {
            let arguments: Vec<_> = command.split(' ').skip(1).chain(["--no-such-flag"]).collect();
            let wrong = attempt(program, &arguments, dir.path()).await.unwrap();
            assert_eq!(wrong.code, Some(2), "{command}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_not_enrolled_says_so_and_a_mistyped_directory_becomes_none() {
    let dir = tempfile::tempdir().unwrap();
    let picture = crate::fixture::pictures(dir.path(), 1)[0].to_str().unwrap().to_owned();
    std::fs::create_dir(dir.path().join("keys")).unwrap();
    drop(std::fs::File::create(dir.path().join("keys/root.pem")).unwrap());
    // The records side has a lock of its own.
    std::fs::create_dir(dir.path().join("records")).unwrap();
    drop(std::fs::File::create(dir.path().join("records/lock")).unwrap());
    let wanted = [vec!["capture", &picture], vec!["upload"], vec!["status"], vec!["list"], vec!["wipe"]];
    for data in ["phone", "keys", "records"] {
        for arguments in &wanted {
            let arguments = [&["--data", data][..], arguments].concat();
            let ended = attempt("gauze-phone", &arguments, dir.path()).await.unwrap();
            assert_eq!((ended.code, code(&ended)), (Some(1), "not_enrolled"));
            assert!(ended.stderr.contains(&format!("{data} holds no phone")), "{}", ended.stderr);
        }
    }
    assert!(!dir.path().join("phone").exists());
    for others in ["keys", "records"] {
        assert_eq!(std::fs::read_dir(dir.path().join(others)).unwrap().count(), 1, "{others} is as it was");
    }
    // A directory of a phone whose enrolment did not end.
    std::fs::create_dir_all(dir.path().join("begun/vault")).unwrap();
    for arguments in [vec!["capture", &picture], vec!["upload"]] {
        let arguments = [&["--data", "begun"][..], &arguments].concat();
        let ended = attempt("gauze-phone", &arguments, dir.path()).await.unwrap();
        assert_eq!((ended.code, code(&ended)), (Some(1), "not_enrolled"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commands_own_options_come_before_those_that_every_command_has() {
    let dir = tempfile::tempdir().unwrap();
    let everywhere = [
        ("gauze-phone", "Which phone:", ["--data", "--secrets"]),
        ("gauze-gateway", "Its log:", ["--log", "--log"]),
        ("gauze-records", "Its log:", ["--log", "--log"]),
        ("gauze-witness", "Its log:", ["--log", "--log"]),
    ];
    for (program, heading, options) in everywhere {
        for command in commands(program, dir.path()).await {
            let help = help(&command, dir.path()).await;
            // No phone is opened for it.
            if command.starts_with("gauze-phone config") {
                assert!(options.iter().all(|option| !help.contains(option)), "{command}: {help}");
                continue;
            }
            let heading = format!("\n{heading}\n");
            let (own, rest) = help.split_once(&heading).unwrap_or_else(|| panic!("{command}: {help}"));
            assert!(options.iter().all(|option| !own.contains(&format!(" {option} <"))), "{command}: {own}");
            let lines = rest.lines().filter(|line| !line.trim().is_empty());
            assert!(lines.count() <= 6, "{command}: {rest}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_of_a_phone_is_told_by_the_name_that_people_know() {
    let ward = ward("pq").await;
    let register = ["--data", "gateway", "--tenant", "demo-hospital"];
    let gateway = async |arguments: &[&str]| {
        let whole = [&["admin", "device"][..], arguments, &register].concat();
        let ended = attempt("gauze-gateway", &whole, ward.hospital.home()).await.unwrap();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout
    };
    let listed: Value = serde_json::from_str(&gateway(&["list", "--json"]).await).unwrap();
    let id = listed["devices"][0]["device_id"].as_str().unwrap();
    let name = match listed["devices"][0]["serial"].as_str() {
        Some(serial) => format!("{serial} ({})", &id[..8]),
        None => format!("{} (serial number not known)", &id[..8]),
    };
    let why = ["--operator", "helpdesk-7", "--reason", "left in a taxi"];
    for (change, state) in [("suspend", "suspended"), ("resume", "active"), ("revoke", "revoked")] {
        for again in ["", ", as it was"] {
            let told = gateway(&[&[change, id][..], &why].concat()).await;
            assert_eq!(told, format!("{name} is {state}{again}\n"));
        }
    }
    ward.servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_begins_with_a_hyphen_is_taken_as_it_is() {
    let ward = ward("pq").await;
    let home = ward.hospital.home();
    let (id, records, gateway) = ("-mPYRAQG3UufHrc5gboo2Q", "records", "gateway");
    let decided = ["--by", "governance-2", "--reason", "as asked"];
    let who = ["--operator", "helpdesk-7", "--reason", "a taxi"];
    let register = ["--data", gateway, "--tenant", "demo-hospital"];
    let cases: [(&str, Vec<&str>, &str); 5] = [
        ("gauze-records", vec!["proposals", "show", id, "--data", records], "unknown_proposal"),
        (
            "gauze-records",
            [&["proposals", "refuse", id, "--data", records][..], &decided].concat(),
            "unknown_proposal",
        ),
        ("gauze-gateway", [&["admin", "token", "show", id][..], &register].concat(), "unknown_proposal"),
        ("gauze-gateway", [&["admin", "device", "show", id][..], &register].concat(), "unknown_device"),
        ("gauze-gateway", [&["admin", "device", "lost", id][..], &register, &who].concat(), "unknown_device"),
    ];
    for (program, arguments, expected) in cases {
        let ended = attempt(program, &arguments, home).await.unwrap();
        assert_eq!((ended.code, code(&ended)), (Some(1), expected), "{arguments:?} {}", ended.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_phones_becomes_a_token_and_what_to_paste() {
    let ward = ward("pq").await;
    let home = ward.hospital.home();
    write(&home.join("phones.csv"), "Name;Serial Number\r\none;A1\r\ntwo;\r\nthree;a1\r\nfour;B2\r\n")
        .unwrap();
    write(&home.join("odd.csv"), "Name,Number\none,C3\n").unwrap();
    let records = async |arguments: &[&str]| attempt("gauze-records", arguments, home).await.unwrap();
    let inventory = ["token", "inventory", "--keys", "keys", "--csv"];
    let odd = records(&[&inventory[..], &["odd.csv"]].concat()).await;
    assert_eq!((odd.code, code(&odd)), (Some(1), "column_unknown"));
    assert!(odd.stderr.contains("Name, Number") && odd.stderr.contains("--column"), "{}", odd.stderr);
    let named = ["phones.csv", "--csv", "odd.csv", "--column", "Number"];
    assert_eq!(code(&records(&[&inventory[..], &named].concat()).await), "column_unknown");

    let signed = records(&[&inventory[..], &["phones.csv", "--out", "many.jws"]].concat()).await;
    assert_eq!(signed.code, Some(0), "{}", signed.stderr);
    assert!(signed.stdout.contains("2 phones, 2 new, 0 retired, 2 lines left out"), "{}", signed.stdout);
    for line in ["phones.csv line 3: no serial number", "phones.csv line 4: A1 stands in line 2 already"] {
        assert!(signed.stderr.contains(line), "{}", signed.stderr);
    }
    let show = ["token", "show", "many.jws", "--keys", "keys"];
    let pasted = records(&[&show[..], &["--for", "jamf"]].concat()).await;
    assert!(pasted.stdout.contains("<string>$SERIALNUMBER</string>"), "{} {}", pasted.stdout, pasted.stderr);
    assert!(pasted.stderr.contains("--ca FILE"), "{}", pasted.stderr);
    let long = records(
        &[&inventory[..], &["odd.csv", "--column", "Number", "--out", "long.jws", "--days", "31"]].concat(),
    )
    .await;
    assert_eq!(code(&long), "token_too_long");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_may_begin_with_a_hyphen_wherever_one_is_searched_for() {
    let dir = tempfile::tempdir().unwrap();
    for by in ["--about", "--who", "--patient"] {
        let ended = attempt("gauze-records", &["log", "list", "--data", "none", by, "-abc"], dir.path())
            .await
            .unwrap();
        assert!(ended.code != Some(2), "{by}: {}", ended.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_what_it_should_be_is_named() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("wound.jpg"), "\u{1}no configuration").unwrap();
    write(&dir.path().join("html.xml"), "<html/>").unwrap();
    let cases: [(&[&str], &str); 4] = [
        (&["enrol", "--config", "wound.jpg"], "config_invalid: wound.jpg: "),
        (&["config", "values", "wound.jpg"], "values_invalid: wound.jpg: "),
        (&["config", "check", "wound.jpg"], "xml_invalid: wound.jpg: "),
        (&["config", "check", "html.xml"], "file_unknown: html.xml: "),
    ];
    for (arguments, expected) in cases {
        let ended = attempt("gauze-phone", arguments, dir.path()).await.unwrap();
        assert_eq!(ended.code, Some(1), "{arguments:?}");
        assert!(ended.stderr.starts_with(expected), "{arguments:?}: {}", ended.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_a_phone_would_use_with_a_warning_are_no_file_to_enrol_with() {
    let ward = ward("pq").await;
    let home = ward.hospital.home();
    let good = std::fs::read_to_string(home.join("managed.json")).unwrap();
    write(&home.join("slip.json"), &good.replacen('{', "{\"foo\": \"bar\",", 1)).unwrap();
    for (file, enrols) in [("managed.json", true), ("slip.json", false)] {
        let told = ward.phone(&["config", "values", file]).await;
        assert_eq!(told.code, Some(0), "{}", told.stderr);
        assert!(told.stdout.contains("a phone would use these values"), "{}", told.stdout);
        assert_eq!(!told.stdout.contains("`gauze-phone enrol` refuses this file"), enrols, "{}", told.stdout);
    }
    let refused = ward.phone(&["enrol", "--config", "slip.json"]).await;
    assert!(refused.stderr.starts_with("config_invalid: slip.json: foo: "), "{}", refused.stderr);
    ward.servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_one_line_with_a_code() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("bad.json"), "{").unwrap();
    let cases: [(&str, &[&str], &str); 5] = [
        ("gauze-phone", &["enrol", "--config", "bad.json"], "config_invalid"),
        ("gauze-phone", &["enrol", "--config", "missing.json"], "unreadable"),
        ("gauze-phone", &["discard", "x"], "unknown_photo"),
        (
            "gauze-gateway",
            &[
                "serve",
                "--data",
                "g",
                "--listen",
                "127.0.0.1:0",
                "--tls-cert",
                "c",
                "--tls-key",
                "k",
                "--bundle",
                "b",
            ],
            "data_missing",
        ),
        ("gauze-gateway", &["keygen", "--data", "g", "--url", "http://x", "--tenant", "t"], "url_invalid"),
    ];
    for (program, arguments, expected) in cases {
        let ended = attempt(program, arguments, dir.path()).await.unwrap();
        assert_eq!((ended.code, code(&ended)), (Some(1), expected), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn capture_goes_on_past_refused_pictures() {
    let ward = ward("pq").await;
    let home = ward.hospital.home();
    let good = crate::fixture::pictures(home, 2);
    write(&home.join("empty.jpg"), "").unwrap();
    write(&home.join("text.jpg"), "not a picture").unwrap();
    let files =
        [good[0].to_str().unwrap(), "empty.jpg", "text.jpg", "missing.jpg", ".", good[1].to_str().unwrap()];
    let mut arguments = vec!["capture"];
    arguments.extend(files);
    let ended = ward.phone(&arguments).await;
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stdout.lines().count(), 2);
    let codes: Vec<&str> = ended.stderr.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(codes, ["not_jpeg", "not_jpeg", "unreadable", "unreadable"]);
    ward.servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_kept_sent_and_gone_once_the_hospital_has_it() {
    let ward = ward("pq").await;
    let home = ward.hospital.home();
    write(&home.join("bad.json"), r#"{"kind": "breach"}"#).unwrap();
    let refused = ward.phone(&["report", "bad.json"]).await;
    assert_eq!((refused.code, code(&refused)), (Some(1), "report_invalid"), "{}", refused.stderr);
    write(&home.join("empty.json"), r#"{"kind": "breach", "what": " "}"#).unwrap();
    let refused = ward.phone(&["report", "empty.json"]).await;
    assert_eq!((refused.code, code(&refused)), (Some(1), "what_missing"), "{}", refused.stderr);
    write(
        &home.join("report.json"),
        r#"{"kind": "near_miss", "what": "A sheet of Quillonbert lay in the lift"}"#,
    )
    .unwrap();
    let kept = ward.phone(&["report", "report.json"]).await;
    assert_eq!(kept.code, Some(0), "{}", kept.stderr);
    assert!(kept.stdout.contains("stays here until the hospital has it"), "{}", kept.stdout);
    let status = ward.phone(&["status"]).await;
    assert!(status.stdout.contains("reports  1 "), "{}", status.stdout);
    ward.deliver().await;
    let status = ward.phone(&["status"]).await;
    assert!(!status.stdout.contains("reports"), "{}", status.stdout);
    ward.servers.stop().await;
}
