//! A port for a server that has to be named before it listens.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// From 10000 on: below those that the system gives to connections.
const PORTS: u16 = 22_000;

/// Free now; nothing else on this machine is likely to take it soon.
pub fn free_port() -> io::Result<u16> {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let begin = std::process::id().wrapping_mul(61) % u32::from(PORTS);
    for _ in 0..PORTS {
        let next = begin + u32::from(TAKEN.fetch_add(1, Ordering::Relaxed));
        let port = 10_000 + u16::try_from(next % u32::from(PORTS)).map_err(io::Error::other)?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(ErrorKind::AddrInUse.into())
}
