//! Evidence of hardware, at enrolment and weekly: shown by the phone, judged by the gateway, judged again by the records side.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use gauze_attest::{AndroidRoots, AppleRoots, Roots};
use gauze_core::ports::{Attestor, VaultError};
use gauze_gateway::Registered;
use gauze_gateway::admin::Admin;
use gauze_tests::attestations::{AppleMaker, KeyDescription, Maker, Names, PhoneKey};
use gauze_wire::{
    AndroidApp, AndroidRules, AppleApp, AppleRules, Attestation, Bytes, Digest, Platform, PublicKey,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::fixture::{Phone, Ward};

const WEEK: i64 = 168;

/// The makers of all phones here.
struct Makers {
    android: Maker,
    apple: AppleMaker,
}

impl Makers {
    fn new() -> Arc<Self> {
        Arc::new(Self { android: Maker::new(Names::Remote).unwrap(), apple: AppleMaker::new().unwrap() })
    }

    /// A hospital that takes hardware alone, and wants to see it weekly.
    async fn ward(&self) -> Ward {
        let package = "uk.nhs.example.gauze".parse().unwrap();
        let android = AndroidRules::for_apps(vec![AndroidApp {
            package,
            signers: vec![Digest([9; 32])],
            min_version: 12,
        }]);
        let app_id = self.apple.app_id.parse().unwrap();
        let apple = AppleRules::for_apps(vec![AppleApp { app_id, min_bundle_version: None }]);
        let policy = |policy: &mut serde_json::Value| {
            policy["v"] = json!(2);
            policy["allow_software_keys"] = json!(false);
            policy["android"] = json!(android);
            policy["apple"] = json!(apple);
            policy["life"] = json!({
                "offline_wipe_hours": 0, "attest_every_hours": WEEK, "attest_grace_hours": 24,
                "on_revoked_certificate": "suspend"
            });
        };
        let mut ward = Ward::with(|_| {}, policy).await;
        let android = AndroidRoots::from_pem(self.android.root_pem()).unwrap();
        let apple = AppleRoots::from_pem(self.apple.root_pem()).unwrap();
        ward.judges_under(Roots { android, apple }).await;
        ward
    }
}

fn certificates(chain: Vec<Vec<u8>>) -> Vec<Bytes<8192>> {
    chain.into_iter().map(|der| Bytes::new(der).unwrap()).collect()
}

/// A Keystore, and whether its phone has since been unlocked.
struct Keystore {
    makers: Arc<Makers>,
    unlocked: AtomicBool,
}

impl Attestor for Keystore {
    fn attest(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError> {
        let description = KeyDescription::good(&challenge.0);
        let chain = self.makers.android.attest_key(&description, &PhoneKey(device_key.to_sec1())).unwrap();
        Ok(Attestation::AndroidKey { chain: certificates(chain) })
    }

    fn attest_again(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError> {
        let bound = Attestation::fresh_android_challenge(challenge, device_key);
        let locked = !self.unlocked.load(Ordering::Relaxed);
        let description = KeyDescription { locked, ..KeyDescription::good(&bound.0) };
        let (chain, _) = self.makers.android.attest(&description).unwrap();
        Ok(Attestation::FreshAndroidKey { chain: certificates(chain) })
    }
}

/// App Attest, and the counter of its key.
struct AppAttest {
    makers: Arc<Makers>,
    counter: AtomicU32,
}

impl Attestor for AppAttest {
    fn attest(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError> {
        let (apple, hash) = (&self.makers.apple, Attestation::app_attest_hash(challenge, device_key));
        Ok(Attestation::AppAttest {
            key_id: Bytes::new(apple.key_id()).unwrap(),
            object: Bytes::new(apple.attest(&hash.0).unwrap()).unwrap(),
        })
    }

    fn attest_again(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError> {
        let hash = Attestation::app_attest_hash(challenge, device_key);
        let assertion = self.makers.apple.assert(&hash.0, self.counter.load(Ordering::Relaxed)).unwrap();
        Ok(Attestation::AppAttestAssertion { assertion: Bytes::new(assertion).unwrap() })
    }
}

/// A phone of this kind, enrolled.
async fn enrolled(ward: &Ward, platform: Platform, attestor: Arc<dyn Attestor>) -> Phone {
    let mut phone = Phone::at(ward, ward.path("phone"));
    (phone.platform, phone.attestor) = (platform, attestor);
    phone.open().unwrap();
    phone.client().enrol(&ward.managed()).await.unwrap();
    phone
}

async fn register(ward: &Ward, phone: &Phone) -> Registered {
    let admin = Admin::open(&ward.path("gateway"), &ward.tenant(), ward.clock.clone()).await.unwrap();
    admin.device(&phone.id()).await.unwrap().device
}

/// A week later the phone looks at its queue again.
async fn a_week_later(ward: &Ward, phone: &Phone) {
    ward.clock.pass(SignedDuration::from_hours(WEEK + 1));
    phone.client().run_queue(true).await.unwrap();
}

/// What the records side believes of the newest entry, and whether everything it has kept adds up.
async fn records_agree(ward: &Ward, rejected: u64) {
    assert_eq!(ward.pull().await.rejected, rejected);
    let report = ward.verified().await;
    assert!(report.ok, "{:?}", report.findings);
}

#[tokio::test]
async fn an_android_phone_shows_a_fresh_key_each_week_and_loses_review_once_it_is_unlocked() {
    let makers = Makers::new();
    let ward = makers.ward().await;
    let keystore = Arc::new(Keystore { makers, unlocked: AtomicBool::new(false) });
    let phone = enrolled(&ward, Platform::Android, keystore.clone()).await;
    for _ in 0..2 {
        a_week_later(&ward, &phone).await;
        let device = register(&ward, &phone).await;
        assert_eq!((device.attested_at, device.attest_refused), (Some(ward.clock.time()), None));
        assert_eq!(device.boot_state.as_deref(), Some("verified"));
        records_agree(&ward, 0).await;
    }
    keystore.unlocked.store(true, Ordering::Relaxed);
    let id = phone.capture(0);
    a_week_later(&ward, &phone).await;
    assert_eq!(register(&ward, &phone).await.attest_refused.as_deref(), Some("bootloader_unlocked"));
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.client().run_queue(true).await.unwrap();
    assert_eq!(phone.client().status().review_denied.as_deref(), Some("attestation_refused"));
    records_agree(&ward, 1).await;
    assert_eq!(phone.run().await.filed, [id], "a photo is not lost by it");
}

#[tokio::test]
async fn an_iphone_shows_an_assertion_each_week_and_no_counter_twice() {
    let makers = Makers::new();
    let ward = makers.ward().await;
    let app_attest = Arc::new(AppAttest { makers, counter: AtomicU32::new(3) });
    let phone = enrolled(&ward, Platform::Ios, app_attest.clone()).await;
    a_week_later(&ward, &phone).await;
    let shown_at = Some(ward.clock.time());
    assert_eq!(register(&ward, &phone).await.attested_at, shown_at);
    records_agree(&ward, 0).await;
    // A key that was copied, or a phone that was set back, falls behind.
    a_week_later(&ward, &phone).await;
    let device = register(&ward, &phone).await;
    assert_eq!((device.attested_at, device.attest_refused.as_deref()), (shown_at, Some("counter_used")));
    records_agree(&ward, 1).await;
    app_attest.counter.store(4, Ordering::Relaxed);
    ward.clock.pass(SignedDuration::from_hours(2));
    phone.client().run_queue(true).await.unwrap();
    let device = register(&ward, &phone).await;
    assert_eq!((device.attested_at, device.attest_refused), (Some(ward.clock.time()), None));
    records_agree(&ward, 0).await;
    assert_eq!(phone.client().status().review_denied, None);
}

#[tokio::test]
async fn a_phone_does_not_get_by_with_the_other_platforms_evidence() {
    let makers = Makers::new();
    let ward = makers.ward().await;
    let keystore = Arc::new(Keystore { makers: makers.clone(), unlocked: AtomicBool::new(false) });
    let mut phone = enrolled(&ward, Platform::Android, keystore).await;
    phone.attestor = Arc::new(AppAttest { makers, counter: AtomicU32::new(1) });
    phone.restart();
    a_week_later(&ward, &phone).await;
    assert_eq!(register(&ward, &phone).await.attest_refused.as_deref(), Some("evidence_kind"));
    records_agree(&ward, 1).await;
}
