//! What device management gives a phone to enrol with, as each system wants it pasted.

use std::str::FromStr;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{Digest, Jws, Name, Tenant, WireError};

/// The managed configuration that enrols: names as `docs/managed-configuration.md` has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ManagedConfiguration {
    /// The gateway's base URL.
    pub gateway: String,
    /// The tenant.
    pub tenant: Tenant,
    /// Fingerprint of the tenant root.
    pub root_sha256: Digest,
    /// Oldest trust bundle that may be used.
    pub min_bundle_version: u64,
    /// The token.
    pub token: Jws,
    /// The phone's serial number, where the token names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<Name>,
    /// PEM of the authority that issued the gateway's certificate, where it is not a public one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// Whether the token is for the inventory: then each system's variable is put where the serial number goes.
    #[serde(skip)]
    pub of_inventory: bool,
}

/// Where it is pasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// The Android Management API: under `applications` of a policy.
    AndroidManagement,
    /// Microsoft Intune for Android Enterprise.
    IntuneAndroid,
    /// Microsoft Intune for iPhones.
    IntuneApple,
    /// Jamf Pro for iPhones.
    Jamf,
    /// Omnissa Workspace ONE UEM for iPhones.
    WorkspaceOneApple,
    /// Omnissa Workspace ONE UEM for Android.
    WorkspaceOneAndroid,
    /// Apple Business with its built-in device management.
    AppleBusiness,
}

impl System {
    /// Every one, in the order of the manual.
    pub const ALL: [Self; 7] = [
        Self::AndroidManagement,
        Self::IntuneAndroid,
        Self::WorkspaceOneAndroid,
        Self::IntuneApple,
        Self::Jamf,
        Self::WorkspaceOneApple,
        Self::AppleBusiness,
    ];

    /// As commands spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AndroidManagement => "android-management",
            Self::IntuneAndroid => "intune-android",
            Self::IntuneApple => "intune-apple",
            Self::Jamf => "jamf",
            Self::WorkspaceOneApple => "workspace-one-apple",
            Self::WorkspaceOneAndroid => "workspace-one-android",
            Self::AppleBusiness => "apple-business",
        }
    }

    /// As people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::AndroidManagement => "Android Management API",
            Self::IntuneAndroid => "Microsoft Intune, Android Enterprise",
            Self::IntuneApple => "Microsoft Intune, iPhone and iPad",
            Self::Jamf => "Jamf Pro",
            Self::WorkspaceOneApple => "Workspace ONE UEM, iPhone and iPad",
            Self::WorkspaceOneAndroid => "Workspace ONE UEM, Android",
            Self::AppleBusiness => "Apple Business, built-in device management",
        }
    }

    /// Where in its console the text is pasted.
    pub fn place(self) -> &'static str {
        match self {
            Self::AndroidManagement => {
                "Into the list \"applications\" of the policy, with enterprises.policies.patch."
            }
            Self::IntuneAndroid => {
                "Apps, App configuration policies, Managed devices, Android Enterprise; configuration settings format: Enter JSON data."
            }
            Self::IntuneApple => {
                "Apps, App configuration policies, Managed devices, iOS/iPadOS; configuration settings format: Enter XML data."
            }
            Self::Jamf => "Devices, Mobile Device Apps, the app, App Configuration, Preferences.",
            Self::WorkspaceOneApple => {
                "Apps, the app, Assignment, Application Configuration: upload this file, or enter each key and value."
            }
            Self::WorkspaceOneAndroid => {
                "Apps, the app, Assignment, Application Configuration: enter each value beside its name."
            }
            Self::AppleBusiness => "Apps, the app, Configuration, where your console offers one.",
        }
    }

    /// The variable that stands for a phone's serial number in app configurations, where the system is known to have one.
    pub fn serial_variable(self) -> Option<&'static str> {
        match self {
            Self::IntuneApple => Some("{{serialnumber}}"),
            Self::Jamf => Some("$SERIALNUMBER"),
            Self::WorkspaceOneApple | Self::WorkspaceOneAndroid => Some("{DeviceSerialNumber}"),
            Self::AndroidManagement | Self::IntuneAndroid | Self::AppleBusiness => None,
        }
    }
}

impl FromStr for System {
    type Err = WireError;
    fn from_str(text: &str) -> Result<Self, WireError> {
        Self::ALL.into_iter().find(|system| system.as_str() == text).ok_or(WireError::Id("System"))
    }
}

impl ManagedConfiguration {
    /// What to know before this is pasted into a system that fills in no serial number, where the token asks for one.
    pub fn lacks_serial(&self, system: System) -> Option<&'static str> {
        let lacks = self.of_inventory && system.serial_variable().is_none();
        lacks.then_some(
            "This system fills in no serial number and no phone proves its own: a phone that gets this text as it is does not enrol (serial_missing, G05). \
             Add each phone's own `serial` to its text, or give it a token of its own.",
        )
    }

    /// The text to paste. A token for the inventory brings the system's own variable for the serial number, where it has one.
    pub fn to_paste(&self, system: System) -> String {
        let mut values = match serde_json::to_value(self) {
            Ok(Value::Object(values)) => values,
            Ok(_) | Err(_) => Map::new(),
        };
        if let Some(variable) = system.serial_variable().filter(|_| self.of_inventory) {
            values.insert("serial".to_owned(), variable.into());
        }
        match system {
            System::AndroidManagement => pretty(&json!({
                "packageName": APP,
                "installType": "FORCE_INSTALLED",
                "managedConfiguration": values,
            })),
            System::IntuneAndroid => pretty(&json!({
                "kind": "androidenterprise#managedConfiguration",
                "productId": format!("app:{APP}"),
                "managedProperty": values.into_iter().map(property).collect::<Vec<_>>(),
            })),
            System::IntuneApple | System::Jamf | System::WorkspaceOneApple | System::AppleBusiness => {
                dictionary(&values)
            }
            System::WorkspaceOneAndroid => {
                values.iter().map(|(key, value)| format!("{key} = {}\n", text(value))).collect()
            }
        }
    }
}

const APP: &str = "org.gauze.app";

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Intune's own form of one setting.
fn property((key, value): (String, Value)) -> Value {
    match value {
        Value::Number(number) => json!({ "key": key, "valueInteger": number }),
        other => json!({ "key": key, "valueString": other }),
    }
}

/// A property list's dictionary.
fn dictionary(values: &Map<String, Value>) -> String {
    let mut out = "<dict>\n".to_owned();
    for (key, value) in values {
        let kind = if value.is_number() { "integer" } else { "string" };
        out.push_str(&format!("  <key>{key}</key>\n  <{kind}>{}</{kind}>\n", escaped(&text(value))));
    }
    out.push_str("</dict>\n");
    out
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Signer as _, SoftwareKey};

    fn managed(of_inventory: bool) -> ManagedConfiguration {
        let key = SoftwareKey::from_bytes(&[1; 32]).unwrap();
        ManagedConfiguration {
            gateway: "https://gateway.test".into(),
            tenant: "ward-9".parse().unwrap(),
            root_sha256: key.public_key().fingerprint(),
            min_bundle_version: 3,
            token: Jws::sign_bytes("gauze-token", b"{}", &key).unwrap(),
            serial: None,
            ca: Some("-----BEGIN CERTIFICATE-----\nA<&>B\n".into()),
            of_inventory,
        }
    }

    #[test]
    fn each_system_gets_its_own_form_and_its_own_variable_for_the_serial_number() {
        let managed = managed(true);
        for system in System::ALL {
            let text = managed.to_paste(system);
            assert_eq!(
                text.parse::<Value>().is_ok(),
                system.as_str().starts_with("android") || system == System::IntuneAndroid
            );
            for value in ["https://gateway.test", "ward-9", managed.token.as_str(), "BEGIN CERTIFICATE"] {
                assert!(text.contains(value), "{system:?} {value}");
            }
            assert_eq!(text.contains("serial"), system.serial_variable().is_some(), "{system:?}");
            assert_eq!(managed.lacks_serial(system).is_some(), system.serial_variable().is_none());
            assert!(text.contains(system.serial_variable().unwrap_or_default()), "{system:?}");
            assert_eq!(system.as_str().parse(), Ok(system));
        }
        let plist = managed.to_paste(System::Jamf);
        assert!(plist.contains("<key>min_bundle_version</key>\n  <integer>3</integer>"), "{plist}");
        assert!(plist.contains("A&lt;&amp;&gt;B"), "{plist}");
        let intune = managed.to_paste(System::IntuneAndroid);
        let read: Value = intune.parse().unwrap();
        let numbers: Vec<_> = read["managedProperty"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["valueInteger"] == 3)
            .collect();
        assert_eq!(numbers.len(), 1);
    }

    #[test]
    fn a_token_for_one_phone_brings_no_variable() {
        for system in System::ALL {
            assert!(!managed(false).to_paste(system).contains("serial"), "{system:?}");
            assert_eq!(managed(false).lacks_serial(system), None);
        }
    }
}
