//! What a patient is found by, written alike whoever typed it.

use gauze_wire::{BirthDate, ChiNumber, HcNumber, NhsNumber, Patient, Text};

use super::keys::FolkKeys;
use super::name::Blind;

const NHS: &str = "nhs";
const CHI: &str = "chi";
const HC: &str = "hc";
const LOCAL: &str = "local";
const NAME: &str = "family and dob";
const PATIENT: &str = "patient";

/// What somebody searches for. No `Debug`: it names a patient.
pub enum Sought {
    /// An NHS, CHI or Health and Care Number, or the hospital's own: all that it can be is looked for.
    Number(Text<64>),
    /// Family name and date of birth.
    Name {
        /// Family name: case, accents, spaces, hyphens and apostrophes do not matter.
        family: Text<128>,
        /// Date of birth.
        dob: BirthDate,
    },
}

impl Sought {
    /// The blind terms of it.
    pub(crate) fn terms(&self, keys: &FolkKeys) -> Vec<Blind> {
        match self {
            Self::Number(text) => {
                let text = text.as_str();
                let national = [
                    NhsNumber::entered(text).ok().map(|number| keys.term(NHS, number.as_str())),
                    ChiNumber::entered(text).ok().map(|number| keys.term(CHI, number.as_str())),
                    HcNumber::entered(text).ok().map(|number| keys.term(HC, number.as_str())),
                ];
                national.into_iter().flatten().chain([keys.term(LOCAL, &folded(text))]).collect()
            }
            Self::Name { family, dob } => vec![named(keys, family, *dob)],
        }
    }
}

/// Every term that finds this patient.
pub(crate) fn terms(keys: &FolkKeys, patient: &Patient) -> Vec<Blind> {
    let numbers = numbers(patient).map(|(kind, value)| keys.term(kind, &value));
    numbers.chain([named(keys, &patient.family, patient.dob)]).collect()
}

/// Who the patient is here: the strongest number that was told, or name and date of birth where there is none.
pub(crate) fn patient(keys: &FolkKeys, patient: &Patient) -> Blind {
    let strongest = numbers(patient).next();
    let who = strongest.map_or_else(
        || {
            let (family, given) = (folded(patient.family.as_str()), folded(patient.given.as_str()));
            format!("name {family} {given} {}", patient.dob.date())
        },
        |(kind, value)| format!("{kind} {value}"),
    );
    keys.term(PATIENT, &who)
}

/// The numbers that were told, strongest first.
fn numbers(patient: &Patient) -> impl Iterator<Item = (&'static str, String)> {
    let national = [
        (NHS, patient.nhs_number.as_ref().map(|number| number.as_str().to_owned())),
        (CHI, patient.chi_number.as_ref().map(|number| number.as_str().to_owned())),
        (HC, patient.hc_number.as_ref().map(|number| number.as_str().to_owned())),
        (LOCAL, patient.local_number.as_ref().map(|number| folded(number.as_str()))),
    ];
    national.into_iter().filter_map(|(kind, value)| Some((kind, value?)))
}

fn named(keys: &FolkKeys, family: &Text<128>, dob: BirthDate) -> Blind {
    keys.term(NAME, &format!("{} {}", folded(family.as_str()), dob.date()))
}

/// Letters and digits alone, in lower case, without the marks of Latin letters.
pub(crate) fn folded(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).map(plain).collect()
}

/// A lower-case Latin letter without its mark; everything else as it is.
fn plain(letter: char) -> char {
    const PLAIN: [(&str, char); 21] = [
        ("àáâãäåāăą", 'a'),
        ("çćĉċč", 'c'),
        ("ďđð", 'd'),
        ("èéêëēĕėęě", 'e'),
        ("ĝğġģ", 'g'),
        ("ĥħ", 'h'),
        ("ìíîïĩīĭįı", 'i'),
        ("ĵ", 'j'),
        ("ķ", 'k'),
        ("ĺļľŀł", 'l'),
        ("ñńņňŋ", 'n'),
        ("òóôõöøōŏő", 'o'),
        ("ŕŗř", 'r'),
        ("śŝşšș", 's'),
        ("ţťŧț", 't'),
        ("ùúûüũūŭůűų", 'u'),
        ("ŵẁẃẅ", 'w'),
        ("ýÿŷỳ", 'y'),
        ("źżž", 'z'),
        ("ḟ", 'f'),
        ("ḃ", 'b'),
    ];
    PLAIN.iter().find(|(marked, _)| marked.contains(letter)).map_or(letter, |(_, plain)| *plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_however_they_are_typed() {
        for typed in ["O'Brien-Łukasz", "o’brien łukasz", "OBRIEN LUKASZ", "  ó brien—lukász "] {
            assert_eq!(folded(typed), "obrienlukasz", "{typed}");
        }
        assert_eq!(folded("Siân"), folded("SIAN"));
        assert_ne!(folded("Ng"), folded("Nga"));
        assert_eq!(folded("陳"), "陳");
    }
}
