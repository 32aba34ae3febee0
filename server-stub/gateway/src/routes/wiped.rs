//! A phone's word that it was wiped.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use gauze_wire::{Digest, EntryKind, Jws, ProblemCode, Wiped};

use super::apart::apart;
use crate::app::App;
use crate::budget::Cost;
use crate::db::{Db, Said, log_append};
use crate::peers::Peer;
use crate::proof::{InPath, served};
use crate::refusal::RequestRefusal;

#[utoipa::path(
    post,
    path = "/v1/{tenant}/wiped",
    params(("tenant" = String, Path, description = "tenant")),
    responses(
        (status = 204, description = "kept, and in the log"),
        (status = 401, description = "unknown_device, signature_invalid")
    )
)]
pub async fn wiped(
    State(app): State<App>,
    InPath(tenant): InPath,
    peer: Peer,
    body: Body,
) -> Result<StatusCode, RequestRefusal> {
    served(&app, &tenant)?;
    let body = app.strangers.read(&peer, body).await?;
    let text = std::str::from_utf8(&body).map_err(|_| ProblemCode::MalformedRequest)?;
    let word = Jws::parse(text.trim()).map_err(|_| ProblemCode::MalformedRequest)?;
    let device = app.db.device(&tenant, word.kid()).await?.ok_or(ProblemCode::UnknownDevice)?;
    // The word is its own proof: signed by the device key, for this device, once.
    let wiped: Wiped = word.verify(&device.key, &tenant).map_err(|_| ProblemCode::SignatureInvalid)?;
    if wiped.device_id != device.device_id {
        return Err(ProblemCode::WrongDevice.into());
    }
    apart(async move { keep(&app, &word, &wiped).await }).await
}

async fn keep(app: &App, word: &Jws, wiped: &Wiped) -> Result<StatusCode, RequestRefusal> {
    let (whose, served) = ((&wiped.tenant, &wiped.device_id), served(app, &wiped.tenant)?);
    let payload = word.payload_bytes().map_err(|_| ProblemCode::MalformedRequest)?;
    let now = app.clock.now();
    let now_ms = now.as_millisecond();
    let mut write = app.db.write().await?;
    let said = (&Digest::of(&payload), wiped);
    if Db::hear_wiped(&mut write, whose, said, now_ms).await? {
        // What is left undone here is undone with the write.
        let costs = [(Cost::LeafBytes, word.as_str().len() as u64), (Cost::Wiped, 1)];
        let held = app.budgets.hold(whose, &costs)?;
        log_append(&mut write, served, (EntryKind::Wiped, word), now).await?;
        // The word is not dated as a request is: a phone's clock that runs ahead makes none of its later ones late.
        let at_s = wiped.at.min(now).as_second();
        let (highest_seq, unsent) = (wiped.highest_seq, wiped.unsent);
        app.db
            .heard(&mut write, whose, &Said { highest_seq, unsent, screen_captures: None, at_s }, now_ms)
            .await?;
        write.commit().await?;
        held.spend();
        let (tenant, device_id) = whose;
        tracing::info!(%tenant, %device_id, cause = wiped.cause.as_str(), "a phone was wiped");
    }
    Ok(StatusCode::NO_CONTENT)
}
