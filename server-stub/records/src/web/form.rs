//! A form counts where this process wrote it for this session. Whoever takes a form takes it by [`OwnForm`].

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::Method;
use axum::http::request::Parts;
use gauze_people::acting::Network;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq as _;

use super::Web;
use super::layout::PROOF;
use super::refusal::Refusal;
use super::signed::{Present, Signed, Unsigned};

/// Largest form, in bytes.
pub(super) const LARGEST: usize = 32 << 10;

/// Who sends a form, and the proof that stands in theirs.
pub(crate) trait Sender: Sized + Send {
    /// Who it is, or why nobody.
    fn sender<S>(parts: &mut Parts, state: &S) -> impl Future<Output = Result<Self, Unsigned>> + Send
    where
        S: Send + Sync,
        Web: FromRef<S>;
    /// What their forms hold.
    fn proof(&self) -> &str;
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

    fn proof(&self) -> &str {
        Self::proof(self)
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

    fn proof(&self) -> &str {
        &self.session.proof
    }

    fn network(&self) -> Network {
        self.network
    }
}

/// A form of our own, and who sent it.
pub(crate) struct OwnForm<T, Who = Signed> {
    /// Who.
    pub(crate) who: Who,
    /// What was filled in.
    pub(crate) value: T,
}

impl<S, T, Who> FromRequest<S> for OwnForm<T, Who>
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
        let bytes = to_bytes(body, LARGEST).await.map_err(|_| Refusal::Unreadable)?;
        let mut proofs = url::form_urlencoded::parse(&bytes).filter(|(name, _)| name == PROOF);
        let (given, more) = (proofs.next(), proofs.next());
        let right = given.is_some_and(|(_, proof)| proof.as_bytes().ct_eq(who.proof().as_bytes()).into());
        if !right || more.is_some() || parts.method != Method::POST {
            Web::from_ref(state).tell_of_stranger(who.network(), Refusal::Forged.code()).await?;
            return Err(Refusal::Forged.into());
        }
        let again = Request::from_parts(parts, Body::from(bytes));
        let Form(value) = Form::<T>::from_request(again, state).await.map_err(Refusal::from)?;
        Ok(Self { who, value })
    }
}
