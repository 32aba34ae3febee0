use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

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
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The server's `Date`, where there was one.
    pub date: Option<String>,
    /// `Upload-Offset`, where there was one.
    pub upload_offset: Option<u64>,
    /// At most 1 MiB.
    pub body: Vec<u8>,
}

/// Why nothing came back. All of these pass.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum TransportError {
    /// No connection to the gateway.
    #[error("the gateway cannot be reached")]
    Unreachable,
    /// The connection is not to the gateway: its certificate does not hold.
    #[error("the gateway's certificate does not hold")]
    Certificate,
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
            Self::Certificate => "certificate_invalid",
            Self::Cut => "connection_cut",
            Self::File => "file_unreadable",
            Self::TooManyFiles => "too_many_files",
        }
    }

    /// What to do next.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::Unreachable | Self::Cut => "check the network; photos wait on the phone",
            Self::Certificate => "check the certificate authority in the managed configuration",
            Self::File => "try again",
            Self::TooManyFiles => "close other apps and try again",
        }
    }
}

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificates are not PEM, or there are none.
    #[error("the certificate authority is not readable PEM")]
    Authority,
    /// The TLS library refused the configuration.
    #[error("TLS could not be set up")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Carries requests and files to the gateway.
pub trait Transport: Send + Sync {
    /// Sends a small request.
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>>;
    /// Sends a file.
    fn transfer(&self, transfer: Transfer) -> BoxFuture<'_, Result<Answer, TransportError>>;
}
