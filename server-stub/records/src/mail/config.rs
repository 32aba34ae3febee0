//! `mail.json`: which server takes mail, in whose name, and who is told what.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gauze_people::person::Team;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::MailError;

/// As it is written. Unknown fields are refused: a misspelt one would silently tell nobody.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// `smtps://HOST[:465]` (TLS from the first byte) or `smtp://HOST[:587]` (STARTTLS, and nothing is sent without it).
    smtp: Url,
    /// PEM of the authority that signed the server's certificate; those that browsers believe without.
    ca: Option<PathBuf>,
    user: Option<String>,
    /// Holds the password and nothing else.
    password_file: Option<PathBuf>,
    from: Mailbox,
    /// Told of every break-glass.
    #[serde(default)]
    governance: Vec<Mailbox>,
    /// Told of those for whose review a lead of this team may be asked.
    #[serde(default)]
    leads: BTreeMap<Team, Vec<Mailbox>>,
}

/// What mail needs to go out.
pub(super) struct Config {
    pub(super) transport: AsyncSmtpTransport<Tokio1Executor>,
    pub(super) from: Mailbox,
    pub(super) governance: Vec<Mailbox>,
    pub(super) leads: BTreeMap<Team, Vec<Mailbox>>,
}

impl Config {
    /// Reads it; files that it names lie beside it.
    pub(super) fn load(path: &Path) -> Result<Self, MailError> {
        let unfit = |cause: String| MailError::Config { path: path.to_owned(), cause };
        let text = std::fs::read(path).map_err(|error| unfit(error.to_string()))?;
        let file: File = serde_json::from_slice(&text).map_err(|error| unfit(error.to_string()))?;
        let beside = |name: &Path| path.parent().unwrap_or(Path::new("")).join(name);
        let host = file.smtp.host_str().ok_or_else(|| unfit("smtp names no host".to_owned()))?;
        let mut tls = TlsParameters::builder(host.to_owned());
        if let Some(ca) = &file.ca {
            let pem = std::fs::read(beside(ca)).map_err(|error| unfit(format!("ca: {error}")))?;
            let ca = Certificate::from_pem(&pem).map_err(|error| unfit(format!("ca: {error}")))?;
            tls = tls.certificate_store(CertificateStore::None).add_root_certificate(ca);
        }
        let tls = tls.build_rustls().map_err(|error| unfit(error.to_string()))?;
        let (port, tls) = match file.smtp.scheme() {
            "smtps" => (465, Tls::Wrapper(tls)),
            "smtp" => (587, Tls::Required(tls)),
            _ => return Err(unfit("smtp begins with smtps:// or smtp://".to_owned())),
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(file.smtp.port().unwrap_or(port))
            .tls(tls)
            // A mail is timed as a whole, by whoever sends it.
            .timeout(None);
        let transport = match (file.user, &file.password_file) {
            (Some(user), Some(password)) => {
                let password = std::fs::read_to_string(beside(password));
                let password =
                    Zeroizing::new(password.map_err(|error| unfit(format!("password_file: {error}")))?);
                transport.credentials(Credentials::new(user, password.trim_end().to_owned()))
            }
            (None, None) => transport,
            _ => return Err(unfit("user and password_file go together".to_owned())),
        };
        if file.governance.is_empty() {
            return Err(unfit("governance names nobody".to_owned()));
        }
        let transport = transport.build();
        Ok(Self { transport, from: file.from, governance: file.governance, leads: file.leads })
    }
}
