//! What the hospital says of a photo, and what its witness says of the log.

use gauze_wire::log::{Checkpoint, NoteKey};
use gauze_wire::{CaptureState, Digest, Filed, Jws, ProblemCode, Proof, Signed as _, Stored};

use crate::fixture::{BASE, Gateway, Hospital, Phone, Reply, Shot, key};

struct Begun {
    hospital: Hospital,
    gateway: Gateway,
    phone: Phone,
    shot: Shot,
    state: CaptureState,
}

async fn begin() -> Begun {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(1000);
    let state = phone.send(&gateway, &shot).await;
    Begun { hospital, gateway, phone, shot, state }
}

impl Begun {
    fn filed(&self) -> Jws {
        self.hospital.filed(&self.state, self.gateway.now())
    }

    fn refused(&self) -> Jws {
        self.hospital.refused(&self.state, self.gateway.now())
    }

    async fn tell(&self, receipts: &[&Jws]) -> Reply {
        self.hospital.acknowledge(&self.gateway, receipts.iter().map(|&jws| jws.clone()).collect()).await
    }

    /// What the phone is told.
    async fn outcome(&self) -> Option<Jws> {
        let mut states = self.phone.status(&self.gateway, vec![self.shot.id()]).await;
        states.remove(0).outcome
    }
}

#[tokio::test]
async fn filed_reaches_the_phone_word_for_word_and_stays_filed() {
    let begun = begin().await;
    assert_eq!(begun.outcome().await, None);
    let filed = begun.filed();
    begun.tell(&[&filed]).await.expect(204);
    assert_eq!(begun.outcome().await, Some(filed.clone()));
    begun.tell(&[&begun.refused()]).await.expect(204);
    assert_eq!(begun.outcome().await, Some(filed.clone()));
    begun.tell(&[&filed]).await.expect(204);
    assert_eq!(begun.outcome().await, Some(filed.clone()));
    // Whoever asks for a ticket is told as well.
    let held = begun.phone.offer(&begun.gateway, &begun.shot.manifest).await.held();
    assert_eq!(held.outcome, Some(filed));
}

#[tokio::test]
async fn refused_becomes_filed_when_the_hospital_could_open_it_after_all() {
    let begun = begin().await;
    let refused = begun.refused();
    begun.tell(&[&refused]).await.expect(204);
    assert_eq!(begun.outcome().await, Some(refused));
    let filed = begun.filed();
    begun.tell(&[&filed]).await.expect(204);
    assert_eq!(begun.outcome().await, Some(filed));
}

#[tokio::test]
async fn a_receipt_that_does_not_hold_is_refused_and_none_beside_it_is_kept() {
    let mut begun = begin().await;
    let now = begun.gateway.now();
    let other = begun.phone.shoot(500);
    let other_state = begun.phone.send(&begun.gateway, &other).await;
    let never = begun.phone.shoot(500);
    let (binding, proof) = begun.hospital.witnessed(&begun.state, now);
    let (other_binding, other_proof) = begun.hospital.witnessed(&other_state, now);
    let bare: Stored = begun.state.stored.peek().unwrap();
    let sign = |binding: &gauze_wire::Binding, proof: &Proof| {
        let filed = Filed::new(binding.clone(), proof.clone(), now);
        Jws::sign(&filed, &begun.hospital.records).unwrap()
    };
    let stranger = NoteKey::from_bytes("witness.test/ward-9", &[66; 32]).unwrap();
    let strangely = stranger.cosign(&bare.proof.checkpoint, now).unwrap();
    let by_stranger = Filed::new(binding.clone(), proof.clone(), now);
    let by_gateway = Filed::new(binding.clone(), proof.clone(), now);
    let mut wrong_file = binding.clone();
    wrong_file.sha256 = Digest::of(b"other");
    let mut wrong_size = binding.clone();
    wrong_size.size += 1;
    let mut wrong_manifest = binding.clone();
    wrong_manifest.manifest_sha256 = other_binding.manifest_sha256;
    let mut unknown = binding.clone();
    unknown.capture_id = never.id();
    let mut elsewhere = binding.clone();
    elsewhere.tenant = "clinic".parse().unwrap();
    let invalid = ProblemCode::ReceiptInvalid;
    let cases = [
        ("no cosignature", invalid, sign(&binding, &bare.proof)),
        (
            "a stranger's cosignature",
            invalid,
            sign(&binding, &Proof { checkpoint: strangely, ..proof.clone() }),
        ),
        ("another's proof", invalid, sign(&binding, &other_proof)),
        ("another file", invalid, sign(&wrong_file, &proof)),
        ("another size", invalid, sign(&wrong_size, &proof)),
        ("another manifest", invalid, sign(&wrong_manifest, &other_proof)),
        ("unknown photo", invalid, sign(&unknown, &proof)),
        ("another tenant", invalid, sign(&elsewhere, &proof)),
        ("a stranger's key", invalid, Jws::sign(&by_stranger, &key(66)).unwrap()),
        ("the gateway's own key", invalid, Jws::sign(&by_gateway, begun.gateway.keys().receipts()).unwrap()),
        ("stored", ProblemCode::WrongType, begun.state.stored.clone()),
        ("a manifest", ProblemCode::WrongType, begun.shot.manifest.clone()),
        (
            "stored, relabelled",
            invalid,
            Jws::sign_bytes(
                Filed::TYP,
                &begun.state.stored.payload_bytes().unwrap(),
                &begun.hospital.records,
            )
            .unwrap(),
        ),
    ];
    let good = begun.hospital.filed(&other_state, now);
    for (what, expected, receipt) in &cases {
        assert_eq!(begun.tell(&[&good, receipt]).await.refusal(), *expected, "{what}");
        assert_eq!(begun.tell(&[receipt, &good]).await.refusal(), *expected, "{what}");
    }
    let kept = begun.phone.status(&begun.gateway, vec![begun.shot.id(), other.id()]).await;
    assert!(kept.iter().all(|state| state.outcome.is_none()), "nothing was kept");
    begun.tell(&[&good, &begun.filed()]).await.expect(204);
}

#[tokio::test]
async fn a_hundred_receipts_are_taken_at_once_however_long_their_proofs_are() {
    let begun = begin().await;
    let (binding, mut proof) = begun.hospital.witnessed(&begun.state, begun.gateway.now());
    // As in a log of more leaves than there are.
    proof.inclusion = vec![Digest::of(b"node"); 40];
    let receipt = Filed::new(binding, proof, begun.gateway.now());
    let long = Jws::sign(&receipt, &begun.hospital.records).unwrap();
    let hundred: Vec<_> = std::iter::repeat_n(&long, 100).collect();
    assert_eq!(begun.tell(&hundred).await.refusal(), ProblemCode::ReceiptInvalid);
    let more: Vec<_> = std::iter::repeat_n(&begun.state.stored, 101).collect();
    assert_eq!(begun.tell(&more).await.refusal(), ProblemCode::TooLarge);
    let filed = begun.filed();
    let hundred: Vec<_> = std::iter::repeat_n(&filed, 100).collect();
    begun.tell(&hundred).await.expect(204);
    for body in [&b"{}"[..], b"", br#"{"receipts":["x"]}"#, br#"{"receipts":[],"more":1}"#] {
        let reply = begun.hospital.tell(&begun.gateway, "outcomes", body.to_vec()).await;
        assert_eq!(reply.refusal(), ProblemCode::MalformedRequest);
    }
}

#[tokio::test]
async fn a_receipt_for_a_void_is_taken() {
    let mut begun = begin().await;
    let shot = begun.phone.shoot(10);
    let state = begun.phone.offer(&begun.gateway, &shot.void(&begun.phone)).await.held();
    let filed = begun.hospital.filed(&state, begun.gateway.now());
    begun.tell(&[&filed]).await.expect(204);
}

#[tokio::test]
async fn a_cosignature_is_taken_for_a_tree_of_this_log_and_for_no_other() {
    let begun = begin().await;
    let now = begun.gateway.now();
    let page = begun.hospital.log(&begun.gateway).await;
    let tell = async |note: String| begun.hospital.tell(&begun.gateway, "cosignatures", note.into()).await;
    let cosign = |note: &str| begun.hospital.witness.cosign(note, now).unwrap();
    // The gateway's own key under a tree that it never had: a stolen key, or a log rolled back.
    let ours = begun.gateway.keys().note_key(BASE, &begun.hospital.tenant).unwrap();
    let sign = |size, root| ours.sign(&Checkpoint { origin: ours.log_key().name().to_owned(), size, root });
    let now_root = begun.gateway.named(&begun.hospital.tenant).log.verify(&page.checkpoint).unwrap().root;
    let foreign = NoteKey::from_bytes("gateway.test:8443/ward-9", &[66; 32]).unwrap();
    let foreign =
        foreign.sign(&Checkpoint { origin: "gateway.test:8443/ward-9".into(), size: 2, root: now_root });
    for (what, note) in [
        ("another root", cosign(&sign(2, Digest::of(b"other")))),
        ("the root of another size", cosign(&sign(1, now_root))),
        ("a longer tree", cosign(&sign(3, now_root))),
        ("a tree beyond all", cosign(&sign(u64::MAX, now_root))),
        ("another log's key", cosign(&foreign)),
        ("no witness", page.checkpoint.clone()),
        ("no note", "hello".to_owned()),
        ("nothing", String::new()),
    ] {
        assert_eq!(tell(note).await.refusal(), ProblemCode::CheckpointInvalid, "{what}");
    }
    let binary = begun.hospital.tell(&begun.gateway, "cosignatures", vec![0xff]).await;
    assert_eq!(binary.refusal(), ProblemCode::MalformedRequest);

    let newest = cosign(&page.checkpoint);
    tell(newest.clone()).await.expect(204);
    let stored: Stored = begun.state.stored.peek().unwrap();
    tell(cosign(&stored.proof.checkpoint)).await.expect(204);
    tell(cosign(&sign(0, Digest::of(b"")))).await.expect(204);
    let kept: String = sqlx::query_scalar("SELECT note FROM cosigned")
        .fetch_one(&begun.gateway.sqlite().await)
        .await
        .unwrap();
    assert!(kept.starts_with("gateway.test:8443/ward-9\n2\n"), "an older one replaces none: {kept}");
}
