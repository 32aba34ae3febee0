//! A log of many entries is rebuilt, receipted and checked, over every batch's edge. `GAUZE_LEAVES` says how many, for figures.

use gauze_records::gateway::{GatewayError, GatewayPort, Incoming};
use gauze_records::pull::Puller;
use gauze_wire::log::{AddCheckpoint, Witnessed};
use gauze_wire::{
    Acknowledgement, Body, CaptureId, Carried, Decisions, DeviceId, Digest, EntryKind, Jws, LogEntry,
    LogPage, Void, VoidReason,
};

use crate::fixture::{Fake, Hospital, Phone};

/// A gateway that has a long log and its checkpoint ready.
struct Long {
    fake: Fake,
    leaves: Vec<Jws>,
    checkpoint: String,
}

impl GatewayPort for Long {
    async fn page(&self, from: u64, limit: u32) -> Result<LogPage, GatewayError> {
        let leaves = self.leaves.iter().enumerate().skip(usize::try_from(from).unwrap());
        let entry =
            |(at, jws): (usize, &Jws)| LogEntry { index: at as u64, kind: EntryKind::Void, jws: jws.clone() };
        let entries = leaves.take(limit as usize).map(entry).collect();
        Ok(LogPage { checkpoint: self.checkpoint.clone(), entries })
    }

    async fn blob(&self, _: &DeviceId, _: &CaptureId, _: &mut Incoming) -> Result<(), GatewayError> {
        Err(GatewayError::Missing)
    }

    async fn outcomes(&self, _: &Acknowledgement) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn cosignature(&self, _: &str) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn decisions(&self, _: &Decisions) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn witness(&self, asked: &AddCheckpoint) -> Result<Witnessed, GatewayError> {
        self.fake.witness(asked).await
    }
}

/// One phone's chain of `count` photos that will not come.
fn chain(hospital: &Hospital, phone: &mut Phone, count: u64) -> Vec<Jws> {
    let mut body: Body = serde_json::from_slice(&phone.photo(hospital).body).unwrap();
    let mut prev = None;
    let void = |seq: u64| {
        body.seq = seq;
        body.prev = prev;
        body.capture_id = CaptureId::make(1_764_000_000_000 + seq, &[0; 10]);
        let bytes = serde_json::to_vec(&body).unwrap();
        prev = Some(Digest::of(&bytes));
        let void = Void {
            v: 1,
            typ: "gauze-void".into(),
            tenant: hospital.tenant(),
            device_id: phone.id(),
            capture_id: body.capture_id,
            body: Carried::write(&bytes),
            reason: VoidReason::Discarded,
            voided_at: hospital.now(),
            session_ref: None,
        };
        Jws::sign(&void, &phone.key).unwrap()
    };
    (1..=count).map(void).collect()
}

#[tokio::test]
async fn a_long_log_is_rebuilt_receipted_and_checked() {
    let count: u64 = std::env::var("GAUZE_LEAVES").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    for jws in chain(&hospital, &mut phone, count) {
        hospital.gateway.log(&jws);
    }
    let fake = hospital.gateway.clone();
    let long = Long {
        fake,
        leaves: hospital.gateway.leaves(),
        checkpoint: hospital.gateway.with(|shop| shop.checkpoint()),
    };
    let puller = Puller::with_gateway(hospital.config(), long, hospital.clock.clone()).await.unwrap();
    let report = puller.pass().await.unwrap();
    puller.close().await;
    assert_eq!((report.entries, report.voids, report.acknowledged), (count + 1, count, count));
    let checked = hospital.verify().await;
    assert!(checked.ok && checked.gaps.is_empty(), "{:?}", checked.findings);
    assert_eq!((checked.manifests, checked.receipts), (count, count));
}
