//! Verdicts on log entries, some together, in one transaction with the cursor.

use gauze_attest::{AppAttestKey, Lineage};
use gauze_wire::{
    Carried, DeviceId, DeviceStatus, Digest, FilingRefusal, Jws, ProblemCode, PublicKey, TokenId,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::life::{Noted, write_note};
use super::{Index, IndexError, Kind, int, uint};
use crate::chain::Neighbours;

/// A phone whose enrolment held.
pub(crate) struct KnownDevice {
    pub(crate) key: PublicKey,
    pub(crate) follows: Option<DeviceId>,
    /// What it rests on that this key was the same phone's.
    pub(crate) lineage: Lineage,
    /// The serial number that its hardware attested.
    pub(crate) attested_serial: Option<String>,
    /// What it may do, as the acts before say.
    pub(crate) status: DeviceStatus,
    /// Where its enrolment stands in the log; nothing while it is being judged.
    pub(crate) enrolled_at: Option<u64>,
    /// Its App Attest key, as it was last seen.
    pub(crate) app_attest: Option<AppAttestKey>,
}

/// What became of one log entry.
pub(crate) enum Judged {
    /// An enrolment that holds, and what it spent of its token.
    Enrolled { device_id: DeviceId, device: Box<KnownDevice>, spent: TokenId },
    /// An entry that leads to nothing.
    Rejected { device_id: DeviceId, code: &'static str },
    /// A manifest, believed or refused.
    Photo(Box<PhotoJudged>),
    /// Something else that holds.
    Noted(Box<Noted>),
}

impl Judged {
    /// An entry that leads to nothing, because of `problem`.
    pub(crate) fn rejected(jws: &Jws, problem: ProblemCode) -> Self {
        Self::Rejected { device_id: jws.kid().clone(), code: problem.as_str() }
    }
}

/// A manifest and the verdict on it, before its photo was fetched.
pub(crate) struct PhotoJudged {
    pub(crate) manifest: Manifested,
    /// Why it is refused already.
    pub(crate) cause: Option<FilingRefusal>,
    /// Whether the body takes its place in the chain; and whether its own phone signed it.
    pub(crate) chained: Option<bool>,
}

/// What the index keeps of a manifest.
pub(crate) struct Manifested {
    pub(crate) manifest_sha256: Digest,
    pub(crate) kind: Kind,
    pub(crate) device_id: DeviceId,
    pub(crate) carried: Carried,
}

/// The places around a body in a table `body`, in one question: ?1 its phone, ?2 its place, ?3 whether the phone signed it
/// itself, ?4 its photo, ?5 and ?6 the place that it follows, ?7 where it stands in the log: what came later says nothing. Of two at one place the phone's own counts before an adopted one.
pub(crate) const NEIGHBOURS: &str = "
    SELECT * FROM (SELECT 'same' AS what, hash, prev FROM body
        WHERE device_id = ?1 AND seq = ?2 AND own >= ?3 AND log_index < ?7 ORDER BY own DESC LIMIT 1)
    UNION ALL SELECT * FROM (SELECT 'previous', hash, prev FROM body
        WHERE device_id = ?1 AND seq = ?2 - 1 AND own >= ?3 AND log_index < ?7 ORDER BY own DESC LIMIT 1)
    UNION ALL SELECT * FROM (SELECT 'next', hash, prev FROM body
        WHERE device_id = ?1 AND seq = ?2 + 1 AND own >= ?3 AND log_index < ?7 ORDER BY own DESC LIMIT 1)
    UNION ALL SELECT * FROM (SELECT 'elsewhere', hash, prev FROM body
        WHERE device_id = ?1 AND capture_id = ?4 AND seq <> ?2 AND own >= ?3 AND log_index < ?7 LIMIT 1)
    UNION ALL SELECT * FROM (SELECT 'followed', hash, prev FROM body
        WHERE device_id = ?5 AND seq = ?6 AND log_index < ?7 ORDER BY own DESC LIMIT 1)";

/// Verdicts that are written together: what is judged sees what was judged before it. They hold the one connection, so nothing
/// else is asked of the index until they are kept or dropped.
pub(crate) struct Verdicts(Transaction<'static, Sqlite>);

impl Index {
    /// None yet.
    pub(crate) async fn verdicts(&self) -> Result<Verdicts, IndexError> {
        Ok(Verdicts(self.pool.begin().await?))
    }

    /// Whether an adopted body holds its place in the chain of the phone that took it.
    pub(crate) async fn is_adopted(&self, carried: &Carried) -> Result<bool, IndexError> {
        let row = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM body WHERE device_id = ? AND seq = ? AND own = 0 AND hash = ?)",
        )
        .bind(carried.body.device_id.as_str())
        .bind(int(carried.body.seq))
        .bind(carried.hash.to_string())
        .fetch_one(&self.pool)
        .await?;
        Ok(row.try_get(0)?)
    }
}

impl Verdicts {
    /// The phone with this id, where its enrolment held.
    pub(crate) async fn device(&mut self, device_id: &DeviceId) -> Result<Option<KnownDevice>, IndexError> {
        let row = sqlx::query(
            "SELECT key, follows, lineage, attested_serial, status, log_index, app_attest_point, app_attest_app, app_attest_counter \
             FROM device WHERE device_id = ?",
        )
        .bind(device_id.as_str())
        .fetch_optional(&mut *self.0)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let key = serde_json::from_str(row.try_get("key")?).map_err(|_| IndexError::Damaged("device"))?;
        let follows: Option<String> = row.try_get("follows")?;
        let status: String = row.try_get("status")?;
        let follows = follows.map(|id| id.parse()).transpose()?;
        let enrolled_at = Some(uint(row.try_get("log_index")?)?);
        let app_attest = app_attest(&row)?;
        let lineage: String = row.try_get("lineage")?;
        let lineage = lineage.parse().map_err(|_| IndexError::Damaged("device"))?;
        let attested_serial = row.try_get("attested_serial")?;
        let status = status.parse()?;
        Ok(Some(KnownDevice { key, follows, lineage, attested_serial, status, enrolled_at, app_attest }))
    }

    /// Which phone has spent this token.
    pub(crate) async fn token_holder(&mut self, token: &TokenId) -> Result<Option<DeviceId>, IndexError> {
        let row = sqlx::query("SELECT device_id FROM token WHERE token_id = ?")
            .bind(token.as_str())
            .fetch_optional(&mut *self.0)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(row.try_get::<String, _>(0)?.parse()?))
    }

    /// The chain around a body. `own`: signed by the phone that took it, which only its own other bodies may judge.
    pub(crate) async fn neighbours(
        &mut self,
        place: u64,
        carried: &Carried,
        own: bool,
    ) -> Result<Neighbours, IndexError> {
        let body = &carried.body;
        let follows = body.follows.as_ref().filter(|follows| follows.seq > 0);
        let rows = sqlx::query(NEIGHBOURS)
            .bind(body.device_id.as_str())
            .bind(int(body.seq))
            .bind(own)
            .bind(body.capture_id.to_string())
            .bind(follows.map(|follows| follows.device_id.as_str()))
            .bind(follows.map(|follows| int(follows.seq)))
            .bind(int(place))
            .fetch_all(&mut *self.0)
            .await?;
        neighbours_of(&rows)
    }

    /// A stored leaf.
    pub(crate) async fn leaf(&mut self, index: u64) -> Result<Option<Jws>, IndexError> {
        super::log::leaf(&mut *self.0, index).await
    }

    /// Adds the verdict on the entry at `index`.
    pub(crate) async fn add(&mut self, index: u64, judged: &Judged) -> Result<(), IndexError> {
        let tx = &mut self.0;
        match judged {
            Judged::Enrolled { device_id, device, spent } => {
                write_device(tx, index, device_id, device, spent).await
            }
            Judged::Rejected { device_id, code } => {
                sqlx::query("INSERT INTO rejected (log_index, device_id, code) VALUES (?, ?, ?)")
                    .bind(int(index))
                    .bind(device_id.as_str())
                    .bind(*code)
                    .execute(&mut **tx)
                    .await?;
                Ok(())
            }
            Judged::Photo(photo) => write_photo(tx, index, photo).await,
            Judged::Noted(noted) => write_note(tx, index, noted).await,
        }
    }

    /// Adds none after all.
    pub(crate) async fn end(self) -> Result<(), IndexError> {
        Ok(self.0.rollback().await?)
    }

    /// Keeps them, up to the entry before `next`, and moves on to that.
    pub(crate) async fn keep(mut self, next: u64) -> Result<(), IndexError> {
        sqlx::query("INSERT OR REPLACE INTO state (name, value) VALUES ('judged', ?)")
            .bind(next.to_string())
            .execute(&mut *self.0)
            .await?;
        Ok(self.0.commit().await?)
    }
}

/// Reads what [`NEIGHBOURS`] found.
pub(crate) fn neighbours_of(rows: &[SqliteRow]) -> Result<Neighbours, IndexError> {
    let mut known = Neighbours::default();
    for row in rows {
        let hash = Some(row.try_get::<String, _>("hash")?.parse()?);
        match row.try_get("what")? {
            "same" => known.same = hash,
            "previous" => known.previous = hash,
            "next" => {
                let prev: Option<String> = row.try_get("prev")?;
                known.next_prev = prev.map(|text| text.parse()).transpose()?;
            }
            "elsewhere" => known.same_capture = hash,
            _ => known.followed = hash,
        }
    }
    Ok(known)
}

pub(super) async fn write_device(
    tx: &mut Transaction<'_, Sqlite>,
    index: u64,
    device_id: &DeviceId,
    device: &KnownDevice,
    spent: &TokenId,
) -> Result<(), IndexError> {
    let key = serde_json::to_string(&device.key).map_err(|_| IndexError::Damaged("device"))?;
    let app_attest = device.app_attest.as_ref();
    // An enrolment that is logged twice changes nothing, its key's counter least of all.
    sqlx::query(
        "INSERT OR IGNORE INTO device (device_id, key, follows, log_index, app_attest_point, app_attest_app, \
         app_attest_counter, lineage, attested_serial) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(device_id.as_str())
    .bind(key)
    .bind(device.follows.as_ref().map(|id| id.as_str()))
    .bind(int(index))
    .bind(app_attest.map(|key| key.point.as_slice()))
    .bind(app_attest.map(|key| key.app_id.as_str()))
    .bind(app_attest.map(|key| key.counter))
    .bind(device.lineage.as_str())
    .bind(device.attested_serial.as_deref())
    .execute(&mut **tx)
    .await?;
    sqlx::query("INSERT OR IGNORE INTO token (token_id, device_id) VALUES (?, ?)")
        .bind(spent.as_str())
        .bind(device_id.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn app_attest(row: &SqliteRow) -> Result<Option<AppAttestKey>, IndexError> {
    let Some(point) = row.try_get::<Option<&[u8]>, _>("app_attest_point")? else { return Ok(None) };
    Ok(Some(AppAttestKey {
        point: point.try_into().map_err(|_| IndexError::Damaged("device"))?,
        app_id: row.try_get("app_attest_app")?,
        counter: row.try_get("app_attest_counter")?,
    }))
}

async fn write_photo(
    tx: &mut Transaction<'_, Sqlite>,
    index: u64,
    photo: &PhotoJudged,
) -> Result<(), IndexError> {
    let Manifested { manifest_sha256, kind, device_id, carried } = &photo.manifest;
    let body = &carried.body;
    // A manifest that is logged twice is one photo.
    sqlx::query(
        "INSERT OR IGNORE INTO photo (manifest_sha256, log_index, kind, device_id, capture_id, chain_device, seq,
         captured_at, sha256, size, status, cause) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?)",
    )
    .bind(manifest_sha256.to_string())
    .bind(int(index))
    .bind(kind.as_str())
    .bind(device_id.as_str())
    .bind(body.capture_id.to_string())
    .bind(body.device_id.as_str())
    .bind(int(body.seq))
    .bind(body.captured_at.to_string())
    .bind(body.sha256.to_string())
    .bind(int(body.size))
    .bind(photo.cause.map(FilingRefusal::code))
    .execute(&mut **tx)
    .await?;
    write_body(tx, index, photo).await
}

/// Gives the body its place in the chain, where it has one.
pub(super) async fn write_body(
    tx: &mut Transaction<'_, Sqlite>,
    index: u64,
    photo: &PhotoJudged,
) -> Result<(), IndexError> {
    let carried = &photo.manifest.carried;
    let body = &carried.body;
    let Some(own) = photo.chained else { return Ok(()) };
    sqlx::query(
        "INSERT OR IGNORE INTO body (device_id, seq, own, hash, prev, capture_id, follows_device, follows_seq, log_index)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(body.device_id.as_str())
    .bind(int(body.seq))
    .bind(own)
    .bind(carried.hash.to_string())
    .bind(body.prev.map(|prev| prev.to_string()))
    .bind(body.capture_id.to_string())
    .bind(body.follows.as_ref().map(|follows| follows.device_id.as_str()))
    .bind(body.follows.as_ref().map(|follows| int(follows.seq)))
    .bind(int(index))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
