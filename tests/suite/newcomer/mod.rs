//! The pages' own commands, in order, from an empty directory.

mod backup;
mod page;
mod reader;
mod samples;
mod taken_up;

use gauze_tests::skipped::skipped;
use serde_json::{Value, json};

use crate::fixture::pictures;
use page::{blocks, example};
pub(crate) use reader::Reader;

const OPERATING: &str = "docs/operating.md";
const LOST: &str = "docs/lost-phone.md";
const MDM: &str = "docs/mdm.md";
const MANAGED: &str = "docs/managed-configuration.md";
const ROOT: &str = "docs/replace-root.md";

const TRIAL: &str = "A trial in fifteen minutes";
const DAY_TO_DAY: &str = "Tokens, phones and policies";
const TAKE_UP: &str = "Take up what was signed";
const NEW_KEY: &str = "A new policy key";
const BACK_UP: &str = "Back up";
const RESTORE: &str = "From the backup";
const LOG_LOST: &str = "When the gateway's log is lost";

/// Under these headings the tests below type every command.
const FOLLOWED: &[(&str, &[&str])] = &[
    (
        OPERATING,
        &[
            TRIAL,
            "Certificates",
            "1. Keys, inside the hospital",
            "2. The gateway's keys, at the edge",
            "3. Sign",
            "4. Start",
            "Enrol phones",
            "The console",
            DAY_TO_DAY,
            "Look",
            TAKE_UP,
            NEW_KEY,
            BACK_UP,
            RESTORE,
            LOG_LOST,
            "Once a year",
        ],
    ),
    (LOST, &["1. Find it", "2. Shut it out", "4. Have the wipe order signed"]),
    (MDM, &["The shortest way"]),
    (MANAGED, &["Check a configuration"]),
    (ROOT, &["Replace the tenant root"]),
];

/// Blocks that say themselves what they want, and are not run.
const ELSEWHERE: usize = 13;

#[test]
fn every_block_of_commands_is_run_or_says_what_it_wants() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let names =
        std::fs::read_dir(docs).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pages: Vec<String> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    let mut elsewhere = 0;
    for page in &pages {
        let followed =
            FOLLOWED.iter().find(|(known, _)| known == page).map_or(&[][..], |(_, headings)| headings);
        for block in blocks(page) {
            let is_followed = followed.contains(&block.heading.as_str());
            assert!(is_followed || block.is_elsewhere(), "{page}, {}: {:?}", block.heading, block.lines);
            elsewhere += usize::from(block.is_elsewhere());
        }
        for heading in followed {
            assert!(blocks(page).iter().any(|block| block.heading == *heading), "{page} has no {heading}");
        }
    }
    assert_eq!(elsewhere, ELSEWHERE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_gets_from_an_empty_directory_to_a_filed_photo() {
    let mut reader = Reader::new();
    std::fs::rename(&pictures(reader.home(), 1)[0], reader.at("wound.jpg")).unwrap();
    let commands = blocks(OPERATING).into_iter().filter(|block| block.heading == TRIAL);
    let done = commands.flat_map(|block| block.lines).filter(|line| !line.ends_with("--check")).count();
    assert!(done <= 10, "{done} commands");
    let last = reader.follows(OPERATING, TRIAL).await;
    assert!(last.lines().any(|line| line.starts_with("filed ")), "{last}");
    let status = reader.types("gauze-phone status").await;
    assert!(status.contains("1 filed or discarded and gone from here"), "{status}");
    // Nothing to wonder about in either log.
    for log in ["0.log", "1.log"] {
        let told = std::fs::read_to_string(reader.at(log)).unwrap();
        assert!(!told.contains(" WARN ") && !told.contains(" ERROR "), "{told}");
    }
    assert!(reader.at("gateway/certificate.until").exists(), "the console knows when the certificate ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manuals_certificate_is_one_that_the_records_side_believes() {
    let mut reader = Reader::new();
    if !reader.tries("openssl version").await.well {
        return skipped("openssl is not here");
    }
    reader.types("gauze-gateway init --data gateway --url https://gauze.example.org --tenant ward-9").await;
    reader.follows(OPERATING, "Certificates").await;
    reader.types("gauze-records init --keys keys --gateway gateway.json --ca ca.pem").await;
    reader.types("gauze-gateway init --data gateway --from hospital.json").await;
    let told = reader.types("gauze-gateway serve --data gateway --listen 0.0.0.0:443 --check").await;
    assert!(told.contains("for localhost, until"), "{told}");
    reader.types("gauze-gateway serve --data gateway --listen 0.0.0.0:443").await;
    let told = reader.types("gauze-records serve --data records --keys keys --check").await;
    assert!(told.contains("answers and knows this side"), "{told}");
}

/// A hospital made by hand, one page after another: keys, a phone, a list of phones, a lost one, a lost log, another root.
#[tokio::test(flavor = "multi_thread")]
async fn the_manual_from_its_first_step_to_another_root() {
    let mut reader = Reader::new();
    certificates(&reader);
    by_hand(&mut reader).await;
    first_phone(&mut reader).await;
    day_to_day(&mut reader).await;
    reader.types("cp -a gateway gateway-copy").await;
    lost_phone(&mut reader).await;
    lost_log(&mut reader).await;
    another_root(&mut reader).await;
}

/// As `cert.pem`, `key.pem` and the authority's `ca.pem`, which the page takes as given.
fn certificates(reader: &Reader) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let (signer, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    reader.writes("ca.pem", &ca.self_signed(&signer).unwrap().pem());
    let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    reader.writes("cert.pem", &server.signed_by(&key, &Issuer::new(ca, signer)).unwrap().pem());
    reader.writes("key.pem", &key.serialize_pem());
}

async fn by_hand(reader: &mut Reader) {
    reader.follows(OPERATING, "1. Keys, inside the hospital").await;
    let object = reader.follows(OPERATING, "2. The gateway's keys, at the edge").await;
    let object: Value = serde_json::from_str(&object).unwrap();
    reader.edits("keys/bundle.json", |bundle| bundle["gateways"] = json!([object]));
    reader.edits("keys/policy.json", |policy| {
        policy["allow_software_keys"] = json!(true);
        policy["stated_serials"] = json!(true);
    });
    reader.follows(OPERATING, "3. Sign").await;
    reader.follows(OPERATING, "4. Start").await;
}

async fn first_phone(reader: &mut Reader) {
    pictures(reader.home(), 1);
    reader.writes("record.json", &example(OPERATING, "\"patient\""));
    let mut managed: Value = serde_json::from_str(&example(OPERATING, "\"root_sha256\"")).unwrap();
    let read = |path: &str| std::fs::read_to_string(reader.at(path)).unwrap().trim().to_owned();
    managed["gateway"] = format!("https://localhost:{}", reader.port).into();
    managed["root_sha256"] = read("keys/root-sha256.txt").into();
    // The token comes with the first command of the block.
    reader.types("gauze-records token --keys keys --out token.jws").await;
    managed["token"] = std::fs::read_to_string(reader.at("token.jws")).unwrap().trim().into();
    reader.writes("managed.json", &managed.to_string());
    reader.types("rm token.jws").await;
    reader.follows(OPERATING, "Enrol phones").await;
    let judged = reader.follows(MANAGED, "Check a configuration").await;
    assert!(judged.ends_with("a phone would use these values\n"), "{judged}");
    reader.awaits("gauze-records list --data records", "filed ").await;
    reader.follows(OPERATING, "The console").await;
}

async fn day_to_day(reader: &mut Reader) {
    reader.writes("phones.csv", "Device name,Serial number\nphone 1,SN-7\nphone 2,SN-8\n");
    let found = blocks(OPERATING).into_iter().filter(|block| block.heading == DAY_TO_DAY);
    for line in found.flat_map(|block| block.lines) {
        if line.contains("PROPOSAL") {
            proposal(reader).await;
        }
        match () {
            () if line.contains("proposals list") => reader.awaits(&line, "token").await,
            () if line.contains("proposals show PROPOSAL") => {
                // While it waits, both sides say what is typed next.
                let waits = reader
                    .types("gauze-gateway admin token show PROPOSAL --data gateway --tenant ward-9")
                    .await;
                assert!(
                    waits.contains(&reader.meant("`gauze-records proposals show PROPOSAL --data records`")),
                    "{waits}"
                );
                let shown = reader.types(&line).await;
                let next =
                    reader.meant("`gauze-records proposals approve PROPOSAL --data records --keys keys --by");
                assert!(shown.contains(&next), "{shown}");
                shown
            }
            () if line.contains("token show PROPOSAL") => reader.awaits(&line, "root_sha256").await,
            () if line.contains("admin token inventory") => reader.awaits(&line, "of 2").await,
            () => reader.types(&line).await,
        };
    }
    reader.edits("keys/policy.json", raise);
    reader.follows(MDM, "The shortest way").await;
    let (device, capture) = sealed(reader);
    reader.means("DEVICE", device);
    reader.means("CAPTURE", capture);
    reader.follows(OPERATING, "Look").await;
    // What people know comes first, and the id that commands take last.
    let shown = reader.types("gauze-gateway admin device show DEVICE --data gateway --tenant ward-9").await;
    let device = reader.meant("DEVICE");
    let known = format!("phone       serial number not known, simulated phone, {}\n", &device[..8]);
    assert!(shown.starts_with(&known) && shown.contains(&format!("\nid          {device}\n")), "{shown}");
    let phones = reader.types("gauze-records list --data records --devices").await;
    assert!(phones.lines().all(|line| !line.contains(&device) || line.contains("not known")), "{phones}");
    let token = "gauze-records token show inventory-token.jws --keys keys --for";
    for (system, fills_in) in [("intune-android", false), ("android-management", false), ("jamf", true)] {
        let told = reader.tries(&format!("{token} {system}")).await;
        assert_eq!(!told.err.contains("serial_missing"), fills_in, "{system}: {}", told.err);
    }
}

/// What waits now, if anything does, is what `PROPOSAL` stands for.
async fn proposal(reader: &mut Reader) {
    let list = reader.tries("gauze-records proposals list --data records --json").await;
    let list: Value = serde_json::from_str(&list.out).unwrap();
    let waiting = list.as_array().into_iter().flatten().find(|proposal| proposal["status"] == "waiting");
    if let Some(id) = waiting.and_then(|proposal| proposal["proposal_id"].as_str()) {
        reader.means("PROPOSAL", id);
    }
}

/// Device and capture of a sealed file.
fn sealed(reader: &Reader) -> (String, String) {
    let first = |dir: std::path::PathBuf| {
        let entry = std::fs::read_dir(dir).unwrap().next().unwrap().unwrap();
        (entry.path(), entry.file_name().into_string().unwrap())
    };
    let (path, device) = first(reader.at("records/sealed/ward-9"));
    (device, first(path).1.trim_end_matches(".age").to_owned())
}

async fn lost_phone(reader: &mut Reader) {
    reader.follows(LOST, "1. Find it").await;
    let told = reader.follows(LOST, "2. Shut it out").await;
    assert!(told.contains("revoked"), "{told}");
    // The page shows what it says later, and whatever is typed twice changes nothing.
    let again = reader.follows(LOST, "2. Shut it out").await;
    samples::is_said(LOST, "shut out", &again);
    reader.awaits("gauze-records proposals list --data records", "wipe").await;
    proposal(reader).await;
    let shown = reader.types("gauze-records proposals show PROPOSAL --data records").await;
    let device = reader.meant("DEVICE");
    assert!(shown.starts_with(&format!("wipe for simulated phone {}, waiting", &device[..8])), "{shown}");
    reader.follows(LOST, "4. Have the wipe order signed").await;
    let acts = reader.types("gauze-gateway admin acts --data gateway --tenant ward-9").await;
    assert!(acts.contains(&format!("simulated phone {device}")), "{acts}");
}

async fn lost_log(reader: &mut Reader) {
    // The lost phone's revocation is pulled before the gateway's directory burns down.
    let acts = reader.awaits("gauze-records list --data records --acts", "revoke").await;
    let device = reader.meant("DEVICE");
    assert!(acts.contains(&format!("simulated phone {} {device}", &device[..8])), "{acts}");
    reader.stops("gauze-gateway").await;
    reader.stops("gauze-records").await;
    reader.types("rm -r gateway && mv gateway-copy gateway").await;
    reader.follows(OPERATING, "4. Start").await;
    reader.stops("gauze-records").await;
    let told = reader.follows(OPERATING, LOG_LOST).await;
    assert!(told.contains("0 findings"), "{told}");
    let repeated = reader.types("gauze-records restored --data records --former records-old").await;
    samples::is_said(OPERATING, "sealed files that only", &repeated);
    for line in repeated.lines().filter(|line| line.starts_with("gauze-gateway ")) {
        reader.types(line).await;
    }
    let device = reader.types("gauze-gateway admin device show DEVICE --data gateway --tenant ward-9").await;
    assert!(device.contains("revoked"), "{device}");
}

async fn another_root(reader: &mut Reader) {
    let lines: Vec<_> = blocks(ROOT).into_iter().flat_map(|block| block.lines).collect();
    let [next, sign, take_up, hand_over] = &lines[..] else { panic!("{lines:?}") };
    let told = reader.types(&format!("{next} --json")).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    reader.edits("keys/bundle.json", |bundle| {
        bundle["next_root"] = told["next_root"].clone();
        raise(bundle);
    });
    reader.types(sign).await;
    reader.types(take_up).await;
    let told = reader.types(&format!("{hand_over} --json")).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    reader.edits("keys/bundle.json", |bundle| {
        bundle["root"] = told["root"].clone();
        bundle.as_object_mut().unwrap().remove("next_root");
        raise(bundle);
    });
    reader.types(sign).await;
    reader.types(take_up).await;
    // Nothing was served between the two, and phones get both.
    let taken_up = std::fs::read_to_string(reader.at("gateway/hospital/ward-9/bundle.jws")).unwrap();
    assert_eq!(taken_up.lines().count(), 2);
    reader.stops("gauze-gateway").await;
    let serve = "gauze-gateway serve --data gateway --listen 0.0.0.0:443";
    reader.types(&format!("{serve} --tls-cert cert.pem --tls-key key.pem")).await;
    reader
        .types(
            "gauze-records serve --data records --gateway https://gauze.example.org --ca ca.pem --keys keys",
        )
        .await;
    let verified = reader.awaits("gauze-records verify --data records --keys keys", "findings").await;
    assert!(verified.contains("0 findings"), "{verified}");
}

/// What a page says before it signs again.
fn raise(file: &mut Value) {
    file["version"] = (file["version"].as_u64().unwrap() + 1).into();
}

/// A hospital that `init` set up, after the trial's last command.
async fn trial() -> Reader {
    let mut reader = Reader::new();
    std::fs::rename(&pictures(reader.home(), 1)[0], reader.at("wound.jpg")).unwrap();
    reader.follows(OPERATING, TRIAL).await;
    reader
}

/// Pasted whole into a shell, where a server that is started is not there yet for the next line.
#[tokio::test(flavor = "multi_thread")]
async fn the_trial_can_be_pasted_whole() {
    let reader = Reader::new();
    std::fs::rename(&pictures(reader.home(), 1)[0], reader.at("wound.jpg")).unwrap();
    let lines: Vec<_> = blocks(OPERATING)
        .into_iter()
        .filter(|block| block.heading == TRIAL)
        .flat_map(|block| block.lines)
        // As on a slow machine.
        .map(|line| {
            if line.ends_with('&') {
                format!("{{ sleep 2; exec {} }} &", line.replace('&', ";"))
            } else {
                line
            }
        })
        .collect();
    let pasted = format!("set -e\ntrap 'kill $(jobs -p)' EXIT\n{}", lines.join("\n"));
    let told = reader.tries(&pasted).await;
    assert!(told.well && told.out.lines().any(|line| line.starts_with("filed ")), "{}{}", told.out, told.err);
    assert!(told.err.contains("waiting up to 10 s"), "{}", told.err);
}
