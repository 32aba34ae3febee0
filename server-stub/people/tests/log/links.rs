//! Views of a link: claimed before they are written, and never given back.

use gauze_people::Roles;
use gauze_people::acting::{Acting, Factor, Network};
use gauze_people::action::{Action, act};
use gauze_people::context::{Context, Reason, ReasonCode};
use gauze_people::governance::{Did, Whose, looked_at};
use gauze_people::links::{Links, Shut, Step, Terms, making};
use gauze_people::log::{AccessLog, Happening, Outcome, What, read_entries};
use gauze_people::person::{Role, Team};
use gauze_people::subject::PatientRef;
use jiff::SignedDuration;
use std::path::Path;

use crate::fixture::{now, open, photo, viewer};

fn lead() -> Acting {
    let mut lead = Acting { factor: Factor::Passkey { hardware: true }, ..viewer() };
    lead.person.roles = [Role::Lead].into();
    lead.person.leads = [Team("burns".to_owned())].into();
    lead
}

fn terms(views: u16) -> Terms {
    let word = |text: &str| text.to_owned();
    Terms { days: 2, views, copy: false, photo: word("photo"), address: word("address"), code: word("code") }
}

/// A link of so many views; its number.
async fn made(log: &AccessLog, links: &mut Links, views: u16) -> u64 {
    let reason = Some(Reason { code: ReasonCode::Legal, sealed_words: None });
    let context = Context { reason, ..Context::care(now()) };
    let allowed =
        Roles::shipped().unwrap().authorise(&lead(), act::MakeLink, &photo("burns", "x"), &context).unwrap();
    let logged = log.append(making(allowed, &terms(views)).unwrap()).await.unwrap();
    links.made(&logged, terms(views));
    logged.line().index
}

fn read(root: &Path) -> Links {
    let mut links = Links::default();
    read_entries(root, |kept| match &kept.entry {
        Some(entry) => links.see(kept.index, entry),
        None => links.erased(),
    })
    .unwrap();
    links
}

async fn opened(root: &Path) -> AccessLog {
    let root = root.to_owned();
    tokio::task::spawn_blocking(move || open(&root)).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_kill_around_the_last_view_never_gives_a_view_too_many() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let log = opened(dir.path()).await;
    let mut links = Links::default();
    let number = made(&log, &mut links, 1).await;

    // Cut off between the claim and its line: in this process the view is gone, and nothing was shown by it.
    drop(links.claim(number, "code", now()).unwrap().unwrap());
    assert_eq!(links.claim(number, "code", now()).unwrap_err(), Shut::UsedUp);
    // Another process finds no line: the one view is still to be had, once.
    let mut again = read(dir.path());
    let claimed = again.claim(number, "code", now()).unwrap().unwrap();
    let spent = claimed.spend(&log, Network::Outside, "reader".to_owned()).await.unwrap();
    // Killed behind the line, before a pixel left: the view is gone.
    let mut after = read(dir.path());
    assert_eq!(after.claim(number, "code", now()).unwrap_err(), Shut::UsedUp);
    let mut line = None;
    read_entries(dir.path(), |kept| {
        line = (kept.index == spent.line()).then_some(kept.entry).or(line.take())
    })
    .unwrap();
    let entry = line.flatten().unwrap();
    assert_eq!(entry.what, What::Happening(Happening::Link));
    assert_eq!(entry.about.unwrap().id.unwrap(), spent.photo().to_string());
}

#[tokio::test]
async fn a_patient_is_told_that_a_link_was_made_asked_for_guessed_at_and_opened() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let log = opened(dir.path()).await;
    let mut links = Links::default();
    let number = made(&log, &mut links, 1).await;
    for step in [Step::Asked, Step::WrongCode] {
        let event = links.get(number).unwrap().event(step, now(), Network::Outside);
        log.note(&event).await.unwrap();
    }
    let claimed = links.claim(number, "code", now()).unwrap().unwrap();
    claimed.spend(&log, Network::Outside, "reader".to_owned()).await.unwrap();
    let event = links.get(number).unwrap().event(Step::Refused(Shut::UsedUp), now(), Network::Outside);
    log.note(&event).await.unwrap();
    let report = |patient: &str| {
        let (mut lines, whose) = (Vec::new(), Whose::Patient(PatientRef(patient.to_owned())));
        read_entries(dir.path(), |kept| lines.extend(looked_at(&kept, &whose))).unwrap();
        lines
    };
    let told: Vec<_> = report("x").iter().map(|line| (line.did, line.outcome, line.who.is_some())).collect();
    let link = |step, outcome| (Did::Link(step, number), outcome, false);
    assert_eq!(
        told,
        [
            (Did::Action(Action::MakeLink), Outcome::Done, true),
            link(Step::Asked, Outcome::Done),
            link(Step::WrongCode, Outcome::Refused),
            link(Step::Opened, Outcome::Done),
            link(Step::Refused(Shut::UsedUp), Outcome::Refused),
        ]
    );
    assert!(report("somebody-else").is_empty());
}

#[tokio::test]
async fn a_wrong_code_counts_before_it_is_written_and_after_a_restart() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let log = opened(dir.path()).await;
    let mut links = Links::default();
    let number = made(&log, &mut links, 9).await;
    for _ in 0..5 {
        assert!(links.claim(number, "guess", now()).unwrap().is_none());
        let event = links.get(number).unwrap().event(Step::WrongCode, now(), Network::Outside);
        log.note(&event).await.unwrap();
    }
    assert_eq!(links.claim(number, "code", now()).unwrap_err(), Shut::Locked);
    assert_eq!(read(dir.path()).claim(number, "code", now()).unwrap_err(), Shut::Locked);
}

#[tokio::test]
async fn a_clock_that_goes_back_opens_no_link_that_had_ended() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let log = opened(dir.path()).await;
    let mut links = Links::default();
    let number = made(&log, &mut links, 9).await;
    links.tick(now() + SignedDuration::from_hours(48));
    assert_eq!(links.claim(number, "code", now()).unwrap_err(), Shut::Over);
    // Of a line about something else, too, also after a restart.
    assert!(read(dir.path()).get(number).unwrap().shut(now()).is_none());
    let late = gauze_people::log::Event::of(
        Happening::SignIn,
        Outcome::Done,
        now() + SignedDuration::from_hours(48),
    );
    log.note(&late).await.unwrap();
    assert_eq!(read(dir.path()).claim(number, "code", now()).unwrap_err(), Shut::Over);
    // A link that is made after the clock was put right lives.
    let mut links = read(dir.path());
    let number = made(&log, &mut links, 1).await;
    assert!(read(dir.path()).claim(number, "code", now()).unwrap().is_some());
}

/// The line may have been a view, a wrong code or the revocation: nobody knows any more.
#[tokio::test]
async fn an_erased_line_ends_each_link_that_was_there() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let log = opened(dir.path()).await;
    let mut links = Links::default();
    let (number, other) = (made(&log, &mut links, 9).await, made(&log, &mut links, 9).await);
    let link = links.get(number).unwrap();
    log.note(&link.event(Step::Revoked, now(), Network::Inside)).await.unwrap();
    let line = log.size() - 1;
    let later = made(&log, &mut links, 9).await;
    let shut = || [number, other, later].map(|link| read(dir.path()).claim(link, "code", now()).err());
    assert_eq!(shut(), [Some(Shut::Revoked), None, None]);
    let erase = move || log.erase_blocking(line, ReasonCode::Legal, now());
    tokio::task::spawn_blocking(erase).await.unwrap().unwrap();
    assert_eq!(shut(), [Some(Shut::Revoked), Some(Shut::Revoked), None]);
}

#[tokio::test]
async fn a_link_made_while_the_clock_ran_ahead_does_not_outlive_it() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let log = opened(dir.path()).await;
    let mut links = Links::default();
    let number = made(&log, &mut links, 9).await;
    let right = now() - SignedDuration::from_hours(24 * 365);
    assert_eq!(links.claim(number, "code", right).unwrap_err(), Shut::Over);
    let hardly = now() - SignedDuration::from_secs(2);
    assert!(links.claim(number, "code", hardly).unwrap().is_some());
}
