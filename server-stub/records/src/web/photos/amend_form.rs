//! The form that puts a record right: one question, then what belongs to it, with what was typed before.

use gauze_wire::BodySide;
use maud::{Markup, html};

use super::filled::{Filled, IDENTIFIERS};
use super::search::date_fields;
use super::words;
use crate::folk::Found;
use crate::web::field::Field;
use crate::web::signed::Signed;

fn text(name: &str, label: &str, most: usize, typed: &str) -> Markup {
    Field::new(name, label, most, typed).optional().line()
}

/// What belongs to one kind of mistake: its words, and the fields to fill in.
pub(super) fn belonging(filled: &Filled, found: &Found) -> Option<(&'static str, Markup)> {
    match filled.what.as_str() {
        "patient" => Some((words::amend::PATIENT, patient_fields(filled))),
        "nobody" if found.patient.is_some() => Some((words::amend::NOBODY, html! {})),
        "site" => Some((words::amend::SITE, site_fields(filled))),
        "notes" => Some((words::amend::NOTES, notes_field(filled))),
        _ => None,
    }
}

fn trouble(told: Option<&str>) -> Markup {
    html! { @if let Some(told) = told { p.trouble role="alert" { (told) } } }
}

/// One question: what is wrong?
pub(super) fn chooser(found: &Found, told: Option<&str>) -> Markup {
    let ways = ["patient", "nobody", "site", "notes"];
    html! {
        (trouble(told))
        p { (words::amend::LEAD) }
        h2 { (words::amend::WHAT) }
        nav.more aria-label=(words::amend::WHAT) {
            @for what in ways {
                @if let Some((label, _)) = belonging(&Filled::about(what), found) {
                    a.button href={ "/photos/" (found.handle) "/amend?what=" (what) } { (label) }
                }
            }
        }
    }
}

fn patient_fields(filled: &Filled) -> Markup {
    html! {
        (text("family", words::amend::FAMILY, 128, &filled.family))
        (text("given", words::amend::GIVEN, 128, &filled.given))
        (date_fields([&filled.day, &filled.month, &filled.year]))
        (text("nhs", words::NHS, 14, &filled.nhs)) (text("chi", words::CHI, 14, &filled.chi))
        (text("hc", words::HC, 14, &filled.hc)) (text("local", words::LOCAL, 64, &filled.local))
    }
}

fn site_fields(filled: &Filled) -> Markup {
    let sides = [
        ("", words::NOT_SAID),
        ("left", words::side(BodySide::Left)),
        ("right", words::side(BodySide::Right)),
        ("midline", words::side(BodySide::Midline)),
        ("both", words::side(BodySide::Both)),
    ];
    html! {
        (text("site", words::amend::NEW_SITE, 256, &filled.site))
        div.field {
            label for="side" { (words::amend::SIDE) }
            select id="side" name="side" {
                @for (value, word) in sides { option value=(value) selected[value == filled.side] { (word) } }
            }
        }
    }
}

fn notes_field(filled: &Filled) -> Markup {
    Field::new("notes", words::amend::NEW_NOTES, 4096, &filled.notes).area(4)
}

pub(super) fn fields(
    signed: &Signed,
    found: &Found,
    filled: &Filled,
    told: Option<&str>,
    label: &str,
    rest: &Markup,
) -> Markup {
    html! {
        (trouble(told))
        p { (words::amend::LEAD) }
        form method="post" action={ "/photos/" (found.handle) "/amend" } autocomplete="off" {
            (signed.field())
            input type="hidden" name="what" value=(filled.what);
            h2 { (label) }
            (rest)
            (compared(filled))
            (Field::new("reason", words::amend::REASON, 512, &filled.reason).hint(words::amend::REASON_HINT).area(3))
            p.actions { button.main type="submit" { (words::amend::SAVE) } }
        }
    }
}

fn compared(filled: &Filled) -> Markup {
    let ticked = filled.compared();
    html! {
        fieldset.ticks {
            legend { (words::amend::COMPARED) }
            p.hint { (words::amend::COMPARED_HINT) }
            @for (name, identifier) in IDENTIFIERS {
                label {
                    input type="checkbox" name={ "compared_" (name) } value="yes" checked[ticked.contains(&identifier)];
                    " " (words::identifier(identifier))
                }
            }
        }
    }
}
