//! A network between phones and gateway: a TCP proxy on loopback that passes bytes on, counts them, and cuts
//! connections after as many bytes as it is told.
//!
//! Always: of a connection that is cut, exactly the bytes before the cut have reached the other side.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const CHUNK: usize = 16 * 1024;

/// Says after how many more bytes from phones the next connection is cut; `None` is never.
pub type Fate = dyn FnMut() -> Option<u64> + Send;

/// A running proxy; it ends when it is dropped.
pub struct Proxy {
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    target: SocketAddr,
    /// Bytes that went from phones to the gateway.
    up: AtomicU64,
    cuts: AtomicU64,
    fate: Mutex<Next>,
}

struct Next {
    /// Bytes until the cut.
    left: Option<u64>,
    fate: Box<Fate>,
}

impl Proxy {
    /// Listens on `port` and passes on to `target`; `fate` is asked at the beginning and after each cut.
    pub async fn start(port: u16, target: u16, mut fate: Box<Fate>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.context("the proxy's port")?;
        let target = SocketAddr::from((Ipv4Addr::LOCALHOST, target));
        let fate = Mutex::new(Next { left: fate(), fate });
        let shared = Arc::new(Shared { target, up: AtomicU64::new(0), cuts: AtomicU64::new(0), fate });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Ok(Self { shared, accepting })
    }

    /// Bytes that went from phones to the gateway so far.
    pub fn up(&self) -> u64 {
        self.shared.up.load(Ordering::SeqCst)
    }

    /// Connections cut so far.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// Cuts the connection on which the next `bytes` from phones are complete, and none before.
    pub fn cut_after(&self, bytes: u64) {
        self.shared.fate.lock().unwrap_or_else(PoisonError::into_inner).left = Some(bytes);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    /// How many of `bytes` may pass, and whether the connection ends with them.
    fn allow(&self, bytes: usize) -> (usize, bool) {
        let mut next = self.fate.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(left) = next.left else { return (bytes, false) };
        let all = bytes as u64;
        if left > all {
            next.left = Some(left - all);
            return (bytes, false);
        }
        next.left = (next.fate)();
        self.cuts.fetch_add(1, Ordering::SeqCst);
        (usize::try_from(left).unwrap_or(bytes), true)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((phone, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            // A gateway that is down refuses: the phone is hung up on.
            if let Ok(gateway) = TcpStream::connect(shared.target).await {
                let _ = carry(phone, gateway, &shared).await;
            }
        });
    }
}

/// Carries one connection until either side ends it, or it is cut.
async fn carry(mut phone: TcpStream, mut gateway: TcpStream, shared: &Shared) -> std::io::Result<()> {
    phone.set_nodelay(true)?;
    gateway.set_nodelay(true)?;
    let (mut from_phone, mut to_phone) = phone.split();
    let (mut from_gateway, mut to_gateway) = gateway.split();
    let up = async {
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = from_phone.read(&mut buffer).await?;
            let (passing, cut) = shared.allow(read);
            to_gateway.write_all(&buffer[..passing]).await?;
            shared.up.fetch_add(passing as u64, Ordering::SeqCst);
            if read == 0 || cut {
                return Ok(());
            }
        }
    };
    let ended: std::io::Result<()> = tokio::select! {
        ended = up => ended,
        ended = tokio::io::copy(&mut from_gateway, &mut to_phone) => ended.map(drop),
    };
    // The phone is cut off at once; what had passed still arrives.
    drop(phone);
    to_gateway.shutdown().await?;
    tokio::io::copy(&mut from_gateway, &mut tokio::io::sink()).await?;
    ended
}

/// Numbers that follow from a seed (splitmix64).
pub struct Seeded(u64);

impl Seeded {
    /// Begins with `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`, which is not zero.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
