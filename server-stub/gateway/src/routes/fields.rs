//! What the header fields of a transfer say, in the version of the draft that the sender names, and what is said to it.
//!
//! Always: whoever names no version, or one that is not spoken here, is answered as ever and told nothing before the answer.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use gauze_wire::resume::{INTEROP_VERSION, Interop, Part, announced, complete, completeness, say_complete};
use gauze_wire::{Problem, ProblemCode, WireError};

use crate::interim::Interim;
use crate::refusal::RequestRefusal;

const MISMATCHING_OFFSET: &str = "https://iana.org/assignments/http-problem-types#mismatching-upload-offset";

/// What a request with bytes says of them.
pub(super) struct Said {
    /// The version that it names.
    pub version: Option<Interop>,
    /// How many bytes it brings.
    pub brings: Option<u64>,
    /// How many the whole photo has.
    pub whole: Option<u64>,
    /// Whether it brings the last of them, where a version is named that could say so.
    pub complete: Option<bool>,
}

impl Said {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, RequestRefusal> {
        let version = version(headers)?;
        let said = once(headers, completeness(version))?;
        Ok(Self {
            version,
            brings: read(announced(once(headers, "content-length")?))?,
            whole: read(announced(once(headers, "upload-length")?))?,
            complete: if version.is_some() { read(complete(version, said))? } else { None },
        })
    }

    /// Whether it can be a photo of `size` bytes from its beginning.
    pub(super) fn fits(&self, size: u64) -> bool {
        let enough = |brings| if self.complete == Some(false) { brings <= size } else { brings == size };
        self.brings.is_none_or(enough) && self.whole.is_none_or(|whole| whole == size)
    }

    /// The version of whoever wants to hear that the transfer may be resumed.
    pub(super) fn asks(&self) -> Option<Interop> {
        self.version.filter(|_| self.complete.is_some())
    }
}

/// What a `PUT` says, and a way to say something before its answer.
pub struct Beginning {
    pub(super) said: Said,
    pub(super) interim: Interim,
}

impl<S: Sync> FromRequestParts<S> for Beginning {
    type Rejection = RequestRefusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RequestRefusal> {
        let Ok(interim) = Interim::from_request_parts(parts, state).await;
        Ok(Self { said: Said::of(&parts.headers)?, interim })
    }
}

/// What a `PATCH` announces.
pub(super) fn part(headers: &HeaderMap, said: &Said) -> Result<Part, RequestRefusal> {
    let field = |name| once(headers, name);
    let (kind, offset, ends) =
        (field("content-type")?, field("upload-offset")?, field(completeness(said.version))?);
    read(Part::parse(said.version, kind, offset, ends, said.brings))
}

fn version(headers: &HeaderMap) -> Result<Option<Interop>, RequestRefusal> {
    Ok(once(headers, INTEROP_VERSION)?.and_then(Interop::parse))
}

fn read<T>(said: Result<T, WireError>) -> Result<T, RequestRefusal> {
    said.map_err(|_| ProblemCode::MalformedRequest.into())
}

/// A header field that may be there once: of two, a proxy might believe the other.
fn once<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, RequestRefusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ProblemCode::MalformedRequest.into()),
        (Some(_), Some(_)) => Err(ProblemCode::MalformedRequest.into()),
    }
}

/// The head of the interim answer that says where a transfer goes on.
pub(super) fn may_be_resumed(version: Interop, location: &str, size: u64) -> String {
    let number = version.number();
    let limit =
        if version >= Interop::V6 { format!("Upload-Limit: max-size={size}\r\n") } else { String::new() };
    format!(
        "HTTP/1.1 104 Upload Resumption Supported\r\nUpload-Draft-Interop-Version: {number}\r\n\
         Location: {location}\r\n{limit}\r\n"
    )
}

/// Answers in the words of the version that was named.
pub(super) async fn in_its_version(request: Request, next: Next) -> Response {
    let version = version(request.headers()).ok().flatten();
    let provided = once(request.headers(), "upload-offset").ok().flatten().and_then(|text| text.parse().ok());
    let answer = next.run(request).await;
    match version {
        Some(version) => reworded(answer, version, provided),
        None => answer,
    }
}

fn reworded(mut answer: Response, version: Interop, provided: Option<u64>) -> Response {
    let headers = answer.headers_mut();
    headers.insert(INTEROP_VERSION, HeaderValue::from(version.number()));
    if let Some(complete) = headers.remove("upload-complete") {
        let said = say_complete(Some(version), complete == "?1");
        headers.insert(completeness(Some(version)), HeaderValue::from_static(said));
    }
    let expected = headers.get("upload-offset").and_then(|value| value.to_str().ok()?.parse().ok());
    match (expected, provided) {
        (Some(expected), Some(provided))
            if version >= Interop::V6 && answer.status() == StatusCode::CONFLICT =>
        {
            mismatching(answer, expected, provided)
        }
        _ => answer,
    }
}

/// The same refusal, as the draft's problem type.
fn mismatching(answer: Response, expected: u64, provided: u64) -> Response {
    let problem = Problem::from(ProblemCode::OffsetConflict);
    let body = serde_json::json!({
        "type": MISMATCHING_OFFSET,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "expected-offset": expected,
        "provided-offset": provided,
    });
    let (mut head, _) = answer.into_parts();
    head.headers.remove("content-length");
    Response::from_parts(head, body.to_string().into())
}
