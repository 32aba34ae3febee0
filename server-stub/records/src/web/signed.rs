//! Who asks. [`Signed`] has proven two factors; [`Present`] perhaps only one, and opens the pages of the second alone.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRef, FromRequestParts};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use gauze_people::acting::{Acting, Network};
use gauze_signin::networks::network;
use gauze_signin::sessions::{Level, Session};
use maud::Markup;

use super::layout::{Frame, Whose, proof_field};
use super::refusal::Refusal;
use super::{Web, cookie};

/// Why nobody is signed in for a page: another page comes first, or a refusal.
#[derive(Debug)]
pub(crate) enum Unsigned {
    /// Go there.
    To(String),
    /// Refused.
    Refused(Refusal),
}

impl From<Refusal> for Unsigned {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl IntoResponse for Unsigned {
    fn into_response(self) -> Response {
        match self {
            Self::To(address) => Redirect::to(&address).into_response(),
            Self::Refused(refusal) => refusal.into_response(),
        }
    }
}

/// A person who has signed in, with the roles that hold at this request.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// The person in the act.
    pub(crate) acting: Acting,
    pub(super) session: Session,
}

impl Signed {
    /// What their forms hold.
    pub(crate) fn proof(&self) -> &str {
        &self.session.proof
    }

    /// The hidden field of their forms.
    pub(crate) fn field(&self) -> Markup {
        proof_field(self.proof())
    }

    /// Nothing where the second factor was proven within five minutes; else the refusal that leads to proving it anew, and from
    /// there to `page`: a page that is shown, since a form is not sent twice.
    pub(crate) fn fresh_for(&self, web: &Web, page: &str) -> Result<(), Refusal> {
        if self.acting.is_fresh(web.now()) {
            Ok(())
        } else {
            Err(Refusal::ProveAgain { at: with_next("/prove-again", page) })
        }
    }
}

impl<'a> Frame<'a> {
    /// A page of somebody who is signed in.
    pub(crate) fn signed(title: &'a str, signed: &'a Signed, here: &'a str) -> Self {
        let whose = Whose { person: &signed.acting.person, proof: signed.proof() };
        Self { whose: Some(whose), here, ..Self::plain(title) }
    }
}

/// Anybody with a session, whatever it may do.
#[derive(Clone, Debug)]
pub(crate) struct Present {
    /// The session.
    pub(super) session: Session,
    /// Its cookie.
    pub(super) cookie: String,
    /// From where.
    pub(super) network: Network,
}

impl<S> FromRequestParts<S> for Present
where
    S: Send + Sync,
    Web: FromRef<S>,
{
    type Rejection = Unsigned;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Unsigned> {
        let web = Web::from_ref(state);
        let found = cookie::find(&parts.headers, cookie::SESSION)
            .and_then(|cookie| Some((cookie.to_owned(), web.sessions().open(cookie, web.now()).ok()?)));
        let Some((cookie, session)) = found else { return Err(sign_in(parts)) };
        let network =
            peer(parts).map_or(Network::Outside, |address| network(&web.people().networks, address));
        Ok(Self { session, cookie, network })
    }
}

impl<S> FromRequestParts<S> for Signed
where
    S: Send + Sync,
    Web: FromRef<S>,
{
    type Rejection = Unsigned;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Unsigned> {
        let web = Web::from_ref(state);
        let Present { session, network, .. } = Present::from_request_parts(parts, state).await?;
        let Level::Signed { factor, at } = session.level else { return Err(second_factor(parts)) };
        let person = web.roster().now(session.person.clone(), web.now()).await;
        let person = person.map_err(|_| Refusal::RolesUnknown)?;
        if !gauze_signin::rules::is_enough(factor, &person.roles) {
            return Err(second_factor(parts));
        }
        let acting = Acting {
            person,
            session: session.reference.clone(),
            signed_in_at: session.began_at,
            factor,
            factor_at: at,
            network,
            barred: web.barred_at(peer(parts)),
        };
        Ok(Self { acting, session })
    }
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip())
}

fn asked(parts: &Parts) -> String {
    parts.uri.path_and_query().map_or("/", |asked| asked.as_str()).to_owned()
}

fn sign_in(parts: &Parts) -> Unsigned {
    if parts.method == Method::GET {
        Unsigned::To(with_next("/sign-in", &asked(parts)))
    } else {
        Unsigned::Refused(Refusal::NotSignedIn)
    }
}

fn second_factor(parts: &Parts) -> Unsigned {
    if parts.method == Method::GET {
        Unsigned::To(with_next("/second-factor", &asked(parts)))
    } else {
        Unsigned::Refused(Refusal::NotSignedIn)
    }
}

/// `page` with the address that comes after it.
pub(crate) fn with_next(page: &str, next: &str) -> String {
    if next == "/" {
        return page.to_owned();
    }
    let query: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("{page}?{query}")
}

/// An address of this site, or the start: never another site's, however it is spelt.
pub(crate) fn local(next: Option<&str>) -> &str {
    let plain = |text: &&str| {
        text.len() <= 512
            && text.starts_with('/')
            && !text[1..].starts_with(['/', '\\'])
            && text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>' | b';'))
    };
    next.filter(plain).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_this_site_comes_next() {
        for (given, taken) in [
            ("/photos/abc?size=2", "/photos/abc?size=2"),
            ("/", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/x\r\nSet-Cookie: a=b", "/"),
            ("/x;url=https://evil.example", "/"),
            ("", "/"),
        ] {
            assert_eq!(local(Some(given)), taken, "{given:?}");
        }
        assert_eq!(local(None), "/");
        assert_eq!(local(Some(&format!("/{}", "a".repeat(600)))), "/");
    }
}
