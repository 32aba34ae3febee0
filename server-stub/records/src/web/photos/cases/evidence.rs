//! What proves a case leaves as one archive: a fresh proof, a reason, and a line under a checkpoint before it is packed.

use std::collections::BTreeSet;
use std::convert::Infallible;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse as _, Response};
use gauze_people::Logged;
use gauze_people::action::act;
use gauze_people::cases::{Case, Step, named, naming};
use gauze_people::context::{Context, Reason, ReasonCode};
use gauze_people::log::{COSIGNED, Entry, OUTSIDE, prove_all};
use gauze_people::subject::Subject;
use gauze_seal::age::{Recipient, Recipients, Sealer};
use gauze_wire::Text;
use maud::html;
use serde::Deserialize;

use super::concerned::{Here, Papers};
use super::files::{Files, failed, pretty};
use super::told::{Told, timeline, told};
use super::{Account, PAGE, words};
use crate::disk::read_if_any;
use crate::entropy::SystemEntropy;
use crate::evidence::{DEVICES, EvidenceError, LARGEST, Leaving, fits, pack, proof_name};
use crate::folk::Found;
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::leave::running;
use crate::web::photos::Desk;
use crate::web::photos::filled::lines;
use crate::web::photos::gate::unwritten;
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

/// A case as it was when the line was written under which it leaves. What leaves is made of this and of nothing that is read later:
/// each patient who is named has a line.
struct Leaves {
    logged: Logged<act::CaseEvidence>,
    case: Case,
    here: Here,
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
        let papers = self.small_enough(&case).await?;
        let reason = self.case_reason(typed.as_str())?;
        let (desk, signed) = (self.clone(), signed.clone());
        // Whoever asked may go: what is in the log is known here too.
        let work = async move { desk.evidence_line(&signed, number, reason, key.as_deref()).await };
        let leaves = tokio::spawn(work).await.map_err(|_| Refusal::Broken("evidence"))??;
        let phones = self.phones(&leaves.case, &leaves.here).await?;
        // Others than before where somebody named one meanwhile.
        let papers = if papers.phones == phones { papers } else { self.papers(phones).await? };
        let packed = self.evidence(&leaves, papers, recipients).await?;
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

    /// Refuses, before anything is written, what is more than an archive holds; what was signed about the phones, which is much of it.
    async fn small_enough(&self, case: &Case) -> Result<Papers, Refusal> {
        let told = self.lines_told(case, u64::MAX).await?;
        let papers = self.papers(self.phones(case, &self.here(case).await?).await?).await?;
        // A line of each photo that is named, and the one under which it leaves.
        let more = case.photos().len() + 1;
        let line = |entry: &Entry| serde_json::to_vec(entry).map_or(LARGEST, |text| text.len());
        let sizes = papers.files.iter().map(|(_, bytes)| bytes.len());
        if fits(told.lines.values().map(line).chain(sizes), more) { Ok(papers) } else { Err(too_large()) }
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

    async fn lines_told(&self, case: &Case, upto: u64) -> Result<Told, Refusal> {
        let (root, case) = (self.log_root.clone(), case.clone());
        let told = self.reading().work(move || told(&root, &case, upto)).await;
        told.map_err(|_| Refusal::Broken("evidence"))?.map_err(|error| unwritten(&error))
    }

    async fn evidence(
        &self,
        leaves: &Leaves,
        papers: Papers,
        recipients: Option<Recipients>,
    ) -> Result<Vec<u8>, Refusal> {
        let Leaves { logged, case, here } = leaves;
        let told = self.lines_told(case, logged.line().index).await?;
        let (root, keys) = (self.log_root.clone(), self.log.public_keys());
        let wanted: BTreeSet<u64> =
            told.lines.keys().copied().chain(told.then.values().filter_map(|noted| noted.line)).collect();
        let proofs = self.reading().work(move || prove_all(&root, &keys, &wanted)).await;
        let proofs = proofs.map_err(|_| Refusal::Broken("evidence"))?.map_err(|error| unwritten(&error))?;
        let (photos, named) = self.concerned(here, logged).await?;
        let mut files: Files = vec![
            ("README.txt".to_owned(), words::README.into()),
            ("timeline.txt".to_owned(), timeline(case, &told).into_bytes()),
            ("photos.json".to_owned(), pretty(&photos)?),
            (DEVICES.to_owned(), pretty(&papers.said)?),
        ];
        files.extend(papers.files);
        files.extend(self.in_force(case, &told).await?);
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
