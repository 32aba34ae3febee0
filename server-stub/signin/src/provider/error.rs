//! Why a sign-in at the provider does not count.

use serde::Deserialize;

use crate::jwt::JwtError;
use crate::outward::OutwardError;
use crate::random::NoEntropy;

/// Why a sign-in does not count. Each is written into the log by its code; the pages have words of their own for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The provider did not answer.
    #[error("the provider does not answer: {0}")]
    Outward(#[from] OutwardError),
    /// The provider's description of itself is not one, or not this issuer's.
    #[error("the provider describes itself wrongly: {0}")]
    Metadata(&'static str),
    /// This browser began no sign-in, or it was used or is too old.
    #[error("this sign-in was not begun in this browser, was used already, or took longer than ten minutes")]
    NotBegun,
    /// `state` is another one.
    #[error("the answer belongs to another sign-in")]
    State,
    /// `iss` of the answer is another provider's, or missing.
    #[error("the answer comes from another provider")]
    OtherIssuer,
    /// The provider refused; its error code.
    #[error("the provider refused: {0}")]
    Refused(String),
    /// The provider's token endpoint refused; its error code.
    #[error("the provider did not take the code: {0}")]
    Code(String),
    /// The answer is not what belongs there.
    #[error("the provider's answer cannot be read")]
    Answer,
    /// The token's form or signature.
    #[error("the provider's token does not count: {0}")]
    Token(#[from] JwtError),
    /// A claim is missing, or does not say what it must.
    #[error("the provider's token does not count: {0} is wrong")]
    Claim(&'static str),
    /// The sign-in at the provider is older than a session may be, or than was asked for.
    #[error("the sign-in at the provider is too old")]
    Stale,
    /// What `people.json` requires is not proven.
    #[error("the provider does not say enough about this account")]
    TooLittle,
    /// Somebody else came back than whoever was to prove themselves again.
    #[error("somebody else signed in at the provider")]
    SomebodyElse,
    /// The client's own key cannot sign.
    #[error("this side's own key cannot be used")]
    OwnKey,
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl SignInError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Outward(OutwardError::Unreachable(_)) => "provider_unreachable",
            Self::Outward(OutwardError::TooLong) => "provider_answer_too_long",
            Self::Outward(OutwardError::TooSlow) => "provider_too_slow",
            Self::Metadata(_) => "provider_metadata",
            Self::NotBegun => "sign_in_not_begun",
            Self::State => "sign_in_state",
            Self::OtherIssuer => "other_issuer",
            Self::Refused(_) => "provider_refused",
            Self::Code(_) => "code_refused",
            Self::Answer => "provider_answer",
            Self::Token(JwtError::Malformed) => "token_malformed",
            Self::Token(JwtError::Algorithm) => "token_algorithm",
            Self::Token(JwtError::UnknownKey) => "token_key",
            Self::Token(JwtError::Signature) => "token_signature",
            Self::Claim(_) => "token_claim",
            Self::Stale => "sign_in_stale",
            Self::TooLittle => "account_too_little",
            Self::SomebodyElse => "somebody_else",
            Self::OwnKey => "own_key",
            Self::NoEntropy(_) => "no_entropy",
        }
    }
}

/// The `error` of an OAuth answer, in at most 60 plain characters.
pub(super) fn error_code(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refused {
        error: String,
    }
    serde_json::from_slice::<Refused>(body)
        .map_or_else(|_| "no reason given".to_owned(), |refused| plain(&refused.error))
}

pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')).take(60).collect()
}
