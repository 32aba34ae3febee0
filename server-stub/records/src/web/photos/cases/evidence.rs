//! What proves a case leaves as one archive: a fresh proof, a reason, and a line under a checkpoint before it is packed.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::path::Path as Place;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse as _, Response};
use gauze_people::Logged;
use gauze_people::action::{Action, act};
use gauze_people::cases::{Carried, Case, Reminder, Step, Teller, named, naming};
use gauze_people::context::{Context, Reason, ReasonCode};
use gauze_people::log::{
    COSIGNED, Entry, Happening, LogFailure, OUTSIDE, Outcome, What, prove_all, read_entries,
};
use gauze_people::subject::Subject;
use gauze_seal::age::{Recipient, Recipients, Sealer};
use gauze_wire::{CaptureId, Digest, Jws, Text};
use maud::html;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Account, PAGE, words};
use crate::access::{policies_file, roles_file};
use crate::disk::read_if_any;
use crate::documents::register_file;
use crate::entropy::SystemEntropy;
use crate::evidence::{
    ACT, BUNDLE, ENROLMENT, EvidenceError, LARGEST, Leaving, REPORT, fits, pack, proof_name,
};
use crate::folk::{Carrier, Concerned, Found};
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::leave::running;
use crate::web::photos::filled::lines;
use crate::web::photos::gate::{broken, unwritten};
use crate::web::photos::{Desk, parts, words as general};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// What was filled in. No `Debug`: it may name anybody.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web::photos) struct Filled {
    words: String,
    names: Option<String>,
    key: String,
}

type Files = Vec<(String, Vec<u8>)>;

/// The photos of a case, as far as they are here.
type Here = BTreeMap<CaptureId, Option<Found>>;

/// A case as it was when the line was written under which it leaves. What leaves is made of this and of nothing that is read later:
/// each patient who is named has a line.
struct Leaves {
    logged: Logged<act::CaseEvidence>,
    case: Case,
    here: Here,
}

/// Lines of the log that a case is made of, and what was in force when somebody became aware.
#[derive(Default)]
struct Told {
    lines: BTreeMap<u64, Entry>,
    /// The newest line of a kind before that.
    then: BTreeMap<&'static str, (u64, String)>,
}

pub(in crate::web::photos) async fn form(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let case = desk.provable(&signed, &address).await?;
    Ok(shown(&signed, case.number, &Filled::default(), None))
}

pub(in crate::web::photos) async fn take(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    desk.leaves(&signed, &address, &value).await.map_err(|refusal| refusal.keeping(&value.words))
}

impl Desk {
    async fn leaves(&self, signed: &Signed, address: &str, value: &Filled) -> Result<Response, Refusal> {
        let case = self.provable(signed, address).await?;
        let number = case.number;
        let typed: Option<Text<512>> = Text::new(lines(&value.words)).ok();
        let recipients = value.names.as_ref().map(|_| recipients(&value.key)).transpose();
        let (typed, recipients) = match (typed, recipients) {
            (Some(typed), Ok(recipients)) => (typed, recipients),
            (typed, _) => {
                let trouble = if typed.is_none() { words::NO_WHY } else { words::BAD_KEY };
                let page = shown(signed, number, value, Some(trouble));
                return Ok((StatusCode::BAD_REQUEST, page).into_response());
            }
        };
        let key = recipients.as_ref().and_then(|recipients| recipients.key_ids().pop());
        self.small_enough(&case).await?;
        let reason = self.case_reason(typed.as_str())?;
        let (desk, signed) = (self.clone(), signed.clone());
        // Whoever asked may go: what is in the log is known here too.
        let work = async move { desk.evidence_line(&signed, number, reason, key.as_deref()).await };
        let leaves = tokio::spawn(work).await.map_err(|_| Refusal::Broken("evidence"))??;
        let packed = self.evidence(&leaves, recipients).await?;
        let name = format!("attachment; filename=\"case-{number}-{}.tar\"", leaves.logged.line().index);
        Ok(([(CONTENT_TYPE, "application/x-tar".to_owned()), (CONTENT_DISPOSITION, name)], packed)
            .into_response())
    }
}

fn recipients(key: &str) -> Result<Recipients, ()> {
    let key: Recipient = key.trim().parse().map_err(drop)?;
    Recipients::new([key]).map_err(drop)
}

fn shown(signed: &Signed, case: u64, filled: &Filled, trouble: Option<&str>) -> Html<String> {
    let body = html! {
        @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
        p { (words::EVIDENCE_LEAD) }
        form method="post" action={ (PAGE) "/" (case) "/evidence" } autocomplete="off" {
            (signed.field())
            (Field::new("words", words::EVIDENCE_WHY, 512, &filled.words).area(3))
            fieldset.ticks {
                legend { (words::WITH_NAMES) }
                label { input type="checkbox" name="names" value="yes" checked[filled.names.is_some()]; " " (words::WITH_NAMES) }
                p.hint { (words::WITH_NAMES_HINT) }
            }
            (Field::new("key", words::KEY, 4096, &filled.key).optional().line())
            p.actions {
                button.irreversible type="submit" { (words::TAKE) }
                " " a.button href={ (PAGE) "/" (case) } { (words::BACK) }
            }
        }
    };
    let title = format!("{}, {} {case}", words::EVIDENCE, words::CASE.to_lowercase());
    layout::page(&Frame::signed(&title, signed, PAGE), &body)
}

fn failed(error: &impl std::fmt::Display) -> Refusal {
    tracing::error!(%error, "the evidence of a case could not be packed");
    Refusal::Broken("evidence")
}

fn too_large() -> Refusal {
    Refusal::Told {
        status: StatusCode::CONFLICT,
        code: "evidence_too_large",
        message: words::TOO_LARGE.to_owned(),
        next: ("/report", words::REPORT),
    }
}

impl Desk {
    /// The case, to whoever may take its evidence out and has proven the second factor lately.
    async fn provable(&self, signed: &Signed, address: &str) -> Result<Case, Refusal> {
        self.admits(signed, act::CaseEvidence, &Subject::Hospital, ReasonCode::Other).await?;
        let case = self.case(signed, address).await?;
        signed.fresh_for(&self.web, &format!("{PAGE}/{}/evidence", case.number))?;
        Ok(case)
    }

    /// Refuses, before anything is written, what is more than an archive holds.
    async fn small_enough(&self, case: &Case) -> Result<(), Refusal> {
        let told = self.lines_told(case, u64::MAX).await?;
        // A line of each photo that is named, and the one under which it leaves.
        let more = case.photos().len() + 1;
        let bytes = |entry: &Entry| serde_json::to_vec(entry).map_or(LARGEST, |text| text.len());
        if fits(told.lines.values().map(bytes), more) { Ok(()) } else { Err(too_large()) }
    }

    /// The line under which it leaves, under a checkpoint; before it one of each photo whose patient is named to the receiver of
    /// the key.
    async fn evidence_line(
        &self,
        signed: &Signed,
        number: u64,
        reason: Reason,
        key: Option<&str>,
    ) -> Result<Leaves, Refusal> {
        let context = Context { reason: Some(reason), ..running(self.web.now()) };
        let allowed = |subject| {
            let context = &context;
            async move { self.web.allowed(signed, act::CaseEvidence, &subject, context).await }
        };
        // Nobody names another photo between these lines.
        let _deciding = self.deciding().await;
        let case = || self.cases().get(number).cloned().ok_or(Refusal::NoPage);
        let authorised = allowed(Subject::Hospital).await?;
        let here = self.here(&case()?).await?;
        if let Some(key) = key {
            let shown = |found: &&Found| found.label.patient.is_some();
            for found in here.values().flatten().filter(shown) {
                let note = named(number, key).ok_or(Refusal::Broken("note"))?;
                self.write(allowed(found.subject()).await?.noting(note)).await?;
            }
        }
        let note = key.map_or_else(|| Step::Evidence.note(number), |key| naming(number, key));
        let note = note.ok_or(Refusal::Broken("note"))?;
        let logged = self.write(authorised.noting(note)).await?;
        self.cases_now().step(&logged, number, Step::Evidence);
        self.log.checkpoint().await.map_err(|error| unwritten(&error))?;
        Ok(Leaves { logged, case: case()?, here })
    }

    async fn here(&self, case: &Case) -> Result<Here, Refusal> {
        let mut here = Here::new();
        for photo in case.photos() {
            let found = self.folk.by_reference(&photo).await.map_err(|error| broken(&error))?;
            here.insert(photo, found);
        }
        Ok(here)
    }

    async fn lines_told(&self, case: &Case, upto: u64) -> Result<Told, Refusal> {
        let (root, case) = (self.log_root.clone(), case.clone());
        let told = self.reading().work(move || told(&root, &case, upto)).await;
        told.map_err(|_| Refusal::Broken("evidence"))?.map_err(|error| unwritten(&error))
    }

    async fn evidence(&self, leaves: &Leaves, recipients: Option<Recipients>) -> Result<Vec<u8>, Refusal> {
        let Leaves { logged, case, here } = leaves;
        let told = self.lines_told(case, logged.line().index).await?;
        let (root, keys) = (self.log_root.clone(), self.log.public_keys());
        let wanted: BTreeSet<u64> =
            told.lines.keys().chain(told.then.values().map(|(line, _)| line)).copied().collect();
        let proofs = self.reading().work(move || prove_all(&root, &keys, &wanted)).await;
        let proofs = proofs.map_err(|_| Refusal::Broken("evidence"))?.map_err(|error| unwritten(&error))?;
        let (photos, devices, named) = self.concerned(here, logged).await?;
        let mut files: Files = vec![
            ("README.txt".to_owned(), words::README.into()),
            ("timeline.txt".to_owned(), timeline(case, &told).into_bytes()),
            ("photos.json".to_owned(), pretty(&photos)?),
            ("devices.json".to_owned(), pretty(&devices)?),
            ("in-force.json".to_owned(), pretty(&self.in_force(case, &told)?)?),
        ];
        for name in ["checkpoint", COSIGNED, OUTSIDE] {
            let note = read_if_any(&self.log_root.join(name)).map_err(|error| failed(&error))?;
            files.extend(note.map(|note| (name.to_owned(), note)));
        }
        files.extend(proofs.into_iter().map(|(line, proof)| (proof_name(line), proof.into_bytes())));
        files.extend(self.carrier(case, &told).await?);
        if let Some(recipients) = &recipients {
            let text = self.with_names(case, &named).await?;
            files.push(("words.age".to_owned(), sealed(recipients, text.as_bytes())?));
        }
        let leaving = Leaving { case: case.number, line: logged.line().index, at: logged.context().at };
        let keys = crate::access::public_keys(&self.data).unwrap_or_else(|_| self.log.public_keys());
        pack(files, leaving, &keys, &*self.records).map_err(|error| match error {
            EvidenceError::TooLarge => too_large().behind(words::LINE_STAYS),
            error => failed(&error),
        })
    }

    /// The act by which the gateway carried the report, or what a phone signed, with what names the key by which it was signed.
    async fn carrier(&self, case: &Case, told: &Told) -> Result<Files, Refusal> {
        let Some(carried) = told.lines.get(&case.number).and_then(Carried::of) else {
            return Ok(Files::new());
        };
        let (own, key) = match carried.teller {
            Teller::Operator => (ACT, BUNDLE),
            Teller::Phone => (REPORT, ENROLMENT),
            // Nobody vouches for it.
            Teller::Stranger => return Ok(Files::new()),
        };
        let found = self.folk.carrier(carried.teller, &carried.sealed).await;
        let file = |name: &str, jws: &Jws| (name.to_owned(), jws.as_str().as_bytes().to_vec());
        let files = |found: Carrier| vec![file(own, &found.signed), file(key, &found.key)];
        Ok(found.map_err(|error| broken(&error))?.map_or_else(Files::new, files))
    }

    /// Photos and phones by reference and hash, and whom the photos show.
    async fn concerned(
        &self,
        here: &Here,
        logged: &Logged<act::CaseEvidence>,
    ) -> Result<(Vec<Value>, Vec<Value>, Vec<String>), Refusal> {
        let (mut photos, mut devices, mut named) = (Vec::new(), BTreeMap::new(), Vec::new());
        for (photo, found) in here {
            let Some(found) = found else {
                photos.push(json!({ "capture_id": photo, "here": false }));
                continue;
            };
            let Concerned { device_id, enrolment, log_index, sealed, manifest, filed } =
                self.folk.concerned(found, logged).await.map_err(|error| broken(&error))?;
            photos.push(json!({
                "capture_id": photo, "here": true, "device_id": device_id, "log_index": log_index,
                "sealed_sha256": sealed, "manifest_sha256": manifest, "filed_sha256": filed,
            }));
            devices.insert(device_id.to_string(), enrolment);
            let patient = found.label.patient.as_ref();
            named.extend(patient.map(|patient| format!("{photo}: {}", parts::name(patient))));
        }
        let device = |(id, enrolment)| json!({ "device_id": id, "enrolment_sha256": enrolment });
        Ok((photos, devices.into_iter().map(device).collect(), named))
    }

    /// Hashes of what was in force when somebody became aware, as lines say it, and of what is now.
    fn in_force(&self, case: &Case, told: &Told) -> Result<Value, Refusal> {
        let now = |path: &Place| -> Result<Option<Digest>, Refusal> {
            let bytes = read_if_any(path).map_err(|error| failed(&error))?;
            Ok(bytes.map(|bytes| Digest::of(&bytes)))
        };
        let then = |kind: &str| told.then.get(kind).map(|(line, note)| json!({ "line": line, "note": note }));
        let policies = told.lines.get(&case.number).and_then(|entry| entry.policy_set);
        Ok(json!({
            "aware_at": case.aware_at,
            "policy_set_at_report": policies,
            "then": { "documents": then("documents"), "rules": then("rules"), "policies": then("policies") },
            "now": {
                "documents_sha256": now(&register_file(&self.data))?,
                "rules_sha256": now(&self.data.join("people/retention.json"))?,
                "policies_sha256": now(&policies_file(&self.data))?,
                "roles_sha256": now(&roles_file(&self.data))?,
            },
        }))
    }

    /// What was written, and who is who: for one receiver alone.
    async fn with_names(&self, case: &Case, named: &[String]) -> Result<String, Refusal> {
        let Account { whose, what, vouched } = self.case_account(case);
        let (whose, what) = (indented(&whose), indented(&what));
        let mut text = format!("Case {}\n\nWhat happened:\n{what}\nWhose:\n{whose}\n", case.number);
        if let Some(vouched) = vouched {
            text.push_str(&format!("{}:\n{}\n", words::VOUCHED, indented(&vouched)));
        }
        text.push('\n');
        for taken in &case.steps {
            if let Some(written) = self.case_words(taken.reason.as_ref()) {
                let (line, step, written) = (taken.line, words::step(taken.step), indented(&written));
                text.push_str(&format!("Line {line}, {step}:\n{written}\n"));
            }
        }
        text.push_str("\nPeople of the hospital\n");
        for (id, name) in self.case_names(std::iter::once(case)).await? {
            text.push_str(&format!("{id}: {name}\n"));
        }
        text.push_str("\nPhotos and whom they show\n");
        named.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        Ok(text)
    }
}

/// So that no line that somebody wrote reads as one of ours.
fn indented(written: &str) -> String {
    written.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn pretty(value: &impl serde::Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec_pretty(value).map_err(|error| failed(&error))
}

fn sealed(recipients: &Recipients, text: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut sealed = Vec::new();
    let mut keep = |bytes: &[u8]| {
        sealed.extend_from_slice(bytes);
        Ok::<_, Infallible>(())
    };
    let (mut sealer, _) =
        Sealer::new(recipients, &mut SystemEntropy).map_err(|_| Refusal::Broken("entropy"))?;
    let packed = sealer.push(text, &mut keep).and_then(|()| sealer.finish(&mut keep).map(drop));
    packed.map_err(|_| Refusal::Broken("evidence"))?;
    Ok(sealed)
}

/// Whether a line is of this case: its own, or a look at a photo that is concerned.
fn of(entry: &Entry, number: u64, case: &Case, photos: &BTreeSet<CaptureId>) -> bool {
    let note = entry.note.as_ref().map_or("", |note| note.as_str());
    let own = match entry.what {
        What::Action(Action::Report) => number == case.number,
        What::Happening(Happening::OperatorReport | Happening::PhoneReport) => {
            number == case.number || case.crowds.iter().any(|(line, _)| *line == number)
        }
        What::Action(Action::Case | Action::CaseEvidence) => {
            Step::of(note).is_some_and(|(_, of)| of == case.number)
        }
        What::Happening(Happening::CaseReminder | Happening::Mail) => {
            Reminder::of(note).is_some_and(|(_, of)| of == case.number)
        }
        _ => false,
    };
    let id = entry.about.as_ref().and_then(|about| about.id.as_ref()?.parse().ok());
    own || id.is_some_and(|photo| photos.contains(&photo))
}

/// What a line put in force.
fn put(entry: &Entry) -> Option<(&'static str, String)> {
    let note = entry.note.as_ref()?.as_str();
    let kind = match entry.what {
        What::Action(Action::Documents) if note.starts_with("register:") => "documents",
        What::Action(Action::Retention) if note.starts_with("rules:") => "rules",
        What::Action(Action::Setting) if note.starts_with("policies:") => "policies",
        _ => return None,
    };
    (entry.outcome == Outcome::Done).then(|| (kind, note.to_owned()))
}

/// Up to the line under which it leaves: what comes behind that is under no checkpoint yet.
fn told(root: &Place, case: &Case, upto: u64) -> Result<Told, LogFailure> {
    let (mut told, photos) = (Told::default(), case.photos());
    read_entries(root, |kept| {
        let Some(entry) = kept.entry.filter(|_| kept.index <= upto) else { return };
        if let Some((kind, note)) = put(&entry).filter(|_| entry.at <= case.aware_at) {
            told.then.insert(kind, (kept.index, note));
        }
        if of(&entry, kept.index, case, &photos) {
            told.lines.insert(kept.index, entry);
        }
    })?;
    Ok(told)
}

/// Whose doing it was where the line names nobody.
fn by_itself(what: What) -> &'static str {
    match what {
        What::Happening(Happening::OperatorReport) => words::CARRIER,
        What::Happening(Happening::PhoneReport) => words::PHONE_CARRIER,
        _ => words::ITSELF,
    }
}

/// Each line in plain words; people stand as the log names them.
fn timeline(case: &Case, told: &Told) -> String {
    let mut text = format!(
        "Case {}: {}. Aware since {}, due {}.\nTimes are UTC. What people wrote is sealed in the lines.\n\n",
        case.number,
        words::kind(case.kind).to_lowercase(),
        case.aware_at,
        case.due()
    );
    for (number, entry) in &told.lines {
        let note = entry.note.as_ref().map_or("", |note| note.as_str());
        let what = match entry.what {
            What::Action(Action::Report) => words::WAS_REPORTED,
            What::Happening(Happening::OperatorReport) => words::WAS_CARRIED,
            What::Happening(Happening::PhoneReport) => words::A_PHONE_SENT,
            What::Action(Action::Case | Action::CaseEvidence) => {
                Step::of(note).map_or(words::NAMED, |(step, _)| words::step(step))
            }
            What::Happening(Happening::CaseReminder) => {
                Reminder::of(note).map_or("", |(reminder, _)| words::reminder(reminder))
            }
            What::Happening(Happening::Mail) if note == "link" => "The address of a link was mailed",
            What::Happening(Happening::Mail) => "Governance was told by mail",
            What::Happening(Happening::Link) => "A link to a photo concerned",
            What::Happening(_) => "Something about a photo concerned",
            What::Action(action) => general::action(action),
        };
        let refused = if entry.outcome == Outcome::Refused { " (refused)" } else { "" };
        let who = entry.who.as_ref().map_or_else(|| by_itself(entry.what), |who| who.0.as_str());
        let about = entry.about.as_ref().and_then(|about| about.id.as_deref()).unwrap_or_default();
        text.push_str(&format!("{}  line {number}  {what}{refused}  by {who}  {about}\n", entry.at));
        if let Some(made) = words::made(case).filter(|_| *number == case.number) {
            text.push_str(&format!("    made {made}\n"));
        }
    }
    text
}
