//! An entry's name and place in the access log.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::WireError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// 16 random bytes in base64url.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntryId(String);

impl EntryId {
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EntryId {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&text).map_err(|_| WireError::Id("EntryId"))?;
        if bytes.len() == 16 { Ok(Self(text)) } else { Err(WireError::Id("EntryId")) }
    }
}

impl From<EntryId> for String {
    fn from(id: EntryId) -> Self {
        id.0
    }
}

/// An entry's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 0: also the number of the view event that the invisible mark carries.
    pub index: u64,
    /// Its id.
    pub id: EntryId,
    /// Its time.
    pub at: Timestamp,
}
