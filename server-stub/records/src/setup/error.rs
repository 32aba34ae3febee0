//! Why a hospital was not set up.

use std::path::PathBuf;

use crate::coded::Coded;
use crate::disk::DiskError;
use crate::keys::KeysError;

/// Why a hospital was not set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The gateway's file is not one.
    #[error("{} is not what `gauze-gateway init` writes ({})", .0.display(), .1)]
    Introduction(PathBuf, String),
    /// It was done before.
    #[error("{} is signed: this hospital is set up", .0.display())]
    SetUp(PathBuf),
    /// An earlier run, which was cut off, had other options.
    #[error("{} is of an earlier run with other options, such as --trial or --android", .0.display())]
    Otherwise(PathBuf),
    /// Left by an earlier try with other keys.
    #[error("{} is of an earlier try: other keys signed it than are beside it", .0.display())]
    OtherKeys(PathBuf),
    /// The same of a policy beside a bundle of these keys.
    #[error("{} is signed by no policy key that the bundle beside it names", .0.display())]
    OtherPolicyKeys(PathBuf),
    /// A new root has taken over, and signed nothing yet.
    #[error("{} is signed by the root that has handed over", .0.display())]
    HandingOver(PathBuf),
    /// No authority in the file.
    #[error("{} holds no PEM certificate of an authority", .0.display())]
    Authority(PathBuf),
    /// The trial's certificate could not be made.
    #[error("no certificate could be made for the name {0}")]
    Certificate(String),
    /// It is not said which gateway.
    #[error("the bundle names {0} gateways")]
    WhichGateway(usize),
    /// Keys could not be made, read or used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl Coded for SetupError {
    fn code(&self) -> &'static str {
        match self {
            Self::Introduction(..) => "malformed",
            Self::SetUp(_) | Self::Otherwise(_) | Self::OtherKeys(_) | Self::OtherPolicyKeys(_) => "exists",
            Self::HandingOver(_) => "handing_over",
            Self::Authority(_) => "ca_unusable",
            Self::Certificate(_) => "certificate_not_made",
            Self::WhichGateway(_) => "which_gateway",
            Self::Keys(error) => error.code(),
            Self::Disk(error) => error.code(),
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Introduction(..) => "Bring the gateway.json of that gateway again.",
            Self::SetUp(_) => {
                "To change something, edit bundle.json or policy.json beside it, raise version, and use sign-bundle or sign-policy; \
                 for a new hospital choose another --keys."
            }
            Self::Otherwise(_) => {
                "Give the options of that run again; or, for other ones, choose another --keys, since nothing was handed over yet."
            }
            Self::OtherKeys(_) => "Move that file away, and run this again: it signs another.",
            Self::OtherPolicyKeys(_) => {
                "Move that file away, sign policy.json with sign-policy, and run this again."
            }
            Self::HandingOver(_) => {
                "Put the new root into bundle.json, raise its version, sign it with sign-bundle (docs/replace-root.md, step 4), and run this again."
            }
            Self::Authority(_) => {
                "Give --ca the PEM file of the authority that signs the gateway's certificate."
            }
            Self::Certificate(_) => "Run `gauze-gateway init` again with a name or an IP address in --url.",
            Self::WhichGateway(_) => "Give --gateway the address of one of them.",
            Self::Keys(error) => error.next_step(),
            Self::Disk(error) => error.next_step(),
        }
    }
}
