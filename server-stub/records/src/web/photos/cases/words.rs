//! The words of the pages about what went wrong.

use gauze_people::cases::{
    A_DAY, Case, Crowd, Decision, Kind, Reminder, Reporter, State, Step, Teller, Unfit,
};
use gauze_people::log::Happening;
use gauze_wire::TextFault;
use jiff::Timestamp;

use super::account::{apart, quoted};
use crate::folk::Closed;

pub(crate) const REPORT: &str = "Something went wrong";
pub(crate) const REPORT_LEAD: &str =
    "Say it at once, and as far as you know it. You accuse nobody, and nobody is blamed for a report.";
pub(crate) const WHICH: &str = "What was it";
pub(crate) const BREACH: &str = "It happened: somebody saw, changed or lost what they should not have";
pub(crate) const NEAR_MISS: &str = "It nearly happened";
pub(crate) const WHAT: &str = "What happened";
pub(crate) const WHAT_HINT: &str =
    "What you saw, where, and what was done since. It is kept sealed, and governance reads it.";
pub(crate) const WHOSE: &str = "Whose photos or data";
pub(crate) const WHOSE_HINT: &str = "A ward, a number of patients, a photo's reference, or \"Not known\".";
pub(crate) const DAY: &str = "When you noticed it";
pub(crate) const TIME: &str = "Time, if you know it";
pub(crate) const TIME_HINT: &str = "24 hours, such as 14:05. Without it the whole day counts.";
pub(crate) const SEND: &str = "Report it";
pub(crate) const NO_KIND: &str = "Say whether it happened, or nearly.";
pub(crate) const REPORTED: &str = "It is reported. Governance looks after it from here. Its number is";
pub(crate) const ANOTHER: &str = "Report something else";

pub(crate) const TITLE: &str = "What went wrong";
pub(crate) const LEAD: &str = "What was reported, what is due first on top. The regulator is told within 72 hours of when somebody became aware, unless it is decided that it need not be.";
pub(crate) const RUNNING: &str = "The clock runs";
pub(crate) const NOT_RUNNING: &str = "No clock runs.";
pub(crate) const RESTING: &str = "Open, without a clock";
pub(crate) const CLOSED: &str = "Closed";
pub(crate) const NOT_CLOSED: &str = "Nothing is closed yet.";
pub(crate) const MISSES: &str = "Near misses by month";
pub(crate) const NO_MISSES: &str = "No near miss was reported yet.";
pub(crate) const CASE: &str = "Case";
pub(crate) const LATE: &str = "Late";
pub(crate) const DUE: &str = "Due";
pub(crate) const LEFT: &str = "left";
pub(crate) const REMINDED: &str = "Reminded";
pub(crate) const OWNER: &str = "Looked after by";
pub(crate) const NOBODY: &str = "Nobody yet";
pub(crate) const HOW_FAR: &str = "How far it is";
pub(crate) const AWARE: &str = "Aware since";
pub(crate) const WAS_REPORTED: &str = "Reported";
pub(crate) const WAS_CARRIED: &str = "An operator reported it at the gateway";
pub(crate) const A_PHONE_SENT: &str = "Somebody reported it on a phone";
pub(crate) const BY: &str = "by";
pub(crate) const AN_OPERATOR: &str = "Operator of IT (gateway console)";
pub(crate) const A_PHONE: &str = "Somebody with one of the hospital's phones";
pub(crate) const A_STRANGER: &str = "Somebody with a phone that this hospital does not believe";
pub(crate) const CARRIER: &str = "an operator, as the gateway carried it";
pub(crate) const PHONE_CARRIER: &str = "somebody with a phone, as the gateway carried it";
pub(crate) const ITSELF: &str = "the system itself";
pub(crate) const REACHED: &str = "It reached us";
pub(crate) const NOT_KNOWN: &str = "Not known";
pub(crate) const VOUCHED: &str = "Whose word it is, as far as this system knows";
pub(crate) const TASKS_OPEN: &str = "Open tasks";

pub(crate) const STORY: &str = "What became of it";
pub(crate) const LINE: &str = "line";
pub(crate) const TASKS: &str = "What is to be done";
pub(crate) const NO_TASKS: &str = "No task is set.";
pub(crate) const DONE: &str = "Done";
pub(crate) const OPEN: &str = "Open";
pub(crate) const IS_DONE: &str = "It is done";
pub(crate) const WHO: &str = "Who does it";
pub(crate) const TASK: &str = "What is to be done";
pub(crate) const ADD_TASK: &str = "Add the task";
pub(crate) const PHOTOS: &str = "Photos concerned";
pub(crate) const NO_PHOTOS: &str = "No photo is named.";
pub(crate) const REFERENCE: &str = "The photo's reference";
pub(crate) const ADD_PHOTO: &str = "Add the photo";
pub(crate) const PHONES: &str = "Phones concerned";
pub(crate) const NO_PHONES: &str =
    "No phone is named. Those that took the photos leave with the evidence too.";
pub(crate) const PHONE_ID: &str = "The phone's id";
pub(crate) const PHONE_HINT: &str =
    "43 letters and digits. IT reads it on the page Phones, by serial number and ward.";
pub(crate) const ADD_PHONE: &str = "Add the phone";
pub(crate) const OWN: &str = "I look after it";
pub(crate) const OWN_LEAD: &str = "Whoever looks after it decides, and answers for the clock.";
pub(crate) const DECIDE: &str = "Is the regulator told?";
pub(crate) const DECIDE_LEAD: &str = "A risk to people's rights and freedoms is reportable. A later decision takes the place of this one, and both stay.";
pub(crate) const WHY: &str = "Why";
pub(crate) const REPORTABLE: &str = "Yes, tell the regulator";
pub(crate) const NOT_REPORTABLE: &str = "No, it need not be told";
pub(crate) const SAVE_DECISION: &str = "Decide";
pub(crate) const TELL: &str = "The regulator was told";
pub(crate) const TELL_LEAD: &str =
    "The clock stops. Enter the reference that the regulator gave, or how it was told.";
pub(crate) const HOW: &str = "Reference, or how";
pub(crate) const SAVE_TOLD: &str = "It was told";
pub(crate) const CLOSE: &str = "Close the case";
pub(crate) const CLOSE_LEAD: &str = "Nothing more is added to a closed case. A new decision opens it again.";
pub(crate) const OUTCOME: &str = "What came of it";
pub(crate) const TO_FORM: &str = "The regulator's form, filled in";
pub(crate) const TO_LIST: &str = "All cases";
pub(crate) const STEP_MISSING: &str = "A field is empty or too long. Fill it in and send it again.";
pub(crate) const NO_PHOTO: &str = "No photo here has this reference. Compare it letter by letter.";
pub(crate) const NO_PHONE: &str = "No phone here has this id. Compare it letter by letter.";
pub(crate) const SEALED: &str = "What was written cannot be opened here.";

pub(crate) const FORM: &str = "The regulator's form";
pub(crate) const FORM_LEAD: &str =
    "Copy each answer into the form of the Information Commissioner's Office, and look through it first.";
pub(crate) const FILL: &str = "Not known here. Fill it in by hand.";

pub(crate) const EVIDENCE: &str = "Evidence as an archive";
pub(crate) const EVIDENCE_LEAD: &str = "Lines of the access log with their proofs, hashes of photos, what was signed about phones, what was in force then. Anybody checks it without this system. It names no patient in clear. Whom the register of documents names stands in it, and so do operators as they named themselves at the gateway.";
pub(crate) const EVIDENCE_WHY: &str = "Who receives it, and what for";
pub(crate) const WITH_NAMES: &str = "With what was written, and with names";
pub(crate) const WITH_NAMES_HINT: &str =
    "One more file, sealed to the receiver's age key alone. Compare the key with them by telephone.";
pub(crate) const NAMED: &str = "Named the photo's patient to the receiver of the evidence";
pub(crate) const KEY: &str = "The receiver's age key";
pub(crate) const TAKE: &str = "Take the archive out";
pub(crate) const BACK: &str = "Back to the case";
pub(crate) const NO_WHY: &str = "Say who receives it and what for.";
pub(crate) const BAD_KEY: &str =
    "This is no age key that can be used here. Ask the receiver to send it again.";
pub(crate) const TOO_LARGE: &str = "More was done about this case and its photos than one archive holds. Report it anew as several cases with some of the photos each, and take the evidence of each out.";
pub(crate) const LINE_STAYS: &str =
    "That it was to leave is in the access log. It did not: no archive was made.";

/// What stands in every archive: how to check it without us.
pub(crate) const README: &str = "\
What went wrong at a hospital, and what proves it.

timeline.txt          what became of the case, in plain words; people stand as the access log names them
lines/N.tlog-proof    line N of the hospital's access log, and that it stands there (C2SP tlog-proof); among them how those who stand in others signed in and out, which notices they had read, and which roles they were given
checkpoint            the log's newest checkpoint; cosigned and outside, where they are, are what witnesses signed
photos.json           photos concerned, by their reference, with the hashes of sealed file, manifest and receipt
devices.json          phones that took them and phones that were named, with hashes of how each became known and of what was decided about it; acts_left_out counts what of that is not here: beyond 1000 acts of a phone, of which what it may do goes before what is said against it, and unproven, whose key is in no list that this hospital keeps
phones/ID/            of each phone: enrolment.jws, as it signed it, and N.act.jws, entry N of the gateway's log, as the gateway signed it
phones/*.bundle.jws   the hospital's lists of keys by which those acts hold
act.jws               only where an operator reported it: what the gateway signed, with their name, and what they said sealed
bundle.jws            beside that: the hospital's keys then, which name the gateway's
report.jws            only where a phone reported it: what the phone signed, with what was said sealed
enrolment.jws         beside that: how the phone became known, with its key
in-force.json         which policies, documents, notices, rules and roles were in force when somebody became aware, by which line, and now; a note where that is not known
then/documents.json   documents and notices as they were then
then/rules.json       how long photos were kept then
then/policies.set     what roles allowed then: schema, guards and policies, each behind its length in eight bytes
then/roles.json       who had which role then, beside what the hospital's sign-in says
then/policy.jws       what phones were told then, as the hospital signed it, with bundle.jws, which names the key; in-force.json says since when, or that this is not known
words.age             only where it was asked for: what was written, and names, sealed to one receiver
evidence.jws          what this is, and the hash of every file; signed by the hospital
access-keys.json      the public keys of the access log
hospital.pem          the public key that signed evidence.jws

Compare hospital.pem and access-keys.json with what the hospital tells you by another way. Then, without any network:

  gauze-records case verify ARCHIVE --hospital hospital.pem --public-keys access-keys.json

or, without any program of ours, for the files and the signature:

  sha256sum -c SHA256SUMS
  openssl dgst -sha256 -verify hospital.pem -signature evidence.der evidence.signed

The first command also judges each enrolment by the phone's own key, each act by the gateway's key in a bundle, the policy by the bundle
beside it, and each file of then/ by the line of the log that says which one it was. By hand: the SHA-256 of documents.json, rules.json and
policies.set is what a line notes behind register:, rules: and policies:, and that of policies.set is policy_set in each line that was
judged by it. Lines about other photos stay in the hospital. A file of then/ is missing where this hospital no longer keeps it, or where a
clock that was set back leaves open which it was. Each .jws is a JSON Web Signature (RFC 7515, ES256).

A sealed file opens with age (https://age-encryption.org): age -d -i KEY words.age
";

/// Of a field that cannot be kept as it is.
pub(crate) fn fault(label: &str, fault: TextFault) -> String {
    format!("“{label}” {fault}.")
}

/// Of a day or time that is none.
pub(crate) fn bad_day(clock: &str) -> String {
    format!(
        "This day or time cannot be read. Choose the day, and write the time such as 14:05 by this system's clock, which says {clock}, or leave it empty."
    )
}

/// Of a day or time that is still to come.
pub(crate) fn future(clock: &str) -> String {
    format!(
        "This lies in the future by this system's clock, which says {clock}. Enter when you noticed it by that clock, or leave the time empty; tell IT if the clock is wrong."
    )
}

/// When it was made, by another clock than ours; nothing where nobody knows that.
pub(crate) fn made(case: &Case) -> Option<String> {
    let clock = match case.by {
        Reporter::Carried(Teller::Operator) => "gateway's",
        Reporter::Carried(Teller::Phone | Teller::Stranger) => "phone's",
        Reporter::Person(_) => return None,
    };
    Some(format!("on {}, by the {clock} clock", utc(case.made_at?)))
}

fn by_gateway(at: Timestamp) -> String {
    format!("on {}, by the gateway's clock", utc(at))
}

pub(super) fn utc(at: Timestamp) -> String {
    at.strftime("%d-%b-%Y %H:%M UTC").to_string()
}

/// Under what an operator wrote: whose word it is.
pub(crate) fn carried_by(operator: &str, at: Timestamp, phone: Option<&str>) -> String {
    let phone = phone.map(|phone| format!("Phone, as entered: {}\n", quoted(phone))).unwrap_or_default();
    format!(
        "{phone}Entered in the gateway's console under the name {} {}. The gateway carried it; no phone and nobody's sign-in vouches for it.",
        quoted(operator),
        by_gateway(at)
    )
}

fn closed(why: Closed) -> &'static str {
    match why {
        Closed::NoKey => "cannot be opened here: it was sealed to keys that this side does not have.",
        Closed::Damaged => "cannot be opened here.",
        Closed::Unread => "was opened, and is nothing that this version of the program reads.",
        Closed::OtherName => "was sealed under another name than it was sent under, and is not told.",
    }
}

/// Where what was written does not open.
pub(crate) fn unopened(operator: &str, at: Timestamp, why: Closed) -> String {
    let what = format!(
        "Somebody reported something in the gateway's console. What they wrote {} Ask IT what it was.",
        closed(why)
    );
    apart((NOT_KNOWN, &what), &carried_by(operator, at, None))
}

/// In place of what was written on a phone.
pub(crate) fn unopened_phone(why: Closed) -> String {
    format!(
        "Somebody reported something on a phone. What they wrote {} Find the phone, and ask whoever has it.",
        closed(why)
    )
}

fn many(teller: Teller) -> &'static str {
    match teller {
        Teller::Operator => "reports",
        Teller::Phone => "reports of the hospital's phones",
        Teller::Stranger => "reports of phones that this hospital does not believe",
    }
}

/// In place of what was written by each.
pub(crate) fn crowd(teller: Teller) -> String {
    format!(
        "{NOT_KNOWN}\nThe gateway carried more than {A_DAY} {} within a day. Those beyond are counted here: they are no case each, and nobody has read them. Ask IT what happened, and whether the gateway is in wrong hands. How to read one is told in breach.md.",
        many(teller)
    )
}

/// What is counted in such a case.
pub(crate) fn counted_of(by: &Reporter) -> &'static str {
    match by {
        Reporter::Carried(Teller::Phone) => "More reports of the hospital's phones",
        Reporter::Carried(Teller::Stranger) => "More reports of phones that this hospital does not believe",
        Reporter::Carried(Teller::Operator) | Reporter::Person(_) => {
            "More reports of the gateway's operators"
        }
    }
}

/// How many came in one piece of the gateway's log.
pub(crate) fn counted(crowd: &Crowd) -> String {
    let Crowd { count, from, to, .. } = crowd;
    format!("{count} more, in the entries {from} to {} of the gateway's log", to.saturating_sub(1))
}

pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Breach => "A breach",
        Kind::NearMiss => "A near miss",
    }
}

pub(crate) fn state(state: State) -> &'static str {
    match state {
        State::Reported => "Nobody looks after it yet",
        State::Owned => "Not decided yet",
        State::Decided(Decision::Reportable) => "The regulator is to be told",
        State::Decided(Decision::NotReportable) => "The regulator need not be told",
        State::Told => "The regulator was told",
        State::Closed => "Closed",
    }
}

pub(crate) fn reminder(reminder: Reminder) -> &'static str {
    match reminder {
        Reminder::Reported => "It was reported",
        Reminder::Day => "24 hours are over",
        Reminder::TwoDays => "48 hours are over",
        Reminder::SixLeft => "66 hours are over, six are left",
        Reminder::Late => "72 hours are over",
    }
}

pub(crate) fn step(step: Step) -> &'static str {
    match step {
        Step::Own => "Looks after it",
        Step::Task => "Set a task",
        Step::Done(_) => "Did a task",
        Step::Decide(Decision::Reportable) => "Decided: the regulator is told",
        Step::Decide(Decision::NotReportable) => "Decided: the regulator need not be told",
        Step::Told => "Told the regulator",
        Step::Photo(_) => "Named a photo",
        Step::Phone(_) => "Named a phone",
        Step::Close => "Closed it",
        Step::Read => "Read it",
        Step::Form => "Had the regulator's form filled in",
        Step::Evidence => "Took the evidence out",
    }
}

/// What happened beside what roles allow, as the story of a case tells it.
pub(crate) fn happened(happening: Happening) -> &'static str {
    match happening {
        Happening::OperatorReport => WAS_CARRIED,
        Happening::PhoneReport => A_PHONE_SENT,
        Happening::Mail => "Governance was told by mail",
        Happening::Link => "A link to a photo concerned",
        Happening::SignIn => "Signed in",
        Happening::Factor => "Proved a second factor",
        Happening::FactorChange => "Changed a second factor",
        Happening::SignOut => "The session ended",
        Happening::NoticeRead => "Read a notice",
        _ => "Something about a photo concerned",
    }
}

pub(crate) fn unfit(unfit: Unfit) -> &'static str {
    match unfit {
        Unfit::NoCase => "There is no such case.",
        Unfit::Closed => "This case is closed, and nothing was added. A new decision opens it again.",
        Unfit::Unowned => "Nobody looks after this case. Say first that you do.",
        Unfit::Undecided => "It is not decided whether the regulator is told. Decide that first.",
        Unfit::Untold => "The regulator is to be told and was not. Say first that it was, or decide anew.",
        Unfit::NoTask => "This task is done already, or is not one of this case. Look at the case again.",
    }
}
