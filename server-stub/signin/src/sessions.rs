//! Sessions, in the memory of this process alone: who restarts it signs everybody out, and nobody finds one on a disk.
//!
//! Always: a session is found by the hash of its cookie; it has a new cookie at each change of what it may do; it ends after
//! the idle time, after the longest time, at sign-out, and when the provider says so.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gauze_people::acting::Factor;
use gauze_people::person::{Person, PersonId};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::age::is_within;
use crate::random::{self, NoEntropy};

/// Sessions that one person has at once; the one used longest ago ends first.
const A_PERSON: usize = 8;

/// How long a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Without use.
    pub idle: SignedDuration,
    /// With use.
    pub longest: SignedDuration,
}

/// What a session may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The provider knows the person, and nothing proves a second factor: only the pages that ask for one open.
    OneFactor,
    /// Signed in.
    Signed {
        /// How the second factor was proven.
        factor: Factor,
        /// When it was last proven.
        at: Timestamp,
    },
}

/// What the provider said of its own session: needed to end this one with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtProvider {
    /// `sub` of the ID token.
    pub subject: String,
    /// `sid` of the ID token.
    pub sid: Option<String>,
    /// The ID token as it came: the hint at sign-out.
    pub id_token: String,
}

/// One session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Names it in the log and to an administrator; opens nothing.
    pub reference: String,
    /// Who, with the roles that the provider's claims gave.
    pub person: Person,
    /// What it may do.
    pub level: Level,
    /// When it began.
    pub began_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// Stands in each of its forms.
    pub proof: String,
    /// The browser, in its own words, cut at 120 characters.
    pub browser: String,
    /// What the provider knows it by.
    pub provider: AtProvider,
}

/// A new session, not begun yet.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Who.
    pub person: Person,
    /// What it may do.
    pub level: Level,
    /// What the provider knows it by.
    pub provider: AtProvider,
    /// The browser, in its own words.
    pub browser: String,
}

/// Why a cookie opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gone {
    /// Never given, or ended.
    #[error("there is no such session")]
    Unknown,
    /// Not used for too long.
    #[error("the session was not used for too long")]
    Idle,
    /// It reached its longest time.
    #[error("the session reached its longest time")]
    Old,
}

/// Whose sessions end.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// One, by its reference, of this person.
    One(&'a PersonId, &'a str),
    /// All of a person.
    Person(&'a PersonId),
    /// All of a person but the one of this reference.
    Others(&'a PersonId, &'a str),
    /// What the provider ended: `sid` where it says one, else all of `sub`.
    Provider {
        /// `sub` of the logout token.
        subject: Option<&'a str>,
        /// `sid` of the logout token.
        sid: Option<&'a str>,
    },
}

type Key = [u8; 32];

/// All sessions of the hospital's people.
#[derive(Debug)]
pub struct Sessions {
    limits: Limits,
    held: Mutex<HashMap<Key, Session>>,
}

fn key(cookie: &str) -> Key {
    Sha256::digest(cookie).into()
}

impl Sessions {
    /// None yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Key, Session>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gone(&self, session: &Session, now: Timestamp) -> Option<Gone> {
        if !is_within(session.began_at, now, self.limits.longest) {
            Some(Gone::Old)
        } else if !is_within(session.seen_at, now, self.limits.idle) {
            Some(Gone::Idle)
        } else {
            None
        }
    }

    /// Begins a session; its cookie.
    ///
    /// # Errors
    /// Where the system gives no randomness.
    pub fn begin(&self, opening: Opening, now: Timestamp) -> Result<(String, Session), NoEntropy> {
        let Opening { person, level, provider, browser } = opening;
        let session = Session {
            reference: random::base32(&random::bytes::<16>()?),
            person,
            level,
            began_at: now,
            seen_at: now,
            proof: random::token::<32>()?,
            browser: browser.chars().filter(|c| !c.is_control()).take(120).collect(),
            provider,
        };
        let cookie = random::token::<32>()?;
        let mut held = self.held();
        held.retain(|_, session| self.gone(session, now).is_none());
        make_room(&mut held, &session.person.id);
        held.insert(key(&cookie), session.clone());
        Ok((cookie, session))
    }

    /// The session that a cookie opens; it counts as used now.
    ///
    /// # Errors
    /// Where it opens none.
    pub fn open(&self, cookie: &str, now: Timestamp) -> Result<Session, Gone> {
        let mut held = self.held();
        let key = key(cookie);
        let session = held.get_mut(&key).ok_or(Gone::Unknown)?;
        if let Some(gone) = self.gone(session, now) {
            held.remove(&key);
            return Err(gone);
        }
        session.seen_at = session.seen_at.max(now);
        Ok(session.clone())
    }

    /// Gives a session another level, and with it another cookie: the one before opens nothing any more. Its reference stays.
    ///
    /// # Errors
    /// [`RaiseError::Gone`] where it ended meanwhile.
    pub fn raise(&self, cookie: &str, level: Level, now: Timestamp) -> Result<(String, Session), RaiseError> {
        let (fresh, proof) = (random::token::<32>()?, random::token::<32>()?);
        let mut held = self.held();
        let mut session = held.remove(&key(cookie)).ok_or(Gone::Unknown)?;
        if let Some(gone) = self.gone(&session, now) {
            return Err(gone.into());
        }
        session.level = level;
        session.seen_at = now;
        session.proof = proof;
        held.insert(key(&fresh), session.clone());
        Ok((fresh, session))
    }

    /// Ends the session of a cookie; what it was.
    pub fn end(&self, cookie: &str) -> Option<Session> {
        self.held().remove(&key(cookie))
    }

    /// Ends all that are meant; what they were.
    pub fn end_all(&self, ending: Ending<'_>) -> Vec<Session> {
        let mut held = self.held();
        let meant = |session: &Session| match ending {
            Ending::One(person, reference) => session.person.id == *person && session.reference == reference,
            Ending::Person(person) => session.person.id == *person,
            Ending::Others(person, kept) => session.person.id == *person && session.reference != kept,
            Ending::Provider { sid: Some(sid), subject } => {
                session.provider.sid.as_deref() == Some(sid)
                    && subject.is_none_or(|subject| session.provider.subject == subject)
            }
            Ending::Provider { sid: None, subject } => subject == Some(session.provider.subject.as_str()),
        };
        let keys: Vec<Key> = held.iter().filter(|(_, session)| meant(session)).map(|(key, _)| *key).collect();
        keys.iter().filter_map(|key| held.remove(key)).collect()
    }

    /// All that live, those used last first.
    pub fn all(&self, now: Timestamp) -> Vec<Session> {
        let mut held = self.held();
        held.retain(|_, session| self.gone(session, now).is_none());
        let mut all: Vec<Session> = held.values().cloned().collect();
        all.sort_by(|a, b| b.seen_at.cmp(&a.seen_at).then_with(|| a.reference.cmp(&b.reference)));
        all
    }
}

fn make_room(held: &mut HashMap<Key, Session>, person: &PersonId) {
    let mut theirs: Vec<(Timestamp, Key)> = held
        .iter()
        .filter(|(_, session)| session.person.id == *person)
        .map(|(key, session)| (session.seen_at, *key))
        .collect();
    theirs.sort_unstable();
    let over = (theirs.len() + 1).saturating_sub(A_PERSON);
    for (_, key) in theirs.into_iter().take(over) {
        held.remove(&key);
    }
}

/// Why a session was not raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RaiseError {
    /// It ended.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { idle: SignedDuration::from_mins(15), longest: SignedDuration::from_hours(12) };

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
    }

    fn opening(name: &str) -> Opening {
        Opening {
            person: Person {
                id: PersonId(name.into()),
                name: name.into(),
                professional: None,
                roles: [].into(),
                teams: [].into(),
                leads: [].into(),
            },
            level: Level::OneFactor,
            provider: AtProvider {
                subject: name.into(),
                sid: Some(format!("{name}-sid")),
                id_token: String::new(),
            },
            browser: "Test".into(),
        }
    }

    const SIGNED: Level = Level::Signed { factor: Factor::Totp, at: Timestamp::UNIX_EPOCH };

    #[test]
    fn a_session_ends_idle_and_old_however_it_is_used() {
        let sessions = Sessions::new(LIMITS);
        let (cookie, _) = sessions.begin(opening("ann"), at(0)).unwrap();
        assert!(sessions.open(&cookie, at(14)).is_ok());
        assert!(sessions.open(&cookie, at(28)).is_ok());
        assert_eq!(sessions.open(&cookie, at(43)).unwrap_err(), Gone::Idle);
        assert_eq!(sessions.open(&cookie, at(29)).unwrap_err(), Gone::Unknown);

        let (cookie, _) = sessions.begin(opening("ann"), at(0)).unwrap();
        for minute in (10..720).step_by(10) {
            assert!(sessions.open(&cookie, at(minute)).is_ok(), "{minute}");
        }
        assert_eq!(sessions.open(&cookie, at(720)).unwrap_err(), Gone::Old);
    }

    #[test]
    fn a_clock_that_is_set_back_lengthens_no_session() {
        let sessions = Sessions::new(LIMITS);
        let (cookie, _) = sessions.begin(opening("ann"), at(120)).unwrap();
        assert!(sessions.open(&cookie, at(119)).is_ok(), "a correction ends none");
        assert_eq!(sessions.open(&cookie, at(0)).unwrap_err(), Gone::Old);

        let (cookie, _) = sessions.begin(opening("ann"), at(0)).unwrap();
        for minute in (10..=120).step_by(10) {
            assert!(sessions.open(&cookie, at(minute)).is_ok(), "{minute}");
        }
        assert!(sessions.all(at(60)).is_empty());
        assert_eq!(sessions.open(&cookie, at(60)).unwrap_err(), Gone::Unknown);
    }

    #[test]
    fn all_others_of_a_person_end_and_this_one_and_other_peoples_stay() {
        let sessions = Sessions::new(LIMITS);
        let (kept, this) = sessions.begin(opening("ann"), at(0)).unwrap();
        let (other, _) = sessions.begin(opening("ann"), at(0)).unwrap();
        let (bob, _) = sessions.begin(opening("bob"), at(0)).unwrap();
        assert_eq!(sessions.end_all(Ending::Others(&this.person.id, &this.reference)).len(), 1);
        assert!(sessions.open(&kept, at(0)).is_ok() && sessions.open(&bob, at(0)).is_ok());
        assert_eq!(sessions.open(&other, at(0)).unwrap_err(), Gone::Unknown);
    }

    #[test]
    fn each_change_of_privilege_has_a_new_cookie_and_a_new_proof() {
        let sessions = Sessions::new(LIMITS);
        let (first, before) = sessions.begin(opening("ann"), at(0)).unwrap();
        let (second, after) = sessions.raise(&first, SIGNED, at(1)).unwrap();
        assert_ne!(first, second);
        assert_ne!(before.proof, after.proof);
        assert_eq!(before.reference, after.reference);
        assert_eq!(sessions.open(&first, at(1)).unwrap_err(), Gone::Unknown);
        assert_eq!(sessions.open(&second, at(1)).unwrap().level, SIGNED);
        assert_eq!(sessions.raise(&first, SIGNED, at(1)).unwrap_err(), RaiseError::Gone(Gone::Unknown));
    }

    #[test]
    fn the_provider_ends_by_sid_or_by_subject_and_nobody_else() {
        let sessions = Sessions::new(LIMITS);
        let (ann, _) = sessions.begin(opening("ann"), at(0)).unwrap();
        let (bob, _) = sessions.begin(opening("bob"), at(0)).unwrap();
        let none = Ending::Provider { subject: None, sid: None };
        assert!(sessions.end_all(none).is_empty());
        let crossed = Ending::Provider { subject: Some("bob"), sid: Some("ann-sid") };
        assert!(sessions.end_all(crossed).is_empty());
        let ended = sessions.end_all(Ending::Provider { subject: None, sid: Some("ann-sid") });
        assert_eq!(ended.len(), 1);
        assert_eq!(sessions.open(&ann, at(0)).unwrap_err(), Gone::Unknown);
        assert!(sessions.open(&bob, at(0)).is_ok());
    }

    #[test]
    fn one_person_keeps_at_most_eight_and_loses_the_one_used_longest_ago() {
        let sessions = Sessions::new(LIMITS);
        let cookies: Vec<String> =
            (0..9).map(|minute| sessions.begin(opening("ann"), at(minute)).unwrap().0).collect();
        assert_eq!(sessions.open(&cookies[0], at(9)).unwrap_err(), Gone::Unknown);
        assert!(cookies[1..].iter().all(|cookie| sessions.open(cookie, at(9)).is_ok()));
    }

    #[test]
    fn a_session_of_another_person_is_not_ended_by_its_reference() {
        let sessions = Sessions::new(LIMITS);
        let (_, ann) = sessions.begin(opening("ann"), at(0)).unwrap();
        let bob = PersonId("bob".into());
        assert!(sessions.end_all(Ending::One(&bob, &ann.reference)).is_empty());
        assert_eq!(sessions.end_all(Ending::One(&ann.person.id, &ann.reference)).len(), 1);
    }
}
