//! `gauze-records roles …`: what the policies say, and why. Decides nothing of its own and changes nothing.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use gauze_people::DeniedCause;
use gauze_people::acting::{Acting, Barred, Factor, Network};
use gauze_people::action::Action;
use gauze_people::context::{Context, Haste, Purpose, Reason, ReasonCode};
use gauze_people::log::EntryId;
use gauze_people::person::{Person, PersonId, Role, Team};
use gauze_people::roles::{Claimed, PolicySet};
use gauze_people::subject::{Opened, Patient, PatientRef, Photo, Subject};
use gauze_records::access::{AccessError, grants, policies_file, policy_set};
use gauze_records::{Clock as _, SystemClock};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{Refused, show};

/// Who may do what, and why.
#[derive(Subcommand)]
pub(crate) enum RolesCommand {
    /// Check a policy file strictly, together with the guards.
    Check {
        /// The file; else the shipped policies.
        file: Option<PathBuf>,
    },
    /// May somebody do this, and by which policy?
    Explain(Box<Explain>),
    /// Who has which role by the records side's own list, and the policies in force.
    List {
        /// The data directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct Explain {
    /// What they want to do.
    #[arg(long, value_parser = action)]
    action: Action,
    /// A role they have; several may be named.
    #[arg(long = "role", value_parser = role)]
    roles: Vec<Role>,
    /// A team of theirs.
    #[arg(long = "team")]
    teams: Vec<String>,
    /// A team they lead.
    #[arg(long = "leads")]
    leads: Vec<String>,
    /// Somebody of the list, whose grants count too.
    #[arg(long, requires = "data")]
    person: Option<String>,
    /// The data directory: its policies and its list.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Another policy file.
    #[arg(long, value_name = "FILE")]
    policies: Option<PathBuf>,
    /// The team of what it is about; else none.
    #[arg(long)]
    of_team: Option<String>,
    /// How the second factor was proven.
    #[arg(long, value_enum, default_value = "passkey")]
    factor: Proven,
    /// Longer ago than five minutes.
    #[arg(long)]
    stale: bool,
    /// From outside the hospital's networks.
    #[arg(long)]
    outside: bool,
    /// Without a reason.
    #[arg(long)]
    no_reason: bool,
    /// Under a break-glass for that patient, opened so many minutes ago.
    #[arg(long, value_name = "MINUTES")]
    break_glass: Option<u32>,
    /// About themselves.
    #[arg(long)]
    own: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Proven {
    /// By the identity provider.
    Provider,
    /// By a passkey that may be copied between devices.
    Passkey,
    /// By a passkey bound to hardware.
    HardwarePasskey,
    /// By a one-time code.
    Totp,
}

fn of_word<T: DeserializeOwned>(word: &str, all: impl Iterator<Item = &'static str>) -> Result<T, String> {
    let named = || format!("one of: {}", all.collect::<Vec<_>>().join(", "));
    serde_json::from_value(Value::String(word.to_owned())).map_err(|_| named())
}

fn action(word: &str) -> Result<Action, String> {
    of_word(word, Action::ALL.iter().map(|action| action.word()))
}

fn role(word: &str) -> Result<Role, String> {
    of_word(word, Role::ALL.into_iter().map(Role::word))
}

/// The id of nobody and nothing in particular: what is explained here was not done.
fn no_entry() -> Result<EntryId, Refused> {
    EntryId::try_from("AAAAAAAAAAAAAAAAAAAAAA".to_owned()).map_err(|error| Refused(error.to_string()))
}

const PATIENT: &str = "the-patient";

impl Explain {
    fn me(&self) -> PersonId {
        PersonId(self.person.clone().unwrap_or_else(|| "somebody".to_owned()))
    }

    fn acting(&self, now: Timestamp) -> Result<Acting, AccessError> {
        let set = |names: &[String]| names.iter().cloned().map(Team).collect::<BTreeSet<_>>();
        let claimed = Claimed {
            roles: self.roles.iter().copied().collect(),
            teams: set(&self.teams),
            leads: set(&self.leads),
        };
        let bare = Person {
            id: self.me(),
            name: String::new(),
            professional: None,
            roles: BTreeSet::new(),
            teams: BTreeSet::new(),
            leads: BTreeSet::new(),
        };
        let listed = match &self.data {
            Some(data) => grants(data)?,
            None => Default::default(),
        };
        Ok(Acting {
            person: listed.person(&bare, &claimed, now),
            session: "explained".to_owned(),
            signed_in_at: now,
            factor: match self.factor {
                Proven::Provider => Factor::Provider,
                Proven::Passkey => Factor::Passkey { hardware: false },
                Proven::HardwarePasskey => Factor::Passkey { hardware: true },
                Proven::Totp => Factor::Totp,
            },
            factor_at: if self.stale { now - SignedDuration::from_mins(5) } else { now },
            network: if self.outside { Network::Outside } else { Network::Inside },
            barred: Barred::Nothing,
        })
    }

    fn subject(&self) -> Result<Subject, Refused> {
        let team = self.of_team.clone().map(Team);
        let by = if self.own { self.me() } else { PersonId("somebody-else".to_owned()) };
        let patient = PatientRef(PATIENT.to_owned());
        let teams = team.iter().cloned().collect();
        Ok(match self.action {
            Action::List => Subject::WorkList(team),
            Action::Search | Action::BreakGlass => {
                Subject::Patient(Patient { id: patient, teams, no_team: self.of_team.is_none() })
            }
            Action::ReviewBreakGlass => Subject::Opened(Opened { entry: no_entry()?, by, patient, teams }),
            Action::ChangeRole | Action::EndSession | Action::Reenrol => Subject::Person(by),
            Action::ReadLog
            | Action::Phones
            | Action::Setting
            | Action::Documents
            | Action::Retention
            | Action::Report
            | Action::Case
            | Action::CaseEvidence
            | Action::FindMark => Subject::Hospital,
            Action::View
            | Action::Compare
            | Action::ViewUnmarked
            | Action::Proof
            | Action::WhoLooked
            | Action::Export
            | Action::MakeLink
            | Action::Amend
            | Action::Hold
            | Action::ProposeErasure
            | Action::Erase => Subject::Photo(Photo {
                id: "00000000-0000-7000-8000-000000000000"
                    .parse()
                    .map_err(|error: gauze_wire::WireError| Refused(error.to_string()))?,
                team,
                patient: Some(patient),
                erased: false,
                held: false,
                due: true,
                proposed_by: None,
                ruled_by: Some(by),
            }),
        })
    }

    fn context(&self, now: Timestamp) -> Result<Context, Refused> {
        let reason = Reason { code: ReasonCode::Other, sealed_words: None };
        let haste = match self.break_glass {
            Some(minutes) => Some(Haste {
                entry: no_entry()?,
                by: self.me(),
                patient: PatientRef(PATIENT.to_owned()),
                opened_at: now - SignedDuration::from_mins(minutes.into()),
            }),
            None => None,
        };
        Ok(Context { at: now, purpose: Purpose::Care, reason: (!self.no_reason).then_some(reason), haste })
    }

    fn set(&self) -> Result<PolicySet, AccessError> {
        let own = self.data.as_deref().map(policies_file).filter(|file| file.exists());
        policy_set(self.policies.as_deref().or(own.as_deref()))
    }
}

fn explain(json: bool, asked: &Explain) -> Result<ExitCode, Refused> {
    let (set, now) = (asked.set()?, SystemClock.now());
    let decision = set.decide(&asked.acting(now)?, asked.action, &asked.subject()?, &asked.context(now)?);
    let verdict = match &decision.outcome {
        Ok(()) => "yes".to_owned(),
        Err(DeniedCause::NoPermit) => "no: no policy permits it".to_owned(),
        Err(DeniedCause::Forbidden(_)) => "no: it is forbidden, whatever permits it".to_owned(),
        Err(DeniedCause::Misfit(what)) => format!("no: it cannot be judged: {what}"),
    };
    let allowed = decision.outcome.is_ok();
    let answer = json!({
        "allowed": allowed, "verdict": verdict, "policies": decision.policies, "policy_set": set.digest(),
    });
    show(json, &answer, || {
        let rules = decision.policies.iter().filter_map(|id| set.rule(id));
        let texts: Vec<String> = rules.map(|rule| format!("\n\n{}", rule.text)).collect();
        format!("{verdict}{}", texts.concat())
    });
    Ok(if allowed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check(json: bool, file: Option<&PathBuf>) -> Result<(), AccessError> {
    let set = policy_set(file.map(PathBuf::as_path))?;
    let rules: Vec<Value> = set
        .rules()
        .map(|rule| json!({ "id": rule.id, "forbids": rule.forbids, "guard": rule.guard }))
        .collect();
    show(json, &json!({ "policy_set": set.digest(), "policies": rules }), || {
        let guards = set.rules().filter(|rule| rule.guard).count();
        let own = set.rules().count() - guards;
        format!("{own} policies and {guards} guards hold; policy set {}", set.digest())
    });
    Ok(())
}

fn list(json: bool, data: &std::path::Path) -> Result<(), AccessError> {
    let (grants, own) = (grants(data)?, policies_file(data));
    let set = policy_set(own.exists().then_some(own.as_path()))?;
    let ids: Vec<&str> = set.rules().map(|rule| rule.id.as_str()).collect();
    let answer = json!({ "grants": grants.all(), "policy_set": set.digest(), "policies": ids });
    show(json, &answer, || {
        let mut lines = Vec::new();
        for grant in grants.all() {
            let teams: Vec<&str> = grant.teams.iter().map(|team| team.0.as_str()).collect();
            let from = grant.not_before.map_or("always".to_owned(), |at| at.to_string());
            let until = match (grant.taken, grant.not_after) {
                (true, None) => ", taken away".to_owned(),
                (true, Some(at)) => format!(" until {at}, taken away"),
                (false, None) => " until further notice".to_owned(),
                (false, Some(at)) => format!(" until {at}"),
            };
            lines.push(format!(
                "{}  {}  {}  from {from}{until}",
                grant.person.0,
                grant.role,
                teams.join(", ")
            ));
        }
        lines.push(format!("policy set {}: {}", set.digest(), ids.join(", ")));
        lines.join("\n")
    });
    Ok(())
}

pub(crate) fn run(json: bool, command: &RolesCommand) -> Result<ExitCode, Refused> {
    match command {
        RolesCommand::Check { file } => check(json, file.as_ref())?,
        RolesCommand::Explain(asked) => return explain(json, asked),
        RolesCommand::List { data } => list(json, data)?,
    }
    Ok(ExitCode::SUCCESS)
}
