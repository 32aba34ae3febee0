//! The HTTP surface. Paths and methods are here; each subject has its file.

mod apart;
mod attest;
mod blob;
mod decisions;
mod enrol;
mod evidence;
mod fields;
mod finish;
mod meta;
mod openapi;
mod records;
mod reports;
mod transfer;
mod upload;
mod wiped;
mod witness;

pub(crate) use finish::finish_if_whole;
pub use meta::metrics_router;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_response_with_state};
use axum::routing::{MethodRouter, get, post, put};
use gauze_wire::ProblemCode;

use crate::answers::timed;
use crate::app::App;
use crate::refusal::RequestRefusal;
use crate::told::{pace, told};

/// Every path and what answers there: nothing is answered that is not here.
fn table() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("/healthz", get(meta::healthz)),
        ("/openapi.json", get(meta::openapi)),
        ("/v1/{tenant}/bundle", get(meta::bundle)),
        ("/v1/{tenant}/handovers", get(meta::handovers)),
        ("/v1/{tenant}/policy", get(meta::policy)),
        ("/v1/{tenant}/challenges", post(enrol::challenge)),
        ("/v1/{tenant}/enrolments", post(enrol::enrol)),
        ("/v1/{tenant}/uploads", post(upload::upload)),
        ("/v1/{tenant}/status", post(upload::status)),
        ("/v1/{tenant}/attestations", post(attest::attestations)),
        ("/v1/{tenant}/wiped", post(wiped::wiped)),
        ("/v1/{tenant}/reports", post(reports::report)),
        ("/v1/{tenant}/log", get(records::log)),
        ("/v1/{tenant}/blobs/{device}/{capture}", get(blob::blob)),
        ("/v1/{tenant}/outcomes", post(records::outcomes)),
        ("/v1/{tenant}/decisions", post(decisions::decisions)),
        ("/v1/{tenant}/cosignatures", post(records::cosignature)),
        ("/v1/{tenant}/access-checkpoints", post(witness::access_checkpoint)),
        ("/v1/transfers/{ticket}", transfers()),
    ]
}

fn transfers() -> MethodRouter<App> {
    let methods = put(transfer::put).patch(transfer::patch).head(transfer::head);
    methods.layer(from_fn(fields::in_its_version))
}

/// Every path that is answered.
pub fn paths() -> impl Iterator<Item = &'static str> {
    table().into_iter().map(|(path, _)| path)
}

/// All routes over `app`.
pub fn router(app: App) -> Router {
    table()
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(path, methods))
        .fallback(|| async { RequestRefusal::from(ProblemCode::NotFound) })
        .method_not_allowed_fallback(|| async { RequestRefusal::from(ProblemCode::MethodNotAllowed) })
        // Bodies are read by our own extractors, each with its own limit.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state((app.clone(), pace()), told))
        .layer(map_response_with_state(app.clone(), timed))
        .with_state(app)
}
