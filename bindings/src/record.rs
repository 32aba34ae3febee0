//! Mirrors of what is said of a photo, checked by the compiler.

use gauze_core::wire::{
    BirthDate, BodySide, CaptureId, CheckDigit, ChiNumber, Choice, Consent, ConsentScope, Established,
    Fitness, FoundMarker, Framing, HcNumber, Identifier, LocalNumbers, Name, NhsNumber, NoticeChoice,
    Patient, PickLists, SeriesId, ShownNotice, Site, SiteChoice, WoundId,
};
use gauze_core::{CaptureContext, WoundView};
use jiff::Timestamp;

use crate::types::{Text64, Text128, Text256, Text4096, entered};

uniffi::custom_type!(BirthDate, String, { remote, lower: |date| date.into(), try_lift: |text| entered(text.parse()) });
uniffi::custom_type!(NhsNumber, String, { remote, lower: |number| number.into(), try_lift: |text| entered(NhsNumber::entered(&text)) });
uniffi::custom_type!(ChiNumber, String, { remote, lower: |number| number.into(), try_lift: |text| entered(ChiNumber::entered(&text)) });
uniffi::custom_type!(HcNumber, String, { remote, lower: |number| number.into(), try_lift: |text| entered(HcNumber::entered(&text)) });
uniffi::custom_type!(WoundId, String, { remote, lower: |id| id.to_string(), try_lift: |text| entered(text.parse()) });
uniffi::custom_type!(SeriesId, String, { remote, lower: |id| id.to_string(), try_lift: |text| entered(text.parse()) });

/// What the clinician said about the photo.
#[uniffi::remote(Record)]
pub struct CaptureContext {
    /// Whom it shows.
    #[uniffi(default = None)]
    pub patient: Option<Patient>,
    /// The team that takes it: one of the policy's list, where it has one.
    #[uniffi(default = None)]
    pub team: Option<Choice>,
    /// Where on the body: one of the policy's list, where it has one.
    #[uniffi(default = None)]
    pub site: Option<Site>,
    /// Which wound, as this phone named it.
    #[uniffi(default = None)]
    pub wound: Option<WoundId>,
    /// Which visit, as this phone named it.
    #[uniffi(default = None)]
    pub series: Option<SeriesId>,
    /// How much it shows.
    #[uniffi(default = None)]
    pub view: Option<Framing>,
    /// Consent, in a form of the policy's list, where it has one.
    #[uniffi(default = None)]
    pub consent: Option<Consent>,
    /// How fit it is for measuring: as `Client.judge` says of its bytes, with the marker as the camera saw it just before.
    #[uniffi(default = None)]
    pub fitness: Option<Fitness>,
    /// Free text: 1 to 4096 bytes of UTF-8.
    #[uniffi(default = None)]
    pub notes: Option<Text4096>,
    /// Who takes it.
    #[uniffi(default = None)]
    pub clinician: Option<Text256>,
    /// Their session.
    #[uniffi(default = None)]
    pub session_ref: Option<Name>,
}

/// A patient.
#[uniffi::remote(Record)]
pub struct Patient {
    /// NHS number: ten digits, modulus 11 checked; may be entered in groups.
    #[uniffi(default = None)]
    pub nhs_number: Option<NhsNumber>,
    /// CHI number: ten digits that begin with a day, modulus 11 checked; may be entered in groups.
    #[uniffi(default = None)]
    pub chi_number: Option<ChiNumber>,
    /// Health and Care Number: ten digits in its range, modulus 11 checked; may be entered in groups.
    #[uniffi(default = None)]
    pub hc_number: Option<HcNumber>,
    /// The hospital's own number: 1 to 64 bytes of UTF-8.
    #[uniffi(default = None)]
    pub local_number: Option<Text64>,
    /// Family name.
    pub family: Text128,
    /// Given names.
    pub given: Text128,
    /// Date of birth, `YYYY-MM-DD`.
    pub dob: BirthDate,
    /// How the patient was established.
    pub established: Established,
    /// By which two identifiers that was confirmed, in the order of their kinds.
    pub confirmed_by: Vec<Identifier>,
}

/// How a patient was established.
#[uniffi::remote(Enum)]
pub enum Established {
    /// The wristband was scanned.
    Wristband,
    /// Chosen from a worklist.
    Worklist,
    /// Typed by hand.
    Typed {
        /// Why.
        reason: Text256,
    },
}

/// What a person compared with the patient, or with what the patient said.
#[uniffi::remote(Enum)]
pub enum Identifier {
    /// Family and given names.
    Name,
    /// Date of birth.
    Dob,
    /// NHS number.
    NhsNumber,
    /// CHI number.
    ChiNumber,
    /// Health and Care Number.
    HcNumber,
    /// The hospital's own number.
    LocalNumber,
}

/// One of a list that the hospital keeps.
#[uniffi::remote(Record)]
pub struct Choice {
    /// For programs.
    pub code: Name,
    /// For people.
    pub words: Text128,
}

/// Where on the body.
#[uniffi::remote(Record)]
pub struct Site {
    /// The code's system; with `code` or not at all.
    #[uniffi(default = None)]
    pub system: Option<Name>,
    /// The code.
    #[uniffi(default = None)]
    pub code: Option<Name>,
    /// In words: 1 to 256 bytes of UTF-8.
    pub words: Text256,
    /// Which side.
    #[uniffi(default = None)]
    pub side: Option<BodySide>,
}

/// A side of the body.
#[uniffi::remote(Enum)]
pub enum BodySide {
    /// The patient's left.
    Left,
    /// The patient's right.
    Right,
    /// In the middle.
    Midline,
    /// Both sides.
    Both,
}

/// How much a photo shows.
#[uniffi::remote(Enum)]
pub enum Framing {
    /// The body part, so that one sees where the wound is.
    Context,
    /// Straight onto the wound, with its marker.
    Straight,
    /// Close up.
    Close,
}

/// What a photo may be used for.
#[uniffi::remote(Enum)]
pub enum ConsentScope {
    /// The patient's own care.
    Care,
    /// Teaching.
    Teaching,
    /// Publication.
    Publication,
}

/// A notice that was shown: when consent was asked for, or to staff before they use a phone.
#[uniffi::remote(Record)]
pub struct ShownNotice {
    /// Which notice.
    pub code: Name,
    /// Its version.
    pub version: u32,
}

/// Consent as it was given.
#[uniffi::remote(Record)]
pub struct Consent {
    /// For what: each once, in the order of their kinds.
    pub scopes: Vec<ConsentScope>,
    /// By whom, in words: 1 to 128 bytes of UTF-8.
    pub by: Text128,
    /// In which form.
    pub form: Choice,
    /// The notice that was shown.
    #[uniffi(default = None)]
    pub notice: Option<ShownNotice>,
    /// When, in milliseconds since 1970.
    pub at: Timestamp,
    /// When it was withdrawn, in milliseconds since 1970.
    #[uniffi(default = None)]
    pub withdrawn: Option<Timestamp>,
}

/// The marker that lies beside a wound, as it was found in the picture.
#[uniffi::remote(Record)]
pub struct FoundMarker {
    /// Scale in its plane: nanometres a pixel, 1 to 10,000,000.
    pub scale_nm: u32,
    /// Between its plane and the sensor's: thousandths of a degree, 0 to 90,000.
    pub tilt_mdeg: u32,
}

/// How fit a picture is for measuring.
#[uniffi::remote(Record)]
pub struct Fitness {
    /// 0 (blurred) to 1000 (sharp).
    pub sharpness: u16,
    /// -1000 (black) to 1000 (burnt out); 0 is right.
    pub exposure: i16,
    /// The marker; absent where none was found.
    #[uniffi(default = None)]
    pub marker: Option<FoundMarker>,
}

/// A site that can be chosen.
#[uniffi::remote(Record)]
pub struct SiteChoice {
    /// The code's system.
    pub system: Name,
    /// The code.
    pub code: Name,
    /// For people.
    pub words: Text256,
    /// Whether a side has to be named.
    pub sided: bool,
}

/// A notice: apps show the one with the code `staff` to whoever uses a phone, before they do, and `patient` when consent is asked for.
#[uniffi::remote(Record)]
pub struct NoticeChoice {
    /// Which notice.
    pub code: Name,
    /// Its version.
    pub version: u32,
    /// What it says.
    pub words: Text4096,
}

/// How the last digit of a number is made from the others.
#[uniffi::remote(Enum)]
pub enum CheckDigit {
    /// As GS1's.
    Modulus10,
    /// As the NHS number's.
    Modulus11,
}

/// How the hospital writes its own number of a patient.
#[uniffi::remote(Record)]
pub struct LocalNumbers {
    /// What the hospital calls it.
    pub words: Text64,
    /// Its shapes: `#` is a digit, `@` a capital letter, all else itself.
    pub shapes: Vec<Name>,
    /// How its last digit is made.
    pub check: Option<CheckDigit>,
}

/// What people choose from, and type as the hospital writes it. A list that is empty asks for nothing.
#[uniffi::remote(Record)]
pub struct PickLists {
    /// Teams.
    pub teams: Vec<Choice>,
    /// Sites.
    pub sites: Vec<SiteChoice>,
    /// Forms of consent.
    pub consents: Vec<Choice>,
    /// Notices.
    pub notices: Vec<NoticeChoice>,
    /// The hospital's own number of a patient; without it none is taken.
    pub local_number: Option<LocalNumbers>,
}

/// A wound that this phone has named.
#[uniffi::remote(Record)]
pub struct WoundView {
    /// Its name.
    pub wound: WoundId,
    /// Where it is.
    pub site: Option<Site>,
    /// When it was named, in milliseconds since 1970.
    pub named_at: Timestamp,
    /// Its newest photo that may be shown here.
    pub newest: Option<CaptureId>,
}
