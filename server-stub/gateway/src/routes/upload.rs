//! Tickets: a signed manifest buys an address for exactly its bytes.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::{
    CaptureState, Carried, DeviceId, Digest, EntryKind, Holding, Jws, Manifest, ProblemCode, StatusAnswer,
    StatusQuery, Tenant, UploadAnswer, UploadRequest, WireError,
};
use jiff::{SignedDuration, Timestamp};

use super::apart::apart;
use super::finish::{finish_if_whole, log_and_sign};
use crate::app::{App, Turn};
use crate::blobs::BlobName;
use crate::budget::{Cost, Held, UsedUp};
use crate::db::{Capture, Db, Heartbeat, NewCapture, Said, Write};
use crate::proof::{FromDevice, served};
use crate::refusal::RequestRefusal;
use crate::standing::standing;
use crate::tenant::Served;

const TICKET_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
const STATUS_LIMIT: usize = 100;
/// Longest manifest: a body of a few hundred bytes, twice in base64.
const MANIFEST_LIMIT: usize = 16 * 1024;
/// What a revoked phone may say that it discarded, for good: as many as a wipe order's report names.
const REVOKED_VOIDS: u32 = 2000;

#[utoipa::path(
    post,
    path = "/v1/{tenant}/uploads",
    params(("tenant" = String, Path, description = "tenant")),
    responses(
        (status = 201, description = "an upload address"),
        (status = 200, description = "held already: the receipts"),
        (status = 403, description = "device_refused, wrong_device"),
        (status = 409, description = "conflict, chain_conflict"),
        (status = 422, description = "manifest_invalid, wrong_type"),
        (status = 429, description = "quota_exceeded")
    )
)]
pub async fn upload(
    State(app): State<App>,
    request: FromDevice,
) -> Result<(StatusCode, Json<UploadAnswer>), RequestRefusal> {
    let revoked = request.unless_revoked();
    let FromDevice { tenant, device, body, said_at_s } = request;
    served(&app, &tenant)?;
    let asked: UploadRequest = serde_json::from_slice(&body).map_err(|_| ProblemCode::MalformedRequest)?;
    if asked.manifest.kid() != &device.device_id {
        return Err(ProblemCode::WrongDevice.into());
    }
    if asked.manifest.as_str().len() > MANIFEST_LIMIT {
        return Err(ProblemCode::TooLarge.into());
    }
    let manifest = Manifest::verify(&asked.manifest, &device.key, &tenant).map_err(|error| match error {
        WireError::WrongType { .. } => ProblemCode::WrongType,
        _ => ProblemCode::ManifestInvalid,
    })?;
    if manifest.has_photo() {
        // That a photo will not come, a phone may say even then.
        revoked?;
    }
    let capture_id = manifest.carried().body.capture_id;
    let name = BlobName { tenant, device_id: device.device_id, capture_id };
    let earlier = earlier(&app, &name, &manifest).await?;
    if revoked.is_err() {
        may_still_say(&app, &name, &manifest, &earlier).await?;
    }
    let supersedes = revoked.is_ok();
    apart(async move {
        let offer = Offer { name, manifest, jws: &asked.manifest, earlier, supersedes };
        let (highest_seq, unsent) = (asked.highest_seq, asked.unsent);
        let said = Said { highest_seq, unsent, screen_captures: None, at_s: said_at_s };
        take_in(&app, &offer, &said, revoked).await
    })
    .await
}

/// Takes an offer in, or says why not.
async fn take_in(
    app: &App,
    offer: &Offer<'_>,
    said: &Said,
    revoked: Result<(), RequestRefusal>,
) -> Result<(StatusCode, Json<UploadAnswer>), RequestRefusal> {
    let served = served(app, &offer.name.tenant)?;
    // Whoever asks anew has given up sending: what is in flight is written first.
    let _turns = take_turns(app, offer, revoked).await?;

    let now = app.clock.now();
    let mut write = app.db.write().await?;
    let whose = (&offer.name.tenant, &offer.name.device_id);
    app.db.heard(&mut write, whose, said, now.as_millisecond()).await?;
    let (mut superseded, mut paid) = (Vec::new(), None);
    let verdict = decide(&mut write, served, offer, now).await?;
    // What the phone said of itself is kept even where its photo is refused.
    let answer = match verdict {
        Verdict::Held(state) => Ok(UploadAnswer::Held(state)),
        Verdict::Wanted { instead_of } => match pay(app, whose, offer) {
            Ok(held) => {
                for refused in &instead_of {
                    step_down(&mut write, offer, refused).await?;
                }
                superseded = instead_of;
                paid = Some(held);
                Ok(take_up(&mut write, app, served, offer).await?)
            }
            Err(used_up) => Err(used_up.into()),
        },
        Verdict::Refused(code) => Err(RequestRefusal::from(code)),
    };
    write.commit().await?;
    if let Some(paid) = paid {
        paid.spend();
    }
    let answer = answer?;
    if let (Manifest::Void(..), UploadAnswer::Held(_)) = (&offer.manifest, &answer) {
        let BlobName { tenant, device_id, capture_id } = &offer.name;
        tracing::info!(%tenant, %device_id, %capture_id, "a photo will not come");
    }
    if matches!(offer.manifest, Manifest::Void(..)) {
        app.blobs.discard_part(&offer.name)?;
        superseded.iter().try_for_each(|name| app.blobs.delete(name))?;
    }
    let status = match answer {
        UploadAnswer::Ticket { .. } => StatusCode::CREATED,
        UploadAnswer::Held(_) => StatusCode::OK,
    };
    Ok((status, Json(answer)))
}

/// A revoked phone's void: of its own places alone, and so many in all.
async fn may_still_say(
    app: &App,
    name: &BlobName,
    manifest: &Manifest,
    earlier: &[BlobName],
) -> Result<(), RequestRefusal> {
    let taken_by = &manifest.carried().body.device_id;
    let own = manifest.is_own() || earlier.iter().any(|earlier| earlier.device_id == *taken_by);
    if own && app.db.voids(&name.tenant, &name.device_id, REVOKED_VOIDS).await? < REVOKED_VOIDS {
        return Ok(());
    }
    Err(ProblemCode::DeviceRefused.into())
}

/// Takes what a leaf costs from the phone's share, and from its hospital's.
fn pay<'a>(app: &'a App, whose: (&Tenant, &DeviceId), offer: &Offer<'_>) -> Result<Held<'a>, UsedUp> {
    app.budgets.hold(whose, &[(Cost::Leaf, 1), (Cost::LeafBytes, offer.jws.as_str().len() as u64)])
}

/// A manifest that asks to be taken in.
struct Offer<'a> {
    name: BlobName,
    manifest: Manifest,
    jws: &'a Jws,
    /// The same photo under the keys that the phone is known to have had before; none for a photo of its own.
    earlier: Vec<BlobName>,
    /// Whether it may take the place of what the hospital refused: a revoked phone ends nothing that is held.
    supersedes: bool,
}

impl Offer<'_> {
    fn supersedes(&self, capture: &Capture) -> bool {
        self.supersedes && capture.is_superseded_by(&self.manifest)
    }
}

async fn earlier(app: &App, name: &BlobName, manifest: &Manifest) -> Result<Vec<BlobName>, RequestRefusal> {
    if manifest.is_own() {
        return Ok(Vec::new());
    }
    let old = app.db.device(&name.tenant, &manifest.carried().body.device_id).await?;
    old.ok_or(ProblemCode::WrongDevice)?;
    let ids = app.db.predecessors(&name.tenant, &name.device_id, false).await?;
    Ok(ids.into_iter().map(|device_id| BlobName { device_id, ..name.clone() }).collect())
}

/// Takes the turn at the photo under every key of the phone, in one order for all, so that no two wait for each other. What
/// came whole under one is finished, and there is no second one.
async fn take_turns(
    app: &App,
    offer: &Offer<'_>,
    revoked: Result<(), RequestRefusal>,
) -> Result<Vec<Turn>, RequestRefusal> {
    let mut names: Vec<_> = offer.earlier.iter().chain([&offer.name]).collect();
    names.sort_by_key(|name| name.device_id.as_str());
    names.dedup();
    let mut turns = Vec::new();
    for name in names {
        let turn = app.take_turn(name).await;
        match finish_if_whole(&turn).await {
            Ok(()) => {}
            // Of a revoked key it is gone. An earlier key's is sent anew; the phone's own it says will not come.
            Err(RequestRefusal::Problem(ProblemCode::DeviceRefused))
                if *name != offer.name || revoked.is_err() => {}
            Err(refusal) => return Err(refusal),
        }
        turns.push(turn);
    }
    Ok(turns)
}

/// Makes room for the offer where the hospital had refused the photo.
async fn step_down(
    write: &mut Write<'_>,
    offer: &Offer<'_>,
    refused: &BlobName,
) -> Result<(), RequestRefusal> {
    if *refused == offer.name {
        Db::reopen(write, refused).await?;
    } else {
        Db::release(write, refused, matches!(offer.manifest, Manifest::Void(..))).await?;
    }
    Ok(())
}

/// Takes a manifest in: an address for its bytes, or the receipt where it has none.
async fn take_up(
    write: &mut Write<'_>,
    app: &App,
    served: &Served,
    offer: &Offer<'_>,
) -> Result<UploadAnswer, RequestRefusal> {
    let name = &offer.name;
    for old in &offer.earlier {
        Db::close_ticket(write, old).await?;
    }
    Db::put_capture(write, &new_capture(offer)).await?;
    if !offer.manifest.has_photo() {
        return Ok(UploadAnswer::Held(Box::new(log_and_sign(write, app, served, name).await?)));
    }
    let offset = app.blobs.offset(name, offer.manifest.carried().body.size)?;
    let (upload_url, expires_at) = issue(write, served, name, app.clock.now()).await?;
    Ok(UploadAnswer::Ticket { upload_url, expires_at, offset })
}

enum Verdict {
    /// Here already, or voided.
    Held(Box<CaptureState>),
    /// Welcome, in place of what the hospital refused.
    Wanted { instead_of: Vec<BlobName> },
    /// Not taken.
    Refused(ProblemCode),
}

/// Judges a manifest inside the write that takes it, so that of two at once one is taken.
async fn decide(
    write: &mut Write<'_>,
    served: &Served,
    offer: &Offer<'_>,
    now: Timestamp,
) -> Result<Verdict, RequestRefusal> {
    let (name, Carried { body, hash }) = (&offer.name, offer.manifest.carried());
    let mut instead_of = Vec::new();
    if let Some(capture) = Db::capture_now(write, name).await? {
        if capture.body_sha256 != *hash {
            return Ok(Verdict::Refused(ProblemCode::Conflict));
        }
        match capture.state_for(offer.jws) {
            Some(_) if offer.supersedes(&capture) => instead_of.push(capture.name),
            Some(state) => return Ok(Verdict::Held(Box::new(state))),
            None => {}
        }
    }
    if let Some(state) = arrived_before(write, offer, &mut instead_of).await? {
        return Ok(Verdict::Held(Box::new(state)));
    }
    let taken = Db::body_at(write, &name.tenant, &body.device_id, body.seq).await?;
    if taken.is_some_and(|taken| taken != *hash) {
        return Ok(Verdict::Refused(ProblemCode::ChainConflict));
    }
    if !offer.manifest.has_photo() {
        return Ok(Verdict::Wanted { instead_of });
    }
    let held = Db::held(write, name, now.as_millisecond()).await?;
    let policy = &served.in_force().policy;
    let over = held.open >= u64::from(policy.max_open_tickets)
        || held.device.saturating_add(body.size) > policy.max_device_bytes
        || held.tenant.saturating_add(body.size) > policy.max_tenant_bytes;
    Ok(if over { Verdict::Refused(ProblemCode::QuotaExceeded) } else { Verdict::Wanted { instead_of } })
}

/// The receipts of a photo that had arrived before the phone lost an earlier key; what steps down instead goes to `refused`.
async fn arrived_before(
    write: &mut Write<'_>,
    offer: &Offer<'_>,
    refused: &mut Vec<BlobName>,
) -> Result<Option<CaptureState>, RequestRefusal> {
    if offer.manifest.is_own() {
        return Ok(None);
    }
    let Carried { body, hash } = offer.manifest.carried();
    let taken_by = BlobName { device_id: body.device_id.clone(), ..offer.name.clone() };
    for old in offer.earlier.iter().chain([&taken_by]) {
        let arrived = Db::capture_now(write, old).await?.filter(|capture| capture.body_sha256 == *hash);
        let Some(arrived) = arrived else { continue };
        match arrived.state_for(offer.jws) {
            // On the phone's claim alone what is held under the other key stays as it is, and counts.
            Some(_) if offer.supersedes(&arrived) => {
                refused.extend(Some(arrived.name).filter(|name| offer.earlier.contains(name)));
            }
            Some(state) => return Ok(Some(state)),
            None => {}
        }
    }
    Ok(None)
}

fn new_capture<'a>(offer: &'a Offer<'_>) -> NewCapture<'a> {
    let Carried { body, hash } = offer.manifest.carried();
    NewCapture {
        name: &offer.name,
        body_device: &body.device_id,
        seq: body.seq,
        body_sha256: hash,
        sha256: &body.sha256,
        size: body.size,
        kind: match offer.manifest {
            Manifest::Photo(_) => EntryKind::Photo,
            Manifest::Void(..) => EntryKind::Void,
            Manifest::Adoption(..) => EntryKind::Adoption,
        },
        manifest: offer.jws,
    }
}

/// A fresh address for the photo; an older one is dead.
async fn issue(
    write: &mut Write<'_>,
    served: &Served,
    name: &BlobName,
    now: Timestamp,
) -> Result<(String, Timestamp), RequestRefusal> {
    let mut secret = [0; 16];
    getrandom::fill(&mut secret).map_err(|_| ProblemCode::Internal)?;
    let secret = BASE64_URL_SAFE_NO_PAD.encode(secret);
    let expires_at = now + TICKET_LIFE;
    let ticket = Digest::of(secret.as_bytes());
    Db::set_ticket(write, name, &ticket, expires_at.as_millisecond()).await?;
    Ok((format!("{}/v1/transfers/{secret}", served.gateway.url), expires_at))
}

#[utoipa::path(
    post,
    path = "/v1/{tenant}/status",
    params(("tenant" = String, Path, description = "tenant")),
    responses((status = 200, description = "receipts of those photos that are held; where the phone stands"))
)]
pub async fn status(
    State(app): State<App>,
    request: FromDevice,
) -> Result<Json<StatusAnswer>, RequestRefusal> {
    let FromDevice { tenant, device, body, said_at_s } = request;
    let query: StatusQuery = serde_json::from_slice(&body).map_err(|_| ProblemCode::MalformedRequest)?;
    if query.captures.len() > STATUS_LIMIT {
        return Err(ProblemCode::TooLarge.into());
    }
    let captures = app.db.states(&tenant, &device.device_id, &query.captures).await?;
    let standing = match &query.holding {
        Some(holding) => Some(hear(&app, (&tenant, &device.device_id), holding, said_at_s).await?),
        None => None,
    };
    Ok(Json(StatusAnswer { captures, standing }))
}

/// Takes in what the phone says of itself, and tells it where it stands.
async fn hear(
    app: &App,
    (tenant, id): (&Tenant, &DeviceId),
    holding: &Holding,
    said_at_s: i64,
) -> Result<Jws, RequestRefusal> {
    let served = served(app, tenant)?;
    let at_ms = app.clock.now().as_millisecond();
    if app.db.is_news((tenant, id), holding, at_ms).await? {
        let (tenant, device_id, holding) = (tenant.clone(), id.clone(), holding.clone());
        app.heartbeats.keep(&app.db, Heartbeat { tenant, device_id, holding, said_at_s, at_ms }).await?;
    } else {
        app.db.heard_again((tenant, id), said_at_s, at_ms);
    }
    let device = app.db.registered(tenant, id).await?.ok_or(ProblemCode::UnknownDevice)?;
    standing(app, served, &device)
}
