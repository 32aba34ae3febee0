//! The pictures themselves: a view with its visible line, and tiles of a finer level. Every pixel that leaves is marked, but for a
//! whole view by the line of a view without a mark.

use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use gauze_people::action::{Action, act};
use serde::Deserialize;
use std::sync::Arc;

use super::showing::{Once, ShowError, Showing};
use super::{Desk, words};
use crate::coded::Coded as _;
use crate::folk::FolkError;
use crate::render::{Area, Band, Marked, RenderError, Shrink, Wanted};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// Longest edge of a screen that is asked for, in its pixels.
const SCREENS: std::ops::RangeInclusive<u16> = 64..=8192;
/// The screen that a view without a mark fills: it cannot be zoomed.
const LARGE: u16 = 3200;
/// `WIDTHxHEIGHT/FINEST-EXPONENT+BAND`: the whole photo's size, by how much its finest level and this one are smaller, and the band's
/// height.
const SIZE: HeaderName = HeaderName::from_static("gauze-size");

#[derive(Deserialize)]
pub(super) struct Screen {
    screen: Option<u16>,
}

impl Desk {
    /// The showing, while its session may still see the photo: a role that was taken away counts at the next tile.
    async fn showing(&self, signed: &Signed, name: &str) -> Result<Arc<Showing>, Refusal> {
        let showing = self.showings().of(name, &signed.acting.session, self.web.now());
        let Some(showing) = showing else { return Err(self.nowhere(signed).await) };
        let subject = showing.found.subject();
        if !self.may(signed, Action::View, &subject) {
            drop(self.allowed(signed, act::View, &subject, None).await?);
        }
        Ok(showing)
    }
}

/// The whole photo, in the size that fills the screen, with the visible line below it.
pub(super) async fn view(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    Query(screen): Query<Screen>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let showing = desk.showing(&signed, &name).await?;
    let answer = whole(&desk, &showing, screen).await?;
    desk.looked(&signed, &showing.found).await?;
    Ok(answer)
}

/// A showing in the size that fills a screen.
pub(super) async fn whole(desk: &Desk, showing: &Arc<Showing>, screen: Screen) -> Result<Response, Refusal> {
    let screen = screen.screen.unwrap_or(1600).clamp(*SCREENS.start(), *SCREENS.end());
    let marked = level(desk, showing, Wanted::Screen(screen)).await?;
    let ((width, height), finest, shrink) = (marked.whole(), marked.finest(), marked.shrink());
    let (jpeg, band) = banded(desk, showing, marked).await?;
    let size = format!("{width}x{height}/{}-{}+{band}", finest.exponent(), shrink.exponent());
    Ok(([(SIZE, size)], picture(jpeg)).into_response())
}

async fn banded(desk: &Desk, showing: &Arc<Showing>, marked: Arc<Marked>) -> Result<(Vec<u8>, u16), Refusal> {
    let shown = showing.clone();
    let draw = move || {
        let band = Band::draw(marked.width(), &shown.line.drawn())?;
        Ok((marked.view(&band)?, band.height()))
    };
    desk.showings().encode(draw).await.map_err(|error| unshown(&error))
}

/// A showing as fine as it is made, with its band: what leaves as a file.
pub(super) async fn copy(desk: &Desk, showing: &Arc<Showing>) -> Result<Vec<u8>, Refusal> {
    let marked = level(desk, showing, Wanted::Level(Shrink::NONE)).await?;
    Ok(banded(desk, showing, marked).await?.0)
}

/// A view without a mark, with its visible line below it.
pub(super) async fn bare(desk: &Desk, once: Once) -> Result<Response, Refusal> {
    let bare = desk.showings().bare(once, Wanted::Screen(LARGE)).await;
    let (bare, line) = bare.map_err(|error| unshown(&error))?;
    let draw = move || bare.view(&Band::draw(bare.width(), &line.drawn())?);
    let jpeg = desk.showings().encode(draw).await.map_err(|error| unshown(&error))?;
    Ok(picture(jpeg).into_response())
}

/// One tile of a level: 0 is every pixel, 3 an eighth.
pub(super) async fn tile(
    State(desk): State<Desk>,
    Path((name, exponent, column, row)): Path<(String, u8, u16, u16)>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let showing = desk.showing(&signed, &name).await?;
    part(&desk, &showing, exponent, (column, row)).await
}

/// A tile of a showing.
pub(super) async fn part(
    desk: &Desk,
    showing: &Showing,
    exponent: u8,
    (column, row): (u16, u16),
) -> Result<Response, Refusal> {
    let shrink = Shrink::new(exponent).ok_or(Refusal::NoPage)?;
    let marked = level(desk, showing, Wanted::Level(shrink)).await?;
    if marked.shrink() != shrink {
        return Err(Refusal::NoPage);
    }
    let area = Area::tile(&marked, column, row).ok_or(Refusal::NoPage)?;
    let jpeg = desk.showings().encode(move || marked.tile(area)).await.map_err(|error| unshown(&error))?;
    Ok(picture(jpeg).into_response())
}

async fn level(desk: &Desk, showing: &Showing, wanted: Wanted) -> Result<Arc<Marked>, Refusal> {
    desk.showings().level(showing, wanted, desk.web.now()).await.map_err(|error| unshown(&error))
}

fn picture(jpeg: Vec<u8>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "image/jpeg"), (CONTENT_DISPOSITION, "inline")], jpeg)
}

fn unshown(error: &ShowError) -> Refusal {
    let code = match error {
        ShowError::Folk(error) => error.code(),
        ShowError::Render(error) => error.code(),
        ShowError::Cut => "cut_off",
    };
    tracing::error!(code, %error, "a photo cannot be shown");
    match error {
        ShowError::Folk(FolkError::Erased) => Refusal::NoPage,
        ShowError::Render(RenderError::Decode) => undrawn(code, words::photo::DAMAGED),
        ShowError::Render(RenderError::Kind) => undrawn(code, words::photo::OTHER_KIND),
        ShowError::Render(RenderError::Event | RenderError::Encode) | ShowError::Folk(_) | ShowError::Cut => {
            Refusal::Broken(code)
        }
    }
}

/// To ask again does not help: the photo itself is what cannot be drawn. Its line is written, and a link's view is spent.
fn undrawn(code: &'static str, message: &str) -> Refusal {
    Refusal::Spent {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        code,
        message: message.to_owned(),
        next: ("/photos", words::lists::TITLE),
    }
}
