//! A day of use: people of every role follow every link that they are shown, search, break the glass, put right and change roles. Then
//! every file, log line, address, title and header is searched for the patients.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use gauze_people::person::Role;
use jiff::SignedDuration;

use super::ward::{Answer, Browser, TEAM, Ward, person};
use crate::folk::{DOB, FAMILY, LOCAL, NHS, WORDS, patient};

/// What was typed in words, and may name somebody.
const TYPED: [&str; 3] =
    ["Mrs Quillonbert bleeds again", "Wristband of Mr Zzyzx beside her", "Xanthippe asked for it"];
const GIVEN: &str = "Wilhelmina";

/// Each needle as a program may write it.
fn needles() -> Vec<String> {
    let [born, day] = ["17-Feb-1938", "17 02 1938"];
    let plain = [
        FAMILY,
        GIVEN,
        NHS,
        "999 000 0042",
        LOCAL,
        DOB,
        born,
        day,
        WORDS,
        "PATIENT-SECRET",
        "Quillonbert",
        "Zzyzx",
        "Xanthippe",
    ];
    let encoded = |text: &&str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let mut all: Vec<String> =
        plain.iter().map(ToString::to_string).chain(plain.iter().map(encoded)).collect();
    all.extend(plain.iter().map(|text| text.to_uppercase()));
    all.extend(plain.iter().map(|text| text.to_lowercase()));
    all.extend(plain.iter().map(|text| text.replace(' ', "%20")));
    all
}

fn found_in(hay: &[u8], needles: &[String]) -> Vec<String> {
    let hay = String::from_utf8_lossy(hay);
    needles.iter().filter(|needle| hay.contains(needle.as_str())).cloned().collect()
}

/// Every file below, and what its name and its bytes hold.
fn search(dir: &Path, needles: &[String], files: &mut u32) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(found_in(path.to_string_lossy().as_bytes(), needles), [""; 0], "{}", path.display());
        if path.is_dir() {
            search(&path, needles, files);
        } else if path.is_file() {
            *files += 1;
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(found_in(&bytes, needles), [""; 0], "{}", path.display());
        }
    }
}

/// What the program logs on this thread.
#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Vec<u8>>>);

impl Told {
    /// Keeps it while the answer lives.
    pub fn hear(&self) -> impl Sized + use<> {
        let writer = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        gauze_logging::hear(subscriber)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What browsers and what stands between keep: addresses, titles, headers.
#[derive(Default)]
struct Kept {
    text: String,
    pages: u32,
}

impl Kept {
    fn keep(&mut self, address: &str, answer: &Answer) {
        self.pages += 1;
        self.text.push_str(&format!("{address}\n{:?}\n", answer.headers));
        let page = String::from_utf8_lossy(&answer.body);
        for (from, to) in [
            ("<title>", "</title>"),
            ("href=\"", "\""),
            ("src=\"", "\""),
            ("action=\"", "\""),
            ("data-shown=\"", "\""),
        ] {
            for piece in page.split(from).skip(1) {
                self.text.push_str(piece.split(to).next().unwrap());
                self.text.push('\n');
            }
        }
    }
}

fn links(answer: &Answer) -> Vec<String> {
    let page = String::from_utf8_lossy(&answer.body).into_owned();
    let pieces = ["href=\"", "src=\""]
        .into_iter()
        .flat_map(|from| page.split(from).skip(1).map(|piece| piece.split('"').next().unwrap()));
    let mut all: Vec<String> =
        pieces.filter(|link| link.starts_with('/')).map(|link| link.replace("&amp;", "&")).collect();
    let to = answer.headers.get("location").and_then(|to| to.to_str().ok());
    all.extend(to.filter(|to| to.starts_with('/')).map(str::to_owned));
    all
}

/// Follows every link from the start on.
async fn wander(browser: &Browser<'_>, kept: &mut Kept) -> u32 {
    let (mut seen, mut next, mut opened) = (BTreeSet::new(), vec!["/".to_owned()], 0);
    while let Some(address) = next.pop() {
        // A rendering has a new address each time its page is opened.
        if seen.len() > 150 || !seen.insert(address.clone()) {
            continue;
        }
        let answer = browser.get(&address).await;
        kept.keep(&address, &answer);
        opened += u32::from(answer.status.is_success());
        next.extend(links(&answer));
    }
    opened
}

async fn post(browser: &Browser<'_>, kept: &mut Kept, address: &str, form: &[(&str, &str)]) -> Answer {
    let answer = browser.post(address, form).await;
    kept.keep(address, &answer);
    answer
}

#[tokio::test]
async fn after_a_day_of_use_no_file_log_line_address_title_or_header_names_a_patient() {
    let told = Told::default();
    let _guard = told.hear();
    let one = patient(FAMILY, Some(NHS), Some(LOCAL));
    let ward = Ward::with(&[Some(one.clone()), Some(one), None]).await;
    let mut kept = Kept::default();
    let photos = ward.photos().await;
    let found = photos.iter().find(|found| found.patient.is_some()).unwrap();
    let (photo, line) = (found.handle, found.patient.unwrap());

    let lead = ward.sign_in(person("Sister Lead", Role::Lead, TEAM));
    for form in [
        vec![("number", NHS)],
        vec![("number", LOCAL)],
        vec![("number", "999 000 0041")],
        vec![("family", FAMILY), ("day", "17"), ("month", "02"), ("year", "1938")],
        vec![("family", FAMILY), ("day", "39"), ("month", "02"), ("year", "1938")],
    ] {
        post(&lead, &mut kept, "/search", &form).await;
    }
    let amend = [
        ("what", "notes"),
        ("notes", TYPED[1]),
        ("reason", TYPED[2]),
        ("compared_name", "yes"),
        ("compared_dob", "yes"),
    ];
    let answer = post(&lead, &mut kept, &format!("/photos/{photo}/amend"), &amend).await;
    assert!(answer.status.is_redirection(), "{}", answer.text());
    let nurse = ward.sign_in(person("Nurse Elsewhere", Role::Viewer, "other"));
    let haste = [("code", "other"), ("words", TYPED[0])];
    let answer = post(&nurse, &mut kept, &format!("/patients/{line}/haste"), &haste).await;
    assert!(answer.status.is_redirection(), "{}", answer.text());
    let admin = ward.sign_in(person("Adam Administrator", Role::Administrator, TEAM));
    let somebody = person("Nora Newcomer", Role::Viewer, TEAM).id.0;
    let give = [("person", somebody.as_str()), ("role", "auditor"), ("reason", TYPED[2])];
    assert!(post(&admin, &mut kept, "/people/roles/give", &give).await.status.is_redirection());

    for hour in 0..3 {
        for role in Role::ALL {
            let browser = ward.sign_in(person("Somebody Who Wanders", role, TEAM));
            let opened = wander(&browser, &mut kept).await;
            assert!(opened > 3, "{role} in hour {hour}: {opened}");
        }
        wander(&ward.sign_in(person("Nurse Elsewhere", Role::Viewer, "other")), &mut kept).await;
        ward.hospital.clock.advance(SignedDuration::from_hours(1));
        ward.puller.pass().await.unwrap();
    }
    let opened = ward.office.entries().pop().unwrap();
    assert!(opened.at > found.taken);

    let (needles, mut files) = (needles(), 0);
    assert!(kept.pages > 300, "{}", kept.pages);
    assert_eq!(found_in(kept.text.as_bytes(), &needles), [""; 0], "an address, a title or a header");
    let log = told.text();
    assert!(log.len() > 1000, "the program logs");
    assert_eq!(found_in(log.as_bytes(), &needles), [""; 0], "{log}");
    search(&ward.hospital.data(), &needles, &mut files);
    search(ward.office.dir.path(), &needles, &mut files);
    assert!(files > 8, "{files}");
    // What is looked for would be found.
    let lead = ward.sign_in(person("Sister Lead", Role::Lead, TEAM));
    let page = lead.get(&format!("/photos/{photo}/record")).await;
    assert!(found_in(&page.body, &needles).len() > 5);
    ward.end().await;
}
