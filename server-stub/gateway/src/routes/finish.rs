//! The end of a transfer: what is whole and durable gets its leaf in the log and its *stored* receipt, both in one write.

use gauze_wire::{CaptureState, DeviceStatus, EntryKind, Jws, ProblemCode, Stored};

use crate::app::{App, Turn};
use crate::blobs::{BlobName, Blobs, Durable};
use crate::db::{Db, Write, log_append};
use crate::meters;
use crate::proof::served;
use crate::refusal::RequestRefusal;
use crate::tenant::Served;

/// Has the disk make the photo durable, away from the tasks.
pub async fn lasting(
    turn: &Turn,
    how: fn(&Blobs, &BlobName) -> std::io::Result<Durable>,
) -> Result<Durable, RequestRefusal> {
    let (app, name) = (turn.app.clone(), turn.name.clone());
    let done = tokio::task::spawn_blocking(move || how(&app.blobs, &name)).await;
    Ok(done.map_err(|_| ProblemCode::Internal)??)
}

/// Finishes a photo whose bytes were whole when the process died; of a phone that was revoked since, it deletes them.
pub async fn finish_if_whole(turn: &Turn) -> Result<(), RequestRefusal> {
    let (app, name) = (&turn.app, &turn.name);
    if !app.blobs.whole(name).is_file() {
        return Ok(());
    }
    match app.db.capture(name).await? {
        Some(capture) if capture.stored.is_none() => {
            finish(turn, lasting(turn, Blobs::keep).await?).await.map(drop)
        }
        Some(_) | None => Ok(()),
    }
}

/// Logs a photo whose bytes are here.
pub async fn finish(turn: &Turn, _: Durable) -> Result<CaptureState, RequestRefusal> {
    let served = served(&turn.app, &turn.name.tenant)?;
    let mut write = turn.app.db.write().await?;
    // Judged where it cannot change any more: what a phone finishes sending after it was revoked is not taken.
    if Db::status_now(&mut write, &turn.name.tenant, &turn.name.device_id).await?
        == Some(DeviceStatus::Revoked)
    {
        // It has no receipt, and the phone has it still.
        turn.app.blobs.delete(&turn.name)?;
        return Err(ProblemCode::DeviceRefused.into());
    }
    let state = log_and_sign(&mut write, &turn.app, served, &turn.name).await?;
    write.commit().await?;
    meters::stored();
    let BlobName { tenant, device_id, capture_id } = &turn.name;
    tracing::info!(%tenant, %device_id, %capture_id, "a photo is stored");
    Ok(state)
}

/// Appends a manifest whose bytes are here (or that has none) to the log and signs its *stored* receipt.
pub async fn log_and_sign(
    write: &mut Write<'_>,
    app: &App,
    served: &Served,
    name: &BlobName,
) -> Result<CaptureState, RequestRefusal> {
    let capture = Db::capture_now(write, name).await?.ok_or(ProblemCode::Internal)?;
    let now = app.clock.now();
    let proof = log_append(write, served, (capture.kind, &capture.manifest), now).await?;
    let stored = Jws::sign(&Stored::new(capture.binding(), proof, now), app.keys.receipts())?;
    // A void's too, where the photo that it takes back lies here yet: whoever cleans up takes it.
    let has_blob = capture.kind != EntryKind::Void || app.blobs.whole(name).is_file();
    Db::set_stored(write, name, (&stored, now.as_millisecond()), has_blob).await?;
    Ok(CaptureState { capture_id: name.capture_id, stored, outcome: None, manifest: None })
}
