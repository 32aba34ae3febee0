//! What is wrong with a certificate that answers in the gateway's place, and what to do about it.

use std::error::Error;

use rustls::CertificateError;

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateFault {
    /// An authority that `--ca` does not hold signed it.
    UnknownAuthority,
    /// By this machine's clock it is over.
    Expired,
    /// By this machine's clock it has not begun.
    NotYetValid,
    /// It is for another name.
    WrongName,
    /// It does not hold in another way.
    Other,
}

impl CertificateFault {
    /// Looks for a certificate's fault among an error's causes: an I/O error hides what it wraps from `source`.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(rustls::Error::InvalidCertificate(error)) = error.downcast_ref() {
                return Some(Self::from(error));
            }
            let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            cause = match inside {
                Some(inside) => Some(inside),
                None => error.source(),
            };
        }
        None
    }

    /// A stable code, the phone's.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownAuthority => "certificate_authority_unknown",
            Self::Expired => "certificate_expired",
            Self::NotYetValid => "certificate_not_yet_valid",
            Self::WrongName => "certificate_wrong_name",
            Self::Other => "certificate_invalid",
        }
    }

    /// What to do.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::UnknownAuthority => {
                "Check what answers there, and give --ca the authority that signed the gateway's certificate; photos wait where they are."
            }
            Self::Expired => {
                "Check this machine's date, then have the gateway's certificate renewed; photos wait where they are."
            }
            Self::NotYetValid => {
                "Check this machine's date, then that of the machine that made the certificate; photos wait where they are."
            }
            Self::WrongName => {
                "Check what answers there, and that the certificate is for the name in --gateway; photos wait where they are."
            }
            Self::Other => {
                "Check what answers there, and the gateway's certificate; photos wait where they are."
            }
        }
    }

    /// For an error's line.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::UnknownAuthority => "it is by an authority that --ca does not hold",
            Self::Expired => "it has expired by this machine's clock",
            Self::NotYetValid => "it is not valid yet by this machine's clock",
            Self::WrongName => "it is for another name",
            Self::Other => "it is not as it should be",
        }
    }
}

impl From<&CertificateError> for CertificateFault {
    fn from(error: &CertificateError) -> Self {
        match error {
            // An authority that bears the name of a known one and has another key fails by its signature.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownAuthority,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongName
            }
            _ => Self::Other,
        }
    }
}
