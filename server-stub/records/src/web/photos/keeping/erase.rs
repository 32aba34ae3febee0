//! Erasing one photo: judged, written, done, and nothing of it left in this process.

use gauze_people::action::act;
use gauze_people::context::Reason;
use gauze_people::keeping::noted;
use gauze_people::links::{Step, Told};
use gauze_wire::Digest;

use crate::folk::Found;
use crate::web::photos::Desk;
use crate::web::photos::gate::{broken, unwritten};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

impl Desk {
    /// Erases a photo. Whoever asked may go: what is in the log is done.
    pub(super) async fn erase(
        &self,
        signed: &Signed,
        found: &Found,
        (reason, due): (Reason, bool),
        rules: Option<Digest>,
    ) -> Result<(), Refusal> {
        let (desk, signed, found) = (self.clone(), signed.clone(), found.clone());
        let work = async move { desk.erase_now(&signed, &found, (reason, due), rules).await };
        tokio::spawn(work).await.map_err(|_| Refusal::Broken("erase"))?
    }

    async fn erase_now(
        &self,
        signed: &Signed,
        found: &Found,
        (reason, due): (Reason, bool),
        rules: Option<Digest>,
    ) -> Result<(), Refusal> {
        let sha256 = self.folk.sealed_as(found).await.map_err(|error| broken(&error))?;
        let note = noted(&sha256).ok_or(Refusal::Broken("note"))?;
        let deciding = self.deciding().await;
        let subject = self.erasable(found, due, rules.as_ref());
        let authorised = self.allowed(signed, act::Erase, &subject, Some(reason)).await?;
        let logged = self.write(authorised.noting(note)).await?;
        let erasing = self.keepings_now().erased(&logged, sha256).ok_or(Refusal::Broken("erase"))?;
        drop(deciding);
        self.forget(signed, found).await?;
        let erased = self.folk.erase(found.capture_id, erasing, rules, self.records.clone()).await;
        // A picture that was being opened meanwhile is on no screen either.
        self.showings().forget(&found.capture_id);
        erased.map_err(|error| broken(&error))
    }

    /// Ends its links, each by a line, and lets go of its renderings.
    async fn forget(&self, signed: &Signed, found: &Found) -> Result<(), Refusal> {
        let (at, network) = (self.web.now(), signed.acting.network);
        let id = found.capture_id.to_string();
        let of = |link: &&gauze_people::links::Link| {
            link.about.id.as_deref() == Some(&id) && link.stopped(at).is_none()
        };
        let running: Vec<_> = self.links_now().newest().filter(of).cloned().collect();
        for link in running {
            let event = link.event(Step::Revoked, at, network).by(&signed.acting);
            self.log.note(&event).await.map_err(|error| unwritten(&error))?;
            self.links_now().revoke(link.number);
            self.links_now().tell(link.number, Told { at, step: Step::Revoked, network: Some(network) });
        }
        self.showings().forget(&found.capture_id);
        Ok(())
    }
}
