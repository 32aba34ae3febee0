//! What is filled in to put a record right, and the change that it asks for.

use gauze_wire::{BodySide, Established, Identifier, Patient, Site, Text};
use serde::Deserialize;

use super::search::birth_date;
use super::words;
use crate::amend::{Change, Refiled};
use crate::folk::Found;

pub(super) const IDENTIFIERS: [(&str, Identifier); 6] = [
    ("name", Identifier::Name),
    ("dob", Identifier::Dob),
    ("nhs_number", Identifier::NhsNumber),
    ("chi_number", Identifier::ChiNumber),
    ("hc_number", Identifier::HcNumber),
    ("local_number", Identifier::LocalNumber),
];

/// What was filled in. No `Debug`: it names a patient.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Filled {
    pub(super) what: String,
    pub(super) family: String,
    pub(super) given: String,
    pub(super) day: String,
    pub(super) month: String,
    pub(super) year: String,
    pub(super) nhs: String,
    pub(super) chi: String,
    pub(super) hc: String,
    pub(super) local: String,
    pub(super) site: String,
    pub(super) side: String,
    pub(super) notes: String,
    pub(super) reason: String,
    compared_name: Option<String>,
    compared_dob: Option<String>,
    compared_nhs_number: Option<String>,
    compared_chi_number: Option<String>,
    compared_hc_number: Option<String>,
    compared_local_number: Option<String>,
}

impl Filled {
    /// Nothing filled in yet of one kind of mistake.
    pub(super) fn about(what: &str) -> Self {
        Self { what: what.to_owned(), ..Self::default() }
    }

    pub(super) fn compared(&self) -> Vec<Identifier> {
        let ticks = [
            &self.compared_name,
            &self.compared_dob,
            &self.compared_nhs_number,
            &self.compared_chi_number,
            &self.compared_hc_number,
            &self.compared_local_number,
        ];
        let ticked = IDENTIFIERS.iter().zip(ticks).filter(|(_, tick)| tick.is_some());
        ticked.map(|((_, identifier), _)| *identifier).collect()
    }

    pub(super) fn change(&self, found: &Found) -> Result<Change, &'static str> {
        let choose = words::amend::CHOOSE;
        match self.what.as_str() {
            "patient" => {
                let patient = Some(Refiled::To(Box::new(self.patient()?)));
                Ok(Change { patient, ..Change::default() })
            }
            "nobody" => Ok(Change { patient: Some(Refiled::Nobody), ..Change::default() }),
            "site" => {
                let words = Text::new(self.site.trim()).map_err(|_| choose)?;
                let side = match self.side.as_str() {
                    "left" => Some(BodySide::Left),
                    "right" => Some(BodySide::Right),
                    "midline" => Some(BodySide::Midline),
                    "both" => Some(BodySide::Both),
                    _ => None,
                };
                let before = found.label.site.as_ref().filter(|before| before.words == words);
                let (system, code) = before.map_or((None, None), |it| (it.system.clone(), it.code.clone()));
                Ok(Change { site: Some(Site { system, code, words, side }), ..Change::default() })
            }
            "notes" => {
                let notes = Text::new(lines(&self.notes)).map_err(|_| choose)?;
                Ok(Change { notes: Some(notes), ..Change::default() })
            }
            _ => Err(choose),
        }
    }

    fn patient(&self) -> Result<Patient, &'static str> {
        let choose = words::amend::CHOOSE;
        let (wrong, some) = (words::amend::NUMBER_WRONG, |text: &str| !text.trim().is_empty());
        let number = |text: &String| some(text).then(|| text.trim().to_owned());
        Ok(Patient {
            nhs_number: number(&self.nhs)
                .map(|it| gauze_wire::NhsNumber::entered(&it))
                .transpose()
                .map_err(|_| wrong)?,
            chi_number: number(&self.chi)
                .map(|it| gauze_wire::ChiNumber::entered(&it))
                .transpose()
                .map_err(|_| wrong)?,
            hc_number: number(&self.hc)
                .map(|it| gauze_wire::HcNumber::entered(&it))
                .transpose()
                .map_err(|_| wrong)?,
            local_number: number(&self.local).map(Text::new).transpose().map_err(|_| wrong)?,
            family: Text::new(self.family.trim()).map_err(|_| choose)?,
            given: Text::new(self.given.trim()).map_err(|_| choose)?,
            dob: birth_date(&self.day, &self.month, &self.year).ok_or(words::search::NO_DATE)?,
            established: Established::Typed { reason: self.shortened()? },
            confirmed_by: self.compared(),
        })
    }

    /// The reason, as far as a record holds one.
    fn shortened(&self) -> Result<Text<256>, &'static str> {
        let reason = lines(&self.reason);
        let end = (0..=reason.len().min(256)).rev().find(|end| reason.is_char_boundary(*end)).unwrap_or(0);
        Text::new(&reason[..end]).map_err(|_| words::amend::REASON)
    }
}

/// What was typed in a field of several lines. Browsers end a line with two characters, records with one.
pub(super) fn lines(typed: &str) -> String {
    typed.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}
