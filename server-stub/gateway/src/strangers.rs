//! Bodies that have to be read before it is known who sent them: what they are is what is signed.
//!
//! Always: together they take no more than a fixed room, counted as their bytes come; what finds no room is told to come
//! again, and the room is given back when the request is done.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt as _;
use gauze_wire::ProblemCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::RequestRefusal;

/// Largest body of a phone that is read whole.
pub const BODY_LIMIT: usize = 256 * 1024;
/// The largest takes this long at 280 kbit/s.
pub const BODY_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of strangers' bodies at once: 64 of the largest, or thousands as phones send them.
const ROOM: usize = 16 << 20;

/// The room for strangers' bodies. Clones share it.
#[derive(Clone)]
pub struct Strangers(Arc<Semaphore>);

impl Default for Strangers {
    fn default() -> Self {
        Self::of(ROOM)
    }
}

/// A body, with the room that it takes.
pub struct StrangersBody {
    bytes: Vec<u8>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Deref for StrangersBody {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Strangers {
    fn of(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }

    /// A body of at most [`BODY_LIMIT`] bytes that comes in time.
    pub async fn read(&self, body: Body) -> Result<StrangersBody, RequestRefusal> {
        self.read_within(BODY_WITHIN, body).await
    }

    async fn read_within(&self, time: Duration, body: Body) -> Result<StrangersBody, RequestRefusal> {
        let whole = tokio::time::timeout(time, self.take_in(body)).await;
        whole.unwrap_or_else(|_| Err(ProblemCode::Unavailable.into()))
    }

    async fn take_in(&self, body: Body) -> Result<StrangersBody, RequestRefusal> {
        let mut frames = body.into_data_stream();
        let mut bytes = Vec::new();
        let mut room: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = frames.next().await {
            let frame = frame.map_err(|_| ProblemCode::Unavailable)?;
            if bytes.len() + frame.len() > BODY_LIMIT {
                return Err(ProblemCode::TooLarge.into());
            }
            let needed = u32::try_from(frame.len()).map_err(|_| ProblemCode::TooLarge)?;
            let more = self.0.clone().try_acquire_many_owned(needed);
            let more = more.map_err(|_| ProblemCode::Unavailable)?;
            match &mut room {
                Some(room) => room.merge(more),
                None => room = Some(more),
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
        let strangers = Strangers::of(10);
        let read = strangers.read_within(Duration::ZERO, silent_after(b"half"));
        let read = tokio::time::timeout(Duration::from_secs(10), read).await.unwrap();
        assert_eq!(read.err(), Some(ProblemCode::Unavailable.into()));
        assert_eq!(&*strangers.read(Body::from("ten  bytes")).await.unwrap(), b"ten  bytes");
    }

    #[tokio::test]
    async fn strangers_bodies_take_no_more_room_together_than_there_is() {
        let strangers = Strangers::of(10);
        let first = strangers.read(Body::from("six by")).await.unwrap();
        let mut half = Box::pin(strangers.read(silent_after(b"four")));
        assert!(futures_util::poll!(&mut half).is_pending());
        assert_eq!(strangers.read(Body::from("x")).await.err(), Some(ProblemCode::Unavailable.into()));
        assert_eq!(&*first, b"six by");
        drop(first);
        strangers.read(Body::from("six by")).await.unwrap();
        drop(half);
        strangers.read(Body::from("ten  bytes")).await.unwrap();
        let large = Body::from(vec![0; BODY_LIMIT + 1]);
        assert_eq!(Strangers::default().read(large).await.err(), Some(ProblemCode::TooLarge.into()));
    }
}
