//! Evidence shown again: judged as at enrolment, kept whole as a leaf whatever the verdict, told in the next standing.
//!
//! Between showings the answer to trouble is that the phone may upload and not show photos: none is lost by it.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use gauze_attest::{EnrolmentDenied, Fault, Presented, Shown, verify_attestation};
use gauze_wire::{DeviceId, EntryKind, Jws, ProblemCode, Reattestation, StatusAnswer, Tenant, WireError};

use super::apart::apart;
use super::evidence::{basis, flag, spend_challenge};
use crate::app::App;
use crate::budget::Cost;
use crate::db::{Db, Device, Registered, ShownBefore, log_append};
use crate::peers::Peer;
use crate::proof::{self, InPath};
use crate::refusal::RequestRefusal;
use crate::standing::standing;
use crate::tenant::Served;

#[utoipa::path(
    post,
    path = "/v1/{tenant}/attestations",
    params(("tenant" = String, Path, description = "tenant")),
    responses(
        (status = 200, description = "it holds: where the phone stands"),
        (status = 403, description = "challenge_invalid, attestation_refused, device_refused")
    )
)]
pub async fn attestations(
    State(app): State<App>,
    InPath(tenant): InPath,
    peer: Peer,
    body: Body,
) -> Result<Json<StatusAnswer>, RequestRefusal> {
    let served = proof::served(&app, &tenant)?;
    let body = app.strangers.read(&peer, body).await?;
    let text = std::str::from_utf8(&body).map_err(|_| ProblemCode::MalformedRequest)?;
    let jws = Jws::parse(text.trim()).map_err(|_| ProblemCode::MalformedRequest)?;
    let device = app.db.device(&tenant, jws.kid()).await?.ok_or(ProblemCode::UnknownDevice)?;
    let evidence = proven(&jws, &device, &tenant)?;
    // Spent only by a phone that has enrolled: a stranger cannot burn somebody's challenge. What comes a second time proves
    // nobody and costs nobody's share.
    spend_challenge(&app, &tenant, &evidence.challenge)?;
    peer.proves_itself();
    let whose = (&tenant, &device.device_id);
    app.budgets.take(whose, Cost::Evidence, 1)?;
    app.budgets.take(whose, Cost::LeafBytes, jws.as_str().len() as u64)?;
    let registered =
        app.db.registered(&tenant, &device.device_id).await?.ok_or(ProblemCode::UnknownDevice)?;
    let before = app.db.shown_before(&tenant, &device.device_id).await?.ok_or(ProblemCode::UnknownDevice)?;
    let turn = served.judging().await;
    // Up to ten signatures are checked before the only write is begun: whoever shows evidence holds up nobody's commit.
    let verdict = judge(&app, served, &device, &registered, &evidence, &before);
    apart(async move {
        let _turn = turn;
        let (served, device_id) = (proof::served(&app, &tenant)?, &device.device_id);
        keep(&app, served, (device_id, &jws), &before, &verdict).await?;
        if let Err(fault) = verdict {
            tracing::warn!(%tenant, %device_id, code = fault.code(), "evidence shown again was refused");
            return Err(EnrolmentDenied::from(fault).into());
        }
        let now = app.db.registered(&tenant, device_id).await?.ok_or(ProblemCode::UnknownDevice)?;
        Ok(Json(StatusAnswer { captures: Vec::new(), standing: Some(standing(&app, served, &now)?) }))
    })
    .await
}

/// Keeps the evidence and what came of it.
async fn keep(
    app: &App,
    served: &Served,
    (device_id, jws): (&DeviceId, &Jws),
    before: &ShownBefore,
    verdict: &Result<Shown, Fault>,
) -> Result<(), RequestRefusal> {
    let tenant = &served.bundle.tenant;
    let mut write = app.db.write().await?;
    // What another showing has changed since, such as a counter, was not seen: the phone shows its evidence again.
    let now = Db::shown_now(&mut write, tenant, device_id).await?;
    if now.as_ref() != Some(before) {
        return Err(ProblemCode::Unavailable.into());
    }
    log_append(&mut write, served, (EntryKind::Reattestation, jws), app.clock.now()).await?;
    match verdict {
        Ok(shown) => {
            let now_ms = app.clock.now().as_millisecond();
            Db::attested(&mut write, (tenant, device_id), shown, now_ms).await?;
            flag(app, served, &mut write, device_id, shown).await?;
        }
        Err(fault) => Db::attest_refused(&mut write, (tenant, device_id), fault.code()).await?,
    }
    Ok(write.commit().await?)
}

/// The evidence, signed by the key that is enrolled, for itself.
fn proven(jws: &Jws, device: &Device, tenant: &Tenant) -> Result<Reattestation, RequestRefusal> {
    let evidence: Reattestation = jws.verify(&device.key, tenant).map_err(|error| match error {
        WireError::WrongType { .. } => ProblemCode::WrongType,
        _ => ProblemCode::SignatureInvalid,
    })?;
    if evidence.device_id != device.device_id {
        return Err(ProblemCode::WrongDevice.into());
    }
    match device.status {
        gauze_wire::DeviceStatus::Active | gauze_wire::DeviceStatus::Suspended => Ok(evidence),
        gauze_wire::DeviceStatus::Revoked => Err(ProblemCode::DeviceRefused.into()),
    }
}

fn judge(
    app: &App,
    served: &Served,
    device: &Device,
    registered: &Registered,
    evidence: &Reattestation,
    before: &ShownBefore,
) -> Result<Shown, Fault> {
    let in_force = served.in_force();
    let status = app.status_list();
    let presented = Presented {
        attestation: &evidence.attestation,
        challenge: &evidence.challenge,
        device_key: &device.key,
        platform: before.platform,
        serial: registered.serial.as_deref(),
        last_seen: before.patches,
        app_attest: before.app_attest.as_ref(),
    };
    let basis = basis(app, served, &in_force.policy, status.as_deref());
    verify_attestation(&presented, &basis, app.clock.now())
}
