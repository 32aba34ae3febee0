//! What the program's log says of requests: one line for each that was refused. It names no photo's patient and nobody's
//! address.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use gauze_logging::Pace;

use crate::app::App;
use crate::asker::{Asker, Refused};
use crate::proof::served_name;

/// Lines a minute about who has proven nothing.
const OF_STRANGERS: u64 = 60;

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
    let known = asker.known();
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
        by = known.unwrap_or("nobody known"),
        "refused"
    );
    answer
}

/// How lines about strangers are paced.
pub fn pace() -> Arc<Pace> {
    Arc::new(Pace::new(OF_STRANGERS))
}
