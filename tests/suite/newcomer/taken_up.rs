//! What the hospital signs later: taken up at the gateway, refused with what is wrong about it, and never passed over in silence.

use gauze_wire::{Jws, SoftwareKey};
use serde_json::{Value, json};

use super::{NEW_KEY, OPERATING, Reader, TAKE_UP, blocks, proposal, raise, trial};

const SERVE: &str = "gauze-gateway serve --data gateway --listen localhost:8443";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_later_is_taken_up_and_the_check_says_what_a_start_does() {
    let mut reader = trial().await;
    reader.edits("keys/policy.json", |policy| {
        raise(policy);
        policy["stated_serials"] = json!(true);
    });
    reader.types("cp keys/policy.jws one.jws").await;
    reader.follows(OPERATING, TAKE_UP).await;
    agree(&mut reader, "", Ok("")).await;
    let shown = reader.types("gauze-gateway admin policy show --data gateway --tenant ward-9").await;
    assert!(shown.contains("\"stated_serials\": true"), "{shown}");

    // By hand once, with a newer one than was taken up; then as before.
    reader.edits("keys/policy.json", raise);
    reader.types("gauze-records sign-policy --keys keys --in keys/policy.json --out three.jws").await;
    agree(&mut reader, "--policy three.jws", Ok("")).await;
    agree(&mut reader, "", Ok("")).await;
    for old in ["--policy one.jws", "--policy policy.jws"] {
        let file = old.rsplit(' ').next().unwrap();
        let told = agree(&mut reader, old, Err("rollback")).await;
        for words in [file, "policy 3", "gateway/tenants/ward-9.policy.jws", "without --bundle and --policy"]
        {
            assert!(told.contains(words), "{words:?} is not in {told}");
        }
    }
    let old = reader.tries("gauze-gateway init --data gateway --from one.jws").await;
    assert!(!old.well && old.err.starts_with("rollback: policy 1 of one.jws"), "{}", old.err);

    // A bundle, and the page that says when.
    reader.edits("keys/bundle.json", raise);
    let told = reader.follows(OPERATING, "Once a year").await;
    assert!(told.contains("bundle 2 and policy 3"), "{told}");
    assert!(told.contains(&format!("--listen 0.0.0.0:{} --check", reader.port)), "{told}");
    let told = agree(&mut reader, "", Ok("")).await;
    assert!(told.contains("2 of ward-9"), "{told}");

    // What the hospital signs at the gateway while that runs is the newest, whatever file is given.
    let asked = "--data gateway --tenant ward-9 --operator A --reason trial";
    reader.edits("keys/policy.json", raise);
    reader.stops("gauze-gateway").await;
    reader.types(SERVE).await;
    reader.types(&format!("gauze-gateway admin policy propose --in keys/policy.json {asked}")).await;
    reader.awaits("gauze-records proposals list --data records", "policy").await;
    proposal(&mut reader).await;
    reader
        .types("gauze-records proposals approve PROPOSAL --data records --keys keys --by A --reason trial")
        .await;
    reader.awaits("gauze-gateway admin policy show --data gateway --tenant ward-9", "\"version\": 4").await;
    reader.stops("gauze-gateway").await;
    for flags in ["", "--policy three.jws", "--bundle keys/bundle.jws --policy three.jws"] {
        agree(&mut reader, flags, Ok("")).await;
    }

    // A copy that a disk spoilt costs nothing, and a start writes it anew; what was taken up and does not read is told.
    for copy in ["bundle", "policy"] {
        let copy = format!("gateway/tenants/ward-9.{copy}.jws");
        reader.stops("gauze-gateway").await;
        reader.types(&format!("echo spoilt > {copy}")).await;
        let told = reader.tries("gauze-gateway admin policy show --data gateway --tenant ward-9").await;
        assert!(!told.well && told.err.contains(&copy), "{}", told.err);
        assert!(
            told.err.contains("start the gateway again") && !told.err.contains("sign it"),
            "{}",
            told.err
        );
        agree(&mut reader, "", Ok("")).await;
        reader.types("gauze-gateway admin policy show --data gateway --tenant ward-9").await;
    }
    reader.types("echo spoilt > gateway/hospital/ward-9/bundle.jws").await;
    let told = agree(&mut reader, "", Err("bundle_invalid")).await;
    assert!(told.contains("gateway/hospital/ward-9/bundle.jws"), "{told}");
    reader.types("gauze-gateway init --data gateway --from keys/bundle.jws").await;
    agree(&mut reader, "", Ok("")).await;
    reader
        .types("touch hospital-file && mv gateway/hospital aside && mv hospital-file gateway/hospital")
        .await;
    agree(&mut reader, "", Err("unreadable")).await;
    // One that was never set up by `init` serves what it served last.
    reader.types("rm gateway/hospital").await;
    let told = agree(&mut reader, "", Ok("")).await;
    assert!(told.contains("2 of ward-9"), "{told}");
    reader.stops("gauze-gateway").await;
    reader.types("echo spoilt > gateway/tenants/ward-9.bundle.jws").await;
    let told = agree(&mut reader, "", Err("bundle_invalid")).await;
    assert!(told.contains("with --bundle"), "{told}");
    agree(&mut reader, "--bundle keys/bundle.jws --policy keys/policy.jws", Ok("")).await;
    agree(&mut reader, "", Ok("")).await;
    reader.types("rm -r gateway/tenants").await;
    agree(&mut reader, "", Err("no_bundle")).await;
}

/// Whether the gateway starts with these flags, as its check said before; what that said.
async fn agree(reader: &mut Reader, flags: &str, expected: Result<&str, &str>) -> String {
    reader.stops("gauze-gateway").await;
    let line = format!("{SERVE} {flags}");
    let checked = reader.tries(&format!("{line} --check")).await;
    match expected {
        Ok(words) => {
            assert!(checked.well && checked.out.contains(words), "{line}: {}", checked.out);
            reader.types(&line).await;
            checked.out
        }
        Err(code) => {
            assert!(!checked.well && checked.out.contains(code), "{line}: {}", checked.out);
            let started = reader.tries(&line).await;
            assert!(!started.well && started.err.starts_with(code), "{line}: {}", started.err);
            let message = started.err.trim();
            assert!(checked.out.contains(message), "{message} is not in {}", checked.out);
            started.err
        }
    }
}

const SIGN_BUNDLE: &str = "gauze-records sign-bundle --keys keys --in keys/bundle.json --out bundle.jws";
const SIGN_POLICY: &str = "gauze-records sign-policy --keys keys --in keys/policy.json --out policy.jws";

/// What a command says that is refused, under this code.
async fn refused(reader: &Reader, line: &str, code: &str) -> String {
    let told = reader.tries(line).await;
    assert!(!told.well && told.err.starts_with(&format!("{code}: ")), "{line}: {}{}", told.out, told.err);
    told.err
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_bundle_and_no_policy_is_told_by_what_it_is() {
    let mut reader = set_up("--trial").await;
    let take_up = "gauze-gateway init --data gateway --from";
    // As a newer program signs it.
    let key = SoftwareKey::from_pem(&std::fs::read_to_string(reader.at("keys/policy.pem")).unwrap()).unwrap();
    let jws = Jws::parse(std::fs::read_to_string(reader.at("keys/policy.jws")).unwrap().trim()).unwrap();
    let text = String::from_utf8(jws.payload_bytes().unwrap()).unwrap();
    for (text, why) in [
        (text.replacen('{', "{\"colour\":\"red\",", 1), "unknown field `colour`"),
        (text.replacen("\"v\":2", "\"v\":9", 1).replacen("\"v\":1", "\"v\":9", 1), "field v"),
    ] {
        let newer = Jws::sign_bytes("gauze-policy", text.as_bytes(), &key).unwrap();
        reader.writes("newer.jws", &format!("{}\n", newer.as_str()));
        let told = refused(&reader, &format!("{take_up} newer.jws"), "policy_invalid").await;
        for words in ["the policy", "newer.jws", why, "update this gateway first"] {
            assert!(told.contains(words), "{words:?} is not in {told}");
        }
        assert!(!told.contains("bundle"), "{told}");
    }
    reader.writes("empty.json", "");
    reader.types("gauze-records token --keys keys --out token.jws").await;
    for file in ["empty.json", "token.jws", "keys/ca.pem"] {
        let told = refused(&reader, &format!("{take_up} {file}"), "malformed").await;
        assert!(told.contains(file) && told.contains("bring its hospital.json again"), "{told}");
    }
    // The file that is wrong is the one that is named, and once.
    reader.writes(
        "two.jws",
        &"{}{}".replace("{}", &std::fs::read_to_string(reader.at("keys/bundle.jws")).unwrap()),
    );
    let told = refused(&reader, &format!("{take_up} two.jws"), "bundle_no_handover").await;
    assert_eq!(told.matches("two.jws").count(), 1, "{told}");
    reader.types("echo spoilt > gateway/hospital/ward-9/policy.jws").await;
    reader.edits("keys/bundle.json", raise);
    reader.types(SIGN_BUNDLE).await;
    let told = refused(&reader, &format!("{take_up} bundle.jws"), "policy_invalid").await;
    assert!(told.contains("hospital/ward-9/policy.jws") && !told.contains("bundle.jws"), "{told}");
}

/// A hospital whose sides have met, and that nobody serves yet.
async fn set_up(flags: &str) -> Reader {
    let mut reader = Reader::new();
    reader.types("gauze-gateway init --data gateway --url https://localhost:8443 --tenant ward-9").await;
    reader.types(&format!("gauze-records init --keys keys --gateway gateway.json {flags}")).await;
    let told = reader.types("gauze-gateway init --data gateway --from hospital.json").await;
    assert_eq!(told.contains("--status-list status.json"), flags.contains("--android"), "{told}");
    reader
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_up_is_never_replaced_by_an_older_one_and_never_passed_over_in_silence() {
    let mut reader = set_up("--trial").await;
    let take_up = "gauze-gateway init --data gateway --from";
    reader.types("cp keys/bundle.jws bundle-1.jws && cp keys/policy.jws policy-1.jws").await;
    reader.edits("keys/bundle.json", raise);
    reader.edits("keys/policy.json", raise);
    for (line, file) in [(SIGN_BUNDLE, "bundle.jws"), (SIGN_POLICY, "policy.jws")] {
        reader.types(line).await;
        reader.types(&format!("{take_up} {file}")).await;
    }
    // Nothing of it was served yet.
    for (old, what) in [("bundle-1.jws", "bundle"), ("policy-1.jws", "policy"), ("hospital.json", "bundle")] {
        let told = refused(&reader, &format!("{take_up} {old}"), "rollback").await;
        for words in [old, &format!("{what} 2"), &format!("gateway/hospital/ward-9/{what}.jws")] {
            assert!(told.contains(words), "{words:?} is not in {told}");
        }
    }
    for flags in
        ["--bundle bundle-1.jws", "--policy policy-1.jws", "--bundle bundle-1.jws --policy policy-1.jws"]
    {
        reader.types("cp -a gateway kept").await;
        let told = agree(&mut reader, flags, Ok("WARNING")).await;
        let log = reader.logs();
        for (what, file) in [("bundle", "bundle-1.jws"), ("policy", "policy-1.jws")] {
            let passed_over = flags.contains(file);
            let line = format!("gateway/hospital/ward-9/{what}.jws");
            assert_eq!(told.contains(&line), passed_over, "{flags}: {told}");
            assert_eq!(log.contains(&line), passed_over, "{flags}: {log}");
        }
        assert!(told.contains("without --bundle and --policy"), "{told}");
        reader.stops("gauze-gateway").await;
        reader.types("rm -r gateway *.log && mv kept gateway").await;
    }
    let told = agree(&mut reader, "", Ok("2 of ward-9")).await;
    assert!(!told.contains("hospital/ward-9"), "{told}");
}

/// Two roots hand over, one after the other, and nothing is served between.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_handovers_of_its_own_loses_none_that_was_taken_up_before() {
    let mut reader = set_up("--trial").await;
    let take_up = "gauze-gateway init --data gateway --from bundle.jws";
    let mut handing_over = String::new();
    for round in 0..2 {
        let told = reader.types("gauze-records root next --keys keys --json").await;
        let told: Value = serde_json::from_str(&told).unwrap();
        reader.edits("keys/bundle.json", |bundle| {
            bundle["next_root"] = told["next_root"].clone();
            raise(bundle);
        });
        reader.types(SIGN_BUNDLE).await;
        if round == 0 {
            reader.types(take_up).await;
        } else {
            handing_over = std::fs::read_to_string(reader.at("bundle.jws")).unwrap();
        }
        let told = reader.types("gauze-records root hand-over --keys keys --json").await;
        let told: Value = serde_json::from_str(&told).unwrap();
        reader.edits("keys/bundle.json", |bundle| {
            bundle["root"] = told["root"].clone();
            bundle.as_object_mut().unwrap().remove("next_root");
            raise(bundle);
        });
    }
    reader.types(SIGN_BUNDLE).await;
    let last = std::fs::read_to_string(reader.at("bundle.jws")).unwrap();
    reader.writes("bundle.jws", &format!("{handing_over}{last}"));
    reader.types(take_up).await;
    let taken_up = std::fs::read_to_string(reader.at("gateway/hospital/ward-9/bundle.jws")).unwrap();
    assert_eq!(taken_up.lines().count(), 3);
    reader.types(take_up).await;
    assert_eq!(std::fs::read_to_string(reader.at("gateway/hospital/ward-9/bundle.jws")).unwrap(), taken_up);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_policy_key_takes_over_by_the_pages_steps() {
    let mut reader = trial().await;
    let lines: Vec<_> = blocks(OPERATING)
        .into_iter()
        .filter(|block| block.heading == NEW_KEY)
        .flat_map(|block| block.lines)
        .collect();
    let [make, bundle, take_bundle, put, policy, take_policy] = &lines[..] else { panic!("{lines:?}") };
    // At once, which both refuse: the page's way is what their step names.
    reader.types("cp -a keys aside").await;
    reader.types(make).await;
    let keys = |reader: &Reader, dir: &str| {
        let text = std::fs::read_to_string(reader.at(&format!("{dir}/bundle.json"))).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["policy_keys"].as_array().unwrap().clone()
    };
    let (old, new) = (keys(&reader, "keys"), keys(&reader, "keys-next"));
    for keys in [new.clone(), [&old[..], &new[..]].concat()] {
        reader.edits("keys/bundle.json", |bundle| {
            bundle["policy_keys"] = json!(keys);
            raise(bundle);
        });
        reader.types(bundle).await;
        if keys.len() == 1 {
            let told = refused(&reader, take_bundle, "policy_invalid").await;
            assert!(told.contains("hospital/ward-9/policy.jws") && told.contains(NEW_KEY), "{told}");
        } else {
            reader.types(take_bundle).await;
        }
    }
    reader.types(put).await;
    reader.edits("keys/policy.json", raise);
    reader.types(policy).await;
    reader.types(take_policy).await;
    reader.edits("keys/bundle.json", |bundle| {
        bundle["policy_keys"] = json!(new);
        raise(bundle);
    });
    reader.types(bundle).await;
    reader.types(take_bundle).await;
    let told = agree(&mut reader, "", Ok("")).await;
    assert!(told.contains("4 of ward-9"), "{told}");
    // Under the new key alone a phone enrols, and its photo is filed.
    reader.types("gauze-records token --keys keys --out token.jws --managed managed.json").await;
    let phone = "gauze-phone --data phone-2";
    reader.types(&format!("{phone} enrol --config managed.json")).await;
    reader.types(&format!("{phone} capture wound.jpg")).await;
    reader
        .awaits(
            &format!("{phone} upload --wait 30 && gauze-records list --data records | grep -c '^filed '"),
            "2",
        )
        .await;
    // A policy by a key that no bundle names any more.
    reader.edits("aside/policy.json", |policy| policy["version"] = json!(9));
    reader.types("gauze-records sign-policy --keys aside --in aside/policy.json --out old.jws").await;
    let told = refused(&reader, "gauze-gateway init --data gateway --from old.jws", "policy_invalid").await;
    assert!(told.contains("old.jws") && told.contains(NEW_KEY) && !told.contains("sign it again"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_reads_the_status_list_that_a_start_would() {
    let app = format!("uk.nhs.example.gauze={}", "ab".repeat(32));
    let mut reader = set_up(&format!("--android {app}")).await;
    reader.writes("whole.json", r#"{"entries":{}}"#);
    reader.writes("old.json", r#"{"entries":{}}"#);
    reader.writes("broken.json", "<html>");
    reader.types("touch -d '3 days ago' old.json").await;
    let check = "gauze-gateway serve --data gateway --listen localhost:8443 --check";
    let line = async |flags: &str| {
        let told = reader.tries(&format!("{check} {flags}")).await.out;
        told.lines().find(|line| line.contains("status list")).unwrap_or(&told).to_owned()
    };
    for (flags, verdict, words) in [
        ("", "FAILED", "--status-list"),
        ("--status-list none.json", "FAILED", "none.json"),
        ("--status-list broken.json", "FAILED", "broken.json"),
        ("--status-list old.json", "FAILED", "fetch it again"),
        ("--status-list whole.json", "ok", "whole.json"),
    ] {
        let told = line(flags).await;
        assert!(told.starts_with(verdict) && told.contains(words), "{flags}: {told}");
    }
}
