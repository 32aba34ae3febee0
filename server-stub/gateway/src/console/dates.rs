//! What ends, on the first page: a warning a month ahead with what to do, and every date below the phones.

use gauze_listen::SOON;
use jiff::Timestamp;
use maud::{Markup, html};

use super::words::{self, Due, Left};
use crate::admin::Dates;

/// Everything that ends, how it stands, and the sentence for it.
fn all(dates: &Dates, now: Timestamp) -> [(Due, Left, Markup); 4] {
    let ends = |at: Option<Timestamp>| match at {
        None => (Left::NotKnown, html! { "Not known: no gateway has served here yet." }),
        Some(at) => {
            let left = match at {
                at if at <= now => Left::Ended,
                at if at <= now.saturating_add(SOON).unwrap_or(Timestamp::MAX) => Left::Soon,
                _ => Left::Good,
            };
            (left, html! { (words::time(at)) ", " (words::days_left(at, now)) "." })
        }
    };
    let policy = match dates.policy {
        Some((version, at)) => (
            Left::Good,
            html! { "Version " (version) ", signed " (words::time(at)) ". " (words::NO_LAST_DAY) },
        ),
        None => (Left::Missing, html! { "None is signed." }),
    };
    let witness = match (dates.witness, dates.witness_late) {
        (_, false) if dates.ahead.is_some() => (Left::NotKnown, html! { (words::NOT_KNOWN_HOW_LONG) }),
        (Some(at), late) => (
            if late { Left::Late } else { Left::Good },
            html! { "It signed last " (words::time(at)) ". " (words::NO_LAST_DAY) },
        ),
        (None, true) => (Left::Late, html! { "It has not signed yet." }),
        (None, false) if dates.unwitnessed > 0 => {
            (Left::NotKnown, html! { "It has not signed what came within the last hour." })
        }
        (None, false) => (Left::NotKnown, html! { "It has not signed yet, and nothing waits for it." }),
    };
    let (certificate, bundle) = (ends(dates.certificate), ends(Some(dates.bundle)));
    [(Due::Certificate, certificate), (Due::Bundle, bundle), (Due::Policy, policy), (Due::Witness, witness)]
        .map(|(due, (left, told))| (due, left, told))
}

/// What needs somebody, above everything else.
pub fn warnings(dates: &Dates, now: Timestamp) -> Markup {
    html! {
        @if let Some(at) = dates.ahead {
            p.trouble {
                strong { (words::CLOCK) } " What waits for the hospital is dated " (words::time(at)) ", which is yet to come. "
                (words::SET_CLOCK)
            }
        }
        @for (due, left, told) in all(dates, now) {
            @if left.wants_somebody() {
                p.trouble { strong { (due.name()) ": " (left.word()) ". " } (told) " " (due.next_step()) }
            }
        }
    }
}

/// Every date.
pub fn section(dates: &Dates, now: Timestamp) -> Markup {
    html! {
        h2 id="dates" { "Dates that end" }
        dl {
            @for (due, left, told) in all(dates, now) {
                dt { (due.name()) } dd { (left.badge()) " " (told) }
            }
        }
    }
}
