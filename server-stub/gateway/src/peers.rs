//! What peers hold of the gateway by being connected: how many at once, how many from one address, and for how long.
//!
//! Always: a connection counts from before its TLS handshake until it is closed. Who has proven nothing, which is a signature
//! that holds, evidence that was taken, or an upload address that is open, is cut after a while whatever they send; who
//! has is cut when no byte has moved for a while. Where places are scarce, whoever comes gets that of the stranger who has had one
//! longest, and never that of somebody who has proven something: strangers push out each other, and no phone.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::future::{Future as _, Ready, ready};
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Extension;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::middleware::AddExtension;
use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tower::Layer as _;

/// What peers may hold.
#[derive(Clone, Copy, Debug)]
pub struct PeerLimits {
    /// Connections at once. Each takes a file descriptor, and at most half a MiB for what it may bring before it is read.
    pub connections: usize,
    /// Connections at once from one IPv4 address or one IPv6 network of 64 bits. A whole hospital may come from one.
    pub per_address: usize,
    /// How long a connection lives that has proven nothing.
    pub unproven: Duration,
    /// How long a connection lives over which no byte moves.
    pub idle: Duration,
}

impl Default for PeerLimits {
    /// Half of the descriptors that a process commonly has, and half of these for one address.
    fn default() -> Self {
        Self {
            connections: 512,
            per_address: 256,
            unproven: Duration::from_secs(60),
            idle: Duration::from_secs(120),
        }
    }
}

/// Whether the connection that a request came over has proven anything, and where it comes from. Of requests that came over
/// none, it is nobody's.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    proven: Arc<AtomicBool>,
    origin: Option<IpAddr>,
}

impl Peer {
    /// Somebody known uses the connection.
    pub fn proves_itself(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    /// A connection from this address.
    pub fn from(address: IpAddr) -> Self {
        Self { proven: Arc::default(), origin: Some(origin(address)) }
    }

    /// Where it comes from, as far as that counts.
    pub fn origin(&self) -> Option<IpAddr> {
        self.origin
    }

    fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// Takes connections within limits. Clones count together.
#[derive(Clone)]
pub struct PeersAcceptor {
    limits: PeerLimits,
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    all: usize,
    by_origin: HashMap<IpAddr, usize>,
    /// Those that had proven nothing when last looked at, in the order that they came.
    strangers: VecDeque<Stranger>,
}

/// A connection that may have to go.
struct Stranger {
    origin: IpAddr,
    peer: Peer,
    place: Weak<PlaceState>,
}

impl Held {
    fn give_back(&mut self, origin: IpAddr) {
        self.all -= 1;
        if let Some(from_there) = self.by_origin.get_mut(&origin) {
            *from_there -= 1;
            if *from_there == 0 {
                self.by_origin.remove(&origin);
            }
        }
    }

    /// Cuts the stranger who has been here longest, of `origin` alone where that is given. `false` where there is none.
    fn push_out(&mut self, origin: Option<IpAddr>) -> bool {
        self.strangers.retain(|stranger| !stranger.peer.is_proven() && stranger.place.strong_count() > 0);
        let longest = self.strangers.iter().position(|s| origin.is_none_or(|origin| s.origin == origin));
        let Some(stranger) = longest.and_then(|at| self.strangers.remove(at)) else { return false };
        let Some(place) = stranger.place.upgrade() else { return false };
        place.cut.cancel();
        // Its descriptor goes within moments; its place is another's now.
        if !place.given_back.swap(true, Ordering::Relaxed) {
            self.give_back(stranger.origin);
        }
        true
    }
}

impl PeersAcceptor {
    pub fn new(limits: PeerLimits) -> Self {
        Self { limits, held: Arc::default() }
    }

    /// A place for one connection more from `address`, if there is one or a stranger has one.
    fn place(&self, address: IpAddr, peer: &Peer) -> Option<Place> {
        let origin = origin(address);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let from_there = |held: &Held| held.by_origin.get(&origin).copied().unwrap_or(0);
        if from_there(&held) >= self.limits.per_address && !held.push_out(Some(origin)) {
            return None;
        }
        if held.all >= self.limits.connections && !held.push_out(None) {
            return None;
        }
        held.all += 1;
        let now = from_there(&held) + 1;
        held.by_origin.insert(origin, now);
        let state = Arc::new(PlaceState::default());
        let place = Arc::downgrade(&state);
        held.strangers.push_back(Stranger { origin, peer: peer.clone(), place });
        if held.strangers.len() > 2 * self.limits.connections {
            held.strangers.retain(|s| !s.peer.is_proven() && s.place.strong_count() > 0);
        }
        Some(Place { held: self.held.clone(), origin, state })
    }
}

/// What counts as one address: whoever has one of IPv6 has its whole network.
fn origin(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

/// A connection's place, given back on drop.
struct Place {
    held: Arc<Mutex<Held>>,
    origin: IpAddr,
    state: Arc<PlaceState>,
}

#[derive(Default)]
struct PlaceState {
    /// Somebody else needs the place.
    cut: CancellationToken,
    given_back: AtomicBool,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.state.given_back.swap(true, Ordering::Relaxed) {
            held.give_back(self.origin);
        }
    }
}

impl<S> Accept<TcpStream, S> for PeersAcceptor {
    type Stream = PeerStream<TcpStream>;
    type Service = AddExtension<S, Peer>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let taken = || {
            let address = stream.peer_addr()?.ip();
            let peer = Peer::from(address);
            let place = self.place(address, &peer);
            let place = place.ok_or_else(|| {
                crate::meters::turned_away();
                io::Error::other("too many connections are held")
            })?;
            // Small answers and window updates leave at once: Nagle's algorithm holds them until the phone has acknowledged the last.
            stream.set_nodelay(true)?;
            Ok((place, peer))
        };
        ready(taken().map(|(place, peer)| {
            let service = Extension(peer.clone()).layer(service);
            (PeerStream::new(stream, place, peer, self.limits), service)
        }))
    }
}

/// A connection that ends when its time is over: reading and writing fail with [`io::ErrorKind::TimedOut`].
pub struct PeerStream<S> {
    stream: S,
    peer: Peer,
    unproven: Pin<Box<Sleep>>,
    idle: Pin<Box<Sleep>>,
    idle_after: Duration,
    pushed_out: Pin<Box<WaitForCancellationFutureOwned>>,
    _place: Place,
}

impl<S> PeerStream<S> {
    fn new(stream: S, place: Place, peer: Peer, limits: PeerLimits) -> Self {
        Self {
            stream,
            peer,
            unproven: Box::pin(sleep(limits.unproven)),
            idle: Box::pin(sleep(limits.idle)),
            idle_after: limits.idle,
            pushed_out: Box::pin(place.state.cut.clone().cancelled_owned()),
            _place: place,
        }
    }

    /// Fails once the time is over, and wakes whoever waits when it is.
    fn in_time(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let strange = !self.peer.is_proven() && self.unproven.as_mut().poll(context).is_ready();
        if strange
            || self.pushed_out.as_mut().poll(context).is_ready()
            || self.idle.as_mut().poll(context).is_ready()
        {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }

    fn moved(&mut self) {
        let until = Instant::now() + self.idle_after;
        self.idle.as_mut().reset(until);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PeerStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.in_time(context)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.moved();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PeerStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.in_time(context)?;
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.moved();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.in_time(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_of_ipv6_counts_as_one_address_and_so_does_ipv4_in_ipv6() {
        let of = |address: &str| origin(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:0:0:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn a_place_is_given_back_and_nothing_is_kept_of_who_had_it() {
        let limits = PeerLimits { connections: 3, per_address: 2, ..PeerLimits::default() };
        let peers = PeersAcceptor::new(limits);
        let [one, other]: [IpAddr; 2] = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().unwrap());
        let known = || {
            let peer = Peer::default();
            peer.proves_itself();
            peer
        };
        let first = peers.place(one, &known()).unwrap();
        let second = peers.place(one, &known()).unwrap();
        assert!(peers.place(one, &known()).is_none(), "the address has its share");
        let third = peers.place(other, &known()).unwrap();
        assert!(peers.place(other, &known()).is_none(), "all are taken");
        drop(second);
        assert!(peers.place(other, &known()).is_some());
        drop((first, third));
        let held = peers.held.lock().unwrap();
        assert_eq!((held.all, held.by_origin.len()), (0, 0));
    }

    #[test]
    fn whoever_comes_gets_the_place_of_the_stranger_who_was_there_longest_and_nobody_elses() {
        let limits = PeerLimits { connections: 4, per_address: 3, ..PeerLimits::default() };
        let peers = PeersAcceptor::new(limits);
        let [one, other]: [IpAddr; 2] = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().unwrap());
        let all: Vec<Peer> = (0..7).map(|_| Peer::default()).collect();
        let known = peers.place(one, &all[0]).unwrap();
        all[0].proves_itself();
        let first = peers.place(one, &all[1]).unwrap();
        let second = peers.place(one, &all[2]).unwrap();
        let cut = |place: &Place| place.state.cut.is_cancelled();
        let third = peers.place(one, &all[3]).unwrap();
        assert_eq!([&known, &first, &second, &third].map(cut), [false, true, false, false]);
        let fourth = peers.place(other, &all[4]).unwrap();
        let fifth = peers.place(other, &all[5]).unwrap();
        assert_eq!([&known, &second, &third, &fourth, &fifth].map(cut), [false, true, false, false, false]);
        drop((first, second));
        for peer in &all {
            peer.proves_itself();
        }
        assert!(peers.place(other, &Peer::default()).is_none(), "nobody who has proven something goes");
        drop((known, third, fourth, fifth));
        let held = peers.held.lock().unwrap();
        assert_eq!((held.all, held.by_origin.len()), (0, 0));
    }
}
