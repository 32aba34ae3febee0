//! What people do, and what an answer that they were given promises.

use gauze_people::Remembered;
use gauze_people::action::Action;
use gauze_people::log::{Entry, Outcome, What};

use super::super::side::{Session, TEAM};
use super::super::world::Broken;
use super::{Clinic, PHOTOS, Who, about};

const NUMBER: &str = "9990000042";

impl Clinic {
    pub(super) async fn looks(&mut self, who: Who) -> Result<(), Broken> {
        let at = self.dice.below(PHOTOS);
        let (id, address) = (self.photos[at].id, format!("/photos/{}", self.photos[at].handle));
        let session = self.enters(who);
        let Some(page) = self.asks(&session, &address, None, (Action::View, Some(id))).await? else {
            return Ok(());
        };
        if who == Who::Stranger && page.status.is_success() {
            self.was_let_in_by_haste(&session)?;
        }
        let Some(shown) = page
            .text()
            .split("data-shown=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next().map(str::to_owned))
        else {
            return if page.status.is_success() {
                Err("a photo's page shows no picture".to_owned())
            } else {
                Ok(())
            };
        };
        let picture = self.side().ask(&session, &format!("/shown/{shown}?screen=64"), None).await;
        self.former = Some(format!("/shown/{shown}?screen=64"));
        self.is_safe();
        if !(picture.status.is_success() && picture.kind == "image/jpeg") {
            return Err(format!("the picture is not shown: {}", picture.status));
        }
        let own = |entry: &Entry| {
            entry.session.as_deref() == Some(&session.reference)
                && entry.what == What::Action(Action::View)
                && entry.outcome == Outcome::Done
                && about(entry) == Some(id.to_string())
        };
        if self.lines_from(0)?.iter().any(own) {
            Ok(())
        } else {
            Err("a picture was shown without its line".to_owned())
        }
    }

    /// A look of somebody of another team names the break-glass under which it was, and that has its line.
    fn was_let_in_by_haste(&self, session: &Session) -> Result<(), Broken> {
        let lines = self.lines_from(0)?;
        let look = lines.iter().rev().find(|entry| entry.session.as_deref() == Some(&session.reference));
        let haste = look
            .and_then(|entry| entry.haste.as_ref())
            .ok_or("a stranger looked without breaking the glass")?;
        let opened = lines.iter().any(|entry| {
            entry.id == *haste
                && entry.what == What::Action(Action::BreakGlass)
                && entry.who.as_ref() == Some(&session.person.id)
        });
        if opened { Ok(()) } else { Err("a look names a break-glass that has no line".to_owned()) }
    }

    pub(super) async fn searches(&mut self) -> Result<(), Broken> {
        let session = self.enters(Who::Nurse);
        let found =
            self.asks(&session, "/search", Some(&[("number", NUMBER)]), (Action::Search, None)).await?;
        match found {
            Some(page) if !page.text().contains(&self.photos[0].patient) => {
                Err("the patient is not found".to_owned())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A team's list: of its own people, and of the newcomer for as long as she has a role.
    pub(super) async fn lists(&mut self) -> Result<(), Broken> {
        let who = self.dice.weighed(&[(1, Who::Nurse), (2, Who::Newcomer)]);
        let session = self.enters(who);
        let list =
            self.asks(&session, &format!("/lists/{TEAM}?which=all"), None, (Action::List, None)).await?;
        let holds = if who == Who::Newcomer { self.holds } else { Some(true) };
        match (list, holds) {
            (Some(list), Some(holds)) if list.status.is_success() != holds => {
                Err(format!("{who:?} was told {} and holds a role: {holds}", list.status))
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn breaks_the_glass(&mut self) -> Result<(), Broken> {
        let session = self.enters(Who::Stranger);
        let address = format!("/patients/{}/haste", self.photos[0].patient);
        let form = [("code", "emergency"), ("words", "the ward is closed")];
        self.asks(&session, &address, Some(&form), (Action::BreakGlass, None)).await.map(drop)
    }

    pub(super) async fn judges(&mut self) -> Result<(), Broken> {
        let waiting = Remembered::of(&self.side().log).map_err(|error| error.code())?.hastes;
        let Some(entry) = waiting.unreviewed().into_iter().next().map(|one| one.entry.clone()) else {
            return Ok(());
        };
        let session = self.enters(Who::Lead);
        let form = [("entry", entry.as_str()), ("verdict", "justified")];
        let judged = self.asks(&session, "/hastes", Some(&form), (Action::ReviewBreakGlass, None)).await?;
        let again = Remembered::of(&self.side().log).map_err(|error| error.code())?.hastes;
        match judged {
            Some(answer) if !answer.status.is_redirection() => {
                Err(format!("a lead may not judge: {}", answer.status))
            }
            Some(_) if again.get(&entry).is_none_or(|one| one.review.is_none()) => {
                Err("what was judged waits again".to_owned())
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(super) async fn puts_right(&mut self) -> Result<(), Broken> {
        let session = self.enters(Who::Lead);
        let (id, address) = (self.photos[0].id, format!("/photos/{}/amend", self.photos[0].handle));
        let note = format!("note {}", self.dice.roll());
        let form = [
            ("what", "notes"),
            ("notes", note.as_str()),
            ("reason", "it was of the other foot"),
            ("compared_name", "yes"),
            ("compared_dob", "yes"),
        ];
        let done = self.asks(&session, &address, Some(&form), (Action::Amend, Some(id))).await?;
        if done.is_some() {
            self.note = Some(note);
            self.unanswered.clear();
        } else {
            self.unanswered.push(note);
        }
        Ok(())
    }

    pub(super) async fn changes_a_role(&mut self, give: bool) -> Result<(), Broken> {
        let session = self.enters(Who::Administrator);
        let somebody = Who::Newcomer.person().id.0;
        let (address, team) =
            if give { ("/people/roles/give", "teams") } else { ("/people/roles/take", "team") };
        let form = [
            ("person", somebody.as_str()),
            ("role", "viewer"),
            (team, TEAM),
            ("reason", "she joins the ward"),
        ];
        let before = self.holds;
        if !give && before == Some(false) {
            return Ok(());
        }
        self.holds = None;
        let done = self.asks(&session, address, Some(&form), (Action::ChangeRole, None)).await?;
        if done.is_some() {
            self.holds = Some(give);
        }
        Ok(())
    }

    pub(super) async fn governs(&mut self) -> Result<(), Broken> {
        let session = self.enters(Who::Officer);
        self.asks(&session, "/governance", None, (Action::ReadLog, None)).await.map(drop)
    }
}
