//! The words of the page about pictures that got out.

use crate::leak::{Place, Weighed};

pub(crate) const TITLE: &str = "A picture that got out";
pub(crate) const LEAD: &str = "Somebody has a picture that they should not have. Its invisible mark may say by which line of the access log it was shown.";
pub(crate) const KEPT: &str =
    "The picture is searched and kept nowhere. That you asked and what was found goes into the access log.";
pub(crate) const PICTURES: &str = "Pictures";
pub(crate) const PICTURES_HINT: &str =
    "JPEG, PNG or WebP files as they came, at their full size. At most 5, and 48 MB together.";
pub(crate) const PHOTO: &str = "Reference of the photo that they show, where it is known";
pub(crate) const PHOTO_HINT: &str =
    "With it far less of a picture is enough. Whoever may see that photo finds it on its page.";
pub(crate) const SEARCH: &str = "Look whose view it was";
pub(crate) const TAKES: &str = "Each picture takes some seconds, and one is searched at a time.";
pub(crate) const NO_PICTURE: &str = "Choose at least one picture.";
pub(crate) const TOO_MANY: &str =
    "These are more than 5 pictures. Choose fewer, and search the others afterwards.";
pub(crate) const TOO_MUCH: &str =
    "These pictures did not come whole, or are more than 48 MB together. Choose fewer.";
pub(crate) const NO_PHOTO: &str = "No photo here has this reference. Compare it letter by letter, or leave it empty. Then choose the pictures again.";

pub(crate) const PROVES: &str = "A line says under whose sign-in a picture was shown. It does not say who held a phone to that screen. It is a reason to ask, and accuses nobody.";
pub(crate) const AGAIN: &str = "Search another picture";
pub(crate) const PICTURE: &str = "Picture";
pub(crate) const UNREAD: &str = "Not read";
pub(crate) const UNREAD_MEANS: &str = "This is no JPEG, PNG or WebP file that can be read. Save it as one of these at its full size, and do not crop it.";
pub(crate) const NOBODY: &str = "Nobody is named";
pub(crate) const NOBODY_MEANS: &str = "This proves nothing, for or against anybody. The picture may be too small, too much changed, older than the marks, shown without one, or from the phone that took it.";
pub(crate) const WITH_ORIGINAL: &str = "Search again with the reference of the photo that it shows.";
pub(crate) const STOPPED: &str =
    "The search stopped before its last picture. Search again for those that do not stand here.";
pub(crate) const OFF: &str =
    "It does not lie on the photo of this reference: compare it, or look for a larger copy.";
pub(crate) const LARGER: &str = "Look for a larger copy, or one that was changed less.";
pub(crate) const AVERAGED: &str = "It was made of more than one view.";
pub(crate) const SHOWN_TO: &str = "Shown to";
pub(crate) const BY_LINK: &str = "Somebody with a link";
pub(crate) const WHEN: &str = "When";
pub(crate) const WHAT: &str = "What was done";
pub(crate) const PHOTO_OF: &str = "Photo";
pub(crate) const SHOWN_BY: &str = "Access log";
pub(crate) const LINE: &str = "Line";
pub(crate) const NO_LINE: &str = "That line was erased by law, or is not in this log.";
pub(crate) const SURE: &str = "How sure";
pub(crate) const BY_CHECK: &str = "The keyed check agrees: the mark was made here, for this line.";
pub(crate) const MEASURED: &str = "Measured";
pub(crate) const NO_MARK: &str = "No mark was read.";
pub(crate) const WRITTEN: &str = "This answer";

/// Why a weight names a line.
pub(crate) fn by_weight(weighed: Option<&Weighed>) -> String {
    let tried = weighed.map_or(0, |weighed| weighed.tried);
    format!(
        "By weight, under a fixed rule: of {tried} lines, an innocent one is named less than once in a million times."
    )
}

/// What was weighed against the original.
pub(crate) fn weighed(weighed: &Weighed) -> String {
    let heaviest = weighed.heaviest.iter().map(|(line, weight)| format!("line {line}: {weight:.1}"));
    format!(
        "It lies on the photo. Weights: {}; one whole view has {:.1}; lines tried: {}.",
        heaviest.collect::<Vec<_>>().join(", "),
        weighed.expected,
        weighed.tried
    )
}

/// Where the mark was read without an original.
pub(crate) fn place(place: &Place) -> String {
    let Place { score, scale, degrees, mirrored } = place;
    let mirrored = if *mirrored { ", as in a mirror" } else { "" };
    format!(
        "Read by itself: it stands out by {score:.1}, at scale {scale:.2}, turned by {degrees:.1} degrees{mirrored}."
    )
}
