use std::sync::Weak;

use gauze_core::wire::SignInMode;
use gauze_core::{Clinician, SignInPage};
use jiff::Timestamp;

use crate::ClientError;
use crate::error::open;
use crate::task::background;

/// Who has this phone in hand: OpenID Connect through the system's browser.
#[derive(uniffi::Object)]
pub struct SignIn(pub(crate) Weak<gauze_core::Client>);

/// Whether a photo needs a clinician who is signed in.
#[uniffi::remote(Enum)]
pub enum SignInMode {
    /// No photo without.
    Required,
    /// Phones ask for it; a photo is taken without as well.
    Asked,
}

/// What the system's browser opens.
#[uniffi::remote(Record)]
pub struct SignInPage {
    /// The provider's page. Hand it to the browser as it is, and log it nowhere.
    pub url: String,
    /// What the browser returns to: the address that it then calls ends the sign-in.
    pub redirect_uri: String,
}

/// A clinician who is signed in.
#[uniffi::remote(Record)]
pub struct Clinician {
    /// Who, as the provider calls them.
    pub name: String,
    /// When they signed in, in milliseconds since 1970.
    pub since: Timestamp,
    /// When the phone asks again, in milliseconds since 1970.
    pub until: Timestamp,
}

#[uniffi::export(async_runtime = "tokio")]
impl SignIn {
    /// Whether the hospital has clinicians sign in; nothing where it has not.
    pub fn mode(&self) -> Option<SignInMode> {
        open(&self.0).ok()?.sign_in_mode()
    }

    /// Who is signed in now.
    pub fn clinician(&self) -> Option<Clinician> {
        open(&self.0).ok()?.clinician()
    }

    /// Begins a sign-in: open the page in the system's browser, never in a view of the app's own (RFC 8252, section 8.12).
    pub async fn begin(&self) -> Result<SignInPage, ClientError> {
        let client = open(&self.0)?;
        Ok(background(async move { client.begin_sign_in().await }).await?)
    }

    /// Ends it with the whole address that the browser came back to. Whoever was signed in before is signed out.
    pub async fn finish(&self, callback: String) -> Result<Clinician, ClientError> {
        let client = open(&self.0)?;
        Ok(background(async move { client.finish_sign_in(&callback).await }).await?)
    }

    /// Signs out and locks review. Photos that were taken go out all the same.
    pub fn sign_out(&self) {
        if let Ok(client) = open(&self.0) {
            client.sign_out();
        }
    }
}
