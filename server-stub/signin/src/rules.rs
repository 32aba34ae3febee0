//! Which proof is enough for whom.

use std::collections::BTreeSet;

use gauze_people::acting::Factor;
use gauze_people::person::Role;

/// Whether a factor is enough for these roles: who gives roles proves a key that nobody can copy, or what the provider says.
pub fn is_enough(factor: Factor, roles: &BTreeSet<Role>) -> bool {
    match factor {
        Factor::Provider | Factor::Passkey { hardware: true } => true,
        Factor::Passkey { hardware: false } | Factor::Totp => !roles.contains(&Role::Administrator),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_proves_hardware_and_nobody_else_need() {
        let administrator = BTreeSet::from([Role::Administrator, Role::Viewer]);
        let viewer = BTreeSet::from([Role::Viewer]);
        for (factor, administers) in [
            (Factor::Provider, true),
            (Factor::Passkey { hardware: true }, true),
            (Factor::Passkey { hardware: false }, false),
            (Factor::Totp, false),
        ] {
            assert_eq!(is_enough(factor, &administrator), administers, "{factor:?}");
            assert!(is_enough(factor, &viewer), "{factor:?}");
        }
    }
}
