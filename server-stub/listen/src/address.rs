//! Where to listen, as people write it.

use std::io;
use std::net::SocketAddr;

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} ({source}): {}", next_step(source))]
pub struct ListenError {
    /// Which.
    pub address: SocketAddr,
    /// How.
    #[source]
    pub source: io::Error,
}

/// Reads `ADDRESS:PORT`, an address in numbers or `localhost`.
///
/// # Errors
/// What is expected, for people.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let spelled = match text.rsplit_once(':') {
        Some(("localhost", port)) => format!("127.0.0.1:{port}"),
        Some(_) | None => text.to_owned(),
    };
    spelled.parse().map_err(|_| {
        let port = text.rsplit(':').next().filter(|port| port.parse::<u16>().is_ok()).unwrap_or("443");
        format!("give an address in numbers and a port: 0.0.0.0:{port} for every address of this machine, 127.0.0.1:{port} for this machine alone")
    })
}

fn next_step(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there: stop it, or choose another port (`ss -ltnp` names it)"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: 0.0.0.0 stands for all that it has"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need leave: choose a higher one, or give the service CAP_NET_BIND_SERVICE"
        }
        _ => "check the address",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_people_write_it_and_a_bare_port_is_answered_with_what_to_write() {
        assert_eq!(listen_address("localhost:8443").unwrap(), "127.0.0.1:8443".parse().unwrap());
        assert_eq!(listen_address("[::1]:0").unwrap(), "[::1]:0".parse().unwrap());
        for short in ["28443", ":28443", "gateway.example.org:28443"] {
            assert!(listen_address(short).unwrap_err().contains("0.0.0.0:28443"), "{short}");
        }
        assert!(listen_address("localhost").unwrap_err().contains("0.0.0.0:443"));
    }

    #[test]
    fn a_port_in_use_is_named_with_its_address() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let source = std::net::TcpListener::bind(address).unwrap_err();
        let told = ListenError { address, source }.to_string();
        assert!(
            told.contains(&address.to_string()) && told.contains("another program listens there"),
            "{told}"
        );
    }
}
