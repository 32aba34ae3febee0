//! The bytes: `PUT` of the whole, `HEAD` for the offset, `PATCH` of the rest (IETF draft resumable uploads).
//!
//! Always: memory is two buffers a transfer, one that fills while the other is written; no more bytes are taken than the manifest
//! names; a photo becomes whole only when its digest is the manifest's and it was synced; only then does the log get its leaf and
//! the phone its receipt; with a connection that dies nothing is lost that had come.

use std::pin::pin;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, BodyDataStream};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use gauze_wire::{CaptureState, Digest, ProblemCode};
use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _, BufWriter};

use super::apart::apart;
use super::fields::{Beginning, Said, may_be_resumed, part};
use super::finish::{finish, finish_if_whole, lasting};
use crate::app::{App, Turn};
use crate::asker::Asker;
use crate::blobs::Blobs;
use crate::db::Capture;
use crate::meters;
use crate::peers::Peer;
use crate::private;
use crate::proof::served;
use crate::refusal::RequestRefusal;

const BUFFER: usize = 64 * 1024;
/// Whoever is told to leave still takes in what is on its way, or the phone would have to send it again: until nothing
/// came for so long, or as much came as a connection can hold.
const LINGER: Duration = Duration::from_millis(100);
const ON_ITS_WAY: u64 = 2 << 20;
/// And not for longer than this, however it comes: somebody waits.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);
/// A sender that says nothing for this long has gone; what came stays.
const IDLE: Duration = Duration::from_secs(60);

#[utoipa::path(
    put,
    path = "/v1/transfers/{ticket}",
    params(("ticket" = String, Path, description = "the secret part of the upload address")),
    responses(
        (status = 201, description = "whole: the stored receipt; Upload-Complete: ?0: taken so far, in a version of the draft"),
        (status = 200, description = "it was whole before: the receipts"),
        (status = 404, description = "ticket_unknown"),
        (status = 410, description = "ticket_expired"),
        (status = 422, description = "digest_mismatch, size_mismatch")
    )
)]
pub async fn put(
    State(app): State<App>,
    ticket: Result<Path<String>, PathRejection>,
    peer: Peer,
    asker: Asker,
    beginning: Beginning,
    body: Body,
) -> Result<Response, RequestRefusal> {
    let ticket = Ticket::of(ticket, peer, asker)?;
    let location = ticket.goes_on(&app, &beginning).await?;
    let said = beginning.said;
    apart(async move {
        match ticket.take(&app, |size| said.fits(size)).await? {
            Place::Held(capture, state) => Ok(whole(StatusCode::OK, &capture, state)),
            Place::Open(capture, turn) => {
                let receiver = Receiver::open(capture, turn, Begin::Start).await?;
                let answer = receiver.receive(body, said.complete.unwrap_or(true)).await?;
                Ok(begun(answer, location))
            }
        }
    })
    .await
}

/// Of a photo that is not whole, where it goes on.
fn begun(mut answer: Response, location: Option<HeaderValue>) -> Response {
    if answer.status() == StatusCode::NO_CONTENT
        && let Some(location) = location
    {
        *answer.status_mut() = StatusCode::CREATED;
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer
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
    ticket: Result<Path<String>, PathRejection>,
    peer: Peer,
    asker: Asker,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestRefusal> {
    let ticket = Ticket::of(ticket, peer, asker)?;
    let said = Said::of(&headers)?;
    let part = part(&headers, &said)?;
    apart(async move {
        let fits = |size| part.fits(size) && said.whole.is_none_or(|whole| whole == size);
        match ticket.take(&app, fits).await? {
            Place::Held(capture, state) => Ok(whole(StatusCode::OK, &capture, state)),
            Place::Open(capture, turn) => {
                let receiver = Receiver::open(capture, turn, Begin::Offset(part.offset)).await?;
                receiver.receive(body, part.complete).await
            }
        }
    })
    .await
}

#[utoipa::path(
    head,
    path = "/v1/transfers/{ticket}",
    params(("ticket" = String, Path, description = "the secret part of the upload address")),
    responses((status = 204, description = "Upload-Offset, Upload-Complete, Upload-Limit"))
)]
pub async fn head(
    State(app): State<App>,
    ticket: Result<Path<String>, PathRejection>,
    peer: Peer,
    asker: Asker,
) -> Result<Response, RequestRefusal> {
    let ticket = Ticket::of(ticket, peer, asker)?;
    let (size, offset, complete) = apart(async move {
        Ok(match ticket.take(&app, |_| true).await? {
            Place::Held(capture, _) => (capture.size, capture.size, true),
            // Whoever asks has given up sending: with the turn, what was in flight is written.
            Place::Open(capture, _turn) => {
                (capture.size, app.blobs.offset(&capture.name, capture.size)?, false)
            }
        })
    })
    .await?;
    let mut response = stands(StatusCode::NO_CONTENT.into_response(), offset, complete);
    let headers = response.headers_mut();
    headers.insert("upload-length", HeaderValue::from(size));
    let limit = format!("max-size={size}");
    headers.insert("upload-limit", HeaderValue::from_str(&limit).map_err(|_| ProblemCode::Internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Says where the upload stands.
fn stands(mut response: Response, offset: u64, complete: bool) -> Response {
    let headers = response.headers_mut();
    headers.insert("upload-offset", HeaderValue::from(offset));
    headers.insert("upload-complete", HeaderValue::from_static(if complete { "?1" } else { "?0" }));
    response
}

fn whole(status: StatusCode, capture: &Capture, state: CaptureState) -> Response {
    stands((status, Json(state)).into_response(), capture.size, true)
}

/// The secret part of an upload address, and who shows it.
struct Ticket {
    secret: String,
    peer: Peer,
    asker: Asker,
}

/// What is behind a ticket.
enum Place {
    /// Whole, with its receipts.
    Held(Capture, CaptureState),
    /// Not yet whole, and the turn at it.
    Open(Capture, Turn),
}

impl Ticket {
    fn of(
        path: Result<Path<String>, PathRejection>,
        peer: Peer,
        asker: Asker,
    ) -> Result<Self, RequestRefusal> {
        let Path(secret) = path.map_err(|_| ProblemCode::TicketUnknown)?;
        Ok(Self { secret, peer, asker })
    }

    async fn find(&self, app: &App) -> Result<Capture, RequestRefusal> {
        let hash = Digest::of(self.secret.as_bytes());
        let capture = app.db.capture_by_ticket(&hash).await?.ok_or(ProblemCode::TicketUnknown)?;
        self.asker.is(capture.name.device_id.as_str());
        let open = capture.stored.is_some()
            || capture.ticket_expires_ms.is_some_and(|expires| expires > app.clock.now().as_millisecond());
        if !open {
            return Err(ProblemCode::TicketExpired.into());
        }
        self.peer.proves_itself();
        Ok(capture)
    }

    /// Where the photo goes on if the transfer is cut, for whoever asks; says it, unless the photo is here already.
    async fn goes_on(
        &self,
        app: &App,
        Beginning { said, interim }: &Beginning,
    ) -> Result<Option<HeaderValue>, RequestRefusal> {
        let Some(version) = said.asks() else { return Ok(None) };
        let capture = self.find(app).await?;
        let gateway = &served(app, &capture.name.tenant)?.gateway.url;
        let location = format!("{gateway}/v1/transfers/{}", self.secret);
        if capture.stored.is_none() {
            interim.say(may_be_resumed(version, &location, capture.size));
        }
        HeaderValue::from_str(&location).map(Some).map_err(|_| ProblemCode::Internal.into())
    }

    /// Takes the turn at the photo, unless it is whole or what is announced cannot fit its size.
    async fn take(&self, app: &App, fits: impl Fn(u64) -> bool) -> Result<Place, RequestRefusal> {
        let capture = self.find(app).await?;
        if let Some(state) = capture.state() {
            return Ok(Place::Held(capture, state));
        }
        if !fits(capture.size) {
            return Err(ProblemCode::SizeMismatch.into());
        }
        let turn = app.take_turn(&capture.name).await;
        finish_if_whole(&turn).await?;
        // While we waited it may have arrived, been voided, or got another address.
        let capture = self.find(app).await?;
        Ok(match capture.state() {
            Some(state) => Place::Held(capture, state),
            None => Place::Open(capture, turn),
        })
    }
}

/// Where a body begins.
enum Begin {
    /// Anew, whatever has come.
    Start,
    /// After so many bytes, which must be what is here.
    Offset(u64),
}

/// The state over the first `length` bytes of a part.
async fn hash_first(file: &mut File, length: u64) -> Result<Sha256, RequestRefusal> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    let mut prefix = file.take(length);
    loop {
        match prefix.read(&mut buffer).await? {
            0 => return Ok(hash),
            n => hash.update(&buffer[..n]),
        }
    }
}

struct Receiver {
    turn: Turn,
    capture: Capture,
    file: BufWriter<File>,
    hash: Sha256,
    received: u64,
}

impl Receiver {
    /// Opens the part at its offset, having hashed what is there.
    async fn open(capture: Capture, turn: Turn, from: Begin) -> Result<Self, RequestRefusal> {
        let present = turn.app.blobs.offset(&capture.name, capture.size)?;
        let offset = match from {
            Begin::Start => 0,
            Begin::Offset(offset) if offset == present => offset,
            Begin::Offset(_) => return Err(RequestRefusal::Offset(present)),
        };
        let path = turn.app.blobs.part(&capture.name);
        let mut options = tokio::fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(offset == 0).mode(private::FILE);
        let mut file = options.open(path).await?;
        file.set_max_buf_size(BUFFER);
        let hash = match turn.app.prefixes.take(&capture.name, offset) {
            Some(hash) => hash,
            None => hash_first(&mut file, offset).await?,
        };
        file.seek(std::io::SeekFrom::Start(offset)).await?;
        let file = BufWriter::with_capacity(BUFFER, file);
        Ok(Self { turn, capture, file, hash, received: offset })
    }

    /// Takes what comes, and makes a photo of it if it is whole with that.
    async fn receive(mut self, body: Body, complete: bool) -> Result<Response, RequestRefusal> {
        let ended = self.take_in(body).await;
        let written = self.file.flush().await.map_err(RequestRefusal::from);
        if written.is_ok() && self.received < self.capture.size {
            self.turn.app.prefixes.keep(&self.capture.name, self.received, self.hash.clone());
        }
        self.kept(written.and(ended)).await?;
        if self.received == self.capture.size {
            return self.whole().await;
        }
        if complete {
            // It says it is done and is not: what came stays, the rest is still wanted.
            return Err(RequestRefusal::Offset(self.received));
        }
        Ok(stands(StatusCode::NO_CONTENT.into_response(), self.received, false))
    }

    /// Writes what comes until it ends, is cut, is too much, or somebody else takes over.
    async fn take_in(&mut self, body: Body) -> Result<(), RequestRefusal> {
        let mut stream = body.into_data_stream();
        let leave = self.turn.leave.clone();
        loop {
            let next = tokio::select! {
                biased;
                () = leave.cancelled() => return self.take_in_the_last(stream).await,
                next = tokio::time::timeout(IDLE, stream.next()) => next,
            };
            match next {
                Ok(Some(Ok(bytes))) => self.append(&bytes).await?,
                Ok(None) => return Ok(()),
                // The connection was cut, or its end went silent.
                Ok(Some(Err(_))) | Err(_) => return Err(ProblemCode::Unavailable.into()),
            }
        }
    }

    /// Writes what is on its way to whoever has to leave.
    async fn take_in_the_last(&mut self, mut stream: BodyDataStream) -> Result<(), RequestRefusal> {
        let mut over = pin!(tokio::time::sleep(LEAVE_WITHIN));
        let before = self.received;
        while self.received - before <= ON_ITS_WAY {
            let next = tokio::select! {
                biased;
                () = &mut over => break,
                next = tokio::time::timeout(LINGER, stream.next()) => next,
            };
            match next {
                Ok(Some(Ok(bytes))) => self.append(&bytes).await?,
                Ok(None) => return Ok(()),
                Ok(Some(Err(_))) => return Err(ProblemCode::Unavailable.into()),
                Err(_) => break,
            }
        }
        Err(ProblemCode::TransferBusy.into())
    }

    async fn append(&mut self, bytes: &[u8]) -> Result<(), RequestRefusal> {
        let total = self.received + bytes.len() as u64;
        if total > self.capture.size {
            return Err(ProblemCode::SizeMismatch.into());
        }
        self.file.write_all(bytes).await?;
        self.hash.update(bytes);
        self.received = total;
        meters::received(bytes.len());
        Ok(())
    }

    /// A disk must not keep what it could not hold, since others wait for the room; nor what is no part of the photo.
    async fn kept<T>(&mut self, done: Result<T, RequestRefusal>) -> Result<T, RequestRefusal> {
        let lost = [ProblemCode::StorageFull, ProblemCode::StorageFailed, ProblemCode::SizeMismatch];
        if done.as_ref().is_err_and(|refusal| lost.map(RequestRefusal::from).contains(refusal)) {
            self.discard().await?;
        }
        done
    }

    async fn discard(&mut self) -> Result<(), RequestRefusal> {
        self.turn.app.prefixes.take(&self.capture.name, self.received);
        self.file.get_ref().set_len(0).await?;
        self.turn.app.blobs.discard_part(&self.capture.name)?;
        Ok(())
    }

    async fn whole(mut self) -> Result<Response, RequestRefusal> {
        let digest = Digest(std::mem::take(&mut self.hash).finalize().into());
        if digest != self.capture.sha256 {
            self.discard().await?;
            return Err(ProblemCode::DigestMismatch.into());
        }
        let synced = self.file.get_ref().sync_all().await.map_err(RequestRefusal::from);
        self.kept(synced).await?;
        let durable = lasting(&self.turn, Blobs::complete).await?;
        let state = finish(&self.turn, durable).await?;
        Ok(whole(StatusCode::CREATED, &self.capture, state))
    }
}
