use std::sync::Weak;

use gauze_core::Managed;
use gauze_core::wire::DeviceId;

use crate::ClientError;
use crate::error::open;
use crate::task::background;

/// Enrolling this phone, or enrolling it again where its device key is gone.
#[derive(uniffi::Object)]
pub struct Enrolment(pub(crate) Weak<gauze_core::Client>);

#[uniffi::export(async_runtime = "tokio")]
impl Enrolment {
    /// Enrols with a managed configuration (JSON). An answer that was lost is asked for again by the same call.
    pub async fn enrol(&self, managed: String) -> Result<DeviceId, ClientError> {
        let (client, managed) = (open(&self.0)?, Managed::from_json(&managed)?);
        Ok(background(async move { client.enrol(&managed).await }).await?)
    }
}
