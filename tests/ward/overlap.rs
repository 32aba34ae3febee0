//! What happens at the same time: runs of the queue, a discard while a photo is sent, an end told while a plan is made, and
//! two enrolments.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use gauze_core::ReviewError;
use gauze_core::adapters::SoftwareVault;
use gauze_core::ports::{KeyVault, TransportError, VaultError};
use gauze_core::queue::TransferEnd;
use gauze_wire::{Digest, PublicKey, ReviewDenied};
use jiff::SignedDuration;
use tokio::sync::Notify;
use zeroize::Zeroizing;

use crate::fixture::{Fate, Phone, Ward};

/// Nothing here takes as long.
const MINUTE: Duration = Duration::from_secs(60);

/// Holds the first message of one kind until it is released, and says when that has come.
fn held(phone: &Phone, what: &'static str) -> (Arc<Notify>, Arc<Notify>) {
    let (come, released) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (first, until) = (come.clone(), released.clone());
    let mut waits = true;
    phone.link.obeys(move |seen| {
        if !seen.path.contains(what) || !std::mem::take(&mut waits) {
            return Fate::Deliver;
        }
        first.notify_one();
        Fate::Held(until.clone())
    });
    (come, released)
}

#[tokio::test]
async fn runs_at_once_sign_and_send_each_photo_once() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let (come, released) = held(&phone, "/uploads");
    // The second run finds the photo signed, and its ticket asked for.
    let second = async {
        come.notified().await;
        let report = phone.run().await;
        released.notify_one();
        report
    };
    let (first, second) = tokio::join!(phone.run(), second);
    assert_eq!((first.stored, second.stored), (1, 0));
    assert_eq!(phone.link.seen().iter().filter(|seen| seen.path.contains("/uploads")).count(), 1);
    ward.pull().await;
    assert_eq!(phone.run().await.filed, [id]);
}

#[tokio::test]
async fn a_photo_discarded_on_its_way_goes_no_further_and_the_hospital_hears_of_it() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    // Nobody releases it: the transfer itself would never end.
    let (come, _released) = held(&phone, "/transfers");
    let discarded = async {
        come.notified().await;
        phone.client().discard(id).unwrap();
    };
    let both = async { tokio::join!(phone.run(), discarded) };
    tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
    assert_eq!(phone.run().await.stored, 1);
    ward.pull().await;
    let listed = ward.listed().await;
    assert_eq!((listed.len(), listed[0].kind), (1, gauze_records::Kind::Void));
    assert_eq!(phone.run().await.filed, [id]);
}

#[tokio::test]
async fn a_carried_transfer_that_fails_while_a_plan_is_made_is_in_the_next_plan() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let plan = async || phone.client().next_transfers(true).await.unwrap().transfers;
    assert_eq!(plan().await.len(), 1);
    // The next plan has the photo in hand, and asks whether it has come.
    let (come, released) = held(&phone, "/status");
    let ended = async {
        come.notified().await;
        let end = TransferEnd::Failed { error: TransportError::Unreachable };
        phone.client().transfer_ended(id, end).await.unwrap();
        released.notify_one();
    };
    let (planned, ()) = tokio::join!(plan(), ended);
    assert!(planned.is_empty());
    assert_eq!(plan().await.len(), 1, "nobody carries it any more");
}

#[tokio::test]
async fn a_photo_discarded_while_its_receipt_is_written_stays_discarded() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.disk.holds("stored.jws");
    let discarded = async {
        phone.disk.is_holding().await;
        let client = phone.client();
        std::thread::scope(|scope| {
            let discarding = scope.spawn(|| client.discard(id));
            // It comes to the photo before the receipt has its name, or waits for it.
            std::thread::sleep(Duration::from_millis(100));
            phone.disk.works();
            discarding.join().unwrap()
        })
    };
    let (_, discarded) = tokio::join!(phone.run(), discarded);
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    let listed = ward.listed().await;
    let said = if discarded.is_ok() { gauze_records::Kind::Void } else { gauze_records::Kind::Photo };
    assert_eq!((listed.len(), listed[0].kind), (1, said), "what its person was told is what came");
}

/// A vault in which making a review key and agreeing by it take until somebody lets them end.
struct Slow {
    vault: Arc<SoftwareVault>,
    made: AtomicUsize,
    come: Notify,
    ends: (Mutex<bool>, Condvar),
}

impl Slow {
    fn of(vault: &Arc<SoftwareVault>) -> Arc<Self> {
        let ends = (Mutex::new(true), Condvar::new());
        Arc::new(Self { vault: vault.clone(), made: AtomicUsize::new(0), come: Notify::new(), ends })
    }

    async fn comes(&self) {
        tokio::time::timeout(MINUTE, self.come.notified()).await.expect("a review key is asked for");
    }

    fn takes_long(&self) {
        self.come.notify_one();
        let waits = |ends: &mut bool| !*ends;
        drop(self.ends.1.wait_timeout_while(self.ends.0.lock().unwrap(), MINUTE, waits).unwrap());
    }

    fn ends(&self, ends: bool) {
        *self.ends.0.lock().unwrap() = ends;
        self.ends.1.notify_all();
    }
}

impl KeyVault for Slow {
    fn create(&self, challenge: &Digest) -> Result<(), VaultError> {
        self.vault.create(challenge)
    }
    fn device_key(&self) -> Result<PublicKey, VaultError> {
        self.vault.device_key()
    }
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], VaultError> {
        self.vault.sign(message)
    }
    fn create_review(&self) -> Result<(), VaultError> {
        if self.vault.review_key()?.is_none() {
            self.made.fetch_add(1, Ordering::Relaxed);
            self.takes_long();
        }
        // As hardware does it: a new key in place of whatever came meanwhile.
        self.vault.destroy(false)?;
        self.vault.create_review()
    }
    fn review_key(&self) -> Result<Option<PublicKey>, VaultError> {
        self.vault.review_key()
    }
    fn agree(&self, peer: &[u8; 65]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let agreed = self.vault.agree(peer);
        self.takes_long();
        agreed
    }
    fn destroy(&self, device_too: bool) -> Result<(), VaultError> {
        self.vault.destroy(device_too)
    }
}

/// A phone whose silence is about to end: its next run makes a review key.
async fn heard_again(ward: &Ward) -> (Phone, Arc<Slow>) {
    let mut phone = Phone::at(ward, ward.path("phone"));
    let slow = Slow::of(&phone.vault);
    phone.keys = slow.clone();
    phone.open().unwrap();
    phone.client().enrol(&ward.managed()).await.unwrap();
    phone.link.obeys(|_| Fate::Lost);
    ward.clock.pass(SignedDuration::from_hours(49));
    phone.client().lock();
    phone.link.works();
    ward.clock.pass(SignedDuration::from_mins(2));
    (phone, slow)
}

fn silenced(policy: &mut serde_json::Value) {
    policy["life"] = serde_json::json!({
        "offline_wipe_hours": 48, "attest_every_hours": 0, "attest_grace_hours": 24,
        "on_revoked_certificate": "suspend"
    });
}

#[tokio::test]
async fn of_two_runs_after_a_silence_one_makes_the_review_key_and_what_is_taken_is_shown() {
    let ward = Ward::with(|_| {}, silenced).await;
    let (mut phone, slow) = heard_again(&ward).await;
    let before = slow.made.load(Ordering::Relaxed);
    slow.ends(false);
    let second = async {
        slow.comes().await;
        let run = phone.run();
        let lets_go = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            slow.ends(true);
        };
        tokio::join!(run, lets_go);
    };
    tokio::join!(phone.run(), second);
    assert_eq!(slow.made.load(Ordering::Relaxed) - before, 1);
    let id = phone.capture(0);
    phone.restart();
    phone.client().unlock().unwrap();
    phone.client().review(id).unwrap();
}

#[tokio::test]
async fn a_wipe_that_comes_while_the_review_key_is_made_leaves_none() {
    for left in [true, false] {
        let ward = Ward::with(|_| {}, silenced).await;
        let (phone, slow) = heard_again(&ward).await;
        if left {
            phone.capture(0);
        }
        slow.ends(false);
        let wiped = async {
            slow.comes().await;
            assert_eq!(phone.client().wipe().unwrap().device_key_destroyed, !left);
            slow.ends(true);
        };
        tokio::join!(phone.run(), wiped);
        assert_eq!(phone.vault.review_key().unwrap(), None, "{left}");
        assert!(!phone.dir.join("gauze/review/private/identity.age").exists(), "{left}");
        assert_eq!(phone.client().status().device_id.is_some(), left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wipe_that_comes_while_somebody_unlocks_leaves_it_shut() {
    let ward = Ward::new().await;
    let mut phone = Phone::at(&ward, ward.path("phone"));
    let slow = Slow::of(&phone.vault);
    phone.keys = slow.clone();
    phone.open().unwrap();
    phone.client().enrol(&ward.managed()).await.unwrap();
    phone.capture(0);
    slow.ends(false);
    let runtime = tokio::runtime::Handle::current();
    let refused = std::thread::scope(|scope| {
        scope.spawn(|| {
            runtime.block_on(slow.comes());
            phone.client().wipe().unwrap();
            slow.ends(true);
        });
        phone.client().unlock()
    });
    assert!(matches!(refused, Err(ReviewError::Denied(ReviewDenied::Wiped))), "{refused:?}");
}

#[tokio::test]
async fn a_wipe_that_somebody_asks_for_during_the_silence_does_not_end_with_it() {
    let ward = Ward::with(|_| {}, silenced).await;
    let mut phone = Phone::enrolled(&ward).await;
    phone.capture(0);
    phone.link.obeys(|_| Fate::Lost);
    ward.clock.pass(SignedDuration::from_hours(49));
    phone.client().lock();
    assert_eq!(phone.client().status().review_denied.as_deref(), Some("silent"));
    phone.client().wipe().unwrap();
    phone.link.works();
    for _ in 0..3 {
        assert!(phone.try_capture(1).is_err());
        ward.clock.pass(SignedDuration::from_mins(2));
        phone.run().await;
        phone.restart();
        let status = phone.client().status();
        assert!(status.device_id.is_none() || status.review_denied.as_deref() == Some("wiped"), "{status:?}");
    }
}

#[tokio::test]
async fn a_wipe_that_somebody_asks_for_while_the_silence_is_reported_is_reported_too() {
    let ward = Ward::with(|_| {}, silenced).await;
    let phone = Phone::enrolled(&ward).await;
    phone.capture(0);
    phone.link.obeys(|_| Fate::Lost);
    ward.clock.pass(SignedDuration::from_hours(49));
    phone.client().lock();
    let (come, released) = held(&phone, "/wiped");
    let asked = async {
        come.notified().await;
        phone.client().wipe().unwrap();
        released.notify_one();
    };
    tokio::join!(phone.run(), asked);
    assert_eq!(phone.client().status().review_denied.as_deref(), Some("wiped"));
    assert!(phone.try_capture(1).is_err());
}

#[tokio::test]
async fn of_two_enrolments_at_once_one_enrols_and_its_key_stays() {
    let ward = Ward::new().await;
    let phone = Phone::new(&ward, "phone");
    let (one, other) = (ward.managed(), ward.managed());
    let (one, other) = tokio::join!(phone.client().enrol(&one), phone.client().enrol(&other));
    assert_eq!(other.unwrap_err().code(), "already_enrolled");
    assert_eq!(one.unwrap(), phone.id());
    let id = phone.capture(0);
    phone.run().await;
    ward.pull().await;
    assert_eq!(phone.run().await.filed, [id]);
}
