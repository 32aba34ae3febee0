//! `/openapi.json`: what each route says of itself, and beside it what all routes of its kind have in common: who asks, with what
//! body, and with which problems they are turned away.

use gauze_wire::ProblemCode;
use serde_json::{Value, json};

/// Who asks, which decides how they prove themselves and what they may be told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asker {
    /// Anybody, unsigned.
    Anybody,
    /// Somebody whose body proves who they are.
    Signer,
    /// An enrolled phone, by RFC 9421.
    Phone,
    /// The records side, by RFC 9421.
    Records,
    /// Whoever has the upload address.
    Holder,
}

/// The body of a request: its media type, and what is in it.
struct Body(&'static str, &'static str);

const JSON: &str = "application/json";
const JOSE: &str = "application/jose";

/// Every route that has a body or a proof, and who asks there; the others are anybody's.
const ROUTES: &[(&str, Asker, Option<Body>)] = &[
    (
        "/v1/{tenant}/enrolments",
        Asker::Signer,
        Some(Body(JOSE, "a gauze-enrolment, a compact JWS by the new device key")),
    ),
    (
        "/v1/{tenant}/attestations",
        Asker::Signer,
        Some(Body(JOSE, "a gauze-reattestation, a compact JWS by the device key")),
    ),
    ("/v1/{tenant}/wiped", Asker::Signer, Some(Body(JOSE, "a gauze-wiped, a compact JWS by the device key"))),
    (
        "/v1/{tenant}/reports",
        Asker::Phone,
        Some(Body(JSON, "{report: a gauze-report, a compact JWS by the device key}")),
    ),
    ("/v1/{tenant}/uploads", Asker::Phone, Some(Body(JSON, "{manifest, highest_seq, unsent}"))),
    (
        "/v1/{tenant}/status",
        Asker::Phone,
        Some(Body(
            JSON,
            "{captures: [id, at most 100], holding?: {highest_seq, unsent, app_version, screen_captures?}}",
        )),
    ),
    ("/v1/{tenant}/log", Asker::Records, None),
    ("/v1/{tenant}/blobs/{device}/{capture}", Asker::Records, None),
    ("/v1/{tenant}/outcomes", Asker::Records, Some(Body(JSON, "{receipts: [JWS, at most 100]}"))),
    (
        "/v1/{tenant}/decisions",
        Asker::Records,
        Some(Body(
            JSON,
            "{decisions: [{proposal_id, operator, reason, signed?}, at most 100], inventory?: {list, token?}}",
        )),
    ),
    (
        "/v1/{tenant}/cosignatures",
        Asker::Records,
        Some(Body("text/plain", "a cosigned checkpoint, a C2SP note")),
    ),
    (
        "/v1/{tenant}/access-checkpoints",
        Asker::Records,
        Some(Body(
            JSON,
            "the access log's checkpoint with the proof that it continues the one cosigned before",
        )),
    ),
    (
        "/v1/transfers/{ticket}",
        Asker::Holder,
        Some(Body("application/octet-stream", "the sealed bytes, or a part of them")),
    ),
];

impl Asker {
    fn of(path: &str) -> (Self, Option<&'static Body>) {
        let found = ROUTES.iter().find(|(route, _, _)| *route == path);
        found.map_or((Self::Anybody, None), |(_, asker, body)| (*asker, body.as_ref()))
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Anybody => "anybody",
            Self::Signer | Self::Phone => "phones",
            Self::Records => "records side",
            Self::Holder => "upload addresses",
        }
    }

    /// What every request of this kind can be told.
    fn problems(self) -> Vec<ProblemCode> {
        use ProblemCode as P;
        let proof = [P::SignatureMissing, P::SignatureInvalid, P::SignatureExpired, P::Replayed];
        let own: &[P] = match self {
            Self::Anybody => &[P::UnknownTenant, P::NotFound],
            Self::Signer => &[
                P::UnknownTenant,
                P::SignatureInvalid,
                P::UnknownDevice,
                P::WrongDevice,
                P::WrongType,
                P::ChallengeInvalid,
                P::DeviceRefused,
                P::TooManyRequests,
            ],
            Self::Phone => &[P::UnknownTenant, P::UnknownDevice, P::DeviceRefused, P::TooManyRequests],
            Self::Records => &[P::UnknownTenant, P::NotFound],
            Self::Holder => &[
                P::TicketUnknown,
                P::TicketExpired,
                P::NotFound,
                P::DeviceRefused,
                P::TransferBusy,
                P::OffsetConflict,
                P::DigestMismatch,
                P::SizeMismatch,
                P::TooManyRequests,
                P::QuotaExceeded,
            ],
        };
        let reads: &[P] =
            if self == Self::Anybody { &[] } else { &[P::MalformedRequest, P::TooLarge, P::StorageFull] };
        let proof = if matches!(self, Self::Phone | Self::Records) { &proof[..] } else { &[] };
        [own, reads, proof, &[P::Internal, P::StorageFailed, P::Unavailable]].concat()
    }
}

/// Completes what the routes' own annotations say.
pub(super) fn complete(mut described: Value) -> Value {
    let paths = described["paths"].as_object_mut();
    for (path, operations) in paths.into_iter().flatten() {
        let (asker, body) = Asker::of(path);
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            operation["tags"] = json!([asker.tag()]);
            name_tenant(operation);
            if let Some(Body(media, told)) = body.filter(|_| !matches!(method.as_str(), "get" | "head")) {
                let schema = if *media == JSON {
                    json!({"type": "object", "description": told})
                } else {
                    json!({"type": "string"})
                };
                operation["requestBody"] =
                    json!({"required": true, "description": told, "content": {*media: {"schema": schema}}});
            }
            refuse(operation, &asker.problems());
        }
    }
    let codes: Vec<_> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
    described["components"]["schemas"]["Problem"] = json!({
        "type": "object",
        "description": "RFC 9457; each code with what to do next stands in docs/messages.md",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string", "description": "urn:gauze:problem:CODE"},
            "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string", "description": "what to do next"},
            "code": {"type": "string", "enum": codes},
            "reason": {"type": "string", "description": "where a phone does not enrol for what it is: what did not hold"},
            "help": {"type": "string", "description": "the short code of reason, for the help desk"}
        }
    });
    described
}

fn name_tenant(operation: &mut Value) {
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        if parameter["name"] == "tenant" {
            parameter["description"] = json!("the hospital's short name, as in its trust bundle");
        }
    }
}

/// Adds the problems, and to every refusal that it is one.
fn refuse(operation: &mut Value, problems: &[ProblemCode]) {
    for problem in problems {
        let told = &mut operation["responses"][problem.status().to_string()]["description"];
        match told.as_str() {
            None => *told = json!(problem.as_str()),
            Some(text) if text.contains(problem.as_str()) => {}
            Some(text) => *told = json!(format!("{text}; {problem}")),
        }
    }
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if status.as_str() >= "400" {
            response["content"] =
                json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
        }
    }
}
