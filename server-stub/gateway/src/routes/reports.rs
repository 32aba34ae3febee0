//! What phones report: what went wrong, and that a notice was read. Sealed, one leaf of the log each, answered with a receipt as often as it
//! is asked for.
//!
//! Always: nothing of it is read here. The receipt of a report says whether the hospital has it: then its checkpoint is one that the
//! hospital's witness cosigned.

use axum::Json;
use axum::extract::State;
use gauze_wire::{
    DeviceStatus, Digest, EntryKind, Jws, ProblemCode, Report, ReportAnswer, ReportRequest, Reported,
    WireError,
};

use super::apart::apart;
use crate::app::App;
use crate::budget::Cost;
use crate::db::{Db, KnownReport, NewReport, log_append};
use crate::proof::{FromDevice, served};
use crate::refusal::RequestRefusal;

/// Longest report: what is sealed at its largest, twice in base64, and what stands around it.
const REPORT_LIMIT: usize = 120 * 1024;
/// What a revoked phone may still report, for good: whoever holds it may be the one who lost it.
const REVOKED_REPORTS: u32 = 16;

#[utoipa::path(
    post,
    path = "/v1/{tenant}/reports",
    params(("tenant" = String, Path, description = "tenant")),
    responses(
        (status = 200, description = "in the log: the receipt, under a cosigned checkpoint once the hospital has it"),
        (status = 403, description = "device_refused, wrong_device"),
        (status = 409, description = "conflict"),
        (status = 422, description = "phone_report_invalid, wrong_type")
    )
)]
pub async fn report(
    State(app): State<App>,
    request: FromDevice,
) -> Result<Json<ReportAnswer>, RequestRefusal> {
    let FromDevice { tenant, device, body, .. } = request;
    served(&app, &tenant)?;
    let asked: ReportRequest = serde_json::from_slice(&body).map_err(|_| ProblemCode::MalformedRequest)?;
    let jws = asked.report;
    if jws.kid() != &device.device_id {
        return Err(ProblemCode::WrongDevice.into());
    }
    if jws.as_str().len() > REPORT_LIMIT {
        return Err(ProblemCode::TooLarge.into());
    }
    let report: Report = jws.verify(&device.key, &tenant).map_err(|error| match error {
        WireError::WrongType { .. } => ProblemCode::WrongType,
        _ => ProblemCode::PhoneReportInvalid,
    })?;
    if report.device_id != device.device_id {
        return Err(ProblemCode::WrongDevice.into());
    }
    apart(async move { answer(&app, &jws, &report).await.map(Json) }).await
}

async fn answer(app: &App, jws: &Jws, report: &Report) -> Result<ReportAnswer, RequestRefusal> {
    let served = served(app, &report.tenant)?;
    let place = take_in(app, jws, report).await?;
    let (logged, proof) = app.db.proven(served, place).await?;
    let receipt = Reported::new(report, logged.digest(), proof, app.clock.now());
    let receipt = Jws::sign(&receipt, app.keys.receipts())?;
    Ok(ReportAnswer { receipt, report: Some(logged).filter(|logged| logged != jws) })
}

/// Its place in the log, where it stands already or from now on.
async fn take_in(app: &App, jws: &Jws, report: &Report) -> Result<u64, RequestRefusal> {
    let whose = (&report.tenant, &report.device_id);
    let payload = Digest::of(&jws.payload_bytes().map_err(|_| ProblemCode::MalformedRequest)?);
    let place = |known: KnownReport| {
        if known.payload == payload { Ok(known.log_index) } else { Err(ProblemCode::Conflict.into()) }
    };
    // Whoever asks again costs no write.
    if let Some(known) = app.db.report(whose, &report.report_id).await? {
        return place(known);
    }
    let mut write = app.db.write().await?;
    if let Some(known) = Db::report_now(&mut write, whose, &report.report_id).await? {
        return place(known);
    }
    // Judged where it cannot change any more.
    let revoked = Db::status_now(&mut write, whose.0, whose.1).await? == Some(DeviceStatus::Revoked);
    if revoked && Db::reports_of_revoked(&mut write, whose).await? >= REVOKED_REPORTS {
        return Err(ProblemCode::DeviceRefused.into());
    }
    // What is left undone here is undone with the write.
    let costs = [(Cost::LeafBytes, jws.as_str().len() as u64), (Cost::Report, 1)];
    let held = app.budgets.hold(whose, &costs)?;
    let served = served(app, &report.tenant)?;
    let proof = log_append(&mut write, served, (EntryKind::Report, jws), app.clock.now()).await?;
    let log_index = proof.log_index;
    let new = NewReport { report_id: &report.report_id, payload: &payload, log_index, revoked };
    Db::add_report(&mut write, whose, &new).await?;
    write.commit().await?;
    held.spend();
    let (tenant, device_id) = whose;
    tracing::info!(%tenant, %device_id, "a phone handed in a report");
    Ok(log_index)
}
