//! A photo's bytes for the records side.
//!
//! Always: bytes that lie here otherwise than they were signed for, or no longer at all, are asked of the phone again: it keeps
//! a photo until the hospital has filed it.

use std::io::{self, Read as _};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _};
use gauze_wire::{Digest, EntryKind, ProblemCode};
use sha2::{Digest as _, Sha256};
use tokio_util::io::ReaderStream;

use crate::app::App;
use crate::blobs::BlobName;
use crate::db::{Capture, Db};
use crate::proof::FromRecords;
use crate::refusal::RequestRefusal;

const BUFFER: usize = 64 * 1024;

#[utoipa::path(
    get,
    path = "/v1/{tenant}/blobs/{device}/{capture}",
    params(
        ("tenant" = String, Path, description = "tenant"),
        ("device" = String, Path, description = "device id"),
        ("capture" = String, Path, description = "capture id")
    ),
    responses((status = 200, description = "the sealed bytes"), (status = 404, description = "not_found"))
)]
pub async fn blob(
    State(app): State<App>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    request: FromRecords,
) -> Result<Response, RequestRefusal> {
    let Path((_, device, capture)) = path?;
    let name = BlobName {
        tenant: request.tenant,
        device_id: device.parse().map_err(|_| ProblemCode::NotFound)?,
        capture_id: capture.parse().map_err(|_| ProblemCode::NotFound)?,
    };
    let held = app.db.capture(&name).await?.filter(|capture| capture.stored.is_some());
    let held = held.ok_or(ProblemCode::NotFound)?;
    let file = match tokio::fs::File::open(app.blobs.whole(&name)).await {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            ask_again(&app, &held).await?;
            return Err(ProblemCode::NotFound.into());
        }
        Err(error) => return Err(error.into()),
    };
    if file.metadata().await?.len() != held.size {
        ask_again(&app, &held).await?;
        return Err(ProblemCode::NotFound.into());
    }
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, held.size.to_string()),
    ];
    let bytes = ReaderStream::with_capacity(file, BUFFER);
    Ok((headers, Body::from_stream(watched(app, held, bytes))).into_response())
}

/// The bytes as they are; before the last of them goes out, whether they are those that were signed for.
fn watched(
    app: App,
    held: Capture,
    bytes: impl Stream<Item = io::Result<Bytes>>,
) -> impl Stream<Item = io::Result<Bytes>> {
    let mut hash = Sha256::new();
    let mut left = held.size;
    let whose = Arc::new((app, held));
    bytes.then(move |next| {
        if let Ok(part) = &next {
            hash.update(part);
            left = left.saturating_sub(part.len() as u64);
        }
        let whole = (left == 0).then(|| Digest(hash.clone().finalize().into()));
        let whose = whose.clone();
        async move {
            let (app, held) = &*whose;
            if whole.is_some_and(|whole| whole != held.sha256)
                && let Err(error) = ask_again(app, held).await
            {
                tracing::error!(?error, capture_id = %held.name.capture_id, "a damaged photo was not asked for again");
            }
            next
        }
    })
}

/// Puts what lies here aside and lets the phone send the photo anew, unless the file reads as signed for when looked at alone.
async fn ask_again(app: &App, held: &Capture) -> Result<(), RequestRefusal> {
    let name = &held.name;
    let _turn = app.take_turn(name).await;
    let now = app.db.capture(name).await?.filter(|now| now.stored == held.stored);
    let waits = now.is_some_and(|now| now.kind != EntryKind::Void && !now.is_filed());
    if !waits || app.digest_of(name).await? == Some(held.sha256) {
        return Ok(());
    }
    app.blobs.put_aside(name)?;
    let mut write = app.db.write().await?;
    Db::reopen(&mut write, name).await?;
    write.commit().await?;
    tracing::error!(capture_id = %name.capture_id, "a photo is damaged here: its phone is asked for it again");
    Ok(())
}

impl App {
    /// What lies under the photo's name; nothing where nothing does.
    async fn digest_of(&self, name: &BlobName) -> Result<Option<Digest>, RequestRefusal> {
        let path = self.blobs.whole(name);
        let read = tokio::task::spawn_blocking(move || -> io::Result<Option<Digest>> {
            let mut file = match std::fs::File::open(path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            let (mut hash, mut buffer) = (Sha256::new(), vec![0; BUFFER]);
            loop {
                match file.read(&mut buffer)? {
                    0 => return Ok(Some(Digest(hash.finalize().into()))),
                    read => hash.update(&buffer[..read]),
                }
            }
        });
        Ok(read.await.map_err(|_| ProblemCode::Internal)??)
    }
}
