use std::sync::Arc;

use gauze_core::wire::CaptureId;

use crate::ClientError;

/// Looking at photos on the phone that took them, while policy allows. All methods block.
#[derive(uniffi::Object)]
pub struct Review(pub(crate) Arc<gauze_core::Client>);

#[uniffi::export]
impl Review {
    /// Opens local review. Blocks while the user authenticates.
    pub fn unlock(&self) -> Result<(), ClientError> {
        Ok(self.0.unlock()?)
    }

    /// Ends local review until the next unlock, and wipes its key from memory.
    pub fn lock(&self) {
        self.0.lock();
    }

    /// The small picture of a photo (JPEG). Needs an unlocked phone.
    pub fn preview(&self, id: CaptureId) -> Result<Vec<u8>, ClientError> {
        Ok(std::mem::take(&mut *self.0.preview(id)?))
    }

    /// The photo itself (JPEG). Needs an unlocked phone.
    pub fn photo(&self, id: CaptureId) -> Result<Vec<u8>, ClientError> {
        Ok(std::mem::take(&mut *self.0.review(id)?))
    }
}
