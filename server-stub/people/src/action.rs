//! What a person can do. Each is one action of the Cedar schema and one word in the access log.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A type for each action, so that a handler says in its signature what must have been allowed and logged.
pub trait Act: Copy {
    /// The action it stands for.
    const ACTION: Action;
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident => $word:literal),* $(,)?) => {
        /// Every action that a role may allow. A route does exactly one of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its word in the schema, in the log and on the command line.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }

        /// One marker type for each action.
        pub mod act {
            use super::{Act, Action};
            $(
                $(#[$doc])*
                #[derive(Clone, Copy, Debug, PartialEq, Eq)]
                pub struct $name;

                impl Act for $name {
                    const ACTION: Action = Action::$name;
                }
            )*
        }
    };
}

actions! {
    /// The work list of a team, or the photos of a patient.
    List => "list",
    /// A search for one patient.
    Search => "search",
    /// One photo on the screen.
    View => "view",
    /// Two photos beside each other; each of the two is asked for.
    Compare => "compare",
    /// One photo on the screen without its invisible mark, for whoever reads a diagnosis in it.
    ViewUnmarked => "view_unmarked",
    /// Receipts, log place and attestation of a photo.
    Proof => "proof",
    /// Who has looked at a photo or a patient.
    WhoLooked => "who_looked",
    /// A photo leaves as a file.
    Export => "export",
    /// A link for somebody outside.
    MakeLink => "make_link",
    /// Wrong patient, site or text is corrected.
    Amend => "amend",
    /// One patient is opened in haste, with a reason.
    BreakGlass => "break_glass",
    /// A break-glass of somebody else is judged.
    ReviewBreakGlass => "review_break_glass",
    /// The access log is read.
    ReadLog => "read_log",
    /// Phones are looked after.
    Phones => "phones",
    /// Roles are given or taken.
    ChangeRole => "change_role",
    /// Another person's sessions are seen or ended.
    EndSession => "end_session",
    /// A person who lost a factor is enrolled again.
    Reenrol => "reenrol",
    /// A setting, key or policy is changed.
    Setting => "setting",
    /// A photo is kept for a court or an inquiry, or no longer.
    Hold => "hold",
    /// Somebody asks for a photo to be erased.
    ProposeErasure => "propose_erasure",
    /// A photo is erased.
    Erase => "erase",
    /// The hospital's documents, and notices to its people, are looked through and changed.
    Documents => "documents",
    /// What is due is listed, and the rules of how long photos are kept are changed.
    Retention => "retention",
    /// Somebody says that something went wrong, or nearly.
    Report => "report",
    /// What went wrong is looked after.
    Case => "case",
    /// What proves a case leaves as an archive.
    CaseEvidence => "case_evidence",
    /// It is looked for whose view a picture was that got out.
    FindMark => "find_mark",
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_has_one_word_everywhere() {
        for action in Action::ALL {
            assert_eq!(serde_json::to_value(action).unwrap(), action.word());
        }
    }
}
