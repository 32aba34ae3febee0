//! Enrolment: a challenge, then evidence, which is kept whole as a log entry.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use gauze_attest::{AttestedDevice, Basis, Freshness, verify_enrolment};
use gauze_wire::{ChallengeAnswer, Enrolled, Enrolment, EntryKind, Jws, Name, Notice, ProblemCode, Tenant};

use super::apart::apart;
use super::evidence::{basis, flag, spend_challenge};
use crate::app::App;
use crate::asker::Asker;
use crate::db::{Db, NewDevice, log_append};
use crate::peers::Peer;
use crate::proof::{InPath, served};
use crate::refusal::RequestRefusal;
use crate::tenant::Served;

#[utoipa::path(
    post,
    path = "/v1/{tenant}/challenges",
    params(("tenant" = String, Path, description = "tenant")),
    responses((status = 201, description = "a challenge for one enrolment within five minutes"))
)]
pub async fn challenge(
    State(app): State<App>,
    InPath(tenant): InPath,
) -> Result<(StatusCode, Json<ChallengeAnswer>), RequestRefusal> {
    served(&app, &tenant)?;
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| ProblemCode::Internal)?;
    let answer = app.challenges.issue(&tenant, app.clock.now(), random);
    Ok((StatusCode::CREATED, Json(answer)))
}

#[utoipa::path(
    post,
    path = "/v1/{tenant}/enrolments",
    params(("tenant" = String, Path, description = "tenant")),
    responses(
        (status = 201, description = "enrolled"),
        (status = 401, description = "signature_invalid, signature_expired: the phone's clock is outside the token's life"),
        (status = 403, description = "token_invalid, token_expired, challenge_invalid, attestation_refused, app_too_old"),
        (status = 409, description = "token_used")
    )
)]
pub async fn enrol(
    State(app): State<App>,
    InPath(tenant): InPath,
    peer: Peer,
    asker: Asker,
    body: Body,
) -> Result<(StatusCode, Json<Enrolled>), RequestRefusal> {
    let served = served(&app, &tenant)?;
    let body = app.strangers.read(&peer, body).await?;
    let text = std::str::from_utf8(&body).map_err(|_| ProblemCode::MalformedRequest)?;
    let evidence = Jws::parse(text.trim()).map_err(|_| ProblemCode::MalformedRequest)?;
    // An answer that was lost is given again for the very same evidence.
    if let Some(log_index) = app.db.enrolled_as(&tenant, &evidence.digest()).await? {
        let notices = notices_again(&app, served, &evidence).await?;
        let device_id = evidence.kid().clone();
        return Ok((StatusCode::CREATED, Json(Enrolled { device_id, log_index, notices })));
    }
    let turn = served.judging().await;
    let device = judge(&app, served, &tenant, &evidence).await?;
    peer.proves_itself();
    asker.is(&called(&device));
    apart(async move {
        let _turn = turn;
        let (device_id, notices) = (device.device_id(), device.shown().notices());
        let log_index = keep(&app, &tenant, &evidence, &device).await?;
        let serial = device.enrolment().serial.as_ref().map(Name::as_str);
        tracing::info!(%tenant, %device_id, serial, log_index, "a phone enrolled");
        Ok((StatusCode::CREATED, Json(Enrolled { device_id, log_index, notices })))
    })
    .await
}

/// A phone that enrols, as IT finds it: by its serial number, or else by the id that its key has.
fn called(device: &AttestedDevice) -> String {
    let stated = device.enrolment().serial.as_ref().map(Name::as_str);
    match device.shown().serial.as_deref().or(stated) {
        Some(serial) => format!("serial number {serial}"),
        None => device.device_id().to_string(),
    }
}

/// What evidence that was accepted before was flagged with.
async fn notices_again(app: &App, served: &Served, evidence: &Jws) -> Result<Vec<Notice>, RequestRefusal> {
    let Ok(claimed) = evidence.peek::<Enrolment>() else { return Ok(Vec::new()) };
    let former_serial = former_serial(app, &claimed).await?;
    let policy = served.in_force().policy.clone();
    let stock = served.stock();
    let inventory = stock.as_ref().map(|stock| &stock.list);
    let basis =
        Basis { inventory, former_serial: former_serial.as_deref(), ..basis(app, served, &policy, None) };
    let judged = verify_enrolment(evidence, &basis, Freshness::Recorded, claimed.at);
    Ok(judged.map(|device| device.shown().notices()).unwrap_or_default())
}

/// The serial number that the key which the phone says it had before has attested here.
async fn former_serial(app: &App, claimed: &Enrolment) -> Result<Option<String>, sqlx::Error> {
    match &claimed.follows {
        Some(follows) => app.db.attested_serial(&claimed.tenant, &follows.device_id).await,
        None => Ok(None),
    }
}

async fn judge(
    app: &App,
    served: &Served,
    tenant: &Tenant,
    evidence: &Jws,
) -> Result<AttestedDevice, RequestRefusal> {
    let claimed: Enrolment = evidence.peek().map_err(|error| match error {
        gauze_wire::WireError::WrongType { .. } => ProblemCode::WrongType,
        _ => ProblemCode::MalformedRequest,
    })?;
    let now = app.clock.now();
    let policy = served.in_force().policy.clone();
    let fresh = Freshness::Issued(&claimed.challenge);
    let (status, former_serial) = (app.status_list(), former_serial(app, &claimed).await?);
    let stock = served.stock();
    let basis = Basis {
        inventory: stock.as_ref().map(|stock| &stock.list),
        former_serial: former_serial.as_deref(),
        ..basis(app, served, &policy, status.as_deref())
    };
    let device = verify_enrolment(evidence, &basis, fresh, now)?;
    if !signed_in_time(&device) {
        return Err(ProblemCode::SignatureExpired.into());
    }
    // Spent only by evidence that holds: a stranger cannot burn somebody's challenge.
    spend_challenge(app, tenant, &claimed.challenge)?;
    Ok(device)
}

/// The records side judges the token at the moment that the phone says it is: a phone whose clock is wrong would be taken
/// in here, and not one of its photos there.
fn signed_in_time(device: &AttestedDevice) -> bool {
    let (token, at) = (device.token(), device.enrolment().at);
    !token.is_early(at) && at < token.expires_at
}

async fn keep(
    app: &App,
    tenant: &Tenant,
    evidence: &Jws,
    device: &AttestedDevice,
) -> Result<u64, RequestRefusal> {
    let served = served(app, tenant)?;
    let mut write = app.db.write().await?;
    let enrolment = device.enrolment();
    let before = enrolment.follows.as_ref().map(|follows| &follows.device_id);
    let serials = [enrolment.serial.as_ref().map(|serial| serial.as_str()), device.shown().serial.as_deref()];
    if Db::is_suspended(&mut write, tenant, (before, serials)).await? {
        return Err(RequestRefusal::Suspended);
    }
    if !Db::spend_token(&mut write, tenant, device.spent(), &evidence.digest()).await? {
        return Err(ProblemCode::TokenUsed.into());
    }
    let now = app.clock.now();
    let proof = log_append(&mut write, served, (EntryKind::Enrolment, evidence), now).await?;
    let new = NewDevice {
        tenant,
        device,
        evidence: &evidence.digest(),
        log_index: proof.log_index,
        now_ms: now.as_millisecond(),
    };
    if !Db::add_device(&mut write, &new).await? {
        // A key enrols once; a phone that enrols again makes a new one.
        return Err(ProblemCode::DeviceRefused.into());
    }
    flag(app, served, &mut write, &device.device_id(), device.shown()).await?;
    write.commit().await?;
    Ok(proof.log_index)
}
