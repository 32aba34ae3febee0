//! Reading the index for people: lists, searches, a patient's photos.
//!
//! Always: it asks nobody's leave and writes no line; only what holds an `Authorised` action calls it.

use std::collections::{BTreeMap, BTreeSet};

use gauze_wire::CaptureId;
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Folk, FolkError};
use crate::blind::{Blind, Label, LabelError, Sought};

/// Most photos that one search looks at.
const SEARCHED: i64 = 500;
/// New photos are counted up to here.
const COUNTED: i64 = 1000;

/// A photo as a list shows it. No `Debug`: its label names a patient.
#[derive(Clone)]
pub struct Found {
    pub(crate) log_index: i64,
    /// What stands for it in addresses and in the access log.
    pub handle: Blind,
    /// Which photo, as receipts and the access log name it.
    pub capture_id: CaptureId,
    /// What stands for its patient.
    pub patient: Option<Blind>,
    /// Its team's code.
    pub team: Option<String>,
    /// When it was taken.
    pub taken: Timestamp,
    /// How often it was amended.
    pub amended: u32,
    /// Whether anybody of its team has looked at it.
    pub seen: bool,
    /// Whether it is kept for a court or an inquiry, as far as whoever found it knows the access log.
    pub held: bool,
    /// Whom and what it shows.
    pub label: Label,
}

/// A patient whom a search found. No `Debug`.
pub struct Hit {
    /// What stands for the patient.
    pub patient: Blind,
    /// Photos that matched, as far as the search looked.
    pub photos: usize,
    /// Teams that took them; `None` for photos of no listed team.
    pub teams: BTreeSet<Option<String>>,
    /// The newest of them.
    pub newest: Found,
}

/// Which photos of a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those at which nobody of the team has looked.
    New,
    /// Those of nobody: the tray.
    Tray,
}

impl Which {
    fn clause(self) -> &'static str {
        match self {
            Self::All => "",
            Self::New => "AND seen = 0",
            Self::Tray => "AND patient IS NULL",
        }
    }

    fn by(self) -> &'static str {
        match self {
            Self::All => "folk_team",
            Self::New => "folk_new",
            Self::Tray => "folk_tray",
        }
    }
}

impl Folk {
    /// At most `limit` photos of a team, newest first, from behind the photo `after`. No team: photos of no listed team.
    pub async fn team(
        &self,
        team: Option<&str>,
        which: Which,
        after: Option<&Blind>,
        limit: u32,
    ) -> Result<Vec<Found>, FolkError> {
        let behind = match after {
            Some(handle) => self.place(handle).await?,
            None => Some((i64::MAX, i64::MAX)),
        };
        let Some((taken, index)) = behind else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT * FROM folk INDEXED BY {} WHERE team IS ? {} AND (taken_ms, log_index) < (?, ?)
             ORDER BY taken_ms DESC, log_index DESC LIMIT ?",
            which.by(),
            which.clause()
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(team)
            .bind(taken)
            .bind(index)
            .bind(limit)
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(|row| self.found(row)).collect()
    }

    async fn place(&self, handle: &Blind) -> Result<Option<(i64, i64)>, FolkError> {
        let row = sqlx::query("SELECT taken_ms, log_index FROM folk WHERE handle = ?")
            .bind(&handle.as_bytes()[..])
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?))).transpose()?)
    }

    /// How many photos of a team nobody of it has looked at: counted up to 1,000.
    pub async fn new_of(&self, team: Option<&str>) -> Result<u64, FolkError> {
        let row = sqlx::query(
            "SELECT COUNT(*) FROM (SELECT 1 FROM folk INDEXED BY folk_new WHERE team IS ? AND seen = 0 LIMIT ?)",
        )
        .bind(team)
        .bind(COUNTED)
        .fetch_one(&self.read)
        .await?;
        Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
    }

    /// The patients whom a number, or family name and date of birth, finds: newest photo first.
    pub async fn search(&self, sought: &Sought) -> Result<Vec<Hit>, FolkError> {
        let mut hits: BTreeMap<Blind, Hit> = BTreeMap::new();
        for term in sought.terms(&self.keys) {
            for found in self.by_term(&term).await? {
                let Some(patient) = found.patient else { continue };
                match hits.get_mut(&patient) {
                    Some(hit) => hit.add(found),
                    None => {
                        let teams = BTreeSet::from([found.team.clone()]);
                        hits.insert(patient, Hit { patient, photos: 1, teams, newest: found });
                    }
                }
            }
        }
        let mut hits: Vec<Hit> = hits.into_values().collect();
        hits.sort_by_key(|hit| std::cmp::Reverse(hit.newest.taken));
        Ok(hits)
    }

    async fn by_term(&self, term: &Blind) -> Result<Vec<Found>, FolkError> {
        let rows = sqlx::query(
            "SELECT folk.* FROM folk_term JOIN folk USING (log_index) WHERE term = ?
             ORDER BY folk_term.log_index DESC LIMIT ?",
        )
        .bind(&term.as_bytes()[..])
        .bind(SEARCHED)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| self.found(row)).collect()
    }

    /// At most `limit` photos of a patient, newest first.
    pub async fn of_patient(&self, patient: &Blind, limit: u32) -> Result<Vec<Found>, FolkError> {
        let rows = sqlx::query(
            "SELECT * FROM folk WHERE patient = ? ORDER BY taken_ms DESC, log_index DESC LIMIT ?",
        )
        .bind(&patient.as_bytes()[..])
        .bind(limit)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| self.found(row)).collect()
    }

    /// The teams that took a patient's photos; `None` for photos of no listed team.
    pub async fn teams_of(&self, patient: &Blind) -> Result<BTreeSet<Option<String>>, FolkError> {
        let rows = sqlx::query("SELECT DISTINCT team FROM folk WHERE patient = ?")
            .bind(&patient.as_bytes()[..])
            .fetch_all(&self.read)
            .await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Somebody of its team has looked at this photo.
    pub async fn seen(&self, found: &Found) -> Result<(), FolkError> {
        if found.seen { Ok(()) } else { Ok(self.index.folk_seen(found.log_index).await?) }
    }

    /// One photo.
    pub async fn photo(&self, handle: &Blind) -> Result<Option<Found>, FolkError> {
        let row = sqlx::query("SELECT * FROM folk WHERE handle = ?")
            .bind(&handle.as_bytes()[..])
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(|row| self.found(row)).transpose()
    }

    pub(super) fn found(&self, row: &SqliteRow) -> Result<Found, FolkError> {
        let handle = Blind::column(row, "handle")?.ok_or(LabelError::Damaged)?;
        let sealed: &[u8] = row.try_get("label")?;
        let taken = Timestamp::from_millisecond(row.try_get("taken_ms")?).map_err(|_| LabelError::Damaged)?;
        Ok(Found {
            log_index: row.try_get("log_index")?,
            handle,
            capture_id: row.try_get::<&str, _>("capture_id")?.parse().map_err(|_| LabelError::Damaged)?,
            patient: Blind::column(row, "patient")?,
            team: row.try_get("team")?,
            taken,
            amended: row.try_get("amended")?,
            seen: row.try_get::<i64, _>("seen")? != 0,
            held: false,
            label: Label::open(&self.keys, &handle, sealed)?,
        })
    }
}

impl Hit {
    fn add(&mut self, found: Found) {
        // A number that counts as two kinds finds a photo twice.
        if found.handle == self.newest.handle {
            return;
        }
        self.photos += 1;
        self.teams.insert(found.team.clone());
        if found.taken > self.newest.taken {
            self.newest = found;
        }
    }
}
