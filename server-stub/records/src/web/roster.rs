//! Which roles hold at this moment. Asked at each request, so that a role that is taken away is gone at the next click.

use std::future::Future;
use std::pin::Pin;

use gauze_people::person::Person;
use jiff::Timestamp;

/// A future that a trait object gives.
pub type Soon<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The list of roles cannot be read: nobody is let in by guessing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list of roles cannot be read")]
pub struct RolesUnknown;

/// Adds to what the provider's claims gave a person, and takes from it.
pub trait Roster: Send + Sync {
    /// The person with the roles and teams that hold at `at`.
    fn now(&self, claimed: Person, at: Timestamp) -> Soon<'_, Result<Person, RolesUnknown>>;
}

/// The provider's claims and nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClaimsAlone;

impl Roster for ClaimsAlone {
    fn now(&self, claimed: Person, _: Timestamp) -> Soon<'_, Result<Person, RolesUnknown>> {
        Box::pin(std::future::ready(Ok(claimed)))
    }
}
