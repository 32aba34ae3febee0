//! The phone's transport: a request waits here until the sky decides what becomes of it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use gauze_core::ports::{Answer, BoxFuture, Call, Transfer, Transport, TransportError};
use gauze_wire::{Jws, Manifest};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::fixture::Packet;

/// A request that waits.
pub struct Waiting {
    /// For the trace.
    pub what: String,
    pub packet: Packet,
    pub answer: oneshot::Sender<Result<Answer, TransportError>>,
}

#[derive(Default)]
pub struct Network {
    waiting: Mutex<Vec<Waiting>>,
    arrived: AtomicUsize,
}

impl Network {
    /// How many requests have come since the beginning.
    pub fn arrived(&self) -> usize {
        self.arrived.load(Ordering::Relaxed)
    }

    /// Takes one of those that wait; `choose` gets their number.
    pub fn take(&self, choose: impl FnOnce(usize) -> usize) -> Option<Waiting> {
        let mut waiting = self.waiting.lock().unwrap();
        if waiting.is_empty() {
            return None;
        }
        let at = choose(waiting.len());
        Some(waiting.remove(at))
    }

    fn enqueue(&self, what: String, packet: Packet) -> BoxFuture<'_, Result<Answer, TransportError>> {
        let (answer, answered) = oneshot::channel();
        self.waiting.lock().unwrap().push(Waiting { what, packet, answer });
        self.arrived.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { answered.await.unwrap_or(Err(TransportError::Cut)) })
    }
}

impl Transport for Network {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        let packet = Packet::of_call(call);
        self.enqueue(describe(&packet), packet)
    }

    fn transfer(&self, transfer: Transfer) -> BoxFuture<'_, Result<Answer, TransportError>> {
        match Packet::of_transfer(&transfer) {
            Ok(packet) => {
                let id = transfer.file.parent().unwrap().file_name().unwrap().to_string_lossy();
                let what = format!("{} {} from {}", packet.method, short(&id), transfer.offset);
                self.enqueue(what, packet)
            }
            Err(error) => Box::pin(async move { Err(error) }),
        }
    }
}

/// The end of an id: its random part.
pub fn short(id: &str) -> &str {
    &id[id.len() - 4..]
}

fn describe(packet: &Packet) -> String {
    let name = packet.path.rsplit('/').next().unwrap();
    let body: Value = serde_json::from_slice(&packet.body).unwrap_or_default();
    let manifest = body["manifest"].as_str().and_then(|text| Jws::parse(text).ok());
    match manifest.as_ref().map(|jws| (jws.typ(), Manifest::peek(jws).unwrap())) {
        Some((typ, manifest)) => {
            format!("{name} {typ} {}", short(&manifest.carried().body.capture_id.to_string()))
        }
        None => name.to_owned(),
    }
}
