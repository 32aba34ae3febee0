//! One photo: whether it is held, who asks to erase it, until when it is kept; and the forms for each.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::Logged;
use gauze_people::action::{Act, Action, act};
use gauze_people::context::{Reason, ReasonCode};
use gauze_people::keeping::{Keepings, Step, Wish};
use maud::{Markup, html};
use serde::Deserialize;

use super::list::name;
use super::{Going, typed, wish_ground, words};
use crate::folk::Found;
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::photos::gate::broken;
use crate::web::photos::reason::reasons;
use crate::web::photos::{Desk, parts, words as general};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// What was filled in. No `Debug`: it may name a patient.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web::photos) struct Filled {
    ground: Option<ReasonCode>,
    asker: String,
    words: String,
    /// Takes the wish back, or lifts the hold.
    off: Option<String>,
}

impl Filled {
    fn typed(&self) -> String {
        format!("{}\n{}", self.asker, self.words)
    }
}

/// What stands about a photo.
struct Standing {
    hold: Option<Wish>,
    wish: Option<Wish>,
}

fn here(found: &Found) -> String {
    format!("/photos/{}/keeping", found.handle)
}

pub(in crate::web::photos) async fn page(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    desk.may_ask(&signed, &found).await?;
    desk.one(&signed, &found, (&Filled::default(), ""), None).await
}

/// A wish, or its end.
pub(in crate::web::photos) async fn ask(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    desk.asked(&signed, &address, &value).await.map_err(|refusal| refusal.keeping(&value.typed()))
}

/// A hold, or its end.
pub(in crate::web::photos) async fn hold(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    desk.held(&signed, &address, &value).await.map_err(|refusal| refusal.keeping(&value.typed()))
}

/// The second of two people erases it.
pub(in crate::web::photos) async fn decide(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, .. }: OwnForm<Filled>,
) -> Result<Redirect, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    let going = desk.going(&signed.acting.person.id, &found, true).await?;
    if desk.may_fresh(&signed, Action::Erase, &desk.erasable(&found, &going)) {
        signed.fresh_for(&desk.web, &here(&found))?;
    }
    desk.erase(&signed, &found, true).await?;
    Ok(Redirect::to("/keeping"))
}

impl Desk {
    async fn asked(&self, signed: &Signed, address: &str, value: &Filled) -> Result<Response, Refusal> {
        let found = self.photo(signed, address).await?;
        self.may_ask(signed, &found).await?;
        let ground = value.ground.filter(|ground| words::GROUNDS.contains(ground));
        let asks = value.off.is_none();
        let reason = match (asks, ground, typed(&value.asker), typed(&value.words)) {
            (true, Some(ground), Some(asker), Some(why)) => {
                self.reason(&found, ground, &format!("{}\n{}", asker.as_str(), why.as_str()))?
            }
            (false, ..) => Reason { code: ReasonCode::Other, sealed_words: None },
            (true, ..) => {
                let page = self.one(signed, &found, (value, ""), Some(words::MISSING)).await?;
                return Ok((StatusCode::BAD_REQUEST, page).into_response());
            }
        };
        let take = move |logged: &Logged<act::ProposeErasure>, keepings: &mut Keepings| {
            keepings.asked(logged, asks);
        };
        self.decided(signed, &found, act::ProposeErasure, (Step::Ask(asks), reason), take).await
    }

    async fn held(&self, signed: &Signed, address: &str, value: &Filled) -> Result<Response, Refusal> {
        let found = self.photo(signed, address).await?;
        self.admits(signed, act::Hold, &found.subject(), ReasonCode::Legal).await?;
        let on = value.off.is_none();
        let Some(why) = typed(&value.words) else {
            let page = self
                .one(signed, &found, (&Filled::default(), &value.words), Some(words::HOLD_MISSING))
                .await?;
            return Ok((StatusCode::BAD_REQUEST, page).into_response());
        };
        signed.fresh_for(&self.web, &here(&found))?;
        let reason = self.reason(&found, ReasonCode::Legal, why.as_str())?;
        let take = move |logged: &Logged<act::Hold>, keepings: &mut Keepings| keepings.held(logged, on);
        self.decided(signed, &found, act::Hold, (Step::Hold(on), reason), take).await
    }

    /// Judged and written while nobody else decides, so that what is known here has the order of the lines. Whoever asked may go: what
    /// is in the log is known here too.
    async fn decided<A: Act + Send + 'static>(
        &self,
        signed: &Signed,
        found: &Found,
        act: A,
        (step, reason): (Step, Reason),
        take: impl FnOnce(&Logged<A>, &mut Keepings) + Send + 'static,
    ) -> Result<Response, Refusal> {
        let (desk, signed, found, to) = (self.clone(), signed.clone(), found.clone(), here(found));
        let note = step.note().ok_or(Refusal::Broken("note"))?;
        let work = async move {
            let _deciding = desk.deciding().await;
            let found = desk.stands(&found).await?;
            let authorised = desk.allowed(&signed, act, &found.subject(), Some(reason)).await?;
            let logged = desk.write(authorised.noting(note)).await?;
            take(&logged, &mut desk.keepings_now());
            Ok::<_, Refusal>(())
        };
        tokio::spawn(work).await.map_err(|_| Refusal::Broken("keeping"))??;
        Ok(Redirect::to(&to).into_response())
    }

    async fn may_ask(&self, signed: &Signed, found: &Found) -> Result<(), Refusal> {
        self.admits(signed, act::ProposeErasure, &found.subject(), ReasonCode::Other).await
    }

    /// With what was typed to have it erased, and to hold it. To whoever may see the photo it shows whose it is: that is a look.
    async fn one(
        &self,
        signed: &Signed,
        found: &Found,
        (filled, why): (&Filled, &str),
        trouble: Option<&str>,
    ) -> Result<Html<String>, Refusal> {
        let sees = self.may(signed, Action::View, &found.subject());
        if sees {
            self.logged(signed, act::View, &found.subject()).await?;
        }
        let going = self.going(&signed.acting.person.id, found, true).await?;
        let standing = {
            let keepings = self.keepings();
            let (hold, wish) = (keepings.hold(&found.capture_id), keepings.wish(&found.capture_id));
            Standing { hold: hold.cloned(), wish: wish.cloned() }
        };
        let body = html! {
            @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
            (self.standing(found, &standing, going.due).await?)
            dl {
                dt { (words::REFERENCE) } dd { code { (found.capture_id) } }
                dt { (words::TEAM) } dd { (self.team_word(found.team.as_deref())) }
                dt { (words::TAKEN) } dd { (layout::time(found.taken)) }
                dt { (words::UNTIL) } dd {
                    @match going.until {
                        Some(until) => (layout::time(until)),
                        None if going.rules.is_some() => (words::END_UNKNOWN),
                        None => (words::NO_END),
                    }
                }
            }
            (self.decision(signed, found, &standing, &going))
            @if standing.wish.is_none() { (asking(signed, found, filled)) }
            @if self.may_fresh(signed, Action::Hold, &found.subject()) { (holding(signed, found, &standing, why)) }
            @if sees { p.actions { a.button href={ "/photos/" (found.handle) } { (words::BACK) } } }
        };
        let banner = sees.then(|| parts::banner(found.label.patient.as_ref(), self.web.now()));
        let frame = Frame { banner, ..Frame::signed(words::ONE_TITLE, signed, "/keeping") };
        Ok(layout::page(&frame, &body))
    }

    async fn standing(&self, found: &Found, standing: &Standing, due: bool) -> Result<Markup, Refusal> {
        let both = standing.hold.iter().chain(&standing.wish);
        let people = both.map(|wish| wish.by.0.clone()).collect();
        let names = self.folk.staff(people).await.map_err(|error| broken(&error))?;
        let told = |title: &str, wish: &Wish, state: &str| {
            html! {
                p { span.state class=(state) { (title) } }
                dl {
                    @if state == "danger" { dt { (words::GROUND) } dd { (words::ground(wish_ground(wish))) } }
                    dt { (words::BY) } dd { (name(&wish.by.0, &names)) }
                    dt { (words::AT) } dd { (layout::time(wish.at)) ", " (general::governance::LINE) " " (wish.line) }
                    dt { (words::WORDS) }
                    dd.free { (self.written(found, wish).as_deref().unwrap_or(general::NOT_KNOWN)) }
                }
            }
        };
        Ok(html! {
            @if let Some(hold) = &standing.hold { (told(words::STATE_HELD, hold, "warning")) }
            @if let Some(wish) = &standing.wish { (told(words::STATE_ASKED, wish, "danger")) }
            @if standing.hold.is_none() && standing.wish.is_none() {
                p { (if due { words::STATE_DUE } else { words::STATE_PLAIN }) }
            }
        })
    }

    /// Erasing it, or taking the wish back.
    fn decision(&self, signed: &Signed, found: &Found, standing: &Standing, going: &Going) -> Markup {
        let erases = self.may_fresh(signed, Action::Erase, &self.erasable(found, going));
        let own = standing.wish.as_ref().is_some_and(|wish| wish.by == signed.acting.person.id);
        html! {
            @if own && !erases { p.note { (words::OWN_WISH) } }
            @if erases {
                form method="post" action={ "/photos/" (found.handle) "/erase" } {
                    (signed.field())
                    p { (words::DECIDE_MEANS) }
                    p.actions { button.irreversible type="submit" { (words::DECIDE) } }
                }
            }
            @if standing.wish.is_some() {
                form method="post" action=(here(found)) {
                    (signed.field())
                    input type="hidden" name="off" value="yes";
                    p { (words::WITHDRAW_MEANS) }
                    p.actions { button type="submit" { (words::WITHDRAW) } }
                }
            }
        }
    }
}

fn asking(signed: &Signed, found: &Found, filled: &Filled) -> Markup {
    html! {
        section aria-labelledby="ask" {
            h2 id="ask" { (words::ASK) }
            p { (words::ASK_MEANS) }
            form method="post" action=(here(found)) autocomplete="off" {
                (signed.field())
                (reasons((words::GROUND, "ground"), &words::GROUNDS, filled.ground, words::ground))
                (Field::new("asker", words::ASKER, 200, &filled.asker).hint(words::ASKER_HINT).line())
                (Field::new("words", words::WHY, 512, &filled.words).hint(words::WHY_HINT).area(3))
                p.actions { button.main type="submit" { (words::ASK_BUTTON) } }
            }
        }
    }
}

fn holding(signed: &Signed, found: &Found, standing: &Standing, why: &str) -> Markup {
    let held = standing.hold.is_some();
    html! {
        section aria-labelledby="hold" {
            h2 id="hold" { (if held { words::LIFT } else { words::HOLD }) }
            p { (if held { words::LIFT_MEANS } else { words::HOLD_MEANS }) }
            form method="post" action={ "/photos/" (found.handle) "/hold" } autocomplete="off" {
                (signed.field())
                @if held { input type="hidden" name="off" value="yes"; }
                (Field::new("words", words::HOLD_WHY, 512, why).id("hold-words").hint(words::HOLD_WHY_HINT).area(3))
                p.actions { button type="submit" { (if held { words::LIFT } else { words::HOLD_BUTTON }) } }
            }
        }
    }
}
