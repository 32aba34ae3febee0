//! Tickets: a signed manifest buys an address for exactly its bytes.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::{
    CaptureState, Carried, DeviceId, Digest, EntryKind, Jws, Manifest, ProblemCode, StatusAnswer,
    StatusQuery, Tenant, UploadAnswer, UploadRequest, WireError,
};
use jiff::SignedDuration;

use super::transfer::{finish, finish_if_whole};
use crate::app::App;
use crate::blobs::BlobName;
use crate::db::{Capture, Db, NewCapture};
use crate::proof::{FromDevice, served};
use crate::refusal::Refusal;
use crate::tenant::Served;

const TICKET_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
const STATUS_LIMIT: usize = 100;

#[utoipa::path(
    post,
    path = "/v1/{tenant}/uploads",
    params(("tenant" = String, Path, description = "tenant")),
    responses(
        (status = 201, description = "an upload address"),
        (status = 200, description = "held already: the receipts"),
        (status = 409, description = "conflict, chain_conflict"),
        (status = 422, description = "manifest_invalid, wrong_type"),
        (status = 429, description = "quota_exceeded")
    )
)]
pub async fn upload(
    State(app): State<App>,
    request: FromDevice,
) -> Result<(StatusCode, Json<UploadAnswer>), Refusal> {
    let FromDevice { tenant, device, body } = request;
    let served = served(&app, &tenant)?;
    let asked: UploadRequest = serde_json::from_slice(&body).map_err(|_| ProblemCode::MalformedRequest)?;
    if asked.manifest.kid() != &device.device_id {
        return Err(ProblemCode::WrongDevice.into());
    }
    let manifest = Manifest::verify(&asked.manifest, &device.key, &tenant).map_err(|error| match error {
        WireError::WrongType { .. } => ProblemCode::WrongType,
        _ => ProblemCode::ManifestInvalid,
    })?;
    let name = BlobName {
        tenant: tenant.clone(),
        device_id: device.device_id.clone(),
        capture_id: manifest.carried().body.capture_id,
    };
    if let Manifest::Adoption(_, carried) = &manifest {
        let old = app.db.device(&tenant, &carried.body.device_id).await?;
        old.ok_or(ProblemCode::WrongDevice)?;
    }
    if let Some(state) = known(&app, served, &name, &manifest).await? {
        return Ok((StatusCode::OK, Json(UploadAnswer::Held(state))));
    }
    let counts = (asked.highest_seq, asked.unsent);
    if !manifest.has_photo() {
        let state = take_void(&app, served, &name, (&manifest, &asked.manifest), counts).await?;
        return Ok((StatusCode::OK, Json(UploadAnswer::Held(state))));
    }
    within_limits(&app, served, &name, &manifest).await?;
    let answer = take_manifest(&app, served, &name, (&manifest, &asked.manifest), counts).await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

/// What is known of this photo: its receipts where it is held; a conflict where another has its name or place.
async fn known(
    app: &App,
    served: &Served,
    name: &BlobName,
    manifest: &Manifest,
) -> Result<Option<CaptureState>, Refusal> {
    let Carried { body, hash } = manifest.carried();
    if let Some(capture) = app.db.capture(name).await? {
        if capture.sha256 != body.sha256 || capture.size != body.size {
            return Err(ProblemCode::Conflict.into());
        }
        if let Some(state) = capture.state() {
            return Ok(Some(state));
        }
        if capture.kind != EntryKind::Void && finish_if_whole(app, served, &capture).await? {
            return Ok(app.db.capture(name).await?.as_ref().and_then(Capture::state));
        }
    }
    match app.db.body_at(&name.tenant, &body.device_id, body.seq).await? {
        Some(taken) if taken != *hash => Err(ProblemCode::ChainConflict.into()),
        Some(_) | None => Ok(None),
    }
}

async fn within_limits(
    app: &App,
    served: &Served,
    name: &BlobName,
    manifest: &Manifest,
) -> Result<(), Refusal> {
    // A photo that is counted already is not counted twice.
    if app.db.capture(name).await?.is_some_and(|capture| capture.ticket_expires_ms.is_some()) {
        return Ok(());
    }
    let (open, device, tenant) = app.db.held(&name.tenant, &name.device_id).await?;
    let (policy, size) = (&served.policy, manifest.carried().body.size);
    let over = open >= u64::from(policy.max_open_tickets)
        || device.saturating_add(size) > policy.max_device_bytes
        || tenant.saturating_add(size) > policy.max_tenant_bytes;
    if over { Err(ProblemCode::QuotaExceeded.into()) } else { Ok(()) }
}

fn new_capture<'a>(name: &'a BlobName, (manifest, jws): (&'a Manifest, &'a Jws)) -> NewCapture<'a> {
    let Carried { body, hash } = manifest.carried();
    NewCapture {
        name,
        body_device: &body.device_id,
        seq: body.seq,
        body_sha256: hash,
        sha256: &body.sha256,
        size: body.size,
        kind: match manifest {
            Manifest::Photo(_) => EntryKind::Photo,
            Manifest::Void(..) => EntryKind::Void,
            Manifest::Adoption(..) => EntryKind::Adoption,
        },
        manifest: jws,
    }
}

async fn take_void(
    app: &App,
    served: &Served,
    name: &BlobName,
    manifest: (&Manifest, &Jws),
    counts: (u64, u64),
) -> Result<CaptureState, Refusal> {
    let now_ms = app.clock.now().as_millisecond();
    let mut write = app.db.write().await?;
    app.db.heard(&mut write, (&name.tenant, &name.device_id), counts, now_ms).await?;
    Db::put_capture(&mut write, &new_capture(name, manifest)).await?;
    write.commit().await?;
    app.blobs.discard_part(name)?;
    let capture = app.db.capture(name).await?.ok_or(ProblemCode::Internal)?;
    finish(app, served, &capture).await
}

async fn take_manifest(
    app: &App,
    served: &Served,
    name: &BlobName,
    manifest: (&Manifest, &Jws),
    counts: (u64, u64),
) -> Result<UploadAnswer, Refusal> {
    let now = app.clock.now();
    let mut secret = [0; 16];
    getrandom::fill(&mut secret).map_err(|_| ProblemCode::Internal)?;
    let secret = BASE64_URL_SAFE_NO_PAD.encode(secret);
    let expires_at = now + TICKET_LIFE;
    let mut write = app.db.write().await?;
    app.db.heard(&mut write, (&name.tenant, &name.device_id), counts, now.as_millisecond()).await?;
    Db::put_capture(&mut write, &new_capture(name, manifest)).await?;
    let ticket = Digest::of(secret.as_bytes());
    Db::set_ticket(&mut write, name, &ticket, expires_at.as_millisecond()).await?;
    write.commit().await?;
    let offset = app.blobs.offset(name, manifest.0.carried().body.size)?;
    let upload_url = format!("{}/v1/transfers/{secret}", served.gateway.url);
    Ok(UploadAnswer::Ticket { upload_url, expires_at, offset })
}

#[utoipa::path(
    post,
    path = "/v1/{tenant}/status",
    params(("tenant" = String, Path, description = "tenant")),
    responses((status = 200, description = "receipts of those photos that are held"))
)]
pub async fn status(State(app): State<App>, request: FromDevice) -> Result<Json<StatusAnswer>, Refusal> {
    let FromDevice { tenant, device, body } = request;
    let query: StatusQuery = serde_json::from_slice(&body).map_err(|_| ProblemCode::MalformedRequest)?;
    if query.captures.len() > STATUS_LIMIT {
        return Err(ProblemCode::TooLarge.into());
    }
    Ok(Json(StatusAnswer { captures: states(&app, &tenant, &device.device_id, &query).await? }))
}

async fn states(
    app: &App,
    tenant: &Tenant,
    device_id: &DeviceId,
    query: &StatusQuery,
) -> Result<Vec<CaptureState>, Refusal> {
    let mut states = Vec::new();
    for &capture_id in &query.captures {
        let name = BlobName { tenant: tenant.clone(), device_id: device_id.clone(), capture_id };
        states.extend(app.db.capture(&name).await?.as_ref().and_then(Capture::state));
    }
    Ok(states)
}
