//! A form counts where this process wrote it for this session. Whoever takes a form takes it by [`OwnForm`], and one with files by
//! [`super::upload::Upload`].

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, FromRef, FromRequest, FromRequestParts, Request};
use axum::http::Method;
use axum::http::request::Parts;
use gauze_people::acting::Network;
use gauze_signin::sessions::Session;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq as _;

use super::Web;
use super::layout::PROOF;
use super::refusal::Refusal;
use super::signed::{Present, Signed, Unsigned};
use super::told::Happened;
use crate::disk::TEXT;

/// Largest form, in bytes: a letter of a field may take nine, three in UTF-8 of which each is sent as three.
pub(super) const LARGEST: usize = 64 << 10;
/// The same with a text that fills in a whole file of the hospital's.
pub(crate) const WHOLE: usize = 10 * TEXT;

/// Who sends a form, and the proof that stands in theirs.
pub(crate) trait Sender: Sized + Send + Sync {
    /// Who it is, or why nobody.
    fn sender<S>(parts: &mut Parts, state: &S) -> impl Future<Output = Result<Self, Unsigned>> + Send
    where
        S: Send + Sync,
        Web: FromRef<S>;
    /// Their session.
    fn session(&self) -> &Session;
    /// From where they ask.
    fn network(&self) -> Network;
}

impl Sender for Signed {
    async fn sender<S>(parts: &mut Parts, state: &S) -> Result<Self, Unsigned>
    where
        S: Send + Sync,
        Web: FromRef<S>,
    {
        Self::from_request_parts(parts, state).await
    }

    fn session(&self) -> &Session {
        &self.session
    }

    fn network(&self) -> Network {
        self.acting.network
    }
}

impl Sender for Present {
    async fn sender<S>(parts: &mut Parts, state: &S) -> Result<Self, Unsigned>
    where
        S: Send + Sync,
        Web: FromRef<S>,
    {
        Self::from_request_parts(parts, state).await
    }

    fn session(&self) -> &Session {
        &self.session
    }

    fn network(&self) -> Network {
        self.network
    }
}

/// A form of our own, of at most `MOST` bytes, and who sent it.
pub(crate) struct OwnForm<T, Who = Signed, const MOST: usize = LARGEST> {
    /// Who.
    pub(crate) who: Who,
    /// What was filled in.
    pub(crate) value: T,
}

impl<S, T, Who, const MOST: usize> FromRequest<S> for OwnForm<T, Who, MOST>
where
    S: Send + Sync,
    Web: FromRef<S>,
    T: DeserializeOwned,
    Who: Sender,
{
    type Rejection = Unsigned;

    async fn from_request(request: Request, state: &S) -> Result<Self, Unsigned> {
        let (mut parts, body) = request.into_parts();
        let who = Who::sender(&mut parts, state).await?;
        let bytes = to_bytes(body, MOST).await.map_err(|_| Refusal::Unreadable)?;
        let proofs = url::form_urlencoded::parse(&bytes).filter(|(name, _)| name == PROOF);
        let proofs: Vec<Vec<u8>> = proofs.map(|(_, proof)| proof.into_owned().into_bytes()).collect();
        own(&Web::from_ref(state), &who, &parts.method, &proofs).await?;
        let mut again = Request::from_parts(parts, Body::from(bytes));
        DefaultBodyLimit::max(MOST).apply(&mut again);
        let Form(value) = Form::<T>::from_request(again, state).await.map_err(Refusal::from)?;
        Ok(Self { who, value })
    }
}

/// Refuses a form that does not hold this session's proof, and that alone; the refusal is written down.
pub(super) async fn own(
    web: &Web,
    who: &impl Sender,
    method: &Method,
    proofs: &[impl AsRef<[u8]>],
) -> Result<(), Refusal> {
    let right = match proofs {
        [proof] => bool::from(proof.as_ref().ct_eq(who.session().proof.as_bytes())),
        _ => false,
    };
    if right && *method == Method::POST {
        return Ok(());
    }
    web.tell_of(who.session(), who.network(), Happened::Refused(Refusal::Forged.code())).await?;
    Err(Refusal::Forged)
}
