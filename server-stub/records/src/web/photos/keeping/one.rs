//! One photo: whether it is held, who asks to erase it, until when it is kept; and the forms for each.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::action::{Action, act};
use gauze_people::context::{Reason, ReasonCode};
use gauze_people::keeping::{Step, Wish};
use gauze_wire::Digest;
use maud::{Markup, html};
use serde::Deserialize;

use super::list::name;
use super::{typed, wish_ground, words};
use crate::folk::Found;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::photos::gate::broken;
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
    desk.one(&signed, &found, &Filled::default(), None).await
}

/// A wish, or its end.
pub(in crate::web::photos) async fn ask(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    desk.may_ask(&signed, &found).await?;
    let on = value.off.is_none();
    let ground = value.ground.filter(|ground| words::GROUNDS.contains(ground));
    let (reason, asks) = match (on, ground, typed(&value.asker), typed(&value.words)) {
        (true, Some(ground), Some(asker), Some(why)) => {
            (desk.reason(&found, ground, &format!("{}\n{}", asker.as_str(), why.as_str()))?, true)
        }
        (false, ..) => (Reason { code: ReasonCode::Other, sealed_words: None }, false),
        (true, ..) => {
            let page = desk.one(&signed, &found, &value, Some(words::MISSING)).await?;
            return Ok((StatusCode::BAD_REQUEST, page).into_response());
        }
    };
    let authorised = desk.allowed(&signed, act::ProposeErasure, &found.subject(), Some(reason)).await?;
    let note = Step::Ask(asks).note().ok_or(Refusal::Broken("note"))?;
    let to = here(&found);
    let work = async move {
        let logged = desk.write(authorised.noting(note)).await?;
        desk.keepings_now().asked(&logged, asks);
        Ok::<_, Refusal>(())
    };
    tokio::spawn(work).await.map_err(|_| Refusal::Broken("keeping"))??;
    Ok(Redirect::to(&to).into_response())
}

/// A hold, or its end.
pub(in crate::web::photos) async fn hold(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    let on = value.off.is_none();
    let Some(why) = typed(&value.words) else {
        desk.may_hold(&signed, &found).await?;
        let page = desk.one(&signed, &found, &value, Some(words::HOLD_MISSING)).await?;
        return Ok((StatusCode::BAD_REQUEST, page).into_response());
    };
    desk.may_hold(&signed, &found).await?;
    signed.fresh_for(&desk.web, &here(&found))?;
    let reason = desk.reason(&found, ReasonCode::Legal, why.as_str())?;
    let note = Step::Hold(on).note().ok_or(Refusal::Broken("note"))?;
    let to = here(&found);
    let work = async move {
        // No erasure is judged between this line and what it changes.
        let _deciding = desk.deciding().await;
        let authorised = desk.allowed(&signed, act::Hold, &found.subject(), Some(reason)).await?;
        let logged = desk.write(authorised.noting(note)).await?;
        desk.keepings_now().held(&logged, on);
        Ok::<_, Refusal>(())
    };
    tokio::spawn(work).await.map_err(|_| Refusal::Broken("keeping"))??;
    Ok(Redirect::to(&to).into_response())
}

/// The second of two people erases it.
pub(in crate::web::photos) async fn decide(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, .. }: OwnForm<Filled>,
) -> Result<Redirect, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    let until = desk.kept_until(&found).await?;
    let due = until.is_some_and(|(until, _)| until <= desk.web.now());
    let rules = until.map(|(_, rules)| rules);
    let wish = desk.keepings().wish(&found.capture_id).cloned();
    let ground = wish.as_ref().map_or(ReasonCode::RetentionOver, wish_ground);
    let reason = Reason { code: ground, sealed_words: None };
    if desk.may_fresh(&signed, Action::Erase, &desk.erasable(&found, due, rules.as_ref())) {
        signed.fresh_for(&desk.web, &here(&found))?;
    }
    desk.erase(&signed, &found, (reason, due), rules).await?;
    Ok(Redirect::to("/keeping"))
}

impl Desk {
    /// Whoever may not is refused, and that is written.
    async fn may_ask(&self, signed: &Signed, found: &Found) -> Result<(), Refusal> {
        if !self.may(signed, Action::ProposeErasure, &found.subject()) {
            let reason = Reason { code: ReasonCode::Other, sealed_words: None };
            drop(self.allowed(signed, act::ProposeErasure, &found.subject(), Some(reason)).await?);
        }
        Ok(())
    }

    async fn may_hold(&self, signed: &Signed, found: &Found) -> Result<(), Refusal> {
        if !self.may_fresh(signed, Action::Hold, &found.subject()) {
            let reason = Reason { code: ReasonCode::Legal, sealed_words: None };
            drop(self.allowed(signed, act::Hold, &found.subject(), Some(reason)).await?);
        }
        Ok(())
    }

    /// To whoever may see the photo it shows whose it is: that is a look.
    async fn one(
        &self,
        signed: &Signed,
        found: &Found,
        filled: &Filled,
        trouble: Option<&str>,
    ) -> Result<Html<String>, Refusal> {
        let sees = self.may(signed, Action::View, &found.subject());
        if sees {
            self.logged(signed, act::View, &found.subject()).await?;
        }
        let until = self.kept_until(found).await?;
        let due = until.is_some_and(|(until, _)| until <= self.web.now());
        let rules = until.map(|(_, rules)| rules);
        let standing = {
            let keepings = self.keepings();
            let (hold, wish) = (keepings.hold(&found.capture_id), keepings.wish(&found.capture_id));
            Standing { hold: hold.cloned(), wish: wish.cloned() }
        };
        let body = html! {
            @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
            (self.standing(found, &standing, due).await?)
            dl {
                dt { (words::REFERENCE) } dd { code { (found.capture_id) } }
                dt { (words::TEAM) } dd { (self.team_word(found.team.as_deref())) }
                dt { (words::TAKEN) } dd { (layout::time(found.taken)) }
                dt { (words::UNTIL) } dd {
                    @match until { Some((until, _)) => (layout::time(until)), None => (words::NO_END) }
                }
            }
            (self.decision(signed, found, &standing, (due, rules)))
            @if standing.wish.is_none() { (asking(signed, found, filled)) }
            @if self.may_fresh(signed, Action::Hold, &found.subject()) { (holding(signed, found, &standing)) }
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
    fn decision(
        &self,
        signed: &Signed,
        found: &Found,
        standing: &Standing,
        (due, rules): (bool, Option<Digest>),
    ) -> Markup {
        let erases = self.may_fresh(signed, Action::Erase, &self.erasable(found, due, rules.as_ref()));
        let own = standing.wish.as_ref().is_some_and(|wish| wish.by == signed.acting.person.id);
        html! {
            @if own { p.note { (words::OWN_WISH) } }
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
                fieldset.ticks {
                    legend { (words::GROUND) }
                    @for ground in words::GROUNDS {
                        label {
                            input type="radio" name="ground" value=(code(ground)) required checked[filled.ground == Some(ground)];
                            " " (words::ground(ground))
                        }
                    }
                }
                div.field {
                    label for="asker" { (words::ASKER) }
                    p.hint id="asker-hint" { (words::ASKER_HINT) }
                    input type="text" id="asker" name="asker" maxlength="200" required aria-describedby="asker-hint" value=(filled.asker);
                }
                div.field {
                    label for="words" { (words::WHY) }
                    p.hint id="words-hint" { (words::WHY_HINT) }
                    textarea id="words" name="words" rows="3" maxlength="512" required aria-describedby="words-hint" { "\n" (filled.words) }
                }
                p.actions { button.main type="submit" { (words::ASK_BUTTON) } }
            }
        }
    }
}

fn holding(signed: &Signed, found: &Found, standing: &Standing) -> Markup {
    let held = standing.hold.is_some();
    html! {
        section aria-labelledby="hold" {
            h2 id="hold" { (if held { words::LIFT } else { words::HOLD }) }
            p { (if held { words::LIFT_MEANS } else { words::HOLD_MEANS }) }
            form method="post" action={ "/photos/" (found.handle) "/hold" } autocomplete="off" {
                (signed.field())
                @if held { input type="hidden" name="off" value="yes"; }
                div.field {
                    label for="hold-words" { (words::HOLD_WHY) }
                    p.hint id="hold-hint" { (words::HOLD_WHY_HINT) }
                    textarea id="hold-words" name="words" rows="3" maxlength="512" required aria-describedby="hold-hint" {}
                }
                p.actions { button type="submit" { (if held { words::LIFT } else { words::HOLD_BUTTON }) } }
            }
        }
    }
}

/// A ground's word in a form.
fn code(ground: ReasonCode) -> String {
    serde_json::to_value(ground).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
