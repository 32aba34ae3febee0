//! The gateway witnesses the records side's access log, as the records side witnesses the gateway's: neither can go back
//! alone.

use axum::Json;
use axum::extract::State;
use gauze_wire::ProblemCode;
use gauze_wire::log::{AddCheckpoint, Seen, Unfit, Witnessed};

use crate::app::App;
use crate::db::Db;
use crate::proof::{FromRecords, served};
use crate::refusal::RequestRefusal;

#[utoipa::path(
    post,
    path = "/v1/{tenant}/access-checkpoints",
    params(("tenant" = String, Path, description = "tenant")),
    responses(
        (status = 200, description = "the cosigned checkpoint; or, without one, the size to prove from"),
        (status = 422, description = "checkpoint_invalid: of another key, or not a continuation of what was cosigned")
    )
)]
pub async fn access_checkpoint(
    State(app): State<App>,
    request: FromRecords,
) -> Result<Json<Witnessed>, RequestRefusal> {
    let served = served(&app, &request.tenant)?;
    let asked: AddCheckpoint =
        serde_json::from_slice(&request.body).map_err(|_| ProblemCode::MalformedRequest)?;
    let log = asked.log.clone();
    let submission = asked.submission();
    if log.name() != format!("{}/access", request.tenant) {
        return Err(ProblemCode::CheckpointInvalid.into());
    }
    // Judged and kept in one write: two requests never both count from the same tree.
    let mut write = app.db.write().await?;
    let pinned = Db::access_seen(&mut write, &request.tenant).await?;
    if pinned.as_ref().is_some_and(|pinned| pinned.log != log) {
        return Err(ProblemCode::CheckpointInvalid.into());
    }
    let seen = pinned.map_or_else(Seen::nothing, |pinned| pinned.seen);
    let checkpoint = match submission.judge(std::slice::from_ref(&log), &seen) {
        Ok(checkpoint) => checkpoint,
        Err(Unfit::Seen(size)) => return Ok(Json(Witnessed { size, note: None })),
        Err(error) => {
            tracing::error!(tenant = %request.tenant, %error, seen = seen.size, "an access log does not continue what was cosigned");
            return Err(ProblemCode::CheckpointInvalid.into());
        }
    };
    let note = served
        .note_key
        .cosign(&submission.checkpoint, app.clock.now())
        .map_err(|_| ProblemCode::CheckpointInvalid)?;
    Db::keep_access(&mut write, &request.tenant, &log, (&checkpoint, &note)).await?;
    write.commit().await?;
    Ok(Json(Witnessed { size: checkpoint.size, note: Some(note) }))
}
