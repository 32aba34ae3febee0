//! The lists that people choose from on the phone, and how the hospital writes its own number of a patient: part of the signed
//! policy, so that a hospital changes them without a new app.
//!
//! Always: a list that is empty asks for nothing. One that is not holds each code once, and what was said of a photo
//! either stands in it, code and words, or is told as not listed.

use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Choice, Consent, Name, Site, Text, WireError};

/// Longest lists.
const TEAMS: usize = 500;
const SITES: usize = 1000;
const CONSENTS: usize = 50;
const NOTICES: usize = 50;
/// Most shapes of the hospital's own number, and longest of them; fewest digits that make one.
const SHAPES: usize = 8;
const SHAPE: usize = 32;
const DIGITS: usize = 4;

/// A site that can be chosen. No `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteChoice {
    /// The code's system.
    pub system: Name,
    /// The code.
    pub code: Name,
    /// In words: 1 to 256 bytes of UTF-8.
    pub words: Text<256>,
    /// Whether a side has to be named.
    pub sided: bool,
}

/// A notice: apps show the one with the code `staff` to whoever uses a phone, before they do, and `patient` when consent is asked for. No `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeChoice {
    /// Which notice.
    pub code: Name,
    /// Its version: another one for other words.
    pub version: u32,
    /// What it says: 1 to 4096 bytes of UTF-8.
    pub words: Text<4096>,
}

/// How the last digit of a number is made from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckDigit {
    /// As GS1's: every other digit counts three times.
    Modulus10,
    /// As the NHS number's: digits count by their places, and ten is no number.
    Modulus11,
}

/// How the hospital writes its own number of a patient: phones know it by that from another code and from a slip of the
/// finger. What a record says is not held against it: numbers are older than policies. No `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalNumbers {
    /// What the hospital calls it: 1 to 64 bytes of UTF-8.
    pub words: Text<64>,
    /// Its shapes: `#` is a digit, `@` a capital letter, all else itself. At most 8.
    pub shapes: Vec<Name>,
    /// How its last digit is made; without it none is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckDigit>,
}

impl LocalNumbers {
    fn check(&self) -> Result<(), WireError> {
        let expected = |form| Err(WireError::Expected { field: "lists.local_number.shapes", form });
        let each_once = self.shapes.iter().collect::<HashSet<_>>().len() == self.shapes.len();
        if !(1..=SHAPES).contains(&self.shapes.len()) || !each_once {
            return expected("1 to 8 shapes, each once");
        }
        for shape in self.shapes.iter().map(Name::as_str) {
            if shape.len() > SHAPE
                || shape.matches('#').count() < DIGITS
                || shape.contains(char::is_lowercase)
            {
                return expected("up to 32 characters with at least 4 times # and no small letter");
            }
            let bare = shape.replace([' ', '-'], "");
            if bare.len() == 10 && bare.chars().all(|c| c == '#' || c.is_ascii_digit()) {
                return expected("no ten digits alone: these are NHS, CHI and H&C numbers");
            }
            let last = shape.chars().rfind(|c| *c == '#' || c.is_ascii_digit());
            if self.check.is_some() && last != Some('#') {
                return expected("# for the last digit, where check stands");
            }
        }
        Ok(())
    }
}

/// What people choose from, and what they type as the hospital writes it. `Debug` shows how long the lists are.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PickLists {
    /// Teams: at most 500.
    #[serde(default, deserialize_with = "list::<_, _, TEAMS>", skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<Choice>,
    /// Sites: at most 1000.
    #[serde(default, deserialize_with = "list::<_, _, SITES>", skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<SiteChoice>,
    /// Forms of consent: at most 50.
    #[serde(default, deserialize_with = "list::<_, _, CONSENTS>", skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Choice>,
    /// Notices: at most 50.
    #[serde(default, deserialize_with = "list::<_, _, NOTICES>", skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<NoticeChoice>,
    /// The hospital's own number of a patient; without it phones take none that is typed, and none that is scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_number: Option<LocalNumbers>,
}

/// What was said of a photo and does not stand in the list for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unlisted {
    /// The team.
    TeamNotListed,
    /// The site.
    SiteNotListed,
    /// A site that has sides is told without one.
    SideMissing,
    /// The form of consent.
    ConsentNotListed,
    /// The notice or its version.
    NoticeNotListed,
}

impl Unlisted {
    /// The stable code: the JSON form.
    pub fn code(self) -> &'static str {
        match self {
            Self::TeamNotListed => "team_not_listed",
            Self::SiteNotListed => "site_not_listed",
            Self::SideMissing => "side_missing",
            Self::ConsentNotListed => "consent_not_listed",
            Self::NoticeNotListed => "notice_not_listed",
        }
    }

    /// For whoever holds the phone.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::TeamNotListed => "the hospital's list does not have this team: choose one from the list",
            Self::SiteNotListed => {
                "the hospital's list does not have this body site: choose one from the list"
            }
            Self::SideMissing => "this body site has sides: choose left, right, midline or both",
            Self::ConsentNotListed => {
                "the hospital's list does not have this form of consent: choose one from the list"
            }
            Self::NoticeNotListed => {
                "the hospital's list does not have this version of the notice: show the one in the list"
            }
        }
    }
}

impl PickLists {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        let lists = self.teams.is_empty() && self.sites.is_empty() && self.consents.is_empty();
        lists && self.notices.is_empty() && self.local_number.is_none()
    }

    /// What of the things said of a photo stands in no list.
    pub fn unlisted(
        &self,
        team: Option<&Choice>,
        site: Option<&Site>,
        consent: Option<&Consent>,
    ) -> Vec<Unlisted> {
        let team = team.is_some_and(|team| !self.teams.is_empty() && !self.teams.contains(team));
        let form = consent.map(|consent| &consent.form);
        let form = form.is_some_and(|form| !self.consents.is_empty() && !self.consents.contains(form));
        let notice = consent.and_then(|consent| consent.notice.as_ref()).is_some_and(|shown| {
            let same = |notice: &NoticeChoice| notice.code == shown.code && notice.version == shown.version;
            !self.notices.is_empty() && !self.notices.iter().any(same)
        });
        [
            team.then_some(Unlisted::TeamNotListed),
            site.and_then(|site| self.site_unlisted(site)),
            form.then_some(Unlisted::ConsentNotListed),
            notice.then_some(Unlisted::NoticeNotListed),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn site_unlisted(&self, site: &Site) -> Option<Unlisted> {
        if self.sites.is_empty() {
            return None;
        }
        let same = |choice: &&SiteChoice| {
            Some(&choice.system) == site.system.as_ref()
                && Some(&choice.code) == site.code.as_ref()
                && choice.words == site.words
        };
        match self.sites.iter().find(same) {
            None => Some(Unlisted::SiteNotListed),
            Some(choice) => (choice.sided && site.side.is_none()).then_some(Unlisted::SideMissing),
        }
    }

    pub(crate) fn check(&self) -> Result<(), WireError> {
        let lists = [
            ("lists.teams", holds(&self.teams, TEAMS)),
            ("lists.sites", holds(&self.sites, SITES)),
            ("lists.consents", holds(&self.consents, CONSENTS)),
            ("lists.notices", holds(&self.notices, NOTICES)),
        ];
        match lists.into_iter().find(|(_, holds)| !holds) {
            Some((field, _)) => Err(WireError::Field(field)),
            None => self.local_number.as_ref().map_or(Ok(()), LocalNumbers::check),
        }
    }
}

impl fmt::Debug for PickLists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PickLists")
            .field("teams", &self.teams.len())
            .field("sites", &self.sites.len())
            .field("consents", &self.consents.len())
            .field("notices", &self.notices.len())
            .field("local_number", &self.local_number.is_some())
            .finish_non_exhaustive()
    }
}

/// What stands once in a list.
trait Keyed {
    type Key: Eq + Hash;
    fn key(&self) -> Self::Key;
}

impl Keyed for Choice {
    type Key = Name;
    fn key(&self) -> Name {
        self.code.clone()
    }
}

impl Keyed for SiteChoice {
    type Key = (Name, Name);
    fn key(&self) -> (Name, Name) {
        (self.system.clone(), self.code.clone())
    }
}

impl Keyed for NoticeChoice {
    type Key = (Name, u32);
    fn key(&self) -> (Name, u32) {
        (self.code.clone(), self.version)
    }
}

fn holds<T: Keyed>(list: &[T], most: usize) -> bool {
    let mut seen = HashSet::new();
    list.len() <= most && list.iter().all(|item| seen.insert(item.key()))
}

/// Reads a list and stops at the item that is one too many or there before, so that a parser can say where that is.
fn list<'de, D: Deserializer<'de>, T: Keyed + Deserialize<'de>, const MOST: usize>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    struct List<T, const MOST: usize>(PhantomData<T>);

    impl<'de, T: Keyed + Deserialize<'de>, const MOST: usize> Visitor<'de> for List<T, MOST> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MOST}")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let (mut list, mut seen) = (Vec::new(), HashSet::new());
            while let Some(item) = items.next_element::<T>()? {
                if !seen.insert(item.key()) {
                    return Err(A::Error::custom("this code stands in the list before"));
                }
                if list.len() == MOST {
                    return Err(A::Error::custom(format_args!("the list is longer than {MOST}")));
                }
                list.push(item);
            }
            Ok(list)
        }
    }

    from.deserialize_seq(List::<T, MOST>(PhantomData))
}
