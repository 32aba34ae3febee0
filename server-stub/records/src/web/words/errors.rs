//! What the pages say of other crates' errors: what happened, and the next step. The crates themselves keep codes, and words for logs.

use gauze_signin::factors::FactorError;
use gauze_signin::provider::SignInError;

/// Of a second factor.
pub(crate) fn factor(error: &FactorError) -> &'static str {
    match error {
        FactorError::Store(_) | FactorError::Migration(_) | FactorError::NoEntropy(_) => {
            "Second factors cannot be read or written now. Tell the help desk, and try again in a minute."
        }
        FactorError::Damaged => {
            "Your second factor is kept here and cannot be read. Ask your team's lead and an administrator to enrol you again."
        }
        FactorError::Authority(_) | FactorError::Origin => {
            "Second factors are not set up rightly here. Do not try again. Tell the help desk the code."
        }
        FactorError::None => "There is no such second factor. Ask an administrator for an enrolment code.",
        FactorError::NotAsked => "This was not asked for here, or more than five minutes ago. Begin again.",
        FactorError::Passkey => "The passkey was not proven. Try again, with your PIN, finger or face.",
        FactorError::NotHardware => {
            "This passkey is not known to be a hardware key. Use one of a kind that the hospital has listed."
        }
        FactorError::Code => {
            "The code is wrong, or was used already. Wait for the next code and enter that one."
        }
        FactorError::Locked => {
            "Five codes were wrong, so this second factor is locked. Ask your team's lead and an administrator to enrol you again."
        }
        FactorError::NoTotp => "The hospital takes no one-time codes as a second factor. Enrol a passkey.",
        FactorError::Enrolment => {
            "The enrolment code is wrong, used, or too old. Ask an administrator for another one."
        }
        FactorError::NotInvited => "An enrolment code comes first. Ask an administrator for one.",
        FactorError::NotTwo => {
            "Two others speak for a person. Ask a team's lead and an administrator, neither of them the person."
        }
    }
}

/// Of signing in at the provider.
pub(crate) fn sign_in(error: &SignInError) -> &'static str {
    match error {
        SignInError::Outward(_) => {
            "The hospital's sign-in does not answer. Try again in a minute. If it stays so, tell the help desk."
        }
        SignInError::NotBegun => {
            "This sign-in was not begun in this browser, was used already, or took longer than ten minutes. Sign in again."
        }
        SignInError::State => "This answer belongs to another sign-in. Sign in again.",
        SignInError::Refused(_) => "The hospital's sign-in refused. Sign in again.",
        SignInError::Code(_) => "The hospital's sign-in did not take its own code back. Sign in again.",
        SignInError::Stale => "Your sign-in with the hospital account is too old. Sign in again.",
        SignInError::SomebodyElse => {
            "Somebody else signed in with a hospital account. Sign out, then sign in as yourself."
        }
        SignInError::TooLittle => {
            "The hospital's sign-in does not say enough about this account. Ask the help desk to have your identity checked there."
        }
        SignInError::OtherIssuer => {
            "This answer comes from another sign-in service than the hospital's. Do not try again. Tell the help desk the code."
        }
        SignInError::Metadata(_) | SignInError::Answer | SignInError::Token(_) | SignInError::Claim(_) => {
            "What the hospital's sign-in answers does not count here. Do not try again. Tell the help desk the code."
        }
        SignInError::OwnKey | SignInError::NoEntropy(_) => {
            "This side cannot prove itself to the hospital's sign-in. Do not try again. Tell the help desk the code."
        }
    }
}
