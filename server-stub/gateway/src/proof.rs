//! Who asks: axum extractors that a handler needs to have its arguments at all.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::Method;
use axum::http::request::Parts;
use gauze_wire::signature::{Request as Signed, RequestSignature, Tag};
use gauze_wire::{DeviceStatus, Digest, ProblemCode, PublicKey, Tenant, WireError};

use crate::app::App;
use crate::asker::{Asker, RECORDS};
use crate::budget::Cost;
use crate::db::Device;
use crate::peers::Peer;
use crate::refusal::RequestRefusal;
use crate::replay::Use;
use crate::strangers::{BODY_LIMIT, BODY_WITHIN};
use crate::tenant::Served;

/// Largest body of the records side: a hundred receipts, each with its proof.
const RECORDS_LIMIT: usize = 1024 * 1024;

/// A request that a phone signed just now which has enrolled; it may have been revoked since.
pub struct FromDevice {
    pub tenant: Tenant,
    pub device: Device,
    pub body: Bytes,
    /// When it was signed, by the phone's clock.
    pub said_at_s: i64,
}

/// A request that the tenant's records side signed just now.
pub struct FromRecords {
    pub tenant: Tenant,
    pub body: Bytes,
}

/// The tenant that the path names.
pub struct InPath(pub Tenant);

impl FromRequestParts<App> for InPath {
    type Rejection = RequestRefusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, RequestRefusal> {
        tenant_of(parts.uri.path()).map(Self)
    }
}

/// The tenant that a path names, if this gateway serves it.
pub fn served<'a>(app: &'a App, tenant: &Tenant) -> Result<&'a Served, RequestRefusal> {
    app.tenants.get(tenant).ok_or_else(|| ProblemCode::UnknownTenant.into())
}

/// The tenant that a path names, where this gateway serves it.
pub fn served_name<'a>(app: &'a App, path: &str) -> Option<&'a str> {
    let tenant = tenant_of(path).ok()?;
    Some(app.tenants.get_key_value(&tenant)?.0.as_str())
}

/// `/v1/TENANT/…`: the tenant.
fn tenant_of(path: &str) -> Result<Tenant, RequestRefusal> {
    let tenant = path.strip_prefix("/v1/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    tenant.parse().map_err(|_| ProblemCode::UnknownTenant.into())
}

/// A body of at most `limit` bytes. What does not come in time is let go: until then it takes memory.
async fn read_body(body: Body, limit: usize) -> Result<Bytes, RequestRefusal> {
    read_within(BODY_WITHIN, body, limit).await
}

async fn read_within(time: Duration, body: Body, limit: usize) -> Result<Bytes, RequestRefusal> {
    match tokio::time::timeout(time, axum::body::to_bytes(body, limit)).await {
        Ok(whole) => whole.map_err(|_| ProblemCode::TooLarge.into()),
        Err(_) => Err(ProblemCode::Unavailable.into()),
    }
}

impl FromRequest<App> for FromDevice {
    type Rejection = RequestRefusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, RequestRefusal> {
        let (unproven, body) = Unproven::of(request)?;
        let served = served(app, &unproven.tenant)?;
        let device = app.db.device(&unproven.tenant, &unproven.signature.key_id).await?;
        let device = device.ok_or(ProblemCode::UnknownDevice)?;
        unproven.verify(app, served, &device.key, Tag::Device)?;
        unproven.asker.is(device.device_id.as_str());
        let whose = (&unproven.tenant, &device.device_id);
        // A replay is nobody's request: it takes no share.
        unproven
            .is_new(app, &device.key, || Ok(app.budgets.take(whose, Cost::request(device.status), 1)?))?;
        if device.status != DeviceStatus::Revoked {
            unproven.peer.proves_itself();
        }
        let body = unproven.read(body, BODY_LIMIT).await?;
        Ok(Self { tenant: unproven.tenant, device, body, said_at_s: unproven.signature.created })
    }
}

impl FromDevice {
    /// Refuses a phone that may nothing any more.
    pub fn unless_revoked(&self) -> Result<(), RequestRefusal> {
        match self.device.status {
            DeviceStatus::Active | DeviceStatus::Suspended => Ok(()),
            DeviceStatus::Revoked => Err(ProblemCode::DeviceRefused.into()),
        }
    }
}

impl FromRequest<App> for FromRecords {
    type Rejection = RequestRefusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, RequestRefusal> {
        let (unproven, body) = Unproven::of(request)?;
        let served = served(app, &unproven.tenant)?;
        let named = |key: &&PublicKey| key.key_id() == unproven.signature.key_id;
        let key = served.bundle.records.iter().find(named).ok_or(ProblemCode::SignatureInvalid)?;
        unproven.verify(app, served, key, Tag::Records)?;
        unproven.asker.is(RECORDS);
        unproven.is_new(app, key, || Ok(()))?;
        app.records_heard.note(&unproven.tenant, app.clock.now());
        unproven.peer.proves_itself();
        let body = unproven.read(body, RECORDS_LIMIT).await?;
        Ok(Self { tenant: unproven.tenant, body })
    }
}

/// A request as its head has it. Its body is read once the signature over what the head claims of it holds: a stranger fills
/// no memory.
struct Unproven {
    tenant: Tenant,
    method: Method,
    path_and_query: String,
    signature: RequestSignature,
    claimed: Option<Digest>,
    peer: Peer,
    asker: Asker,
}

impl Unproven {
    fn of(request: Request) -> Result<(Self, Body), RequestRefusal> {
        let (parts, body) = request.into_parts();
        let tenant = tenant_of(parts.uri.path())?;
        let field = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(input), Some(signature)) = (field("signature-input"), field("signature")) else {
            return Err(ProblemCode::SignatureMissing.into());
        };
        let signature =
            RequestSignature::parse(input, signature).map_err(|_| ProblemCode::SignatureInvalid)?;
        let claimed = match field("content-digest") {
            Some(value) => {
                Some(Digest::from_content_digest(value).map_err(|_| ProblemCode::MalformedRequest)?)
            }
            None => None,
        };
        let peer = parts.extensions.get::<Peer>().cloned().unwrap_or_default();
        let asker = parts.extensions.get::<Asker>().cloned().unwrap_or_default();
        let path_and_query = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok((Self { tenant, method: parts.method, path_and_query, signature, claimed, peer, asker }, body))
    }

    /// The body, which has to be the one that was signed for.
    async fn read(&self, body: Body, limit: usize) -> Result<Bytes, RequestRefusal> {
        let body = read_body(body, limit).await?;
        let digest = (!body.is_empty() || self.claimed.is_some()).then(|| Digest::of(&body));
        if self.claimed == digest { Ok(body) } else { Err(ProblemCode::SignatureInvalid.into()) }
    }

    fn verify(&self, app: &App, served: &Served, key: &PublicKey, tag: Tag) -> Result<(), RequestRefusal> {
        let target_uri = format!("{}{}", served.gateway.url, self.path_and_query);
        let signed =
            Signed { method: self.method.as_str(), target_uri: &target_uri, body: self.claimed.as_ref() };
        let now = app.clock.now();
        match self.signature.verify(&signed, key, tag, now) {
            Ok(()) => Ok(()),
            Err(WireError::Expired) => Err(ProblemCode::SignatureExpired.into()),
            Err(_) => Err(ProblemCode::SignatureInvalid.into()),
        }
    }

    /// Remembers the nonce, which counts once, where `pay` does not fail.
    fn is_new(
        &self,
        app: &App,
        key: &PublicKey,
        pay: impl FnOnce() -> Result<(), RequestRefusal>,
    ) -> Result<(), RequestRefusal> {
        let now = app.clock.now().as_second();
        let RequestSignature { nonce, created, .. } = &self.signature;
        match app.replays.judge((&key.key_id(), nonce), *created, now, pay)? {
            Use::First => Ok(()),
            Use::Again => Err(ProblemCode::Replayed.into()),
            Use::Doubtful => Err(ProblemCode::SignatureExpired.into()),
            Use::Full => Err(ProblemCode::Unavailable.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_come_in_time_is_let_go() {
        let silent = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let read = tokio::time::timeout(Duration::from_secs(10), read_within(Duration::ZERO, silent, 10));
        assert_eq!(read.await.unwrap(), Err(ProblemCode::Unavailable.into()));
        assert_eq!(read_body(Body::from("in time"), 10).await.unwrap(), "in time");
    }
}
