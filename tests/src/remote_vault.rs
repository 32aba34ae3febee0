//! A key vault in another process, behind a Unix socket: so that a phone's memory can be looked into and holds no key
//! that hardware would hold. One question and one answer a connection, each a line of JSON.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use gauze_core::adapters::SoftwareVault;
use gauze_core::ports::{Attestor, KeyVault, VaultError};
use gauze_wire::{Attestation, Digest, PublicKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Question {
    Create(Digest),
    DeviceKey,
    Sign(Vec<u8>),
    CreateReview,
    ReviewKey,
    Agree(Vec<u8>),
    Destroy(bool),
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Refused {
    NeedsUser,
    Gone,
    Unavailable,
}

impl From<VaultError> for Refused {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::NeedsUser => Self::NeedsUser,
            VaultError::Gone => Self::Gone,
            VaultError::Unavailable => Self::Unavailable,
        }
    }
}

impl From<Refused> for VaultError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NeedsUser => Self::NeedsUser,
            Refused::Gone => Self::Gone,
            Refused::Unavailable => Self::Unavailable,
        }
    }
}

/// Answers from `vault` for as long as the process lives.
pub fn serve(vault: SoftwareVault, listener: UnixListener) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // Whoever asked badly gets no answer and asks again.
            let _ = stream.and_then(|stream| answer(&vault, stream));
        }
    });
}

fn answer(vault: &SoftwareVault, stream: UnixStream) -> io::Result<()> {
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line)?;
    let text = match serde_json::from_str(&line)? {
        Question::Create(challenge) => told(vault.create(&challenge)),
        Question::DeviceKey => told(vault.device_key()),
        Question::Sign(message) => told(vault.sign(&message).map(|signature| signature.to_vec())),
        Question::CreateReview => told(vault.create_review()),
        Question::ReviewKey => told(vault.review_key()),
        Question::Agree(peer) => {
            let peer = <[u8; 65]>::try_from(peer.as_slice()).map_err(io::Error::other)?;
            told(vault.agree(&peer).map(|shared| shared.to_vec()))
        }
        Question::Destroy(device_too) => told(vault.destroy(device_too)),
    };
    writeln!(&stream, "{}", text?)
}

fn told<T: Serialize>(result: Result<T, VaultError>) -> io::Result<String> {
    Ok(serde_json::to_string(&result.map_err(Refused::from))?)
}

/// The phone's side.
pub struct RemoteVault(pub PathBuf);

impl RemoteVault {
    fn ask<T: DeserializeOwned>(&self, question: &Question) -> Result<T, VaultError> {
        let line = self.exchange(question).map_err(|_| VaultError::Unavailable)?;
        let answer: Result<T, Refused> = serde_json::from_str(&line).map_err(|_| VaultError::Unavailable)?;
        answer.map_err(VaultError::from)
    }

    fn exchange(&self, question: &Question) -> io::Result<Zeroizing<String>> {
        let stream = UnixStream::connect(&self.0)?;
        writeln!(&stream, "{}", serde_json::to_string(question)?)?;
        let mut line = Zeroizing::new(String::new());
        BufReader::new(&stream).read_line(&mut line)?;
        Ok(line)
    }
}

impl KeyVault for RemoteVault {
    fn create(&self, challenge: &Digest) -> Result<(), VaultError> {
        self.ask(&Question::Create(*challenge))
    }

    fn device_key(&self) -> Result<PublicKey, VaultError> {
        self.ask(&Question::DeviceKey)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], VaultError> {
        let signature: Vec<u8> = self.ask(&Question::Sign(message.to_vec()))?;
        signature.try_into().map_err(|_| VaultError::Unavailable)
    }

    fn create_review(&self) -> Result<(), VaultError> {
        self.ask(&Question::CreateReview)
    }

    fn review_key(&self) -> Result<Option<PublicKey>, VaultError> {
        self.ask(&Question::ReviewKey)
    }

    fn agree(&self, peer: &[u8; 65]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let shared: Zeroizing<Vec<u8>> = Zeroizing::new(self.ask(&Question::Agree(peer.to_vec()))?);
        let shared: [u8; 32] = shared.as_slice().try_into().map_err(|_| VaultError::Unavailable)?;
        Ok(Zeroizing::new(shared))
    }

    fn destroy(&self, device_too: bool) -> Result<(), VaultError> {
        self.ask(&Question::Destroy(device_too))
    }
}

impl Attestor for RemoteVault {
    fn attest(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError> {
        Ok(Attestation::software(challenge, device_key))
    }

    fn attest_again(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError> {
        self.attest(challenge, device_key)
    }
}
