//! A device's life: what operators decide holds at once, is in the log, and reaches the phone.

use gauze_gateway::admin::AdminError;
use gauze_gateway::{DeviceSearch, ToldStatus, Watch};
use gauze_wire::{
    Act, Deed, DeviceStatus, EntryKind, Follows, Jws, ProblemCode, ReviewDenied, UploadRequest, Wiped,
};
use jiff::SignedDuration;

use crate::fixture::{Gateway, Hospital, Phone, ask, by, feed, put};
use crate::proposals::word as wiped;

#[tokio::test]
async fn a_suspended_phone_uploads_and_neither_reviews_nor_enrols_again() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    assert_eq!(phone.hears(&gateway, 0, 0).await.review_denied, None);
    let admin = gateway.admin(&hospital).await;
    assert!(admin.suspend(&phone.id(), &by("left in a taxi")).await.unwrap());
    assert!(!admin.suspend(&phone.id(), &by("again")).await.unwrap());

    let standing = phone.hears(&gateway, 0, 0).await;
    assert_eq!(standing.status, DeviceStatus::Suspended);
    assert_eq!(standing.review_denied, Some(ReviewDenied::Suspended));
    let shot = phone.shoot(70_000);
    phone.send(&gateway, &shot).await;

    let next = Phone::new(&hospital);
    let challenge = gateway.challenge(&hospital.tenant).await;
    let mut enrolment =
        hospital.enrolment(&next.key, hospital.sign_token(gateway.now()), challenge, gateway.now());
    enrolment.follows = Some(Follows { device_id: phone.id(), seq: 0, head: None });
    let evidence = Jws::sign(&enrolment, &next.key).unwrap();
    assert_eq!(gateway.enrol(&hospital.tenant, &evidence).await.refusal(), ProblemCode::DeviceRefused);

    assert!(admin.resume(&phone.id(), &by("found")).await.unwrap());
    assert_eq!(phone.hears(&gateway, 1, 0).await.review_denied, None);
}

#[tokio::test]
async fn a_suspended_phone_does_not_enrol_again_by_typing_its_serial_number_otherwise() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let enrols = async |serial: &str| {
        let phone = Phone::new(&hospital);
        let challenge = gateway.challenge(&hospital.tenant).await;
        let token = hospital.sign_token(gateway.now());
        let mut enrolment = hospital.enrolment(&phone.key, token, challenge, gateway.now());
        enrolment.serial = Some(serial.parse().unwrap());
        let evidence = Jws::sign(&enrolment, &phone.key).unwrap();
        (phone.id(), gateway.enrol(&hospital.tenant, &evidence).await)
    };
    let (first, reply) = enrols("R58N-30a").await;
    reply.expect(201);
    gateway.admin(&hospital).await.suspend(&first, &by("left in a taxi")).await.unwrap();
    assert_eq!(enrols("r58n-30A").await.1.refusal(), ProblemCode::DeviceRefused);
    enrols("R58N-30").await.1.expect(201);
}

#[tokio::test]
async fn a_revoked_phone_gets_no_ticket_and_the_one_it_has_is_dead() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let (open, other) = (phone.shoot(70_000), phone.shoot(70_000));
    let (ticket, _) = phone.offer(&gateway, &open.manifest).await.ticket();
    let admin = gateway.admin(&hospital).await;
    assert!(admin.revoke(&phone.id(), &by("stolen")).await.unwrap());

    assert_eq!(gateway.put(&ticket, open.sealed.clone()).await.refusal(), ProblemCode::TicketUnknown);
    for shot in [&open, &other] {
        assert_eq!(phone.offer(&gateway, &shot.manifest).await.refusal(), ProblemCode::DeviceRefused);
    }
    let resumed = admin.resume(&phone.id(), &by("a mistake")).await;
    assert!(matches!(resumed, Err(AdminError::Revoked)));
}

#[tokio::test]
async fn a_transfer_that_runs_ends_when_its_phone_is_revoked() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(300_000);
    let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
    let (sender, body) = feed();
    let running = tokio::spawn(ask(gateway.router(), put(&ticket, body)));
    sender.give(&shot.sealed[..100_000]).await;
    gateway.admin(&hospital).await.revoke(&phone.id(), &by("stolen")).await.unwrap();
    let mut watch = Watch::default();
    // A look that fails is no look.
    gateway.tamper("ALTER TABLE device RENAME TO away").await;
    assert!(watch.look(gateway.app()).await.is_err());
    gateway.tamper("ALTER TABLE away RENAME TO device").await;
    watch.look(gateway.app()).await.unwrap();
    assert_eq!(running.await.unwrap().refusal(), ProblemCode::TransferBusy);
    assert_eq!(gateway.head(&ticket).await.status, 404);
}

#[tokio::test]
async fn the_last_byte_after_a_revocation_makes_no_photo() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(300_000);
    let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
    let (sender, body) = feed();
    let running = tokio::spawn(ask(gateway.router(), put(&ticket, body)));
    sender.give(&shot.sealed[..299_999]).await;
    gateway.admin(&hospital).await.revoke(&phone.id(), &by("stolen")).await.unwrap();
    sender.give(&shot.sealed[299_999..]).await;
    drop(sender);
    assert_eq!(running.await.unwrap().refusal(), ProblemCode::DeviceRefused);
    let whole = gateway.at(format!("blobs/ward-9/{}/{}.age", phone.id(), shot.id()));
    assert!(!whole.exists(), "nor do its bytes stay");
    let kinds: Vec<_> = hospital.log(&gateway).await.entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Enrolment, EntryKind::Act]);
}

#[tokio::test]
async fn a_revoked_phone_hears_of_it_and_may_say_that_a_photo_will_not_come() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let (sent, kept) = (phone.shoot(70_000), phone.shoot(70_000));
    let state = phone.send(&gateway, &sent).await;
    let filed = hospital.filed(&state, gateway.now());
    hospital.acknowledge(&gateway, vec![filed.clone()]).await.expect(204);
    gateway.admin(&hospital).await.revoke(&phone.id(), &by("stolen")).await.unwrap();

    let standing = phone.hears(&gateway, 2, 1).await;
    assert_eq!(
        (standing.status, standing.review_denied),
        (DeviceStatus::Revoked, Some(ReviewDenied::Revoked))
    );
    // What the hospital has filed it may erase.
    assert_eq!(phone.status(&gateway, vec![sent.id()]).await[0].outcome, Some(filed));
    phone.offer(&gateway, &kept.void(&phone)).await.held();
    assert_eq!(hospital.log(&gateway).await.entries.last().unwrap().kind, EntryKind::Void);
}

#[tokio::test]
async fn every_decision_is_a_leaf_that_says_who_what_and_why() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let admin = gateway.admin(&hospital).await;
    admin.suspend(&phone.id(), &by("missing since Monday")).await.unwrap();
    admin.revoke(&phone.id(), &by("still missing")).await.unwrap();

    let named = gateway.named(&hospital.tenant);
    let acts: Vec<Act> = hospital.log(&gateway).await.entries[1..]
        .iter()
        .map(|entry| entry.jws.verify(&named.key, &hospital.tenant).unwrap())
        .collect();
    let told: Vec<_> = acts.iter().map(|act| (act.operator.as_str(), act.reason.as_str())).collect();
    assert_eq!(told, [("helpdesk-7", "missing since Monday"), ("helpdesk-7", "still missing")]);
    assert!(acts[0].deed == Deed::Suspend { device_id: phone.id() });
    assert!(acts[1].deed == Deed::Revoke { device_id: phone.id() });
    assert!(acts.iter().all(|act| act.at == gateway.now()));
    let story = admin.device(&phone.id()).await.unwrap();
    let deeds: Vec<_> = story.acts.iter().map(|act| act.deed.name()).collect();
    assert_eq!(deeds, ["revoke", "suspend"]);
}

#[tokio::test]
async fn a_decision_without_a_name_or_a_reason_is_refused() {
    assert!(matches!(gauze_gateway::By::new(" ", "why"), Err(AdminError::Who)));
    assert!(matches!(gauze_gateway::By::new("who", ""), Err(AdminError::Who)));
    assert!(matches!(gauze_gateway::By::new("who", "a\u{1b}[2Jb"), Err(AdminError::Who)));
}

#[tokio::test]
async fn a_lost_phone_is_shut_out_and_accounted_for() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shots: Vec<_> = (0..7).map(|_| phone.shoot(1000)).collect();
    for sent in [0, 1, 4] {
        phone.send(&gateway, &shots[sent]).await;
    }
    phone.hears(&gateway, 7, 4).await;
    let admin = gateway.admin(&hospital).await;
    let report = admin.lost(&phone.id(), gauze_wire::Photos::Keep, &by("lost on a bus")).await.unwrap();
    assert!(report.revoked_now);
    assert_eq!((report.highest_seq, report.unsent, report.missing), (7, 4, 4));
    let gaps: Vec<_> = report.gaps.iter().map(|gap| (gap.first, gap.last)).collect();
    assert_eq!(gaps, [(3, 4), (6, 7)]);
    assert_eq!(report.device.flags, ["lost"]);
    assert_eq!(report.device.heard_at, Some(gateway.now()));
    assert_eq!(phone.offer(&gateway, &shots[2].manifest).await.refusal(), ProblemCode::DeviceRefused);

    // Whoever runs it again learns the same and asks for nothing twice.
    let leaves = hospital.log(&gateway).await.entries.len();
    let again = admin.lost(&phone.id(), gauze_wire::Photos::Keep, &by("lost on a bus")).await.unwrap();
    assert!(!again.revoked_now);
    assert_eq!(again.wipe.proposal_id, report.wipe.proposal_id);
    assert_eq!(hospital.log(&gateway).await.entries.len(), leaves);
}

#[tokio::test]
async fn no_other_phone_makes_a_lost_phones_report_say_that_less_is_missing() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut lost = Phone::enrolled(&gateway, &hospital).await;
    let shots: Vec<_> = (0..3).map(|_| lost.shoot(1000)).collect();
    lost.send(&gateway, &shots[0]).await;
    lost.hears(&gateway, 3, 2).await;
    let other = Phone::enrolled(&gateway, &hospital).await;
    for shot in &shots[1..] {
        other.offer(&gateway, &shot.void(&other)).await.held();
    }
    let admin = gateway.admin(&hospital).await;
    let report = admin.lost(&lost.id(), gauze_wire::Photos::Keep, &by("lost on a bus")).await.unwrap();
    assert_eq!(report.missing, 2);
}

#[tokio::test]
async fn one_hospitals_operators_see_and_change_nothing_of_another() {
    let (ours, theirs) = (Hospital::ward(), Hospital::new("ward-8", 50));
    let gateway = Gateway::serving(&[&ours, &theirs]).await;
    let phone = Phone::enrolled(&gateway, &theirs).await;
    let admin = gateway.admin(&ours).await;
    assert!(matches!(admin.suspend(&phone.id(), &by("x")).await, Err(AdminError::UnknownDevice)));
    assert!(matches!(admin.device(&phone.id()).await, Err(AdminError::UnknownDevice)));
    assert!(admin.devices(&DeviceSearch::default()).await.unwrap().devices.is_empty());
}

#[tokio::test]
async fn programs_are_told_of_a_phone_what_people_are_told() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let admin = gateway.admin(&hospital).await;
    let told = async || {
        let page = admin.devices(&DeviceSearch::default()).await.unwrap();
        let story = admin.device(&phone.id()).await.unwrap();
        let [page, story] = [serde_json::to_value(page).unwrap(), serde_json::to_value(story).unwrap()];
        let device = &page["devices"][0];
        assert_eq!(device["told_status"], story["told_status"]);
        [&device["status"], &device["told_status"]].map(|text| text.as_str().unwrap().to_owned())
    };
    assert_eq!(told().await, ["active", "active"]);
    let word = Jws::sign(&wiped(&gateway, &phone, None), &phone.key).unwrap();
    gateway.post("/v1/ward-9/wiped", word.as_str().to_owned()).await.expect(204);
    assert_eq!(told().await, ["active", "wiped"]);
    admin.suspend(&phone.id(), &by("left in a taxi")).await.unwrap();
    assert_eq!(told().await, ["suspended", "suspended"]);
}

/// A hundred thousand phones beside the one that matters, whose ids are numbers.
const CROWD: &str = "INSERT INTO device (tenant, device_id, device_key, status, enrolment_sha256, enrolment_index, \
    platform, model, serial, enrolled_at_ms) \
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
    SELECT 'ward-9', printf('%043d', i), '{}', CASE i % 100 WHEN 7 THEN 'suspended' ELSE 'active' END, \
    printf('%064x', i), i, 'android', CASE i % 2 WHEN 0 THEN 'Pixel 9a' ELSE 'Galaxy A56' END, \
    printf('SN-%06d', i), 0 FROM n";

#[tokio::test]
async fn among_a_hundred_thousand_phones_one_is_found_and_revoked_within_a_second() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    gateway.tamper(CROWD).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(1000);
    let admin = gateway.admin(&hospital).await;
    let search =
        |text: &str, status| DeviceSearch { text: Some(text.into()), status, ..DeviceSearch::default() };
    let found = admin.devices(&search("sn-031", Some(ToldStatus::Suspended))).await.unwrap();
    assert_eq!(found.devices.len(), 10);
    assert_eq!(found.devices[0].serial.as_deref(), Some("SN-031007"));
    let pixels = admin.devices(&search("pixel 9", None)).await.unwrap();
    assert_eq!((pixels.devices.len(), pixels.next.is_some()), (50, true));
    let after = DeviceSearch { after: pixels.next, ..search("pixel 9", None) };
    assert!(admin.devices(&after).await.unwrap().devices[0].device_id > pixels.devices[49].device_id);
    let found = admin.find(&phone.id().as_str()[..12]).await.unwrap();
    assert_eq!(admin.device(&found).await.unwrap().device.status, DeviceStatus::Active);
    #[expect(clippy::disallowed_methods, reason = "what is promised is a time")]
    let begun = std::time::Instant::now();
    admin.revoke(&found, &by("stolen")).await.unwrap();
    assert_eq!(phone.offer(&gateway, &shot.manifest).await.refusal(), ProblemCode::DeviceRefused);
    let taken = begun.elapsed();
    assert!(taken.as_secs_f64() < 1.0, "it took {taken:?} to take hold");
    assert_eq!(admin.counts().await.unwrap().suspended, 1000);
}

#[tokio::test]
async fn captured_screens_add_up_are_lines_of_the_log_and_no_number_of_a_phones_choice_breaks_the_register() {
    let log = crate::fixture::logged();
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let admin = gateway.admin(&hospital).await;
    let mut seen = Vec::new();
    for said in [0, 3, 3, 4, 0, 0, 2, u64::MAX, u64::MAX, 1] {
        let mut query = Phone::holding(0, 0);
        query.holding.as_mut().unwrap().screen_captures = said;
        gateway.pass(SignedDuration::from_secs(1));
        gateway.ask(phone.request(&gateway, "status", &query)).await.expect(200);
        seen.push(admin.device(&phone.id()).await.unwrap().device.screen_captures);
    }
    // Whoever counts from nothing again takes nothing back.
    assert_eq!(seen, [0, 3, 3, 4, 4, 4, 6, 1_000_004, 1_000_004, 1_000_005]);
    let lines = log.lines();
    let mine = phone.id();
    let told = |line: &&serde_json::Value| {
        line["message"] == "a phone's screen was captured" && line["device_id"] == mine.as_str()
    };
    let times: Vec<_> = lines.iter().filter(told).map(|line| line["times"].as_u64()).collect();
    assert_eq!(times, [3, 4, 6, 1_000_004, 1_000_005].map(Some));
}

#[tokio::test]
async fn a_word_that_comes_late_changes_nothing() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let admin = gateway.admin(&hospital).await;
    let word = |captures: u64, unsent: u64| {
        let mut query = Phone::holding(9, unsent);
        query.holding.as_mut().unwrap().screen_captures = captures;
        phone.request(&gateway, "status", &query)
    };
    let known = async || {
        let device = admin.device(&phone.id()).await.unwrap().device;
        (device.screen_captures, device.unsent)
    };
    let early = word(2, 7);
    gateway.pass(SignedDuration::from_secs(1));
    let same_second = word(2, 6);
    gateway.ask(word(3, 1)).await.expect(200);
    for late in [early, same_second] {
        gateway.ask(late).await.expect(200);
        assert_eq!(known().await, (3, 1));
    }
    gateway.pass(SignedDuration::from_secs(1));
    gateway.ask(word(4, 0)).await.expect(200);
    assert_eq!(known().await, (4, 0));
}

/// A word of a phone on its way: in whichever request it says what it holds.
enum Late {
    Signed(axum::http::Request<axum::body::Body>),
    Wiped(Jws),
}

impl Late {
    async fn arrives(self, gateway: &Gateway) {
        match self {
            Self::Signed(request) => assert!(gateway.ask(request).await.status.is_success()),
            Self::Wiped(word) => {
                gateway.post("/v1/ward-9/wiped", word.as_str().to_owned()).await.expect(204);
            }
        }
    }
}

#[tokio::test]
async fn of_heartbeats_uploads_and_wipes_the_one_that_was_said_last_counts_whichever_comes_first() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let kinds = ["status", "uploads", "wiped"];
    for (earlier, later) in kinds.into_iter().flat_map(|earlier| kinds.map(|later| (earlier, later))) {
        let mut phone = Phone::enrolled(&gateway, &hospital).await;
        let mut say = |kind: &str, highest_seq: u64, unsent: u64| match kind {
            "status" => Late::Signed(phone.request(&gateway, "status", &Phone::holding(highest_seq, unsent))),
            "uploads" => {
                let manifest = phone.shoot(10).manifest;
                let asked = UploadRequest { manifest, highest_seq, unsent };
                Late::Signed(phone.request(&gateway, "uploads", &asked))
            }
            _ => {
                let word = Wiped { highest_seq, unsent, ..wiped(&gateway, &phone, None) };
                Late::Wiped(Jws::sign(&word, &phone.key).unwrap())
            }
        };
        let late = say(earlier, 9, 7);
        gateway.pass(SignedDuration::from_secs(1));
        let last = say(later, 8, 2);
        let heard_at = gateway.now();
        last.arrives(&gateway).await;
        gateway.pass(SignedDuration::from_secs(1));
        late.arrives(&gateway).await;
        let device = gateway.admin(&hospital).await.device(&phone.id()).await.unwrap().device;
        let known = (device.unsent, device.heard_at);
        assert_eq!(known, (2, Some(heard_at)), "{earlier} behind {later}");
        // A place in the chain that was used stays used.
        assert_eq!(device.highest_seq, 9, "{earlier} behind {later}");
    }
}

#[tokio::test]
async fn what_was_said_before_a_word_that_was_no_news_comes_late_too() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    phone.hears(&gateway, 9, 1).await;
    gateway.pass(SignedDuration::from_secs(1));
    let late = phone.request(&gateway, "status", &Phone::holding(9, 7));
    gateway.pass(SignedDuration::from_secs(1));
    phone.hears(&gateway, 9, 1).await;
    gateway.ask(late).await.expect(200);
    let device = gateway.admin(&hospital).await.device(&phone.id()).await.unwrap().device;
    assert_eq!(device.unsent, 1);
}

#[tokio::test]
async fn what_was_heard_by_a_wrong_clock_does_not_outlive_it() {
    for hours in [48, -48] {
        let hospital = Hospital::ward();
        let mut gateway = Gateway::serving(&[&hospital]).await;
        let phone = Phone::enrolled(&gateway, &hospital).await;
        // The second time is no news: what the gateway remembers of that does not outlive the clock either.
        gateway.pass(SignedDuration::from_hours(hours));
        gateway.open().await.unwrap();
        for _ in 0..2 {
            gateway.pass(SignedDuration::from_secs(1));
            phone.hears(&gateway, 9, 7).await;
        }
        gateway.pass(SignedDuration::from_hours(-hours));
        for unsent in [1, 1, 0] {
            gateway.pass(SignedDuration::from_secs(1));
            phone.hears(&gateway, 9, unsent).await;
            let device = gateway.admin(&hospital).await.device(&phone.id()).await.unwrap().device;
            assert_eq!(device.unsent, unsent, "{hours} hours");
            assert!(device.heard_at.unwrap() <= gateway.now(), "{hours} hours");
        }
    }
}

#[tokio::test]
async fn wards_in_any_script_are_found_by_their_first_letters_and_stand_before_phones_without_one() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let named = [Some("Tŷ Gwyn"), Some("Ωmega"), Some("~ tilde"), None, Some("三病棟"), Some("Åse")];
    for ward in named {
        let phone = Phone::new(&hospital);
        let named = |enrolment: &mut gauze_wire::Enrolment| {
            enrolment.ward = ward.map(|ward| ward.parse().unwrap());
        };
        let evidence = phone.evidence_with(&gateway, &hospital, named).await;
        gateway.enrol(&phone.tenant, &evidence).await.expect(201);
    }
    let admin = gateway.admin(&hospital).await;
    let wards = async |search: DeviceSearch| -> Vec<Option<String>> {
        admin.devices(&search).await.unwrap().devices.into_iter().map(|device| device.ward).collect()
    };
    // No text that an id may begin with: ids are random.
    for (text, ward) in [("Tŷ", "Tŷ Gwyn"), ("tŷ", "Tŷ Gwyn"), ("Ω", "Ωmega"), ("三", "三病棟"), ("Å", "Åse")]
    {
        let found = wards(DeviceSearch { text: Some(text.into()), ..DeviceSearch::default() }).await;
        assert_eq!(found, [Some(ward.to_owned())], "{text}");
    }
    let sorted = DeviceSearch { sort: gauze_gateway::Sort::Ward, ..DeviceSearch::default() };
    let order = wards(sorted.clone()).await;
    assert_eq!(order.last(), Some(&None), "{order:?}");
    // A page at a time tells the same.
    let (mut after, mut paged) = (None, Vec::new());
    loop {
        let page = admin.devices(&DeviceSearch { after, limit: Some(1), ..sorted.clone() }).await.unwrap();
        paged.extend(page.devices.into_iter().map(|device| device.ward));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, order);
}
