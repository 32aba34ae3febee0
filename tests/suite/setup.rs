//! Setting up that was cut off, that is asked for twice, or that gets the wrong file; and what both checks say.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use gauze_tests::hospital::write;
use gauze_tests::identity::open_pages;
use gauze_tests::port::free_port;
use gauze_tests::programs::{Ended, attempt, run};
use gauze_wire::Digest;
use serde_json::Value;

use crate::fixture::{closed_ward, pictures, ward};

/// A gateway that has introduced itself, in an empty directory.
async fn introduced(home: &Path) {
    let port = free_port().unwrap();
    let url = format!("https://localhost:{port}");
    let init = ["init", "--data", "gateway", "--url", &url, "--tenant", "ward-9"];
    run("gauze-gateway", &init, home).await.unwrap();
}

async fn init(home: &Path, more: &[&str]) -> Ended {
    let whole = [&["init", "--keys", "keys", "--gateway", "gateway.json"][..], more].concat();
    attempt("gauze-records", &whole, home).await.unwrap()
}

/// Every file below a directory, and the digest of what it holds.
fn below(dir: &Path) -> BTreeMap<PathBuf, Digest> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() { below(&path) } else { [(path.clone(), Digest::of(&read(&path)))].into() }
        })
        .collect()
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_that_was_cut_off_goes_on_to_the_same_answer_and_another_wish_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    introduced(home).await;
    let whole = init(home, &["--trial"]).await;
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    let (answer, keys) = (home.join("hospital.json"), home.join("keys"));
    let first = read(&answer);

    // Cut off behind the bundle: the answer is written again, the same.
    std::fs::remove_file(&answer).unwrap();
    assert_eq!(init(home, &["--trial"]).await.code, Some(0));
    assert_eq!(read(&answer), first);
    std::fs::remove_file(&answer).unwrap();
    let other = init(home, &[]).await;
    assert!(
        other.stderr.starts_with("exists: ") && other.stderr.contains("raise version"),
        "{}",
        other.stderr
    );
    assert!(!answer.exists());

    // Cut off between policy and bundle, and then before the policy: what an earlier run was told is not taken over in silence.
    for (gone, named) in [("bundle.jws", "policy.jws"), ("policy.jws", "policy.json")] {
        std::fs::remove_file(keys.join(gone)).unwrap();
        let other = init(home, &[]).await;
        assert!(other.code == Some(1) && other.stderr.contains(named), "{}", other.stderr);
        assert!(
            other.stderr.contains("an earlier run with other options, such as --trial"),
            "{}",
            other.stderr
        );
        assert!(!keys.join("bundle.jws").exists());
    }
    assert_eq!(init(home, &["--trial"]).await.code, Some(0));
    let from = ["init", "--data", "gateway", "--from", "hospital.json"];
    run("gauze-gateway", &from, home).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_set_up_says_so_when_it_is_set_up_again_and_for_another_address() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    introduced(home).await;
    assert_eq!(init(home, &["--trial"]).await.code, Some(0));
    let answer = ["init", "--data", "gateway", "--from", "hospital.json"];
    run("gauze-gateway", &answer, home).await.unwrap();
    let introduction: Value = serde_json::from_slice(&read(&home.join("gateway.json"))).unwrap();
    let url = introduction["gateway"]["url"].as_str().unwrap();
    for (asked, told) in
        [(url, "for this address: nothing is to be done"), ("https://other.example.org", url)]
    {
        let again = ["init", "--data", "gateway", "--url", asked, "--tenant", "ward-9"];
        let again = run("gauze-gateway", &again, home).await.unwrap();
        assert!(again.contains("ward-9 is set up here already") && again.contains(told), "{again}");
        assert!(!again.contains("carry"), "{again}");
    }
    // As it says: the gateway of gateway.json into keys/bundle.json, the version raised, signed and served.
    let mut introduction: Value = serde_json::from_slice(&read(&home.join("gateway.json"))).unwrap();
    let mut bundle: Value = serde_json::from_slice(&read(&home.join("keys/bundle.json"))).unwrap();
    bundle["gateways"] = Value::Array(vec![introduction["gateway"].take()]);
    bundle["version"] = Value::from(2);
    write(&home.join("keys/bundle.json"), &bundle.to_string()).unwrap();
    let token = ["token", "--keys", "keys", "--out", "token.jws", "--managed", "managed.json"];
    let told = async || attempt("gauze-records", &token, home).await.unwrap().stderr;
    assert_eq!(told().await, "", "the first bundle is served");
    let sign = ["sign-bundle", "--keys", "keys", "--in", "keys/bundle.json", "--out", "bundle.jws"];
    run("gauze-records", &sign, home).await.unwrap();
    assert!(told().await.contains("only once the gateway serves trust bundle 2,"));
    let mut check = vec!["serve", "--data", "gateway", "--listen", "127.0.0.1:0", "--bundle", "bundle.jws"];
    check.extend(["--policy", "keys/policy.jws", "--check"]);
    let told = attempt("gauze-gateway", &check, home).await.unwrap().stdout;
    assert!(told.contains("2 of ward-9 for https://other.example.org"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_try_left_is_named_and_the_step_that_is_told_works() {
    let (before, now) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (before, home) = (before.path(), now.path());
    for place in [before, home] {
        introduced(place).await;
        assert_eq!(init(place, &["--trial"]).await.code, Some(0));
    }
    for (left, gone) in [("policy.jws", Some("bundle.jws")), ("policy.jws", None), ("bundle.jws", None)] {
        if let Some(gone) = gone {
            std::fs::remove_file(home.join("keys").join(gone)).unwrap();
        }
        let file = format!("keys/{left}");
        let own = home.join("own.jws");
        std::fs::rename(home.join(&file), &own).unwrap();
        std::fs::copy(before.join(&file), home.join(&file)).unwrap();
        let told = init(home, &["--trial"]).await.stderr;
        let beside = left == "policy.jws" && gone.is_none();
        let why = if beside { "signed by no policy key" } else { "of an earlier try" };
        assert!(told.starts_with(&format!("exists: {file} is {why}")), "{told}");
        assert!(told.contains("Move that file away, ") && told.contains("and run this again"), "{told}");
        assert_eq!(told.contains("sign-policy"), beside, "{told}");
        std::fs::remove_file(home.join(&file)).unwrap();
        if beside {
            let sign = ["sign-policy", "--keys", "keys", "--in", "keys/policy.json", "--out", "policy.jws"];
            run("gauze-records", &sign, home).await.unwrap();
        }
        assert_eq!(init(home, &["--trial"]).await.code, Some(0));
    }
    // The file that goes to the gateway, too.
    std::fs::copy(before.join("hospital.json"), home.join("before.json")).unwrap();
    let from = |file| ["init", "--data", "gateway", "--from", file];
    let refused = attempt("gauze-gateway", &from("before.json"), home).await.unwrap();
    assert!(
        refused.stderr.starts_with("gateway_not_in_bundle: the bundle in before.json "),
        "{}",
        refused.stderr
    );
    run("gauze-gateway", &from("hospital.json"), home).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn between_a_hand_over_and_its_bundle_the_step_is_that_bundle() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    introduced(home).await;
    assert_eq!(init(home, &["--trial"]).await.code, Some(0));
    let edit = |change: &dyn Fn(&mut Value)| {
        let path = home.join("keys/bundle.json");
        let mut bundle: Value = serde_json::from_slice(&read(&path)).unwrap();
        change(&mut bundle);
        bundle["version"] = (bundle["version"].as_u64().unwrap() + 1).into();
        write(&path, &bundle.to_string()).unwrap();
    };
    let sign = ["sign-bundle", "--keys", "keys", "--in", "keys/bundle.json", "--out", "bundle.jws"];
    let next = attempt("gauze-records", &["--json", "root", "next", "--keys", "keys"], home).await.unwrap();
    let next: Value = serde_json::from_str(&next.stdout).unwrap();
    edit(&|bundle| bundle["next_root"] = next["next_root"].clone());
    run("gauze-records", &sign, home).await.unwrap();
    let over = ["--json", "root", "hand-over", "--keys", "keys"];
    let over: Value =
        serde_json::from_str(&attempt("gauze-records", &over, home).await.unwrap().stdout).unwrap();
    let told = init(home, &["--trial"]).await.stderr;
    assert!(told.starts_with("handing_over: keys/bundle.jws") && told.contains("sign-bundle"), "{told}");
    edit(&|bundle| {
        bundle["root"] = over["root"].clone();
        bundle.as_object_mut().unwrap().remove("next_root");
    });
    run("gauze-records", &sign, home).await.unwrap();
    let again = init(home, &["--trial"]).await;
    assert_eq!(again.code, Some(0), "{}", again.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hospitals_answer_is_judged_before_anything_of_it_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    introduced(home).await;
    assert_eq!(init(home, &["--trial"]).await.code, Some(0));
    let mut answer: Value = serde_json::from_slice(&read(&home.join("hospital.json"))).unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    answer["certificate"] = made.cert.pem().into();
    write(&home.join("strange.json"), &answer.to_string()).unwrap();
    let from = ["init", "--data", "gateway", "--from", "strange.json"];
    let refused = attempt("gauze-gateway", &from, home).await.unwrap();
    assert!(refused.code == Some(1) && refused.stderr.starts_with("tls_invalid: "), "{}", refused.stderr);
    assert!(!home.join("gateway/hospital").exists() && !home.join("gateway/tls/cert.pem").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateways_check_says_when_the_records_side_answered_last() {
    let ward = ward("classical").await;
    let hospital = &ward.hospital;
    let mut arguments = hospital.gateway_arguments("gateway");
    arguments.push("--check".to_owned());
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let files = pictures(hospital.home(), 1);
    ward.capture(&files).await;
    ward.deliver().await;
    ward.servers.stop().await;
    let lies_there = || {
        let mut files = below(&hospital.home().join("gateway"));
        // Whoever reads beside a journal says so in its shared index.
        files
            .entry(hospital.home().join("gateway/gateway.sqlite-shm"))
            .and_modify(|held| *held = Digest::of(b""));
        files
    };
    let before = lies_there();
    let well = attempt("gauze-gateway", &arguments, hospital.home()).await.unwrap();
    assert_eq!(lies_there(), before, "a check leaves nothing behind");
    let line = |told: &Ended| {
        let line = told.stdout.lines().find(|line| line.contains(" records ")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{}", told.stdout))
    };
    assert!(line(&well).starts_with("ok") && line(&well).contains("answered last on 20"), "{}", well.stdout);

    let (_home, closed) = closed_ward("classical").await;
    let mut arguments = closed.gateway_arguments("gateway");
    arguments.push("--check".to_owned());
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let fresh = attempt("gauze-gateway", &arguments, closed.home()).await.unwrap();
    assert!(line(&fresh).contains("has not answered yet") && fresh.code == Some(0), "{}", fresh.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_records_sides_check_looks_at_the_address_of_links_too() {
    let (_home, mut hospital) = closed_ward("classical").await;
    open_pages(&mut hospital).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (web, links) =
        (format!("127.0.0.1:{}", free_port().unwrap()), taken.local_addr().unwrap().to_string());
    let mut check = vec!["serve", "--data", "records", "--keys", "keys", "--ca", "tls/ca.pem", "--check"];
    check.extend(["--web", &web, "--links", &links, "--people", "people.json"]);
    check.extend(["--tls-cert", "tls/server.pem", "--tls-key", "tls/server.key"]);
    let told = attempt("gauze-records", &check, hospital.home()).await.unwrap();
    let line =
        |what: &str| told.stdout.lines().find(|line| line.contains(&format!(" {what} "))).unwrap_or_default();
    assert!(line("web").starts_with("ok"), "{}{}", told.stdout, told.stderr);
    assert!(line("links").starts_with("FAILED") && line("links").contains(&links), "{}", told.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hospital_for_patients_is_set_up_to_look_at_googles_list_and_told_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    introduced(home).await;
    let app = format!("org.gauze.app={}", "ab".repeat(32));
    let set_up = init(home, &["--android", &app]).await;
    assert_eq!(set_up.code, Some(0), "{}", set_up.stderr);
    let policy: Value = serde_json::from_slice(&read(&home.join("keys/policy.json"))).unwrap();
    assert_eq!(policy["android"]["status_list_hours"], 24);
    run("gauze-gateway", &["init", "--data", "gateway", "--from", "hospital.json"], home).await.unwrap();
    let check = ["serve", "--data", "gateway", "--listen", "127.0.0.1:0", "--check"];
    let told = attempt("gauze-gateway", &check, home).await.unwrap().stdout;
    let list = "https://android.googleapis.com/attestation/status";
    assert!(told.contains(list), "{told}");
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operating.md")).unwrap();
    assert!(page.contains(&format!("{list} && mv")));
}
