//! Refusals as pages: what was not done, its code, and what to do next.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::page::page;
use super::words;
use crate::admin::AdminError;

/// Why a page is not shown, or a form not carried out. Nothing was changed.
pub enum PageRefusal {
    /// Asked for under a name that is not this machine's.
    ForeignHost,
    /// A form that this process did not write.
    Forged,
    /// A form or an address that cannot be read; what the page calls the field of it that is to blame, where people fill that in.
    Unreadable(Option<&'static str>),
    /// The confirmation does not match.
    NotConfirmed,
    /// There is no such page.
    NoPage,
    /// The register says no.
    Admin(AdminError),
}

/// What a page of refusal says where the same form may be sent again, for whoever shows the form beside it.
#[derive(Clone)]
pub struct Said {
    pub told: Markup,
}

impl PageRefusal {
    fn told(&self) -> (StatusCode, &'static str, String) {
        let (status, code, message) = match self {
            Self::ForeignHost => (
                StatusCode::MISDIRECTED_REQUEST,
                "foreign_host",
                "The console answers only as 127.0.0.1, [::1] or localhost. Open it under one of these.",
            ),
            Self::Forged => (
                StatusCode::FORBIDDEN,
                "form_not_ours",
                "This form does not come from the console as it runs now. It may have been restarted: open the page \
                 again and fill the form in anew.",
            ),
            Self::Unreadable(Some(field)) => {
                let message = format!(
                    "“{field}” is missing, too long, or not what belongs there. Look at what was entered."
                );
                return (StatusCode::BAD_REQUEST, "form_invalid", message);
            }
            Self::Unreadable(None) => (
                StatusCode::BAD_REQUEST,
                "form_invalid",
                "What the page fills in by itself did not arrive as it was written, or more was entered than it takes. \
                 Open the page again and fill the form in anew.",
            ),
            Self::NotConfirmed => (
                StatusCode::BAD_REQUEST,
                "not_confirmed",
                "What was typed is not the beginning of this phone's id. Compare it with the phone you mean, \
                 and type the eight characters as they are shown.",
            ),
            Self::NoPage => {
                (StatusCode::NOT_FOUND, "no_such_page", "There is no such page. Begin at the list of phones.")
            }
            Self::Admin(error) => return (Self::status(error), error.code(), error.to_string()),
        };
        (status, code, message.to_owned())
    }

    fn status(error: &AdminError) -> StatusCode {
        match error {
            AdminError::UnknownDevice | AdminError::UnknownProposal | AdminError::NoInventory => {
                StatusCode::NOT_FOUND
            }
            AdminError::Revoked | AdminError::NotSigned | AdminError::OtherFormer => StatusCode::CONFLICT,
            AdminError::Ambiguous
            | AdminError::Who
            | AdminError::Hours
            | AdminError::File(_)
            | AdminError::Policy(_)
            | AdminError::PolicyVersion(_)
            | AdminError::Report { .. }
            | AdminError::ReportTime { .. } => StatusCode::BAD_REQUEST,
            AdminError::App(_)
            | AdminError::NotServed { .. }
            | AdminError::Seal(_)
            | AdminError::Authority { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl PageRefusal {
    /// Whether what was asked for is not there: then nobody has tried to change anything.
    fn is_absent(&self) -> bool {
        matches!(self, Self::NoPage | Self::Admin(AdminError::UnknownDevice | AdminError::UnknownProposal))
    }
}

impl PageRefusal {
    /// Whether the same form can be carried out: with other words, or once the machine works again.
    fn is_mendable(&self) -> bool {
        use AdminError::{App, Hours, NotServed, Policy, PolicyVersion, Report, ReportTime, Seal, Who};
        match self {
            Self::Unreadable(_) | Self::NotConfirmed => true,
            Self::Admin(error) => matches!(
                error,
                App(_)
                    | Hours
                    | NotServed { .. }
                    | Policy(_)
                    | PolicyVersion(_)
                    | Report { .. }
                    | ReportTime { .. }
                    | Seal(_)
                    | Who
            ),
            Self::ForeignHost | Self::Forged | Self::NoPage => false,
        }
    }
}

/// A message as a sentence of its own: a capital first, a full stop last.
fn sentence(message: &str) -> String {
    let mut rest = message.chars();
    let first = rest.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    let stop = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", rest.as_str())
}

impl IntoResponse for PageRefusal {
    fn into_response(self) -> Response {
        let (status, code, message) = self.told();
        let told = html! {
            p.trouble role="alert" { @if !self.is_absent() { strong { "Nothing was changed. " } } (sentence(&message)) }
            p { "Code for the help desk: " code { (code) } }
        };
        let body = html! { (told) p { a href="/devices" { "Go to the list of phones" } } };
        let mut answer = (status, page(words::REFUSED, "", &body)).into_response();
        if self.is_mendable() {
            answer.extensions_mut().insert(Said { told });
        }
        answer
    }
}

impl From<AdminError> for PageRefusal {
    fn from(error: AdminError) -> Self {
        Self::Admin(error)
    }
}

impl PageRefusal {
    /// Of a form or an address that does not read, and what its page asks for; `told` is the reader's own account.
    pub fn unread(told: &str, asked: &[(&str, &'static str)]) -> Self {
        let blamed = blamed(told);
        Self::Unreadable(asked.iter().find(|(name, _)| blamed == Some(*name)).map(|(_, label)| *label))
    }
}

/// The field that a form does not read for: `…: kind: unknown variant …`, or ``…: missing field `kind` ``.
fn blamed(told: &str) -> Option<&str> {
    let plain =
        |name: &&str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let missing = told.split("missing field `").nth(1).and_then(|rest| rest.split('`').next());
    missing.into_iter().chain(told.split(": ").skip(1)).find(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_that_a_form_does_not_read_for_is_named() {
        for (told, field) in [
            ("Failed to deserialize form body: kind: unknown variant `other`, expected `lost`", Some("kind")),
            ("Failed to read: missing field `report_id`", Some("report_id")),
            ("Form requests must have `Content-Type: application/x-www-form-urlencoded`", None),
        ] {
            assert_eq!(blamed(told), field, "{told}");
        }
    }
}
