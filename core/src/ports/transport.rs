use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

/// A boxed future, so that a transport can be chosen at run time.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A small request.
#[derive(Clone, Debug)]
pub struct Call {
    /// Upper-case method.
    pub method: &'static str,
    /// Absolute URL.
    pub url: String,
    /// Header fields.
    pub headers: Vec<(&'static str, String)>,
    /// Body; `None` sends none.
    pub body: Option<Vec<u8>>,
}

/// A file to send, byte for byte. Whoever carries it needs nothing else.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// The upload URL. Never logged.
    pub url: String,
    /// The file.
    pub file: PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// Where to go on from: 0 sends `PUT` of the whole, more sends `PATCH` of the rest.
    pub offset: u64,
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`, where there was one.
    pub content_type: Option<String>,
    /// The gateway's own `Gauze-Time`, where there was one: RFC 3339. `Date` is what any proxy writes.
    pub time: Option<String>,
    /// `Retry-After`, where there was one: seconds or an HTTP date.
    pub retry_after: Option<String>,
    /// `Upload-Offset`, where there was one.
    pub upload_offset: Option<u64>,
    /// At most 1 MiB.
    pub body: Vec<u8>,
}

/// What is wrong with the certificate that was shown in the gateway's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateFault {
    /// It comes from no authority that this phone believes.
    UnknownAuthority,
    /// By the phone's clock its time is over.
    Expired,
    /// By the phone's clock its time has not come.
    NotYetValid,
    /// It is for another name than the gateway's.
    WrongName,
    /// It does not hold in another way.
    Other,
}

impl CertificateFault {
    /// A stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownAuthority => "certificate_authority_unknown",
            Self::Expired => "certificate_expired",
            Self::NotYetValid => "certificate_not_yet_valid",
            Self::WrongName => "certificate_wrong_name",
            Self::Other => "certificate_invalid",
        }
    }

    /// What to do next.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::UnknownAuthority => {
                "the certificate comes from an authority this phone does not know: sign in to the Wi-Fi if it asks for it, or have IT check `ca` in the configuration; photos wait on the phone"
            }
            Self::Expired => {
                "the gateway's certificate has expired by this phone's clock: check the phone's date, or have IT renew the certificate; photos wait on the phone"
            }
            Self::NotYetValid => {
                "the gateway's certificate is not valid yet by this phone's clock: check the phone's date; photos wait on the phone"
            }
            Self::WrongName => {
                "the certificate is for another name: sign in to the Wi-Fi if it asks for it, or have IT check the gateway's address; photos wait on the phone"
            }
            Self::Other => {
                "the gateway's certificate does not hold: report this to IT; photos wait on the phone"
            }
        }
    }
}

/// Why nothing came back. All of these pass.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum TransportError {
    /// No connection to the gateway.
    #[error("the gateway cannot be reached")]
    Unreachable,
    /// The connection is not to the gateway: its certificate does not hold.
    #[error("the gateway's certificate does not hold: {}", .0.next_step())]
    Certificate(CertificateFault),
    /// The connection ended before an answer.
    #[error("the connection was cut")]
    Cut,
    /// The file to send could not be read.
    #[error("the file could not be read")]
    File,
    /// No more files or connections can be opened.
    #[error("no more files can be opened")]
    TooManyFiles,
}

impl TransportError {
    /// A stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Certificate(fault) => fault.code(),
            Self::Cut => "connection_cut",
            Self::File => "file_unreadable",
            Self::TooManyFiles => "too_many_files",
        }
    }

    /// What to do next.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::Unreachable | Self::Cut => "check the network; photos wait on the phone",
            Self::Certificate(fault) => fault.next_step(),
            Self::File => "try again",
            Self::TooManyFiles => "close other apps and try again",
        }
    }
}

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificates are not PEM, or there are none.
    #[error("the certificate authority is not readable PEM: have IT paste `ca` again")]
    Authority,
    /// The TLS library refused the configuration.
    #[error("TLS could not be set up: restart the phone, and tell IT if it stays so")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Carries requests and files to the gateway.
pub trait Transport: Send + Sync {
    /// Sends a small request.
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>>;
    /// Sends a file.
    fn transfer(&self, transfer: Transfer) -> BoxFuture<'_, Result<Answer, TransportError>>;
}
