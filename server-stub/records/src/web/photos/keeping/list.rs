//! What is due, held and asked for; what is due is erased here, by a click, as many as are ticked.

use std::collections::{BTreeMap, HashSet};

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::action::Action;
use gauze_people::keeping::{Erasing, Wish};
use gauze_people::subject::Subject;
use gauze_wire::{CaptureId, Digest};
use maud::{Markup, html};
use serde::Deserialize;

use super::erase::ERASURE_UNDER_WAY;
use super::{PAGE, wish_ground, words};
use crate::blind::Blind;
use crate::folk::{Found, Over};
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::photos::gate::broken;
use crate::web::photos::{Desk, words as general};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// Photos on the page.
const MOST: usize = 50;

type Names = BTreeMap<String, String>;

#[derive(Deserialize)]
pub(in crate::web::photos) struct Asked {
    reference: Option<String>,
}

pub(in crate::web::photos) async fn page(
    State(desk): State<Desk>,
    Query(asked): Query<Asked>,
    signed: Signed,
) -> Result<Response, Refusal> {
    desk.web.opens_for(&signed, Action::Retention, &Subject::Hospital).await?;
    let Some(reference) = asked.reference else {
        return Ok(desk.keeping_page(&signed, None).await?.into_response());
    };
    let found = match reference.trim().parse::<CaptureId>() {
        Ok(capture) => desk.folk.by_reference(&capture).await.map_err(|error| broken(&error))?,
        Err(_) => None,
    };
    match found {
        Some(found) => Ok(Redirect::to(&format!("/photos/{}/keeping", found.handle)).into_response()),
        None => Ok(desk.keeping_page(&signed, Some(words::NOT_FOUND)).await?.into_response()),
    }
}

/// Each ticked photo behind a line of its own; one that is not due, or is held, stops the rest, and the page says what is gone and what
/// is not. What somebody else erases, or erased a moment ago, stops nothing.
pub(in crate::web::photos) async fn erase(
    State(desk): State<Desk>,
    OwnForm { who: signed, value }: OwnForm<Vec<(String, String)>>,
) -> Result<Redirect, Refusal> {
    desk.web.opens_for(&signed, Action::Retention, &Subject::Hospital).await?;
    signed.fresh_for(&desk.web, PAGE)?;
    let ticked = value.iter().filter(|(name, _)| name == "photo").map(|(_, handle)| handle.parse());
    let ticked: Vec<Blind> = ticked.collect::<Result<_, _>>().map_err(|_| Refusal::Unreadable)?;
    let mut here = Vec::new();
    for handle in &ticked {
        here.extend(desk.folk.photo(handle).await.map_err(|error| broken(&error))?);
    }
    for found in &here {
        match desk.erase(&signed, found, false).await {
            Ok(()) => {}
            Err(refusal) if refusal.code() == ERASURE_UNDER_WAY => {}
            Err(refusal) => return Err(desk.halfway(refusal, &here).await),
        }
    }
    Ok(Redirect::to(PAGE))
}

impl Desk {
    /// What stopped the rest, with what of these is gone and what is not, where some are.
    async fn halfway(&self, refusal: Refusal, photos: &[Found]) -> Refusal {
        let (mut gone, mut left) = (Vec::new(), Vec::new());
        for found in photos {
            let is_gone = matches!(self.folk.photo(&found.handle).await, Ok(None));
            if is_gone { &mut gone } else { &mut left }.push(found.capture_id.to_string());
        }
        if gone.is_empty() { refusal } else { refusal.behind(words::halfway(&gone, &left)) }
    }

    /// What a line says is erased, done or not. What was refused and never filed is another file than a photo that came under its name.
    fn under_a_line(&self) -> HashSet<CaptureId> {
        let keepings = self.keepings();
        let filed = keepings.erasures().filter(|(_, erasing)| erasing.refused.is_none());
        filed.map(|(photo, _)| *photo).collect()
    }

    async fn keeping_page(
        &self,
        signed: &Signed,
        trouble: Option<&'static str>,
    ) -> Result<Html<String>, Refusal> {
        let rules = self.rules().await?;
        let wishes = self.keepings().wishes();
        let holds = self.keepings().holds();
        let erased: Vec<(CaptureId, Erasing)> = self.keepings().erasures().take(MOST).cloned().collect();
        let over = match &rules {
            Some((rules, _)) => {
                let going = self.under_a_line();
                let stays = |photo: &CaptureId| self.keepings().hold(photo).is_some();
                let skip = |photo: &CaptureId| stays(photo) || going.contains(photo);
                let over = self.folk.over(rules, self.web.now(), MOST, skip).await;
                over.map_err(|error| broken(&error))?
            }
            None => Vec::new(),
        };
        let people = wishes.iter().chain(&holds).map(|(_, wish)| wish.by.0.clone());
        let erasers = erased.iter().flat_map(|(_, erasing)| erasing.asked_by.iter().chain([&erasing.by]));
        let people = people.chain(erasers.map(|who| who.0.clone())).collect();
        let names = self.folk.staff(people).await.map_err(|error| broken(&error))?;
        let body = html! {
            @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
            p { (words::LEAD) }
            (section("asked", words::ASKED, words::NOT_ASKED, &wishes, |one| wish(one, &names, true)))
            (self.due(signed, &over, rules.as_ref().map(|(_, digest)| digest)))
            (section("held", words::HELD, words::NOT_HELD, &holds, |one| wish(one, &names, false)))
            (find())
            section aria-labelledby="rules" {
                h2 id="rules" { (words::RULES) }
                @match &rules {
                    Some((_, digest)) => p.hint { (words::IN_FORCE) " " code { (digest) } },
                    None => p.note { (words::NO_RULES) },
                }
                p.actions { a.button href="/keeping/rules" { (words::CHANGE_RULES) } }
            }
            (section("erased", words::ERASED, words::NOT_ERASED, &erased, |one| self.gone(one, &names)))
        };
        Ok(layout::page(&Frame::signed(words::TITLE, signed, PAGE), &body))
    }

    /// What was refused stood on no page: all that anybody wrote of it is here.
    fn gone(&self, (photo, erasing): &(CaptureId, Erasing), names: &Names) -> Markup {
        html! {
            h3 { code { (photo) } }
            dl {
                @if let Some(cause) = erasing.refused { dt { (words::REFUSED) } dd { (words::refused(cause)) } }
                dt { (words::GROUND) } dd { (words::ground(erasing.ground)) }
                @if let Some(who) = &erasing.asked_by { dt { (words::ASKED_BY) } dd { (name(&who.0, names)) } }
                dt { (words::BY) } dd { (name(&erasing.by.0, names)) }
                dt { (words::AT) } dd { (layout::time(erasing.at)) ", " (general::governance::LINE) " " (erasing.line) }
                @if erasing.words.is_some() {
                    dt { (words::WORDS) }
                    dd.free { (self.folk.why_erased(erasing).as_deref().unwrap_or(general::NOT_KNOWN)) }
                }
            }
        }
    }

    fn due(&self, signed: &Signed, over: &[Over], rules: Option<&Digest>) -> Markup {
        let alone = {
            let keepings = self.keepings();
            match rules.and_then(|rules| keepings.ruled_by(rules)) {
                None => Some(words::NOBODYS_RULES),
                Some(by) => (*by == signed.acting.person.id).then_some(words::OWN_RULES),
            }
        };
        html! {
            section aria-labelledby="due" {
                h2 id="due" { (words::DUE) }
                @if over.is_empty() { p.note { (words::NOT_DUE) } } @else {
                    form method="post" action=(PAGE) {
                        (signed.field())
                        p { (words::DUE_LEAD) }
                        fieldset.ticks {
                            legend { (words::TICK) }
                            @for Over { found, since } in over {
                                label {
                                    input type="checkbox" name="photo" value=(found.handle) checked;
                                    " " code { (found.capture_id) }
                                }
                                p.hint {
                                    (self.team_word(found.team.as_deref())) ". " (words::TAKEN) " " (layout::time(found.taken))
                                    ". " (words::SINCE) " " (layout::time(*since)) "."
                                }
                            }
                        }
                        p { (words::DUE_MEANS) }
                        @if let Some(alone) = alone { p.note { (alone) } } @else {
                            p.actions { button.irreversible type="submit" { (words::ERASE_TICKED) } }
                        }
                    }
                }
            }
        }
    }
}

fn section<T>(id: &str, title: &str, none: &str, all: &[T], card: impl Fn(&T) -> Markup) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) }
            @if all.is_empty() { p.note { (none) } }
            ul.cards { @for one in all { li { (card(one)) } } }
        }
    }
}

pub(super) fn name<'a>(id: &'a str, names: &'a Names) -> &'a str {
    names.get(id).map_or(id, String::as_str)
}

/// A hold or a wish; what was written with it is read on the photo's own page.
fn wish((photo, wish): &(CaptureId, Wish), names: &Names, asked: bool) -> Markup {
    html! {
        h3 { code { (photo) } }
        dl {
            @if asked { dt { (words::GROUND) } dd { (words::ground(wish_ground(wish))) } }
            dt { (words::BY) } dd { (name(&wish.by.0, names)) }
            dt { (words::AT) } dd { (layout::time(wish.at)) ", " (general::governance::LINE) " " (wish.line) }
        }
        p.actions { a.button href={ "/keeping?reference=" (photo) } { (words::LOOK) } }
    }
}

fn find() -> Markup {
    html! {
        section aria-labelledby="find" {
            h2 id="find" { (words::FIND) }
            form method="get" action=(PAGE) autocomplete="off" {
                (Field::new("reference", words::REFERENCE, 36, "").hint(words::FIND_HINT).line())
                p.actions { button type="submit" { (words::FIND_BUTTON) } }
            }
        }
    }
}
