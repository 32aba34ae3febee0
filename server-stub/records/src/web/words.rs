//! Every word that the pages say, in one place: sentences are whole, present tense, and short (`docs/look.md`).
//!
//! A page takes its words from here and nowhere else, so that a Welsh or a Gaelic table can stand beside this one.

/// The name of the pages, in titles and at the top.
pub(crate) const NAME: &str = "Gauze";
pub(crate) const SKIP: &str = "Skip to the content";
pub(crate) const SECTIONS: &str = "Sections";
pub(crate) const SIGNED_IN_AS: &str = "Signed in as";
pub(crate) const SIGN_OUT: &str = "Sign out";
pub(crate) const CODE: &str = "Code for the help desk:";
pub(crate) const NOTHING_LOST: &str = "Nothing is lost and nothing was changed.";
pub(crate) const GO_ON: &str = "Go on";
pub(crate) const NOT_KNOWN: &str = "Not known";

pub(crate) mod nav {
    pub(crate) const START: &str = "Start";
    pub(crate) const PHOTOS: &str = "Photos";
    pub(crate) const SEARCH: &str = "Find a patient";
    pub(crate) const SESSIONS: &str = "My sign-ins";
    pub(crate) const PEOPLE: &str = "People signed in";
    pub(crate) const WAITING: &str = "Second factors";
}

pub(crate) mod start {
    pub(crate) const TITLE: &str = "Start";
}

pub(crate) mod refusal {
    pub(crate) const TITLE: &str = "This did not work";
    pub(crate) const FOREIGN_HOST: &str = "This page was asked for under another name than its own. Open it under the address that the hospital gave you.";
    pub(crate) const FORGED: &str =
        "This form does not come from the page as it is now. Open the page again and fill the form in anew.";
    pub(crate) const FOREIGN_PAGE: &str = "Another website asked for this. Open it here instead.";
    pub(crate) const UNREADABLE: &str =
        "A field is missing, too long, or not what belongs there. Go back and look at what was entered.";
    pub(crate) const NO_PAGE: &str = "There is no such page. Begin at the start.";
    pub(crate) const SIGN_IN_FIRST: &str = "You are not signed in. Sign in, then do it again.";
    pub(crate) const NOT_ALLOWED: &str = "Your role does not allow this. Ask your team's lead who can do it.";
    pub(crate) const ROLES_UNKNOWN: &str = "The list of roles cannot be read, so nobody's role is known. Tell the help desk, and try again in a minute.";
    pub(crate) const LOG_FAILED: &str = "This cannot be written into the access log, so it is not done. Tell the help desk, and try again in a minute.";
    pub(crate) const BROKEN: &str =
        "Something is broken here. Tell the help desk the code, and try again in a minute.";
    pub(crate) const TO_START: &str = "Go to the start";
    pub(crate) const TO_SIGN_IN: &str = "Sign in";
    pub(crate) const PROVE_AGAIN: &str =
        "This asks for a proof that is not older than five minutes. Prove it is you, then do it again.";
    pub(crate) const TO_PROVE: &str = "Prove it is you";
}

pub(crate) mod sessions {
    pub(crate) const TITLE: &str = "My sign-ins";
    pub(crate) const LEAD: &str = "Every browser that you are signed in with. End those that are not yours.";
    pub(crate) const THIS: &str = "This browser";
    pub(crate) const BROWSER: &str = "Browser";
    pub(crate) const BEGAN: &str = "Signed in";
    pub(crate) const USED: &str = "Last used";
    pub(crate) const HOW: &str = "Second factor";
    pub(crate) const WHO: &str = "Who";
    pub(crate) const END: &str = "End it";
    pub(crate) const END_ALL: &str = "End all of them";
    pub(crate) const END_ALL_MEANS: &str = "You are signed out here too, and sign in again afterwards.";
    pub(crate) const PEOPLE_TITLE: &str = "People signed in";
    pub(crate) const PEOPLE_LEAD: &str =
        "Everybody who is signed in now. Who is ended here loses nothing and can sign in again.";
    pub(crate) const NOBODY: &str = "Nobody is signed in.";
}

pub(crate) mod factor {
    pub(crate) const NONE: &str = "None yet";
    pub(crate) const PROVIDER: &str = "The hospital's sign-in";
    pub(crate) const PASSKEY: &str = "Passkey";
    pub(crate) const HARDWARE: &str = "Passkey in hardware";
    pub(crate) const TOTP: &str = "One-time code";
}
