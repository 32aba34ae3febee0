//! The bytes: `PUT` of the whole, `HEAD` for the offset, `PATCH` of the rest (IETF draft resumable uploads).
//!
//! Always: memory is one buffer a transfer; no more bytes are taken than the manifest names; a photo becomes whole only
//! when its digest is the manifest's and it was synced; only then does the log get its leaf and the phone its receipt.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use gauze_wire::{Binding, CaptureState, Digest, EntryKind, Jws, ProblemCode, Stored};
use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::db::{Capture, Db, log_append};
use crate::meters;
use crate::proof::served;
use crate::refusal::Refusal;
use crate::tenant::Served;

const BUFFER: usize = 64 * 1024;
/// A sender that says nothing for this long has gone; what came stays.
const IDLE: Duration = Duration::from_secs(60);

#[utoipa::path(
    put,
    path = "/v1/transfers/{ticket}",
    params(("ticket" = String, Path, description = "the secret part of the upload address")),
    responses(
        (status = 201, description = "whole: the stored receipt"),
        (status = 200, description = "it was whole before: the receipts"),
        (status = 404, description = "ticket_unknown"),
        (status = 410, description = "ticket_expired"),
        (status = 422, description = "digest_mismatch, size_mismatch")
    )
)]
pub async fn put(
    State(app): State<App>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let ticket = Digest::of(ticket.as_bytes());
    let (capture, held) = find(&app, &ticket).await?;
    if let Some(held) = held {
        return Ok((StatusCode::OK, Json(held)).into_response());
    }
    if length(&headers).is_some_and(|length| length != capture.size) {
        return Err(ProblemCode::SizeMismatch.into());
    }
    let turn = app.take_turn(ticket).await;
    let receiver = Receiver::open(&app, &capture, 0).await?;
    receiver.receive(body, &turn.leave, true).await
}

#[utoipa::path(
    patch,
    path = "/v1/transfers/{ticket}",
    params(
        ("ticket" = String, Path, description = "the secret part of the upload address"),
        ("upload-offset" = u64, Header, description = "where the body goes on"),
        ("upload-complete" = Option<String>, Header, description = "?1 if the body ends the photo")
    ),
    responses(
        (status = 201, description = "whole: the stored receipt"),
        (status = 204, description = "taken so far"),
        (status = 409, description = "offset_conflict: Upload-Offset says where to go on")
    )
)]
pub async fn patch(
    State(app): State<App>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let ticket = Digest::of(ticket.as_bytes());
    let (capture, held) = find(&app, &ticket).await?;
    if let Some(held) = held {
        return Ok((StatusCode::OK, Json(held)).into_response());
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("content-type") != Some("application/partial-upload") {
        return Err(ProblemCode::MalformedRequest.into());
    }
    let offset: u64 =
        text("upload-offset").and_then(|offset| offset.parse().ok()).ok_or(ProblemCode::MalformedRequest)?;
    let complete = match text("upload-complete") {
        Some("?1") | None => true,
        Some("?0") => false,
        Some(_) => return Err(ProblemCode::MalformedRequest.into()),
    };
    let turn = app.take_turn(ticket).await;
    let present = app.blobs.offset(&capture.name, capture.size)?;
    if offset != present {
        return Err(Refusal::Offset(present));
    }
    let receiver = Receiver::open(&app, &capture, offset).await?;
    receiver.receive(body, &turn.leave, complete).await
}

#[utoipa::path(
    head,
    path = "/v1/transfers/{ticket}",
    params(("ticket" = String, Path, description = "the secret part of the upload address")),
    responses((status = 204, description = "Upload-Offset, Upload-Complete, Upload-Limit"))
)]
pub async fn head(State(app): State<App>, Path(ticket): Path<String>) -> Result<Response, Refusal> {
    let ticket = Digest::of(ticket.as_bytes());
    let (capture, held) = find(&app, &ticket).await?;
    let offset = match &held {
        Some(_) => capture.size,
        None => {
            // Whoever asks has given up sending: what is in flight is written first.
            let _turn = app.take_turn(ticket).await;
            app.blobs.offset(&capture.name, capture.size)?
        }
    };
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert("upload-offset", HeaderValue::from(offset));
    headers.insert("upload-complete", HeaderValue::from_static(if held.is_some() { "?1" } else { "?0" }));
    let limit = format!("max-size={}", capture.size);
    headers.insert("upload-limit", HeaderValue::from_str(&limit).map_err(|_| ProblemCode::Internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The photo behind a ticket, and its receipts where it is whole.
async fn find(app: &App, ticket: &Digest) -> Result<(Capture, Option<CaptureState>), Refusal> {
    let capture = app.db.capture_by_ticket(ticket).await?.ok_or(ProblemCode::TicketUnknown)?;
    if capture.kind == EntryKind::Void {
        return Err(ProblemCode::TicketUnknown.into());
    }
    if let Some(state) = capture.state() {
        return Ok((capture, Some(state)));
    }
    let now_ms = app.clock.now().as_millisecond();
    if capture.ticket_expires_ms.is_none_or(|expires| expires <= now_ms) {
        return Err(ProblemCode::TicketExpired.into());
    }
    let served = served(app, &capture.name.tenant)?;
    if finish_if_whole(app, served, &capture).await? {
        let again = app.db.capture_by_ticket(ticket).await?.ok_or(ProblemCode::TicketUnknown)?;
        let state = again.state();
        return Ok((again, state));
    }
    Ok((capture, None))
}

struct Receiver<'a> {
    app: &'a App,
    capture: &'a Capture,
    file: File,
    hash: Sha256,
    received: u64,
}

impl<'a> Receiver<'a> {
    /// Opens the part at `offset`, having hashed what is there.
    async fn open(app: &'a App, capture: &'a Capture, offset: u64) -> Result<Self, Refusal> {
        let path = app.blobs.part(&capture.name);
        let mut options = tokio::fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(offset == 0);
        let mut file = options.open(path).await?;
        file.set_max_buf_size(BUFFER);
        let mut hash = Sha256::new();
        let mut buffer = vec![0; BUFFER];
        let mut prefix = (&mut file).take(offset);
        loop {
            match prefix.read(&mut buffer).await? {
                0 => break,
                n => hash.update(&buffer[..n]),
            }
        }
        file.seek(std::io::SeekFrom::Start(offset)).await?;
        Ok(Self { app, capture, file, hash, received: offset })
    }

    /// Takes what comes until it ends, is cut, is too much, or somebody else takes over.
    async fn receive(
        mut self,
        body: Body,
        leave: &CancellationToken,
        complete: bool,
    ) -> Result<Response, Refusal> {
        let mut stream = body.into_data_stream();
        let ended = loop {
            let next = tokio::select! {
                () = leave.cancelled() => break Err(Refusal::from(ProblemCode::TransferBusy)),
                next = tokio::time::timeout(IDLE, stream.next()) => next,
            };
            match next {
                Ok(Some(Ok(bytes))) => {
                    let total = self.received + bytes.len() as u64;
                    if total > self.capture.size {
                        self.discard().await?;
                        return Err(ProblemCode::SizeMismatch.into());
                    }
                    if let Err(error) = self.file.write_all(&bytes).await {
                        break Err(error.into());
                    }
                    self.hash.update(&bytes);
                    self.received = total;
                    meters::received(bytes.len());
                }
                Ok(None) => break Ok(()),
                // The connection was cut, or its end went silent.
                Ok(Some(Err(_))) | Err(_) => break Err(ProblemCode::Unavailable.into()),
            }
        };
        let flushed = self.file.flush().await;
        ended?;
        flushed?;
        if self.received < self.capture.size {
            return if complete {
                // It says it is done and is not: what came stays, the rest is still wanted.
                Err(Refusal::Offset(self.received))
            } else {
                Ok(StatusCode::NO_CONTENT.into_response())
            };
        }
        self.whole().await
    }

    async fn discard(&mut self) -> Result<(), Refusal> {
        self.file.set_len(0).await?;
        self.app.blobs.discard_part(&self.capture.name)?;
        Ok(())
    }

    async fn whole(mut self) -> Result<Response, Refusal> {
        let digest = Digest(std::mem::take(&mut self.hash).finalize().into());
        if digest != self.capture.sha256 {
            self.discard().await?;
            return Err(ProblemCode::DigestMismatch.into());
        }
        self.file.sync_all().await?;
        let (app, name) = (self.app.clone(), self.capture.name.clone());
        tokio::task::spawn_blocking(move || app.blobs.complete(&name))
            .await
            .map_err(|_| ProblemCode::Internal)??;
        let served = served(self.app, &self.capture.name.tenant)?;
        let state = finish(self.app, served, self.capture).await?;
        Ok((StatusCode::CREATED, Json(state)).into_response())
    }
}

/// Finishes a photo whose bytes were whole when the process died.
pub async fn finish_if_whole(app: &App, served: &Served, capture: &Capture) -> Result<bool, Refusal> {
    if !app.blobs.whole(&capture.name).is_file() {
        return Ok(false);
    }
    finish(app, served, capture).await?;
    Ok(true)
}

/// Logs a manifest whose bytes are here (or that has none) and signs the *stored* receipt, in one transaction.
pub async fn finish(app: &App, served: &Served, capture: &Capture) -> Result<CaptureState, Refusal> {
    let mut write = app.db.write().await?;
    let proof = log_append(&mut write, served, capture.kind, &capture.manifest).await?;
    let binding = Binding {
        tenant: capture.name.tenant.clone(),
        device_id: capture.name.device_id.clone(),
        capture_id: capture.name.capture_id,
        manifest_sha256: capture.manifest.digest(),
        sha256: capture.sha256,
        size: capture.size,
    };
    let stored = Jws::sign(&Stored::new(binding, proof, app.clock.now()), app.keys.receipts())?;
    let has_blob = capture.kind != EntryKind::Void;
    if Db::set_stored(&mut write, &capture.name, &stored, has_blob).await? {
        write.commit().await?;
        meters::stored();
        return Ok(CaptureState { capture_id: capture.name.capture_id, stored, outcome: None });
    }
    // Another request finished it first: its receipt is the one.
    write.rollback().await?;
    let held = app.db.capture(&capture.name).await?;
    held.as_ref().and_then(Capture::state).ok_or_else(|| ProblemCode::Internal.into())
}
