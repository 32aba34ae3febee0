//! The HTTP surface. Paths and methods are here; each subject has its file.

mod attest;
mod decisions;
mod enrol;
mod evidence;
mod finish;
mod meta;
mod records;
mod transfer;
mod upload;
mod wiped;

pub(crate) use finish::finish_if_whole;
pub use meta::metrics_router;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use gauze_wire::ProblemCode;

use crate::app::App;
use crate::refusal::RequestRefusal;

/// All routes over `app`.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/healthz", get(meta::healthz))
        .route("/openapi.json", get(meta::openapi))
        .route("/v1/{tenant}/bundle", get(meta::bundle))
        .route("/v1/{tenant}/policy", get(meta::policy))
        .route("/v1/{tenant}/challenges", post(enrol::challenge))
        .route("/v1/{tenant}/enrolments", post(enrol::enrol))
        .route("/v1/{tenant}/uploads", post(upload::upload))
        .route("/v1/{tenant}/status", post(upload::status))
        .route("/v1/{tenant}/attestations", post(attest::attestations))
        .route("/v1/{tenant}/wiped", post(wiped::wiped))
        .route("/v1/{tenant}/log", get(records::log))
        .route("/v1/{tenant}/blobs/{device}/{capture}", get(records::blob))
        .route("/v1/{tenant}/outcomes", post(records::outcomes))
        .route("/v1/{tenant}/decisions", post(decisions::decisions))
        .route("/v1/{tenant}/cosignatures", post(records::cosignature))
        .route(
            "/v1/transfers/{ticket}",
            axum::routing::put(transfer::put).patch(transfer::patch).head(transfer::head),
        )
        .fallback(|| async { RequestRefusal::from(ProblemCode::NotFound) })
        .method_not_allowed_fallback(|| async { RequestRefusal::from(ProblemCode::MethodNotAllowed) })
        // Bodies are read by our own extractors, each with its own limit.
        .layer(DefaultBodyLimit::disable())
        .with_state(app)
}
