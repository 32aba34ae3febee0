//! What is known of three providers. Everything here can be said otherwise in `people.json`.

use super::file::{Ask, Proof, Shipped, Source};
use super::{Claims, Path};

/// A provider's ways.
pub(super) struct Profile {
    pub(super) scopes: &'static [&'static str],
    pub(super) ask: Ask,
    pub(super) proves: Vec<Proof>,
    pub(super) require: Vec<Proof>,
    pub(super) claims: Claims,
    pub(super) logout: bool,
}

fn path(text: &str) -> Path {
    Path::literal(text)
}

fn all(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

pub(super) fn of(shipped: Shipped) -> Profile {
    match shipped {
        Shipped::Keycloak => keycloak(),
        Shipped::Cis2 => cis2(),
        Shipped::Entra => entra(),
    }
}

/// `acr` follows the realm's `acr.loa.map`; `amr` is empty without a mapper and a reference value on each execution.
fn keycloak() -> Profile {
    Profile {
        scopes: &["openid", "profile"],
        ask: Ask::AcrValues("gold".into()),
        proves: vec![Proof::Acr(all(&["gold"])), Proof::Amr(all(&["otp", "hwk", "mfa"]))],
        require: Vec::new(),
        claims: Claims {
            source: Source::IdToken,
            person: vec![path("sub")],
            name: path("name"),
            professional: Some(path("professional_id")),
            roles: path("realm_access.roles"),
            teams: path("groups"),
        },
        logout: true,
    }
}

/// Claims come from userinfo; every authenticator of AAL2 and AAL3 has more than one factor.
fn cis2() -> Profile {
    Profile {
        scopes: &["openid", "profile", "nationalrbacaccess", "selectedrole", "associatedorgs", "nhsperson"],
        ask: Ask::AcrValues("AAL2_OR_AAL3_ANY".into()),
        proves: vec![Proof::AtLeast { claim: "authentication_assurance_level".into(), least: 2 }],
        require: vec![Proof::AtLeast { claim: "id_assurance_level".into(), least: 3 }],
        claims: Claims {
            source: Source::Userinfo,
            person: vec![path("sub")],
            name: path("name"),
            professional: Some(path("nhsid_useruid")),
            roles: path("nhsid_nrbac_roles[person_roleid=selected_roleid].role_code"),
            teams: path("nhsid_nrbac_roles[person_roleid=selected_roleid].org_code"),
        },
        logout: true,
    }
}

/// `amr` is not in tokens of version 2; an authentication context is proven by the list `acrs`. `email` can be changed by its owner and names nobody.
fn entra() -> Profile {
    Profile {
        scopes: &["openid", "profile"],
        ask: Ask::Acrs("c1".into()),
        proves: vec![Proof::Acrs(all(&["c1"]))],
        require: Vec::new(),
        claims: Claims {
            source: Source::IdToken,
            person: vec![path("tid"), path("oid")],
            name: path("name"),
            professional: None,
            roles: path("roles"),
            teams: path("groups"),
        },
        logout: true,
    }
}
