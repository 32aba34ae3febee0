//! `POST /add-checkpoint`, as C2SP tlog-witness has it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use gauze_wire::log::{Submission, Unfit};
use jiff::Timestamp;

use crate::pace::Pace;
use crate::seen::{Outcome, Witness};

/// Largest body: 63 hashes and the longest note.
const BODY_LIMIT: usize = 16 << 10;
/// So long may it take to come.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// What no log of ours has signed is read so often in a minute, whoever sends it.
const STRANGERS: u32 = 600;
/// The media type of a size (C2SP).
const SIZE: &str = "text/x.tlog.size";

/// The time.
pub(crate) type Now = fn() -> Timestamp;

struct Served {
    witness: Witness,
    pace: Pace,
    now: Now,
}

/// The witness's one address.
pub fn router(witness: Witness, now: fn() -> Timestamp) -> Router {
    let served = Arc::new(Served { witness, pace: Pace::default(), now });
    Router::new().route("/add-checkpoint", post(add_checkpoint)).with_state(served)
}

fn told(status: StatusCode, words: &'static str) -> Response {
    (status, format!("{words}\n")).into_response()
}

fn size(seen: u64) -> Response {
    (StatusCode::CONFLICT, [(CONTENT_TYPE, SIZE)], format!("{seen}\n")).into_response()
}

async fn add_checkpoint(State(served): State<Arc<Served>>, body: Body) -> Response {
    let read = tokio::time::timeout(BODY_WITHIN, to_bytes(body, BODY_LIMIT)).await;
    let text = read.ok().and_then(Result::ok).and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    let Some(asked) = text.and_then(|text| Submission::parse(&text).ok()) else {
        return told(StatusCode::BAD_REQUEST, "This is no submission. See c2sp.org/tlog-witness.");
    };
    let now = (served.now)();
    let (log, most) = if served.witness.is_signed(&asked) {
        (asked.origin(), served.witness.per_minute)
    } else {
        ("", STRANGERS)
    };
    if !served.pace.permits(log, most, now) {
        return told(StatusCode::TOO_MANY_REQUESTS, "Too many in this minute. Send it again in the next.");
    }
    let origin = asked.origin().to_owned();
    let added = tokio::task::spawn_blocking(move || served.witness.add(&asked, now)).await;
    match added {
        Ok(Ok(outcome)) => answer(&origin, outcome),
        Ok(Err(error)) => {
            tracing::error!(code = error.code(), %error, "nothing is cosigned: {}", error.next_step());
            told(
                StatusCode::INTERNAL_SERVER_ERROR,
                "This witness cannot keep what it cosigns. Send it again later.",
            )
        }
        Err(error) => {
            tracing::error!(%error, "a submission was cut off");
            told(StatusCode::INTERNAL_SERVER_ERROR, "Send it again.")
        }
    }
}

fn answer(origin: &str, outcome: Outcome) -> Response {
    let unfit = match outcome {
        Outcome::Cosigned(line) => return line.into_response(),
        Outcome::NoLog => return told(StatusCode::NOT_FOUND, "No log of this name is witnessed here."),
        Outcome::Unfit(unfit) => unfit,
    };
    if matches!(unfit, Unfit::Fork { .. } | Unfit::Inconsistent { .. }) {
        tracing::error!(
            origin,
            code = "log_forked",
            "{unfit}: tell those who keep the log, and keep this line"
        );
    }
    match unfit {
        Unfit::Signature => told(StatusCode::FORBIDDEN, "No key of this log has signed the checkpoint."),
        Unfit::Rollback => told(StatusCode::BAD_REQUEST, "The old size is more than the checkpoint's."),
        Unfit::Seen(seen) | Unfit::Fork { seen } => size(seen),
        Unfit::Inconsistent { .. } => {
            told(StatusCode::UNPROCESSABLE_ENTITY, "The tree does not begin with the one that was cosigned.")
        }
    }
}
