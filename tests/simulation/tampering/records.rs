//! Each message between records side and gateway, changed on its way. Nothing false is filed or erased; afterwards the way is
//! honest, and everything arrives once.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use gauze_core::Stage;
use gauze_records::Coded as _;
use gauze_records::gateway::GatewayError;
use gauze_records::pull::PullError;
use http_body_util::BodyExt as _;

use super::{CHANGES, Change, places, take};
use crate::dice::Dice;
use crate::fixture::{Phone, Ward};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Request,
    Answer,
}

/// How often a message is changed before the way is honest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    Once,
    Always,
}

#[derive(Clone)]
pub struct Changer {
    pub kind: &'static str,
    pub side: Side,
    pub change: Change,
    pub times: Times,
    pub dice: Arc<Mutex<Dice>>,
    pub done: Arc<Mutex<usize>>,
}

impl Changer {
    fn of(&self, bytes: &[u8]) -> Vec<u8> {
        let mut done = self.done.lock().unwrap();
        if self.times == Times::Once && *done > 0 {
            return bytes.to_vec();
        }
        let changed = self.change.of(bytes, &mut self.dice.lock().unwrap());
        *done += usize::from(changed.is_some());
        changed.unwrap_or_else(|| bytes.to_vec())
    }

    /// Two passes of the records side on the changed way.
    pub async fn passes(&self, ward: &Ward) {
        let mut port = ward.port();
        let mine = self.clone();
        port.router = Router::new()
            .fallback_service(port.router)
            .layer(from_fn(move |request, next| mine.clone().pass(request, next)));
        let puller = ward.puller(port).await;
        for _ in 0..2 {
            if let Err(error) = puller.pass().await {
                assert!(is_the_gateways(&error), "{}, {:?}: {}", self.kind, self.change, error.code());
            }
        }
        puller.close().await;
    }

    async fn pass(self, request: Request, next: Next) -> Response {
        let ours = request.uri().path().contains(self.kind);
        let (parts, body) = request.into_parts();
        let mut bytes = read(body).await;
        if ours && self.side == Side::Request {
            bytes = self.of(&bytes).into();
        }
        let answer = next.run(Request::from_parts(parts, Body::from(bytes))).await;
        if !ours || self.side == Side::Request {
            return answer;
        }
        let (parts, body) = answer.into_parts();
        let changed = self.of(&read(body).await);
        let mut answer = Response::from_parts(parts, Body::from(changed));
        answer.headers_mut().remove("content-length");
        answer
    }
}

/// Whether what stopped a pass came from the gateway: nothing of the hospital's own is to blame.
pub fn is_the_gateways(error: &PullError) -> bool {
    let ours = matches!(error, PullError::Gateway(GatewayError::Disk(_) | GatewayError::Signing));
    let log = matches!(
        error,
        PullError::CheckpointInvalid(_) | PullError::LogRolledBack { .. } | PullError::LogInconsistent
    );
    log || (matches!(error, PullError::Gateway(_)) && !ours)
}

async fn read(body: Body) -> Bytes {
    body.collect().await.unwrap().to_bytes()
}

/// Whether there was something to change.
async fn survives(changer: &Changer) -> bool {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let taken = [take(&phone, 1), take(&phone, 2)];
    assert_eq!(phone.run().await.stored, 2);
    let what = format!("{}, {:?}, {:?}, {:?}", changer.kind, changer.side, changer.change, changer.times);
    changer.passes(&ward).await;
    phone.run().await;
    for taken in &taken {
        assert!(taken.is_filed(&ward).await || taken.is_kept(&phone, None), "{what}: gone, and not filed");
    }
    // A changed log is kept as evidence; it may stop the records side until somebody has looked, and files nothing.
    let stopped = ward.verified().await.evidence > 0;
    let puller = ward.puller(ward.port()).await;
    let honest = puller.pass().await;
    puller.close().await;
    phone.run().await;
    match honest {
        Err(error) => assert!(stopped, "{what}: {}", error.code()),
        Ok(_) => {
            for taken in &taken {
                let refused = phone.stage(taken.id) == Some(Stage::Refused) && taken.is_kept(&phone, None);
                let final_word = changer.kind == "/blobs/" && changer.times == Times::Always && refused;
                assert!(taken.is_filed(&ward).await || final_word, "{what}: it never arrives");
            }
        }
    }
    assert!(ward.verified().await.findings.is_empty(), "{what}");
    *changer.done.lock().unwrap() > 0
}

async fn every_change_of(kind: &'static str, side: Side, seed: u64) {
    let dice = Arc::new(Mutex::new(Dice::new(seed)));
    let mut changed = 0;
    for times in [Times::Once, Times::Always] {
        for change in CHANGES {
            for _ in 0..places() {
                let (dice, done) = (dice.clone(), Arc::default());
                let changer = Changer { kind, side, change, times, dice, done };
                changed += u64::from(survives(&changer).await);
            }
        }
    }
    assert!(changed >= 7 * places(), "{kind}: only {changed} changes");
}

#[tokio::test]
async fn a_changed_log_page_files_nothing_that_was_not_logged() {
    every_change_of("/log", Side::Answer, 1).await;
}

#[tokio::test]
async fn a_photo_that_came_changed_once_is_filed_all_the_same() {
    every_change_of("/blobs/", Side::Answer, 2).await;
}

#[tokio::test]
async fn changed_receipts_and_cosignatures_are_refused_and_sent_again() {
    every_change_of("/outcomes", Side::Request, 3).await;
    every_change_of("/cosignatures", Side::Request, 4).await;
}
