//! Mistakes that people make, made on purpose: the message names what is wrong, and a step that mends it.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use gauze_tests::hospital::{Hospital, write};
use gauze_tests::programs::{attempt, program, run};
use gauze_tests::skipped::skipped;
use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};
use serde_json::{Value, json};

use crate::fixture::{closed_ward, phone, pictures};
use crate::newcomer::Reader;

/// A command, its exit status, what its one line on standard error has to say (the code first), and what somebody types who
/// does as it says: each of these lines works, and servers that it starts run until the last has.
struct Mistake(&'static str, i32, &'static [&'static str], &'static [&'static str]);

pub(crate) const GATEWAY: &str = "gauze-gateway serve --data gateway --listen 127.0.0.1:0";
pub(crate) const TLS: &str = "--tls-cert tls/server.pem --tls-key tls/server.key";
/// The gateway at the address that the bundle names.
pub(crate) const UP: &str =
    "gauze-gateway serve --data gateway --listen 127.0.0.1:8443 TLS --bundle bundle.jws --policy policy.jws";
const PULL: &str = "gauze-records pull --data r --keys keys --ca tls/ca.pem --gateway https://127.0.0.1:8443";
const RIGHT: &[&str] = &["GATEWAY TLS --bundle bundle.jws"];

const MISTAKES: &[Mistake] = &[
    // Certificates.
    Mistake(
        "GATEWAY --bundle bundle.jws --tls-cert none.pem --tls-key tls/server.key",
        1,
        &["tls_invalid", "none.pem", "check the path"],
        RIGHT,
    ),
    Mistake(
        "GATEWAY --bundle bundle.jws --tls-cert tls/server.key --tls-key tls/server.pem",
        1,
        &["tls_invalid", "tls/server.key", "swapped"],
        RIGHT,
    ),
    Mistake(
        "GATEWAY --bundle bundle.jws --tls-cert tls/server.pem --tls-key tls/other.key",
        1,
        &["tls_invalid", "tls/other.key", "made together"],
        RIGHT,
    ),
    Mistake(
        "GATEWAY --bundle bundle.jws --tls-cert tls/server.pem --tls-key tls/encrypted.key",
        1,
        &["tls_invalid", "encrypted", "openssl pkey -in"],
        &[
            "openssl pkey -in tls/encrypted.key -passin pass:secret -out tls/plain.key",
            "GATEWAY --bundle bundle.jws --tls-cert tls/server.pem --tls-key tls/plain.key",
        ],
    ),
    Mistake(
        "GATEWAY --bundle bundle.jws --tls-cert tls/server.der --tls-key tls/server.key",
        1,
        &["tls_invalid", "server.der", "openssl x509 -inform der"],
        &[
            "openssl x509 -inform der -in tls/server.der -out tls/read.pem",
            "GATEWAY --bundle bundle.jws --tls-cert tls/read.pem --tls-key tls/server.key",
        ],
    ),
    // Files.
    Mistake(
        "GATEWAY TLS --bundle /dev/zero",
        1,
        &["unreadable", "/dev/zero", "too large to be the right file"],
        RIGHT,
    ),
    Mistake(
        "GATEWAY TLS --bundle keys",
        1,
        &["unreadable", "keys", "name a file in that directory"],
        &["cp bundle.jws keys/given.jws", "GATEWAY TLS --bundle keys/given.jws"],
    ),
    Mistake("GATEWAY TLS --bundle none.jws", 1, &["unreadable", "none.jws", "check the path"], RIGHT),
    Mistake(
        "GATEWAY TLS --bundle policy.jws",
        1,
        &["bundle_invalid", "expected gauze-bundle, found gauze-policy"],
        RIGHT,
    ),
    Mistake(
        "GATEWAY TLS --bundle bundle.jws --status-list none.json",
        1,
        &["unreadable", "none.json", "check the path"],
        &[
            "echo '{\"entries\": {}}' > status.json",
            "GATEWAY TLS --bundle bundle.jws --status-list status.json",
        ],
    ),
    Mistake(
        "gauze-records sign-policy --keys keys --in keys --out p.jws",
        1,
        &["disk", "keys", "Name a file in it"],
        &[
            "sed 's/\"version\": 1,/\"version\": 2,/' policy.json > keys/policy.json",
            "gauze-records sign-policy --keys keys --in keys/policy.json --out p.jws",
        ],
    ),
    Mistake(
        "gauze-records sign-policy --keys keys --in /dev/zero --out p.jws",
        1,
        &["disk", "/dev/zero", "too large"],
        &[
            "sed 's/\"version\": 1,/\"version\": 3,/' policy.json > keys/policy.json",
            "gauze-records sign-policy --keys keys --in keys/policy.json --out p.jws",
        ],
    ),
    Mistake(
        "gauze-records open tls --identity keys/tenant-identity.txt --out opened",
        1,
        &["disk", "tls", "Name a file in it."],
        &[
            UP,
            "gauze-phone --data phone enrol --config managed.json",
            "gauze-phone --data phone capture picture-0.jpg",
            "gauze-phone --data phone upload",
            PULL,
            "gauze-records open r/sealed/*/*/*.age --identity keys/tenant-identity.txt --out opened",
            "ls opened/*.jpg",
        ],
    ),
    Mistake(
        "gauze-records list --data picture-0.jpg",
        1,
        &["disk", "picture-0.jpg", "is a file"],
        &["gauze-records list --data r | grep '^filed '"],
    ),
    Mistake(
        "gauze-records list --data nowhere",
        1,
        &["no_index", "nowhere/index.sqlite", "Check --data, or pull first"],
        &["gauze-records list --data r | grep '^filed '"],
    ),
    Mistake(
        "gauze-phone enrol --config ca-missing.json",
        1,
        &["unreadable", "nobody.pem", "check the path"],
        &[
            "cp tls/ca.pem nobody.pem",
            UP,
            "gauze-phone --data phone-2 enrol --config ca-missing.json",
            "rm nobody.pem",
        ],
    ),
    Mistake(
        "gauze-phone --data picture-0.jpg status",
        1,
        &["storage_failed", "picture-0.jpg is a file", "--data"],
        &["gauze-phone --data phone status"],
    ),
    Mistake(
        "gauze-phone --data keys status",
        1,
        &["not_enrolled", "keys holds no phone", "check --data"],
        &["gauze-phone --data phone status"],
    ),
    // Addresses and names.
    Mistake(
        "gauze-gateway serve --data gateway --listen 28443",
        2,
        &["--listen", "0.0.0.0:28443"],
        &["gauze-gateway serve --data gateway --listen 0.0.0.0:8443 TLS --bundle bundle.jws"],
    ),
    Mistake(
        "gauze-gateway keygen --data g --url https://x --tenant Ward9",
        2,
        &["--tenant", "a-z, 0-9 and hyphens"],
        &["gauze-gateway keygen --data g --url https://x --tenant ward9"],
    ),
    Mistake(
        "gauze-gateway keygen --data g --url http://x --tenant ward-9",
        1,
        &["url_invalid", "https://host"],
        &["gauze-gateway keygen --data g --url https://x --tenant ward-9"],
    ),
    // Set-up out of order, or with the wrong file.
    Mistake(
        "gauze-gateway serve --data stranger --listen 127.0.0.1:0 TLS",
        1,
        &["no_bundle", "stranger", "give --bundle"],
        &["gauze-gateway serve --data gateway --listen 127.0.0.1:0 TLS --bundle bundle.jws"],
    ),
    Mistake(
        "gauze-gateway admin device list --data gateway --tenant ward-8",
        1,
        &["tenant_not_served", "ward-8", "demo-hospital", "check --tenant"],
        &["gauze-gateway admin device list --data gateway --tenant demo-hospital"],
    ),
    Mistake(
        "gauze-gateway admin device list --data gatewya --tenant demo-hospital",
        1,
        &["data_missing", "there is no directory gatewya", "check --data"],
        &["gauze-gateway admin device list --data gateway --tenant demo-hospital"],
    ),
    Mistake(
        "gauze-gateway console --data keys --tenant demo-hospital",
        1,
        &["keys_missing", "keys holds no gateway's keys", "check --data"],
        &["gauze-gateway console --data gateway --tenant demo-hospital"],
    ),
    Mistake(
        "gauze-gateway serve --data fresh --listen 127.0.0.1:0",
        1,
        &["data_missing", "there is no directory fresh", "gauze-gateway init"],
        &[
            "gauze-gateway init --data fresh --url https://localhost:8443 --tenant ward-9 --out fresh.json",
            "gauze-records init --keys fresh-keys --gateway fresh.json --trial",
            "gauze-gateway init --data fresh --from hospital.json",
            "gauze-gateway serve --data fresh --listen 127.0.0.1:0",
        ],
    ),
    Mistake(
        "gauze-gateway init --data fresh --from managed.json",
        1,
        &["malformed", "managed.json", "bring its hospital.json again"],
        &[
            "gauze-gateway init --data fresh --from hospital.json",
            "gauze-gateway serve --data fresh --listen 127.0.0.1:0",
        ],
    ),
    Mistake(
        "gauze-records init --keys new --gateway managed.json",
        1,
        &["malformed", "managed.json", "gateway.json"],
        &["gauze-records init --keys new --gateway gateway.json --trial --out new.json"],
    ),
    Mistake(
        "gauze-records init --keys keys --gateway gateway.json",
        1,
        &["exists", "is set up", "raise version"],
        &[
            "sed 's/\"version\": 1,/\"version\": 4,/' policy.json > keys/policy.json",
            "gauze-records sign-policy --keys keys --in keys/policy.json --out p.jws",
            "gauze-records init --keys another --gateway gateway.json --trial --out another.json",
        ],
    ),
    // What is written by hand.
    Mistake(
        "gauze-records sign-policy --keys keys --in seven.json --out p.jws",
        1,
        &["malformed", "seven.json", "keep_days", "line 2"],
        &[
            "sed -i '2s/\"seven\"/7/' seven.json",
            "gauze-records sign-policy --keys keys --in seven.json --out p.jws",
        ],
    ),
    Mistake(
        "gauze-records sign-policy --keys keys --in long.json --out p.jws",
        1,
        &["out_of_limits", "long.json", "review_hours", "0 to 336", "line 2"],
        &[
            "sed -i '2s/400/336/' long.json",
            "gauze-records sign-policy --keys keys --in long.json --out p.jws",
        ],
    ),
    Mistake(
        "gauze-records sign-bundle --keys keys --in bare.json --out b.jws",
        1,
        &["malformed", "bare.json", "gateways", "put [ and ] around"],
        &[
            "sed -i '/^  \"gateways\": {$/,/^  },$/ { s/^  \"gateways\": {$/  \"gateways\": [{/; s/^  },$/  }],/ }' bare.json",
            "gauze-records sign-bundle --keys keys --in bare.json --out b.jws",
        ],
    ),
    Mistake(
        "gauze-records sign-bundle --keys keys --in bundle.json --out b.jws",
        1,
        &["rollback", "version 1", "Raise version"],
        &[
            "sed -i 's/\"version\": 1,/\"version\": 3,/' bundle.json",
            "gauze-records sign-bundle --keys keys --in bundle.json --out b.jws",
        ],
    ),
    Mistake(
        "gauze-records token show policy.jws --keys keys",
        1,
        &["token_unusable", "policy.jws", "--out"],
        &["gauze-records token show token.jws --keys keys"],
    ),
    Mistake(
        "gauze-gateway admin device list --data gateway --tenant demo-hospital --status gone",
        2,
        &["--status", "active, wiped, suspended, revoked"],
        &["gauze-gateway admin device list --data gateway --tenant demo-hospital --status active"],
    ),
    Mistake(
        "gauze-phone enrol --config typo.json",
        1,
        &["config_invalid: typo.json: tenant", "is not set: set it"],
        &["sed -i 's/tenent/tenant/' typo.json", UP, "gauze-phone --data phone-3 enrol --config typo.json"],
    ),
    Mistake(
        "gauze-records pull --data r --keys keys --ca tls/ca.pem --gateway https://elsewhere.example.org",
        1,
        &["unknown_gateway", "elsewhere", "--gateway"],
        &[UP, PULL],
    ),
    Mistake(
        "gauze-records pull --data r --keys keys --ca token.jws",
        1,
        &["ca_unusable", "Give --ca"],
        &[UP, "gauze-records pull --data r --keys keys --ca tls/ca.pem"],
    ),
    Mistake(
        "gauze-records pull --data r --keys keys",
        1,
        &["disk", "keys/ca.pem", "Check the path"],
        &["cp tls/ca.pem keys/ca.pem", UP, "gauze-records pull --data r --keys keys"],
    ),
    Mistake(
        "gauze-gateway serve --data stranger --listen 127.0.0.1:0 --bundle bundle.jws TLS",
        1,
        &["gateway_not_in_bundle", "\"log\"", "`gateways`"],
        &[
            "grep -o '{.*}' told.txt > object.json",
            "sed -i '/\"gateways\": \\[/,/^  \\]/ { /^    /d }' bundle.json",
            "sed -i -e '/\"gateways\": \\[/r object.json' -e 's/\"version\": 3,/\"version\": 4,/' bundle.json",
            "gauze-records sign-bundle --keys keys --in bundle.json --out bundle.jws",
            "gauze-gateway serve --data stranger --listen 127.0.0.1:0 --bundle bundle.jws TLS",
        ],
    ),
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
    let pem = std::fs::read_to_string(home.join("tls/server.pem")).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = BASE64_STANDARD.decode(body).unwrap();
    std::io::Write::write_all(&mut std::fs::File::create(home.join("tls/server.der")).unwrap(), &der)
        .unwrap();

    // A token lets one phone in.
    for (file, token) in [("ca-missing.json", "token-2.jws"), ("typo.json", "token-3.jws")] {
        run("gauze-records", &["token", "--keys", "keys", "--out", token], home).await.unwrap();
        let mut managed = read("managed.json");
        managed["token"] = std::fs::read_to_string(home.join(token)).unwrap().trim().into();
        if file == "typo.json" {
            managed["tenent"] = managed["tenant"].take();
            managed.as_object_mut().unwrap().remove("tenant");
        } else {
            managed["ca"] = json!("nobody.pem");
        }
        put(file, &lines(&managed));
    }

    // The field that is wrong stands in the second line.
    let with = |name: &str, value: Value, version: u64| {
        let mut policy = read("policy.json");
        policy.as_object_mut().unwrap().remove(name);
        policy["version"] = json!(version);
        lines(&policy).replacen('{', &format!("{{\n  \"{name}\": {value},"), 1)
    };
    put("seven.json", &with("keep_days", json!("seven"), 9));
    put("long.json", &with("review_hours", json!(400), 10));
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
async fn every_mistake_is_told_with_its_place_and_a_step_that_then_works() {
    let (home, hospital) = closed_ward("classical").await;
    prepare(&hospital).await;
    let mut reader = Reader::in_home(home, hospital.port());
    let openssl = reader.tries("openssl version").await.well;
    if openssl {
        reader
            .types("openssl pkey -in tls/server.key -aes256 -passout pass:secret -out tls/encrypted.key")
            .await;
    } else {
        skipped("openssl is not here: what is done with it is not tried");
    }
    let meant = |line: &str| line.replace("GATEWAY", GATEWAY).replace("TLS", TLS);
    for Mistake(command, status, words, steps) in MISTAKES {
        let command = meant(command);
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
        assert!(!steps.is_empty(), "{command}: what is typed then?");
        if !openssl && steps.iter().any(|step| step.starts_with("openssl")) {
            continue;
        }
        reader.writes("told.txt", &ended.stderr);
        for step in *steps {
            reader.types(&meant(step)).await;
        }
        reader.stops("").await;
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
    let checked = async |certificate: &str| {
        let (pem, key) = (format!("{certificate}.pem"), format!("{certificate}.key"));
        let mut arguments =
            vec!["serve", "--data", "gateway", "--listen", &listen, "--tls-cert", &pem, "--tls-key", &key];
        arguments.extend(["--bundle", "bundle.jws", "--policy", "policy.jws", "--check"]);
        attempt("gauze-gateway", &arguments, home).await.unwrap()
    };
    for (certificate, found) in [
        ("tls/old", "certificate_expired: tls/old.pem ended on 2020-01-01: renew it"),
        ("tls/strange", "is for elsewhere.example.org and not for 127.0.0.1: have it made"),
    ] {
        let ended = checked(certificate).await;
        assert_eq!(ended.code, Some(1), "{}", ended.stdout);
        let told = |words: &str| ended.stdout.lines().any(|line| line.contains(words));
        assert!(told("another program listens there: stop it"), "{}", ended.stdout);
        assert!(told(found), "{}", ended.stdout);
        assert!(told("it lets simulated phones in"), "{}", ended.stdout);
    }
    // The other program stopped, and both certificates made as was said.
    drop(taken);
    for certificate in ["tls/old", "tls/strange"] {
        certify(home, certificate, "127.0.0.1", |_| {});
        let well = checked(certificate).await;
        assert_eq!(well.code, Some(0), "{}", well.stdout);
    }
    let mut arguments = hospital.gateway_arguments("gateway");
    arguments.push("--check".to_owned());
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let well = attempt("gauze-gateway", &arguments, home).await.unwrap();
    assert_eq!(well.code, Some(0), "{}", well.stdout);
    hospital.start_gateway().await.unwrap().stop().await;
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
    policy["keep_days"] = json!(7);
    policy["version"] = json!(2);
    policy.as_object_mut().unwrap().remove("issued_at");
    write(&home.join("slip.json"), &policy.to_string()).unwrap();
    let mended = propose("slip.json").await;
    assert_eq!(mended.code, Some(0), "{}", mended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_refused_by_field_and_line() {
    let (_home, hospital) = closed_ward("classical").await;
    let home = hospital.home();
    let gateway = hospital.start_gateway().await.unwrap();
    assert_eq!(phone(&hospital, &["enrol", "--config", "managed.json"]).await.code, Some(0));
    gateway.stop().await;
    let picture = pictures(home, 1)[0].to_str().unwrap().to_owned();
    for (record, words, (slip, right)) in [
        (
            "{\n\"patient\": {\"family\": \"Trial\", \"given\": \"Ada\", \"dob\": \"01/02/1970\", \
             \"established\": {\"how\": \"typed\", \"reason\": \"a trial\"}, \"confirmed_by\": [\"name\", \"dob\"]}}",
            ["patient.dob", "YYYY-MM-DD", "line 2"],
            ("01/02/1970", "1970-02-01"),
        ),
        ("{\n\"vew\": \"straight\"}", ["unknown field `vew`", "record.json", "line 2"], ("vew", "view")),
    ] {
        write(&home.join("record.json"), record).unwrap();
        let refused = phone(&hospital, &["capture", "--record", "record.json", &picture]).await;
        assert!(refused.stderr.starts_with("record_invalid"), "{}", refused.stderr);
        for word in words {
            assert!(refused.stderr.contains(word), "{word:?} is not in {}", refused.stderr);
        }
        write(&home.join("record.json"), &record.replace(slip, right)).unwrap();
        let taken = phone(&hospital, &["capture", "--record", "record.json", &picture]).await;
        assert_eq!(taken.code, Some(0), "{}", taken.stderr);
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
