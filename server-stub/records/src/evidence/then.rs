//! What was in force when somebody became aware, as an archive holds it: each file, and the line of the log that says so.

use std::collections::BTreeMap;

use gauze_people::log::Proven;
use gauze_wire::{Digest, Policy, Tenant, WireError};
use serde::Deserialize;

use super::phones::{bundle, jws};
use super::{EvidenceError, Files, malformed};

const DIR: &str = "then/";
/// What says of each file which one it is.
pub(crate) const IN_FORCE: &str = "in-force.json";
/// What phones were told, as the hospital signed it, and the bundle that names its key.
pub(crate) const POLICY: &str = "then/policy.jws";
pub(crate) const POLICY_BUNDLE: &str = "then/bundle.jws";

/// A file's name in the archive.
pub(crate) fn then_name(file: &str) -> String {
    format!("{DIR}{file}")
}

/// Of one file; archives of before name a line at most.
#[derive(Deserialize)]
struct Said {
    line: Option<u64>,
    sha256: Option<Digest>,
    file: Option<String>,
}

#[derive(Deserialize)]
struct InForce {
    then: BTreeMap<String, Option<Said>>,
}

/// Each file, and the line by which it is known which one was in force; nothing where no line says so.
pub(super) fn judged(
    files: &Files,
    proven: &BTreeMap<u64, Proven>,
    tenant: &Tenant,
) -> Result<BTreeMap<String, Option<u64>>, EvidenceError> {
    let file = |name: &str| files.iter().find(|(own, _)| own == name).map(|(_, bytes)| bytes.as_slice());
    let said = file(IN_FORCE).ok_or_else(|| EvidenceError::Differs(IN_FORCE.to_owned()))?;
    let said: InForce = serde_json::from_slice(said).map_err(malformed)?;
    let mut then = BTreeMap::new();
    for Said { line, sha256, file: name } in said.then.into_values().flatten() {
        let Some(name) = name else { continue };
        let bytes = file(&name).filter(|bytes| Some(Digest::of(bytes)) == sha256);
        let (Some(_), Some(sha256)) = (bytes, sha256) else { return Err(EvidenceError::Differs(name)) };
        if let Some(line) = line {
            let notes = proven.get(&line).is_some_and(|one| notes(one, &sha256));
            if !notes {
                return Err(EvidenceError::OtherLine(line));
            }
        }
        then.insert(name, line);
    }
    if let Some(policy) = file(POLICY) {
        let beside = file(POLICY_BUNDLE).unwrap_or_default();
        signed(policy, beside, tenant).map_err(|_| EvidenceError::OtherPaper(POLICY.to_owned()))?;
    }
    Ok(then)
}

/// Whether a line says that this was put in force, or was what it was judged by.
fn notes(line: &Proven, sha256: &Digest) -> bool {
    let noted = line.entry.note.as_ref().and_then(|note| note.as_str().split_once(':'));
    line.entry.policy_set == Some(*sha256) || noted.is_some_and(|(_, hash)| hash == sha256.to_string())
}

/// Whether a key that the bundle names signed the policy.
fn signed(policy: &[u8], beside: &[u8], tenant: &Tenant) -> Result<(), WireError> {
    let keys = bundle(beside, tenant)?.policy_keys;
    jws(policy)?.verify_by::<Policy>(&keys, tenant).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coded::Coded as _;

    #[test]
    fn a_file_that_is_another_or_that_no_line_noted_as_is_said_is_told_and_archives_of_before_name_none() {
        let tenant: Tenant = "ward-9".parse().unwrap();
        let register = br#"{"v":1}"#;
        let sha256 = Digest::of(register);
        let judged = |said: String, more: &[(&str, &[u8])]| {
            let more = more.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
            let files: Files = more.chain([(IN_FORCE.to_owned(), said.into_bytes())]).collect();
            judged(&files, &BTreeMap::new(), &tenant).map_err(|error| error.code())
        };
        let before =
            format!(r#"{{"then":{{"documents":{{"line":3,"note":"register:{sha256}"}},"rules":null}}}}"#);
        assert_eq!(judged(before, &[]), Ok(BTreeMap::new()));
        let of = |line: &str| {
            format!(
                r#"{{"then":{{"documents":{{"line":{line},"sha256":"{sha256}","file":"then/documents.json"}}}}}}"#
            )
        };
        let then = [("then/documents.json", &register[..])];
        let whole = BTreeMap::from([("then/documents.json".to_owned(), None)]);
        assert_eq!(judged(of("null"), &then), Ok(whole));
        assert_eq!(judged(of("3"), &then), Err("evidence_other_line"));
        assert_eq!(judged(of("null"), &[("then/documents.json", &b"another"[..])]), Err("evidence_differs"));
        assert_eq!(judged(of("null"), &[]), Err("evidence_differs"));
        let policy = [then[0], (POLICY, &b"no policy"[..]), (POLICY_BUNDLE, &b"no bundle"[..])];
        assert_eq!(judged(of("null"), &policy), Err("evidence_other_paper"));
    }
}
