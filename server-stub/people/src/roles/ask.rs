//! One request as Cedar sees it: only the entities it is about.

use std::collections::{HashMap, HashSet};
use std::str::FromStr as _;

use cedar_policy::{
    Context as CedarContext, Decision as CedarDecision, Entities, Entity, EntityId, EntityTypeName,
    EntityUid, Request, RestrictedExpression as Value,
};

use super::Decision;
use super::set::PolicySet;
use crate::acting::{Acting, Barred, Factor, Network};
use crate::action::Action;
use crate::context::{Context, minutes};
use crate::deed::DeniedCause;
use crate::person::{Person, PersonId, Team};
use crate::subject::{Patient, Photo, Subject};

type Attributes = HashMap<String, Value>;

impl PolicySet {
    /// What these policies say.
    pub fn decide(&self, acting: &Acting, action: Action, subject: &Subject, context: &Context) -> Decision {
        self.ask(acting, action, subject, context).unwrap_or_else(|fault| Decision {
            outcome: Err(DeniedCause::Misfit(fault)),
            policies: Vec::new(),
        })
    }

    fn ask(
        &self,
        acting: &Acting,
        action: Action,
        subject: &Subject,
        context: &Context,
    ) -> Result<Decision, String> {
        let resource = resource(subject)?;
        let uid = uid("Action", action.word())?;
        let circumstances = CedarContext::from_pairs(circumstances(acting, context)?).map_err(text)?;
        let principal = principal(&acting.person)?;
        let request = Request::new(principal.uid(), uid, resource.uid(), circumstances, Some(&self.schema))
            .map_err(text)?;
        // A person is both where they ask about themselves; Cedar takes each entity once.
        let mut about = vec![principal];
        if about[0].uid() != resource.uid() {
            about.push(resource);
        }
        let entities: Entities = Self::no_entities().add_entities(about, Some(&self.schema)).map_err(text)?;
        let answer = self.authorizer.is_authorized(&request, &self.cedar, &entities);
        if let Some(error) = answer.diagnostics().errors().next() {
            return Err(error.to_string());
        }
        let mut policies: Vec<String> = answer.diagnostics().reason().map(ToString::to_string).collect();
        policies.sort();
        let outcome = match answer.decision() {
            CedarDecision::Allow => Ok(()),
            CedarDecision::Deny if policies.is_empty() => Err(DeniedCause::NoPermit),
            CedarDecision::Deny => Err(DeniedCause::Forbidden(policies.clone())),
        };
        Ok(Decision { outcome, policies })
    }
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    let kind = EntityTypeName::from_str(kind).map_err(text)?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

fn reference(kind: &str, id: &str) -> Result<Value, String> {
    uid(kind, id).map(Value::new_entity_uid)
}

fn string(value: &str) -> Value {
    Value::new_string(value.to_owned())
}

fn teams<'a>(teams: impl IntoIterator<Item = &'a Team>) -> Result<Value, String> {
    let teams: Result<Vec<Value>, String> = teams.into_iter().map(|t| reference("Team", &t.0)).collect();
    Ok(Value::new_set(teams?))
}

fn bare_person(id: &PersonId) -> Result<Entity, String> {
    let attributes = [("teams".to_owned(), teams([])?), ("leads".to_owned(), teams([])?)];
    Entity::new(uid("Person", &id.0)?, attributes.into(), HashSet::new()).map_err(text)
}

fn principal(person: &Person) -> Result<Entity, String> {
    let roles: Result<HashSet<EntityUid>, String> =
        person.roles.iter().map(|role| uid("Role", role.word())).collect();
    let attributes =
        [("teams".to_owned(), teams(&person.teams)?), ("leads".to_owned(), teams(&person.leads)?)];
    Entity::new(uid("Person", &person.id.0)?, attributes.into(), roles?).map_err(text)
}

fn photo(photo: &Photo) -> Result<Attributes, String> {
    let mut attributes = Attributes::from([
        ("erased".to_owned(), Value::new_bool(photo.erased)),
        ("held".to_owned(), Value::new_bool(photo.held)),
        ("due".to_owned(), Value::new_bool(photo.due)),
    ]);
    for (name, by) in [("proposed_by", &photo.proposed_by), ("ruled_by", &photo.ruled_by)] {
        if let Some(by) = by {
            attributes.insert(name.to_owned(), reference("Person", &by.0)?);
        }
    }
    if let Some(team) = &photo.team {
        attributes.insert("team".to_owned(), reference("Team", &team.0)?);
    }
    if let Some(patient) = &photo.patient {
        attributes.insert("patient".to_owned(), string(&patient.0));
    }
    Ok(attributes)
}

fn patient(patient: &Patient) -> Result<Attributes, String> {
    Ok(Attributes::from([
        ("id".to_owned(), string(&patient.id.0)),
        ("teams".to_owned(), teams(&patient.teams)?),
        ("no_team".to_owned(), Value::new_bool(patient.no_team)),
    ]))
}

fn resource(subject: &Subject) -> Result<Entity, String> {
    let (uid, attributes) = match subject {
        Subject::Photo(it) => (uid("Photo", &it.id.to_string())?, photo(it)?),
        Subject::WorkList(None) => (uid("WorkList", "")?, Attributes::new()),
        Subject::WorkList(Some(team)) => {
            let attributes = Attributes::from([("team".to_owned(), reference("Team", &team.0)?)]);
            (uid("WorkList", &team.0)?, attributes)
        }
        Subject::Patient(it) => (uid("Patient", &it.id.0)?, patient(it)?),
        Subject::Person(id) => return bare_person(id),
        Subject::Opened(it) => {
            let by = reference("Person", &it.by.0)?;
            let attributes =
                Attributes::from([("by".to_owned(), by), ("teams".to_owned(), teams(&it.teams)?)]);
            (uid("Opened", it.entry.as_str())?, attributes)
        }
        Subject::Hospital => (uid("Hospital", "")?, Attributes::new()),
    };
    Entity::new(uid, attributes, HashSet::new()).map_err(text)
}

fn factor(factor: Factor) -> &'static str {
    match factor {
        Factor::Provider => "provider",
        Factor::Passkey { hardware: true } => "hardware_passkey",
        Factor::Passkey { hardware: false } => "passkey",
        Factor::Totp => "totp",
    }
}

fn circumstances(acting: &Acting, context: &Context) -> Result<Vec<(String, Value)>, String> {
    let mut pairs = vec![
        ("inside".to_owned(), Value::new_bool(acting.network == Network::Inside)),
        ("view_here".to_owned(), Value::new_bool(acting.barred != Barred::Views)),
        ("export_here".to_owned(), Value::new_bool(acting.barred == Barred::Nothing)),
        ("factor".to_owned(), string(factor(acting.factor))),
        ("fresh".to_owned(), Value::new_bool(acting.is_fresh(context.at))),
        ("reason".to_owned(), Value::new_bool(context.reason.is_some())),
    ];
    if let Some(haste) = &context.haste {
        let record = Value::new_record([
            ("by".to_owned(), reference("Person", &haste.by.0)?),
            ("patient".to_owned(), string(&haste.patient.0)),
            ("minutes".to_owned(), Value::new_long(minutes(haste.opened_at, context.at))),
        ]);
        pairs.push(("haste".to_owned(), record.map_err(text)?));
    }
    Ok(pairs)
}
