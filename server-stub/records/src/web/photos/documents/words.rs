//! The words of the pages about documents and notices.

pub(crate) const TITLE: &str = "Documents and notices";
pub(crate) const LEAD: &str = "The hospital's own policies with the day on which each is looked at again, and notices that everybody reads before they see photos.";
pub(crate) const UNREADABLE: &str = "The file of documents and notices cannot be read, and nothing of it is in force but what was read before. Change it here, or put the file right.";
pub(crate) const DUE: &str = "To be looked at again";
pub(crate) const NOT_DUE: &str = "No document is to be looked at within the next thirty days.";
pub(crate) const MAIL: &str = "Text for a message to";
pub(crate) const BY_MAIL: &str = "Where mail is set up, governance is told by mail 30 days before, 7 days before and on the day, once each. That mail names no document.";
pub(crate) const DOCUMENTS: &str = "All documents";
pub(crate) const NO_DOCUMENTS: &str = "No document is registered yet.";
pub(crate) const OWNER: &str = "Looked after by";
pub(crate) const VERSION: &str = "Version";
pub(crate) const REVIEW: &str = "Look at it again by";
pub(crate) const LATE: &str = "Late";
pub(crate) const WHERE: &str = "Where it is";
pub(crate) const HASH: &str = "SHA-256";
pub(crate) const NOTICES: &str = "Who has not read which notice";
pub(crate) const NO_NOTICES: &str = "There is no notice, so nobody is asked to read one.";
pub(crate) const WHO: &str = "Of everybody who did anything here within the last ninety days.";
pub(crate) const ON_PHONES: &str = "Shown on phones by the signed policy";
pub(crate) const WHO_ON_PHONES: &str =
    "Of everybody who has read some version of it, on a phone where they were signed in or here.";
pub(crate) const NOBODY_YET: &str = "Nobody has read it yet.";
pub(crate) const ALL_READ: &str = "Everybody has read it.";
pub(crate) const CHANGE: &str = "Change documents and notices";
pub(crate) const EDIT_LEAD: &str =
    "A notice with a higher version is shown to everybody again, before the next photo.";
pub(crate) const TEXT: &str = "Documents and notices";
pub(crate) const SAVE: &str = "Put them in force";
pub(crate) const REFUSED: &str = "This does not hold, and what was before stays in force.";

pub(crate) const READ_TITLE: &str = "Before you go on";
pub(crate) const READ_LEAD: &str =
    "Read this. That you have read it is written into the access log with your name.";
pub(crate) const READ: &str = "I have read it";
pub(crate) const NOTHING: &str = "There is nothing that you have not read.";
pub(crate) const READ_FIRST: &str = "There is a notice that you have not read. Read it, then do this again.";
pub(crate) const TO_READ: &str = "Read the notice";
