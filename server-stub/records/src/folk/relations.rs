//! Who may be related to whom, by name alone: what the access log, which names nobody, cannot tell.

use std::collections::{BTreeMap, BTreeSet};

use gauze_people::governance::Relations;
use gauze_people::person::PersonId;
use gauze_people::subject::PatientRef;
use gauze_wire::Patient;
use sqlx::Row as _;

use super::{Folk, FolkError};
use crate::blind::{Blind, folded};

/// What one of the hospital's people is called, as it is compared: case, accents and hyphens do not count. No `Debug`.
struct Called {
    /// What may be the family name: where it has several words, each way to cut them.
    families: BTreeSet<String>,
    given: BTreeSet<String>,
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(folded).filter(|word| !word.is_empty()).collect()
}

impl Called {
    /// Of `Given Family`, with a title or without, or of `Family, Given`.
    fn of(name: &str) -> Self {
        if let Some((family, given)) = name.split_once(',') {
            return Self { families: [folded(family)].into(), given: words(given).into_iter().collect() };
        }
        let words = words(name);
        let first = usize::from(words.len() > 1);
        let families = (first..words.len()).map(|from| words.get(from..).unwrap_or_default().concat());
        let given = words.iter().take(words.len().saturating_sub(1)).cloned().collect();
        Self { families: families.filter(|family| !family.is_empty()).collect(), given }
    }

    fn is(&self, patient: &Named) -> bool {
        self.families.contains(&patient.family) && self.given.contains(&patient.given)
    }
}

/// A patient's names, as they are compared. No `Debug`.
struct Named {
    family: String,
    given: String,
}

impl Named {
    fn of(patient: &Patient) -> Self {
        let given = words(patient.given.as_str()).into_iter().next().unwrap_or_default();
        Self { family: folded(patient.family.as_str()), given }
    }
}

/// Names of people and of patients side by side. No `Debug`.
pub(crate) struct Related {
    people: BTreeMap<PersonId, Called>,
    patients: BTreeMap<PatientRef, Named>,
    /// Of everybody who ever signed in.
    all: Vec<Called>,
}

impl Related {
    fn pair(&self, who: &PersonId, patient: &PatientRef) -> Option<(&Called, &Named)> {
        Some((self.people.get(who)?, self.patients.get(patient)?))
    }
}

impl Relations for Related {
    fn own(&self, who: &PersonId, patient: &PatientRef) -> bool {
        self.pair(who, patient).is_some_and(|(called, named)| called.is(named))
    }

    fn same_family_name(&self, who: &PersonId, patient: &PatientRef) -> bool {
        self.pair(who, patient).is_some_and(|(called, named)| called.families.contains(&named.family))
    }

    fn colleague(&self, patient: &PatientRef) -> bool {
        self.patients.get(patient).is_some_and(|named| self.all.iter().any(|called| called.is(named)))
    }
}

impl Folk {
    /// The names of these people and patients, as far as the index knows them: by each patient's newest photo.
    pub(crate) async fn related(
        &self,
        people: BTreeSet<PersonId>,
        patients: BTreeSet<PatientRef>,
    ) -> Result<Related, FolkError> {
        let names = self.staff(people.into_iter().map(|person| person.0).collect()).await?;
        let people = names.into_iter().map(|(id, name)| (PersonId(id), Called::of(&name))).collect();
        let mut named = BTreeMap::new();
        for patient in patients {
            let Ok(blind) = patient.0.parse::<Blind>() else { continue };
            let newest = self.of_patient(&blind, 1).await?.pop();
            if let Some(known) = newest.and_then(|found| found.label.patient) {
                named.insert(patient, Named::of(&known));
            }
        }
        let all = self.all_staff().await?.iter().map(|name| Called::of(name)).collect();
        Ok(Related { people, patients: named, all })
    }

    async fn all_staff(&self) -> Result<Vec<String>, FolkError> {
        let rows = sqlx::query("SELECT person, name FROM staff").fetch_all(&self.read).await?;
        let mut names = Vec::new();
        for row in rows {
            let (badge, sealed): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
            names.extend(badge.parse::<Blind>().ok().and_then(|badge| self.name(&badge, sealed)));
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(given: &str, family: &str) -> Named {
        Named { family: folded(family), given: folded(given) }
    }

    #[test]
    fn names_are_compared_however_the_provider_writes_them() {
        for name in
            ["Sister Siân Okonkwo-Featherstone", "sian okonkwo featherstone", "OKONKWO-FEATHERSTONE, Siân"]
        {
            let called = Called::of(name);
            assert!(called.is(&named("Sian", "Okonkwo-Featherstone")), "{name}");
            assert!(!called.is(&named("Ann", "Okonkwo-Featherstone")), "{name}");
            assert!(
                called.families.contains("okonkwofeatherstone") && !called.families.contains("sian"),
                "{name}"
            );
        }
        assert!(Called::of("Prince").families.contains("prince"));
        assert!(Called::of("").families.is_empty());
    }
}
