//! The words of the pages about photos: whole sentences, present tense, short (`docs/look.md`).

use gauze_wire::{BodySide, ConsentScope, FenceVerdict, Framing, Identifier};

pub(super) const NOT_KNOWN: &str = "Not known";
pub(super) const NOT_SAID: &str = "Not said";
pub(super) const NO_TEAM: &str = "No team";
pub(super) const TAKEN: &str = "Taken";
pub(super) const BY: &str = "Taken by";
pub(super) const NEW: &str = "New";
pub(super) const NEW_MEANS: &str = "Nobody of the team has looked at it yet.";
pub(super) const AMENDED: &str = "Amended";
pub(super) const DAMAGED: &str = "An amendment cannot be read";
pub(super) const DAMAGED_MEANS: &str = "Something was put right in this photo's record, and the file that says what cannot be read. Until it can, the photo stands without a patient. Tell the help desk.";
pub(super) const OLDER: &str = "Older photos";
pub(super) const NO_PATIENT: &str = "No patient";
pub(super) const NO_PATIENT_BANNER: &str = "No patient: this photo waits in the tray.";
pub(super) const BORN: &str = "Born";
pub(super) const GENDER: &str = "Gender";
pub(super) const NHS: &str = "NHS No.";
pub(super) const CHI: &str = "CHI No.";
pub(super) const HC: &str = "H&C No.";
pub(super) const LOCAL: &str = "Hospital No.";
pub(super) const WHERE_UNKNOWN: &str = "Body site not known";

pub(super) mod lists {
    pub(crate) const TITLE: &str = "Photos of my teams";
    pub(crate) const TEAMS: &str = "Teams";
    pub(crate) const WHICH: &str = "Which photos";
    pub(crate) const ALL: &str = "All";
    pub(crate) const TRAY: &str = "Without a patient";
    pub(crate) const NO_TEAMS: &str = "You belong to no team yet. Ask an administrator to add you to one.";
    pub(crate) const EMPTY: &str = "There is no photo here.";
    pub(crate) const EMPTY_NEW: &str = "Somebody of the team has looked at every photo.";
    pub(crate) const EMPTY_TRAY: &str = "Every photo of this team has a patient.";
    pub(crate) const MORE_THAN: &str = "1000 or more";
}

pub(super) mod search {
    pub(crate) const TITLE: &str = "Find a patient";
    pub(crate) const NUMBER: &str = "By number";
    pub(crate) const NUMBER_LABEL: &str = "NHS, CHI, H&C or hospital number";
    pub(crate) const NUMBER_HINT: &str = "The whole number. Spaces do not matter.";
    pub(crate) const NAME: &str = "By name and date of birth";
    pub(crate) const FAMILY: &str = "Family name";
    pub(crate) const FAMILY_HINT: &str =
        "The whole family name. Capitals, accents and hyphens do not matter.";
    pub(crate) const DOB: &str = "Date of birth";
    pub(crate) const DOB_HINT: &str = "Day, month and year, such as 14 07 1945.";
    pub(crate) const DAY: &str = "Day";
    pub(crate) const MONTH: &str = "Month";
    pub(crate) const YEAR: &str = "Year";
    pub(crate) const FIND: &str = "Find";
    pub(crate) const NOBODY: &str =
        "No photo of such a patient is here. Compare the number or the name, letter by letter.";
    pub(crate) const CHECK_DIGIT: &str = "These ten digits are no NHS, CHI or H&C number: one of them is wrong. They were looked for as a hospital number.";
    pub(crate) const FOUND: &str = "Found";
    pub(crate) const NEWEST: &str = "Newest photo";
    pub(crate) const OTHER_TEAM: &str = "A patient of another team";
    pub(crate) const OTHER_TEAM_MEANS: &str = "Photos match what you asked for, and your teams did not take them. Ask that team, or break the glass.";
    pub(crate) const TEAMS: &str = "Teams with photos";
    pub(crate) const NO_DATE: &str = "This is no date. Enter the day, the month and the year in numbers.";
    pub(crate) const NOTHING: &str = "Enter a number, or a family name with a date of birth.";
}

pub(super) mod patient {
    pub(crate) const TITLE: &str = "Photos of this patient";
    pub(crate) const WOUND: &str = "One wound";
    pub(crate) const NO_WOUND: &str = "Photos that name no wound";
    pub(crate) const COMPARE: &str = "Compare";
    pub(crate) const COMPARE_HINT: &str = "Choose two photos, then compare them.";
    pub(crate) const FIRST: &str = "First";
    pub(crate) const SECOND: &str = "Second";
    pub(crate) const DIFFER: &str = "These photos do not agree on this patient's name or date of birth. Check the number, and amend the photo that is wrong.";
    pub(crate) const CUT: &str = "Only the newest 500 photos are shown.";
    pub(crate) const HIDDEN: &str = "Photos of other teams are not shown here.";
    pub(crate) const LOOKED: &str = "Who has looked at this patient's photos";
}

pub(super) mod photo {
    pub(crate) const EXPORT: &str = "Take a copy out";
    pub(crate) const UNMARKED: &str = "Look without the mark";
    pub(crate) const LINK: &str = "Send a link";
    pub(crate) const KEEPING: &str = "Keeping and erasing";
    pub(crate) const REFERENCE: &str = "Reference";
    pub(crate) const KEPT: &str = "Kept";
    pub(crate) const HELD: &str = "For a court or an inquiry";
    pub(crate) const TITLE: &str = "Photo";
    pub(crate) const SEEN_BY: &str = "Seen by";
    pub(crate) const FOR_CARE: &str = "for care";
    pub(crate) const IN_HASTE: &str = "under break-glass";
    pub(crate) const VIEW: &str = "View";
    pub(crate) const ZOOM_IN: &str = "Zoom in";
    pub(crate) const ZOOM_OUT: &str = "Zoom out";
    pub(crate) const FIT: &str = "Whole photo";
    pub(crate) const EXACT: &str = "Every pixel";
    pub(crate) const KEYS: &str =
        "Plus and minus zoom, arrows move, 0 shows the whole photo, 1 shows every pixel.";
    pub(crate) const FAILED: &str = "The photo did not come. Open this page again.";
    pub(crate) const UNDRAWN: &str = "This photo cannot be drawn here, and opening this page again does not help. Nothing of it is lost. Ask the hospital's help desk to have the original opened with gauze-records open.";
    pub(crate) const DAMAGED: &str = "This photo cannot be read as a picture. What the phone sealed is kept as it came. Ask the hospital's help desk to have the original opened with gauze-records open, and have the photo taken again if it is damaged too.";
    pub(crate) const OTHER_KIND: &str = "This photo is of a kind that cannot be drawn here. What the phone sealed is kept as it came. Ask the hospital's help desk to have the original opened with gauze-records open.";
    pub(crate) const COARSE: &str = "This photo is too large for every pixel to be shown here: at most each second one across and down is. Ask the hospital's help desk to have the original opened with gauze-records open.";
    pub(crate) const ALT: &str = "The photo, with a line below it that says who sees it, when and why.";
    pub(crate) const ALT_OF: &str = "Photo of";
    pub(crate) const MARKED: &str =
        "Each view carries your name, also where it cannot be seen. A copy of the screen leads back to you.";
    pub(crate) const FACTS: &str = "What it shows";
    pub(crate) const SITE: &str = "Body site";
    pub(crate) const FRAMING: &str = "Kind of view";
    pub(crate) const TEAM: &str = "Team";
    pub(crate) const PAGES: &str = "More about this photo";
    pub(crate) const RECORD: &str = "Record";
    pub(crate) const PROOF: &str = "Where it comes from";
    pub(crate) const LOOKED: &str = "Who has looked at it";
    pub(crate) const AMEND: &str = "Put something right";
    pub(crate) const PATIENT: &str = "All photos of this patient";
}

pub(super) mod clinician {
    use gauze_signin::evidence::Proving;
    use gauze_signin::phones::Doubt;

    pub(crate) const CLAIMED: &str = "Claimed";
    pub(crate) const PROVEN: &str = "Proven";
    pub(crate) const SIGNED_IN: &str = "Signed in on this phone with the hospital account,";
    pub(crate) const ONE_FACTOR: &str = "without a second factor.";
    pub(crate) const NO_NAME: &str = "Without a name";

    /// By which second factor: in words where the way is a known one, else as the sign-in service calls it.
    pub(crate) fn factor(second: &[Proving]) -> String {
        if second.is_empty() {
            return ONE_FACTOR.to_owned();
        }
        let known: Vec<&str> = second.iter().filter_map(method).collect();
        if !known.is_empty() {
            return format!("with a second factor: {}.", known.join(", "));
        }
        let names = second.iter().map(|(Proving::Method(name) | Proving::Level(name))| format!("“{name}”"));
        let names: Vec<String> = names.collect();
        format!("with a second factor, which the hospital's sign-in service calls {}.", names.join(", "))
    }

    /// A way of signing in by its name of RFC 8176.
    fn method(proving: &Proving) -> Option<&'static str> {
        let Proving::Method(name) = proving else { return None };
        Some(match name.as_str() {
            "face" => "the face",
            "fpt" => "a fingerprint",
            "hwk" => "a security key or another key in hardware",
            "iris" => "the iris",
            "mca" => "another way to reach the person",
            "mfa" => "several factors, without saying which",
            "otp" => "a one-time code",
            "pin" => "a PIN",
            "pop" => "a key that the person holds",
            "retina" => "the retina",
            "sc" => "a smart card",
            "sms" => "a code by text message",
            "swk" => "a key in software",
            "tel" => "a telephone call",
            "vbm" => "the voice",
            _ => return None,
        })
    }

    /// Why a name is no more than a claim.
    pub(crate) fn doubt(doubt: Doubt) -> &'static str {
        match doubt {
            Doubt::NoToken => "The phone was told this name; nobody was signed in on it.",
            Doubt::NoRules => "No sign-in was asked for when this was taken.",
            Doubt::Malformed | Doubt::Algorithm => "The sign-in that came with the photo cannot be read.",
            Doubt::UnknownKey => "The key that signed the sign-in is none that was seen at that time.",
            Doubt::Signature => {
                "The sign-in that came with the photo was not signed by the hospital's sign-in service."
            }
            Doubt::OtherParty => "The sign-in that came with the photo is for another service.",
            Doubt::OtherPhone => "The sign-in that came with the photo was made for another phone.",
            Doubt::Time => "The sign-in was not in force when the photo was taken.",
        }
    }
    pub(crate) const NONE: &str = "Nobody named";
    pub(crate) const NONE_MEANS: &str = "The phone was not told who took the photo.";

    #[cfg(test)]
    mod tests {
        use super::{Proving, factor};

        #[test]
        fn a_factor_is_told_in_words_where_it_is_known_and_else_as_the_provider_calls_it() {
            let method = |name: &str| Proving::Method(name.to_owned());
            let gold = Proving::Level("gold".to_owned());
            for (second, told) in [
                (vec![], "without a second factor."),
                (vec![gold.clone(), method("otp")], "with a second factor: a one-time code."),
                (
                    vec![method("hwk"), method("mfa")],
                    "with a second factor: a security key or another key in hardware, several factors, without saying which.",
                ),
                (
                    vec![gold, method("vendor-x")],
                    "with a second factor, which the hospital's sign-in service calls “gold”, “vendor-x”.",
                ),
            ] {
                assert_eq!(factor(&second), told);
            }
        }
    }
}

pub(super) mod compare {
    pub(crate) const TITLE: &str = "Two photos";
    pub(crate) const BESIDE: &str = "Side by side";
    pub(crate) const OVER: &str = "One over the other";
    pub(crate) const SLIDER: &str = "How much of the second photo covers the first";
    pub(crate) const HOW: &str = "How to compare";
    pub(crate) const CHOOSE: &str = "Choose two different photos of one patient.";
    pub(crate) const OTHERS: &str =
        "These two photos are not of one patient. Choose two of the same patient.";
    pub(crate) const BACK: &str = "Back to the patient's photos";
}

pub(super) mod record {
    pub(crate) const TITLE: &str = "Record";
    pub(crate) const NOW: &str = "As it stands";
    pub(crate) const FIRST: &str = "As the phone sealed it";
    pub(crate) const AMENDMENTS: &str = "What was put right";
    pub(crate) const NONE: &str = "Nothing was put right since it was taken.";
    pub(crate) const BY: &str = "By";
    pub(crate) const WHY: &str = "Why";
    pub(crate) const WHEN: &str = "When";
    pub(crate) const COMPARED: &str = "Compared with the patient";
    pub(crate) const CHANGED: &str = "What";
    pub(crate) const PATIENT: &str = "Patient";
    pub(crate) const NOTES: &str = "Notes";
    pub(crate) const CONSENT: &str = "Consent";
    pub(crate) const WITHDRAWN: &str = "Withdrawn";
    pub(crate) const FENCE: &str = "Where it was taken";
    pub(crate) const WOUND: &str = "Wound";
    pub(crate) const SERIES: &str = "Visit";
    pub(crate) const ESTABLISHED: &str = "How the patient was established";
    pub(crate) const WRISTBAND: &str = "The wristband was scanned.";
    pub(crate) const WORKLIST: &str = "Chosen from a list.";
    pub(crate) const TYPED: &str = "Typed by hand:";
    pub(crate) const TO_NOBODY: &str = "Moved to the photos without a patient.";
    pub(crate) const TO_PATIENT: &str = "Filed to another patient:";
    pub(crate) const LINE: &str = "Line of the access log";
}

pub(super) mod proof {
    pub(crate) const TITLE: &str = "Where this photo comes from";
    pub(crate) const LEAD: &str = "Nothing on this page rests on trust in one computer. Each fact is signed, and can be checked without us.";
    pub(crate) const WHO: &str = "Who took it";
    pub(crate) const PHONE: &str = "Which phone";
    pub(crate) const PHONE_IS: &str = "Phone";
    pub(crate) const MODEL: &str = "Kind of phone";
    pub(crate) const ATTESTED: &str = "How the phone proved what it is";
    pub(crate) const ENROLLED: &str = "Enrolled";
    pub(crate) const NEVER_CHANGED: &str = "Not changed since";
    pub(crate) const CHANGED: &str = "Not as it was taken";
    pub(crate) const DIGEST: &str = "Fingerprint of the sealed photo (SHA-256)";
    pub(crate) const MATCHES: &str = "The file that is kept here has the fingerprint that the phone signed.";
    pub(crate) const DIFFERS: &str =
        "The file that is kept here does not have the fingerprint that the phone signed. Tell the help desk.";
    pub(crate) const LOG: &str = "Its place in the log";
    pub(crate) const LOG_MEANS: &str =
        "The log is a list that nobody can change or shorten without being found out.";
    pub(crate) const PLACE: &str = "Entry";
    pub(crate) const RECEIPT: &str = "In the record";
    pub(crate) const RECEIPT_MEANS: &str = "The hospital opened the photo, kept it, and signed a receipt. The phone erases its copy for nothing less.";
    pub(crate) const SIGNED: &str = "Receipt signed";
    pub(crate) const NUMBER: &str = "Number of the photo on its phone";
    pub(crate) const CAPTURE: &str = "Photo";
    pub(crate) const SOFTWARE: &str =
        "It did not: its key is kept by software alone. Such phones are for tests.";
    pub(crate) const HARDWARE: &str = "Its key was made inside the phone's own hardware and cannot leave it. The maker's certificate says so.";
}

pub(super) mod phones {
    pub(crate) const TITLE: &str = "Phones";
    pub(crate) const LEAD: &str = "Phones that this hospital believes, those first that were not heard of longest. What is decided about a phone is decided in the gateway's console.";
    pub(crate) const NONE: &str = "No phone has enrolled yet.";
    pub(crate) const CUT: &str = "Only 500 are shown, of";
    pub(crate) const SERIAL: &str = "Serial number";
    pub(crate) const BY_HARDWARE: &str = "(proven by its hardware)";
    pub(crate) const STATED: &str = "(stated by device management)";
    pub(crate) const WARD: &str = "Where it is used";
    pub(crate) const HEARD: &str = "Last heard of, by its own clock";
    pub(crate) const SUSPENDED: &str = "Suspended";
    pub(crate) const REVOKED: &str = "Shut out";
}

pub(super) mod looks {
    pub(crate) const BY_LINK: &str = "Somebody with a link";
    pub(crate) const PHOTO_TITLE: &str = "Who has looked at this photo";
    pub(crate) const PATIENT_TITLE: &str = "Who has looked at this patient's photos";
    pub(crate) const LEAD: &str =
        "Every look is a line of the access log, newest first. Nobody can take a line out unseen.";
    pub(crate) const NOBODY: &str = "Nobody has looked yet.";
    pub(crate) const WHO: &str = "Who";
    pub(crate) const WHEN: &str = "When";
    pub(crate) const WHAT: &str = "What";
    pub(crate) const FROM: &str = "From";
    pub(crate) const INSIDE: &str = "Inside the hospital";
    pub(crate) const OUTSIDE: &str = "Outside the hospital";
    pub(crate) const REFUSED: &str = "Refused";
    pub(crate) const UNNAMED: &str = "A person whose name is not known here";
    pub(crate) const CUT: &str = "Only the newest 500 lines are shown.";
    pub(crate) const REPORT: &str = "The report for the patient";
    pub(crate) const REPORT_MEANS: &str = "A patient who asks who has looked is given this file: every line, with names, as text. That it was made is a line too.";
    pub(crate) const ABOUT: &str = "Patient";
    pub(crate) const MADE: &str = "Made";
    pub(crate) const LINE: &str = "line of the access log";
    pub(crate) const REPORT_LEAD: &str = "Every look at these photos, and every try that was refused, is a line of the hospital's access log. All lines follow, newest first.";
    pub(crate) const HASTE: &str = "Under break-glass";

    /// What it was done for.
    pub(crate) fn purpose(purpose: gauze_people::context::Purpose) -> &'static str {
        use gauze_people::context::Purpose;
        match purpose {
            Purpose::Care => "For the patient's care",
            Purpose::Audit => "To check that care and conduct were right",
            Purpose::Administration => "To run the service",
            Purpose::PatientRequest => "Because the patient asked",
        }
    }
}

pub(super) mod haste {
    pub(crate) const TITLE: &str = "Break the glass";
    pub(crate) const LEAD: &str = "This opens one patient's photos to you for four hours, of whichever team: to look at, and nothing else.";
    pub(crate) const SEEN: &str = "It is written down at once. Within 72 hours somebody else reads why you did it and what you looked at.";
    pub(crate) const WHY: &str = "Why";
    pub(crate) const WORDS: &str = "In words";
    pub(crate) const WORDS_HINT: &str = "Who needs what, and why it cannot wait for that team.";
    pub(crate) const OPEN: &str = "Break the glass and look";
    pub(crate) const BACK: &str = "Leave it";
    pub(crate) const MISSING: &str = "Choose why, and write it in words too.";
    pub(crate) const UNTIL: &str = "You are looking at this under break-glass until";
}

pub(super) mod hastes {
    pub(crate) const TITLE: &str = "Break-glass to judge";
    pub(crate) const LEAD: &str = "Each of these opened a patient's photos in haste. Somebody else judges within 72 hours whether it was right.";
    pub(crate) const NONE: &str = "Nothing waits for your judgement.";
    pub(crate) const DUE: &str = "To be judged until";
    pub(crate) const LATE: &str = "Late";
    pub(crate) const LOOKS: &str = "Looks under it";
    pub(crate) const JUSTIFIED: &str = "It was right";
    pub(crate) const NOT_JUSTIFIED: &str = "It was not right";
    pub(crate) const INVESTIGATE: &str = "Look into it further";
}

pub(super) mod governance {
    use crate::outside::OutsideError;

    pub(crate) const TITLE: &str = "Governance";
    pub(crate) const LEAD: &str =
        "This page reads the last 30 days. Patients stand here by a reference alone.";
    pub(crate) const HASTES: &str = "Break-glass that nobody has judged";
    pub(crate) const NO_HASTES: &str = "Every break-glass is judged.";
    pub(crate) const OPEN: &str = "Break-glass that is looked into";
    pub(crate) const JUDGE: &str = "Judge them";
    pub(crate) const WAITS: &str = "Break-glass waits for your judgement:";
    pub(crate) const REFERENCE: &str = "Reference";
    pub(crate) const WITNESSES: &str = "Who has signed for this log";
    pub(crate) const WITNESSES_LEAD: &str = "A witness keeps how long the log was. Nobody can then take a line away unseen, here or with the keys.";
    pub(crate) const GATEWAY: &str = "The gateway";
    pub(crate) const OUTSIDE: &str = "Another department";
    pub(crate) const NO_OUTSIDE: &str = "None. IT can name one when the service starts.";
    pub(crate) const ALL_SIGNED: &str = "Signed for all lines:";
    pub(crate) const SIGNED: &str = "Signed for";
    pub(crate) const OF: &str = "of";
    pub(crate) const BEHIND: &str = "are behind.";
    pub(crate) const LAST: &str = "Last";
    pub(crate) const OTHER_HISTORY: &str = "It has signed for another history of this log.";
    pub(crate) const UNHEARD: &str = "It does not sign.";
    pub(crate) const ROLES: &str = "Roles that were changed";
    pub(crate) const NO_ROLES: &str = "No role was changed.";
    pub(crate) const WHOM: &str = "Whose role";
    pub(crate) const CHANGE: &str = "Change";
    pub(crate) const FOUND: &str = "Out of the ordinary";
    pub(crate) const ACCUSES_NOBODY: &str =
        "Names are compared, and nothing else is known. There may be a good reason: ask first.";
    pub(crate) const NOTHING: &str = "Nothing is out of the ordinary.";
    pub(crate) const OWN: &str = "A patient with the same name as who looked";
    pub(crate) const FAMILY: &str = "A patient with the same family name";
    pub(crate) const COLLEAGUE: &str = "A patient with the name of somebody who works here";
    pub(crate) const MANY: &str = "Many patients within an hour";
    pub(crate) const PATIENT: &str = "Patient";
    pub(crate) const PATIENTS: &str = "Patients:";
    pub(crate) const LINE: &str = "Line";
    pub(crate) const CUT: &str = "The newest 20 lines are shown, of";

    /// What to do where the other department's witness has not signed.
    pub(crate) fn unsigned(error: &OutsideError) -> &'static str {
        match error {
            OutsideError::Here(_) => {
                "The log or a file beside it cannot be read here. Tell whoever runs the service."
            }
            OutsideError::Address(_) => {
                "Its address is none. Tell whoever runs the service to correct --witness."
            }
            OutsideError::Unanswered(_) => {
                "It does not answer, and is asked again. If it stays so, tell whoever runs the service."
            }
            OutsideError::Refused(403 | 404) => {
                "It does not know this log. Have this log's verifier key put into its witness.json."
            }
            OutsideError::Refused(_) => {
                "It refuses for now, and is asked again. If it stays so, tell whoever runs the witness."
            }
            OutsideError::RolledBack { .. } | OutsideError::Forked { .. } => {
                "Lines were lost, changed or taken away, or an old copy was put back. Have the directory kept as it is, and find out who did it."
            }
            OutsideError::Cosignature(_) => {
                "What it signs does not hold. Tell whoever runs the service to compare --witness-key with what the witness's people gave."
            }
        }
    }
}

pub(super) mod amend {
    use crate::amend::AmendError;

    pub(crate) const TITLE: &str = "Put something right";
    pub(crate) const LEAD: &str = "Nothing is overwritten. What the phone sealed stays, and what you write stands beside it with your name.";
    pub(crate) const WHAT: &str = "What is wrong?";
    pub(crate) const PATIENT: &str = "It shows another patient";
    pub(crate) const NOBODY: &str = "It shows this patient by mistake, and the right one is not known";
    pub(crate) const SITE: &str = "The body site is wrong";
    pub(crate) const NOTES: &str = "The notes are wrong";
    pub(crate) const FAMILY: &str = "Family name";
    pub(crate) const GIVEN: &str = "Given names";
    pub(crate) const NEW_SITE: &str = "Body site, in words";
    pub(crate) const SIDE: &str = "Side";
    pub(crate) const NEW_NOTES: &str = "Notes";
    pub(crate) const COMPARED: &str = "Which two did you compare with the patient?";
    pub(crate) const COMPARED_HINT: &str = "Tick exactly two of the patient that the photo then shows.";
    pub(crate) const REASON: &str = "Why is it put right?";
    pub(crate) const REASON_HINT: &str = "In words. Whoever reads the record later reads this.";
    pub(crate) const REASON_MISSING: &str = "Write why it is put right, in at most 512 letters.";
    pub(crate) const SAVE: &str = "Put it right";
    pub(crate) const TWO: &str = "Tick exactly two identifiers that you compared with the patient.";
    pub(crate) const CHOOSE: &str = "Choose what is wrong, and fill in what belongs to it.";
    pub(crate) const NUMBER_WRONG: &str = "A number has a wrong digit. Read it again.";

    /// Why an amendment was not written, and what to do; nothing where something is broken.
    pub(crate) fn unwritten(error: &AmendError) -> Option<&'static str> {
        match error {
            AmendError::Disk(_) => None,
            AmendError::Wire(_) => Some("A field holds what it cannot. Correct it and send it again."),
            AmendError::Overtaken => Some(
                "Somebody else put something right in this photo a moment ago. Look at the photo again: what they wrote may be what you meant.",
            ),
            AmendError::Unconfirmed => Some("Compare two identifiers with the patient and tick them."),
            AmendError::Sealing => {
                Some("It could not be sealed, so nothing was written. Tell the help desk.")
            }
            AmendError::Damaged(_) => Some(
                "What was put right in this photo before cannot be read, so nothing more is written. Tell the help desk.",
            ),
        }
    }
}

pub(super) fn side(side: BodySide) -> &'static str {
    match side {
        BodySide::Left => "left",
        BodySide::Right => "right",
        BodySide::Midline => "in the middle",
        BodySide::Both => "both sides",
    }
}

pub(super) fn framing(framing: Framing) -> &'static str {
    match framing {
        Framing::Context => "Body part",
        Framing::Straight => "Straight onto the wound",
        Framing::Close => "Close up",
    }
}

pub(super) fn scope(scope: ConsentScope) -> &'static str {
    match scope {
        ConsentScope::Care => "care",
        ConsentScope::Teaching => "teaching",
        ConsentScope::Publication => "publication",
    }
}

pub(super) fn fence(verdict: FenceVerdict) -> &'static str {
    match verdict {
        FenceVerdict::Inside => "Inside",
        FenceVerdict::Outside => "Outside",
        FenceVerdict::Unknown => "Inside or outside is not known",
    }
}

pub(super) fn identifier(identifier: Identifier) -> &'static str {
    match identifier {
        Identifier::Name => "Name",
        Identifier::Dob => "Date of birth",
        Identifier::NhsNumber => "NHS number",
        Identifier::ChiNumber => "CHI number",
        Identifier::HcNumber => "H&C number",
        Identifier::LocalNumber => "Hospital number",
    }
}

pub(super) fn reason(code: gauze_people::context::ReasonCode) -> &'static str {
    use gauze_people::context::ReasonCode;
    match code {
        ReasonCode::Emergency => "Life or limb is at risk",
        ReasonCode::Handover => "The patient was handed over to me",
        ReasonCode::Consultation => "Another team asked for advice",
        ReasonCode::Diagnosis => "A diagnosis is read from the picture",
        ReasonCode::Correction => "The record is wrong",
        ReasonCode::PatientRequest => "The patient asked for it",
        ReasonCode::Legal => "A court, an inquiry or a complaint",
        ReasonCode::RetentionOver => "It need not be kept any longer",
        ReasonCode::Teaching => "Teaching",
        ReasonCode::Publication => "Publication",
        ReasonCode::Other => "Something else",
    }
}

pub(super) fn action(action: gauze_people::action::Action) -> &'static str {
    use gauze_people::action::Action;
    match action {
        Action::View => "Looked at the photo or its record",
        Action::Compare => "Compared two photos",
        Action::ViewUnmarked => "Looked at it without its mark",
        Action::Proof => "Looked where it comes from",
        Action::Export => "Took a copy out",
        Action::CaseEvidence => "Named its patient in the evidence of a case",
        Action::FindMark => "Looked for whose view a picture of it was",
        Action::MakeLink => "Made a link",
        Action::Amend => "Put something right",
        Action::BreakGlass => "Broke the glass",
        Action::List => "Opened the list of photos",
        Action::Search => "Searched",
        Action::WhoLooked => "Looked who has looked",
        Action::Erase => "Erased it",
        Action::Hold => "Kept it for a court or an inquiry, or no longer",
        Action::ProposeErasure => "Asked for it to be erased, or took that back",
        Action::ReadLog => "Read the access log",
        Action::ReviewBreakGlass => "Judged whether the glass was rightly broken",
        Action::Phones
        | Action::ChangeRole
        | Action::EndSession
        | Action::Reenrol
        | Action::Documents
        | Action::Retention
        | Action::Report
        | Action::Case
        | Action::Setting => "Something else",
    }
}

pub(super) fn step(step: gauze_people::links::Step) -> &'static str {
    use gauze_people::links::{Shut, Step};
    match step {
        Step::Asked => "Its page was asked for, by a person or by a mail scanner; no photo was shown",
        Step::WrongCode => "A wrong code was given",
        Step::Opened => "The photo was opened by a link",
        Step::Copied => "A marked copy was taken by a link",
        Step::Revoked => "The link was revoked",
        Step::Refused(Shut::Over) => "It was asked for after its end",
        Step::Refused(Shut::UsedUp) => "It was asked for after its last view",
        Step::Refused(Shut::Revoked) => "It was asked for after it was revoked",
        Step::Refused(Shut::Locked) => "It was asked for after it was locked",
    }
}
