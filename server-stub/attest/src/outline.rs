//! What a server's certificate says of itself (RFC 5280): nothing is judged, so that a person can be told.

use std::net::{Ipv4Addr, Ipv6Addr};

use der::TagNumber;
use jiff::Timestamp;

use crate::der::{NotDer, Reader};
use crate::x509::Certificate;

/// Subject alternative name (RFC 5280, section 4.2.1.6).
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];

/// A certificate's time, names and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateOutline {
    /// First moment of its validity.
    pub not_before: Timestamp,
    /// Last moment of its validity.
    pub not_after: Timestamp,
    /// DNS names and IP addresses of its subject alternative name; a common name counts nowhere any more.
    pub names: Vec<String>,
    /// Whether it is an authority's (`CA:TRUE`).
    pub authority: bool,
}

impl CertificateOutline {
    /// Reads one certificate, DER; nothing where it is not X.509 version 3.
    pub fn read(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::read(der).ok()?;
        let names = match certificate.extension(ALTERNATIVE_NAMES) {
            Some(value) => names(value).ok()?,
            None => Vec::new(),
        };
        Some(Self {
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            names,
            authority: certificate.is_authority(),
        })
    }
}

fn names(value: &[u8]) -> Result<Vec<String>, NotDer> {
    let (dns, address) = (TagNumber(2).context_specific(false), TagNumber(7).context_specific(false));
    let mut list = Reader(value).sequence()?;
    let mut found = Vec::new();
    while !list.is_empty() {
        let name = list.next()?;
        match (name.tag, name.content) {
            (tag, text) if tag == dns => found.push(String::from_utf8_lossy(text).into_owned()),
            (tag, &[a, b, c, d]) if tag == address => found.push(Ipv4Addr::new(a, b, c, d).to_string()),
            (tag, bytes) if tag == address => {
                let bytes: [u8; 16] = bytes.try_into().map_err(|_| NotDer)?;
                found.push(Ipv6Addr::from(bytes).to_string());
            }
            (_, _) => {}
        }
    }
    Ok(found)
}
