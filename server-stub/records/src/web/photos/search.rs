//! Finding a patient. What is searched for travels in a form, never in an address.

use axum::extract::State;
use axum::response::Html;
use gauze_people::action::{Action, act};
use gauze_people::subject::Subject;
use gauze_wire::{BirthDate, ChiNumber, HcNumber, NhsNumber, Text};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use super::gate::{broken, patient};
use super::{Desk, parts, words};
use crate::blind::Sought;
use crate::folk::Hit;
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// What was filled in. No `Debug`: it names a patient.
#[derive(Deserialize, Default)]
pub(super) struct Filled {
    #[serde(default)]
    number: String,
    #[serde(default)]
    family: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    month: String,
    #[serde(default)]
    year: String,
}

impl Filled {
    fn sought(&self) -> Result<Sought, &'static str> {
        let nothing = words::search::NOTHING;
        if !self.number.trim().is_empty() {
            return Text::new(self.number.trim()).map(Sought::Number).map_err(|_| nothing);
        }
        let family = Text::new(self.family.trim()).map_err(|_| nothing)?;
        let dob = birth_date(&self.day, &self.month, &self.year).ok_or(words::search::NO_DATE)?;
        Ok(Sought::Name { family, dob })
    }

    /// Ten digits that no kind of number takes.
    fn misread(&self) -> bool {
        let text = self.number.trim();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let other = text.bytes().any(|byte| !byte.is_ascii_digit() && !matches!(byte, b' ' | b'-'));
        digits == 10
            && !other
            && NhsNumber::entered(text).is_err()
            && ChiNumber::entered(text).is_err()
            && HcNumber::entered(text).is_err()
    }
}

/// A date from three fields.
pub(super) fn birth_date(day: &str, month: &str, year: &str) -> Option<BirthDate> {
    let number = |text: &str| text.trim().parse::<i16>().ok();
    let small = |text: &str| number(text).and_then(|number| i8::try_from(number).ok());
    let date = Date::new(number(year)?, small(month)?, small(day)?).ok()?;
    date.to_string().parse().ok()
}

pub(super) async fn form(State(desk): State<Desk>, signed: Signed) -> Result<Html<String>, Refusal> {
    if !desk.may(&signed, Action::Search, &Subject::Hospital) {
        drop(desk.allowed(&signed, act::Search, &Subject::Hospital, None).await?);
    }
    Ok(desk.search_page(&signed, None, &Filled::default(), &html! {}))
}

/// Every patient that is found has a line before the page is shown; where nobody is, there is one for the hospital.
pub(super) async fn find(
    State(desk): State<Desk>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Html<String>, Refusal> {
    let whole = desk.allowed(&signed, act::Search, &Subject::Hospital, None).await?;
    let sought = match value.sought() {
        Ok(sought) => sought,
        Err(trouble) => return Ok(desk.search_page(&signed, Some(trouble), &value, &html! {})),
    };
    let hits = desk.folk.search(&sought).await.map_err(|error| broken(&error))?;
    if hits.is_empty() {
        desk.write(whole).await?;
    }
    for hit in &hits {
        desk.logged(&signed, act::Search, &patient(&hit.patient, hit.teams.clone())).await?;
    }
    let found = desk.found(&signed, &hits, value.misread());
    Ok(desk.search_page(&signed, None, &Filled::default(), &found))
}

impl Desk {
    fn found(&self, signed: &Signed, hits: &[Hit], misread: bool) -> Markup {
        html! {
            section aria-labelledby="found" {
                h2 id="found" { (words::search::FOUND) }
                @if misread { p.trouble { (words::search::CHECK_DIGIT) } }
                @if hits.is_empty() { p.note { (words::search::NOBODY) } }
                ul.cards { @for hit in hits { li { (self.hit(signed, hit)) } } }
            }
        }
    }

    fn hit(&self, signed: &Signed, hit: &Hit) -> Markup {
        let teams: Vec<String> = hit.teams.iter().map(|team| self.team_word(team.as_deref())).collect();
        let subject = patient(&hit.patient, hit.teams.clone());
        match &hit.newest.label.patient {
            Some(known) if self.may(signed, Action::List, &subject) => html! {
                h3 { a href={ "/patients/" (hit.patient) } { (parts::name(known)) } }
                p {
                    (words::BORN) " " (parts::born(known, self.web.now()))
                    @for (label, number) in parts::numbers(known) { " · " (label) " " (number) }
                }
                p.hint { (words::search::NEWEST) " " (layout::time(hit.newest.taken)) " · " (teams.join(", ")) }
            },
            Some(_) | None => html! {
                h3 { (words::search::OTHER_TEAM) }
                p { (words::search::OTHER_TEAM_MEANS) }
                p.hint { (words::search::TEAMS) ": " (teams.join(", ")) }
                p { a.button href={ "/patients/" (hit.patient) "/haste" } { (words::haste::TITLE) } }
            },
        }
    }

    fn search_page(
        &self,
        signed: &Signed,
        trouble: Option<&str>,
        filled: &Filled,
        found: &Markup,
    ) -> Html<String> {
        let body = html! {
            @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
            (found)
            form method="post" action="/search" autocomplete="off" {
                (signed.field())
                h2 { (words::search::NUMBER) }
                (Field::new("number", words::search::NUMBER_LABEL, 64, &filled.number).hint(words::search::NUMBER_HINT).optional().line())
                p.actions { button.main type="submit" { (words::search::FIND) } }
            }
            form method="post" action="/search" autocomplete="off" {
                (signed.field())
                h2 { (words::search::NAME) }
                (Field::new("family", words::search::FAMILY, 128, &filled.family).hint(words::search::FAMILY_HINT).optional().line())
                (date_fields([&filled.day, &filled.month, &filled.year]))
                p.actions { button.main type="submit" { (words::search::FIND) } }
            }
        };
        layout::page(&Frame::signed(words::search::TITLE, signed, "/search"), &body)
    }
}

/// Day, month and year, as three fields, with what was typed.
pub(super) fn date_fields([day, month, year]: [&str; 3]) -> Markup {
    let fields = [
        ("day", words::search::DAY, 2, day),
        ("month", words::search::MONTH, 2, month),
        ("year", words::search::YEAR, 4, year),
    ];
    html! {
        fieldset.field {
            legend { (words::search::DOB) }
            p.hint id="dob-hint" { (words::search::DOB_HINT) }
            div.date {
                @for (name, label, length, typed) in fields {
                    div {
                        label for=(name) { (label) }
                        input type="text" inputmode="numeric" id=(name) name=(name) maxlength=(length)
                            aria-describedby="dob-hint" value=(typed);
                    }
                }
            }
        }
    }
}
