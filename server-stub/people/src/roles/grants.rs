//! The records side's own list of who has which role, beside what the provider's claims say.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::action::act;
use crate::deed::Logged;
use crate::person::{Person, PersonId, Role, Team};
use crate::subject::Subject;

/// One role of one person, for as long as it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Whose.
    pub person: PersonId,
    /// Which.
    pub role: Role,
    /// In which teams: for viewers and leads at least one, for others none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub teams: BTreeSet<Team>,
    /// From when on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Until when, itself not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// Taken away: it holds no more, whatever the clock says later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken: bool,
}

impl Grant {
    /// What is left of it from `at` on without one of its teams.
    fn without(&self, team: &Team, at: Timestamp) -> Option<Self> {
        let mut teams = self.teams.clone();
        teams.remove(team);
        let not_before = Some(self.not_before.map_or(at, |from| from.max(at)));
        (!teams.is_empty()).then(|| Self { teams, not_before, ..self.clone() })
    }

    /// Whether it has ended.
    pub fn ended(&self, at: Timestamp) -> bool {
        self.taken || self.not_after.is_some_and(|until| until <= at)
    }

    fn holds(&self, at: Timestamp) -> bool {
        !self.taken
            && self.not_before.is_none_or(|from| from <= at)
            && self.not_after.is_none_or(|until| at < until)
    }

    /// Whether it may stand in the list.
    ///
    /// # Errors
    /// [`GrantsError`].
    pub fn check(&self) -> Result<(), GrantsError> {
        let in_teams = matches!(self.role, Role::Viewer | Role::Lead);
        if in_teams == self.teams.is_empty() {
            return Err(GrantsError::Teams(self.role));
        }
        match (self.not_before, self.not_after) {
            (Some(from), Some(until)) if until < from => Err(GrantsError::Dates),
            _ => Ok(()),
        }
    }
}

/// Why a grant does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantsError {
    /// Viewers and leads have teams, nobody else has.
    #[error("{0} with the wrong teams: viewers and leads need at least one, other roles have none")]
    Teams(Role),
    /// It ends before it begins.
    #[error("not_after lies before not_before")]
    Dates,
    /// The entry that was logged is about somebody else.
    #[error("the logged change is about somebody else")]
    OtherPerson,
}

/// A role as a provider's claims say it, or as the list does: what `people.json` maps them to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// Teams whose photos they see.
    pub teams: BTreeSet<Team>,
    /// Teams they lead.
    pub leads: BTreeSet<Team>,
}

/// What holds at one moment, out of claims and list.
pub type Granted = Claimed;

/// The list. JSON form: `{"grants":[...]}`; the records side keeps it as `roles.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    grants: Vec<Grant>,
}

impl Grants {
    /// All grants, those that ended among them.
    pub fn all(&self) -> &[Grant] {
        &self.grants
    }

    /// Checks each grant, as at start.
    ///
    /// # Errors
    /// The first that does not count.
    pub fn check(&self) -> Result<(), GrantsError> {
        self.grants.iter().try_for_each(Grant::check)
    }

    /// What holds for a person now: the claims, and every grant in its dates.
    pub fn holding(&self, person: &PersonId, claimed: &Claimed, at: Timestamp) -> Granted {
        let mut held = claimed.clone();
        for grant in self.grants.iter().filter(|grant| grant.person == *person && grant.holds(at)) {
            held.roles.insert(grant.role);
            match grant.role {
                Role::Lead => held.leads.extend(grant.teams.iter().cloned()),
                Role::Viewer => held.teams.extend(grant.teams.iter().cloned()),
                _ => {}
            }
        }
        held
    }

    /// The person as roles see them now.
    pub fn person(&self, who: &Person, claimed: &Claimed, at: Timestamp) -> Person {
        let Granted { roles, teams, leads } = self.holding(&who.id, claimed, at);
        Person { roles, teams, leads, ..who.clone() }
    }

    /// Gives a role, once the change is logged.
    ///
    /// # Errors
    /// [`GrantsError`]; the list is then as it was.
    pub fn give(&mut self, logged: &Logged<act::ChangeRole>, grant: Grant) -> Result<(), GrantsError> {
        about(logged, &grant.person)?;
        grant.check()?;
        self.grants.push(grant);
        Ok(())
    }

    /// Ends a person's grants of a role now, in one team alone where one is named, once the change is logged. What they had stays in the
    /// list.
    ///
    /// # Errors
    /// [`GrantsError::OtherPerson`].
    pub fn take(
        &mut self,
        logged: &Logged<act::ChangeRole>,
        person: &PersonId,
        role: Role,
        team: Option<&Team>,
    ) -> Result<(), GrantsError> {
        about(logged, person)?;
        let at = logged.context().at;
        let theirs = |grant: &Grant| {
            let meant = team.is_none_or(|team| grant.teams.contains(team));
            grant.person == *person && grant.role == role && meant && !grant.ended(at)
        };
        let rest: Vec<Grant> =
            self.grants.iter().filter(|grant| theirs(grant)).filter_map(|g| g.without(team?, at)).collect();
        // What had not begun never will.
        self.grants.retain(|grant| !(theirs(grant) && grant.not_before.is_some_and(|from| from > at)));
        for grant in self.grants.iter_mut().filter(|grant| theirs(grant)) {
            grant.not_after = Some(at);
            grant.taken = true;
        }
        self.grants.extend(rest);
        Ok(())
    }
}

fn about(logged: &Logged<act::ChangeRole>, person: &PersonId) -> Result<(), GrantsError> {
    match logged.subject() {
        Subject::Person(id) if id == person => Ok(()),
        _ => Err(GrantsError::OtherPerson),
    }
}
