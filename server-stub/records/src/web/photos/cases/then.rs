//! What was in force when somebody became aware of a case: of each file its bytes then, and its hash now.

use std::collections::BTreeMap;
use std::path::Path;

use gauze_people::cases::Case;
use gauze_wire::Digest;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::files::{Files, failed, pretty};
use super::told::{Noted, Told};
use crate::access::{policies_file, roles_file};
use crate::disk::{DiskError, read_if_any};
use crate::documents::register_file;
use crate::evidence::{IN_FORCE, POLICY, POLICY_BUNDLE, then_name};
use crate::folk::FolkError;
use crate::in_force::{Ruled, policy_by};
use crate::keeping::retention_file;
use crate::versions::{Governing, Held, held};
use crate::web::photos::Desk;
use crate::web::refusal::Refusal;

/// In place of which version held.
const NOT_KNOWN: &str = "not known: the clock had been set back";
/// Beside a policy for phones that was kept without when it was put in force.
const NOT_SURE: &str = "signed by then, not known to be in force";

/// A file's name among those of then.
fn name(which: Governing) -> String {
    then_name(match which {
        Governing::Documents => "documents.json",
        Governing::Rules => "rules.json",
        Governing::Policies => "policies.set",
        Governing::Roles => "roles.json",
    })
}

impl Desk {
    /// What was in force, and what says so: by a line of the log where one does, and by when this side saw it first.
    pub(super) async fn in_force(&self, case: &Case, told: &Told) -> Result<Files, Refusal> {
        let (data, noted, kept) = (self.data.clone(), told.then.clone(), self.folk.rules_kept());
        let (aware, at) = (case.aware_at, self.web.now());
        let read = move || {
            Ok::<_, FolkError>((then(&data, (aware, at), &noted)?, now(&data)?, policy_by(&kept, aware)?))
        };
        let read = tokio::task::spawn_blocking(read).await.map_err(|_| Refusal::Broken("evidence"))?;
        let ((mut then, mut files), now, policy) = read.map_err(|error| failed(&error))?;
        if let Some(Ruled { from, policy: Some(policy), bundle }) = policy {
            let note = from.is_none().then_some(NOT_SURE);
            let said = json!({ "since": from, "sha256": policy.digest(), "file": POLICY, "note": note });
            then.insert("policy".to_owned(), said);
            files.push((POLICY.to_owned(), policy.as_str().as_bytes().to_vec()));
            files.push((POLICY_BUNDLE.to_owned(), bundle.as_str().as_bytes().to_vec()));
        }
        let said = json!({
            "aware_at": aware,
            "policy_set_at_report": told.lines.get(&case.number).and_then(|entry| entry.policy_set),
            "then": then,
            "now": now,
        });
        files.insert(0, (IN_FORCE.to_owned(), pretty(&said)?));
        Ok(files)
    }
}

type Then = (Map<String, Value>, Files);

/// Of each file what is known of it then, and its bytes where they are kept; `times` are then and now.
fn then(
    data: &Path,
    times: (Timestamp, Timestamp),
    noted: &BTreeMap<Governing, Noted>,
) -> Result<Then, DiskError> {
    let (mut said, mut files) = (Map::new(), Files::new());
    for which in Governing::ALL {
        let noted = noted.get(&which);
        let by_line = noted.map(|noted| json!({ "line": noted.line, "sha256": noted.sha256 }));
        let known = match held(data, which, times, noted.map(|noted| (noted.at, noted.sha256)))? {
            Held::NotKept => json!(by_line),
            Held::NotKnown => json!({ "noted": by_line, "note": NOT_KNOWN }),
            Held::This(version) => match version.read()? {
                Some(bytes) => {
                    let line = noted.filter(|noted| noted.sha256 == version.sha256);
                    let (line, file) = (line.and_then(|noted| noted.line), name(which));
                    files.push((file.clone(), bytes));
                    json!({ "line": line, "since": version.since, "sha256": version.sha256, "file": file })
                }
                None => json!(by_line),
            },
        };
        said.insert(which.word().to_owned(), known);
    }
    Ok((said, files))
}

/// The hash of each file as it is now.
fn now(data: &Path) -> Result<Value, DiskError> {
    let hash = |path: &Path| -> Result<Option<Digest>, DiskError> {
        Ok(read_if_any(path)?.map(|bytes| Digest::of(&bytes)))
    };
    Ok(json!({
        "documents_sha256": hash(&register_file(data))?,
        "rules_sha256": hash(&retention_file(data))?,
        "policies_sha256": hash(&policies_file(data))?,
        "roles_sha256": hash(&roles_file(data))?,
    }))
}
