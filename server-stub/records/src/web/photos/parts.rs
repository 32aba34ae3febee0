//! What several pages show: who the patient is, where on the body, who took it, a photo in a list.

use gauze_people::action::Action;
use gauze_signin::phones::Taker;
use gauze_wire::{Patient, Site};
use jiff::civil::Date;
use jiff::{Timestamp, Unit};
use maud::{Markup, html};

use super::{taker, words};
use crate::folk::Found;
use crate::web::layout;

/// Who the patient is, in the form and order of the NHS Common User Interface, at the top of the page.
pub(super) fn banner(patient: Option<&Patient>, now: Timestamp) -> Markup {
    html! {
        section.banner aria-label="Patient" {
            @match patient {
                Some(patient) => {
                    span.name { (name(patient)) }
                    span { (words::BORN) " " (born(patient, now)) }
                    span { (words::GENDER) " " (words::NOT_KNOWN) }
                    @for (label, number) in numbers(patient) { span { (label) " " (number) } }
                }
                None => { span.name { (words::NO_PATIENT_BANNER) } }
            }
        }
    }
}

/// `FAMILY, Given`.
pub(super) fn name(patient: &Patient) -> String {
    format!("{}, {}", patient.family.as_str().to_uppercase(), patient.given.as_str())
}

/// `14-Jul-1945 (81y)`; under two years in months, under two months in weeks.
pub(super) fn born(patient: &Patient, now: Timestamp) -> String {
    let born = patient.dob.date();
    let today = now.to_zoned_datetime(jiff::tz::TimeZone::system()).date();
    format!("{} ({})", born.strftime("%d-%b-%Y"), age(born, today))
}

fn age(born: Date, today: Date) -> String {
    let Ok(lived) = born.until((Unit::Year, today)) else { return words::NOT_KNOWN.to_owned() };
    let months = i32::from(lived.get_years()) * 12 + lived.get_months();
    if lived.get_years() >= 2 {
        format!("{}y", lived.get_years())
    } else if months >= 2 {
        format!("{months}m")
    } else {
        let days = born.until((Unit::Day, today)).map_or(0, |lived| lived.get_days());
        format!("{}w", days / 7)
    }
}

/// Each number that is known under its own label.
pub(super) fn numbers(patient: &Patient) -> Vec<(&'static str, String)> {
    let national = [
        (words::NHS, patient.nhs_number.as_ref().map(|number| grouped(number.as_str()))),
        (words::CHI, patient.chi_number.as_ref().map(|number| grouped(number.as_str()))),
        (words::HC, patient.hc_number.as_ref().map(|number| grouped(number.as_str()))),
        (words::LOCAL, patient.local_number.as_ref().map(|number| number.as_str().to_owned())),
    ];
    national.into_iter().filter_map(|(label, number)| Some((label, number?))).collect()
}

/// Ten digits as 3-3-4.
fn grouped(digits: &str) -> String {
    match (digits.get(..3), digits.get(3..6), digits.get(6..)) {
        (Some(first), Some(second), Some(rest)) => format!("{first} {second} {rest}"),
        _ => digits.to_owned(),
    }
}

/// `Heel, left`.
pub(super) fn site(site: Option<&Site>) -> String {
    let Some(site) = site else { return words::WHERE_UNKNOWN.to_owned() };
    match site.side {
        Some(side) => format!("{}, {}", site.words.as_str(), words::side(side)),
        None => site.words.as_str().to_owned(),
    }
}

/// One photo in a list. The patient is told where the list is not one patient's.
pub(super) fn card(found: &Found, taker: &Taker, team: &str, named: bool, now: Timestamp) -> Markup {
    let label = &found.label;
    html! {
        h3 {
            a href={ "/photos/" (found.handle) } {
                @if named { (site(label.site.as_ref())) } @else { (words::TAKEN) " " (layout::time(found.taken)) }
            }
        }
        @if named {
            p.patient {
                @match &label.patient {
                    Some(patient) => {
                        strong { (name(patient)) } " "
                        span { (words::BORN) " " (born(patient, now)) } " "
                        @if let Some((label, number)) = numbers(patient).first() { span { (label) " " (number) } }
                    }
                    None => { strong { (words::NO_PATIENT) } }
                }
            }
        }
        p {
            @if !found.seen { span.state.new title=(words::NEW_MEANS) { (words::NEW) } " " }
            @if label.damaged { span.state.danger title=(words::DAMAGED_MEANS) { (words::DAMAGED) } " " }
            @else if found.amended > 0 { span.state.warning { (words::AMENDED) } " " }
            @if named { (words::TAKEN) " " (layout::time(found.taken)) }
        }
        p.hint { (team) " · " (taker::state(taker)) @if let Some(view) = label.view { " · " (words::framing(view)) } }
    }
}

/// What a page may lead to, where a role allows it.
pub(super) type Way = (Action, &'static str, &'static str);
