//! The gateway as the puller sees it: a port, so that tests can put a lying one in its place.

use std::io::{self, Write as _};
use std::path::Path;

use gauze_wire::log::{AddCheckpoint, Witnessed};
use gauze_wire::{Acknowledgement, CaptureId, Decisions, DeviceId, Digest, LogPage, Problem};
use sha2::{Digest as _, Sha256};

use crate::certificate::CertificateFault;
use crate::coded::Coded;

/// Why the gateway gave no answer, or none that can be used.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// No connection, or it broke.
    #[error("the gateway cannot be reached ({0})")]
    Unreachable(String),
    /// What answers in its place shows a certificate that does not hold.
    #[error("the gateway's certificate does not hold: {}", .0.words())]
    Certificate(CertificateFault),
    /// The connection broke while bytes were coming.
    #[error("the gateway's answer was cut off")]
    Cut,
    /// It has no such blob now.
    #[error("the gateway does not hold this photo now")]
    Missing,
    /// It refused.
    #[error("the gateway refused: {}", .0.title)]
    Refused(Box<Problem>),
    /// Something else answered in its place.
    #[error("something between this machine and the gateway answered: HTTP {0}")]
    Between(u16),
    /// Its answer is not as documented.
    #[error("the gateway's answer is not as documented ({0})")]
    Malformed(&'static str),
    /// Our own disk did not take what came.
    #[error("the photo could not be written: {0}")]
    Disk(#[source] io::Error),
    /// The request could not be signed.
    #[error("the request could not be signed")]
    Signing,
}

impl Coded for GatewayError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) | Self::Cut => "gateway_unreachable",
            Self::Certificate(fault) => fault.code(),
            Self::Missing => "not_found",
            Self::Refused(problem) => problem.code.as_str(),
            Self::Between(_) => "intermediary_answered",
            Self::Malformed(_) => "gateway_malformed",
            Self::Disk(error) if error.kind() == io::ErrorKind::StorageFull => "storage_full",
            Self::Disk(_) => "disk",
            Self::Signing => "signing_failed",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Unreachable(_) | Self::Cut => {
                "Check the network, --gateway and --ca; photos wait where they are."
            }
            Self::Certificate(fault) => fault.next_step(),
            Self::Missing => "It is asked for again at the next pull.",
            Self::Refused(problem) => problem.code.next_step(),
            Self::Between(_) => {
                "Check the proxy or filter on the way, and that it hands the gateway's answers on unchanged; photos wait where they are."
            }
            Self::Malformed(_) => "Check that gateway and records side are of one version.",
            Self::Disk(_) => "Check the disk and free space; nothing was lost.",
            Self::Signing => "Check the records key.",
        }
    }
}

/// What the puller asks of a gateway; documented in `gauze_wire::pull`.
pub trait GatewayPort: Send + Sync {
    /// `GET /v1/TENANT/log`.
    fn page(&self, from: u64, limit: u32) -> impl Future<Output = Result<LogPage, GatewayError>> + Send;

    /// `GET /v1/TENANT/blobs/DEVICE/CAPTURE`, into `into` until that has had enough.
    fn blob(
        &self,
        device: &DeviceId,
        capture: &CaptureId,
        into: &mut Incoming,
    ) -> impl Future<Output = Result<(), GatewayError>> + Send;

    /// `POST /v1/TENANT/outcomes`.
    fn outcomes(&self, receipts: &Acknowledgement) -> impl Future<Output = Result<(), GatewayError>> + Send;

    /// `POST /v1/TENANT/cosignatures`.
    fn cosignature(&self, note: &str) -> impl Future<Output = Result<(), GatewayError>> + Send;

    /// `POST /v1/TENANT/access-checkpoints`.
    fn witness(
        &self,
        checkpoint: &AddCheckpoint,
    ) -> impl Future<Output = Result<Witnessed, GatewayError>> + Send;

    /// `POST /v1/TENANT/decisions`.
    fn decisions(&self, decisions: &Decisions) -> impl Future<Output = Result<(), GatewayError>> + Send;
}

/// A sealed photo on its way in: goes to a temporary file, is hashed and counted as it comes, and never grows past
/// what its manifest allows.
pub struct Incoming {
    file: tempfile::NamedTempFile,
    digest: Sha256,
    size: u64,
    limit: u64,
}

impl Incoming {
    /// Expects `size` bytes.
    pub(crate) fn new(dir: &Path, size: u64) -> io::Result<Self> {
        let file = tempfile::Builder::new().suffix(".part").tempfile_in(dir)?;
        Ok(Self { file, digest: Sha256::new(), size: 0, limit: size + 1 })
    }

    /// Takes the next bytes. `false` once more came than was signed for: stop then.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<bool> {
        let room = usize::try_from(self.limit - self.size).unwrap_or(usize::MAX);
        let taken = &bytes[..bytes.len().min(room)];
        self.file.write_all(taken)?;
        self.digest.update(taken);
        self.size += taken.len() as u64;
        Ok(self.size < self.limit)
    }

    /// The length that was signed for, in bytes.
    pub(crate) fn expected(&self) -> u64 {
        self.limit - 1
    }

    /// Whether as many bytes came as were signed for.
    pub(crate) fn is_of_expected_size(&self) -> bool {
        self.size == self.expected()
    }

    /// What came, not durable yet, by digest and length.
    pub(crate) fn finish(self) -> (tempfile::NamedTempFile, Digest, u64) {
        (self.file, Digest(self.digest.finalize().into()), self.size)
    }
}
