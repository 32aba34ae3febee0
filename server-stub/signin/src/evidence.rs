//! What a token says about a person, and what it proves.

use gauze_people::person::{Person, PersonId, Role, Team};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

use crate::config::{Path, People, Proof};
use crate::random::base32;

type Claims = Map<String, Value>;

/// What in a token proves something, as the token has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proving {
    /// A way of signing in (`amr`), most often by its name of RFC 8176.
    Method(String),
    /// A level or context of the provider's own (`acr`, `acrs`, or another claim with its number).
    Level(String),
}

/// Whether the claims prove it.
pub fn proves(proof: &Proof, claims: &Claims) -> bool {
    !proving(proof, claims).is_empty()
}

/// By what the claims prove it. An absent claim, and one of another type, proves nothing.
pub fn proving(proof: &Proof, claims: &Claims) -> Vec<Proving> {
    let counts = |value: &Value, wanted: &[String]| {
        value.as_str().filter(|text| wanted.iter().any(|wanted| wanted == text)).map(str::to_owned)
    };
    let listed = |name: &str, wanted: &[String]| -> Vec<String> {
        let list = claims.get(name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|value| counts(value, wanted)).collect()
    };
    match proof {
        Proof::Acr(values) => {
            let acr = claims.get("acr").and_then(|acr| counts(acr, values));
            acr.map(Proving::Level).into_iter().collect()
        }
        Proof::Amr(values) => listed("amr", values).into_iter().map(Proving::Method).collect(),
        Proof::Acrs(values) => listed("acrs", values).into_iter().map(Proving::Level).collect(),
        Proof::AtLeast { claim, least } => {
            let found = Path::parse("", claim).map(|path| path.values(claims)).unwrap_or_default();
            let number = match found.as_slice() {
                [Value::Number(number)] => number.as_i64(),
                [Value::String(text)] => text.parse().ok(),
                _ => None,
            };
            let enough = number.filter(|number| number >= least);
            enough.map(|number| Proving::Level(format!("{claim} {number}"))).into_iter().collect()
        }
    }
}

/// The person that the claims name, with the roles and teams that `people.json` makes of them; nothing where a claim that names
/// the person is missing.
pub fn person(people: &People, claims: &Claims) -> Option<Person> {
    let mapping = &people.provider.claims;
    let named: Vec<&str> = mapping.person.iter().map(|path| path.text(claims)).collect::<Option<_>>()?;
    let roles: BTreeSet<Role> =
        mapping.roles.texts(claims).iter().filter_map(|value| people.roles.get(*value)).copied().collect();
    let (mut teams, mut leads) = (BTreeSet::<Team>::new(), BTreeSet::<Team>::new());
    for member in mapping.teams.texts(claims).iter().filter_map(|value| people.teams.get(*value)) {
        teams.insert(member.team.clone());
        if member.leads {
            leads.insert(member.team.clone());
        }
    }
    let id = person_id(&people.provider.issuer, &named);
    let name: String =
        mapping.name.text(claims).unwrap_or_default().chars().filter(|c| !c.is_control()).take(120).collect();
    // Nobody is shown without a name: what the person reads out from their own page stands in its place.
    let name = if name.trim().is_empty() { id.short().to_owned() } else { name };
    let professional = mapping.professional.as_ref().and_then(|path| path.text(claims));
    Some(Person {
        id,
        name,
        professional: professional.map(|text| text.chars().take(64).collect()),
        roles,
        teams,
        leads,
    })
}

/// The first 16 bytes of SHA-256 over `gauze-person/v1`, issuer and what names the person, each ended by a zero byte.
pub fn person_id(issuer: &str, named: &[&str]) -> PersonId {
    let mut hash = Sha256::new();
    for part in ["gauze-person/v1", issuer].iter().chain(named) {
        hash.update(part);
        hash.update([0]);
    }
    PersonId(base32(&hash.finalize()[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(proof: &Proof, claims: &Value) -> bool {
        proves(proof, claims.as_object().unwrap())
    }

    #[test]
    fn only_what_the_token_says_proves_anything() {
        let gold = Proof::Acr(vec!["gold".into()]);
        assert!(holds(&gold, &json!({ "acr": "gold" })));
        for claims in
            [json!({ "acr": "silver" }), json!({}), json!({ "acr": ["gold"] }), json!({ "acr": null })]
        {
            assert!(!holds(&gold, &claims), "{claims}");
        }
        let context = Proof::Acrs(vec!["c1".into()]);
        assert!(holds(&context, &json!({ "acrs": ["c2", "c1"] })));
        assert!(!holds(&context, &json!({ "acr": "c1" })) && !holds(&context, &json!({ "acrs": "c1" })));
        let level = Proof::AtLeast { claim: "level".into(), least: 2 };
        for (value, expected) in [
            (json!(2), true),
            (json!("3"), true),
            (json!(1), false),
            (json!("x"), false),
            (json!([3]), false),
            (json!(2.5), false),
        ] {
            assert_eq!(holds(&level, &json!({ "level": value })), expected, "{value}");
        }
        assert!(!holds(&Proof::Amr(vec!["otp".into()]), &json!({ "amr": [] })));
    }

    #[test]
    fn it_is_said_by_which_value_something_is_proven_and_only_of_those_that_count() {
        let claims =
            json!({ "acr": "gold", "amr": ["pwd", "otp", "hwk", 7], "acrs": ["c2", "c1"], "level": "3" });
        let by = |proof: Proof| proving(&proof, claims.as_object().unwrap());
        let all = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        assert_eq!(by(Proof::Acr(all(&["silver", "gold"]))), [Proving::Level("gold".into())]);
        let methods = ["otp", "hwk"].map(|method| Proving::Method(method.into()));
        assert_eq!(by(Proof::Amr(all(&["hwk", "otp", "mfa"]))), methods);
        assert_eq!(by(Proof::Acrs(all(&["c1"]))), [Proving::Level("c1".into())]);
        let level = Proof::AtLeast { claim: "level".into(), least: 2 };
        assert_eq!(by(level), [Proving::Level("level 3".into())]);
        assert!(by(Proof::Amr(all(&["sms"]))).is_empty());
    }

    #[test]
    fn whom_the_provider_gives_no_name_is_called_by_their_short_id() {
        let dir = tempfile::tempdir().unwrap();
        let mut secret = std::fs::File::create(dir.path().join("secret")).unwrap();
        std::io::Write::write_all(&mut secret, b"a secret of more than 16").unwrap();
        let people = json!({
            "origin": "https://gauze.example",
            "provider": {
                "issuer": "https://id.example", "profile": "keycloak", "client_id": "gauze",
                "client": { "secret_file": "secret" },
            },
        });
        let people = People::parse(people.to_string().as_bytes(), dir.path()).unwrap();
        for claims in [
            json!({ "sub": "a" }),
            json!({ "sub": "a", "name": "" }),
            json!({ "sub": "a", "name": " \u{0} " }),
        ] {
            let person = person(&people, claims.as_object().unwrap()).unwrap();
            assert_eq!((person.name.as_str(), person.name.len()), (person.id.short(), 8), "{claims}");
        }
        let claims = json!({ "sub": "a", "name": "Ann" });
        assert_eq!(person(&people, claims.as_object().unwrap()).unwrap().name, "Ann");
    }

    #[test]
    fn a_person_is_named_by_issuer_and_subject_and_by_nothing_that_can_be_joined_otherwise() {
        assert_eq!(person_id("https://a", &["b"]).0.len(), 26);
        assert_ne!(person_id("https://a", &["b"]), person_id("https://b", &["b"]));
        assert_ne!(person_id("https://a", &["ab", "c"]), person_id("https://a", &["a", "bc"]));
    }
}
