//! Health, counters (on a listener of their own), the interface's description, and the signed files phones fetch.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use gauze_wire::{Handovers, Jws, ProblemCode};
use utoipa::OpenApi;

use crate::app::App;
use crate::proof::{InPath, served};
use crate::refusal::RequestRefusal;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Gauze gateway",
        description = "Takes sealed photos from proven devices and opens none. JSON shapes: docs/formats.md. \
            Every refusal is an RFC 9457 problem; device and records requests carry RFC 9421 signatures."
    ),
    paths(
        healthz,
        openapi,
        bundle,
        handovers,
        policy,
        super::enrol::challenge,
        super::enrol::enrol,
        super::upload::upload,
        super::upload::status,
        super::transfer::put,
        super::transfer::patch,
        super::transfer::head,
        super::records::log,
        super::blob::blob,
        super::records::outcomes,
        super::decisions::decisions,
        super::wiped::wiped,
        super::reports::report,
        super::attest::attestations,
        super::records::cosignature,
        super::witness::access_checkpoint
    )
)]
struct Description;

#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "the database answers")))]
pub async fn healthz(State(app): State<App>) -> Result<&'static str, RequestRefusal> {
    app.db.ping().await.map_err(|_| ProblemCode::Unavailable)?;
    Ok("ok\n")
}

/// `/metrics` alone, for a listener of its own: the counters name tenants and tell how busy a hospital is.
pub fn metrics_router(app: App) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(app)
}

async fn metrics(State(app): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], crate::measure::measured(&app).await)
}

#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "this description")))]
pub async fn openapi() -> impl IntoResponse {
    Json(super::openapi::complete(serde_json::to_value(Description::openapi()).unwrap_or_default()))
}

#[utoipa::path(
    get,
    path = "/v1/{tenant}/bundle",
    params(("tenant" = String, Path, description = "tenant")),
    responses((status = 200, description = "the trust bundle, a compact JWS", content_type = "application/jose"))
)]
pub async fn bundle(
    State(app): State<App>,
    InPath(tenant): InPath,
) -> Result<impl IntoResponse, RequestRefusal> {
    Ok(jose(&served(&app, &tenant)?.bundle_jws))
}

#[utoipa::path(
    get,
    path = "/v1/{tenant}/handovers",
    params(("tenant" = String, Path, description = "tenant")),
    responses((
        status = 200,
        description = "the bundles by which roots handed over, oldest first: `{\"bundles\": [JWS, …]}`",
        content_type = "application/json"
    ))
)]
pub async fn handovers(
    State(app): State<App>,
    InPath(tenant): InPath,
) -> Result<impl IntoResponse, RequestRefusal> {
    let bundles = served(&app, &tenant)?.handovers.clone();
    Ok(([(header::CACHE_CONTROL, "no-cache")], Json(Handovers { bundles })))
}

#[utoipa::path(
    get,
    path = "/v1/{tenant}/policy",
    params(("tenant" = String, Path, description = "tenant")),
    responses((status = 200, description = "the policy, a compact JWS", content_type = "application/jose"))
)]
pub async fn policy(
    State(app): State<App>,
    InPath(tenant): InPath,
) -> Result<impl IntoResponse, RequestRefusal> {
    let in_force = served(&app, &tenant)?.in_force();
    Ok(jose(in_force.jws.as_ref().ok_or(ProblemCode::NotFound)?))
}

fn jose(jws: &Jws) -> impl IntoResponse + use<> {
    let headers = [(header::CONTENT_TYPE, "application/jose"), (header::CACHE_CONTROL, "no-cache")];
    (headers, jws.as_str().to_owned())
}
