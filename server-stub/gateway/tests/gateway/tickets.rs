//! Tickets: a signed manifest buys an address for exactly its bytes.

use gauze_wire::signature::Tag;
use gauze_wire::{
    Binding, Body, CaptureId, Digest, Jws, ProblemCode, StatusQuery, Stored, UploadAnswer, UploadRequest,
};
use jiff::SignedDuration;
use sqlx::Row as _;

use crate::fixture::{Gateway, Hospital, Phone, Shot, ask, binding};

async fn begin() -> (Hospital, Gateway, Phone) {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    (hospital, gateway, phone)
}

#[tokio::test]
async fn a_photo_goes_from_ticket_to_a_receipt_that_verifies() {
    let (hospital, gateway, mut phone) = begin().await;
    let shot = phone.shoot(200_000);
    let answer: UploadAnswer = phone.offer(&gateway, &shot.manifest).await.json(201);
    let UploadAnswer::Ticket { upload_url, expires_at, offset } = answer else { panic!("held") };
    assert_eq!(expires_at, gateway.now() + SignedDuration::from_hours(7 * 24));
    assert_eq!(offset, 0);
    let (address, ticket) = upload_url.rsplit_once('/').unwrap();
    assert_eq!(address, "https://gateway.test:8443/v1/transfers");
    assert_eq!(ticket.len(), 22, "128 bits in base64url");

    let path = format!("/v1/transfers/{ticket}");
    let state = gateway.put(&path, shot.sealed.clone()).await.json::<gauze_wire::CaptureState>(201);
    assert_eq!((state.capture_id, &state.outcome), (shot.id(), &None));
    let named = gateway.named(&hospital.tenant);
    let expected = binding(&shot.manifest);
    let stored = Stored::verify(&state.stored, &[named.key], &expected, &named.log, None).unwrap();
    assert_eq!(stored.at, gateway.now());
    let blob = format!("blobs/{}/{}", phone.id(), shot.id());
    let fetched = hospital.fetch(&gateway, &blob).await;
    assert_eq!(fetched.field("content-length"), "200000");
    assert_eq!(fetched.body, shot.sealed);
}

#[tokio::test]
async fn a_photo_that_is_sent_twice_is_one_photo_and_one_leaf() {
    let (hospital, gateway, mut phone) = begin().await;
    let shot = phone.shoot(100);
    let state = phone.send(&gateway, &shot).await;
    assert_eq!(phone.offer(&gateway, &shot.manifest).await.held(), state);
    let first = gauze_wire::CaptureState { manifest: Some(shot.manifest.clone()), ..state.clone() };
    assert_eq!(
        phone.offer(&gateway, &shot.signed_anew(&phone)).await.held(),
        first,
        "and what was signed for it"
    );
    assert_eq!(hospital.log(&gateway).await.entries.len(), 2, "the enrolment and one photo");
    assert_eq!(phone.status(&gateway, vec![shot.id()]).await, [state]);
}

#[tokio::test]
async fn a_photo_signed_anew_before_it_arrived_gets_its_receipt_for_the_newest_signature() {
    let (hospital, gateway, mut phone) = begin().await;
    let shot = phone.shoot(100);
    phone.offer(&gateway, &shot.manifest).await.ticket();
    let anew = shot.signed_anew(&phone);
    let (ticket, _) = phone.offer(&gateway, &anew).await.ticket();
    let state: gauze_wire::CaptureState = gateway.put(&ticket, shot.sealed).await.json(201);
    assert_eq!(state.stored.peek::<Stored>().unwrap().manifest_sha256, anew.digest());
    assert_eq!(hospital.log(&gateway).await.entries[1].jws, anew);
}

#[tokio::test]
async fn another_photo_under_the_same_id_is_a_conflict_before_and_after_the_first_arrived() {
    let (_, gateway, mut phone) = begin().await;
    let shot = phone.shoot(100);
    let others = [
        Shot::signed(Vec::new(), Body { sha256: Digest::of(b"other"), ..shot.body.clone() }, &phone.key),
        Shot::signed(Vec::new(), Body { size: 101, ..shot.body.clone() }, &phone.key),
        // The same bytes, but another place, or another time: another body under one name.
        Shot::signed(
            Vec::new(),
            Body { seq: 7, prev: Some(Digest::of(b"x")), ..shot.body.clone() },
            &phone.key,
        ),
        Shot::signed(Vec::new(), Body { bundle_version: 9, ..shot.body.clone() }, &phone.key),
    ];
    let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
    for other in &others {
        assert_eq!(phone.offer(&gateway, &other.manifest).await.refusal(), ProblemCode::Conflict);
    }
    gateway.put(&ticket, shot.sealed).await.expect(201);
    for other in &others {
        assert_eq!(phone.offer(&gateway, &other.manifest).await.refusal(), ProblemCode::Conflict);
    }
}

#[tokio::test]
async fn another_photo_in_the_same_place_of_the_chain_is_a_conflict() {
    let (_, gateway, mut phone) = begin().await;
    let shot = phone.shoot(100);
    let usurper = phone.shoot_with(100, |body| (body.seq, body.prev) = (1, None));
    phone.offer(&gateway, &shot.manifest).await.ticket();
    assert_eq!(phone.offer(&gateway, &usurper.manifest).await.refusal(), ProblemCode::ChainConflict);
    phone.offer(&gateway, &shot.manifest).await.ticket();
}

#[tokio::test]
async fn of_two_photos_offered_at_once_for_one_name_or_one_place_one_is_taken() {
    let (_, gateway, mut phone) = begin().await;
    for round in 0..16_u8 {
        let first = phone.shoot(100);
        let other = if round % 2 == 0 {
            Body { sha256: Digest::of(b"other"), ..first.body.clone() }
        } else {
            Body { capture_id: CaptureId::make(1_795_000_000_000, &[round; 10]), ..first.body.clone() }
        };
        let second = Shot::signed(Vec::new(), other, &phone.key);
        let offer = |manifest: &Jws| {
            let asked = UploadRequest { manifest: manifest.clone(), highest_seq: 1, unsent: 1 };
            tokio::spawn(ask(gateway.router(), phone.request(&gateway, "uploads", &asked)))
        };
        let (first, second) = (offer(&first.manifest), offer(&second.manifest));
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        let taken = [&first, &second].iter().filter(|reply| reply.status == 201).count();
        assert_eq!(taken, 1, "{} {}", first.status, second.status);
    }
}

#[tokio::test]
async fn a_manifest_that_does_not_hold_is_refused_by_its_fault() {
    let (hospital, gateway, mut phone) = begin().await;
    let other = Phone::enrolled(&gateway, &hospital).await;
    let good = phone.shoot(10);
    let changed = |change: &dyn Fn(&mut Body)| {
        let mut body = good.body.clone();
        change(&mut body);
        Shot::signed(Vec::new(), body, &phone.key).manifest
    };
    let mut tampered = good.manifest.as_str().to_owned();
    let at = tampered.rfind('.').unwrap() + 9;
    tampered.replace_range(at..=at, if tampered.as_bytes()[at] == b'A' { "B" } else { "A" });
    let cases = [
        ("order", ProblemCode::ManifestInvalid, changed(&|body| body.seq = 0)),
        ("prev", ProblemCode::ManifestInvalid, changed(&|body| body.prev = Some(Digest::of(b"x")))),
        ("empty", ProblemCode::ManifestInvalid, changed(&|body| body.size = 0)),
        ("huge", ProblemCode::ManifestInvalid, changed(&|body| body.size = 65 * 1024 * 1024 + 1)),
        ("tenant", ProblemCode::ManifestInvalid, changed(&|body| body.tenant = "clinic".parse().unwrap())),
        ("another's", ProblemCode::ManifestInvalid, changed(&|body| body.device_id = other.id())),
        ("signature", ProblemCode::ManifestInvalid, Jws::parse(&tampered).unwrap()),
        ("typ inside", ProblemCode::WrongType, changed(&|body| body.typ = "gauze-void".into())),
        ("evidence", ProblemCode::WrongType, phone.evidence(&gateway, &hospital).await),
        ("signer", ProblemCode::WrongDevice, Phone::new(&hospital).shoot(10).manifest),
    ];
    for (what, expected, manifest) in cases {
        assert_eq!(phone.offer(&gateway, &manifest).await.refusal(), expected, "{what}");
    }
    phone.offer(&gateway, &good.manifest).await.ticket();
}

#[tokio::test]
async fn a_request_of_another_shape_or_size_is_refused() {
    let (_, gateway, phone) = begin().await;
    let post = |what: &str, body: &[u8]| {
        let path = format!("/v1/ward-9/{what}");
        gateway.signed(("POST", &path), Some(body.to_vec()), &phone.key, Tag::Device)
    };
    for (what, body) in [
        ("uploads", &b"{}"[..]),
        ("uploads", b""),
        ("uploads", br#"{"manifest":"a.b.c","highest_seq":1,"unsent":1}"#),
        ("status", b"[]"),
        ("status", br#"{"captures":["../../etc/passwd"]}"#),
        ("status", br#"{"captures":[],"more":1}"#),
    ] {
        assert_eq!(gateway.ask(post(what, body)).await.refusal(), ProblemCode::MalformedRequest);
    }
    let long = vec![b' '; 256 * 1024 + 1];
    assert_eq!(gateway.ask(post("uploads", &long)).await.refusal(), ProblemCode::TooLarge);
    let captures: Vec<_> = (0..101).map(|n| CaptureId::make(n, &[0; 10])).collect();
    let hundred = StatusQuery { captures: captures[..100].to_vec(), holding: None };
    gateway.ask(phone.request(&gateway, "status", &hundred)).await.expect(200);
    let more = StatusQuery { captures, holding: None };
    assert_eq!(gateway.ask(phone.request(&gateway, "status", &more)).await.refusal(), ProblemCode::TooLarge);
}

#[tokio::test]
async fn a_phone_is_told_of_its_own_photos_alone() {
    let (hospital, gateway, mut phone) = begin().await;
    let other = Phone::enrolled(&gateway, &hospital).await;
    let (sent, waiting) = (phone.shoot(10), phone.shoot(10));
    let state = phone.send(&gateway, &sent).await;
    phone.offer(&gateway, &waiting.manifest).await.ticket();
    assert_eq!(phone.status(&gateway, vec![waiting.id(), sent.id()]).await, [state]);
    assert!(other.status(&gateway, vec![sent.id()]).await.is_empty());
}

#[tokio::test]
async fn what_a_phone_last_said_of_itself_is_known_even_where_it_got_no_ticket() {
    let (_, gateway, mut phone) = begin().await;
    let shot = phone.shoot(10);
    phone.send(&gateway, &shot).await;
    gateway.pass(SignedDuration::from_hours(3));
    let heard = async |manifest: &Jws, highest_seq, unsent| {
        let asked = UploadRequest { manifest: manifest.clone(), highest_seq, unsent };
        gateway.ask(phone.request(&gateway, "uploads", &asked)).await;
        let row = sqlx::query("SELECT highest_seq, unsent, heard_at_ms FROM device")
            .fetch_one(&gateway.sqlite().await)
            .await
            .unwrap();
        let number = |n: usize| row.try_get::<i64, _>(n).unwrap();
        (number(0), number(1), number(2))
    };
    let now = gateway.now().as_millisecond();
    assert_eq!(heard(&shot.manifest, 40, 12).await, (40, 12, now), "held already");
    let place = Shot::signed(Vec::new(), Body { size: 11, ..shot.body.clone() }, &phone.key);
    assert_eq!(heard(&place.manifest, 41, 13).await, (41, 13, now), "refused");
    assert_eq!(heard(&shot.manifest, 3, 0).await, (41, 0, now), "the highest stays");
}

#[tokio::test]
async fn two_hospitals_in_one_gateway_do_not_see_each_other() {
    let (ward, clinic) = (Hospital::ward(), Hospital::new("clinic", 110));
    let gateway = Gateway::serving(&[&ward, &clinic]).await;
    let mut at_ward = Phone::enrolled(&gateway, &ward).await;
    // One phone's key, enrolled at both: names, places, logs and blobs are still apart.
    let mut at_clinic = Phone::new(&clinic);
    at_clinic.key = gauze_wire::SoftwareKey::from_pem(&at_ward.key.to_pem().unwrap()).unwrap();
    let evidence = at_clinic.evidence(&gateway, &clinic).await;
    gateway.enrol(&clinic.tenant, &evidence).await.expect(201);
    let shot = at_ward.shoot(500);
    let twin = at_clinic.shoot_with(600, |body| body.capture_id = shot.id());
    let state = at_ward.send(&gateway, &shot).await;

    assert!(at_clinic.status(&gateway, vec![shot.id()]).await.is_empty());
    let blob = format!("blobs/{}/{}", at_ward.id(), shot.id());
    assert_eq!(clinic.fetch(&gateway, &blob).await.refusal(), ProblemCode::NotFound);
    assert_eq!(clinic.log(&gateway).await.entries.len(), 1);
    let stolen = clinic.filed(&state, gateway.now());
    assert_eq!(clinic.acknowledge(&gateway, vec![stolen]).await.refusal(), ProblemCode::ReceiptInvalid);

    let other = at_clinic.send(&gateway, &twin).await;
    assert_eq!(clinic.fetch(&gateway, &blob).await.body, twin.sealed);
    assert_eq!(ward.fetch(&gateway, &blob).await.body, shot.sealed);
    let (ours, theirs) = (gateway.named(&ward.tenant), gateway.named(&clinic.tenant));
    assert_ne!(ours.log, theirs.log);
    let theirs_expected: Binding = binding(&twin.manifest);
    assert!(
        Stored::verify(&other.stored, std::slice::from_ref(&theirs.key), &theirs_expected, &theirs.log, None)
            .is_ok()
    );
    assert!(Stored::verify(&other.stored, &[theirs.key], &theirs_expected, &ours.log, None).is_err());
    assert!(ward.log(&gateway).await.entries.iter().all(|entry| entry.jws != twin.manifest));
}
