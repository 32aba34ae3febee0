//! `gauze-gateway attest`: why a phone's evidence holds or does not, for whoever is asked.
//!
//! Always: the same verifiers judge as at enrolment; the answer is one JSON object, with the facts whatever the
//! verdict is.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use clap::{Args, Subcommand, ValueEnum};
use gauze_attest::{
    AndroidAsked, AndroidRoots, AppleAsked, AppleRoots, Fault, StatusList, certificates_from_pem,
    verify_android, verify_apple,
};
use gauze_gateway::{Clock as _, SystemClock};
use gauze_listen::{FileError, read_file};
use gauze_wire::{
    AndroidApp, AndroidRules, AppleApp, AppleEnvironment, AppleRules, Digest, Grade, Jws, Name, Policy,
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Largest file that is read: a status list.
const LIMIT: u64 = 64 << 20;

/// Which kind of evidence.
#[derive(Subcommand)]
pub enum AttestCommand {
    /// Judge a chain of Android key attestation certificates.
    Android(Android),
    /// Judge an App Attest attestation object.
    Apple(Apple),
}

#[derive(Args)]
pub struct Android {
    /// PEM certificates, the attested key's first, with or without the root.
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// What the key was made for, base64 of either alphabet, padded or not.
    #[arg(long, value_name = "BASE64")]
    challenge: Base64,
    /// The app's package name.
    #[arg(long, value_name = "NAME")]
    package: Name,
    /// SHA-256 of the certificate that signed the app, hex; without it any.
    #[arg(long, value_name = "HEX")]
    signer_sha256: Option<Sha256>,
    /// When the chain was shown, RFC 3339; now, if not given.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Google's status list, JSON, as current at that time.
    #[arg(long, value_name = "FILE")]
    status: Option<PathBuf>,
    /// PEM certificates that count as roots instead of Google's.
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// A policy, signed (the signature is not judged here) or as JSON; without one, a locked phone with verified boot.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

#[derive(Args)]
pub struct Apple {
    /// The attestation object: CBOR, or base64 of it.
    #[arg(long, value_name = "FILE")]
    object: PathBuf,
    /// What the attestation was made over; its SHA-256 is the client data hash.
    #[arg(long, value_name = "FILE")]
    client_data: PathBuf,
    /// Team identifier, a dot, bundle identifier.
    #[arg(long, value_name = "ID")]
    app_id: Name,
    /// App Attest's environment.
    #[arg(long)]
    environment: Environment,
    /// When the object was shown, RFC 3339; now, if not given.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// The client data is the hash itself.
    #[arg(long)]
    raw_challenge: bool,
    /// A policy, signed (the signature is not judged here) or as JSON; without one, another launch validation
    /// category than the App Store's is flagged.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Environment {
    Production,
    Development,
}

/// Why nothing could be judged.
#[derive(Debug, thiserror::Error)]
pub enum AttestError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The policy does not read, or has no section for this platform.
    #[error("{0} is no policy with a section for this platform: give policy.jws, or its payload as JSON")]
    Policy(PathBuf),
    /// The status list does not read.
    #[error("{0}: {1}")]
    Status(PathBuf, #[source] gauze_attest::StatusListError),
    /// The roots do not read.
    #[error("{0} holds no certificate that could be a root: give PEM certificates")]
    Root(PathBuf),
}

impl AttestError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(_) => "unreadable",
            Self::Policy(_) => "policy_invalid",
            Self::Status(..) => "status_list_invalid",
            Self::Root(_) => "root_invalid",
        }
    }
}

/// Judges, and answers whether it holds and what to print.
pub fn run(command: &AttestCommand) -> Result<(bool, Value), AttestError> {
    match command {
        AttestCommand::Android(arguments) => android(arguments),
        AttestCommand::Apple(arguments) => apple(arguments),
    }
}

fn android(arguments: &Android) -> Result<(bool, Value), AttestError> {
    let at = arguments.at.unwrap_or_else(|| SystemClock.now());
    let rules = android_rules(arguments)?;
    let status = match &arguments.status {
        None => None,
        Some(path) => {
            let json = read(path)?;
            Some(StatusList::parse(&json, at).map_err(|error| AttestError::Status(path.clone(), error))?)
        }
    };
    let roots = match &arguments.root {
        None => AndroidRoots::google(),
        Some(path) => AndroidRoots::from_pem(&String::from_utf8_lossy(&read(path)?))
            .map_err(|_| AttestError::Root(path.clone()))?,
    };
    let asked = AndroidAsked {
        challenge: &arguments.challenge.0,
        rules: &rules,
        status: status.as_ref(),
        at,
        device_key: None,
        serial: None,
        last_seen: None,
    };
    let pem = read(&arguments.chain)?;
    // A file that is no chain is judged as an empty one is: refused, with the facts that there are.
    let ders = certificates_from_pem(&String::from_utf8_lossy(&pem)).unwrap_or_default();
    let report = verify_android(&ders, &roots, &asked);
    let mut facts = json!(report.facts);
    // The description's own fields stand at the top as well, for whoever asks for one of them by name.
    if let (Some(Value::Object(description)), Some(top)) =
        (facts.get("key_description").cloned(), facts.as_object_mut())
    {
        top.extend(description);
    }
    Ok(verdict(report.verdict.as_deref().map_err(|fault| *fault), facts))
}

fn android_rules(arguments: &Android) -> Result<AndroidRules, AttestError> {
    let signers: Vec<Digest> = arguments.signer_sha256.iter().map(|signer| Digest(signer.0)).collect();
    let Some(path) = &arguments.policy else {
        let app = AndroidApp { package: arguments.package.clone(), signers, min_version: 0 };
        return Ok(AndroidRules::for_apps(vec![app]));
    };
    let mut rules = policy(path)?.android.ok_or_else(|| AttestError::Policy(path.clone()))?;
    rules.apps.retain(|app| app.package == arguments.package);
    if let Some(signer) = signers.first() {
        // Both must hold: what the policy names, and what was asked for here.
        rules.apps.retain(|app| app.signers.is_empty() || app.signers.contains(signer));
        rules.apps.iter_mut().for_each(|app| app.signers.clone_from(&signers));
    }
    if arguments.status.is_none() {
        rules.status_list_hours = None;
    }
    Ok(rules)
}

fn apple(arguments: &Apple) -> Result<(bool, Value), AttestError> {
    let at = arguments.at.unwrap_or_else(|| SystemClock.now());
    let environment = match arguments.environment {
        Environment::Production => AppleEnvironment::Production,
        Environment::Development => AppleEnvironment::Development,
    };
    let rules = match &arguments.policy {
        None => {
            let app = AppleApp { app_id: arguments.app_id.clone(), min_bundle_version: None };
            AppleRules { on_category: Grade::Flag, environment, ..AppleRules::for_apps(vec![app]) }
        }
        Some(path) => {
            let mut rules = policy(path)?.apple.ok_or_else(|| AttestError::Policy(path.clone()))?;
            rules.apps.retain(|app| app.app_id == arguments.app_id);
            AppleRules { environment, ..rules }
        }
    };
    let client_data = read(&arguments.client_data)?;
    let hash = if arguments.raw_challenge { client_data } else { Digest::of(&client_data).0.to_vec() };
    let object = read(&arguments.object)?;
    // CBOR begins with a byte that is no letter of base64.
    let object = std::str::from_utf8(&object)
        .ok()
        .and_then(|text| text.parse::<Base64>().ok())
        .map_or(object, |o| o.0);
    let asked = AppleAsked { client_data_hash: &hash, rules: &rules, at, key_id: None };
    let report = verify_apple(&object, &AppleRoots::apple(), &asked);
    let judged = report.verdict.as_ref().map(|(_, flags)| flags.as_slice()).map_err(|fault| *fault);
    let mut facts = json!(report.facts);
    let hashed = if arguments.raw_challenge { "client_data" } else { "sha256(client_data)" };
    facts["nonce_matches_with"] = if report.facts.nonce_matches { json!([hashed]) } else { json!([]) };
    Ok(verdict(judged, facts))
}

fn verdict(judged: Result<&[Fault], Fault>, facts: Value) -> (bool, Value) {
    let flag =
        |fault: &Fault| json!({ "code": fault.code(), "help": fault.help(), "reason": fault.for_it() });
    let answer = match judged {
        Ok(flags) => json!({
            "accepted": true,
            "code": "accepted",
            "reason": "Everything that was asked for holds.",
            "flags": flags.iter().map(flag).collect::<Vec<_>>(),
            "facts": facts,
        }),
        Err(fault) => json!({
            "accepted": false,
            "code": fault.code(),
            "reason": fault.for_it(),
            "for_user": fault.for_user(),
            "help": fault.help(),
            "facts": facts,
        }),
    };
    (judged.is_ok(), answer)
}

/// A signed policy's payload, or a policy as plain JSON.
fn policy(path: &Path) -> Result<Policy, AttestError> {
    let bytes = read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let signed = Jws::parse(text.trim()).and_then(|jws| jws.peek::<Policy>()).ok();
    signed.or_else(|| serde_json::from_str(&text).ok()).ok_or_else(|| AttestError::Policy(path.to_path_buf()))
}

fn read(path: &Path) -> Result<Vec<u8>, AttestError> {
    Ok(read_file(path, LIMIT)?)
}

/// Base64 of either alphabet, padded or not, white space between.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Base64(Vec<u8>);

impl FromStr for Base64 {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text: String = text.split_ascii_whitespace().collect();
        let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
        let decoded = GeneralPurpose::new(alphabet, lenient).decode(text);
        decoded.map(Self).map_err(|_| "not base64")
    }
}

/// 32 bytes in hex of either case, colons between them or not.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sha256([u8; 32]);

impl FromStr for Sha256 {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digest: Digest =
            text.replace(':', "").to_ascii_lowercase().parse().map_err(|_| "not 64 hex digits")?;
        Ok(Self(digest.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_and_digests_are_read_in_every_usual_spelling() {
        for text in ["-_8=", "-_8", "+/8=", "+/8", " +/\n8= "] {
            assert_eq!(text.parse(), Ok(Base64(vec![0xfb, 0xff])), "{text}");
        }
        assert_eq!("".parse(), Ok(Base64(Vec::new())));
        assert!("+_8".parse::<Base64>().is_err() && "?".parse::<Base64>().is_err());
        let plain = "0f".repeat(32);
        let colons = ["0F"; 32].join(":");
        assert_eq!(plain.parse::<Sha256>(), colons.parse::<Sha256>());
        assert!("0f".parse::<Sha256>().is_err());
    }
}
