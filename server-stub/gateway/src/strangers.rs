//! Bodies that have to be read before it is known who sent them: what they are is what is signed.
//!
//! Always: together they take no more than a fixed room, and those of one address an eighth of it, counted as their bytes
//! come; what finds no room is told to come again, and the room is given back when the request is done.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt as _;
use gauze_wire::ProblemCode;

use crate::peers::Peer;
use crate::refusal::RequestRefusal;

/// Largest body of a phone that is read whole.
pub const BODY_LIMIT: usize = 256 * 1024;
/// The largest takes this long at 280 kbit/s.
pub const BODY_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of strangers' bodies at once: 64 of the largest, or thousands as phones send them.
const ROOM: usize = 16 << 20;
/// Into how many the room is parted: whoever fills the one of an address leaves the others'.
const PARTS: usize = 8;

/// The room for strangers' bodies. Clones share it.
#[derive(Clone)]
pub struct Strangers {
    room: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_origin: HashMap<IpAddr, usize>,
}

impl Default for Strangers {
    fn default() -> Self {
        Self::of(ROOM)
    }
}

/// The room that a body takes, given back on drop.
struct Room {
    of: Strangers,
    origin: Option<IpAddr>,
    bytes: usize,
}

/// A body, with the room that it takes.
pub struct StrangersBody {
    bytes: Vec<u8>,
    _room: Room,
}

impl Deref for StrangersBody {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Room {
    /// Takes so many bytes more, if they are there; also for this origin.
    fn grows(&mut self, more: usize) -> bool {
        let mut taken = self.of.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all + more > self.of.room {
            return false;
        }
        if let Some(origin) = self.origin {
            let theirs = taken.by_origin.get(&origin).copied().unwrap_or(0) + more;
            if theirs > self.of.room / PARTS {
                return false;
            }
            taken.by_origin.insert(origin, theirs);
        }
        taken.all += more;
        self.bytes += more;
        true
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= self.bytes;
        let Some(origin) = self.origin else { return };
        if let Some(theirs) = taken.by_origin.get_mut(&origin) {
            *theirs -= self.bytes;
            if *theirs == 0 {
                taken.by_origin.remove(&origin);
            }
        }
    }
}

impl Strangers {
    fn of(room: usize) -> Self {
        Self { room, taken: Arc::default() }
    }

    /// A body of at most [`BODY_LIMIT`] bytes that comes in time.
    pub async fn read(&self, peer: &Peer, body: Body) -> Result<StrangersBody, RequestRefusal> {
        self.read_within(BODY_WITHIN, peer, body).await
    }

    async fn read_within(
        &self,
        time: Duration,
        peer: &Peer,
        body: Body,
    ) -> Result<StrangersBody, RequestRefusal> {
        let whole = tokio::time::timeout(time, self.take_in(peer, body)).await;
        whole.unwrap_or_else(|_| Err(ProblemCode::Unavailable.into()))
    }

    async fn take_in(&self, peer: &Peer, body: Body) -> Result<StrangersBody, RequestRefusal> {
        let mut frames = body.into_data_stream();
        let mut bytes = Vec::new();
        let mut room = Room { of: self.clone(), origin: peer.origin(), bytes: 0 };
        while let Some(frame) = frames.next().await {
            let frame = frame.map_err(|_| ProblemCode::Unavailable)?;
            if bytes.len() + frame.len() > BODY_LIMIT {
                return Err(ProblemCode::TooLarge.into());
            }
            if !room.grows(frame.len()) {
                return Err(ProblemCode::Unavailable.into());
            }
            bytes.extend_from_slice(&frame);
        }
        Ok(StrangersBody { bytes, _room: room })
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use futures_util::stream;

    use super::*;

    /// `first`, and then nothing, for ever.
    fn silent_after(first: &'static [u8]) -> Body {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(first))]);
        Body::from_stream(first.chain(stream::pending()))
    }

    #[tokio::test]
    async fn a_strangers_body_that_does_not_come_in_time_is_let_go_and_its_room_with_it() {
        let (strangers, nobody) = (Strangers::of(10), Peer::default());
        let read = strangers.read_within(Duration::ZERO, &nobody, silent_after(b"half"));
        let read = tokio::time::timeout(Duration::from_secs(10), read).await.unwrap();
        assert_eq!(read.err(), Some(ProblemCode::Unavailable.into()));
        assert_eq!(&*strangers.read(&nobody, Body::from("ten  bytes")).await.unwrap(), b"ten  bytes");
    }

    #[tokio::test]
    async fn strangers_bodies_take_no_more_room_together_than_there_is() {
        let (strangers, nobody) = (Strangers::of(10), Peer::default());
        let first = strangers.read(&nobody, Body::from("six by")).await.unwrap();
        let mut half = Box::pin(strangers.read(&nobody, silent_after(b"four")));
        assert!(futures_util::poll!(&mut half).is_pending());
        assert_eq!(
            strangers.read(&nobody, Body::from("x")).await.err(),
            Some(ProblemCode::Unavailable.into())
        );
        assert_eq!(&*first, b"six by");
        drop(first);
        strangers.read(&nobody, Body::from("six by")).await.unwrap();
        drop(half);
        strangers.read(&nobody, Body::from("ten  bytes")).await.unwrap();
        let large = Body::from(vec![0; BODY_LIMIT + 1]);
        assert_eq!(Strangers::default().read(&nobody, large).await.err(), Some(ProblemCode::TooLarge.into()));
    }

    #[tokio::test]
    async fn one_address_takes_an_eighth_of_the_room_and_leaves_the_rest() {
        let strangers = Strangers::of(80);
        let peer = |address: &str| Peer::from(address.parse().unwrap());
        let (one, same, other) = (peer("2001:db8::1"), peer("2001:db8::2"), peer("192.0.2.1"));
        let mut slow = Box::pin(strangers.read(&one, silent_after(b"ten  bytes")));
        assert!(futures_util::poll!(&mut slow).is_pending());
        assert_eq!(strangers.read(&same, Body::from("x")).await.err(), Some(ProblemCode::Unavailable.into()));
        let theirs = strangers.read(&other, Body::from("ten  bytes")).await.unwrap();
        drop(slow);
        strangers.read(&same, Body::from("ten  bytes")).await.unwrap();
        drop(theirs);
        let taken = strangers.taken.lock().unwrap();
        assert_eq!((taken.all, taken.by_origin.len()), (0, 0));
    }
}
