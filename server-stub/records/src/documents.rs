//! The hospital's own documents and when each is to be looked at again, and notices that its people have to have read.
//!
//! Always: what stands here is the hospital's word and names no patient; what is due stands on its page, in the program's log
//! (`Standing`), and in mail to governance (`mail`), which names neither document nor owner.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gauze_people::Note;
use gauze_people::acknowledged::noted;
use gauze_people::documents::Stage;
use gauze_wire::{Digest, Text};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::disk::{self, DiskError, TEXT};

/// Most documents, and most notices.
const MOST: usize = 200;

/// Why a register does not count.
#[derive(Debug, thiserror::Error)]
pub enum DocumentsError {
    /// It is no such file.
    #[error("the register does not read: {0}")]
    Malformed(String),
    /// A notice cannot be noted.
    #[error("notice {0}: a code is 1 to 64 of a-z, 0-9, _ - and ., and stands once")]
    Code(String),
    /// There is too much of it.
    #[error("there are more than 200 documents or notices, or 256 KiB of them")]
    TooMany,
    /// The file cannot be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// A document of the hospital.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// What it is called.
    pub title: Text<200>,
    /// Who looks after it: a person or a post, with how they are reached.
    pub owner: Text<200>,
    /// Which version is in force.
    pub version: Text<64>,
    /// By when it is looked at again.
    pub review_by: Date,
    /// Where it is: an address or a file's name.
    pub link: Text<1024>,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// A notice that the hospital's people have to have read.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaffNotice {
    /// Its own word, the same in each version.
    pub code: String,
    /// Rises with every change that is to be read again.
    pub version: u32,
    /// What it is called.
    pub title: Text<200>,
    /// What it says.
    pub words: Text<8192>,
}

/// Documents and notices.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Format version: 1.
    pub v: u32,
    /// The data protection officer, with how they are reached: stands in what the regulator is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_protection_officer: Option<Text<500>>,
    /// Documents.
    #[serde(default)]
    pub documents: Vec<Document>,
    /// Notices.
    #[serde(default)]
    pub notices: Vec<StaffNotice>,
}

/// A message for somebody, ready to be sent: whatever sends mail takes it from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// To whom, as the register names them.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Whole sentences.
    pub text: String,
}

impl StaffNotice {
    /// What a line notes of whoever read it.
    pub fn note(&self) -> Option<Note> {
        noted(&self.code, self.version)
    }

    fn holds(&self) -> bool {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.".contains(&b);
        (1..=64).contains(&self.code.len()) && self.code.bytes().all(fits) && self.version > 0
    }
}

impl Document {
    /// Days until it is to be looked at again; below 0 where that is over.
    pub fn days_left(&self, today: Date) -> i64 {
        today.until(self.review_by).map_or(i64::MAX, |span: Span| i64::from(span.get_days()))
    }

    /// What it is known by in the log: another version or another day makes it another one.
    pub(crate) fn key(&self) -> String {
        let of = [self.title.as_str(), self.version.as_str(), &self.review_by.to_string()].join("\0");
        Digest::of(of.as_bytes()).to_string().chars().take(16).collect()
    }

    /// The reminder of a document whose day is near or over.
    fn reminder(&self, today: Date) -> Option<Notice> {
        let days = self.days_left(today);
        let (title, version) = (self.title.as_str(), self.version.as_str());
        let day = self.review_by.strftime("%d-%b-%Y");
        let when = match days {
            ..0 => format!("was to be reviewed by {day}, {} days ago", -days),
            0 => "is to be reviewed today".to_owned(),
            days if Stage::of(days).is_some() => format!("is to be reviewed by {day}, in {days} days"),
            _ => return None,
        };
        Some(Notice {
            to: self.owner.as_str().to_owned(),
            subject: format!("Review: {title}"),
            text: format!(
                "{title}, version {version}, {when}. It is at {}. Once it is reviewed, put its new version, its SHA-256 and its next day into the register of documents.\n",
                self.link.as_str()
            ),
        })
    }
}

impl Register {
    fn empty() -> Self {
        Self { v: 1, data_protection_officer: None, documents: Vec::new(), notices: Vec::new() }
    }

    /// Reads a register strictly.
    ///
    /// # Errors
    /// [`DocumentsError`].
    pub fn parse(text: &str) -> Result<Self, DocumentsError> {
        if text.len() > TEXT {
            return Err(DocumentsError::TooMany);
        }
        let read: Self =
            serde_json::from_str(text).map_err(|error| DocumentsError::Malformed(error.to_string()))?;
        if read.v != 1 {
            return Err(DocumentsError::Malformed("v is 1".to_owned()));
        }
        if read.documents.len() > MOST || read.notices.len() > MOST {
            return Err(DocumentsError::TooMany);
        }
        let mut codes = std::collections::BTreeSet::new();
        for notice in &read.notices {
            if !notice.holds() || !codes.insert(&notice.code) {
                return Err(DocumentsError::Code(notice.code.clone()));
            }
        }
        Ok(read)
    }

    /// What is to be said today, the latest first.
    pub fn reminders(&self, today: Date) -> Vec<Notice> {
        let mut due: Vec<&Document> = self.documents.iter().collect();
        due.sort_by_key(|document| document.review_by);
        due.iter().filter_map(|document| document.reminder(today)).collect()
    }
}

/// How many documents are near their day or over it: told in the program's log where it changes, and once a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    near: usize,
    due: usize,
    on: Option<Date>,
}

impl Standing {
    /// Of a register, on a day.
    pub(crate) fn of(register: &Register, today: Date) -> Self {
        let stages = || register.documents.iter().filter_map(|document| Stage::of(document.days_left(today)));
        let due = stages().filter(|stage| *stage == Stage::Due).count();
        Self { near: stages().count() - due, due, on: Some(today) }
    }

    /// Whether it is to be said, where `before` was said last: nothing is said for as long as there is nothing.
    fn is_news(self, before: Self) -> bool {
        let counts = |standing: Self| (standing.near, standing.due);
        self != before && (counts(self), counts(before)) != ((0, 0), (0, 0))
    }

    /// Says so in the program's log.
    pub(crate) fn tell(self, last: &Mutex<Self>) {
        let before = std::mem::replace(&mut *last.lock().unwrap_or_else(PoisonError::into_inner), self);
        let Self { near, due, .. } = self;
        if !self.is_news(before) {
            return;
        }
        if due > 0 {
            tracing::warn!(
                code = "documents_due",
                near,
                due,
                "documents are to be reviewed: look at the page Documents"
            );
        } else {
            tracing::info!(near, due, "documents whose review is near or due");
        }
    }
}

/// The day, where this machine is.
pub(crate) fn today(now: Timestamp) -> Date {
    now.to_zoned_datetime(TimeZone::system()).date()
}

/// Where the register is.
pub fn register_file(data: &Path) -> PathBuf {
    data.join("people/documents.json")
}

fn read(data: &Path) -> Result<Register, DocumentsError> {
    let Some(bytes) = disk::read_if_any(&register_file(data))? else { return Ok(Register::empty()) };
    let text = String::from_utf8(bytes).map_err(|error| DocumentsError::Malformed(error.to_string()))?;
    Register::parse(&text)
}

/// What is in force, and why the file as it lies there is not.
#[derive(Clone)]
pub(crate) struct InForce {
    pub(crate) register: Arc<Register>,
    pub(crate) trouble: Option<String>,
}

/// Which file it is: another one, or the same written again, has another stamp.
type Stamp = Option<(u64, i64, i64, u64)>;

fn stamp(path: &Path) -> Stamp {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.ino(), meta.ctime(), meta.ctime_nsec(), meta.len()))
}

/// The register as it was last read: every page asks for it, and it is read where its file is another one, or where the disk would not
/// give it. Where it cannot be read, what was read before it stays in force; nothing is where nothing was.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Option<Shelved>>);

struct Shelved {
    stamp: Stamp,
    /// Whether the file itself is known, whatever it says.
    read: bool,
    it: InForce,
}

impl Shelf {
    pub(crate) fn in_force(&self, data: &Path) -> InForce {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamp(&register_file(data));
        let same = |shelved: &&Shelved| shelved.stamp == now;
        if let Some(known) = last.as_ref().filter(same).filter(|it| it.read && now.is_some()) {
            return known.it.clone();
        }
        let (read, it) = match read(data) {
            Ok(register) => (true, InForce { register: Arc::new(register), trouble: None }),
            Err(error) => {
                let trouble = Some(error.to_string());
                if last.as_ref().filter(same).is_none_or(|known| known.it.trouble != trouble) {
                    tracing::error!(%error, "the register of documents cannot be read: what was before stays in force");
                }
                let before = last.take().map(|before| before.it.register);
                let register = before.unwrap_or_else(|| Arc::new(Register::empty()));
                (!matches!(error, DocumentsError::Disk(_)), InForce { register, trouble })
            }
        };
        *last = Some(Shelved { stamp: now, read, it: it.clone() });
        it
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(review_by: &str) -> Register {
        let sha256 = Digest::of(b"it");
        Register::parse(&format!(
            r#"{{"v":1,"documents":[{{"title":"DPIA","owner":"ig@hospital.test","version":"3","review_by":"{review_by}",
                "link":"https://intranet.test/dpia","sha256":"{sha256}"}}]}}"#
        ))
        .unwrap()
    }

    #[test]
    fn a_document_is_spoken_of_from_thirty_days_before_its_day_on() {
        let today: Date = "2026-11-29".parse().unwrap();
        for (day, told) in [
            ("2026-12-30", None),
            ("2026-12-29", Some("by 29-Dec-2026, in 30 days")),
            ("2026-11-29", Some("today")),
            ("2025-11-28", Some("by 28-Nov-2025, 366 days ago")),
        ] {
            let reminders = with(day).reminders(today);
            assert_eq!(reminders.len(), usize::from(told.is_some()), "{day}");
            if let (Some(told), Some(notice)) = (told, reminders.first()) {
                assert!(notice.text.contains(told), "{}", notice.text);
                assert_eq!(notice.to, "ig@hospital.test");
            }
        }
    }

    #[test]
    fn how_many_documents_are_near_or_due_is_said_when_it_changes_and_once_a_day() {
        let on = |day: &str, register: &Register| Standing::of(register, day.parse().unwrap());
        let (register, nothing) = (with("2026-12-30"), Standing::default());
        let far = on("2026-11-29", &register);
        assert_eq!((far.near, far.due, far.is_news(nothing)), (0, 0, false));
        let near = on("2026-11-30", &register);
        assert_eq!((near.near, near.due, near.is_news(far), near.is_news(near)), (1, 0, true, false));
        let due = on("2026-12-30", &register);
        assert_eq!((due.near, due.due, due.is_news(near)), (0, 1, true));
        assert!(on("2026-12-31", &register).is_news(due), "once a day");
        assert!(on("2026-12-31", &with("2028-01-01")).is_news(due), "that nothing is due any more");
    }

    /// A hand damages the file, and every page goes on asking for the register.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a hand that writes a file syncs nothing")]
    fn what_is_wrong_with_the_register_is_said_once_and_a_whole_one_in_its_place_counts_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let subscriber =
            tracing_subscriber::fmt().with_writer(Arc::new(std::fs::File::create(&log).unwrap())).finish();
        let _guard = gauze_logging::hear(subscriber);
        let said = || std::fs::read_to_string(&log).unwrap().matches("stays in force").count();
        let (file, shelf) = (register_file(dir.path()), Shelf::default());
        let looks = |notices, trouble| {
            for _ in 0..5 {
                let it = shelf.in_force(dir.path());
                assert_eq!((it.register.notices.len(), it.trouble.is_some()), (notices, trouble));
            }
        };
        std::fs::create_dir_all(disk::parent(&file)).unwrap();
        looks(0, false);
        let notice = r#"{"code":"privacy","version":1,"title":"One","words":"Two"}"#;
        std::fs::write(&file, format!(r#"{{"v":1,"notices":[{notice}]}}"#)).unwrap();
        looks(1, false);
        assert_eq!(said(), 0);
        std::fs::write(&file, "{ damaged by hand").unwrap();
        looks(1, true);
        assert_eq!(said(), 1);
        // What the disk does not give is asked for again each time, and said once as well.
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        looks(1, true);
        assert_eq!(said(), 2);
        std::fs::remove_dir(&file).unwrap();
        std::fs::write(&file, r#"{"v":1}"#).unwrap();
        looks(0, false);
        assert_eq!(said(), 2);
    }

    #[test]
    fn a_notice_has_a_code_of_its_own_that_a_line_can_hold() {
        let notice = |code: &str, version: u32| {
            let words = r#""title":"Privacy","words":"Look at your own patients only.""#;
            format!(r#"{{"code":"{code}","version":{version},{words}}}"#)
        };
        let of = |notices: &str| Register::parse(&format!(r#"{{"v":1,"notices":[{notices}]}}"#));
        assert!(of(&notice("privacy", 2)).is_ok());
        for wrong in [
            notice("Privacy", 1),
            notice("", 1),
            notice("privacy", 0),
            format!("{},{}", notice("privacy", 1), notice("privacy", 2)),
        ] {
            assert!(of(&wrong).is_err(), "{wrong}");
        }
    }
}
