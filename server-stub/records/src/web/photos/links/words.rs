//! The words of links: for who makes one, and for who is sent one (`docs/look.md`).

use gauze_people::context::ReasonCode;
use gauze_people::links::Shut;

pub(in crate::web::photos) const TITLE: &str = "Send a link";
pub(in crate::web::photos) const LEAD: &str = "Somebody outside sees this one photo, and nothing else. Each opening is written down and marked with their name.";
pub(in crate::web::photos) const READER: &str = "Who reads it";
pub(in crate::web::photos) const READER_HINT: &str =
    "Name and place, such as Dr A. Evans, Elm Surgery. It stands below the photo.";
pub(in crate::web::photos) const WHY: &str = "Why";
pub(in crate::web::photos) const WORDS: &str = "In words";
pub(in crate::web::photos) const WORDS_HINT: &str =
    "What they need it for. Whoever reads the log later can read this.";
pub(in crate::web::photos) const MAIL: &str = "Their e-mail address";
pub(in crate::web::photos) const MAIL_HINT: &str = "The address of the link goes there. Leave it empty to send the text yourself. The code never goes by mail.";
/// Sealed with the reason, so that the log says where the address went.
pub(in crate::web::photos) const MAILS_TO: &str = "To be mailed to";
pub(in crate::web::photos) const MAIL_WRONG: &str =
    "This is no e-mail address. Enter one such as practice@surgery.example, or leave it empty.";
pub(in crate::web::photos) const MAIL_SUBJECT: &str = "A photo for you";
pub(in crate::web::photos) const MAILED: &str = "This text was mailed to";
pub(in crate::web::photos) const NOT_MAILED: &str =
    "The mail server did not take this text. Copy it and send it yourself.";
pub(in crate::web::photos) const PERHAPS_MAILED: &str =
    "The mail server has not answered. Ask the reader whether the text came, or send it yourself.";
pub(in crate::web::photos) const MAILED_TEXT: &str = "The text";
pub(in crate::web::photos) const DAYS: &str = "For how many days";
pub(in crate::web::photos) const VIEWS: &str = "How often they may open it";
pub(in crate::web::photos) const COPY: &str = "They may keep a marked copy";
pub(in crate::web::photos) const COPY_HINT: &str = "Without this they look at it and save nothing.";
pub(in crate::web::photos) const SUBMIT: &str = "Make the link";
pub(in crate::web::photos) const BACK: &str = "Back to the photo";
pub(in crate::web::photos) const MISSING: &str =
    "Say who reads it, choose why, write it in words too, and give days and views that are allowed.";
pub(in crate::web::photos) const MADE: &str = "The link is made";
pub(in crate::web::photos) const SEND: &str = "Send this text to";
pub(in crate::web::photos) const TEXT: &str = "Text to copy";
pub(in crate::web::photos) const CODE: &str = "Tell them this code by another way";
pub(in crate::web::photos) const CODE_MEANS: &str =
    "Telephone, or in person. Whoever has both opens the photo, so never send the two together.";
pub(in crate::web::photos) const ONCE: &str =
    "Address and code are shown once. If they are lost, revoke the link and make another.";
pub(in crate::web::photos) const ALL: &str = "Links";
pub(in crate::web::photos) const LIST_LEAD: &str = "Links that you made, and links to photos of teams that you lead: all that still show something, then the newest 200 of the others.";
pub(in crate::web::photos) const NONE: &str = "There is no link.";
pub(in crate::web::photos) const BY: &str = "Made by";
pub(in crate::web::photos) const AT: &str = "Made";
pub(in crate::web::photos) const ENDS: &str = "Ends";
pub(in crate::web::photos) const OPENED: &str = "Opened";
pub(in crate::web::photos) const OPEN: &str = "Open";
pub(in crate::web::photos) const HISTORY: &str = "What was done with it";
pub(in crate::web::photos) const NOTHING: &str = "Nobody has asked for it yet.";
pub(in crate::web::photos) const REVOKE: &str = "Revoke it now";
pub(in crate::web::photos) const REVOKE_MEANS: &str =
    "It opens nothing from that moment, also where it is open now.";
pub(in crate::web::photos) const PHOTO: &str = "The photo";
pub(in crate::web::photos) const NUMBER: &str = "Link";

pub(in crate::web::photos) const DOOR_TITLE: &str = "A photo for you";
pub(in crate::web::photos) const DOOR_LEAD: &str =
    "A hospital team shows you one photo. You need the code that they told you by another way.";
pub(in crate::web::photos) const DOOR_CODE: &str = "Code of eight digits";
pub(in crate::web::photos) const DOOR_HINT: &str =
    "Spaces do not matter. After five wrong codes the link is locked.";
pub(in crate::web::photos) const DOOR_NOT_YET: &str = "This page by itself does not count.";
pub(in crate::web::photos) const BY_LINK: &str = "By link";
pub(in crate::web::photos) const AGAIN: &str = "Try again";
pub(in crate::web::photos) const DOOR_OPEN: &str = "Open the photo";
pub(in crate::web::photos) const DOOR_WRITTEN: &str =
    "That you open it is written down, and the picture carries your name.";
pub(in crate::web::photos) const WRONG: &str =
    "This is not the code. Compare it with what you were told, digit by digit.";
pub(in crate::web::photos) const UNREADABLE: &str = "A code has eight digits. Enter all of them.";
pub(in crate::web::photos) const SHOWN_TITLE: &str = "A photo for you";
pub(in crate::web::photos) const SHOWN_UNTIL: &str = "This page shows it until";
pub(in crate::web::photos) const KEEP: &str = "Keep a marked copy";
pub(in crate::web::photos) const KEEP_MEANS: &str =
    "The copy carries your name. Keep it as you keep other health records.";
pub(in crate::web::photos) const NO_COPY: &str =
    "It is for looking at only. Do not copy it or photograph the screen.";
pub(in crate::web::photos) const CLOSED_TITLE: &str = "This link shows nothing";
pub(in crate::web::photos) const OVER: &str = "Its time is over.";
pub(in crate::web::photos) const USED_UP: &str = "It was opened as often as it may be.";
pub(in crate::web::photos) const REVOKED: &str = "The team that sent it has revoked it.";
pub(in crate::web::photos) const LOCKED: &str = "It is locked, because its code was wrong five times.";
pub(in crate::web::photos) const UNKNOWN: &str =
    "There is no such link. Compare the address with the one that you were sent.";
pub(in crate::web::photos) const ASK: &str = "Ask whoever sent it to you for another.";
pub(in crate::web::photos) const LATER: &str = "This is asked for too often just now. Try again in a minute.";

/// The most that may be entered.
pub(in crate::web::photos) fn most(most: u16) -> String {
    format!("At most {most}.")
}

/// How often it was opened.
pub(in crate::web::photos) fn opened(views: u32, most: u16) -> String {
    format!("{views} of {most}")
}

/// Why something leaves the hospital.
pub(in crate::web::photos) fn why(code: ReasonCode) -> &'static str {
    match code {
        ReasonCode::Consultation => "They are asked for advice",
        ReasonCode::Handover => "They take over the patient's care",
        other => super::super::words::reason(other),
    }
}

/// How often it still opens.
pub(in crate::web::photos) fn left(views: u32) -> String {
    match views {
        1 => "It opens once more.".to_owned(),
        views => format!("It opens {views} more times."),
    }
}

pub(in crate::web::photos) fn shut(shut: Shut) -> &'static str {
    match shut {
        Shut::Over => OVER,
        Shut::UsedUp => USED_UP,
        Shut::Revoked => REVOKED,
        Shut::Locked => LOCKED,
    }
}
