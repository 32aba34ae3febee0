//! The words of the pages about keeping and erasing.

use gauze_people::context::ReasonCode;
use gauze_wire::FilingRefusal;

pub(crate) const TITLE: &str = "Keeping and erasing";
pub(crate) const LEAD: &str = "What the hospital's rules keep no longer, what is kept for a court, and what somebody asks to erase. Photos are named by their reference here, and patients not at all.";
pub(crate) const ASKED: &str = "Somebody asks for these to be erased";
pub(crate) const NOT_ASKED: &str = "Nobody asks for a photo to be erased.";
pub(crate) const LOOK: &str = "Look into it";
pub(crate) const HELD: &str = "Kept for a court or an inquiry";
pub(crate) const NOT_HELD: &str = "No photo is kept for a court or an inquiry.";
pub(crate) const DUE: &str = "These need not be kept any longer";
pub(crate) const DUE_LEAD: &str = "Nothing is erased by itself. Take the tick off what is to stay, and keep it for a court if it must stay longer.";
pub(crate) const DUE_MEANS: &str = "The ticked photos are gone for good from this system. Backups that were made before hold them until they are overwritten.";
pub(crate) const OWN_RULES: &str = "You put these rules in force yourself. Somebody else of information governance erases by them, or saves the same rules once more.";
pub(crate) const NOBODYS_RULES: &str = "The access log does not say who put these rules in force. Somebody of information governance saves them once more; then somebody else erases by them.";
pub(crate) const NOT_DUE: &str = "No photo is due.";
pub(crate) const ERASE_TICKED: &str = "Erase the ticked photos";
pub(crate) const SINCE: &str = "Due since";
pub(crate) const REFERENCE: &str = "Reference";
pub(crate) const TAKEN: &str = "Taken";
pub(crate) const TEAM: &str = "Team";
pub(crate) const TICK: &str = "Erase";
pub(crate) const FIND: &str = "Find a photo by its reference";
pub(crate) const FIND_HINT: &str = "A team's lead reads the reference on the photo's page.";
pub(crate) const FIND_BUTTON: &str = "Find it";
pub(crate) const NOT_FOUND: &str =
    "No photo here has this reference. Compare it letter by letter, or it is erased already.";
pub(crate) const ERASED: &str = "Erased last";
pub(crate) const NOT_ERASED: &str = "No photo was erased yet.";
pub(crate) const RULES: &str = "How long photos are kept";
pub(crate) const NO_RULES: &str = "There are no rules yet, so no photo is ever due.";
pub(crate) const IN_FORCE: &str = "Rules in force:";
pub(crate) const CHANGE_RULES: &str = "Change the rules";
pub(crate) const RULES_LEAD: &str = "The first rule that fits a photo counts, else the last line. A term is counted from the day on which the photo was taken. Nothing is erased when you save.";
pub(crate) const RULES_TEXT: &str = "The rules";
pub(crate) const RULES_SAVE: &str = "Put these rules in force";
pub(crate) const RULES_REFUSED: &str = "These rules do not hold, and the ones before stay in force.";
pub(crate) const BY: &str = "By";
pub(crate) const AT: &str = "When";
pub(crate) const GROUND: &str = "Ground";
pub(crate) const ASKED_BY: &str = "Asked for by";
pub(crate) const REFUSED: &str = "Refused and never filed";
pub(crate) const WORDS: &str = "In words";

pub(crate) const ONE_TITLE: &str = "Keeping and erasing a photo";
pub(crate) const STATE_HELD: &str =
    "It is kept for a court or an inquiry. Nothing erases it until that is lifted.";
pub(crate) const STATE_ASKED: &str = "Somebody asks for it to be erased.";
pub(crate) const STATE_DUE: &str = "It need not be kept any longer.";
pub(crate) const STATE_PLAIN: &str = "It is kept as the hospital's rules say.";
pub(crate) const UNTIL: &str = "Kept until";
pub(crate) const NO_END: &str = "No end, as there are no rules";
pub(crate) const END_UNKNOWN: &str =
    "Not known, as not all of its record can be read. Two people may erase it, and no rule does.";
pub(crate) const UNDER_WAY: &str =
    "Its erasure is under way or done. Nothing more is decided about this photo.";
pub(crate) const ASK: &str = "Ask for it to be erased";
pub(crate) const ASK_MEANS: &str =
    "Nothing is erased yet. Somebody else, of information governance, decides.";
pub(crate) const ASKER: &str = "Who asks?";
pub(crate) const ASKER_HINT: &str =
    "The patient, their family, a court, or who noticed the mistake. It is sealed.";
pub(crate) const WHY: &str = "Why, in words";
pub(crate) const WHY_HINT: &str = "Whoever decides reads this. It is sealed, and it stays in the access log.";
pub(crate) const ASK_BUTTON: &str = "Ask for it";
pub(crate) const MISSING: &str =
    "Choose a ground, and write who asks and why. Where all is filled in, write it shorter.";
pub(crate) const WITHDRAW: &str = "Take the wish back";
pub(crate) const WITHDRAW_MEANS: &str = "The photo stays.";
pub(crate) const DECIDE: &str = "Erase it for good";
pub(crate) const DECIDE_MEANS: &str = "The photo, its record and what was put right are gone from this system and cannot be brought back. Backups that were made before hold it until they are overwritten. A signed note stays that says what was erased, when, by whom and why.";
pub(crate) const OWN_WISH: &str =
    "You asked for it yourself. Somebody else of information governance decides.";
pub(crate) const HOLD: &str = "Keep it for a court or an inquiry";
pub(crate) const HOLD_MEANS: &str = "Nothing erases it until somebody lifts this.";
pub(crate) const HOLD_WHY: &str = "For whom, and until what";
pub(crate) const HOLD_WHY_HINT: &str =
    "Name no patient: this line is never erased. A case number says enough.";
pub(crate) const HOLD_BUTTON: &str = "Keep it";
pub(crate) const LIFT: &str = "Lift it";
pub(crate) const LIFT_MEANS: &str = "From then on it may be erased when it is due, or when somebody asks.";
pub(crate) const HOLD_MISSING: &str = "Write why. Where something stands there, write it shorter.";
pub(crate) const BACK: &str = "Back to the photo";

/// The grounds on which somebody asks, in the order of the form.
pub(crate) const GROUNDS: [ReasonCode; 4] =
    [ReasonCode::PatientRequest, ReasonCode::Legal, ReasonCode::Correction, ReasonCode::Other];

pub(crate) fn ground(ground: ReasonCode) -> &'static str {
    match ground {
        ReasonCode::RetentionOver => "It need not be kept any longer",
        ReasonCode::PatientRequest => "The patient asks for it",
        ReasonCode::Legal => "A court or an authority orders it",
        ReasonCode::Correction => "It was taken or kept by mistake",
        ReasonCode::Emergency
        | ReasonCode::Handover
        | ReasonCode::Consultation
        | ReasonCode::Diagnosis
        | ReasonCode::Teaching
        | ReasonCode::Publication
        | ReasonCode::Other => "Something else",
    }
}

/// Why a photo had been refused.
pub(crate) fn refused(cause: FilingRefusal) -> &'static str {
    match cause {
        FilingRefusal::EnrolmentInvalid => "The hospital did not believe its phone",
        FilingRefusal::ManifestInvalid => "What its phone had signed did not hold",
        FilingRefusal::ChainBroken => "Its place among its phone's photos did not fit the ones before",
        FilingRefusal::DigestMismatch => "Other bytes came than its phone had signed for",
        FilingRefusal::DidNotOpen => "No key of the hospital opened it",
        FilingRefusal::MixedRecipients => "It was sealed in two ways at once, of which one is weaker",
        FilingRefusal::BundleInvalid => "What was in it was not one record and one photo",
        FilingRefusal::RecordMismatch => "Its record was another than its phone had signed for",
        FilingRefusal::PhotoMismatch => "The photo was another than its record names",
    }
}

/// What became of ticked photos of which one stopped the rest.
pub(crate) fn halfway(gone: &[String], left: &[String]) -> String {
    let gone = format!("Erased for good: {}.", gone.join(", "));
    if left.is_empty() { gone } else { format!("{gone} Not erased, or not yet: {}.", left.join(", ")) }
}
