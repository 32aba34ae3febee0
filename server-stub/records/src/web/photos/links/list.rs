//! What became of links: for who made them, and for leads of the photo's team. Revoking is done here.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::{Html, Redirect};
use gauze_people::action::Action;
use gauze_people::links::{Link, Step, Told};
use gauze_people::log::{Event, Happening, Outcome};
use maud::{Markup, html};
use serde::Deserialize;

use super::words;
use crate::folk::Found;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::photos::gate::{broken, unwritten};
use crate::web::photos::{Desk, looks, parts, words as general};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// Links on the page that show nothing any more.
const MOST: usize = 200;

#[derive(Deserialize)]
pub(in crate::web::photos) struct Meant {
    link: u64,
}

/// A link, and its photo where whoever asks may see that.
type Mine = (Link, Option<Found>);

impl Desk {
    /// The photo of a link, and whether this person looks after the link: they made it, or they could.
    async fn mine(&self, signed: &Signed, link: &Link) -> Result<Option<Option<Found>>, Refusal> {
        let found = match link.terms.photo.parse() {
            Ok(handle) => self.folk.photo(&handle).await.map_err(|error| broken(&error))?,
            Err(_) => None,
        };
        let could = |found: &Found, action| {
            let mut fresh = signed.clone();
            fresh.acting.factor_at = self.web.now();
            self.may(&fresh, action, &found.subject())
        };
        let lead = found.as_ref().is_some_and(|found| could(found, Action::MakeLink));
        let seen = found.filter(|found| could(found, Action::View));
        Ok((lead || link.by == signed.acting.person.id).then_some(seen))
    }

    /// The first so many of these links that this person looks after.
    async fn mine_of(&self, signed: &Signed, links: Vec<Link>, most: usize) -> Result<Vec<Mine>, Refusal> {
        let mut mine = Vec::new();
        for link in links {
            if mine.len() >= most {
                break;
            }
            if let Some(found) = self.mine(signed, &link).await? {
                mine.push((link, found));
            }
        }
        Ok(mine)
    }
}

/// All that still show something, and then the newest of the others. Who reads what is told here: that is written.
pub(in crate::web::photos) async fn list(
    State(desk): State<Desk>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let now = desk.web.now();
    let links: Vec<Link> = desk.links_now().newest().cloned().collect();
    let (open, ended): (Vec<_>, Vec<_>) = links.into_iter().partition(|link| link.stopped(now).is_none());
    let mut mine = desk.mine_of(&signed, open, usize::MAX).await?;
    mine.extend(desk.mine_of(&signed, ended, MOST).await?);
    if mine.is_empty() && signed.acting.person.leads.is_empty() {
        return Err(desk.nowhere(&signed).await);
    }
    let event = Event::of(Happening::Request, Outcome::Done, desk.web.now()).by(&signed.acting);
    desk.log.note(&event).await.map_err(|error| unwritten(&error))?;
    let makers: BTreeSet<String> = mine.iter().map(|(link, _)| link.by.0.clone()).collect();
    let names = desk.folk.staff(makers).await.map_err(|error| broken(&error))?;
    let body = html! {
        p { (words::LIST_LEAD) }
        @if mine.is_empty() { p.note { (words::NONE) } }
        ul.cards { @for one in &mine { li { (desk.link_card(&signed, one, &names)) } } }
    };
    Ok(layout::page(&Frame::signed(words::ALL, &signed, "/links"), &body))
}

/// From the moment of this line nothing opens by it, whatever becomes of whoever asked.
pub(in crate::web::photos) async fn revoke(
    State(desk): State<Desk>,
    OwnForm { who: signed, value }: OwnForm<Meant>,
) -> Result<Redirect, Refusal> {
    let link = desk.links_now().get(value.link).cloned();
    let Some(link) = link else { return Err(desk.nowhere(&signed).await) };
    if desk.mine(&signed, &link).await?.is_none() {
        return Err(desk.nowhere(&signed).await);
    }
    let (at, network) = (desk.web.now(), signed.acting.network);
    let event = link.event(Step::Revoked, at, network).by(&signed.acting);
    // A log that cannot be written opens nothing either, and the maker is asked to try again: what only this process knew would not last.
    desk.log.note(&event).await.map_err(|error| unwritten(&error))?;
    desk.links_now().revoke(link.number);
    desk.links_now().tell(link.number, Told { at, step: Step::Revoked, network: Some(network) });
    Ok(Redirect::to("/links"))
}

impl Desk {
    fn link_card(&self, signed: &Signed, (link, found): &Mine, names: &BTreeMap<String, String>) -> Markup {
        let now = self.web.now();
        let (whom, shut) = (self.whom(link), link.shut(now));
        let maker = names.get(&link.by.0).map_or(general::looks::UNNAMED, String::as_str);
        let known = |text: Option<&str>| text.unwrap_or(general::NOT_KNOWN).to_owned();
        html! {
            h3 { (words::NUMBER) " " (link.number) ": " (known(whom.as_ref().map(|whom| whom.reader.as_str()))) }
            p {
                @match shut {
                    Some(shut) => span.state.warning { (words::shut(shut)) },
                    None => span.state.good { (words::OPEN) },
                }
            }
            dl {
                @if let Some(found) = found {
                    dt { (words::PHOTO) }
                    dd { a href={ "/photos/" (found.handle) } { (parts::site(found.label.site.as_ref())) ", " (layout::time(found.taken)) } }
                }
                dt { (words::OPENED) } dd { (words::opened(link.opened, link.terms.views)) }
                dt { (words::ENDS) } dd { (layout::time(link.ends())) }
                dt { (words::BY) } dd { (maker) }
                dt { (words::AT) } dd { (layout::time(link.made_at)) }
                dt { (words::WHY) } dd { (link.reason.as_ref().map_or(general::NOT_SAID, |why| words::why(why.code))) }
                dt { (words::WORDS) } dd.free { (known(whom.as_ref().map(|whom| whom.why.as_str()))) }
                @if link.terms.copy { dt { (words::KEEP) } dd { (words::COPY) } }
            }
            details {
                summary { (words::HISTORY) }
                @if link.told.is_empty() { p { (words::NOTHING) } }
                ul { @for told in link.told.iter().rev() {
                    li { (layout::time(told.at)) ": " (general::step(told.step)) ". " (looks::place(told.network)) "." }
                } }
            }
            @if link.stopped(now).is_none() {
                form method="post" action="/links" {
                    (signed.field())
                    input type="hidden" name="link" value=(link.number);
                    p.hint { (words::REVOKE_MEANS) }
                    p.actions { button.irreversible type="submit" { (words::REVOKE) } }
                }
            }
        }
    }
}
