//! What `--check` looks at before a server starts: each line says what is well, or what to do.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::address::ListenError;
use crate::certificate::ServerCertificate;

/// Less free than this is warned of.
const ROOM: u64 = 5 << 30;
/// Less free than this, and photos will be turned away within the day.
const LITTLE: u64 = 200 << 20;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing to do.
    Ok,
    /// It works, and something should be done.
    Warning,
    /// It does not work.
    Failed,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, in one word.
    pub what: &'static str,
    /// How it came out.
    pub verdict: Verdict,
    /// What is there, or what is wrong and what to do.
    pub told: String,
}

impl Check {
    /// Nothing to do.
    pub fn ok(what: &'static str, told: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Ok, told: told.into() }
    }

    /// It works, and something should be done.
    pub fn warning(what: &'static str, told: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Warning, told: told.into() }
    }

    /// It does not work.
    pub fn failed(what: &'static str, told: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Failed, told: told.into() }
    }

    /// Whether a directory takes files, and how much room it has.
    pub fn disk(dir: &Path) -> Vec<Self> {
        let shown = dir.display();
        if let Err(error) = takes_files(dir) {
            let step = match error.kind() {
                io::ErrorKind::NotFound => "make it first, or check --data",
                io::ErrorKind::PermissionDenied => "run this as the user who owns it",
                io::ErrorKind::NotADirectory => "it is a file, name a directory",
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free space",
                _ => "check the disk",
            };
            return vec![Self::failed("data", format!("{shown} takes no files ({error}): {step}"))];
        }
        let data = Self::ok("data", format!("{shown} takes files"));
        let Ok(found) = rustix::fs::statvfs(dir) else { return vec![data] };
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        let told = format!("{:.1} GiB free below {shown}", gib(free));
        let disk = match free {
            ..LITTLE => Self::failed("disk", format!("{told}: free space or give it a larger one")),
            LITTLE..ROOM => Self::warning("disk", format!("{told}: give it more, a photo takes 3 to 15 MB")),
            ROOM.. => Self::ok("disk", told),
        };
        vec![data, disk]
    }

    /// Whether an address can be listened on.
    pub fn port(what: &'static str, address: SocketAddr) -> Self {
        match TcpListener::bind(address) {
            Ok(_) => Self::ok(what, format!("{address} is free")),
            Err(source) if source.kind() == io::ErrorKind::AddrInUse => {
                let told = ListenError { address, source };
                Self::failed(what, format!("{told}; if it is this server, running, all is well"))
            }
            Err(source) => Self::failed(what, ListenError { address, source }.to_string()),
        }
    }

    /// Whether a certificate and its key go together, and will be believed for `hosts`.
    pub fn certificate(certificate: &Path, key: &Path, hosts: &[String], now: Timestamp) -> Vec<Self> {
        let read = match ServerCertificate::read(certificate, key) {
            Ok(read) => read,
            Err(error) => return vec![Self::failed("certificate", error.to_string())],
        };
        let found = hosts.iter().flat_map(|host| read.judge(host, now));
        let mut checks: Vec<Self> = found
            .map(|finding| {
                let told = format!("{}: {}: {}", finding.code, finding.message, finding.next_step);
                if finding.refused {
                    Self::failed("certificate", told)
                } else {
                    Self::warning("certificate", told)
                }
            })
            .collect();
        if checks.is_empty() {
            let outline = read.outline();
            let until = outline.not_after.strftime("%Y-%m-%d");
            checks.push(Self::ok("certificate", format!("for {}, until {until}", outline.names.join(", "))));
        }
        checks
    }

    /// Whether this machine's time can be right: not before something that was signed in the past.
    pub fn clock(now: Timestamp, signed: Timestamp) -> Self {
        let shown = now.strftime("%Y-%m-%d %H:%M UTC");
        if now < signed {
            let signed = signed.strftime("%Y-%m-%d %H:%M UTC");
            Self::failed(
                "clock",
                format!("it is {shown} here, and the bundle was signed at {signed}: set the clock"),
            )
        } else {
            Self::ok("clock", shown.to_string())
        }
    }

    /// Whether a bundle is fresh, and for how long.
    pub fn fresh(told: String, now: Timestamp, until: Timestamp) -> Self {
        let day = until.strftime("%Y-%m-%d");
        if until < now {
            Self::warning(
                "bundle",
                format!("{told}: it was fresh until {day}: sign the next (docs/operating.md, Once a year)"),
            )
        } else if until < now.saturating_add(crate::judge::SOON).unwrap_or(Timestamp::MAX) {
            Self::warning(
                "bundle",
                format!("{told}: fresh until {day}: sign the next (docs/operating.md, Once a year)"),
            )
        } else {
            Self::ok("bundle", format!("{told}, fresh until {day}"))
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "WARNING",
            Verdict::Failed => "FAILED",
        };
        write!(f, "{word:<8} {:<12} {}", self.what, self.told)
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn gib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

fn takes_files(dir: &Path) -> io::Result<()> {
    if !std::fs::metadata(dir)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    let probe = dir.join(".check");
    std::fs::File::create(&probe)?;
    std::fs::remove_file(&probe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::tests::made;

    fn verdicts(checks: &[Check]) -> Vec<Verdict> {
        checks.iter().map(|check| check.verdict).collect()
    }

    #[test]
    fn each_check_says_what_is_well_or_what_to_do() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let dir = made(|_| {});
        let none = dir.path().join("none");
        assert!(Check::disk(&none)[0].told.contains("make it first"));
        assert!(Check::disk(&dir.path().join("ca.pem"))[0].told.contains("it is a file"));
        assert_eq!(Check::disk(dir.path())[0].verdict, Verdict::Ok);

        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = Check::port("listen", taken.local_addr().unwrap());
        assert!(port.verdict == Verdict::Failed && port.told.contains("another program"), "{port}");

        let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
        let judged = |host: &str| Check::certificate(&certificate, &key, &[host.to_owned()], now);
        assert_eq!(verdicts(&judged("gauze.example.org")), [Verdict::Ok]);
        assert!(judged("other.example.org")[0].told.contains("is for gauze.example.org and not for other"));

        let day = jiff::SignedDuration::from_hours(24);
        assert_eq!(Check::clock(now, now + day).verdict, Verdict::Failed);
        assert_eq!(Check::clock(now, now).verdict, Verdict::Ok);
        let fresh = |days: i32| Check::fresh("version 1".to_owned(), now, now + day * days).verdict;
        assert_eq!([fresh(-1), fresh(29), fresh(31)], [Verdict::Warning, Verdict::Warning, Verdict::Ok]);
    }
}
