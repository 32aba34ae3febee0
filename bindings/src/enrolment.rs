use std::sync::Weak;

use gauze_core::Managed;
use gauze_core::config::Encoding;
use gauze_core::wire::DeviceId;

use crate::ClientError;
use crate::error::open;
use crate::managed::object;
use crate::task::background;

/// Enrolling this phone, or enrolling it again where its device key is gone.
#[derive(uniffi::Object)]
pub struct Enrolment(pub(crate) Weak<gauze_core::Client>);

#[uniffi::export(async_runtime = "tokio")]
impl Enrolment {
    /// Enrols with a managed configuration (JSON) that a person pasted or scanned: an unknown name in it is a slip. An answer that was lost is asked for again by the same call.
    pub async fn enrol(&self, managed: String) -> Result<DeviceId, ClientError> {
        let (client, managed) = (open(&self.0)?, Managed::from_json(&managed)?);
        Ok(background(async move { client.enrol(&managed).await }).await?)
    }

    /// Enrols with what device management set, as the system hands it over; `values` is a JSON object. What is only a warning to
    /// its console keeps no phone from its hospital. An answer that was lost is asked for again by the same call.
    pub async fn enrol_managed(&self, encoding: Encoding, values: String) -> Result<DeviceId, ClientError> {
        let client = open(&self.0)?;
        let managed = Managed::from_values(encoding, &object(&values)?)?;
        Ok(background(async move { client.enrol(&managed).await }).await?)
    }
}
