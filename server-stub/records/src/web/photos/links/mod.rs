//! Links for people outside: one photo, for a named reader, so many times, until a day.
//!
//! Always: the address holds 128 random bits of which a keyed hash alone is kept; asking for it shows nothing and spends nothing,
//! since programs that read mail ask too; a view is spent in the log before a pixel leaves; each request asks again
//! whether the link still shows anything. The reader's pages are reached without signing in, and by these handlers alone.

pub(super) mod list;
pub(super) mod make;
mod outside;
mod reading;
pub(super) mod words;

use axum::Router;
use axum::routing::get;
use gauze_people::acting::Network;
use gauze_people::links::{Link, Step, Told};

use super::Desk;
use super::gate::unwritten;
use crate::web::refusal::Refusal;

pub(super) use reading::Readings;

/// The addresses of a reader. Nobody signs in for them.
pub const OUTSIDE: [&str; 5] = [
    "/link/{address}",
    "/link/{address}/photo",
    "/link/{address}/pictures",
    "/link/{address}/pictures/{exponent}/{column}/{row}",
    "/link/{address}/copy",
];

/// Lays the reader's pages beside those of the hospital's people.
pub(super) fn outside(pages: Router<Desk>) -> Router<Desk> {
    OUTSIDE.iter().fold(pages, |pages, address| {
        let page = match *address {
            "/link/{address}" => get(outside::door).post(outside::open),
            "/link/{address}/photo" => get(outside::photo),
            "/link/{address}/pictures" => get(outside::view),
            "/link/{address}/copy" => get(outside::copy),
            _ => get(outside::tile),
        };
        pages.route(address, page)
    })
}

/// Whom a link is for, and why: sealed in its line. No `Debug`.
struct Whom {
    reader: String,
    why: String,
}

impl Desk {
    /// Writes a step of a link, and keeps it for its maker.
    async fn step(&self, link: &Link, step: Step, network: Network) -> Result<(), Refusal> {
        let at = self.web.now();
        self.log.note(&link.event(step, at, network)).await.map_err(|error| unwritten(&error))?;
        self.links_now().tell(link.number, Told { at, step, network: Some(network) });
        Ok(())
    }

    /// Whom it is for, and why; nothing where another identity sealed it.
    fn whom(&self, link: &Link) -> Option<Whom> {
        let sealed = link.reason.as_ref()?.sealed_words.as_ref()?;
        let words = self.folk.open_words(&link.terms.photo.parse().ok()?, sealed)?;
        let (reader, why) = words.split_once('\n')?;
        Some(Whom { reader: reader.to_owned(), why: why.to_owned() })
    }
}
