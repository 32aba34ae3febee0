//! A clinician signs in on a phone: photos say who took them, and a shared phone shows nothing of whoever had it before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_core::ports::{Answer, BoxFuture, Call, KeyVault as _, Transfer, Transport, TransportError};
use gauze_core::{CaptureError, Clinician, PreviewError, ReviewError, SignInError};
use gauze_wire::session_nonce;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::fixture::{Link, Phone, Ward, WardClock, context, jpeg, shown};

const ISSUER: &str = "https://login.test";

/// The phone's network: the provider's addresses lead to a provider, all others to the gateway.
pub struct Fork {
    gateway: Arc<Link>,
    clock: Arc<WardClock>,
    /// Who signs in at the provider.
    person: Mutex<(&'static str, &'static str)>,
    asked: Mutex<HashMap<String, String>>,
    /// Where set, the token is asked for, and given only later.
    held: Mutex<Option<Arc<Held>>>,
}

/// An answer that is held back.
#[derive(Default)]
struct Held {
    asked: Notify,
    given: Notify,
}

impl Fork {
    fn metadata() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/auth"),
            "token_endpoint": format!("{ISSUER}/token"),
            "pushed_authorization_request_endpoint": format!("{ISSUER}/par"),
        })
    }

    fn tokens(&self) -> Value {
        let (sub, name) = *self.person.lock().unwrap();
        let now = self.clock.time().as_second();
        let nonce = self.asked.lock().unwrap()["nonce"].clone();
        let claims = json!({
            "iss": ISSUER, "sub": sub, "aud": "gauze-phone", "name": name, "nonce": nonce, "iat": now, "exp": now + 300,
        });
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        json!({ "id_token": format!("{}.{}.c2ln", part(&json!({ "alg": "ES256" })), part(&claims)) })
    }

    /// From now on it is somebody else who signs in.
    pub fn turns_to(&self, subject: &'static str, name: &'static str) {
        *self.person.lock().unwrap() = (subject, name);
    }

    fn answer(&self, call: &Call) -> Answer {
        let form = call.body.clone().unwrap_or_default();
        let (status, body) = match call.url.strip_prefix(ISSUER).unwrap() {
            "/.well-known/openid-configuration" => (200, Self::metadata()),
            "/par" => {
                *self.asked.lock().unwrap() = url::form_urlencoded::parse(&form).into_owned().collect();
                (201, json!({ "request_uri": "urn:example:1" }))
            }
            "/token" => (200, self.tokens()),
            _ => (404, json!({})),
        };
        Answer { status, body: body.to_string().into_bytes(), ..Answer::default() }
    }
}

impl Transport for Fork {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        if call.url.starts_with(ISSUER) {
            return Box::pin(async move {
                let answer = self.answer(&call);
                let held = self.held.lock().unwrap().clone().filter(|_| call.url.ends_with("/token"));
                if let Some(held) = held {
                    held.asked.notify_one();
                    held.given.notified().await;
                }
                Ok(answer)
            });
        }
        self.gateway.call(call)
    }
    fn transfer(&self, transfer: Transfer) -> BoxFuture<'_, Result<Answer, TransportError>> {
        self.gateway.transfer(transfer)
    }
}

pub fn policy(mode: &'static str) -> impl FnOnce(&mut Value) {
    move |policy| {
        policy["sign_in"] = json!({
            "mode": mode, "issuer": ISSUER, "client_id": "gauze-phone",
            "redirect_uri": "org.gauze.app:/signed-in", "shift_hours": 12,
        });
    }
}

async fn phone(ward: &Ward) -> (Phone, Arc<Fork>) {
    phone_at(ward, "phone").await
}

pub async fn phone_at(ward: &Ward, name: &str) -> (Phone, Arc<Fork>) {
    let mut phone = Phone::at(ward, ward.path(name));
    let fork = Arc::new(Fork {
        gateway: phone.link.clone(),
        clock: ward.clock.clone(),
        person: Mutex::new(("nurse-7", "Alex Morgan")),
        asked: Mutex::default(),
        held: Mutex::default(),
    });
    phone.way = fork.clone();
    phone.open().unwrap();
    phone.client().enrol(&ward.managed()).await.unwrap();
    (phone, fork)
}

pub async fn sign_in(phone: &Phone, fork: &Fork) -> Result<Clinician, SignInError> {
    let page = phone.client().begin_sign_in().await?;
    let state = fork.asked.lock().unwrap()["state"].clone();
    phone.client().finish_sign_in(&format!("{}?code=1&state={state}", page.redirect_uri)).await
}

#[tokio::test]
async fn a_photo_says_who_took_it_and_the_gateway_sees_a_reference_only() {
    let ward = Ward::with(|_| {}, policy("required")).await;
    let (mut phone, fork) = phone(&ward).await;
    let refused = phone.try_capture(0).unwrap_err();
    assert!(matches!(refused, CaptureError::SignInNeeded), "{refused}");
    assert_eq!(phone.client().status().last_seq, 0);

    let clinician = sign_in(&phone, &fork).await.unwrap();
    assert_eq!(clinician.name, "Alex Morgan");
    // The process dies; the shift goes on.
    phone.restart();
    assert_eq!(phone.client().clinician().unwrap().name, "Alex Morgan");
    let id = phone.capture(0);
    let body = std::fs::read_to_string(phone.file(id, "body.json")).unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    let reference = body["session_ref"].as_str().unwrap().to_owned();
    assert!(!body.to_string().contains("Morgan") && !body.to_string().contains("nurse-7"));
    phone.run().await;
    ward.pull().await;
    let (_, record) = ward.opened(id).await;
    assert_eq!(record.clinician.as_ref().unwrap().as_str(), "Alex Morgan");
    let session = record.session.unwrap();
    let claims = session.token.as_str().split('.').nth(1).unwrap().to_owned();
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["nonce"], session_nonce(&phone.id(), session.salt.as_slice()));
    assert!(!reference.is_empty() && !session.token.as_str().contains(&reference));
}

#[tokio::test]
async fn a_shift_that_is_over_stops_no_photo_that_was_taken() {
    let ward = Ward::with(|_| {}, policy("required")).await;
    let (phone, fork) = phone(&ward).await;
    sign_in(&phone, &fork).await.unwrap();
    let id = phone.capture(0);
    ward.clock.pass(SignedDuration::from_hours(13));
    assert_eq!(phone.client().clinician(), None);
    assert!(matches!(phone.try_capture(1), Err(CaptureError::SignInNeeded)));
    phone.run().await;
    assert_eq!(phone.stage(id), Some(gauze_core::Stage::Stored));
}

#[tokio::test]
async fn where_a_sign_in_is_only_asked_for_a_photo_is_taken_without() {
    let ward = Ward::with(|_| {}, policy("asked")).await;
    let (phone, fork) = phone(&ward).await;
    assert_eq!(phone.client().sign_in_mode(), Some(gauze_wire::SignInMode::Asked));
    phone.capture(0);
    sign_in(&phone, &fork).await.unwrap();
    phone.client().sign_out();
    assert_eq!(phone.client().clinician(), None);
    phone.capture(1);

    let off = Ward::new().await;
    let (phone, _) = self::phone(&off).await;
    assert_eq!(phone.client().sign_in_mode(), None);
    assert!(matches!(phone.client().begin_sign_in().await, Err(SignInError::Off)));
}

#[tokio::test]
async fn a_shared_phone_shows_nothing_of_whoever_had_it_before() {
    let ward = Ward::with(|_| {}, policy("required")).await;
    let (phone, fork) = phone(&ward).await;
    sign_in(&phone, &fork).await.unwrap();
    let first = phone.capture(0);
    phone.client().preview_from(first, jpeg(0)).unwrap();
    phone.client().unlock().unwrap();
    let label = |id| {
        let listed = phone.client().list().unwrap();
        shown(listed.into_iter().find(|photo| photo.capture_id == id).unwrap())
    };
    assert!(label(first).is_some());

    *fork.person.lock().unwrap() = ("nurse-8", "Robin Shaw");
    sign_in(&phone, &fork).await.unwrap();
    assert!(matches!(phone.client().preview(first), Err(ReviewError::Locked)));
    phone.client().unlock().unwrap();
    assert_eq!(label(first), None);
    assert!(phone.client().patients().unwrap().is_empty(), "another's patient");
    assert!(matches!(phone.client().preview(first), Err(ReviewError::OtherPerson)));
    assert!(matches!(phone.client().review(first), Err(ReviewError::OtherPerson)));
    let second = phone.capture(1);
    assert!(label(second).is_some());
    // Nobody: neither one's photos, nor the one just taken.
    phone.client().sign_out();
    assert!(matches!(phone.client().preview_from(second, jpeg(1)), Err(PreviewError::Locked)));
    phone.client().unlock().unwrap();
    assert_eq!((label(first), label(second)), (None, None));

    // The same person in another shift sees their own.
    *fork.person.lock().unwrap() = ("nurse-7", "Alex Morgan");
    sign_in(&phone, &fork).await.unwrap();
    phone.client().unlock().unwrap();
    assert!(label(first).is_some() && label(second).is_none());
    assert!(phone.client().preview(first).is_ok());
}

#[tokio::test]
async fn a_wipe_ends_the_session() {
    let ward = Ward::with(|_| {}, policy("asked")).await;
    let (mut phone, fork) = phone(&ward).await;
    sign_in(&phone, &fork).await.unwrap();
    phone.client().wipe().unwrap();
    assert_eq!(phone.client().clinician(), None);
    phone.restart();
    assert_eq!(phone.client().clinician(), None);
}

/// What a sign-in comes to where `meanwhile` happens while the provider's answer is on its way.
async fn overtaken<T>(
    phone: &Phone,
    fork: &Fork,
    meanwhile: impl AsyncFnOnce() -> T,
) -> (Result<Clinician, SignInError>, T) {
    let held = Arc::new(Held::default());
    *fork.held.lock().unwrap() = Some(held.clone());
    let happens = async {
        held.asked.notified().await;
        let happened = meanwhile().await;
        *fork.held.lock().unwrap() = None;
        held.given.notify_one();
        happened
    };
    tokio::join!(sign_in(phone, fork), happens)
}

#[tokio::test]
async fn a_sign_in_does_not_undo_what_happened_while_it_was_under_way() {
    let ward = Ward::with(|_| {}, policy("asked")).await;
    let (phone, fork) = phone(&ward).await;
    let (late, ()) = overtaken(&phone, &fork, async || phone.client().sign_out()).await;
    assert!(matches!(late, Err(SignInError::NotBegun)), "{late:?}");
    assert_eq!(phone.client().clinician(), None, "signed out");

    let (late, page) = overtaken(&phone, &fork, async || phone.client().begin_sign_in().await).await;
    assert!(matches!(late, Err(SignInError::NotBegun)), "{late:?}");
    let state = fork.asked.lock().unwrap()["state"].clone();
    let newer = format!("{}?code=1&state={state}", page.unwrap().redirect_uri);
    assert_eq!(phone.client().finish_sign_in(&newer).await.unwrap().name, "Alex Morgan");
    phone.client().sign_out();

    let (late, _) = overtaken(&phone, &fork, async || phone.client().wipe().unwrap()).await;
    assert!(matches!(late, Err(SignInError::NotBegun)), "{late:?}");
    assert_eq!(phone.client().clinician(), None, "wiped");
}

#[tokio::test]
async fn a_session_does_not_outlive_the_key_that_it_was_signed_for() {
    let ward = Ward::with(|_| {}, policy("asked")).await;
    let mut renewed = 0;
    for at in 0.. {
        let (mut phone, fork) = phone_at(&ward, &format!("phone-{at}")).await;
        sign_in(&phone, &fork).await.unwrap();
        phone.restart();
        assert!(phone.client().clinician().is_some());
        let former = phone.id();
        phone.vault.destroy(true).unwrap();
        phone.disk.dies(at);
        let ended = phone.client().enrol(&ward.managed()).await;
        phone.restart();
        if phone.client().status().device_id.is_some_and(|id| id != former) {
            renewed += 1;
            assert_eq!(phone.client().clinician(), None, "at {at}");
        }
        if ended.is_ok() {
            break;
        }
    }
    assert!(renewed > 1, "no kill came between the identity and the session");
}

#[tokio::test]
async fn where_a_sign_in_is_required_nobody_is_shown_what_is_nobodys() {
    let mut ward = Ward::new().await;
    let (phone, fork) = phone(&ward).await;
    let early = phone.capture(0);
    let patient = context().patient.unwrap();
    phone.client().new_wound(&patient, None).unwrap();
    let label = || shown(phone.client().list().unwrap().remove(0));
    phone.client().unlock().unwrap();
    assert!(label().is_some() && phone.client().wounds(&patient).is_ok());

    ward.sign_policy(|rules| {
        policy("required")(rules);
        rules["version"] = 2.into();
        rules["review_hours"] = 48.into();
    });
    ward.restart().await;
    phone.link.leads_to(ward.router.clone());
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.run().await;
    let shut = || {
        assert_eq!(label(), None);
        assert!(matches!(phone.client().wounds(&patient), Err(ReviewError::Locked)));
        assert!(matches!(phone.client().patients(), Err(ReviewError::Locked)));
        assert!(matches!(phone.client().preview(early), Err(ReviewError::Locked)));
        assert!(matches!(phone.client().review(early), Err(ReviewError::Locked)));
    };
    shut();
    phone.client().unlock().unwrap();
    shut();
    sign_in(&phone, &fork).await.unwrap();
    shut();
    phone.client().unlock().unwrap();
    assert!(label().is_some());
    assert_eq!(phone.client().wounds(&patient).unwrap().len(), 1);
    phone.client().preview(early).unwrap();

    // The shift is over: who signs in next unlocks for themselves.
    ward.clock.pass(SignedDuration::from_hours(13));
    shut();
    sign_in(&phone, &fork).await.unwrap();
    shut();
    phone.client().unlock().unwrap();
    assert!(label().is_some());
}
