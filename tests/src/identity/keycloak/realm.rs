//! A realm as `docs/people.md` asks for it: what tokens say, and a second factor that is asked of who has one there.

use serde_json::{Value, json};

use crate::identity::{ONE_TIME, PAGES, PHONES, Somebody};

/// The realm's name.
pub(super) const NAME: &str = "hospital";

/// What the realm has to know of the hospital.
pub struct Wanted<'a> {
    /// Where its pages are.
    pub origin: &'a str,
    /// Where phones come back to.
    pub phones_at: &'a str,
    /// The public key of the pages, a JWK.
    pub key: Value,
    /// Who signs in.
    pub people: &'a [Somebody],
}

/// The whole realm, as Keycloak's import takes it.
pub fn realm(wanted: &Wanted<'_>) -> Value {
    let roles = Vec::from(["viewer", "lead", "administrator"].map(|name| json!({ "name": name })));
    json!({
        "realm": NAME,
        "enabled": true,
        "sslRequired": "all",
        "attributes": { "acr.loa.map": json!({ "silver": 1, "gold": 2 }).to_string() },
        // A test signs in more than once in half a minute.
        "otpPolicyType": "totp", "otpPolicyAlgorithm": "HmacSHA1", "otpPolicyInitialCounter": 0, "otpPolicyDigits": 6,
        "otpPolicyLookAheadWindow": 1, "otpPolicyPeriod": 30, "otpPolicyCodeReusable": true,
        "roles": { "realm": roles },
        "groups": [{ "name": "ward", "subGroups": [{ "name": "lead" }] }, { "name": "office" }],
        "authenticationFlows": flows(),
        "authenticatorConfig": [
            { "alias": "level 1", "config": { "loa-condition-level": "1", "loa-max-age": "36000" } },
            { "alias": "level 2", "config": { "loa-condition-level": "2", "loa-max-age": "300" } },
            { "alias": "one-time code", "config": { "default.reference.value": "otp", "default.reference.maxAge": "300" } },
        ],
        "browserFlow": "by level",
        "clients": [pages(wanted), phones(wanted)],
        "users": wanted.people.iter().map(user).collect::<Vec<_>>(),
    })
}

/// `acr_values=gold` asks for level 2: a one-time code, of who has one.
fn flows() -> Value {
    let step = |authenticator: &str, requirement: &str, priority: u32| json!({ "authenticator": authenticator, "requirement": requirement, "priority": priority, "authenticatorFlow": false });
    let configured = |authenticator: &str, config: &str, priority: u32| {
        let mut step = step(authenticator, "REQUIRED", priority);
        step["authenticatorConfig"] = json!(config);
        step
    };
    let below = |alias: &str, requirement: &str, priority: u32| json!({ "flowAlias": alias, "requirement": requirement, "priority": priority, "authenticatorFlow": true });
    let flow = |alias: &str, top: bool, steps: Value| json!({ "alias": alias, "providerId": "basic-flow", "topLevel": top, "builtIn": false, "authenticationExecutions": steps });
    let level = "conditional-level-of-authentication";
    json!([
        flow(
            "by level",
            true,
            json!([step("auth-cookie", "ALTERNATIVE", 10), below("forms", "ALTERNATIVE", 20),])
        ),
        flow("forms", false, json!([below("first", "CONDITIONAL", 10), below("second", "CONDITIONAL", 20)])),
        flow(
            "first",
            false,
            json!([configured(level, "level 1", 10), step("auth-username-password-form", "REQUIRED", 20),])
        ),
        flow(
            "second",
            false,
            json!([
                configured(level, "level 2", 10),
                step("conditional-user-configured", "REQUIRED", 20),
                configured("auth-otp-form", "one-time code", 30),
            ])
        ),
    ])
}

/// A confidential client by its key, with what the profile `keycloak` reads in ID tokens: Keycloak puts neither roles nor groups
/// there by itself.
fn pages(wanted: &Wanted<'_>) -> Value {
    let mapper = |name: &str, kind: &str, mut config: Value| {
        config["id.token.claim"] = json!("true");
        json!({ "name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": config })
    };
    let roles =
        json!({ "claim.name": "realm_access.roles", "jsonType.label": "String", "multivalued": "true" });
    json!({
        "clientId": PAGES,
        "publicClient": false,
        "clientAuthenticatorType": "client-jwt",
        "standardFlowEnabled": true,
        "directAccessGrantsEnabled": false,
        "redirectUris": [format!("{}/sign-in/back", wanted.origin)],
        "attributes": {
            "token.endpoint.auth.signing.alg": "ES256",
            "use.jwks.string": "true",
            "jwks.string": json!({ "keys": [wanted.key] }).to_string(),
            "pkce.code.challenge.method": "S256",
            "require.pushed.authorization.requests": "true",
            "backchannel.logout.url": format!("{}/sign-in/ended", wanted.origin),
            "backchannel.logout.session.required": "true",
            "post.logout.redirect.uris": format!("{}/sign-in", wanted.origin),
        },
        "protocolMappers": [
            mapper("roles", "oidc-usermodel-realm-role-mapper", roles),
            mapper("groups", "oidc-group-membership-mapper", json!({ "claim.name": "groups", "full.path": "true" })),
            mapper("amr", "oidc-amr-mapper", json!({})),
        ],
    })
}

/// A public client: the phone's proof is its own key, to which the token's `nonce` commits.
fn phones(wanted: &Wanted<'_>) -> Value {
    json!({
        "clientId": PHONES,
        "publicClient": true,
        "standardFlowEnabled": true,
        "directAccessGrantsEnabled": false,
        "redirectUris": [wanted.phones_at],
        "attributes": {
            "pkce.code.challenge.method": "S256",
            "require.pushed.authorization.requests": "true",
        },
    })
}

fn user(somebody: &Somebody) -> Value {
    let (first, last) = somebody.name.split_once(' ').unwrap_or((somebody.name, somebody.name));
    let mut credentials = vec![json!({ "type": "password", "value": somebody.password })];
    if somebody.one_time {
        let kind =
            json!({ "subType": "totp", "digits": 6, "period": 30, "algorithm": "HmacSHA1", "counter": 0 });
        credentials.push(json!({
            "type": "otp",
            "secretData": json!({ "value": ONE_TIME[0] }).to_string(),
            "credentialData": kind.to_string(),
        }));
    }
    json!({
        "username": somebody.login,
        "enabled": true,
        "emailVerified": true,
        "email": format!("{}@hospital.example", somebody.login),
        "firstName": first,
        "lastName": last,
        "realmRoles": [somebody.role],
        "groups": [somebody.group],
        "credentials": credentials,
    })
}
