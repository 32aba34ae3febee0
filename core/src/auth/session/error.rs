use crate::ports::TransportError;

/// Why nobody was signed in. Whoever was signed in before still is, and photos go out all the same.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The phone is not enrolled.
    #[error("this phone is not enrolled: enrol it first")]
    NotEnrolled,
    /// The hospital's policy has no sign-in.
    #[error("this hospital does not ask clinicians to sign in on phones: take photos without")]
    Off,
    /// No answer from the provider.
    #[error("the sign-in service cannot be reached ({}): check the network and sign in again", .0.code())]
    Transport(#[from] TransportError),
    /// Something else answered in the provider's place.
    #[error(
        "something between this phone and the sign-in service answered (HTTP {0}): sign in to the Wi-Fi if it asks for it, then sign in again"
    )]
    Between(u16),
    /// The provider's own description of itself cannot be used.
    #[error("the sign-in service is not set up as expected ({0}): report this to IT")]
    Provider(&'static str),
    /// The person or the provider ended it.
    #[error("the sign-in was ended: sign in again when you are ready")]
    Cancelled,
    /// The provider refused, with its own code (RFC 6749, sections 4.1.2.1 and 5.2).
    #[error("the sign-in service refused ({code}): sign in again; if it goes on, report this to IT")]
    Refused {
        /// Its code.
        code: String,
    },
    /// The answer belongs to no sign-in that was begun here, or to one that has ended.
    #[error("this answer belongs to no sign-in that is open on this phone: sign in again")]
    NotBegun,
    /// The browser came back to another address than it was sent to.
    #[error("the browser came back to another address than agreed: sign in again")]
    OtherAddress,
    /// The answer is another provider's.
    #[error("another sign-in service answered: sign in again, and report this to IT")]
    OtherProvider,
    /// The token is not for this phone, client, provider or time.
    #[error(
        "the sign-in service's answer does not hold ({0}): check the phone's date, sign in again; if it goes on, report this to IT"
    )]
    Token(&'static str),
    /// The token does not fit into a record.
    #[error("the sign-in service's answer is too large: report this to IT, who can ask for fewer claims")]
    TooLarge,
    /// No random bytes.
    #[error("the phone gave no random numbers: restart it and sign in again")]
    Entropy,
    /// TLS could not be set up.
    #[error(
        "the authorities of the sign-in service in the hospital's policy are not readable: report this to IT"
    )]
    Tls,
}

impl SignInError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotEnrolled => "not_enrolled",
            Self::Off => "sign_in_off",
            Self::Transport(error) => error.code(),
            Self::Between(_) => "answered_in_between",
            Self::Provider(_) => "sign_in_provider",
            Self::Cancelled => "sign_in_cancelled",
            Self::Refused { .. } => "sign_in_refused",
            Self::NotBegun => "sign_in_not_begun",
            Self::OtherAddress => "sign_in_address",
            Self::OtherProvider => "sign_in_other_provider",
            Self::Token(_) => "sign_in_token",
            Self::TooLarge => "sign_in_token_too_large",
            Self::Entropy => "no_entropy",
            Self::Tls => "tls_setup",
        }
    }

    /// What a provider's error says. Its description is for developers and may name a person: it is not even read.
    pub(super) fn refused(code: &str) -> Self {
        if code == "access_denied" || code == "login_required" {
            return Self::Cancelled;
        }
        let plain = |c: char| c.is_ascii_lowercase() || c == '_';
        Self::Refused { code: code.chars().filter(|&c| plain(c)).take(64).collect() }
    }
}
