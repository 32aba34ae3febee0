//! One run of the hospital's people: what they look at, look for, open in haste, put right and change, while the records side is
//! killed, answers are lost, the clock jumps and somebody tries to have another history of the log cosigned.
//!
//! What must hold: an answer that was given has its line; a picture has the line of its look; a line that an answer was given
//! for, or that the gateway may have cosigned, is there for ever, byte by byte; the log verifies after each restart; the gateway
//! cosigns what continues what it cosigned, and nothing else.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use axum::http::StatusCode;
use gauze_core::CaptureContext;
use gauze_people::Remembered;
use gauze_people::action::Action;
use gauze_people::log::{Entry, Happening, LogKeys, Outcome, Wanted, What, read_newest, verify};
use gauze_people::person::{Person, Role};
use gauze_records::gateway::GatewayPort as _;
use gauze_records::{Coded as _, Which, access};
use gauze_wire::log::{AddCheckpoint, Checkpoint};
use gauze_wire::{CaptureId, Choice, Digest, Text};
use jiff::SignedDuration;
use serde_json::json;

use super::clinic::{Answer, Session, Side, TEAM, log_root, person};
use super::dice::Dice;
use super::sky::Trace;
use super::world::{Broken, small};
use crate::fixture::{Phone, Ward, context};

const STEPS: usize = 24;
const PHOTOS: usize = 3;
const NUMBER: &str = "9990000042";

#[derive(Clone, Copy, Debug)]
enum Step {
    Looks(Who),
    Searches,
    Lists,
    BreaksTheGlass,
    Judges,
    PutsRight,
    GivesARole,
    TakesARole,
    Governs,
    ClockJumps,
    Witnessed,
    Forged,
    Killed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nurse,
    Stranger,
    Lead,
    Newcomer,
    Officer,
    Administrator,
}

const STEPS_BY_WEIGHT: &[(usize, Step)] = &[
    (8, Step::Looks(Who::Nurse)),
    (6, Step::Looks(Who::Stranger)),
    (2, Step::Looks(Who::Lead)),
    (2, Step::Looks(Who::Newcomer)),
    (1, Step::Looks(Who::Administrator)),
    (3, Step::Searches),
    (4, Step::Lists),
    (4, Step::BreaksTheGlass),
    (3, Step::Judges),
    (4, Step::PutsRight),
    (4, Step::GivesARole),
    (2, Step::TakesARole),
    (1, Step::Governs),
    (4, Step::ClockJumps),
    (8, Step::Witnessed),
    (3, Step::Forged),
    (4, Step::Killed),
];

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Answered,
    AnswerLost,
    /// The process ends before it has done anything.
    KilledAsItCame,
    /// The process ends with the line written, and nothing else done.
    KilledBehindTheLine,
}

struct Photo {
    id: CaptureId,
    handle: String,
    patient: String,
}

pub struct Clinic {
    ward: Ward,
    dice: Dice,
    trouble: usize,
    trace: Trace,
    side: Option<Side>,
    photos: Vec<Photo>,
    /// The log's bytes that nothing may change any more, and the checkpoint that lay beside them.
    safe: Vec<u8>,
    checkpoint: Option<Vec<u8>>,
    /// Whether the newcomer holds a role; nothing where an answer about it was lost.
    holds: Option<bool>,
    /// Notes that the record of a photo may show: the last that was answered for, and those that came after it.
    notes: Vec<String>,
    /// A picture's address before the last kill.
    former: Option<String>,
}

impl Who {
    fn person(self) -> Person {
        match self {
            Self::Nurse => person("Nurse Viewer", Some(Role::Viewer), TEAM),
            Self::Stranger => person("Nurse Elsewhere", Some(Role::Viewer), "other"),
            Self::Lead => person("Sister Lead", Some(Role::Lead), TEAM),
            Self::Newcomer => person("Nora Newcomer", None, TEAM),
            Self::Officer => person("Officer Governance", Some(Role::Governance), TEAM),
            Self::Administrator => person("Adam Administrator", Some(Role::Administrator), TEAM),
        }
    }
}

/// Three photos of one patient, filed.
async fn filed(ward: &Ward) {
    let phone = Phone::enrolled(ward).await;
    let team = Choice { code: TEAM.parse().unwrap(), words: Text::new("Tissue viability").unwrap() };
    for n in 0..PHOTOS {
        let context = CaptureContext { team: Some(team.clone()), ..context() };
        phone.client().capture(small(n), context).unwrap();
    }
    phone.run().await;
    assert_eq!(ward.pull().await.filed, PHOTOS as u64);
}

impl Clinic {
    pub async fn of(seed: u64, trace: Trace) -> Self {
        let mut dice = Dice::new(seed);
        let lists = json!({ "teams": [{ "code": TEAM, "words": "Tissue viability" }] });
        let ward = Ward::with(|_| {}, |policy| policy["lists"] = lists).await;
        filed(&ward).await;
        let trouble = dice.weighed(&[(1, 0), (3, 15), (3, 40)]);
        trace.say(format!("seed {seed}: something happens to {trouble} of 100 requests"));
        let mut clinic = Self {
            ward,
            dice,
            trouble,
            trace,
            side: None,
            photos: Vec::new(),
            safe: Vec::new(),
            checkpoint: None,
            holds: Some(false),
            notes: Vec::new(),
            former: None,
        };
        clinic.starts().await.unwrap();
        let all = clinic.side().folk.team(Some(TEAM), Which::All, None, 10).await.unwrap();
        clinic.photos = all
            .iter()
            .map(|found| Photo {
                id: found.capture_id,
                handle: found.handle.to_string(),
                patient: found.patient.unwrap().to_string(),
            })
            .collect();
        clinic.photos.sort_by_key(|photo| photo.id);
        assert_eq!(clinic.photos.len(), PHOTOS);
        clinic
    }

    /// The whole run.
    pub async fn runs(&mut self) -> Result<(), Broken> {
        for n in 0..STEPS {
            let step = self.dice.weighed(STEPS_BY_WEIGHT);
            self.say(format!("{n} {step:?}"));
            self.takes(step).await?;
        }
        self.heals().await
    }

    fn say(&self, line: impl Into<String>) {
        self.trace.say(line);
    }

    fn side(&self) -> &Side {
        self.side.as_ref().unwrap()
    }

    async fn takes(&mut self, step: Step) -> Result<(), Broken> {
        match step {
            Step::Looks(who) => self.looks(who).await,
            Step::Searches => self.searches().await,
            Step::Lists => self.lists().await,
            Step::BreaksTheGlass => self.breaks_the_glass().await,
            Step::Judges => self.judges().await,
            Step::PutsRight => self.puts_right().await,
            Step::GivesARole => self.changes_a_role(true).await,
            Step::TakesARole => self.changes_a_role(false).await,
            Step::Governs => self.governs().await,
            Step::ClockJumps => {
                let by = self.dice.weighed(&[
                    (3, 20),
                    (3, 3600),
                    (2, 5 * 3600),
                    (2, -90),
                    (1, -7200),
                    (1, 80 * 3600),
                ]);
                self.say(format!("  by {by} s"));
                self.ward.clock.pass(SignedDuration::from_secs(by));
                Ok(())
            }
            Step::Witnessed => self.witnessed().await.map(drop),
            Step::Forged => self.forged().await,
            Step::Killed => self.killed().await,
        }
    }

    // ---- What people do

    async fn looks(&mut self, who: Who) -> Result<(), Broken> {
        let at = self.dice.below(PHOTOS);
        let (id, address) = (self.photos[at].id, format!("/photos/{}", self.photos[at].handle));
        let session = self.enters(who);
        let Some(page) = self.asks(&session, &address, None, (Action::View, Some(id))).await? else {
            return Ok(());
        };
        if who == Who::Stranger && page.status.is_success() {
            self.was_let_in_by_haste(&session)?;
        }
        let Some(shown) = page
            .text()
            .split("data-shown=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next().map(str::to_owned))
        else {
            return if page.status.is_success() {
                Err("a photo's page shows no picture".to_owned())
            } else {
                Ok(())
            };
        };
        let picture = self.side().ask(&session, &format!("/shown/{shown}?screen=64"), None).await;
        self.former = Some(format!("/shown/{shown}?screen=64"));
        self.is_safe();
        if !(picture.status.is_success() && picture.kind == "image/jpeg") {
            return Err(format!("the picture is not shown: {}", picture.status));
        }
        let own = |entry: &Entry| {
            entry.session.as_deref() == Some(&session.reference)
                && entry.what == What::Action(Action::View)
                && entry.outcome == Outcome::Done
                && about(entry) == Some(id.to_string())
        };
        if self.lines_from(0)?.iter().any(own) {
            Ok(())
        } else {
            Err("a picture was shown without its line".to_owned())
        }
    }

    /// A look of somebody of another team names the break-glass under which it was, and that has its line.
    fn was_let_in_by_haste(&self, session: &Session) -> Result<(), Broken> {
        let lines = self.lines_from(0)?;
        let look = lines.iter().rev().find(|entry| entry.session.as_deref() == Some(&session.reference));
        let haste = look
            .and_then(|entry| entry.haste.as_ref())
            .ok_or("a stranger looked without breaking the glass")?;
        let opened = lines.iter().any(|entry| {
            entry.id == *haste
                && entry.what == What::Action(Action::BreakGlass)
                && entry.who.as_ref() == Some(&session.person.id)
        });
        if opened { Ok(()) } else { Err("a look names a break-glass that has no line".to_owned()) }
    }

    async fn searches(&mut self) -> Result<(), Broken> {
        let session = self.enters(Who::Nurse);
        let found =
            self.asks(&session, "/search", Some(&[("number", NUMBER)]), (Action::Search, None)).await?;
        match found {
            Some(page) if !page.text().contains(&self.photos[0].patient) => {
                Err("the patient is not found".to_owned())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A team's list: of its own people, and of the newcomer for as long as she has a role.
    async fn lists(&mut self) -> Result<(), Broken> {
        let who = self.dice.weighed(&[(1, Who::Nurse), (2, Who::Newcomer)]);
        let session = self.enters(who);
        let list =
            self.asks(&session, &format!("/lists/{TEAM}?which=all"), None, (Action::List, None)).await?;
        let holds = if who == Who::Newcomer { self.holds } else { Some(true) };
        match (list, holds) {
            (Some(list), Some(holds)) if list.status.is_success() != holds => {
                Err(format!("{who:?} was told {} and holds a role: {holds}", list.status))
            }
            _ => Ok(()),
        }
    }

    async fn breaks_the_glass(&mut self) -> Result<(), Broken> {
        let session = self.enters(Who::Stranger);
        let address = format!("/patients/{}/haste", self.photos[0].patient);
        let form = [("code", "emergency"), ("words", "the ward is closed")];
        self.asks(&session, &address, Some(&form), (Action::BreakGlass, None)).await.map(drop)
    }

    async fn judges(&mut self) -> Result<(), Broken> {
        let waiting = Remembered::read(&log_root(&self.ward)).map_err(|error| error.code())?.hastes;
        let Some(entry) = waiting.unreviewed().into_iter().next().map(|one| one.entry.clone()) else {
            return Ok(());
        };
        let session = self.enters(Who::Lead);
        let form = [("entry", entry.as_str()), ("verdict", "justified")];
        let judged = self.asks(&session, "/hastes", Some(&form), (Action::ReviewBreakGlass, None)).await?;
        let again = Remembered::read(&log_root(&self.ward)).map_err(|error| error.code())?.hastes;
        match judged {
            Some(answer) if !answer.status.is_redirection() => {
                Err(format!("a lead may not judge: {}", answer.status))
            }
            Some(_) if again.get(&entry).is_none_or(|one| one.review.is_none()) => {
                Err("what was judged waits again".to_owned())
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn puts_right(&mut self) -> Result<(), Broken> {
        let session = self.enters(Who::Lead);
        let (id, address) = (self.photos[0].id, format!("/photos/{}/amend", self.photos[0].handle));
        let note = format!("note {}", self.dice.roll());
        let form = [
            ("what", "notes"),
            ("notes", note.as_str()),
            ("reason", "it was of the other foot"),
            ("compared_name", "yes"),
            ("compared_dob", "yes"),
        ];
        let done = self.asks(&session, &address, Some(&form), (Action::Amend, Some(id))).await?;
        if done.is_some() {
            self.notes.clear();
        }
        self.notes.push(note);
        Ok(())
    }

    async fn changes_a_role(&mut self, give: bool) -> Result<(), Broken> {
        let session = self.enters(Who::Administrator);
        let somebody = Who::Newcomer.person().id.0;
        let (address, team) =
            if give { ("/people/roles/give", "teams") } else { ("/people/roles/take", "team") };
        let form = [
            ("person", somebody.as_str()),
            ("role", "viewer"),
            (team, TEAM),
            ("reason", "she joins the ward"),
        ];
        let before = self.holds;
        if !give && before == Some(false) {
            return Ok(());
        }
        self.holds = None;
        let done = self.asks(&session, address, Some(&form), (Action::ChangeRole, None)).await?;
        if done.is_some() {
            self.holds = Some(give);
        }
        Ok(())
    }

    async fn governs(&mut self) -> Result<(), Broken> {
        let session = self.enters(Who::Officer);
        self.asks(&session, "/governance", None, (Action::ReadLog, None)).await.map(drop)
    }

    // ---- What becomes of a request

    fn enters(&self, who: Who) -> Session {
        self.side().enter(&self.ward, who.person())
    }

    /// The answer, if one came; its line is then in the log.
    async fn asks(
        &mut self,
        session: &Session,
        address: &str,
        form: Option<&[(&str, &str)]>,
        expected: (Action, Option<CaptureId>),
    ) -> Result<Option<Answer>, Broken> {
        let fate = if self.dice.chance(self.trouble) {
            self.dice.weighed(&[
                (2, Fate::AnswerLost),
                (1, Fate::KilledAsItCame),
                (3, Fate::KilledBehindTheLine),
            ])
        } else {
            Fate::Answered
        };
        let before = self.side().log.size();
        let log = self.side().log.clone();
        let answer = Box::pin(self.side().ask(session, address, form));
        let came = match fate {
            Fate::Answered | Fate::AnswerLost => Some(answer.await),
            Fate::KilledAsItCame => {
                let mut answer = answer;
                poll_fn(|context| Poll::Ready(answer.as_mut().poll(context).is_ready())).await;
                None
            }
            Fate::KilledBehindTheLine => {
                let mut answer = pin!(answer);
                poll_fn(|context| {
                    if log.size() > before {
                        Poll::Ready(())
                    } else {
                        answer.as_mut().poll(context).map(drop)
                    }
                })
                .await;
                None
            }
        };
        drop(log);
        let Some(answer) = came else {
            self.say(format!("  {fate:?}"));
            return self.killed().await.map(|()| None);
        };
        self.say(format!("  {} {fate:?}", answer.status));
        self.has_its_line(session, &answer, before, expected)?;
        self.is_safe();
        Ok(matches!(fate, Fate::Answered).then_some(answer))
    }

    fn has_its_line(
        &self,
        session: &Session,
        answer: &Answer,
        before: u64,
        (action, photo): (Action, Option<CaptureId>),
    ) -> Result<(), Broken> {
        let outcome = match answer.status {
            StatusCode::OK | StatusCode::SEE_OTHER => Outcome::Done,
            StatusCode::FORBIDDEN => Outcome::Refused,
            other => return Err(format!("{action} is answered by {other}: {}", answer.text())),
        };
        let fits = |entry: &Entry| {
            entry.who.as_ref() == Some(&session.person.id)
                && entry.what == What::Action(action)
                && entry.outcome == outcome
                && photo.is_none_or(|photo| about(entry) == Some(photo.to_string()))
        };
        let there = self.lines_from(before)?.iter().any(fits);
        if there {
            Ok(())
        } else {
            Err(format!("{action} was answered by {} and has no line", answer.status))
        }
    }

    fn lines_from(&self, first: u64) -> Result<Vec<Entry>, Broken> {
        let mut lines = Vec::new();
        let read = read_newest(&log_root(&self.ward), |kept| {
            if kept.index < first {
                return ControlFlow::Break(());
            }
            lines.extend(kept.entry);
            ControlFlow::Continue(())
        });
        read.map_err(|error| format!("the log cannot be read: {error}"))?;
        lines.reverse();
        Ok(lines)
    }

    fn entries(&self) -> Vec<u8> {
        std::fs::read(log_root(&self.ward).join("entries/000000000000.log")).unwrap_or_default()
    }

    /// What is written now is written for ever.
    fn is_safe(&mut self) {
        self.safe = self.entries();
        self.checkpoint = std::fs::read(log_root(&self.ward).join("checkpoint")).ok();
    }

    // ---- Kills

    /// Kills the records side. Of what nobody was told of the medium may hold a part, all or nothing.
    async fn killed(&mut self) -> Result<(), Broken> {
        let log = self.side.take().map(|side| Arc::downgrade(&side.log));
        // What a request had begun on the blocking thread still holds the log: a process that is killed holds nothing.
        while log.as_ref().is_some_and(|log| log.strong_count() > 0) {
            tokio::task::spawn_blocking(|| {}).await.unwrap();
        }
        let written = self.entries();
        if !written.starts_with(&self.safe) {
            return Err("a line that was answered for is another".to_owned());
        }
        let new = written.len() - self.safe.len();
        let left = self.dice.weighed(&[(2, 0), (2, 100), (3, 50)]) * new / 100;
        let kept = if left > 0 && left < new { 1 + self.dice.below(new - 1) } else { left };
        if kept < new {
            let root = log_root(&self.ward);
            let file =
                std::fs::File::options().write(true).open(root.join("entries/000000000000.log")).unwrap();
            file.set_len((self.safe.len() + kept) as u64).unwrap();
            match &self.checkpoint {
                Some(note) => put(&root.join("checkpoint"), note),
                None => drop(std::fs::remove_file(root.join("checkpoint"))),
            }
        }
        self.say(format!("  killed; of {new} bytes that nobody was told of {kept} are left"));
        let torn = kept > 0 && kept < new;
        self.starts().await?;
        let set_aside = |entry: &Entry| entry.what == What::Happening(Happening::TornTail);
        if torn && !self.lines_from(0)?.last().is_some_and(set_aside) {
            return Err("nothing says that a torn line was set aside".to_owned());
        }
        let Some(former) = self.former.take() else { return Ok(()) };
        let session = self.enters(Who::Nurse);
        let picture = self.side().ask(&session, &former, None).await;
        self.is_safe();
        if picture.status.is_success() { Err("a picture outlived its process".to_owned()) } else { Ok(()) }
    }

    async fn starts(&mut self) -> Result<(), Broken> {
        let dice = self.dice.fork();
        self.side = Some(Side::start(&self.ward, dice, self.trouble / 2, self.trace.clone()).await?);
        if !self.entries().starts_with(&self.safe) {
            return Err("a restart changed a line that was answered for".to_owned());
        }
        self.is_safe();
        // One is signed by itself once the log is quiet, and not before.
        self.side().log.checkpoint().await.map_err(|error| error.code())?;
        self.verifies()
    }

    fn verifies(&self) -> Result<(), Broken> {
        let keys = access::public_keys(&self.ward.path("records")).map_err(|error| error.code())?;
        let wanted = Wanted { signatures: true, ..Wanted::default() };
        let found = verify(&log_root(&self.ward), &keys, wanted).map_err(|error| error.code())?;
        if found.holds() && !found.torn { Ok(()) } else { Err(format!("the log does not verify: {found:?}")) }
    }

    // ---- The gateway as witness

    /// Shows the log to the gateway, on a network that loses what it likes; how much of it is cosigned.
    async fn witnessed(&mut self) -> Result<Option<u64>, Broken> {
        // What the gateway is shown, it may have cosigned.
        self.is_safe();
        let side = self.side();
        let shown = tokio::select! {
            biased;
            shown = side.puller.witness_now(&side.log) => Some(shown),
            () = side.death.notified() => None,
        };
        let Some(shown) = shown else { return self.killed().await.map(|()| None) };
        match shown {
            Ok(size) => Ok(Some(size)),
            Err(error) if ["gateway_unreachable", "signature_expired"].contains(&error.code()) => {
                self.say(format!("  not witnessed: {}", error.code()));
                Ok(None)
            }
            Err(error) => Err(format!("the gateway will not cosign: {error}")),
        }
    }

    /// Somebody who has the log's key shows another history, and an older one.
    async fn forged(&mut self) -> Result<(), Broken> {
        let keys = self.ward.keys().log_keys().map_err(|error| error.code())?;
        let (port, size) = (self.ward.port(), self.side().log.size());
        let ask = |old: u64, size: u64, proof: Vec<Digest>| {
            let root = Digest::of(b"another history");
            let checkpoint = Checkpoint { origin: LogKeys::origin(&keys.tenant), size, root };
            AddCheckpoint { log: keys.note.log_key(), old, proof, checkpoint: keys.note.sign(&checkpoint) }
        };
        // What it has cosigned it says itself, to whoever starts from elsewhere.
        let probe =
            port.witness(&ask(size + 1000, size + 1000, Vec::new())).await.map_err(|error| error.code())?;
        if probe.size == 0 {
            // Before the first nothing is pinned, and whoever has the key has the log.
            return Ok(());
        }
        let proof = self.side().log.consistency(probe.size, size).await.map_err(|error| error.code())?;
        for forged in [
            ask(probe.size, size, proof.clone()),
            ask(probe.size, size + 7, proof),
            ask(probe.size, probe.size, Vec::new()),
            ask(probe.size, probe.size - 1, Vec::new()),
            ask(0, size, Vec::new()),
        ] {
            let answer = port.witness(&forged).await;
            if answer.is_ok_and(|answer| answer.note.is_some()) {
                return Err(format!("another history of {} lines is cosigned", forged.old));
            }
        }
        Ok(())
    }

    // ---- The end

    /// Nothing goes wrong any more: the gateway has cosigned everything, and what was answered for holds.
    async fn heals(&mut self) -> Result<(), Broken> {
        self.say("healed");
        self.trouble = 0;
        self.killed().await?;
        self.ward.clock.pass(SignedDuration::from_hours(400));
        self.looks(Who::Nurse).await?;
        let session = self.enters(Who::Lead);
        let address = format!("/photos/{}/record", self.photos[0].handle);
        let record = self.asks(&session, &address, None, (Action::View, Some(self.photos[0].id))).await?;
        let record = record.map(|record| record.text()).unwrap_or_default();
        if !self.notes.is_empty() && !self.notes.iter().any(|note| record.contains(note.as_str())) {
            return Err("what was put right is wrong again".to_owned());
        }
        let size = self.witnessed().await?;
        if size != Some(self.side().log.size()) {
            return Err(format!("{size:?} of {} lines are cosigned", self.side().log.size()));
        }
        self.verifies()
    }
}

fn put(path: &std::path::Path, bytes: &[u8]) {
    std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), bytes).unwrap();
}

fn about(entry: &Entry) -> Option<String> {
    entry.about.as_ref()?.id.clone()
}
