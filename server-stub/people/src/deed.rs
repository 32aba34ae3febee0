//! From asked to allowed to logged, by types that nobody else can make.

use std::fmt;
use std::marker::PhantomData;

use gauze_wire::Digest;

use crate::acting::Acting;
use crate::action::{Act, Action};
use crate::context::Context;
use crate::line::Line;
use crate::subject::Subject;
use crate::words::Note;

/// What somebody asked for, and what decided it.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    pub(crate) action: Action,
    pub(crate) acting: Acting,
    pub(crate) subject: Subject,
    pub(crate) context: Context,
    /// The `@id`s of the policies that decided, sorted.
    pub(crate) policies: Vec<String>,
    pub(crate) policy_set: Digest,
    /// A word of the program's own, for the entry.
    pub(crate) note: Option<Note>,
}

/// A role allows it; nothing is done yet. It can only be logged or dropped.
#[derive(Debug)]
#[must_use = "what is allowed counts only once it is logged"]
pub struct Authorised<A: Act> {
    pub(crate) deed: Box<Deed>,
    pub(crate) act: PhantomData<A>,
}

/// Its entry is on disk and in the tree: now it may be done, once.
#[derive(Debug)]
pub struct Logged<A: Act> {
    pub(crate) deed: Box<Deed>,
    pub(crate) line: Line,
    pub(crate) act: PhantomData<A>,
}

macro_rules! readable {
    ($name:ident) => {
        impl<A: Act> $name<A> {
            /// Who.
            pub fn acting(&self) -> &Acting {
                &self.deed.acting
            }

            /// What about.
            pub fn subject(&self) -> &Subject {
                &self.deed.subject
            }

            /// Under which circumstances.
            pub fn context(&self) -> &Context {
                &self.deed.context
            }

            /// The `@id`s of the policies that allowed it.
            pub fn policies(&self) -> &[String] {
                &self.deed.policies
            }
        }
    };
}

readable!(Authorised);
readable!(Logged);

impl<A: Act> Authorised<A> {
    /// The same, with a word for its entry: a verdict, the hash of what leaves, the name of a setting.
    pub fn noting(mut self, note: Note) -> Self {
        self.deed.note = Some(note);
        self
    }
}

impl<A: Act> Logged<A> {
    /// Its entry.
    pub fn line(&self) -> &Line {
        &self.line
    }
}

/// Why a role does not allow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeniedCause {
    /// No policy permits it.
    NoPermit,
    /// These policies forbid it, whatever permits it.
    Forbidden(Vec<String>),
    /// The action is not for such a subject, or a policy could not be evaluated: a fault of ours, and still a no.
    Misfit(String),
}

/// A role does not allow it. It is logged by [`crate::log::AccessLog::refuse`] before it is answered.
#[derive(Clone, Debug)]
pub struct Denied(pub(crate) Box<(Deed, DeniedCause)>);

impl Denied {
    /// Why.
    pub fn cause(&self) -> &DeniedCause {
        &self.0.1
    }

    /// What was asked.
    pub fn action(&self) -> Action {
        self.0.0.action
    }

    /// Who asked.
    pub fn acting(&self) -> &Acting {
        &self.0.0.acting
    }

    /// What about.
    pub fn subject(&self) -> &Subject {
        &self.0.0.subject
    }

    /// True where a fresh proof of the second factor is all that is missing.
    pub fn wants_step_up(&self) -> bool {
        self.0.1 == DeniedCause::Forbidden(vec!["step-up".to_owned()])
    }

    /// True where the same would be allowed from another network.
    pub fn wants_another_place(&self) -> bool {
        let fence = |id: &String| id.starts_with("fence-no-");
        matches!(self.cause(), DeniedCause::Forbidden(ids) if ids.iter().all(fence))
    }

    /// `no_permit`, `forbidden` or `misfit`.
    pub fn code(&self) -> &'static str {
        match self.cause() {
            DeniedCause::NoPermit => "no_permit",
            DeniedCause::Forbidden(_) => "forbidden",
            DeniedCause::Misfit(_) => "misfit",
        }
    }

    /// What to do.
    pub fn next_step(&self) -> &'static str {
        match self.cause() {
            DeniedCause::Forbidden(_) if self.wants_step_up() => "Prove your second factor again.",
            DeniedCause::NoPermit | DeniedCause::Forbidden(_) => {
                "Ask an administrator which role allows it; in an emergency break the glass."
            }
            DeniedCause::Misfit(_) => {
                "Tell the administrator: the program asked for something that makes no sense."
            }
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause() {
            DeniedCause::NoPermit => write!(f, "no policy permits {}", self.action()),
            DeniedCause::Forbidden(ids) => write!(f, "{} is forbidden by {}", self.action(), ids.join(", ")),
            DeniedCause::Misfit(what) => write!(f, "{} cannot be judged: {what}", self.action()),
        }
    }
}

impl std::error::Error for Denied {}
