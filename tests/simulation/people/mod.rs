//! One run of the hospital's people: what they look at, look for, open in haste, put right and change, while the records side is
//! killed, answers are lost, the clock jumps and somebody tries to have another history of the log cosigned.
//!
//! What must hold: an answer that was given has its line; a picture has the line of its look; a line that an answer was given
//! for, or that the gateway may have cosigned, is there for ever, byte by byte; the log verifies after each restart; the gateway
//! cosigns what continues what it cosigned, and nothing else.

mod deeds;
mod fate;
mod witnessed;

use gauze_core::CaptureContext;
use gauze_people::action::Action;
use gauze_people::log::Entry;
use gauze_people::person::{Person, Role};
use gauze_records::Which;
use gauze_wire::{CaptureId, Choice, Text};
use jiff::SignedDuration;
use serde_json::json;

use super::dice::Dice;
use super::side::{Side, TEAM, person};
use super::sky::Trace;
use super::world::{Broken, small};
use crate::fixture::{Phone, Ward, context};

const STEPS: usize = 24;
const PHOTOS: usize = 3;

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
    /// The note that the record of a photo shows: the last that was answered for.
    note: Option<String>,
    /// Later ones that nobody was answered for: the record may show the last that was written.
    unanswered: Vec<String>,
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
            note: None,
            unanswered: Vec::new(),
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
        let mut fit = self.note.iter().chain(&self.unanswered);
        if self.note.is_some() && !fit.any(|note| record.contains(note.as_str())) {
            return Err("what was put right is wrong again".to_owned());
        }
        let size = self.witnessed().await?;
        if size != Some(self.side().log.size()) {
            return Err(format!("{size:?} of {} lines are cosigned", self.side().log.size()));
        }
        self.verifies()
    }
}

fn about(entry: &Entry) -> Option<String> {
    entry.about.as_ref()?.id.clone()
}
