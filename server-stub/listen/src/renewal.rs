//! A certificate that is renewed while the server runs.
//!
//! Always: the two files are looked at together and used together; what does not read leaves the ones before in use and is
//! said once; the end is warned of a month ahead, once a day.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use jiff::{SignedDuration, Timestamp};

use crate::certificate::{CertificateError, ServerCertificate};
use crate::judge::Finding;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often the same warning is given.
const WARN_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// How a pair of files looked: when each was written, how long it is, and when anything about it was changed.
type Stamp = [Option<(SystemTime, u64, i64, i64)>; 2];

/// A certificate and its key as files, and the names they have to hold for.
pub struct Renewal {
    certificate: PathBuf,
    key: PathBuf,
    hosts: Vec<String>,
    stamp: Stamp,
    warned: Option<Timestamp>,
    current: ServerCertificate,
}

/// What a look at the files came to.
#[derive(Default)]
pub struct Looked {
    /// The new certificate, where it was replaced.
    pub renewed: Option<ServerCertificate>,
    /// Why what is there now is not used.
    pub refused: Option<CertificateError>,
    /// What speaks against the certificate in use, where it is time to say it.
    pub findings: Vec<Finding>,
}

impl Renewal {
    /// Reads the files for a server that is known as `hosts`.
    ///
    /// # Errors
    /// [`CertificateError`]: there is nothing to begin with.
    pub fn open(certificate: &Path, key: &Path, hosts: Vec<String>) -> Result<Self, CertificateError> {
        let stamp = stamp(certificate, key);
        let current = ServerCertificate::read(certificate, key)?;
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        Ok(Self { certificate, key, hosts, stamp, warned: None, current })
    }

    /// The certificate in use.
    pub fn current(&self) -> &ServerCertificate {
        &self.current
    }

    /// Looks at the files once.
    pub fn look(&mut self, now: Timestamp) -> Looked {
        let mut looked = Looked::default();
        let stamp = stamp(&self.certificate, &self.key);
        if stamp != self.stamp {
            self.stamp = stamp;
            match ServerCertificate::read(&self.certificate, &self.key) {
                Ok(renewed) => {
                    self.current = renewed.clone();
                    self.warned = None;
                    looked.renewed = Some(renewed);
                }
                Err(error) => looked.refused = Some(error),
            }
        }
        if self.warned.is_none_or(|warned| now.duration_since(warned) >= WARN_EVERY) {
            self.warned = Some(now);
            looked.findings = self.hosts.iter().flat_map(|host| self.current.judge(host, now)).collect();
        }
        looked
    }
}

fn stamp(certificate: &Path, key: &Path) -> Stamp {
    [certificate, key].map(|path| {
        let found = std::fs::metadata(path).ok()?;
        // Whoever lets this user read it changes neither its time nor its length.
        Some((found.modified().ok()?, found.len(), found.ctime(), found.ctime_nsec()))
    })
}

/// Looks at the files for as long as the server runs, serves with what is new, and says what there is to say. `told` hears of
/// the certificate in use, first of the one that it began with.
pub async fn follow(
    mut renewal: Renewal,
    config: RustlsConfig,
    now: impl Fn() -> Timestamp,
    told: impl Fn(&ServerCertificate),
) {
    told(renewal.current());
    let mut round = tokio::time::interval(LOOK_EVERY);
    loop {
        round.tick().await;
        let Looked { renewed, refused, findings } = renewal.look(now());
        if let Some(renewed) = renewed {
            config.reload_from_config(renewed.config());
            told(&renewed);
            tracing::info!(until = %renewed.outline().not_after, "the certificate was replaced, and is used from now on");
        }
        if let Some(error) = refused {
            tracing::error!(code = "tls_invalid", "{error}; the certificate before stays in use");
        }
        for Finding { code, message, next_step, .. } in findings {
            tracing::warn!(code, "{message}: {next_step}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::tests::{made, put, renew};
    use rcgen::date_time_ymd;

    #[test]
    fn a_replaced_certificate_is_taken_up_and_a_broken_one_is_told_once() {
        let dir = made(|made| made.not_after = date_time_ymd(2026, 12, 1));
        let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
        let mut renewal = Renewal::open(&certificate, &key, vec!["gauze.example.org".to_owned()]).unwrap();
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let first = renewal.look(now);
        assert!(first.renewed.is_none() && first.findings[0].code == "certificate_expires_soon");
        assert!(renewal.look(now).findings.is_empty(), "once a day");

        put(&certificate, b"half of a certif");
        assert!(renewal.look(now).refused.unwrap().to_string().contains("cert.pem"));
        assert!(renewal.look(now).refused.is_none(), "once");

        renew(dir.path(), |_| {});
        let renewed = renewal.look(now);
        assert!(renewed.renewed.is_some() && renewed.findings.is_empty());
        assert!(renewal.current().outline().not_after > "2100-01-01T00:00:00Z".parse().unwrap());
        let day = SignedDuration::from_hours(24);
        assert!(renewal.look(now + day).findings.is_empty(), "nothing speaks against it");
    }

    #[test]
    fn a_certificate_that_was_made_readable_later_is_taken_up() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = made(|_| {});
        let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
        let mut renewal = Renewal::open(&certificate, &key, Vec::new()).unwrap();
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        assert!(renewal.look(now).renewed.is_none());
        let changed =
            || std::fs::metadata(&certificate).map(|found| (found.ctime(), found.ctime_nsec())).unwrap();
        let before = changed();
        // A file system's clock ticks every few milliseconds.
        while changed() == before {
            std::fs::set_permissions(&certificate, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        assert!(renewal.look(now).renewed.is_some(), "its time and length are the same");
        assert!(renewal.look(now).renewed.is_none(), "once");
    }
}
