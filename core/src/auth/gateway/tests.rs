use std::sync::Mutex;

use gauze_wire::Name;

use super::*;
use crate::adapters::{SoftwareVault, SystemEntropy};
use crate::ports::{BoxFuture, Transfer};

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-11-29T12:00:00Z".parse().unwrap()
    }
    fn monotonic_ms(&self) -> u64 {
        0
    }
    fn boot_id(&self) -> Name {
        "boot-1".parse().unwrap()
    }
}

/// Gives these answers, the last one first.
struct Answers(Mutex<Vec<Answer>>);

impl Transport for Answers {
    fn call(&self, _: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(async { self.0.lock().unwrap().pop().ok_or(TransportError::Unreachable) })
    }
    fn transfer(&self, _: Transfer) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(async { Err(TransportError::Unreachable) })
    }
}

/// A gateway that gives these answers, to a phone whose keys are in `dir`.
fn gateway(dir: &std::path::Path, answers: Vec<Answer>) -> GatewayClient {
    let entropy = Arc::new(SystemEntropy);
    let vault = Arc::new(SoftwareVault::new(dir.to_owned(), entropy.clone()));
    vault.create(&Digest([7; 32])).unwrap();
    GatewayClient {
        transport: Arc::new(Answers(Mutex::new(answers))),
        vault,
        clock: Arc::new(Noon),
        entropy,
        base: "https://gateway.test".to_owned(),
        tenant: "ward-9".parse().unwrap(),
        clocks: Clocks::default(),
    }
}

#[tokio::test]
async fn who_asked_to_be_left_alone_is_not_overruled_by_another_answer() {
    let dir = tempfile::tempdir().unwrap();
    let busy = Answer { status: 503, retry_after: Some("120".to_owned()), ..Answer::default() };
    let well = Answer { status: 200, body: b"true".to_vec(), ..Answer::default() };
    let gateway = gateway(dir.path(), vec![well, busy]);
    let refused = gateway.post_signed::<bool>("uploads", &()).await.unwrap_err();
    assert!(gateway.post_signed::<bool>("status", &()).await.unwrap());
    assert_eq!((refused.error, refused.wait_ms), (CallError::Between(503), 120_000));
}

#[tokio::test]
async fn what_is_fetched_counts_as_what_the_gateway_serves_whatever_a_proxy_adds_to_its_type() {
    let dir = tempfile::tempdir().unwrap();
    let fetched = async |status, content_type: Option<&str>, body: &[u8]| {
        let content_type = content_type.map(str::to_owned);
        let answer = Answer { status, content_type, body: body.to_vec(), ..Answer::default() };
        gateway(dir.path(), vec![answer]).fetch("bundle", "application/jose").await
    };
    for told in
        ["application/jose", "Application/JOSE", "application/jose; charset=utf-8", "application/jose ;q=1"]
    {
        assert_eq!(fetched(200, Some(told), b"a.b.c").await, Ok(Some("a.b.c".to_owned())), "{told}");
    }
    for told in
        [None, Some("text/html"), Some("application/jose+json"), Some("text/html; as=application/jose")]
    {
        assert_eq!(fetched(200, told, b"a.b.c").await, Err(CallError::Between(200)), "{told:?}");
    }
    for status in [201, 203, 204, 206, 302] {
        let told = fetched(status, Some("application/jose"), b"a.b.c").await;
        assert_eq!(told, Err(CallError::Between(status)));
    }
    // A page in Latin-1.
    assert_eq!(fetched(200, Some("application/jose"), b"gesch\xfctzt").await, Err(CallError::Between(200)));
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_the_gateways_where_it_tells_the_gateways_time() {
    let dir = tempfile::tempdir().unwrap();
    let told = async |time: Option<&str>| {
        let answer = Answer { status: 204, time: time.map(str::to_owned), ..Answer::default() };
        let telling = gateway(dir.path(), vec![answer]);
        let told = telling.tell("wiped", "application/jose", Vec::new()).await;
        told.map_err(CallError::from)
    };
    assert_eq!(told(Some("2026-11-29T12:00:00.000Z")).await, Ok(()));
    assert_eq!(told(None).await, Err(CallError::Between(204)));
}
