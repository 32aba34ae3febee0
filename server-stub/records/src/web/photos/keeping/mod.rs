//! Keeping and erasing: what is due, what is held, what somebody asks to erase, and the rules of how long photos are kept.
//!
//! Always: an erasure is judged and written while no hold can be set; what a line says is done, whoever goes away; these pages
//! name no patient to whoever may not see the photo.

mod erase;
mod list;
mod one;
mod rules;
mod words;

use std::sync::{PoisonError, RwLockReadGuard, RwLockWriteGuard};

use gauze_people::context::{Reason, ReasonCode};
use gauze_people::keeping::{Keepings, Wish};
use gauze_people::person::PersonId;
use gauze_people::subject::{Photo, Subject};
use gauze_wire::{Digest, Text};
use jiff::Timestamp;

use super::Desk;
use super::filled::lines;
use super::gate::broken;
use crate::folk::Found;
use crate::keeping::{InForceRules, retention};
use crate::web::refusal::Refusal;

pub(super) use erase::end_links;
pub(super) use list::{erase as erase_due, page};
pub(super) use one::{ask, decide, hold, page as of_photo};
pub(super) use rules::{page as rules_page, save as save_rules};

const PAGE: &str = "/keeping";

impl super::DeskParts {
    pub(super) fn keepings(&self) -> RwLockReadGuard<'_, Keepings> {
        self.keepings.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn keepings_now(&self) -> RwLockWriteGuard<'_, Keepings> {
        self.keepings.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a photo goes, and by which rules that was judged.
struct Going {
    /// Who else asks for it, where that is the ground.
    wish: Option<Wish>,
    /// From when on it need not be kept.
    until: Option<Timestamp>,
    due: bool,
    rules: Option<Digest>,
}

impl Going {
    fn ground(&self) -> ReasonCode {
        self.wish.as_ref().map_or(ReasonCode::RetentionOver, wish_ground)
    }
}

impl Desk {
    /// The rules in force, read anew; none where there are none.
    async fn rules(&self) -> Result<Option<InForceRules>, Refusal> {
        let data = self.data.clone();
        let read = tokio::task::spawn_blocking(move || retention(&data)).await;
        read.map_err(|_| Refusal::Broken("retention"))?.map_err(|error| {
            tracing::error!(%error, "the rules of retention cannot be read: nothing is due");
            Refusal::Broken("retention")
        })
    }

    /// Why a photo would go at this moment if this person erased it: by somebody else's wish where that counts, else because its time
    /// is over.
    async fn going(&self, who: &PersonId, found: &Found, by_wish: bool) -> Result<Going, Refusal> {
        let rules = self.rules().await?;
        let until = match &rules {
            Some((rules, _)) => self.folk.kept_until(found, rules).await.map_err(|error| broken(&error))?,
            None => None,
        };
        Ok(Going {
            wish: self.keepings().wish(&found.capture_id).filter(|wish| by_wish && wish.by != *who).cloned(),
            until,
            due: until.is_some_and(|until| until <= self.web.now()),
            rules: rules.map(|(_, digest)| digest),
        })
    }

    /// The photo as roles see it before it is erased.
    fn erasable(&self, found: &Found, going: &Going) -> Subject {
        let Subject::Photo(photo) = found.subject() else { return found.subject() };
        let keepings = self.keepings();
        let held = keepings.hold(&found.capture_id).is_some();
        let proposed_by = going.wish.as_ref().map(|wish| wish.by.clone());
        let ruled_by = going.rules.as_ref().and_then(|rules| keepings.ruled_by(rules)).cloned();
        Subject::Photo(Photo { held, due: going.due, ruled_by, proposed_by, ..photo })
    }

    fn reason(&self, found: &Found, code: ReasonCode, words: &str) -> Result<Reason, Refusal> {
        let sealed = self.folk.seal_words(&found.handle, words).map_err(|error| broken(&error))?;
        Ok(Reason { code, sealed_words: Some(sealed) })
    }

    /// What somebody wrote with a hold or a wish.
    fn written(&self, found: &Found, wish: &Wish) -> Option<String> {
        let sealed = wish.reason.as_ref()?.sealed_words.as_ref()?;
        self.folk.open_words(&found.handle, sealed)
    }
}

/// Words of a form; nothing where there are none or too many.
fn typed(text: &str) -> Option<Text<512>> {
    Text::new(lines(text.trim())).ok()
}

fn wish_ground(wish: &Wish) -> ReasonCode {
    wish.reason.as_ref().map_or(ReasonCode::Other, |reason| reason.code)
}
