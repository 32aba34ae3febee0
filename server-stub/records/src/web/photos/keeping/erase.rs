//! Erasing one photo: judged, written, done, and nothing of it left in this process.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use gauze_people::acting::Network;
use gauze_people::action::act;
use gauze_people::context::Reason;
use gauze_people::keeping::{Erasing, noted};
use gauze_people::links::{Link, Step, Told};
use gauze_people::log::{Event, LogFailure};
use gauze_wire::CaptureId;
use jiff::Timestamp;

use super::{PAGE, words};
use crate::folk::Found;
use crate::web::photos::gate::{broken, unwritten};
use crate::web::photos::{Desk, Inner};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// The code of a photo whose erasure has its line.
pub(super) const ERASURE_UNDER_WAY: &str = "erasure_under_way";

impl Desk {
    /// Erases a photo. Whoever asked may go: what is in the log is done.
    pub(super) async fn erase(&self, signed: &Signed, found: &Found, by_wish: bool) -> Result<(), Refusal> {
        let (desk, signed, found) = (self.clone(), signed.clone(), found.clone());
        let work = async move { desk.erase_now(&signed, &found, by_wish).await };
        tokio::spawn(work).await.map_err(|_| Refusal::Broken("erase"))?
    }

    async fn erase_now(&self, signed: &Signed, found: &Found, by_wish: bool) -> Result<(), Refusal> {
        let sha256 = self.folk.sealed_as(found).await.map_err(|error| broken(&error))?;
        let deciding = self.deciding().await;
        let found = &self.stands(found).await?;
        let going = self.going(&signed.acting.person.id, found, by_wish).await?;
        let note = noted(&sha256, going.rules.as_ref()).ok_or(Refusal::Broken("note"))?;
        let reason = Some(Reason { code: going.ground(), sealed_words: None });
        let authorised = self.allowed(signed, act::Erase, &self.erasable(found, &going), reason).await?;
        let logged = self.write(authorised.noting(note)).await?;
        let erasing = self.keepings_now().erased(&logged, (sha256, going.rules));
        let erasing = erasing.ok_or(Refusal::Broken("erase"))?;
        drop(deciding);
        // What the line says is done, whatever becomes of the links: a later round ends those that are left.
        let ended = end_links(&self.0, self.web.now()).await;
        let erased = self.folk.erase(found.capture_id, erasing, self.records.clone()).await;
        // A picture that was being opened meanwhile is on no screen either.
        self.showings().forget(&found.capture_id);
        if erased.is_err() {
            self.0.cut_off.store(true, Ordering::Relaxed);
        }
        erased.map_err(|error| broken(&error))?;
        ended.map_err(|error| unwritten(&error))
    }

    /// The photo as it is now; refused where a line says that it is erased, done or not. Asked while nobody else decides.
    pub(super) async fn stands(&self, found: &Found) -> Result<Found, Refusal> {
        let still = self.folk.photo(&found.handle).await.map_err(|error| broken(&error))?;
        let Some(still) = still else { return Err(gone()) };
        let sha256 = self.folk.sealed_as(&still).await.map_err(|error| broken(&error))?;
        let keepings = self.keepings();
        let is =
            |(photo, erasing): &(CaptureId, Erasing)| *photo == still.capture_id && erasing.sha256 == sha256;
        if keepings.erasures().any(is) {
            return Err(gone());
        }
        Ok(Found { held: keepings.hold(&still.capture_id).is_some(), ..still.clone() })
    }
}

fn gone() -> Refusal {
    Refusal::Told {
        status: StatusCode::CONFLICT,
        code: ERASURE_UNDER_WAY,
        message: words::UNDER_WAY.to_owned(),
        next: (PAGE, words::TITLE),
    }
}

/// Ends the links of photos that were erased, each by a line that names whoever erased; also where a command erased them, or whoever
/// did it was cut off.
pub(in crate::web::photos) async fn end_links(inner: &Inner, at: Timestamp) -> Result<(), LogFailure> {
    // Whoever waits here finds what the one before has written.
    let _deciding = inner.deciding.lock().await;
    let desk = &inner.parts;
    let running: Vec<Link> =
        desk.links_now().newest().filter(|link| link.stopped(at).is_none()).cloned().collect();
    for link in running {
        let photo: Option<CaptureId> = link.about.id.as_ref().and_then(|id| id.parse().ok());
        let by = desk
            .keepings()
            .erasures()
            .find(|(erased, it)| Some(*erased) == photo && it.refused.is_none())
            .map(|(_, it)| it.by.clone());
        let Some(by) = by else { continue };
        let event = Event { who: Some(by), network: None, ..link.event(Step::Revoked, at, Network::Inside) };
        desk.log.note(&event).await?;
        desk.links_now().revoke(link.number);
        desk.links_now().tell(link.number, Told { at, step: Step::Revoked, network: None });
    }
    Ok(())
}
