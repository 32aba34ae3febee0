use std::collections::BTreeSet;

use gauze_wire::{CaptureId, ProblemCode};

use super::*;
use crate::store::Progress;

const NOW: i64 = 1_000_000;

fn states() -> Vec<State> {
    let waiting = |signed, until_ms| State::Waiting { signed, until_ms, trouble: Trouble::Offline };
    vec![
        State::Unsigned,
        State::Signed,
        State::Sending,
        State::Stored,
        State::Filed,
        State::Refused,
        waiting(false, Some(NOW)),
        waiting(true, Some(NOW)),
        waiting(true, None),
        State::Gone,
    ]
}

fn receipted() -> Receipted {
    Receipted::in_test(CaptureId::make(1, &[0; 10]))
}

fn failed() -> Event {
    Event::Failed { trouble: Trouble::Offline, now_ms: NOW, jitter: 0, least_ms: 0 }
}

fn events() -> Vec<Event> {
    vec![
        Event::Taken { now_ms: NOW, asked: false },
        Event::Signed,
        Event::TicketGranted { offset: 7 },
        Event::Stored,
        Event::Forgotten,
        Event::Cut { now_ms: NOW, jitter: 0 },
        Event::Filed(receipted()),
        Event::Refused,
        Event::Erased,
        failed(),
    ]
}

fn item(state: State) -> Item {
    Item { state, attempts: 0 }
}

fn name(state: State) -> &'static str {
    match state {
        State::Unsigned => "Unsigned",
        State::Signed => "Signed",
        State::Sending => "Sending",
        State::Stored => "Stored",
        State::Filed => "Filed",
        State::Refused => "Refused",
        State::Waiting { .. } => "Waiting",
        State::Gone => "Gone",
    }
}

fn label(event: &Event) -> &'static str {
    match event {
        Event::Taken { .. } => "Due",
        Event::Signed => "Signed",
        Event::TicketGranted { .. } => "TicketGranted",
        Event::Stored => "Stored",
        Event::Forgotten => "Forgotten",
        Event::Cut { .. } => "Cut",
        Event::Filed(_) => "Filed",
        Event::Refused => "Refused",
        Event::Erased => "Erased",
        Event::Failed { .. } => "Failed",
    }
}

#[test]
fn the_transition_table_is_as_written() {
    let erase = || vec![Effect::Erase(receipted())];
    let table = [
        (State::Unsigned, Event::Taken { now_ms: NOW, asked: false }, State::Unsigned, vec![Effect::Sign]),
        (State::Unsigned, Event::Signed, State::Signed, vec![Effect::AskTicket]),
        (State::Signed, Event::Taken { now_ms: NOW, asked: false }, State::Signed, vec![Effect::AskTicket]),
        (
            State::Signed,
            Event::TicketGranted { offset: 7 },
            State::Sending,
            vec![Effect::Transfer { offset: 7 }],
        ),
        (State::Signed, Event::Stored, State::Stored, vec![Effect::AskOutcome]),
        (State::Sending, Event::Stored, State::Stored, vec![Effect::AskOutcome]),
        (State::Sending, Event::Taken { now_ms: NOW, asked: false }, State::Sending, vec![]),
        (State::Stored, Event::Taken { now_ms: NOW, asked: false }, State::Stored, vec![Effect::AskOutcome]),
        (State::Stored, Event::Filed(receipted()), State::Filed, erase()),
        (State::Stored, Event::Refused, State::Refused, vec![]),
        (State::Stored, Event::Forgotten, State::Signed, vec![]),
        (State::Stored, failed(), State::Stored, vec![]),
        (
            State::Refused,
            Event::Taken { now_ms: NOW, asked: false },
            State::Refused,
            vec![Effect::AskOutcome],
        ),
        (State::Refused, Event::Filed(receipted()), State::Filed, erase()),
        (State::Refused, Event::Refused, State::Refused, vec![]),
        (State::Refused, Event::Forgotten, State::Signed, vec![]),
        (State::Refused, Event::Erased, State::Gone, vec![]),
        (State::Filed, Event::Filed(receipted()), State::Filed, erase()),
        (State::Filed, Event::Forgotten, State::Signed, vec![]),
        (State::Filed, Event::Erased, State::Gone, vec![]),
        (State::Filed, failed(), State::Filed, vec![]),
    ];
    for (from, event, to, effects) in table {
        let what = format!("{from:?} + {event:?}");
        let (next, done) = step(item(from), event);
        assert_eq!((next.state, done), (to, effects), "{what}");
    }
}

#[test]
fn an_event_that_does_not_fit_changes_nothing_and_is_reported() {
    let mut misfits = 0;
    for from in states() {
        for event in events() {
            let (next, effects) = step(item(from), event);
            if effects == [Effect::Report] {
                assert_eq!(next, item(from));
                misfits += 1;
            }
        }
    }
    // A hundred pairs, of which thirty fit.
    assert_eq!(misfits, 70);
}

#[test]
fn nothing_but_a_filed_receipt_erases() {
    for from in states() {
        for event in events() {
            let filed = matches!(event, Event::Filed(_));
            let (_, effects) = step(item(from), event);
            assert!(filed || !effects.iter().any(|effect| matches!(effect, Effect::Erase(_))), "{from:?}");
        }
    }
}

#[test]
fn a_photo_that_was_not_stored_is_never_filed_by_a_receipt_alone() {
    for from in [State::Unsigned, State::Signed, State::Sending] {
        let (next, effects) = step(item(from), Event::Filed(receipted()));
        assert_eq!((next.state, effects), (from, vec![Effect::Report]));
    }
}

#[test]
fn a_cut_transfer_goes_on_at_once_three_times_and_then_waits() {
    let mut at = item(State::Sending);
    for _ in 0..CUTS_AT_ONCE {
        let (next, effects) = step(at, Event::Cut { now_ms: NOW, jitter: 0 });
        assert_eq!((next.state, effects), (State::Signed, vec![Effect::Remember, Effect::AskTicket]));
        (at, _) = step(next, Event::TicketGranted { offset: 1 });
    }
    let (next, effects) = step(at, Event::Cut { now_ms: NOW, jitter: 0 });
    assert!(matches!(next.state, State::Waiting { signed: true, until_ms: Some(_), .. }));
    assert_eq!(effects, vec![Effect::Remember]);
}

#[test]
fn waiting_doubles_up_to_a_quarter_of_an_hour() {
    assert_eq!(wait_ms(Trouble::Offline, 0, 0), 1000);
    assert_eq!(wait_ms(Trouble::Offline, 3, 0), 8000);
    assert_eq!(wait_ms(Trouble::Offline, 40, 0), LONGEST_WAIT_MS);
    assert!(wait_ms(Trouble::Offline, 40, 255) < LONGEST_WAIT_MS * 3 / 2);
}

#[test]
fn a_wait_from_a_clock_that_was_ahead_is_over_once_it_is_set_right() {
    let year_ms = 365 * 24 * 3_600_000;
    let taken = |until_ms, now_ms| {
        let waiting =
            item(State::Waiting { signed: true, until_ms: Some(until_ms), trouble: Trouble::Offline });
        step(waiting, Event::Taken { now_ms, asked: false }).1
    };
    assert_eq!(taken(NOW + year_ms, NOW), [Effect::AskTicket]);
    assert_eq!(taken(i64::MAX, -NOW), [Effect::AskTicket]);
    // Nobody waits longer than an hour, and whoever asked for it is left alone for one.
    assert_eq!(taken(NOW + 3_600_000, NOW), []);
    assert_eq!(taken(NOW + 3_600_001, NOW), [Effect::AskTicket]);
}

#[test]
fn what_passes_is_tried_when_due_and_what_does_not_waits_to_be_asked() {
    let due = |asked| Event::Taken { now_ms: NOW, asked };
    let (early, _) = step(item(State::Signed), failed());
    assert_eq!(step(early, due(false)), (early, vec![]));
    assert_eq!(step(early, due(true)).1, vec![Effect::AskTicket]);
    let later = Event::Taken { now_ms: NOW + 1000, asked: false };
    assert_eq!(step(early, later).1, vec![Effect::AskTicket]);

    let refused = Trouble::Gateway(ProblemCode::Conflict);
    let (stuck, _) =
        step(item(State::Unsigned), Event::Failed { trouble: refused, now_ms: NOW, jitter: 0, least_ms: 0 });
    assert_eq!(stuck.state, State::Waiting { signed: false, until_ms: None, trouble: refused });
    assert_eq!(step(stuck, Event::Taken { now_ms: i64::MAX, asked: false }).1, vec![]);
    assert_eq!(step(stuck, due(true)).1, vec![Effect::Sign]);
}

#[test]
fn what_a_newer_gateway_refuses_waits_long_as_long_as_it_asks_for_and_goes_on_by_itself() {
    let newer = Trouble::Gateway(ProblemCode::AppTooOld);
    for (least_ms, wait_ms) in [(0, LONGEST_WAIT_MS), (3_600_000, 3_600_000)] {
        let refused = Event::Failed { trouble: newer, now_ms: NOW, jitter: 0, least_ms };
        let (waits, _) = step(item(State::Signed), refused);
        assert_eq!(
            waits.state,
            State::Waiting { signed: true, until_ms: Some(NOW + wait_ms), trouble: newer }
        );
        let due = Event::Taken { now_ms: NOW + wait_ms, asked: false };
        assert_eq!(step(waits, due).1, vec![Effect::AskTicket]);
    }
}

#[test]
fn files_outrank_what_the_index_remembers() {
    let progress = Progress { attempts: 4, not_before_ms: None, trouble: Trouble::Offline };
    assert_eq!(Item::resume(Stage::Stored, Some(progress)), item(State::Stored));
    assert_eq!(Item::resume(Stage::Filed, Some(progress)), item(State::Filed));
    let waiting = Item::resume(Stage::Signed, Some(progress));
    assert_eq!(waiting.attempts, 4);
    assert!(matches!(waiting.state, State::Waiting { signed: true, until_ms: None, .. }));
    assert_eq!(Item::resume(Stage::Unsigned, None), item(State::Unsigned));
}

#[test]
fn the_diagram_shows_the_edges_of_the_machine() {
    let mut edges = BTreeSet::new();
    for from in states() {
        for event in events() {
            let label = label(&event);
            let (next, _) = step(item(from), event);
            if name(next.state) != name(from) {
                edges.insert(format!("{} --> {}: {label}", name(from), name(next.state)));
            }
        }
    }
    let diagram: BTreeSet<String> = include_str!("../mod.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//!     "))
        .filter(|line| line.contains("-->"))
        .map(str::to_owned)
        .collect();
    assert_eq!(edges, diagram);
}
