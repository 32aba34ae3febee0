//! Google's status list of attestation certificates, as `https://android.googleapis.com/attestation/status` gives it.
//!
//! Always: a certificate that has an entry is refused, whatever the entry says; a status that is not known is worse
//! than one that is.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::Fault;

/// Largest list that is read: 64 MiB.
const LIMIT: usize = 64 << 20;

/// The list, and when it was fetched.
#[derive(Clone, Debug)]
pub struct StatusList {
    entries: HashMap<String, Status>,
    fetched_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Revoked,
    Suspended,
}

/// The list cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the status list is not as Google documents it: fetch it again")]
pub struct StatusListError;

#[derive(Deserialize)]
struct File {
    entries: HashMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    status: String,
}

impl StatusList {
    /// Reads the list's JSON; `fetched_at` is when it was current.
    pub fn parse(json: &[u8], fetched_at: Timestamp) -> Result<Self, StatusListError> {
        if json.len() > LIMIT {
            return Err(StatusListError);
        }
        let file: File = serde_json::from_slice(json).map_err(|_| StatusListError)?;
        let read = |(serial, entry): (String, Entry)| {
            let status = if entry.status == "SUSPENDED" { Status::Suspended } else { Status::Revoked };
            (plain(&serial), status)
        };
        Ok(Self { entries: file.entries.into_iter().map(read).collect(), fetched_at })
    }

    /// When the list was current.
    pub fn fetched_at(&self) -> Timestamp {
        self.fetched_at
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What the list says of certificates, by their serial numbers in hex. For the nightly look at enrolled phones
    /// as well: keyboxes leak after enrolment.
    pub fn judge<S: AsRef<str>>(&self, serials: impl IntoIterator<Item = S>) -> Result<(), Fault> {
        for serial in serials {
            match self.entries.get(&plain(serial.as_ref())) {
                Some(Status::Revoked) => return Err(Fault::Revoked),
                Some(Status::Suspended) => return Err(Fault::Suspended),
                None => {}
            }
        }
        Ok(())
    }

    /// Whether the list is older than `hours` at `now`.
    pub fn is_stale(&self, hours: u32, now: Timestamp) -> bool {
        now.duration_since(self.fetched_at) > SignedDuration::from_hours(i64::from(hours))
    }
}

/// Lower-case hex without leading zeros: the list's spelling.
fn plain(serial: &str) -> String {
    let lower = serial.trim().to_ascii_lowercase();
    let short = lower.trim_start_matches('0');
    if short.is_empty() { "0".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(json: &str) -> StatusList {
        StatusList::parse(json.as_bytes(), Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn revoked_suspended_and_unknown_statuses_refuse() {
        let list = list(
            r#"{"entries":{"AB":{"status":"REVOKED","reason":"KEY_COMPROMISE"},
                "00cd":{"status":"SUSPENDED"},"ef":{"status":"SOMETHING_NEW"}}}"#,
        );
        assert_eq!(list.judge(["1", "ab"]), Err(Fault::Revoked));
        assert_eq!(list.judge(["cd"]), Err(Fault::Suspended));
        assert_eq!(list.judge(["00EF"]), Err(Fault::Revoked));
        assert_eq!(list.judge(["1", "abc", "d"]), Ok(()));
    }

    #[test]
    fn a_list_grows_stale_and_a_broken_one_is_refused() {
        let list = list(r#"{"entries":{}}"#);
        let hour = SignedDuration::from_hours(1);
        assert!(!list.is_stale(24, Timestamp::UNIX_EPOCH + hour * 24));
        assert!(list.is_stale(24, Timestamp::UNIX_EPOCH + hour * 25));
        assert!(!list.is_stale(24, Timestamp::UNIX_EPOCH - hour * 25));
        for broken in ["", "[]", "{}", r#"{"entries":[]}"#, r#"{"entries":{"1":{}}}"#] {
            assert!(StatusList::parse(broken.as_bytes(), Timestamp::UNIX_EPOCH).is_err(), "{broken}");
        }
    }
}
