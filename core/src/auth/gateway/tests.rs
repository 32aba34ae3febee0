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

#[tokio::test]
async fn who_asked_to_be_left_alone_is_not_overruled_by_another_answer() {
    let dir = tempfile::tempdir().unwrap();
    let entropy = Arc::new(SystemEntropy);
    let vault = Arc::new(SoftwareVault::new(dir.path().to_owned(), entropy.clone()));
    vault.create(&Digest([7; 32])).unwrap();
    let busy = Answer { status: 503, retry_after: Some("120".to_owned()), ..Answer::default() };
    let well = Answer { status: 200, body: b"true".to_vec(), ..Answer::default() };
    let gateway = GatewayClient {
        transport: Arc::new(Answers(Mutex::new(vec![well, busy]))),
        vault,
        clock: Arc::new(Noon),
        entropy,
        base: "https://gateway.test".to_owned(),
        tenant: "ward-9".parse().unwrap(),
        clocks: Clocks::default(),
    };
    let refused = gateway.post_signed::<bool>("uploads", &()).await.unwrap_err();
    assert!(gateway.post_signed::<bool>("status", &()).await.unwrap());
    assert_eq!((refused.error, refused.wait_ms), (CallError::Between(503), 120_000));
}
