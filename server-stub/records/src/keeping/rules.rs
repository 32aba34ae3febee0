//! How long photos are kept: rules that information governance reads and changes.
//!
//! Always: where there is no file nothing is ever due; what is due is erased by a person and never by the clock.

use std::path::{Path, PathBuf};

use gauze_wire::{BirthDate, Digest, Name};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::disk::{self, DiskError};

/// Younger than this when the photo was taken, a patient is a child.
const CHILD: i64 = 18;
const LONGEST: u16 = 200;

/// Why rules do not count.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// It is no such file.
    #[error("the rules do not read: {0}")]
    Malformed(String),
    /// A term is empty or beyond reason.
    #[error("a term needs years or days, at least one day, and at most 200 years")]
    Term,
    /// The file cannot be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// How long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Years since it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub years: Option<u16>,
    /// Days, beside or in place of years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Of a patient who was a child: also until this birthday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_age: Option<u8>,
}

/// How long photos of one kind are kept. What is left out is any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Of this team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Name>,
    /// Of this body site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Name>,
    /// Of a patient who is known, or of nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<bool>,
    /// How long.
    pub keep: Term,
}

/// The rules: the first that fits counts, else `otherwise`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Format version: 1.
    pub v: u32,
    /// For kinds of photos.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// For all others.
    pub otherwise: Term,
}

/// What a rule is judged by. No `Debug`: it holds a date of birth.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The team's code.
    pub team: Option<&'a str>,
    /// The site's code.
    pub site: Option<&'a str>,
    /// Since when its patient lives; none where it shows nobody who is known.
    pub born: Option<BirthDate>,
    /// When it was taken.
    pub taken: Timestamp,
}

impl Term {
    fn holds(self) -> bool {
        let (years, days) = (self.years.unwrap_or(0), self.days.unwrap_or(0));
        let long = u32::from(years) * 365 + days;
        long > 0 && years <= LONGEST && days <= u32::from(LONGEST) * 366
    }

    fn after(self, day: Date) -> Date {
        let span: Span = i64::from(self.years.unwrap_or(0)).years().days(i64::from(self.days.unwrap_or(0)));
        day.checked_add(span).unwrap_or(Date::MAX)
    }

    /// From this instant on it need not be kept.
    fn ends(self, facts: &Facts<'_>) -> Timestamp {
        let taken = Offset::UTC.to_datetime(facts.taken).date();
        let plain = self.after(taken);
        let birthday = |years: i64| {
            let born = facts.born?.date();
            born.checked_add(years.years()).ok()
        };
        let child = birthday(CHILD).is_some_and(|grown| taken < grown);
        let grown = self.until_age.filter(|_| child).and_then(|age| birthday(age.into()));
        let last = grown.map_or(plain, |grown| grown.max(plain));
        TimeZone::UTC.to_timestamp(last.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
    }
}

impl Rule {
    fn fits(&self, facts: &Facts<'_>) -> bool {
        let is = |wanted: &Option<Name>, found: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| found == Some(wanted.as_str()))
        };
        is(&self.team, facts.team)
            && is(&self.site, facts.site)
            && self.patient.is_none_or(|known| known == facts.born.is_some())
    }
}

impl Retention {
    /// Reads rules strictly.
    ///
    /// # Errors
    /// [`RetentionError`].
    pub fn parse(text: &str) -> Result<Self, RetentionError> {
        let read: Self =
            serde_json::from_str(text).map_err(|error| RetentionError::Malformed(error.to_string()))?;
        if read.v != 1 {
            return Err(RetentionError::Malformed("v is 1".to_owned()));
        }
        if read.terms().all(Term::holds) { Ok(read) } else { Err(RetentionError::Term) }
    }

    fn terms(&self) -> impl Iterator<Item = Term> {
        self.rules.iter().map(|rule| rule.keep).chain([self.otherwise])
    }

    /// From when on a photo need not be kept.
    pub fn ends(&self, facts: &Facts<'_>) -> Timestamp {
        let rule = self.rules.iter().find(|rule| rule.fits(facts));
        rule.map_or(self.otherwise, |rule| rule.keep).ends(facts)
    }

    /// No photo that was taken later than this is due now.
    pub(crate) fn youngest(&self, now: Timestamp) -> Timestamp {
        let shortest = self.terms().map(|term| {
            let today = Offset::UTC.to_datetime(now).date();
            today.duration_until(term.after(today))
        });
        let shortest = shortest.min().unwrap_or_default();
        // A year is as long as it was, not as it will be: two days more are looked at.
        now.checked_sub(shortest).unwrap_or(Timestamp::MIN).checked_add(48.hours()).unwrap_or(now)
    }
}

/// The rules in force, and the hash of their text.
pub type InForceRules = (Retention, Digest);

/// Where the rules are.
pub fn retention_file(data: &Path) -> PathBuf {
    data.join("people/retention.json")
}

/// The rules in force; none where there is no file.
///
/// # Errors
/// [`RetentionError`]: rules that do not hold make nothing due.
pub fn retention(data: &Path) -> Result<Option<InForceRules>, RetentionError> {
    let Some(bytes) = disk::read_if_any(&retention_file(data))? else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(|error| RetentionError::Malformed(error.to_string()))?;
    Ok(Some((Retention::parse(&text)?, Digest::of(text.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"{"v":1,"rules":[
        {"patient":false,"keep":{"days":90}},
        {"team":"burns","site":"hand","keep":{"years":20}}],
        "otherwise":{"years":8,"until_age":25}}"#;

    fn ends(taken: &str, born: Option<&str>, team: &str, site: &str) -> String {
        let born = born.map(|born| born.parse().unwrap());
        let taken = taken.parse().unwrap();
        let facts = Facts { team: Some(team), site: Some(site), born, taken };
        Retention::parse(RULES).unwrap().ends(&facts).to_string()
    }

    #[test]
    fn the_first_rule_that_fits_counts_and_a_childs_photos_are_kept_until_they_are_grown() {
        for (taken, born, team, site, until) in [
            ("2026-11-29T10:00:00Z", None, "eyes", "hand", "2027-02-27T00:00:00Z"),
            ("2026-11-29T10:00:00Z", Some("1938-02-17"), "burns", "hand", "2046-11-29T00:00:00Z"),
            ("2026-11-29T10:00:00Z", Some("1938-02-17"), "burns", "foot", "2034-11-29T00:00:00Z"),
            ("2026-11-29T10:00:00Z", Some("2020-01-31"), "eyes", "hand", "2045-01-31T00:00:00Z"),
            ("2026-11-29T10:00:00Z", Some("2008-11-30"), "eyes", "hand", "2034-11-29T00:00:00Z"),
            ("2028-02-29T23:00:00Z", Some("1938-02-17"), "eyes", "hand", "2036-02-29T00:00:00Z"),
        ] {
            assert_eq!(ends(taken, born, team, site), until, "{taken} {born:?}");
        }
    }

    #[test]
    fn nothing_that_is_due_is_younger_than_the_youngest_that_is_looked_at() {
        let (rules, now) = (Retention::parse(RULES).unwrap(), "2028-03-01T12:00:00Z".parse().unwrap());
        let facts = |taken| Facts { team: None, site: None, born: None, taken };
        let mut taken: Timestamp = now;
        while rules.ends(&facts(taken)) > now {
            taken = taken.checked_sub(1.hours()).unwrap();
        }
        assert!(taken <= rules.youngest(now), "{taken}");
    }

    #[test]
    fn what_keeps_for_no_time_or_speaks_of_anything_else_does_not_count() {
        for wrong in [
            r#"{"v":1,"otherwise":{}}"#,
            r#"{"v":1,"otherwise":{"until_age":25}}"#,
            r#"{"v":1,"otherwise":{"years":0,"days":0}}"#,
            r#"{"v":1,"otherwise":{"years":900}}"#,
            r#"{"v":2,"otherwise":{"years":8}}"#,
            r#"{"v":1,"otherwise":{"years":8},"rules":[{"teams":"burns","keep":{"years":1}}]}"#,
            r#"{"v":1}"#,
        ] {
            assert!(Retention::parse(wrong).is_err(), "{wrong}");
        }
    }
}
