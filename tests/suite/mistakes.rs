//! Mistakes that people make, made on purpose: the message names what is wrong, and a step that mends it.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use gauze_tests::hospital::{Hospital, write};
use gauze_tests::programs::{attempt, program, run};
use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};
use serde_json::{Value, json};

use crate::fixture::{closed_ward, phone, pictures};

/// A command, its exit status, and what its one line on standard error has to say: the code first.
struct Mistake(&'static str, i32, &'static [&'static str]);

pub(crate) const GATEWAY: &str = "gauze-gateway serve --data gateway --listen 127.0.0.1:0";
pub(crate) const TLS: &str = "--tls-cert tls/server.pem --tls-key tls/server.key";

const MISTAKES: &[Mistake] = &[
    // Certificates.
    Mistake(
        "GATEWAY --bundle bundle.jws --tls-cert none.pem --tls-key tls/server.key",
        1,
        &["tls_invalid", "none.pem", "check the path"],
    ),
    Mistake(
        "GATEWAY --bundle bundle.jws --tls-cert tls/server.key --tls-key tls/server.pem",
        1,
        &["tls_invalid", "tls/server.key", "swapped"],
    ),
    Mistake(
        "GATEWAY --bundle bundle.jws --tls-cert tls/server.pem --tls-key tls/other.key",
        1,
        &["tls_invalid", "tls/other.key", "made together"],
    ),
    Mistake(
        "GATEWAY --bundle bundle.jws --tls-cert tls/server.pem --tls-key tls/encrypted.key",
        1,
        &["tls_invalid", "encrypted", "openssl pkey -in"],
    ),
    Mistake(
        "GATEWAY --bundle bundle.jws --tls-cert tls/server.der --tls-key tls/server.key",
        1,
        &["tls_invalid", "server.der", "openssl x509 -inform der"],
    ),
    // Files.
    Mistake(
        "GATEWAY TLS --bundle /dev/zero",
        1,
        &["unreadable", "/dev/zero", "too large to be the right file"],
    ),
    Mistake("GATEWAY TLS --bundle keys", 1, &["unreadable", "keys", "name a file in that directory"]),
    Mistake("GATEWAY TLS --bundle none.jws", 1, &["unreadable", "none.jws", "check the path"]),
    Mistake(
        "GATEWAY TLS --bundle policy.jws",
        1,
        &["bundle_invalid", "expected gauze-bundle, found gauze-policy"],
    ),
    Mistake(
        "GATEWAY TLS --bundle bundle.jws --status-list none.json",
        1,
        &["unreadable", "none.json", "check the path"],
    ),
    Mistake(
        "gauze-records sign-policy --keys keys --in keys --out p.jws",
        1,
        &["disk", "keys", "name a file in it"],
    ),
    Mistake(
        "gauze-records sign-policy --keys keys --in /dev/zero --out p.jws",
        1,
        &["disk", "/dev/zero", "too large"],
    ),
    Mistake(
        "gauze-records open tls --identity keys/tenant-identity.txt --out opened",
        1,
        &["disk", "tls", "That is a directory"],
    ),
    Mistake("gauze-records list --data picture-0.jpg", 1, &["disk", "picture-0.jpg", "is a file"]),
    Mistake(
        "gauze-records list --data nowhere",
        1,
        &["no_index", "nowhere/index.sqlite", "Check --data, or pull first"],
    ),
    Mistake("gauze-phone enrol --config ca-missing.json", 1, &["unreadable", "nobody.pem", "check the path"]),
    Mistake(
        "gauze-phone --data picture-0.jpg status",
        1,
        &["storage_failed", "picture-0.jpg is a file", "--data"],
    ),
    Mistake("gauze-phone --data keys status", 1, &["not_enrolled", "keys holds no phone", "check --data"]),
    // Addresses and names.
    Mistake("gauze-gateway serve --data gateway --listen 28443", 2, &["--listen", "0.0.0.0:28443"]),
    Mistake(
        "gauze-gateway keygen --data g --url https://x --tenant Ward9",
        2,
        &["--tenant", "a-z, 0-9 and hyphens"],
    ),
    Mistake(
        "gauze-gateway keygen --data g --url http://x --tenant ward-9",
        1,
        &["url_invalid", "https://host"],
    ),
    // Set-up out of order, or with the wrong file.
    Mistake("gauze-gateway serve --data fresh --listen 127.0.0.1:0", 1, &["no_bundle", "gauze-gateway init"]),
    Mistake(
        "gauze-gateway init --data gateway --from managed.json",
        1,
        &["malformed", "managed.json", "bring its hospital.json again"],
    ),
    Mistake(
        "gauze-records init --keys new --gateway managed.json",
        1,
        &["malformed", "managed.json", "gateway.json"],
    ),
    Mistake(
        "gauze-records init --keys keys --gateway gateway.json",
        1,
        &["exists", "is set up", "raise version"],
    ),
    Mistake(
        "gauze-gateway serve --data stranger --listen 127.0.0.1:0 --bundle bundle.jws TLS",
        1,
        &["gateway_not_in_bundle", "\"log\"", "`gateways`"],
    ),
    // What is written by hand.
    Mistake(
        "gauze-records sign-policy --keys keys --in seven.json --out p.jws",
        1,
        &["malformed", "keep_days", "line 2"],
    ),
    Mistake(
        "gauze-records sign-policy --keys keys --in long.json --out p.jws",
        1,
        &["out_of_limits", "review_hours", "0 to 336", "line 2"],
    ),
    Mistake(
        "gauze-records sign-bundle --keys keys --in bare.json --out b.jws",
        1,
        &["malformed", "gateways", "put [ and ] around"],
    ),
    Mistake(
        "gauze-records sign-bundle --keys keys --in bundle.json --out b.jws",
        1,
        &["rollback", "version 1", "Raise version"],
    ),
    Mistake("gauze-phone enrol --config typo.json", 1, &["config_invalid: tenant", "is not set: set it"]),
    Mistake(
        "gauze-records pull --data r --keys keys --ca tls/ca.pem --gateway https://elsewhere.example.org",
        1,
        &["unknown_gateway", "elsewhere", "--gateway"],
    ),
    Mistake("gauze-records pull --data r --keys keys --ca token.jws", 1, &["ca_unusable", "Give --ca"]),
    Mistake("gauze-records pull --data r --keys keys", 1, &["disk", "keys/ca.pem", "Check the path"]),
];

/// Puts what the mistakes are made with beside a hospital's own files.
pub(crate) async fn prepare(hospital: &Hospital) {
    let home = hospital.home();
    let put = |name: &str, text: &str| write(&home.join(name), text).unwrap();
    let read = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(home.join(name)).unwrap()).unwrap()
    };
    let lines = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    pictures(home, 1);
    put("tls/other.key", &KeyPair::generate().unwrap().serialize_pem());
    put(
        "tls/encrypted.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let der = CertificateParams::new(vec!["x".to_owned()])
        .unwrap()
        .self_signed(&KeyPair::generate().unwrap())
        .unwrap();
    std::io::Write::write_all(&mut std::fs::File::create(home.join("tls/server.der")).unwrap(), der.der())
        .unwrap();

    let mut managed = read("managed.json");
    managed["ca"] = json!("nobody.pem");
    put("ca-missing.json", &lines(&managed));
    let mut managed = read("managed.json");
    managed["tenent"] = managed["tenant"].take();
    managed.as_object_mut().unwrap().remove("tenant");
    put("typo.json", &lines(&managed));

    // The field that is wrong stands in the second line.
    let with = |name: &str, value: Value| {
        let mut policy = read("policy.json");
        policy.as_object_mut().unwrap().remove(name);
        policy["version"] = json!(9);
        lines(&policy).replacen('{', &format!("{{\n  \"{name}\": {value},"), 1)
    };
    put("seven.json", &with("keep_days", json!("seven")));
    put("long.json", &with("review_hours", json!(400)));
    let mut bundle = read("bundle.json");
    bundle["gateways"] = bundle["gateways"][0].take();
    bundle["version"] = json!(2);
    put("bare.json", &lines(&bundle));

    run("gauze-gateway", &["keygen", "--data", "stranger", "--url", "https://x", "--tenant", "ward-9"], home)
        .await
        .unwrap();
    let introduce = ["init", "--data", "gateway", "--url", &hospital.url(), "--tenant", "demo-hospital"];
    run("gauze-gateway", &introduce, home).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_told_with_its_place_and_a_step() {
    let (_home, hospital) = closed_ward("classical").await;
    prepare(&hospital).await;
    for Mistake(command, status, words) in MISTAKES {
        let command = command.replace("GATEWAY", GATEWAY).replace("TLS", TLS);
        let mut parts = command.split(' ');
        let name = parts.next().unwrap();
        let ended = attempt(name, &parts.collect::<Vec<_>>(), hospital.home()).await.unwrap();
        assert_eq!(ended.code, Some(*status), "{command}: {}", ended.stderr);
        for word in *words {
            assert!(ended.stderr.contains(word), "{command}: {word:?} is not in {}", ended.stderr);
        }
        if *status == 1 {
            let lines: Vec<_> = ended.stderr.lines().collect();
            assert!(lines.len() == 1 && lines[0].starts_with(words[0]), "{command}: {}", ended.stderr);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_and_a_certificate_that_nobody_believes_are_found_before_serving() {
    let (_home, hospital) = closed_ward("classical").await;
    let home = hospital.home();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    certify(home, "tls/old", "localhost", |made| made.not_after = date_time_ymd(2020, 1, 1));
    certify(home, "tls/strange", "elsewhere.example.org", |_| {});
    for (certificate, found) in [
        ("tls/old", "certificate_expired: tls/old.pem ended on 2020-01-01: renew it"),
        ("tls/strange", "is for elsewhere.example.org and not for 127.0.0.1: have it made"),
    ] {
        let (pem, key) = (format!("{certificate}.pem"), format!("{certificate}.key"));
        let mut arguments =
            vec!["serve", "--data", "gateway", "--listen", &listen, "--tls-cert", &pem, "--tls-key", &key];
        arguments.extend(["--bundle", "bundle.jws", "--policy", "policy.jws", "--check"]);
        let ended = attempt("gauze-gateway", &arguments, home).await.unwrap();
        assert_eq!(ended.code, Some(1), "{}", ended.stdout);
        let told = |words: &str| ended.stdout.lines().any(|line| line.contains(words));
        assert!(told("another program listens there: stop it"), "{}", ended.stdout);
        assert!(told(found), "{}", ended.stdout);
        assert!(told("it lets simulated phones in"), "{}", ended.stdout);
    }
    drop(taken);
    let mut arguments = hospital.gateway_arguments("gateway");
    arguments.push("--check".to_owned());
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let well = attempt("gauze-gateway", &arguments, home).await.unwrap();
    assert_eq!(well.code, Some(0), "{}", well.stdout);
}

/// A certificate and its key as `STEM.pem` and `STEM.key`.
fn certify(home: &Path, stem: &str, name: &str, edit: impl FnOnce(&mut CertificateParams)) {
    let (signer, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let issuer = Issuer::new(CertificateParams::new(Vec::new()).unwrap(), signer);
    let mut server = CertificateParams::new(vec![name.to_owned()]).unwrap();
    edit(&mut server);
    write(&home.join(format!("{stem}.pem")), &server.signed_by(&key, &issuer).unwrap().pem()).unwrap();
    write(&home.join(format!("{stem}.key")), &key.serialize_pem()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_records_sides_check_says_what_the_gateway_answers() {
    let (_home, hospital) = closed_ward("classical").await;
    let home = hospital.home();
    let check = ["serve", "--data", "records", "--keys", "keys", "--ca", "tls/ca.pem", "--check"];
    let closed = attempt("gauze-records", &check, home).await.unwrap();
    assert!(closed.code == Some(1) && closed.stdout.contains("gateway_unreachable"), "{}", closed.stdout);
    let gateway = hospital.start_gateway().await.unwrap();
    let open = attempt("gauze-records", &check, home).await.unwrap();
    assert!(open.code == Some(0) && open.stdout.contains("answers and knows this side"), "{}", open.stdout);
    certify(home, "tls/other", "x", |_| {});
    let wrong = ["serve", "--data", "records", "--keys", "keys", "--ca", "tls/other.pem", "--check"];
    let wrong = attempt("gauze-records", &wrong, home).await.unwrap();
    assert!(wrong.stdout.contains("certificate_authority_unknown"), "{}", wrong.stdout);
    assert!(!home.join("records").exists(), "a check makes nothing");

    // Another authority's certificate in the same files: in use without a restart, as its refusal shows.
    certify(home, "tls/server", "localhost", |_| {});
    let mut told = open.stdout;
    for _ in 0..600 {
        if told.contains("certificate_authority_unknown") {
            break;
        }
        // It looks at its files every ten seconds.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        told = attempt("gauze-records", &check, home).await.unwrap().stdout;
    }
    assert!(told.contains("certificate_authority_unknown"), "{told}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_proposed_from_what_the_gateway_shows_and_a_slip_is_told_by_its_line() {
    let (_home, hospital) = closed_ward("classical").await;
    let home = hospital.home();
    hospital.start_gateway().await.unwrap().stop().await;
    let place = ["--data", "gateway", "--tenant", "demo-hospital"];
    let propose = async |file: &str| {
        let command = ["admin", "policy", "propose", "--in", file, "--operator", "A", "--reason", "a trial"];
        attempt("gauze-gateway", &[&command[..], &place].concat(), home).await.unwrap()
    };
    let show = [&["admin", "policy", "show", "--json"][..], &place].concat();
    let shown = run("gauze-gateway", &show, home).await.unwrap();
    write(&home.join("shown.json"), &shown).unwrap();
    let asked = propose("shown.json").await;
    assert_eq!(asked.code, Some(0), "{}", asked.stderr);

    let mut policy: Value = serde_json::from_str(&shown).unwrap();
    let mut policy = policy["policy"].take();
    policy["keep_days"] = json!("seven");
    let text = serde_json::to_string_pretty(&policy).unwrap();
    let line = text.lines().position(|line| line.contains("keep_days")).unwrap() + 1;
    write(&home.join("slip.json"), &text).unwrap();
    let slip = propose("slip.json").await;
    assert!(slip.stderr.contains(&format!("line {line}: keep_days: ")), "{}", slip.stderr);
    let none = propose("none.json").await;
    assert!(none.stderr.starts_with("unreadable: none.json"), "{}", none.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_refused_by_field_and_line() {
    let (_home, hospital) = closed_ward("classical").await;
    let home = hospital.home();
    let gateway = hospital.start_gateway().await.unwrap();
    assert_eq!(phone(&hospital, &["enrol", "--config", "managed.json"]).await.code, Some(0));
    gateway.stop().await;
    let picture = pictures(home, 1)[0].to_str().unwrap().to_owned();
    for (record, words) in [
        (
            "{\n\"patient\": {\"family\": \"Trial\", \"given\": \"Ada\", \"dob\": \"01/02/1970\"}}",
            ["patient.dob", "YYYY-MM-DD", "line 2"],
        ),
        ("{\n\"vew\": \"straight\"}", ["unknown field `vew`", "record.json", "line 2"]),
    ] {
        write(&home.join("record.json"), record).unwrap();
        let refused = phone(&hospital, &["capture", "--record", "record.json", &picture]).await;
        assert!(refused.stderr.starts_with("record_invalid"), "{}", refused.stderr);
        for word in words {
            assert!(refused.stderr.contains(word), "{word:?} is not in {}", refused.stderr);
        }
    }
}

#[test]
fn nobody_reading_on_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("p/vault")).unwrap();
    for (name, arguments) in [
        ("gauze-phone", ["--data", "p", "status"]),
        ("gauze-phone", ["config", "show", "markdown"]),
        ("gauze-gateway", ["keygen", "--data=g", "--url=https://x"]),
    ] {
        let mut command = std::process::Command::new(program(name).unwrap());
        command.args(arguments).current_dir(dir.path()).stderr(Stdio::piped());
        if name == "gauze-gateway" {
            command.arg("--tenant=ward-9");
        }
        // A pipe whose other end is closed.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = command.stdout(writer).output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}
