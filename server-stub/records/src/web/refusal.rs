//! Refusals as pages: what was not done, its code, and the one next step.

use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::layout::{self, Frame};
use super::words::{self, refusal as told};

/// Why a page is not shown, or a form not carried out. The page says that nothing was changed only where that is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Asked for under a name that is not ours.
    ForeignHost,
    /// A form that this process did not write.
    Forged,
    /// Asked for by another site's page.
    ForeignPage,
    /// A form or an address that cannot be read.
    Unreadable,
    /// There is no such page.
    NoPage,
    /// Nobody is signed in.
    NotSignedIn,
    /// The role does not allow it.
    NotAllowed,
    /// The policy's fences do not allow it from there.
    NotHere,
    /// The second factor was proven too long ago; where to prove it anew.
    ProveAgain {
        /// The address of that page.
        at: String,
    },
    /// The list of roles cannot be read.
    RolesUnknown,
    /// The access log cannot be written.
    LogFailed,
    /// What should not happen; where.
    Broken(&'static str),
    /// Something else, with its own words.
    Told {
        /// The status.
        status: StatusCode,
        /// A stable code.
        code: &'static str,
        /// What happened, and the next step.
        message: String,
        /// Where the next step is.
        next: (&'static str, &'static str),
    },
    /// The same, and something is spent by it or may be: a try, a question, a line.
    Spent {
        /// The status.
        status: StatusCode,
        /// A stable code.
        code: &'static str,
        /// What happened, and the next step.
        message: String,
        /// Where the next step is.
        next: (&'static str, &'static str),
    },
    /// Any of these, and what was typed in the form that was refused.
    Typed(Box<Self>, String),
    /// Any of these, behind a part that is done: the page says which.
    Behind(Box<Self>, String),
}

const START: (&str, &str) = ("/", told::TO_START);
const SIGN_IN: (&str, &str) = ("/sign-in", told::TO_SIGN_IN);

impl Refusal {
    /// The same, with what somebody typed: the page gives it back.
    pub(crate) fn keeping(self, typed: &str) -> Self {
        Self::Typed(Box::new(self), typed.to_owned())
    }

    /// The same, where part of what was asked for is done.
    pub(crate) fn behind(self, done: impl Into<String>) -> Self {
        Self::Behind(Box::new(self), done.into())
    }

    /// A stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::ForeignHost => "foreign_host",
            Self::Forged => "form_not_ours",
            Self::ForeignPage => "foreign_page",
            Self::Unreadable => "form_invalid",
            Self::NoPage => "no_such_page",
            Self::NotSignedIn => "not_signed_in",
            Self::NotAllowed => "not_allowed",
            Self::NotHere => "outside_fence",
            Self::ProveAgain { .. } => "prove_again",
            Self::RolesUnknown => "roles_unknown",
            Self::LogFailed => "log_failed",
            Self::Broken(_) => "broken",
            Self::Told { code, .. } | Self::Spent { code, .. } => code,
            Self::Typed(refusal, _) | Self::Behind(refusal, _) => refusal.code(),
        }
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::ForeignHost => StatusCode::MISDIRECTED_REQUEST,
            Self::Forged | Self::ForeignPage | Self::NotAllowed | Self::NotHere | Self::ProveAgain { .. } => {
                StatusCode::FORBIDDEN
            }
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::NoPage => StatusCode::NOT_FOUND,
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::RolesUnknown | Self::LogFailed => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Told { status, .. } | Self::Spent { status, .. } => *status,
            Self::Typed(refusal, _) | Self::Behind(refusal, _) => refusal.status(),
        }
    }

    pub(crate) fn message(&self) -> &str {
        match self {
            Self::ForeignHost => told::FOREIGN_HOST,
            Self::Forged => told::FORGED,
            Self::ForeignPage => told::FOREIGN_PAGE,
            Self::Unreadable => told::UNREADABLE,
            Self::NoPage => told::NO_PAGE,
            Self::NotSignedIn => told::SIGN_IN_FIRST,
            Self::NotAllowed => told::NOT_ALLOWED,
            Self::NotHere => told::NOT_HERE,
            Self::ProveAgain { .. } => told::PROVE_AGAIN,
            Self::RolesUnknown => told::ROLES_UNKNOWN,
            Self::LogFailed => told::LOG_FAILED,
            Self::Broken(_) => told::BROKEN,
            Self::Told { message, .. } | Self::Spent { message, .. } => message,
            Self::Typed(refusal, _) | Self::Behind(refusal, _) => refusal.message(),
        }
    }

    /// What broke, where something did.
    fn broke(&self) -> Option<&'static str> {
        match self {
            Self::Broken(place) => Some(place),
            Self::Typed(refusal, _) | Self::Behind(refusal, _) => refusal.broke(),
            _ => None,
        }
    }

    /// What stayed as it was, or did not. Of what was filled in nothing is kept, and of what broke off nobody knows how far it came.
    fn untouched(&self) -> Option<&str> {
        match self {
            Self::ForeignHost | Self::ForeignPage | Self::NoPage | Self::Told { .. } => {
                Some(words::NOTHING_LOST)
            }
            Self::Forged
            | Self::Unreadable
            | Self::NotSignedIn
            | Self::NotAllowed
            | Self::NotHere
            | Self::ProveAgain { .. }
            | Self::RolesUnknown => Some(words::NOTHING_CHANGED),
            Self::LogFailed | Self::Broken(_) | Self::Spent { .. } => None,
            // A form that was filled in is lost, but for what the page gives back.
            Self::Typed(refusal, _) => match &**refusal {
                Self::Behind(_, done) => Some(done),
                refusal => refusal.untouched().map(|_| words::NOTHING_CHANGED),
            },
            Self::Behind(_, done) => Some(done),
        }
    }

    fn next(&self) -> (&str, &str) {
        match self {
            Self::NotSignedIn => SIGN_IN,
            Self::ProveAgain { at } => (at, told::TO_PROVE),
            Self::Told { next, .. } | Self::Spent { next, .. } => *next,
            Self::Typed(refusal, _) | Self::Behind(refusal, _) => refusal.next(),
            Self::ForeignHost
            | Self::Forged
            | Self::ForeignPage
            | Self::Unreadable
            | Self::NoPage
            | Self::NotAllowed
            | Self::NotHere
            | Self::RolesUnknown
            | Self::LogFailed
            | Self::Broken(_) => START,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (refusal, typed) = match &self {
            Self::Typed(refusal, typed) => (&**refusal, typed.as_str()),
            refusal => (refusal, ""),
        };
        if let Some(place) = refusal.broke() {
            tracing::error!(place, "a page is broken");
        }
        let (address, word) = self.next();
        let body = html! {
            p.trouble role="alert" { (self.message()) }
            @if let Some(untouched) = self.untouched() { p { (untouched) } }
            @if !typed.trim().is_empty() {
                div.field.wide {
                    label for="typed" { (words::TYPED) }
                    p.hint id="typed-hint" { (words::TYPED_HINT) }
                    textarea id="typed" rows="6" readonly aria-describedby="typed-hint" { "\n" (typed) }
                }
            }
            p { a.button.main href=(address) { (word) } }
            p.hint { (words::CODE) " " code { (self.code()) } }
        };
        (self.status(), layout::page(&Frame::plain(told::TITLE), &body)).into_response()
    }
}

impl From<FormRejection> for Refusal {
    fn from(_: FormRejection) -> Self {
        Self::Unreadable
    }
}
