//! The reader's pages: the door, which shows nothing and spends nothing; and the photo, once a view is spent.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use gauze_people::acting::Network;
use gauze_people::links::{Claimed, Link, Shut, Step, Told};
use gauze_signin::networks::network;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::html;
use serde::Deserialize;

use super::reading::Reading;
use super::{Readings, words};
use crate::folk::{Found, Opening};
use crate::web::cookie;
use crate::web::field::Field;
use crate::web::layout::{self, Frame};
use crate::web::photos::gate::{broken, unwritten};
use crate::web::photos::line::Line;
use crate::web::photos::pixels::{self, Screen};
use crate::web::photos::showing::Showing;
use crate::web::photos::{Desk, parts, photo, words as general};
use crate::web::refusal::Refusal;
use crate::web::told::Happened;

/// Of a view that was spent: sent back to the pages of its own link alone.
const COOKIE: &str = "__Secure-gauze-link";
const DIGITS: usize = 8;

/// Whoever asks: from where, and with which view.
pub(super) struct Asking {
    from: IpAddr,
    network: Network,
    cookie: Option<String>,
}

impl FromRequestParts<Desk> for Asking {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let of = |peer: &ConnectInfo<SocketAddr>| network(&desk.web.people().networks, peer.0.ip());
        let from = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        let cookie = cookie::find(&parts.headers, COOKIE).map(str::to_owned);
        Ok(Self { from, network: peer.map_or(Network::Outside, of), cookie })
    }
}

/// Why a reader is shown nothing, as a page that leads nowhere inside.
pub(super) enum Closed {
    /// The link is known, and opens nothing.
    Shut(Shut),
    /// There is no such link, or no such view of it.
    Unknown,
    /// The view has ended; another is spent at the door.
    Ended(String),
    /// Something else.
    Refused(Refusal),
}

impl From<Refusal> for Closed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl IntoResponse for Closed {
    fn into_response(self) -> Response {
        let (status, what) = match self {
            Self::Refused(refusal) => return refusal.into_response(),
            Self::Ended(address) => return Redirect::to(&format!("/link/{address}")).into_response(),
            Self::Shut(shut) => (StatusCode::GONE, words::shut(shut)),
            Self::Unknown => (StatusCode::NOT_FOUND, words::UNKNOWN),
        };
        let body = html! { p.trouble role="alert" { (what) } p { (words::ASK) } };
        (status, layout::page(&Frame::plain(words::CLOSED_TITLE), &body)).into_response()
    }
}

impl Desk {
    /// The link at an address. It is this late for every link from now on.
    fn known(&self, address: &str, now: Timestamp) -> Option<Link> {
        let known = self.folk.link_address(address).to_string();
        let mut links = self.links_now();
        links.tick(now);
        links.at(&known).cloned()
    }

    /// The link at an address that still opens; what does not is written down.
    async fn link_at(&self, address: &str, asking: &Asking) -> Result<Link, Closed> {
        let now = self.web.now();
        let Some(link) = self.known(address, now) else {
            self.web.tell_of_stranger(asking.network, Happened::Refused("no_such_link")).await?;
            return Err(Closed::Unknown);
        };
        match link.shut(now) {
            None => Ok(link),
            Some(shut) => {
                self.readings().room(asking.from, now)?;
                self.step(&link, Step::Refused(shut), asking.network).await?;
                Err(Closed::Shut(shut))
            }
        }
    }

    /// The view that this request shows more of, while its link was neither revoked nor ended.
    async fn read_by(
        &self,
        address: &str,
        asking: &Asking,
    ) -> Result<(Link, Arc<Reading>, Arc<Showing>), Closed> {
        let now = self.web.now();
        let Some(link) = self.known(address, now) else {
            self.web.tell_of_stranger(asking.network, Happened::Refused("no_such_link")).await?;
            return Err(Closed::Unknown);
        };
        if let Some(shut) = link.stopped(now) {
            self.readings().room(asking.from, now)?;
            self.step(&link, Step::Refused(shut), asking.network).await?;
            return Err(Closed::Shut(shut));
        }
        let reading = asking.cookie.as_ref().and_then(|cookie| self.readings().of(cookie, link.number, now));
        let shown = reading.and_then(|reading| {
            let showing = self.showings().of(&reading.showing, &reading.session, now)?;
            Some((link, reading, showing))
        });
        shown.ok_or_else(|| Closed::Ended(address.to_owned()))
    }

    fn door(&self, link: &Link, address: &str, trouble: Option<&str>) -> Html<String> {
        let left = u32::from(link.terms.views).saturating_sub(link.opened);
        let body = html! {
            @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
            p { (words::DOOR_LEAD) }
            form method="post" action={ "/link/" (address) } autocomplete="off" {
                (Field::new("code", words::DOOR_CODE, 16, "").hint(words::DOOR_HINT).numeric().line())
                p { (words::left(left)) " " (words::DOOR_NOT_YET) }
                p.actions { button.main type="submit" { (words::DOOR_OPEN) } }
                p.hint { (words::DOOR_WRITTEN) }
            }
        };
        layout::page(&Frame::plain(words::DOOR_TITLE), &body)
    }
}

/// Asked for by people and by programs that read mail: it is a line, and no view.
pub(super) async fn door(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    asking: Asking,
) -> Result<Html<String>, Closed> {
    let link = desk.link_at(&address, &asking).await?;
    desk.readings().room(asking.from, desk.web.now())?;
    desk.step(&link, Step::Asked, asking.network).await?;
    Ok(desk.door(&link, &address, None))
}

#[derive(Deserialize)]
pub(super) struct Typed {
    code: String,
}

/// The click: the code is judged, a view claimed, its line written, and only then there is something to show.
pub(super) async fn open(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    asking: Asking,
    typed: Result<Form<Typed>, FormRejection>,
) -> Result<Response, Closed> {
    let link = desk.link_at(&address, &asking).await?;
    let typed = typed.map(|Form(typed)| typed.code).unwrap_or_default();
    let code: String = typed.chars().filter(|one| !matches!(one, ' ' | '-')).collect();
    if code.len() != DIGITS || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        desk.readings().room(asking.from, desk.web.now())?;
        desk.step(&link, Step::Asked, asking.network).await?;
        let page = desk.door(&link, &address, Some(words::UNREADABLE));
        return Ok((StatusCode::BAD_REQUEST, page).into_response());
    }
    let hash = desk.folk.link_code(&address, &code).to_string();
    // Before a view is spent on it.
    let found = desk.linked(&link).await?;
    let claimed = desk.links_now().claim(link.number, &hash, desk.web.now());
    match claimed {
        // Whoever asked may go: what was claimed gets its line.
        Ok(Some(claimed)) => {
            let (own, network) = (desk.clone(), asking.network);
            let opening =
                tokio::spawn(async move { own.opened_by_link((&link, found), claimed, network).await });
            let cookie = opening.await.map_err(|_| Refusal::Broken("link"))??;
            let cookie =
                format!("{COOKIE}={cookie}; Path=/link/{address}; Secure; HttpOnly; SameSite=Strict");
            Ok(([(SET_COOKIE, cookie)], Redirect::to(&format!("/link/{address}/photo"))).into_response())
        }
        // It counts from now on in memory, and for ever once its line is there. Where no line can be written, the right code is
        // answered in the same way: nobody learns by it which one that is.
        Ok(None) => {
            desk.step(&link, Step::WrongCode, asking.network).await?;
            let link = desk.link_at(&address, &asking).await?;
            let page = desk.door(&link, &address, Some(words::WRONG));
            Ok((StatusCode::FORBIDDEN, page).into_response())
        }
        Err(shut) => {
            desk.step(&link, Step::Refused(shut), asking.network).await?;
            Err(Closed::Shut(shut))
        }
    }
}

impl Desk {
    /// The photo that a link shows.
    async fn linked(&self, link: &Link) -> Result<Found, Refusal> {
        let handle = link.terms.photo.parse().map_err(|_| Refusal::Broken("link"))?;
        self.folk.photo(&handle).await.map_err(|error| broken(&error))?.ok_or(Refusal::NoPage)
    }

    /// Spends a view and opens the page for it; what shows it to its reader alone.
    async fn opened_by_link(
        &self,
        (link, found): (&Link, Found),
        claimed: Claimed,
        network: Network,
    ) -> Result<String, Refusal> {
        let secret = || Readings::secret().map_err(|_| Refusal::Broken("entropy"));
        let (session, cookie, now) = (secret()?, secret()?, self.web.now());
        let spent =
            claimed.spend(&self.log, network, session.clone()).await.map_err(|error| unwritten(&error))?;
        self.links_now().tell(link.number, Told { at: now, step: Step::Opened, network: Some(network) });
        let reader = self.whom(link).map_or_else(|| general::looks::BY_LINK.to_owned(), |whom| whom.reader);
        let opening = Opening::by_link(&spent);
        let why = format!("{} {}", words::BY_LINK, link.number);
        let line = Line::of((&reader, general::looks::BY_LINK), opening.line(), (&why, &why), now);
        let showing =
            self.showings().begin(&session, found, opening, line, now).map_err(|error| broken(&error))?;
        self.readings().begin(&cookie, link.number, (session, showing), now);
        Ok(cookie)
    }
}

/// The photo, for as long as the view lasts.
pub(super) async fn photo(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    asking: Asking,
) -> Result<Html<String>, Closed> {
    let (link, reading, showing) = desk.read_by(&address, &asking).await?;
    let ends =
        reading.ends().min(link.ends()).to_zoned_datetime(TimeZone::system()).strftime("%H:%M").to_string();
    let body = html! {
        (photo::figure(&showing.found, &format!("/link/{address}/pictures"), &showing.line))
        (photo::controls(false))
        p { (words::SHOWN_UNTIL) " " (ends) "." }
        @if link.terms.copy {
            p { a.button href={ "/link/" (address) "/copy" } { (words::KEEP) } }
            p.hint { (words::KEEP_MEANS) }
        } @else {
            p.hint { (words::NO_COPY) }
        }
    };
    let banner = Some(parts::banner(showing.found.label.patient.as_ref(), desk.web.now()));
    let frame = Frame { banner, script: Some("/viewer.js"), ..Frame::plain(words::SHOWN_TITLE) };
    Ok(layout::page(&frame, &body))
}

/// The whole photo, with the visible line below it.
pub(super) async fn view(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    Query(screen): Query<Screen>,
    asking: Asking,
) -> Result<Response, Closed> {
    let (_, _, showing) = desk.read_by(&address, &asking).await?;
    Ok(pixels::whole(&desk, &showing, screen).await?)
}

/// One tile of a level.
pub(super) async fn tile(
    State(desk): State<Desk>,
    Path((address, exponent, column, row)): Path<(String, u8, u16, u16)>,
    asking: Asking,
) -> Result<Response, Closed> {
    let (_, _, showing) = desk.read_by(&address, &asking).await?;
    Ok(pixels::part(&desk, &showing, exponent, (column, row)).await?)
}

/// A marked copy in the photo's own size, where the maker allowed one: it is a line of its own.
pub(super) async fn copy(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    asking: Asking,
) -> Result<Response, Closed> {
    let (link, _, showing) = desk.read_by(&address, &asking).await?;
    if !link.terms.copy {
        return Err(Closed::Unknown);
    }
    desk.readings().room(asking.from, desk.web.now())?;
    desk.step(&link, Step::Copied, asking.network).await?;
    let jpeg = pixels::copy(&desk, &showing).await?;
    let name = format!("attachment; filename=\"photo-{}.jpg\"", showing.opening.line());
    Ok(([(CONTENT_TYPE, "image/jpeg".to_owned()), (CONTENT_DISPOSITION, name)], jpeg).into_response())
}
