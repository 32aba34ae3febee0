//! The queue's decisions for one photo: pure, without clock, randomness or I/O.
//!
//! Always: an event that does not fit leaves the item as it is and is reported; nothing but [`Event::Filed`], which
//! carries the proof, leads to [`Effect::Erase`].

use gauze_wire::ProblemCode;

use crate::ports::CertificateFault;
use crate::store::{Receipted, Stage, Trouble};

/// Where a photo stands while the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// On flash: body and sealed photo.
    Unsigned,
    /// On flash: also the signed manifest.
    Signed,
    /// As `Signed`; its bytes are on their way.
    Sending,
    /// On flash: also the *stored* receipt.
    Stored,
    /// On flash: also the *filed* receipt.
    Filed,
    /// On flash: also the *refused* receipt. Stays until a person discards it, a *filed* one replaces it, or the phone's next key
    /// signs for it.
    Refused,
    /// On flash as `signed` says. Nothing is done before `until_ms`; `None` waits for the next run.
    Waiting {
        /// Whether the manifest is signed.
        signed: bool,
        /// Wall clock in milliseconds since 1970.
        until_ms: Option<i64>,
        /// What stopped it.
        trouble: Trouble,
    },
    /// Not on flash any more.
    Gone,
}

/// A photo in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Where it stands.
    pub state: State,
    /// Attempts since it last moved.
    pub attempts: u32,
}

/// What happened.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// The driver has taken it up.
    Taken {
        /// Wall clock in milliseconds since 1970.
        now_ms: i64,
        /// Whether a person, or a new run, asks: items that wait for one go on too.
        asked: bool,
    },
    /// The manifest is signed and kept.
    Signed,
    /// The gateway takes it, from this offset.
    TicketGranted {
        /// Bytes already held.
        offset: u64,
    },
    /// A *stored* receipt was checked and kept.
    Stored,
    /// That it arrived does not count any more: the gateway was restored from an older copy, or what was signed here was lost.
    Forgotten,
    /// The transfer ended early; a new ticket tells from where to go on.
    Cut {
        /// Wall clock in milliseconds since 1970.
        now_ms: i64,
        /// As for [`Event::Failed`].
        jitter: u8,
    },
    /// A *filed* receipt was checked and kept.
    Filed(Receipted),
    /// A *refused* receipt was checked and kept.
    Refused,
    /// The photo is erased.
    Erased,
    /// A step failed.
    Failed {
        /// Why.
        trouble: Trouble,
        /// Wall clock in milliseconds since 1970.
        now_ms: i64,
        /// 0 to 255: spreads the phones of a ward that lost its network together.
        jitter: u8,
        /// How long whoever answered asked to be left alone, in milliseconds.
        least_ms: i64,
    },
}

/// What the driver must do.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Sign the stored body and keep the manifest.
    Sign,
    /// Ask the gateway for a ticket.
    AskTicket,
    /// Send the file from this offset. Whoever carries it reports [`Event::Stored`], [`Event::Cut`] or a failure.
    Transfer {
        /// Bytes already held.
        offset: u64,
    },
    /// Ask for the hospital's receipt.
    AskOutcome,
    /// Erase it.
    Erase(Receipted),
    /// Keep what stopped it, for the screen and the next start.
    Remember,
    /// Tell the log that an event did not fit.
    Report,
}

/// How often a cut transfer goes on at once before it waits.
pub const CUTS_AT_ONCE: u32 = 3;
const FIRST_WAIT_MS: i64 = 1000;
const LONGEST_WAIT_MS: i64 = 15 * 60 * 1000;
/// Nothing waits longer, whoever asked for it: a moment that is further off was set by a clock that was ahead.
const LONGEST_MS: i64 = 3_600_000;

impl Item {
    /// The item that files and index tell of.
    pub fn resume(stage: Stage, progress: Option<crate::store::Progress>) -> Self {
        let settled = |state| Self { state, attempts: 0 };
        let waiting = |signed| match progress {
            Some(progress) => Self {
                state: State::Waiting { signed, until_ms: progress.not_before_ms, trouble: progress.trouble },
                attempts: progress.attempts,
            },
            None => settled(if signed { State::Signed } else { State::Unsigned }),
        };
        match stage {
            Stage::Unsigned => waiting(false),
            Stage::Signed => waiting(true),
            Stage::Stored => settled(State::Stored),
            Stage::Filed => settled(State::Filed),
            Stage::Refused => settled(State::Refused),
        }
    }
}

/// Whether trying again soon is of no use: a person has to change a certificate, a clock or a filter's limit, or to update the app.
fn passes_slowly(trouble: Trouble) -> bool {
    matches!(
        trouble,
        Trouble::Between(413)
            | Trouble::Gateway(ProblemCode::AppTooOld)
            | Trouble::Certificate(
                CertificateFault::Expired | CertificateFault::NotYetValid | CertificateFault::Other
            )
    )
}

fn wait_ms(trouble: Trouble, attempts: u32, jitter: u8) -> i64 {
    let doubled = FIRST_WAIT_MS.saturating_mul(1 << attempts.min(20));
    let wait = if passes_slowly(trouble) { LONGEST_WAIT_MS } else { doubled.min(LONGEST_WAIT_MS) };
    wait + wait * i64::from(jitter) / 512
}

/// One step.
pub fn step(item: Item, event: Event) -> (Item, Vec<Effect>) {
    let Item { state, attempts } = item;
    let moved = |state| Item { state, attempts: 0 };
    let same = |state| Item { state, attempts };
    let misfit = (item, vec![Effect::Report]);
    match (state, event) {
        // ---- Unsigned
        (State::Unsigned, Event::Taken { .. }) => (item, vec![Effect::Sign]),
        (State::Unsigned, Event::Signed) => (moved(State::Signed), vec![Effect::AskTicket]),
        (State::Unsigned, Event::Failed { trouble, now_ms, jitter, least_ms }) => {
            fail(item, false, trouble, (now_ms, jitter, least_ms))
        }

        // ---- Signed
        (State::Signed, Event::Taken { .. }) => (item, vec![Effect::AskTicket]),
        (State::Signed, Event::TicketGranted { offset }) => {
            (same(State::Sending), vec![Effect::Transfer { offset }])
        }
        (State::Signed | State::Sending, Event::Stored) => (moved(State::Stored), vec![Effect::AskOutcome]),
        (State::Signed | State::Sending, Event::Failed { trouble, now_ms, jitter, least_ms }) => {
            fail(item, true, trouble, (now_ms, jitter, least_ms))
        }

        // ---- Sending
        (State::Sending, Event::Cut { .. }) if attempts < CUTS_AT_ONCE => {
            let next = Item { state: State::Signed, attempts: attempts + 1 };
            (next, vec![Effect::Remember, Effect::AskTicket])
        }
        (State::Sending, Event::Cut { now_ms, jitter }) => {
            fail(item, true, Trouble::Offline, (now_ms, jitter, 0))
        }
        (State::Sending, Event::Taken { .. }) => (item, Vec::new()),

        // ---- Waiting
        (State::Waiting { signed, until_ms, .. }, Event::Taken { now_ms, asked }) => {
            let due = |until: i64| !(1..=LONGEST_MS).contains(&until.saturating_sub(now_ms));
            if !asked && !until_ms.is_some_and(due) {
                (item, Vec::new())
            } else if signed {
                (same(State::Signed), vec![Effect::AskTicket])
            } else {
                (same(State::Unsigned), vec![Effect::Sign])
            }
        }

        // ---- Stored
        (State::Stored, Event::Taken { .. }) => (item, vec![Effect::AskOutcome]),
        // The photo is still here, and goes with the next run.
        (State::Stored | State::Refused | State::Filed, Event::Forgotten) => {
            (moved(State::Signed), Vec::new())
        }
        // A statement that the hospital has answered, whatever it said of it.
        (State::Refused, Event::Erased) => (moved(State::Gone), Vec::new()),
        (State::Stored | State::Refused, Event::Filed(receipted)) => {
            (moved(State::Filed), vec![Effect::Erase(receipted)])
        }
        (State::Stored | State::Refused, Event::Refused) => (moved(State::Refused), Vec::new()),
        // The photo is safe at the gateway; a failure to hear more is tried again with the next run.
        (State::Stored | State::Refused, Event::Failed { .. }) => (item, Vec::new()),

        // ---- Refused
        (State::Refused, Event::Taken { .. }) => (item, vec![Effect::AskOutcome]),

        // ---- Filed: the receipt is checked again after a restart, and brings the proof
        (State::Filed, Event::Filed(receipted)) => (item, vec![Effect::Erase(receipted)]),
        (State::Filed, Event::Erased) => (moved(State::Gone), Vec::new()),
        (State::Filed, Event::Taken { .. }) => (item, vec![Effect::AskOutcome]),
        (State::Filed, Event::Failed { .. }) => (item, Vec::new()),

        // ---- What does not fit
        (
            State::Unsigned,
            Event::TicketGranted { .. }
            | Event::Stored
            | Event::Forgotten
            | Event::Cut { .. }
            | Event::Filed(_)
            | Event::Refused
            | Event::Erased,
        )
        | (
            State::Signed,
            Event::Signed
            | Event::Forgotten
            | Event::Cut { .. }
            | Event::Filed(_)
            | Event::Refused
            | Event::Erased,
        )
        | (
            State::Sending,
            Event::Signed
            | Event::TicketGranted { .. }
            | Event::Forgotten
            | Event::Filed(_)
            | Event::Refused
            | Event::Erased,
        )
        | (
            State::Stored | State::Refused,
            Event::Signed | Event::TicketGranted { .. } | Event::Stored | Event::Cut { .. },
        )
        | (State::Stored, Event::Erased)
        | (
            State::Filed,
            Event::Signed | Event::TicketGranted { .. } | Event::Stored | Event::Cut { .. } | Event::Refused,
        )
        | (
            State::Waiting { .. },
            Event::Signed
            | Event::TicketGranted { .. }
            | Event::Stored
            | Event::Forgotten
            | Event::Cut { .. }
            | Event::Filed(_)
            | Event::Refused
            | Event::Erased
            | Event::Failed { .. },
        )
        | (
            State::Gone,
            Event::Taken { .. }
            | Event::Signed
            | Event::TicketGranted { .. }
            | Event::Stored
            | Event::Forgotten
            | Event::Cut { .. }
            | Event::Filed(_)
            | Event::Refused
            | Event::Erased
            | Event::Failed { .. },
        ) => misfit,
    }
}

fn fail(
    item: Item,
    signed: bool,
    trouble: Trouble,
    (now_ms, jitter, least_ms): (i64, u8, i64),
) -> (Item, Vec<Effect>) {
    let wait_ms = wait_ms(trouble, item.attempts, jitter).max(least_ms);
    let until_ms = trouble.passes().then(|| now_ms.saturating_add(wait_ms));
    let state = State::Waiting { signed, until_ms, trouble };
    (Item { state, attempts: item.attempts.saturating_add(1) }, vec![Effect::Remember])
}

#[cfg(test)]
mod tests;
