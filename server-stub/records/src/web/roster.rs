//! Which roles hold at this moment. Asked at each request, so that a role that is taken away is gone at the next click.

use std::fs;
use std::future::Future;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use gauze_people::Logged;
use gauze_people::action::act;
use gauze_people::person::{Person, PersonId, Role, Team};
use gauze_people::roles::{Claimed, Grant, Grants};
use jiff::Timestamp;

use crate::access::{AccessError, grants, roles_file};
use crate::disk::{self, PUBLIC};

/// A future that a trait object gives.
pub type Soon<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The list of roles cannot be read: nobody is let in by guessing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list of roles cannot be read")]
pub struct RolesUnknown;

/// A change of somebody's roles.
#[derive(Clone, Debug)]
pub enum Change {
    /// A role is given.
    Give(Grant),
    /// A role is taken, in one team alone where one is named.
    Take {
        /// Whose.
        person: PersonId,
        /// Which.
        role: Role,
        /// In which team.
        team: Option<Team>,
    },
}

/// Adds to what the provider's claims gave a person, and takes from it.
pub trait Roster: Send + Sync {
    /// The list as it is.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn listed(&self, at: Timestamp) -> Result<Arc<Grants>, AccessError>;
    /// Changes it, once the change is logged. Durable when this returns; it blocks.
    ///
    /// # Errors
    /// Where it cannot be read or written, or would not hold: it is then as it was.
    fn change(&self, logged: &Logged<act::ChangeRole>, change: Change) -> Result<(), AccessError>;
    /// The person with the roles and teams that hold at `at`.
    fn now(&self, claimed: Person, at: Timestamp) -> Soon<'_, Result<Person, RolesUnknown>>;
}

/// A file that is still written can change within one tick of its clock, in place and to the same length: so long it is read each time.
const SETTLES: i128 = 2_000_000_000;

/// Which file it was, and when it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    /// Nanoseconds since 1970.
    written: i128,
    changed: i128,
}

impl Stamp {
    /// Nothing where that cannot be told; then the file is read, and says why.
    fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Some(Self {
            inode: found.ino(),
            length: found.len(),
            written: nanoseconds(found.mtime(), found.mtime_nsec()),
            changed: nanoseconds(found.ctime(), found.ctime_nsec()),
        })
    }

    fn settled(&self, at: Timestamp) -> bool {
        self.written.max(self.changed) + SETTLES < at.as_nanosecond()
    }
}

/// What the provider's claims say, and what `people/roles.json` adds, as it is at each request.
pub struct Listed {
    data: PathBuf,
    read: Mutex<Option<(Stamp, Arc<Grants>)>>,
}

impl Listed {
    /// The list under this data directory.
    pub fn new(data: &Path) -> Self {
        Self { data: data.to_owned(), read: Mutex::default() }
    }

    /// The list; read again where the file is another than before.
    fn grants(&self, at: Timestamp) -> Result<Arc<Grants>, AccessError> {
        let stamp = Stamp::of(&roles_file(&self.data)).filter(|stamp| stamp.settled(at));
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(stamp), Some((before, grants))) = (stamp, &*read)
            && stamp == *before
        {
            return Ok(Arc::clone(grants));
        }
        let grants = Arc::new(grants(&self.data)?);
        *read = stamp.map(|stamp| (stamp, Arc::clone(&grants)));
        Ok(grants)
    }
}

impl Roster for Listed {
    fn listed(&self, at: Timestamp) -> Result<Arc<Grants>, AccessError> {
        self.grants(at)
    }

    fn change(&self, logged: &Logged<act::ChangeRole>, change: Change) -> Result<(), AccessError> {
        // One after the other; and nobody reads between.
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        *read = None;
        let mut changed = grants(&self.data)?;
        match change {
            Change::Give(grant) => changed.give(logged, grant)?,
            Change::Take { person, role, team } => changed.take(logged, &person, role, team.as_ref())?,
        }
        let path = roles_file(&self.data);
        let text = serde_json::to_vec_pretty(&changed)
            .map_err(|error| AccessError::Malformed { path: path.clone(), cause: error.to_string() })?;
        disk::make_dirs(disk::parent(&path))?;
        Ok(disk::replace(&path, &text, PUBLIC)?)
    }

    fn now(&self, claimed: Person, at: Timestamp) -> Soon<'_, Result<Person, RolesUnknown>> {
        let held = self.grants(at).map(|grants| {
            let claims = Claimed {
                roles: claimed.roles.clone(),
                teams: claimed.teams.clone(),
                leads: claimed.leads.clone(),
            };
            grants.person(&claimed, &claims, at)
        });
        let held = held.map_err(|error| {
            tracing::error!(%error, "the list of roles cannot be read: nobody is let in");
            RolesUnknown
        });
        Box::pin(std::future::ready(held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &Path, text: &str) {
        std::io::Write::write_all(&mut fs::File::create(path).unwrap(), text.as_bytes()).unwrap();
    }

    fn listed(role: &str) -> String {
        serde_json::json!({ "grants": [{ "person": "ann", "role": role }] }).to_string()
    }

    fn roles(list: &Listed, at: Timestamp) -> Result<Vec<Role>, AccessError> {
        let person = PersonId("ann".to_owned());
        let grants = list.grants(at)?;
        Ok(grants.holding(&person, &Claimed::default(), at).roles.into_iter().collect())
    }

    #[test]
    fn the_list_is_read_once_and_again_when_it_is_another_file() {
        let dir = tempfile::tempdir().unwrap();
        let (list, file) = (Listed::new(dir.path()), roles_file(dir.path()));
        // Long after the file was written.
        let later = "2126-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(roles(&list, later).unwrap(), []);
        fs::create_dir(dir.path().join("people")).unwrap();
        put(&file, &listed("auditor"));
        assert_eq!(roles(&list, later).unwrap(), [Role::Auditor]);
        let read = list.grants(later).unwrap();
        assert!(Arc::ptr_eq(&read, &list.grants(later).unwrap()), "not read again");
        std::thread::sleep(std::time::Duration::from_millis(20));
        put(&file, &listed("it"));
        assert_eq!(roles(&list, later).unwrap(), [Role::It]);
        put(&file, "{");
        assert!(roles(&list, later).is_err());
        fs::remove_file(&file).unwrap();
        assert_eq!(roles(&list, later).unwrap(), []);
        // Just after it was written it is not remembered.
        put(&file, &listed("auditor"));
        let soon = "2026-01-01T00:00:00Z".parse().unwrap();
        assert!(!Arc::ptr_eq(&list.grants(soon).unwrap(), &list.grants(soon).unwrap()));
    }
}
