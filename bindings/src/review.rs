use std::sync::Weak;

use gauze_core::WoundView;
use gauze_core::wire::{CaptureId, Patient};

use crate::ClientError;
use crate::error::open;

/// Looking at photos on the phone that took them, while policy allows. All methods block.
#[derive(uniffi::Object)]
pub struct Review(pub(crate) Weak<gauze_core::Client>);

#[uniffi::export]
impl Review {
    /// Opens local review. Blocks while the user authenticates.
    pub fn unlock(&self) -> Result<(), ClientError> {
        Ok(open(&self.0)?.unlock()?)
    }

    /// Ends local review until the next unlock, and wipes its key from memory.
    pub fn lock(&self) {
        if let Ok(client) = open(&self.0) {
            client.lock();
        }
    }

    /// The small picture of a photo (JPEG). Needs an unlocked phone.
    pub fn preview(&self, id: CaptureId) -> Result<Vec<u8>, ClientError> {
        Ok(std::mem::take(&mut *open(&self.0)?.preview(id)?))
    }

    /// The wounds of a patient that this phone remembers, newest first. Needs an unlocked phone.
    pub fn wounds(&self, patient: Patient) -> Result<Vec<WoundView>, ClientError> {
        Ok(open(&self.0)?.wounds(&patient)?)
    }

    /// The patients of the photos that may be shown here, newest first, each once, to choose the next photo's from: established by
    /// a work list, and with nothing confirmed. Needs an unlocked phone.
    pub fn patients(&self) -> Result<Vec<Patient>, ClientError> {
        Ok(open(&self.0)?.patients()?)
    }

    /// The photo itself (JPEG). Needs an unlocked phone.
    pub fn photo(&self, id: CaptureId) -> Result<Vec<u8>, ClientError> {
        Ok(std::mem::take(&mut *open(&self.0)?.review(id)?))
    }
}
