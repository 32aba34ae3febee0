//! The records side: pull the log, hand in receipts and cosignatures.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use gauze_wire::{
    Acknowledgement, DeviceId, Filed, Jws, LogPage, Notes, ProblemCode, Refused, Signed as _, Tenant,
};
use serde::Deserialize;

use super::apart::apart;
use crate::app::App;
use crate::blobs::BlobName;
use crate::db::{Capture, Db, Outcome};
use crate::meters;
use crate::proof::{FromRecords, served};
use crate::refusal::RequestRefusal;
use crate::tenant::Served;

const PAGE_LIMIT: u32 = 500;
const RECEIPTS_LIMIT: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    from: u64,
    limit: Option<u32>,
}

#[utoipa::path(
    get,
    path = "/v1/{tenant}/log",
    params(
        ("tenant" = String, Path, description = "tenant"),
        ("from" = u64, Query, description = "first leaf"),
        ("limit" = Option<u32>, Query, description = "at most 500")
    ),
    responses((status = 200, description = "entries in order, and a signed checkpoint that covers them"))
)]
pub async fn log(
    State(app): State<App>,
    query: Result<Query<PageQuery>, QueryRejection>,
    request: FromRecords,
) -> Result<Json<LogPage>, RequestRefusal> {
    let Query(query) = query.map_err(|_| ProblemCode::MalformedRequest)?;
    let served = served(&app, &request.tenant)?;
    let limit = query.limit.unwrap_or(PAGE_LIMIT).clamp(1, PAGE_LIMIT);
    // Entries first: the checkpoint that is signed afterwards covers at least them.
    let entries = app.db.entries(&request.tenant, query.from, limit).await?;
    let checkpoint = app.db.checkpoint(served).await?;
    Ok(Json(LogPage { checkpoint, entries }))
}

#[utoipa::path(
    post,
    path = "/v1/{tenant}/outcomes",
    params(("tenant" = String, Path, description = "tenant")),
    responses(
        (status = 204, description = "kept"),
        (status = 422, description = "receipt_invalid, wrong_type: none was kept")
    )
)]
pub async fn outcomes(State(app): State<App>, request: FromRecords) -> Result<StatusCode, RequestRefusal> {
    served(&app, &request.tenant)?;
    let given: Acknowledgement =
        serde_json::from_slice(&request.body).map_err(|_| ProblemCode::MalformedRequest)?;
    if given.receipts.len() > RECEIPTS_LIMIT {
        return Err(ProblemCode::TooLarge.into());
    }
    apart(async move { keep(&app, &request.tenant, &given).await }).await
}

/// Keeps all receipts in one write, and counts and tells what is new of them.
async fn keep(app: &App, tenant: &Tenant, given: &Acknowledgement) -> Result<StatusCode, RequestRefusal> {
    let served = served(app, tenant)?;
    let mut judged = Vec::new();
    let mut notes = Notes::of(&served.gateway.log, Some(&served.bundle.witnesses));
    for jws in &given.receipts {
        judged.push(judge(app, served, jws, &mut notes).await?);
    }
    let now_ms = app.clock.now().as_millisecond();
    let (mut write, mut news) = (app.db.write().await?, Vec::new());
    for (name, jws, filed) in &judged {
        let outcome = Outcome { jws, at_ms: now_ms, filed: *filed };
        if Db::set_outcome(&mut write, name, &outcome).await? {
            news.push((name, *filed));
        }
    }
    write.commit().await?;
    for (BlobName { tenant, device_id, capture_id }, filed) in news {
        if filed {
            meters::filed();
        }
        let outcome = if filed { "filed" } else { "refused" };
        tracing::info!(%tenant, %device_id, %capture_id, outcome, "the hospital has decided on a photo");
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Believes a receipt only by a records key, for a photo that is here, in our own log as a witness cosigned it.
async fn judge<'a>(
    app: &App,
    served: &Served,
    jws: &'a Jws,
    notes: &mut Notes<'_>,
) -> Result<(BlobName, &'a Jws, bool), RequestRefusal> {
    let invalid = |_| ProblemCode::ReceiptInvalid;
    let (device_id, capture_id, filed): (DeviceId, _, bool) = match jws.typ() {
        Filed::TYP => {
            let filed: Filed = jws.peek().map_err(invalid)?;
            (filed.device_id, filed.capture_id, true)
        }
        Refused::TYP => {
            let refused: Refused = jws.peek().map_err(invalid)?;
            (refused.device_id, refused.capture_id, false)
        }
        _ => return Err(ProblemCode::WrongType.into()),
    };
    let name = BlobName { tenant: served.bundle.tenant.clone(), device_id, capture_id };
    let capture: Capture = app.db.capture(&name).await?.ok_or(ProblemCode::ReceiptInvalid)?;
    let expected = capture.binding();
    let keys = &served.bundle.records;
    if filed {
        Filed::verify_in_turn(jws, keys, &expected, notes).map_err(invalid)?;
    } else {
        Refused::verify_in_turn(jws, keys, &expected, notes).map_err(invalid)?;
    }
    Ok((name, jws, filed))
}

#[utoipa::path(
    post,
    path = "/v1/{tenant}/cosignatures",
    params(("tenant" = String, Path, description = "tenant")),
    responses((status = 204, description = "kept"), (status = 422, description = "checkpoint_invalid"))
)]
pub async fn cosignature(State(app): State<App>, request: FromRecords) -> Result<StatusCode, RequestRefusal> {
    let served = served(&app, &request.tenant)?;
    let note = std::str::from_utf8(&request.body).map_err(|_| ProblemCode::MalformedRequest)?;
    let checkpoint = served.gateway.log.verify(note).map_err(|_| ProblemCode::CheckpointInvalid)?;
    let witnessed = served.bundle.witnesses.iter().any(|witness| witness.verify(note).is_ok());
    let ours = checkpoint.size <= app.db.log_size(&request.tenant).await?
        && app.db.root_at(&request.tenant, checkpoint.size).await? == checkpoint.root;
    if !witnessed || !ours {
        return Err(ProblemCode::CheckpointInvalid.into());
    }
    let now_ms = app.clock.now().as_millisecond();
    app.db.keep_cosigned(&request.tenant, (checkpoint.size, note), now_ms).await?;
    Ok(StatusCode::NO_CONTENT)
}
