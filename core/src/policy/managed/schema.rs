//! What device management may set: the one list that every generated file, the validator and the manual are made from.

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text of at most so many bytes.
    Text {
        /// The most.
        most: usize,
    },
    /// A whole number within bounds, both included.
    Integer {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
}

/// When a setting has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Always.
    Required,
    /// To enrol; afterwards it is not looked at.
    ToEnrol,
    /// Where the hospital wants it.
    Optional,
}

/// What setting it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It points somewhere; what it points at proves itself.
    Points,
    /// Kept from the first enrolment on; another value later changes nothing and is reported.
    Sticks,
    /// It can make the signed policy stricter, never looser.
    Tightens,
    /// It is shown to people.
    Shown,
}

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name in every encoding.
    pub key: &'static str,
    /// What consoles show above it: a few words.
    pub title: &'static str,
    /// What consoles show below it: one or two sentences.
    pub description: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// When it has to be there.
    pub need: Need,
    /// What it can do.
    pub effect: Effect,
    /// What holds where it is not set, in words; `None` where it must be set.
    pub otherwise: Option<&'static str>,
    /// What an example shows, where one can be shown.
    pub example: Option<&'static str>,
}

/// The version of this list: it rises when a setting changes its meaning, not when one is added.
pub const SCHEMA_VERSION: u32 = 1;

/// Every setting, in the order in which people see them.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "gateway",
        title: "Gateway address",
        description: "The https:// address that photos are sent to, without a path. The hospital's signed trust bundle must name it.",
        kind: Kind::Text { most: 255 },
        need: Need::Required,
        effect: Effect::Points,
        otherwise: None,
        example: Some("https://gauze.example.org"),
    },
    Setting {
        key: "tenant",
        title: "Organisation",
        description: "The organisation's short name, as in the trust bundle: lower-case letters, digits and hyphens.",
        kind: Kind::Text { most: 63 },
        need: Need::Required,
        effect: Effect::Sticks,
        otherwise: None,
        example: Some("ward-9"),
    },
    Setting {
        key: "root_sha256",
        title: "Fingerprint of the root key",
        description: "64 hexadecimal digits from `root-sha256.txt`. The phone keeps the first one it is given: changing it later has no effect.",
        kind: Kind::Text { most: 128 },
        need: Need::Required,
        effect: Effect::Sticks,
        otherwise: None,
        example: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    },
    Setting {
        key: "min_bundle_version",
        title: "Oldest trust bundle",
        description: "Phones refuse trust bundles with a lower version. Raise it when keys have been replaced.",
        kind: Kind::Integer { least: 1, most: MOST },
        need: Need::Optional,
        effect: Effect::Tightens,
        otherwise: Some("1"),
        example: Some("1"),
    },
    Setting {
        key: "token",
        title: "Enrolment token",
        description: "Lets this phone enrol once, within 24 hours; or every phone of the hospital's list, each once, within 30 days.",
        kind: Kind::Text { most: 8192 },
        need: Need::ToEnrol,
        effect: Effect::Points,
        otherwise: None,
        example: None,
    },
    Setting {
        key: "serial",
        title: "Serial number",
        description: "The phone's serial number, filled in by the management system's variable. A token made for one phone needs it.",
        kind: Kind::Text { most: 64 },
        need: Need::Optional,
        effect: Effect::Points,
        otherwise: Some("none"),
        example: Some("R58M41ABCDE"),
    },
    Setting {
        key: "ward",
        title: "Ward",
        description: "Where this phone is used, in words that people know. The hospital's lists of phones are sorted by it; it is kept from the enrolment on. Name no patient.",
        kind: Kind::Text { most: 64 },
        need: Need::Optional,
        effect: Effect::Shown,
        otherwise: Some("what the token was asked for, where it was asked for one by one"),
        example: Some("Ward 9"),
    },
    Setting {
        key: "ca",
        title: "Certificate authority",
        description: "PEM certificates of the authority that issued the gateway's certificate, where it is not a public one.",
        kind: Kind::Text { most: 65_536 },
        need: Need::Optional,
        effect: Effect::Points,
        otherwise: Some("the public authorities"),
        example: None,
    },
    Setting {
        key: "review_hours",
        title: "Hours of review",
        description: "Hours for which a photo may be looked at on the phone that took it; 0 is not at all. Cannot exceed the hospital's policy.",
        kind: Kind::Integer { least: 0, most: 336 },
        need: Need::Optional,
        effect: Effect::Tightens,
        otherwise: Some("the policy's hours"),
        example: Some("8"),
    },
    Setting {
        key: "max_unsent",
        title: "Unsent photos before a warning",
        description: "How many photos a phone may keep unsent before it warns. Cannot exceed the hospital's policy.",
        kind: Kind::Integer { least: 1, most: 100_000 },
        need: Need::Optional,
        effect: Effect::Tightens,
        otherwise: Some("the policy's number"),
        example: Some("100"),
    },
    Setting {
        key: "offline_wipe_hours",
        title: "Hours out of touch before a wipe",
        description: "Hours without hearing from the hospital after which the phone destroys what opens photos. Sealed photos stay and can be sent. Cannot exceed the hospital's policy.",
        kind: Kind::Integer { least: 1, most: 8784 },
        need: Need::Optional,
        effect: Effect::Tightens,
        otherwise: Some("the policy's hours"),
        example: Some("72"),
    },
    Setting {
        key: "support_contact",
        title: "Whom to ask",
        description: "Shown to the phone's user when something has to be solved by IT: a telephone number or an address.",
        kind: Kind::Text { most: 200 },
        need: Need::Optional,
        effect: Effect::Shown,
        otherwise: Some("nothing is shown"),
        example: Some("IT service desk, extension 4242"),
    },
];

/// Whole numbers in JSON are exact up to here.
const MOST: i64 = (1 << 53) - 1;

/// The setting of that name.
pub fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}
