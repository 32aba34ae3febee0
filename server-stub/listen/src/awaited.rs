//! A server that was started a moment ago, and does not listen yet.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use crate::host_of;

/// How often it is looked for, and after how long.
const LOOKS: u32 = 20;
const EVERY: Duration = Duration::from_millis(500);

/// Waits until somebody listens at `https://host[:port]`, at most ten seconds, and says so first. Anything but a refused connection is for
/// whoever connects to tell.
pub fn await_listener(url: &str, say: impl FnOnce(&str)) {
    let mut say = Some(say);
    for _ in 0..LOOKS {
        if !refuses(url) {
            return;
        }
        if let Some(say) = say.take() {
            say(&format!("nothing listens at {url} yet: waiting up to 10 s for it"));
        }
        std::thread::sleep(EVERY);
    }
}

/// Whether each address that the name stands for refuses.
fn refuses(url: &str) -> bool {
    let Ok(addresses) = (host_of(url), port_of(url)).to_socket_addrs() else { return false };
    let addresses: Vec<SocketAddr> = addresses.collect();
    !addresses.is_empty()
        && addresses.iter().all(|address| {
            TcpStream::connect_timeout(address, EVERY)
                .is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
        })
}

/// The port in `https://host[:port]`.
pub fn port_of(url: &str) -> u16 {
    url.trim_end_matches('/').rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(443)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use rustix::net::{AddressFamily, SocketType, bind, listen, socket};

    use super::*;

    #[test]
    fn one_that_begins_to_listen_is_waited_for_and_one_that_is_there_is_not() {
        let url = |socket: &TcpListener| format!("https://{}", socket.local_addr().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        await_listener(&url(&listener), |_| panic!("it is there"));
        // One that has its port and refuses everybody as yet: nobody else can take it meanwhile.
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let waiting = TcpListener::from(socket);
        let url = url(&waiting);
        let begins = std::thread::spawn(move || {
            std::thread::sleep(EVERY);
            listen(&waiting, 1).unwrap();
            waiting
        });
        let mut told = String::new();
        await_listener(&url, |line| told = line.to_owned());
        assert!(told.contains(&url) && told.contains("up to 10 s"), "{told}");
        assert!(!refuses(&url));
        drop(begins.join().unwrap());
        await_listener("https://no-such-host.invalid", |_| panic!("nobody refuses"));
    }

    #[test]
    fn a_port_is_the_addresss_own_or_443() {
        for (url, port) in [
            ("https://gauze.example.org", 443),
            ("https://gauze.example.org:8443/", 8443),
            ("https://[::1]:8443", 8443),
            ("https://[fd00::1]", 443),
        ] {
            assert_eq!(port_of(url), port, "{url}");
        }
    }
}
