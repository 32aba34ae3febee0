//! Every word that the pages say, in one place: sentences are whole, present tense, and short (`docs/look.md`).
//!
//! A page takes its words from here and nowhere else, so that a Welsh or a Gaelic table can stand beside this one.

pub(crate) mod errors;

/// The language of all of it, as HTML names it (BCP 47).
pub(crate) const LANGUAGE: &str = "en";
/// The name of the pages, in titles and at the top.
pub(crate) const NAME: &str = "Gauze";
pub(crate) const SKIP: &str = "Skip to the content";
pub(crate) const SECTIONS: &str = "Sections";
pub(crate) const SIGNED_IN_AS: &str = "Signed in as";
pub(crate) const SIGN_OUT: &str = "Sign out";
pub(crate) const CODE: &str = "Code for the help desk:";
pub(crate) const NOTHING_LOST: &str = "Nothing is lost and nothing was changed.";
pub(crate) const NOTHING_CHANGED: &str = "Nothing was changed.";
pub(crate) const TYPED: &str = "What you wrote";
pub(crate) const TYPED_HINT: &str = "It is kept nowhere else. Copy it before you go on.";
pub(crate) const GO_ON: &str = "Go on";
pub(crate) const NOT_KNOWN: &str = "Not known";

pub(crate) mod nav {
    pub(crate) const PHOTOS: &str = "Photos";
    pub(crate) const SEARCH: &str = "Find a patient";
    pub(crate) const SESSIONS: &str = "My sign-ins";
    pub(crate) const PEOPLE: &str = "People signed in";
    pub(crate) const WAITING: &str = "Second factors";
    pub(crate) const HASTES: &str = "Break-glass";
    pub(crate) const GOVERNANCE: &str = "Governance";
    pub(crate) const PHONES: &str = "Phones";
    pub(crate) const ROLES: &str = "Roles";
    pub(crate) const POLICIES: &str = "Policies";
    pub(crate) const LINKS: &str = "Links";
    pub(crate) const KEEPING: &str = "Keeping";
    pub(crate) const DOCUMENTS: &str = "Documents";
    pub(crate) const CASES: &str = "Cases";
    pub(crate) const REPORT: &str = "Something went wrong";
}

pub(crate) mod refusal {
    pub(crate) const TITLE: &str = "This did not work";
    pub(crate) const FOREIGN_HOST: &str = "This page was asked for under another name than its own. Open it under the address that the hospital gave you.";
    pub(crate) const FORGED: &str =
        "This form does not come from the page as it is now. Open the page again and fill the form in anew.";
    pub(crate) const FOREIGN_PAGE: &str = "Another website asked for this. Open it here instead.";
    pub(crate) const UNREADABLE: &str = "What the page fills in by itself did not arrive as it was written, or more was entered than it takes. Open the page again and fill the form in anew.";
    pub(crate) const NO_PAGE: &str = "There is no such page. Begin at the start.";
    pub(crate) const SIGN_IN_FIRST: &str = "You are not signed in. Sign in, then do it again.";
    pub(crate) const NOT_HERE: &str = "The hospital has this done from its own places only. Do it again from inside the hospital; in an emergency, open the patient under break-glass.";
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
    pub(crate) const ANOTHER: &str = "Add another passkey";
    pub(crate) const END: &str = "End it";
    pub(crate) const END_ALL: &str = "End all of them";
    pub(crate) const END_ALL_MEANS: &str = "You are signed out here too, and sign in again afterwards.";
    pub(crate) const PEOPLE_TITLE: &str = "People signed in";
    pub(crate) const PEOPLE_LEAD: &str =
        "Everybody who is signed in now. Who is ended here loses nothing and can sign in again.";
    pub(crate) const NOBODY: &str = "Nobody is signed in.";
}

pub(crate) mod roles {
    use gauze_people::person::Role;

    pub(crate) const TITLE: &str = "Roles";
    pub(crate) const LEAD: &str = "Roles that were given here, beside those that the hospital account brings. A role that is taken away is gone at the next click.";
    pub(crate) const GIVE: &str = "Give a role";
    pub(crate) const TAKE: &str = "Take it away";
    pub(crate) const NOBODY: &str = "No role was given here, and nobody else is signed in.";
    pub(crate) const ID: &str = "Id";
    pub(crate) const ACCOUNT: &str = "From the hospital account";
    pub(crate) const NOT_SIGNED_IN: &str = "Not signed in now";
    pub(crate) const NONE: &str = "None";
    pub(crate) const HERE: &str = "Given here";
    pub(crate) const FROM: &str = "from";
    pub(crate) const UNTIL: &str = "until";
    pub(crate) const ALWAYS: &str = "until it is taken away";
    pub(crate) const GIVE_LEAD: &str =
        "It counts once it is in the access log, with your name and why. Nobody gives a role to themselves.";
    pub(crate) const WHO: &str = "Whose";
    pub(crate) const WHO_HINT: &str =
        "All 26 letters and digits of the id. While somebody is signed in, it stands on the page Roles.";
    pub(crate) const ROLE: &str = "Role";
    pub(crate) const TEAMS: &str = "Teams";
    pub(crate) const TEAMS_HINT: &str =
        "One code on a line. Viewers and leads need at least one team, other roles have none. Known:";
    pub(crate) const FROM_DAY: &str = "From this day on, or at once";
    pub(crate) const UNTIL_DAY: &str = "Until the end of this day, or until it is taken away";
    pub(crate) const REASON: &str = "Why";
    pub(crate) const REASON_HINT: &str = "In words. Governance reads it.";
    pub(crate) const TAKE_TITLE: &str = "Take a role away";
    pub(crate) const TAKE_LEAD: &str =
        "It is gone at the person's next click. Nothing else of theirs changes.";
    pub(crate) const BAD_ID: &str = "This is no person's id. Enter all 26 letters and digits.";
    pub(crate) const BAD_ROLE: &str = "Choose a role.";
    pub(crate) const BAD_TEAMS: &str =
        "Viewers and leads need at least one team, by its code; other roles have none.";
    pub(crate) const BAD_DATES: &str = "The last day lies before the first, or a day cannot be read.";
    pub(crate) const NO_REASON: &str = "Write why, in at most 512 letters.";

    /// A role.
    pub(crate) fn role(role: Role) -> &'static str {
        match role {
            Role::Capturer => "Takes photos",
            Role::Viewer => "Viewer",
            Role::Lead => "Team lead",
            Role::Auditor => "Auditor",
            Role::It => "IT, for phones",
            Role::Administrator => "Administrator",
            Role::Governance => "Governance",
        }
    }

    /// A change as its line notes it (`give:viewer:burns/2026-12-01/-`), for people; as it stands where it is of no such form.
    pub(crate) fn change(note: &str) -> String {
        told(note).unwrap_or_else(|| note.to_owned())
    }

    fn told(note: &str) -> Option<String> {
        let (given, rest) = match note.split_once(':')? {
            ("give", rest) => ("Given", rest),
            ("take", rest) => ("Taken away", rest),
            _ => return None,
        };
        let mut parts = rest.split('/');
        let mut names = parts.next()?.split(':');
        let word = names.next()?;
        let known = Role::ALL.into_iter().find(|role| role.word() == word)?;
        let teams: Vec<_> = names.collect();
        let teams = if teams.is_empty() { String::new() } else { format!(" of {}", teams.join(", ")) };
        let mut day = |before: &str| match parts.next() {
            None | Some("-") => String::new(),
            Some(day) => format!(", {before} {day}"),
        };
        Some(format!("{given}: {}{teams}{}{}", role(known), day("from"), day("until")))
    }

    #[cfg(test)]
    mod tests {
        use super::change;

        #[test]
        fn a_change_is_told_in_words_and_what_is_none_as_it_stands() {
            for (note, told) in [
                ("give:viewer:ward_4:tissue/-/-", "Given: Viewer of ward_4, tissue"),
                ("give:auditor/2026-12-01/2027-03-31", "Given: Auditor, from 2026-12-01, until 2027-03-31"),
                ("take:lead:burns", "Taken away: Team lead of burns"),
                ("take:it", "Taken away: IT, for phones"),
                ("give:king/-/-", "give:king/-/-"),
                ("opened/2", "opened/2"),
            ] {
                assert_eq!(change(note), told);
            }
        }
    }
}

pub(crate) mod policies {
    pub(crate) const TITLE: &str = "Policies";
    pub(crate) const LEAD: &str = "What each role may do. They count for everybody from the next click on, and the program's own guards hold whatever stands here.";
    pub(crate) const IN_FORCE: &str = "In force:";
    pub(crate) const TEXT: &str = "Policies, in Cedar";
    pub(crate) const SAVE: &str = "Put these in force";
    pub(crate) const REFUSED: &str = "This does not hold, so what was in force stays.";
    pub(crate) const LOCKS_OUT: &str = "This does not hold for you: nobody could change it again. Keep a rule that lets administrators do it.";
}

pub(crate) mod factor {
    pub(crate) const NONE: &str = "None yet";
    pub(crate) const PROVIDER: &str = "The hospital's sign-in";
    pub(crate) const PASSKEY: &str = "Passkey";
    pub(crate) const HARDWARE: &str = "Passkey in hardware";
    pub(crate) const TOTP: &str = "One-time code";
}

pub(crate) mod door {
    pub(crate) const TITLE: &str = "Sign in";
    pub(crate) const LEAD: &str =
        "You sign in with your hospital account. Then you prove that it is you a second time.";
    pub(crate) const BUTTON: &str = "Sign in with your hospital account";
    pub(crate) const SHARED: &str = "On a shared computer, sign out when you leave it.";
    pub(crate) const ONWARD: &str = "One moment";
    pub(crate) const SIGNED_OUT_TITLE: &str = "Signed out";
    pub(crate) const SIGNED_OUT: &str = "You are signed out of Gauze in this browser.";
    pub(crate) const STILL_THERE: &str =
        "Your hospital account may still be open in this browser. Close it too on a shared computer.";
    pub(crate) const SIGN_OUT_THERE: &str = "Sign out of the hospital account";
    pub(crate) const AGAIN: &str = "Sign in again";
}

pub(crate) mod second {
    pub(crate) const TITLE: &str = "Prove it is you";
    pub(crate) const LEAD: &str = "Your hospital account is open. Photos open after a second proof.";
    pub(crate) const USE_PASSKEY: &str = "Use your passkey";
    pub(crate) const TOTP: &str = "Six digits from your app";
    pub(crate) const TOTP_HINT: &str = "A code counts once. After five wrong ones it is locked.";
    pub(crate) const CHECK: &str = "Go on";
    pub(crate) const LOCKED: &str =
        "Your one-time codes are locked after five wrong ones. Two others can enrol you again.";
    pub(crate) const LOST: &str = "I no longer have it";
    pub(crate) const LOST_MEANS: &str = "Your team's lead and an administrator speak for you, then give you a code. Stay on this page and tell both:";
    pub(crate) const BACK: &str = "Go back";
    pub(crate) const PASSKEY_FAILED: &str =
        "The passkey was not used. Try again. If your browser is old, use another one.";
    pub(crate) const NO_SCRIPT: &str = "A passkey needs scripts. Allow them for this page.";
    pub(crate) const FIRST_TITLE: &str = "Your second proof";
    pub(crate) const FIRST_LEAD: &str =
        "You have no second proof yet. An administrator gives you a code once, in person or by telephone.";
    pub(crate) const VERY_FIRST: &str = "I am the hospital's first administrator";
    pub(crate) const VERY_FIRST_MEANS: &str = "Nobody can give you a code on a page yet. Whoever runs the server makes one for this id, by gauze-records people code:";
    pub(crate) const TELL_THEM: &str = "Tell the administrator:";
    pub(crate) const HARDWARE: &str =
        "You are an administrator: you need a hardware key of a kind that the hospital has listed.";
    pub(crate) const INVITE: &str = "Code from the administrator";
    pub(crate) const INVITE_HINT: &str = "Sixteen letters and digits. It counts once, for a day.";
    pub(crate) const ENROL_TITLE: &str = "Make your second proof";
    pub(crate) const ENROL_LEAD: &str =
        "Make a passkey with this device or a security key. You have five minutes.";
    pub(crate) const MAKE_PASSKEY: &str = "Make a passkey";
    pub(crate) const OR_TOTP: &str = "Without a passkey, an app on your phone can show codes.";
    pub(crate) const MAKE_TOTP: &str = "Use an app with codes";
    pub(crate) const TOTP_TITLE: &str = "Codes from an app";
    pub(crate) const SCAN: &str = "Scan this with the app. Then enter the six digits that it shows.";
    pub(crate) const QR: &str = "QR code with the secret for your app";
    pub(crate) const OR_TYPE: &str = "Or type this into the app:";
    pub(crate) const AGAIN_TITLE: &str = "Prove it is you again";
    pub(crate) const AGAIN_LEAD: &str =
        "What you want to do asks for a proof that is not older than five minutes.";
    pub(crate) const AT_PROVIDER: &str = "Sign in again with your hospital account";
    pub(crate) const NOT_YOU: &str = "You are here as";
}

pub(crate) mod waiting {
    pub(crate) const TITLE: &str = "Second factors";
    pub(crate) const LEAD: &str = "These people are at the sign-in page and have no second proof. Be sure who asks you: see them, or call them back.";
    pub(crate) const NOBODY: &str = "Nobody is waiting.";
    pub(crate) const WHO: &str = "Who";
    pub(crate) const ASKS_WITH: &str = "They tell you";
    pub(crate) const SINCE: &str = "Waiting since";
    pub(crate) const GIVE_CODE: &str = "Give a code";
    pub(crate) const LOST: &str = "They had a second proof. A lead and an administrator both speak for them; what they had then opens nothing more.";
    pub(crate) const SPEAK: &str = "I know it is them, and they lost it";
    pub(crate) const SPOKEN: &str = "You have spoken for them. It is in the log.";
    pub(crate) const OTHER: &str =
        "The other of lead and administrator speaks for them too, within a day, and sees the code.";
    pub(crate) const CODE_TITLE: &str = "Code to hand over";
    pub(crate) const HAND_OVER: &str = "Read this code to";
    pub(crate) const ONCE: &str = "It is shown once, counts once, and for a day. Never send it by e-mail.";
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    fn saying(dir: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                saying(&path, found);
            } else if fs::read_to_string(&path).is_ok_and(|text| {
                text.split("#[cfg(test)]").next().unwrap().contains(".next_step()")
                    || text.contains("html lang=\"")
            }) {
                found.push(path.file_name().unwrap().to_str().unwrap().to_owned());
            }
        }
    }

    #[test]
    fn no_page_says_what_another_crate_says() {
        let mut found = Vec::new();
        saying(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web"), &mut found);
        found.retain(|name| name != "words.rs");
        assert_eq!(found, ["store.rs"], "which is said by a command");
    }
}
