//! A checked policy set, its names and its hash.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr as _;

use cedar_policy::{
    Authorizer, Effect, Entities, Policy, PolicyId, PolicySet as Cedar, Schema, ValidationMode, Validator,
};
use gauze_wire::Digest;

use super::error::RolesError;

const SCHEMA: &str = include_str!("../../policies/people.cedarschema");
const GUARDS: &str = include_str!("../../policies/guards.cedar");
/// The policies that are shipped, for a hospital to begin with.
pub const SHIPPED: &str = include_str!("../../policies/policies.cedar");

const LIMIT: usize = 256 * 1024;

/// A policy set that fits the schema, each policy named, the guards among them.
pub struct PolicySet {
    pub(super) cedar: Cedar,
    pub(super) schema: Schema,
    pub(super) authorizer: Authorizer,
    rules: BTreeMap<String, Rule>,
    digest: Digest,
}

/// One policy, to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its `@id`.
    pub id: String,
    /// Whether it forbids.
    pub forbids: bool,
    /// Whether it is a guard: part of the program.
    pub guard: bool,
    /// Its text.
    pub text: String,
}

impl fmt::Debug for PolicySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicySet").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl PolicySet {
    /// Reads a policy file and checks it strictly, together with the guards.
    ///
    /// # Errors
    /// [`RolesError`]: what is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, RolesError> {
        if text.len() > LIMIT {
            return Err(RolesError::TooLarge);
        }
        let (schema, _) =
            Schema::from_cedarschema_str(SCHEMA).map_err(|e| RolesError::Invalid(e.to_string()))?;
        let mut set = Self {
            cedar: Cedar::new(),
            schema,
            authorizer: Authorizer::new(),
            rules: BTreeMap::new(),
            digest: Digest::of(&Self::hashed(text)),
        };
        set.add(GUARDS, true)?;
        set.add(text, false)?;
        set.validate()?;
        Ok(set)
    }

    fn add(&mut self, text: &str, guard: bool) -> Result<(), RolesError> {
        let parsed = Cedar::from_str(text).map_err(|error| RolesError::Syntax(error.to_string()))?;
        if let Some(template) = parsed.templates().next() {
            return Err(RolesError::Template(template.id().to_string()));
        }
        for policy in parsed.policies() {
            let id = name(policy)?;
            let rule = Rule {
                id: id.clone(),
                forbids: policy.effect() == Effect::Forbid,
                guard,
                text: policy.to_string(),
            };
            if self.rules.insert(id.clone(), rule).is_some() {
                return Err(RolesError::Twice(id));
            }
            let named = policy.new_id(PolicyId::new(&id));
            self.cedar.add(named).map_err(|error| RolesError::Syntax(error.to_string()))?;
        }
        Ok(())
    }

    fn validate(&self) -> Result<(), RolesError> {
        let result = Validator::new(self.schema.clone()).validate(&self.cedar, ValidationMode::Strict);
        // A warning is a policy that can never apply, or one that looks like another: nobody meant that.
        let errors = result.validation_errors().map(ToString::to_string);
        let faults: Vec<String> =
            errors.chain(result.validation_warnings().map(ToString::to_string)).collect();
        if faults.is_empty() { Ok(()) } else { Err(RolesError::Invalid(faults.join("; "))) }
    }

    /// SHA-256 of [`PolicySet::hashed`].
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What the hash of a set of these policies is of: schema, guards and policies, each behind its length in eight bytes, big-endian.
    pub fn hashed(policies: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [SCHEMA, GUARDS, policies] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }

    /// Its policies by name.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values()
    }

    /// One policy.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.get(id)
    }

    pub(super) fn no_entities() -> Entities {
        Entities::empty()
    }
}

fn name(policy: &Policy) -> Result<String, RolesError> {
    let Some(id) = policy.annotation("id").filter(|id| !id.is_empty()) else {
        return Err(RolesError::Unnamed(policy.to_string().lines().next().unwrap_or_default().to_owned()));
    };
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if id.len() > 64 || !id.bytes().all(fits) {
        return Err(RolesError::Name(id.to_owned()));
    }
    Ok(id.to_owned())
}
