//! Leads and governance are told by mail, through a mail server that speaks TLS, refuses, or says nothing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use gauze_people::cases::Cases;
use gauze_people::haste::Hastes;
use gauze_people::log::{Happening, What};
use gauze_people::person::Role;
use gauze_records::Coded as _;
use gauze_records::documents::Register;
use gauze_records::mail::Mailer;
use jiff::SignedDuration;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::fixture::write;
use crate::folk::{FAMILY, NHS, patient};
use crate::viewer::links::{make, sent};
use crate::viewer::ward::{TEAM, Ward, person};

const PASSWORD: &str = "a long password of the mail server";
const WORDS: &str = "Mrs Quillonbert bleeds again";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    Refuses,
    /// Of the lead alone it says that nobody has that name.
    RefusesLead,
    /// It puts the lead off.
    PutsLeadOff,
    /// It knows the password no longer.
    LocksOut,
    Silent,
    /// It takes the lead's mail, and does not say so.
    KeepsLeadWaiting,
    /// It offers no STARTTLS, as one behind somebody who strips it.
    Stripped,
}

/// A mail server of a few lines.
struct Server {
    port: u16,
    mood: Arc<Mutex<Mood>>,
    /// Whole mails, each with its receiver before it.
    taken: Arc<Mutex<Vec<String>>>,
    /// What was said in the clear.
    clear: Arc<Mutex<String>>,
    dir: tempfile::TempDir,
}

fn locked<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    async fn new(implicit: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        write(&dir.path().join("ca.pem"), made.cert.pem());
        write(&dir.path().join("password"), format!("{PASSWORD}\n"));
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config =
            config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mood, taken, clear) = (Arc::new(Mutex::new(Mood::Takes)), Arc::default(), Arc::default());
        let server = Self { port, mood, taken, clear, dir };
        let (mood, taken, clear) = (server.mood.clone(), server.taken.clone(), server.clear.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, mood, taken, clear) =
                    (acceptor.clone(), mood.clone(), taken.clone(), clear.clone());
                tokio::spawn(async move {
                    if implicit {
                        let Ok(stream) = acceptor.accept(stream).await else { return };
                        drop(
                            Talk { mood, taken, secret: true, heard: Arc::default() }
                                .with(stream, true)
                                .await,
                        );
                    } else {
                        let plain =
                            Talk { mood: mood.clone(), taken: taken.clone(), secret: false, heard: clear };
                        let Some(stream) = plain.with(stream, true).await else { return };
                        let Ok(stream) = acceptor.accept(stream).await else { return };
                        drop(
                            Talk { mood, taken, secret: true, heard: Arc::default() }
                                .with(stream, false)
                                .await,
                        );
                    }
                });
            }
        });
        server
    }

    fn becomes(&self, mood: Mood) {
        *locked(&self.mood) = mood;
    }

    fn taken(&self) -> Vec<String> {
        let taken = std::mem::take(&mut *locked(&self.taken));
        // As it is read: without the ends of lines that stand for none.
        taken.iter().map(|mail| mail.replace("=\r\n", "")).collect()
    }

    fn config(&self, scheme: &str, ca: bool) -> PathBuf {
        let mut config = json!({
            "smtp": format!("{scheme}://localhost:{}", self.port),
            "user": "gauze", "password_file": "password",
            "from": "Gauze <gauze@hospital.example>",
            "governance": ["ig@hospital.example"],
            "leads": { TEAM: ["sister@hospital.example"], "other": ["elsewhere@hospital.example"] },
        });
        if ca {
            config["ca"] = json!("ca.pem");
        }
        let path = self.dir.path().join(format!("mail-{ca}.json"));
        write(&path, config.to_string());
        path
    }

    fn mailer(&self, scheme: &str, ca: bool) -> Mailer {
        Mailer::load(&self.config(scheme, ca), "https://viewer.test".to_owned()).unwrap()
    }
}

/// One conversation.
struct Talk {
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<String>>>,
    /// Whether it is under TLS already.
    secret: bool,
    heard: Arc<Mutex<String>>,
}

impl Talk {
    /// Speaks SMTP until it ends; the stream, where TLS is to begin on it.
    async fn with<S: AsyncRead + AsyncWrite + Unpin>(self, stream: S, greets: bool) -> Option<S> {
        let mut stream = BufReader::new(stream);
        let mood = *locked(&self.mood);
        if mood == Mood::Silent {
            std::future::pending::<()>().await;
        }
        if greets {
            stream.write_all(b"220 mail.test\r\n").await.ok()?;
        }
        let (mut to, mut line) = (String::new(), String::new());
        loop {
            line.clear();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            locked(&self.heard).push_str(&line);
            let word = line.split(' ').next().unwrap_or_default().trim().to_uppercase();
            let (now, lead) = (*locked(&self.mood), line.contains("<sister@"));
            let answer = match word.as_str() {
                "EHLO" if self.secret => "250-mail.test\r\n250 AUTH PLAIN LOGIN\r\n",
                "EHLO" if mood == Mood::Stripped => "250-mail.test\r\n250 AUTH PLAIN LOGIN\r\n",
                "EHLO" => "250-mail.test\r\n250 STARTTLS\r\n",
                "STARTTLS" => {
                    stream.write_all(b"220 go\r\n").await.ok()?;
                    return Some(stream.into_inner());
                }
                "AUTH" if now == Mood::LocksOut => "535 wrong password\r\n",
                "AUTH" => "235 in\r\n",
                "RCPT" if now == Mood::Refuses => "550 nobody of that name\r\n",
                "RCPT" if now == Mood::RefusesLead && lead => "550 nobody of that name\r\n",
                "RCPT" if now == Mood::PutsLeadOff && lead => "450 come again\r\n",
                "RCPT" => {
                    to = line.trim().to_owned();
                    "250 well\r\n"
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await.ok()?;
                    let mut mail = format!("{to}\n");
                    loop {
                        line.clear();
                        if stream.read_line(&mut line).await.ok()? == 0 {
                            return None;
                        }
                        if line == ".\r\n" {
                            break;
                        }
                        mail.push_str(&line);
                    }
                    if now == Mood::KeepsLeadWaiting && to.contains("<sister@") {
                        std::future::pending::<()>().await;
                    }
                    locked(&self.taken).push(mail);
                    "250 taken\r\n"
                }
                "QUIT" => return None,
                _ => "250 well\r\n",
            };
            stream.write_all(answer.as_bytes()).await.ok()?;
        }
    }
}

/// A ward in which a stranger has broken the glass; what waits, as a start learns it.
async fn broken() -> (Ward, RwLock<Hastes>) {
    let ward = Ward::with(&[Some(patient(FAMILY, Some(NHS), None))]).await;
    let line = format!("/patients/{}", ward.photos().await[0].patient.unwrap());
    let nurse = ward.sign_in(person("Nurse Elsewhere", Role::Viewer, "other"));
    let opened = nurse.post(&format!("{line}/haste"), &[("code", "emergency"), ("words", WORDS)]).await;
    assert!(opened.status.is_redirection(), "{}", opened.text());
    let waiting = waiting(&ward);
    (ward, waiting)
}

fn waiting(ward: &Ward) -> RwLock<Hastes> {
    RwLock::new(ward.office.remembered().hastes)
}

fn lines(ward: &Ward) -> Vec<String> {
    let mail =
        ward.office.entries().into_iter().filter(|entry| entry.what == What::Happening(Happening::Mail));
    mail.map(|entry| entry.note.unwrap().as_str().to_owned()).collect()
}

#[tokio::test]
async fn a_break_glass_and_a_late_review_are_told_once_to_lead_and_governance_and_no_mail_names_anybody() {
    for (scheme, implicit) in [("smtps", true), ("smtp", false)] {
        let (server, (ward, waiting_now)) = (Server::new(implicit).await, broken().await);
        let mailer = server.mailer(scheme, true);
        let now = ward.hospital.now();
        assert_eq!(mailer.tell(&waiting_now, &ward.office.log, now).await.unwrap(), 1);
        let mails = server.taken();
        let told = |mails: &[String], to: &str| mails.iter().filter(|mail| mail.contains(to)).count();
        assert_eq!(mails.len(), 2, "{mails:?}");
        assert_eq!((told(&mails, "<ig@"), told(&mails, "<sister@"), told(&mails, "<elsewhere@")), (1, 1, 0));
        let entry = waiting_now.read().unwrap().unreviewed()[0].entry.clone();
        for mail in &mails {
            assert!(
                mail.contains(&entry.as_str()[..8]) && mail.contains("https://viewer.test/hastes"),
                "{mail}"
            );
            for name in [FAMILY, NHS, "Wilhelmina", "Quillonbert", "bleeds", "Nurse", "Elsewhere"] {
                assert!(!mail.contains(name), "{name}: {mail}");
            }
        }
        assert_eq!(lines(&ward), ["opened"]);
        // Once, after a restart too.
        assert_eq!(mailer.tell(&waiting_now, &ward.office.log, now).await.unwrap(), 0);
        assert_eq!(mailer.tell(&waiting(&ward), &ward.office.log, now).await.unwrap(), 0);
        let late = now + SignedDuration::from_hours(73);
        assert_eq!(mailer.tell(&waiting(&ward), &ward.office.log, late).await.unwrap(), 1);
        assert!(server.taken().iter().all(|mail| mail.contains("overdue")));
        assert_eq!(mailer.tell(&waiting(&ward), &ward.office.log, late).await.unwrap(), 0);
        assert_eq!(lines(&ward), ["opened", "late"]);
        assert!(!locked(&server.clear).contains("AUTH"), "nothing but STARTTLS is said in the clear");
        ward.end().await;
    }
}

#[tokio::test]
async fn a_mail_that_was_refused_or_not_answered_waits_and_is_sent_when_it_can_be() {
    let (server, (ward, waiting_now)) = (Server::new(true).await, broken().await);
    let now = ward.hospital.now();
    let mailer = server.mailer("smtps", true).within(Duration::from_secs(1));
    for (mood, code) in [(Mood::Refuses, "mail_refused"), (Mood::Silent, "mail_unreachable")] {
        server.becomes(mood);
        let error = mailer.tell(&waiting_now, &ward.office.log, now).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.next_step().starts_with("It is tried again"));
        assert!(lines(&ward).is_empty() && server.taken().is_empty());
    }
    server.becomes(Mood::Takes);
    assert_eq!(mailer.tell(&waiting(&ward), &ward.office.log, now).await.unwrap(), 1);
    assert_eq!((lines(&ward).len(), server.taken().len()), (1, 2));
    ward.end().await;
}

#[tokio::test]
async fn a_reminder_of_a_case_is_mailed_once_also_after_a_kill_between_its_line_and_its_mail() {
    let mut ward = Ward::with(&[]).await;
    let server = Server::new(true).await;
    let mailer = server.mailer("smtps", true);
    let number = {
        let nurse = ward.sign_in(person("Nurse Reporter", Role::Viewer, TEAM));
        crate::viewer::cases::reported(&nurse, &ward, "breach", 30).await
    };
    // The line is written, the mail is refused, and the service is killed.
    let officer = person("Officer Governance", Role::Governance, TEAM);
    ward.sign_in(officer.clone()).get("/cases").await;
    server.becomes(Mood::Refuses);
    let now = ward.hospital.now();
    let refused = mailer.tell_of_cases(&remembered(&ward), &ward.office.log, now).await;
    assert_eq!(refused.unwrap_err().code(), "mail_refused");
    assert!(lines(&ward).is_empty() && server.taken().is_empty());
    ward.restart();
    ward.sign_in(officer).get("/cases").await;
    let reminders = |ward: &Ward| {
        let of = |entry: &&gauze_people::log::Entry| entry.what == What::Happening(Happening::CaseReminder);
        ward.office.entries().iter().filter(of).count()
    };
    assert_eq!(reminders(&ward), 1);
    server.becomes(Mood::Takes);
    assert_eq!(mailer.tell_of_cases(&remembered(&ward), &ward.office.log, now).await.unwrap(), 2);
    assert_eq!(mailer.tell_of_cases(&remembered(&ward), &ward.office.log, now).await.unwrap(), 0);
    assert_eq!(lines(&ward), [format!("case/reported/{number}"), format!("case/24h/{number}")]);
    let mails = server.taken();
    assert_eq!(mails.len(), 2, "governance alone: {mails:?}");
    for mail in &mails {
        assert!(
            mail.contains("<ig@") && mail.contains(&format!("https://viewer.test/cases/{number}")),
            "{mail}"
        );
        for name in ["Quillonbert", "Tannenwald", "Nurse", "lift"] {
            assert!(!mail.contains(name), "{name}: {mail}");
        }
    }
    ward.end().await;
}

fn remembered(ward: &Ward) -> RwLock<Cases> {
    RwLock::new(ward.office.remembered().cases)
}

#[tokio::test]
async fn an_address_that_is_refused_or_put_off_keeps_nobody_else_from_being_told_and_nobody_is_told_twice() {
    for (mood, lined) in
        [(Mood::RefusesLead, true), (Mood::PutsLeadOff, false), (Mood::KeepsLeadWaiting, false)]
    {
        let (server, (ward, _)) = (Server::new(true).await, broken().await);
        // A second one behind it.
        let line = format!("/patients/{}", ward.photos().await[0].patient.unwrap());
        let nurse = ward.sign_in(person("Nurse Further", Role::Viewer, "other"));
        nurse.post(&format!("{line}/haste"), &[("code", "emergency"), ("words", WORDS)]).await;
        let (waiting_now, now) = (waiting(&ward), ward.hospital.now());
        let mailer = server.mailer("smtps", true).within(Duration::from_secs(1));
        server.becomes(mood);
        for round in 0..3 {
            let told = mailer.tell(&waiting_now, &ward.office.log, now).await;
            let (first, mails) = (round == 0, server.taken());
            assert_eq!(told.is_ok(), lined, "{told:?}");
            assert_eq!(told.unwrap_or_default(), if lined && first { 2 } else { 0 });
            assert_eq!(mails.len(), if first { 2 } else { 0 }, "{mails:?}");
            assert!(mails.iter().all(|mail| mail.contains("<ig@")));
            assert_eq!(lines(&ward).len(), if lined { 2 } else { 0 });
        }
        server.becomes(Mood::Takes);
        let told = mailer.tell(&waiting_now, &ward.office.log, now).await.unwrap();
        let mails = server.taken();
        assert_eq!((told, mails.len(), lines(&ward).len()), if lined { (0, 0, 2) } else { (2, 2, 2) });
        assert!(mails.iter().all(|mail| mail.contains("<sister@")), "{mails:?}");
        ward.end().await;
    }
}

#[tokio::test]
async fn a_password_that_is_refused_is_no_address_that_is() {
    let (server, (ward, waiting_now)) = (Server::new(true).await, broken().await);
    let now = ward.hospital.now();
    let mailer = server.mailer("smtps", true);
    // The first address has it when the password is changed.
    for (mood, code) in [(Mood::PutsLeadOff, "mail_unreachable"), (Mood::LocksOut, "mail_refused")] {
        server.becomes(mood);
        let error = mailer.tell(&waiting_now, &ward.office.log, now).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(lines(&ward).is_empty());
    }
    server.becomes(Mood::Takes);
    assert_eq!(mailer.tell(&waiting_now, &ward.office.log, now).await.unwrap(), 1);
    assert_eq!((server.taken().len(), lines(&ward).len()), (2, 1));
    ward.end().await;
}

#[tokio::test]
async fn a_break_glass_that_was_judged_before_its_mail_went_out_is_told_as_judged() {
    let (server, (ward, waiting_now)) = (Server::new(true).await, broken().await);
    let (mailer, entry) =
        (server.mailer("smtps", true), waiting_now.read().unwrap().unreviewed()[0].entry.clone());
    let sister = ward.sign_in(person("Sister Lead", Role::Lead, TEAM));
    let verdict = [("entry", entry.as_str()), ("verdict", "justified")];
    assert!(sister.post("/hastes", &verdict).await.status.is_redirection());
    // Mail that is set up for the first time tells nothing of what was judged long ago, nor that it is late.
    let later = ward.hospital.now() + SignedDuration::from_hours(73);
    assert_eq!(mailer.tell(&waiting(&ward), &ward.office.log, later).await.unwrap(), 0);
    let soon = later - SignedDuration::from_hours(2);
    assert_eq!(mailer.tell(&waiting(&ward), &ward.office.log, soon).await.unwrap(), 1);
    let mails = server.taken();
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| mail.contains("has reviewed it since") && !mail.contains("waits")));
    assert_eq!(mailer.tell(&waiting(&ward), &ward.office.log, soon).await.unwrap(), 0);
    assert_eq!(lines(&ward), ["opened"]);
    ward.end().await;
}

#[tokio::test]
async fn of_a_case_the_newest_reminder_is_mailed_with_the_time_that_is_left_and_none_once_its_clock_stopped()
{
    let ward = Ward::with(&[]).await;
    let server = Server::new(true).await;
    let mailer = server.mailer("smtps", true);
    let officer = || ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let number = crate::viewer::cases::reported(&officer(), &ward, "breach", 50).await;
    let tell = async |hours| {
        let now = ward.hospital.now() + SignedDuration::from_hours(hours);
        mailer.tell_of_cases(&remembered(&ward), &ward.office.log, now).await.unwrap()
    };
    // The lines of two reminders are written together, and the mail goes out three hours later.
    officer().get("/cases").await;
    assert_eq!(tell(3).await, 2);
    let mails = server.taken();
    assert!(mails.iter().all(|mail| mail.contains("19 of its 72 hours are left")), "{mails:?}");
    assert_eq!(lines(&ward), [format!("case/reported/{number}"), format!("case/48h/{number}")]);
    ward.hospital.clock.advance(SignedDuration::from_hours(17));
    officer().get("/cases").await;
    assert_eq!(tell(6).await, 1);
    let mails = server.taken();
    assert!(mails[0].contains("A case is late") && mails[0].contains("Its 72 hours are over"), "{mails:?}");
    ward.hospital.clock.advance(SignedDuration::from_hours(7));
    let decide = [("step", "decide"), ("decision", "not_reportable"), ("words", "Nobody read it")];
    for form in [&[("step", "own")][..], &decide] {
        assert!(crate::viewer::cases::step(&officer(), number, form).await.status.is_redirection());
    }
    assert_eq!(tell(0).await, 0);
    // It runs again, and is late by now.
    let decide = [("step", "decide"), ("decision", "reportable"), ("words", "Somebody read it")];
    assert!(crate::viewer::cases::step(&officer(), number, &decide).await.status.is_redirection());
    assert_eq!(tell(0).await, 1);
    assert!(server.taken()[0].contains("Its 72 hours are over"));
    ward.end().await;
}

#[tokio::test]
async fn of_a_document_whose_review_is_near_governance_is_told_a_month_and_a_week_before_and_on_the_day_once_each()
 {
    let mut ward = Ward::with(&[]).await;
    let server = Server::new(true).await;
    let mailer = server.mailer("smtps", true);
    let register = |version: &str, day: &str| {
        let sha256 = gauze_wire::Digest::of(b"the document");
        let text = json!({ "v": 1, "documents": [{
            "title": "Mrs Quillonbert's policy", "owner": "Dr Tannenwald, ig@hospital.test", "version": version,
            "review_by": day, "link": "https://intranet.test/policy.pdf", "sha256": sha256.to_string(),
        }] });
        Register::parse(&text.to_string()).unwrap()
    };
    let day = ward.hospital.now().to_zoned_datetime(jiff::tz::TimeZone::system()).date()
        + jiff::Span::new().days(40);
    let first = register("1", &day.to_string());
    let tell = async |ward: &Ward, register: &Register, days: i64| {
        let now = ward.hospital.now() + SignedDuration::from_hours(24 * days);
        let reviews = Mutex::new(ward.office.remembered().reviews);
        mailer.tell_of_documents((register, &reviews), &ward.office.log, now).await
    };
    assert_eq!(tell(&ward, &first, 9).await.unwrap(), 0, "31 days are left");
    // The mail is refused, and the service is killed: it is sent once that is over.
    server.becomes(Mood::Refuses);
    assert_eq!(tell(&ward, &first, 10).await.unwrap_err().code(), "mail_refused");
    assert!(lines(&ward).is_empty());
    ward.restart();
    server.becomes(Mood::Takes);
    for (days, told, says) in [
        (10, 1, "within 30 days"),
        (32, 0, ""),
        (33, 1, "within 7 days"),
        // A clock that was set back tells nothing again.
        (20, 0, ""),
        (39, 0, ""),
        (40, 1, "to be reviewed today"),
        (41, 0, ""),
        (400, 0, ""),
    ] {
        for round in [told, 0] {
            assert_eq!(tell(&ward, &first, days).await.unwrap(), round, "{days}");
            let mails = server.taken();
            assert_eq!(mails.len(), round, "{mails:?}");
            for mail in &mails {
                assert!(mail.contains("<ig@") && mail.contains("https://viewer.test/documents"), "{mail}");
                assert!(mail.contains(says), "{says}: {mail}");
                for name in ["Quillonbert", "Tannenwald", "policy", "intranet", "ig@hospital.test"] {
                    assert!(!mail.contains(name), "{name}: {mail}");
                }
            }
        }
    }
    let noted = lines(&ward);
    let stages: Vec<&str> = noted.iter().map(|note| note.split('/').nth(1).unwrap()).collect();
    assert_eq!(stages, ["30d", "7d", "due"], "{noted:?}");
    // Its next version is a document of its own; of one that comes late the newest stage is told alone.
    let late = register("2", &day.to_string());
    assert_eq!(tell(&ward, &late, 50).await.unwrap(), 1);
    assert!(server.taken()[0].contains("was to be reviewed by"));
    assert_eq!(tell(&ward, &late, 50).await.unwrap(), 0);
    ward.end().await;
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_cannot_prove_itself_or_offers_no_tls() {
    let (ward, waiting_now) = broken().await;
    let now = ward.hospital.now();
    for (scheme, implicit, ca, mood) in [
        ("smtps", true, false, Mood::Takes),
        ("smtp", false, false, Mood::Takes),
        ("smtp", false, true, Mood::Stripped),
    ] {
        let server = Server::new(implicit).await;
        server.becomes(mood);
        let mailer = server.mailer(scheme, ca).within(Duration::from_secs(10));
        let error = mailer.tell(&waiting_now, &ward.office.log, now).await.unwrap_err();
        assert!(["mail_tls", "mail_unreachable"].contains(&error.code()), "{scheme}: {error}");
        let clear = locked(&server.clear).clone();
        assert!(!clear.contains("AUTH") && !clear.contains("MAIL"), "{clear}");
        assert!(server.taken().is_empty() && lines(&ward).is_empty());
    }
    ward.end().await;
}

#[tokio::test]
async fn a_mail_json_that_does_not_hold_is_refused_with_its_cause() {
    let server = Server::new(true).await;
    let whole: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(server.config("smtps", true)).unwrap()).unwrap();
    for (field, value) in [
        ("smtp", json!("http://localhost")),
        ("ca", json!("missing.pem")),
        ("password_file", json!(null)),
        ("governance", json!([])),
        ("from", json!("nobody")),
        ("misspelt", json!(1)),
    ] {
        let mut config = whole.clone();
        config[field] = value;
        let path = server.dir.path().join("bad.json");
        write(&path, config.to_string());
        let Err(error) = Mailer::load(&path, String::new()) else { panic!("{field}") };
        assert_eq!(error.code(), "mail_config", "{field}");
    }
}

#[tokio::test]
async fn the_text_of_a_link_is_mailed_to_its_reader_and_its_code_never() {
    let mut ward = Ward::with(&[Some(patient(FAMILY, Some(NHS), None))]).await;
    let server = Server::new(true).await;
    let photo = ward.photos().await[0].handle.to_string();
    let terms = |to: &'static str| [("days", "2"), ("views", "1"), ("mail", to)];
    let lead = || person("Sister Lead", Role::Lead, TEAM);
    // Nothing asks for an address where no mail is set up.
    let form = ward.sign_in(lead()).get(&format!("/photos/{photo}/link")).await.text();
    assert!(!form.contains("e-mail address"), "{form}");
    ward.office.mail = Some(Arc::new(server.mailer("smtps", true).within(Duration::from_secs(1))));
    ward.restart();
    let form = ward.sign_in(lead()).get(&format!("/photos/{photo}/link")).await.text();
    assert!(form.contains("Their e-mail address"), "{form}");
    let crooked = make(&ward.sign_in(lead()), &photo, &terms("evans\r\nBcc: all@surgery.example")).await;
    assert!(crooked.status == 400 && crooked.text().contains("This is no e-mail address"));
    assert!(lines(&ward).is_empty() && server.taken().is_empty());

    let made = make(&ward.sign_in(lead()), &photo, &terms(" practice@surgery.example ")).await.text();
    let link = sent(&made);
    assert!(made.contains("This text was mailed to <strong>practice@surgery.example</strong>"), "{made}");
    let mails = server.taken();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].contains("<practice@surgery.example>") && mails[0].contains(&link.door), "{mails:?}");
    for secret in [link.code.as_str(), &made_apart(&link.code), FAMILY, NHS, "Quillonbert"] {
        assert!(!mails[0].contains(secret), "{secret}: {mails:?}");
    }
    for (mood, told) in [(Mood::Refuses, "did not take this text"), (Mood::Silent, "has not answered")] {
        server.becomes(mood);
        let made = make(&ward.sign_in(lead()), &photo, &terms("practice@surgery.example")).await.text();
        assert!(
            made.contains(told) && made.contains("Text to copy") && !made.contains("was mailed"),
            "{made}"
        );
        sent(&made);
    }
    assert_eq!(lines(&ward), ["link", "link", "link"]);
    // Who made it reads later where it went.
    let links = ward.sign_in(lead()).get("/links").await.text();
    assert_eq!(links.matches("To be mailed to practice@surgery.example").count(), 3, "{links}");
    // A start takes none of them for a notice of its own.
    assert!(waiting(&ward).read().unwrap().unreviewed().is_empty());
    ward.end().await;
}

/// As the page shows it.
fn made_apart(code: &str) -> String {
    let (first, second) = code.split_at(4);
    format!("{first} {second}")
}
