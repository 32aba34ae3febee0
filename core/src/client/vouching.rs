//! Whose certificates hold for a host that the operating system speaks to in this phone's name.
//!
//! Always: the same as for what the core sends itself. The gateway is believed by the authorities that it was configured
//! with, or by the public ones where there are none; nobody vouches for another host, so a transfer that is led elsewhere
//! ends.

use url::{Host, Url};

use super::Client;
use crate::policy::certificates;

/// Who vouches for a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vouching {
    /// The authorities that the system knows.
    System,
    /// These certificates (DER), and no others.
    Only(Vec<Vec<u8>>),
    /// Nobody: this phone does not speak to it.
    Nobody,
}

impl Client {
    /// Who vouches for `host`, a name or an address without a port.
    pub fn vouching(&self, host: &str) -> Vouching {
        let Some(enrolled) = self.enrolled() else { return Vouching::Nobody };
        let identity = &enrolled.identity;
        if !is_host_of(&identity.gateway, host) {
            return Vouching::Nobody;
        }
        match identity.ca.as_deref().map(certificates) {
            None => Vouching::System,
            Some(Some(only)) => Vouching::Only(only),
            Some(None) => Vouching::Nobody,
        }
    }
}

/// Systems name an IPv6 address with and without its brackets.
fn is_host_of(gateway: &str, host: &str) -> bool {
    let Ok(gateway) = Url::parse(gateway) else { return false };
    match gateway.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case(host),
        Some(Host::Ipv4(address)) => host.parse() == Ok(address),
        Some(Host::Ipv6(address)) => host.trim_matches(['[', ']']).parse() == Ok(address),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_host_of;

    #[test]
    fn a_gateway_is_known_by_its_host_alone_however_a_system_writes_it() {
        for (gateway, host) in [
            ("https://gateway.example:8443", "gateway.example"),
            ("https://gateway.example", "GATEWAY.example"),
            ("https://10.0.0.7:8443", "10.0.0.7"),
            ("https://[2001:db8::7]:8443", "2001:db8::7"),
            ("https://[2001:db8::7]", "[2001:DB8:0::7]"),
        ] {
            assert!(is_host_of(gateway, host), "{gateway} {host}");
        }
        for host in ["", "example", "other.example", "gateway.example.evil.test", "gateway.example:8443", "*"]
        {
            assert!(!is_host_of("https://gateway.example:8443", host), "{host}");
        }
        assert!(!is_host_of("https://10.0.0.7", "10.0.0.70"));
        assert!(!is_host_of("no address", "no address"));
    }
}
