//! Whether a certificate will be believed: by phones, for one name, now and in a month.

use jiff::{SignedDuration, Timestamp};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

use crate::certificate::ServerCertificate;

/// How long before its end a certificate is warned of.
pub const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Something that speaks against a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable code.
    pub code: &'static str,
    /// What, with the file's name.
    pub message: String,
    /// What to do.
    pub next_step: &'static str,
    /// Whether phones refuse it now.
    pub refused: bool,
}

impl ServerCertificate {
    /// What speaks against it for the name `host` at `now`. Nothing here keeps a server from serving.
    pub fn judge(&self, host: &str, now: Timestamp) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut say = |code, message, next_step, refused| {
            findings.push(Finding { code, message, next_step, refused });
        };
        let (path, outline) = (self.path.display(), self.outline());
        let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
        if outline.not_after < now {
            let message = format!("{path} ended on {}", day(outline.not_after));
            say("certificate_expired", message, "renew it: phones and the records side refuse it", true);
        } else if outline.not_after < now.saturating_add(SOON).unwrap_or(Timestamp::MAX) {
            let message = format!("{path} ends on {}", day(outline.not_after));
            say(
                "certificate_expires_soon",
                message,
                "renew it and replace the file: no restart is needed",
                false,
            );
        }
        if outline.not_before > now {
            let message = format!("{path} begins on {}", day(outline.not_before));
            say("certificate_not_yet_valid", message, "set this machine's clock, or wait", true);
        }
        if outline.authority {
            let message = format!("{path} is an authority's own certificate (CA:TRUE)");
            say(
                "certificate_is_authority",
                message,
                "sign a server's certificate with it: docs/operating.md, Certificates",
                true,
            );
        }
        if !self.is_for(host) {
            let names =
                if outline.names.is_empty() { "no name".to_owned() } else { outline.names.join(", ") };
            let message = format!("{path} is for {names} and not for {host}");
            say("certificate_wrong_name", message, "have it made with that name as subjectAltName", true);
        }
        if !self.is_linked(now) {
            let message = format!("in {path} the certificates do not follow from each other");
            say("certificate_chain_broken", message, "put the server's first, then each one's issuer", true);
        }
        findings
    }

    fn is_for(&self, host: &str) -> bool {
        let Some(parsed) = self.chain.first().and_then(|leaf| ParsedCertificate::try_from(leaf).ok()) else {
            return false;
        };
        ServerName::try_from(host).is_ok_and(|name| verify_server_name(&parsed, &name).is_ok())
    }

    /// Whether the last certificate of the file would lead to the first. One alone follows from what is not in the file.
    fn is_linked(&self, now: Timestamp) -> bool {
        let [leaf, between @ .., last] = self.chain.as_slice() else { return true };
        let mut anchor = RootCertStore::empty();
        let Ok(parsed) = ParsedCertificate::try_from(leaf) else { return false };
        if anchor.add(last.clone()).is_err() {
            return false;
        }
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
        let led = verify_server_cert_signed_by_trust_anchor(&parsed, &anchor, between, now, algorithms);
        !matches!(
            led,
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature))
        )
    }
}

/// The host in `https://HOST[:PORT]`.
pub fn host_of(url: &str) -> &str {
    let authority = url.trim_start_matches("https://").trim_end_matches('/');
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split(':').next().unwrap_or(authority),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::tests::{made, put};
    use rcgen::{BasicConstraints, CertificateParams, IsCa, date_time_ymd};

    fn codes(edit: impl FnOnce(&mut CertificateParams), host: &str) -> Vec<&'static str> {
        let dir = made(edit);
        let read =
            ServerCertificate::read(&dir.path().join("cert.pem"), &dir.path().join("key.pem")).unwrap();
        let now = "2026-11-24T10:00:00Z".parse().unwrap();
        read.judge(host, now).iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_certificate_is_judged_by_name_time_and_kind() {
        let host = "gauze.example.org";
        assert_eq!(codes(|_| {}, host), [""; 0]);
        assert_eq!(codes(|_| {}, "other.example.org"), ["certificate_wrong_name"]);
        assert_eq!(codes(|made| made.not_after = date_time_ymd(2026, 11, 20), host), ["certificate_expired"]);
        assert_eq!(
            codes(|made| made.not_after = date_time_ymd(2026, 12, 20), host),
            ["certificate_expires_soon"]
        );
        assert_eq!(
            codes(|made| made.not_before = date_time_ymd(2027, 1, 1), host),
            ["certificate_not_yet_valid"]
        );
        let authority = |made: &mut CertificateParams| made.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        assert_eq!(codes(authority, host), ["certificate_is_authority"]);
        assert_eq!(codes(|made| made.subject_alt_names.clear(), host), ["certificate_wrong_name"]);
    }

    #[test]
    fn a_chain_whose_certificates_do_not_follow_from_each_other_is_told() {
        let (dir, other) = (made(|_| {}), made(|_| {}));
        let read = |name: &str, from: &tempfile::TempDir| std::fs::read(from.path().join(name)).unwrap();
        let now = "2026-11-24T10:00:00Z".parse().unwrap();
        for (issuer, expected) in [(&dir, 0), (&other, 1)] {
            let chain = [read("cert.pem", &dir), read("ca.pem", issuer)].concat();
            put(&dir.path().join("chain.pem"), &chain);
            let chain = dir.path().join("chain.pem");
            let read = ServerCertificate::read(&chain, &dir.path().join("key.pem")).unwrap();
            assert_eq!(read.judge("gauze.example.org", now).len(), expected);
        }
    }

    #[test]
    fn the_host_of_an_address_is_what_a_certificate_names() {
        for (url, host) in [
            ("https://gauze.example.org", "gauze.example.org"),
            ("https://gauze.example.org:8443/", "gauze.example.org"),
            ("https://[::1]:8443", "::1"),
            ("https://127.0.0.1:1", "127.0.0.1"),
        ] {
            assert_eq!(host_of(url), host);
        }
    }
}
