//! What the program's log says of requests: one line for each that was refused. It names no photo's patient and nobody's
//! address.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use gauze_logging::Pace;
use gauze_wire::ProblemCode;

use crate::app::App;
use crate::proof::served_name;

/// Lines a minute about who has proven nothing.
const OF_STRANGERS: u64 = 60;

/// Who a request turned out to be of: a device's id, or [`RECORDS`]. Clones are of one request.
#[derive(Clone, Default)]
pub struct Asker(Arc<OnceLock<String>>);

/// The records side, as the log names it.
pub const RECORDS: &str = "records";

impl Asker {
    /// It has proven to be this one.
    pub fn is(&self, name: &str) {
        let _ = self.0.set(name.to_owned());
    }
}

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// Why a request was refused; carried by its answer.
#[derive(Clone)]
pub struct Refused {
    pub code: ProblemCode,
    /// Which part of a phone's evidence did not hold.
    pub reason: Option<String>,
}

/// Writes one line for each refusal, and of strangers so many a minute.
pub async fn told(State((app, pace)): State<(App, Arc<Pace>)>, mut request: Request, next: Next) -> Response {
    let asker = Asker::default();
    request.extensions_mut().insert(asker.clone());
    let method = request.method().clone();
    // The route, never the path itself: that holds secrets of upload addresses, and whatever a stranger writes.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let tenant = served_name(&app, request.uri().path());
    let answer = next.run(request).await;
    let Some(Refused { code, reason }) = answer.extensions().get() else { return answer };
    let known = asker.0.get();
    if known.is_none() && !pace.permits("refusals") {
        return answer;
    }
    tracing::info!(
        code = code.as_str(),
        reason,
        status = answer.status().as_u16(),
        %method,
        route = route.as_deref().unwrap_or("none"),
        tenant,
        by = known.map_or("nobody known", String::as_str),
        "refused"
    );
    answer
}

/// How lines about strangers are paced.
pub fn pace() -> Arc<Pace> {
    Arc::new(Pace::new(OF_STRANGERS))
}
