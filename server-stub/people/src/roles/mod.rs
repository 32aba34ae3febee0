//! What roles allow: Cedar policies, checked strictly before they count.
//!
//! Always: the guards and the schema are the program's; a hospital's own file is judged together with them, and counts
//! whole or not at all. A forbid wins over every permit, which is Cedar's own rule.

mod ask;
mod error;
mod grants;
mod set;

use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use gauze_wire::Digest;

use crate::acting::Acting;
use crate::action::{Act, Action, act};
use crate::context::Context;
use crate::deed::{Authorised, Deed, Denied, DeniedCause, Logged};
use crate::subject::Subject;

pub use error::RolesError;
pub use grants::{Claimed, Grant, Granted, Grants, GrantsError};
pub use set::{PolicySet, Rule, SHIPPED};

/// The policies in force. Shared by all requests; a change counts from one request to the next.
#[derive(Debug)]
pub struct Roles {
    set: RwLock<Arc<PolicySet>>,
}

/// What the policies say, without anybody acting on it: to explain, and to show or hide a button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed, and if not, why.
    pub outcome: Result<(), DeniedCause>,
    /// The `@id`s of the policies that decided, sorted.
    pub policies: Vec<String>,
}

impl Roles {
    /// The policies that are shipped.
    ///
    /// # Errors
    /// Where they do not hold, which a test excludes.
    pub fn shipped() -> Result<Self, RolesError> {
        Ok(Self::of(PolicySet::parse(SHIPPED)?))
    }

    /// A policy set that was checked.
    pub fn of(set: PolicySet) -> Self {
        Self { set: RwLock::new(Arc::new(set)) }
    }

    /// The set in force.
    pub fn set(&self) -> Arc<PolicySet> {
        Arc::clone(&self.set.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Its hash, as it stands in each entry of the access log.
    pub fn policy_set(&self) -> Digest {
        self.set().digest()
    }

    /// Puts a checked set in force, once the change is logged.
    pub fn replace(&self, _logged: &Logged<act::Setting>, set: PolicySet) {
        *self.set.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set);
    }

    /// May this person do this, to this, now?
    ///
    /// # Errors
    /// [`Denied`], which is logged by [`crate::log::AccessLog::refuse`] before it is answered.
    pub fn authorise<A: Act>(
        &self,
        acting: &Acting,
        _: A,
        subject: &Subject,
        context: &Context,
    ) -> Result<Authorised<A>, Denied> {
        let set = self.set();
        let decision = set.decide(acting, A::ACTION, subject, context);
        let deed = Deed {
            action: A::ACTION,
            acting: acting.clone(),
            subject: subject.clone(),
            context: context.clone(),
            policies: decision.policies,
            policy_set: set.digest(),
            note: None,
        };
        match decision.outcome {
            Ok(()) => Ok(Authorised { deed: Box::new(deed), act: PhantomData }),
            Err(cause) => Err(Denied(Box::new((deed, cause)))),
        }
    }

    /// What the policies would say. Nothing may be done on its strength.
    pub fn decide(&self, acting: &Acting, action: Action, subject: &Subject, context: &Context) -> Decision {
        self.set().decide(acting, action, subject, context)
    }
}

#[cfg(test)]
mod tests;
