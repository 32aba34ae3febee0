//! `arm64 seal BYTES` seals, `arm64 hash BYTES` hashes that many bytes once, as `gauze-seal` does.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use sha2::{Digest as _, Sha256};

// The compiler was told of no hash instructions: where they run, they were found at run time.
const _: () = assert!(!cfg!(target_feature = "sha2"));

fn main() {
    let mut args = std::env::args().skip(1);
    let (work, bytes) = (args.next().unwrap_or_default(), args.next().and_then(|bytes| bytes.parse().ok()));
    let mut data = vec![7; bytes.unwrap_or(0)];
    match work.as_str() {
        "seal" => {
            let key = UnboundKey::new(&CHACHA20_POLY1305, &[1; 32]).map(LessSafeKey::new).expect("32 bytes");
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut data).expect("short enough");
            println!("{:02x?}", tag.as_ref());
        }
        "hash" => println!("{:02x?}", &Sha256::digest(&data)[..]),
        _ => panic!("arm64 seal|hash BYTES"),
    }
}
