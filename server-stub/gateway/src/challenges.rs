//! Challenges: each lets one phone of one tenant show its evidence, once, within five minutes.
//!
//! Whoever asks gets one, so nothing is kept of those that are given out and there is no room to fill: a challenge says when
//! it ends and proves that this process made it for that tenant. Those that were spent are kept until their end. A restart
//! ends them all.
//!
//! A challenge is its end in milliseconds (6 bytes, big-endian), randomness (10), and the first half of the HMAC-SHA256 of
//! both and the tenant (16).

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use gauze_wire::{ChallengeAnswer, Digest, Tenant};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use zeroize::Zeroizing;

const LIFE: SignedDuration = SignedDuration::from_mins(5);
/// The end alone, and what the proof is of; the proof is as long.
const END: usize = 6;
const HEAD: usize = 16;

pub struct Challenges {
    key: Zeroizing<[u8; 32]>,
    /// By their end, the first to end first.
    spent: Mutex<BTreeSet<[u8; 32]>>,
}

impl Challenges {
    /// `key` is random, and no other process has it.
    pub fn new(key: Zeroizing<[u8; 32]>) -> Self {
        Self { key, spent: Mutex::default() }
    }

    /// A challenge for one of `tenant`'s phones.
    pub fn issue(&self, tenant: &Tenant, now: Timestamp, random: [u8; 10]) -> ChallengeAnswer {
        let expires_at = now + LIFE;
        let mut bytes = [0; 32];
        bytes[..END].copy_from_slice(&end(expires_at));
        bytes[END..HEAD].copy_from_slice(&random);
        let proof = self.mac(tenant, &bytes).finalize().into_bytes();
        bytes[HEAD..].copy_from_slice(&proof[..HEAD]);
        ChallengeAnswer { challenge: Digest(bytes), expires_at }
    }

    /// Spends a challenge. Whether it was made for `tenant`, has not ended, and was not spent before.
    pub fn spend(&self, tenant: &Tenant, challenge: &Digest, now: Timestamp) -> bool {
        let (bytes, now) = (challenge.0, end(now));
        if self.mac(tenant, &bytes).verify_truncated_left(&bytes[HEAD..]).is_err() || bytes[..END] <= now[..]
        {
            return false;
        }
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        while spent.first().is_some_and(|first| first[..END] <= now[..]) {
            spent.pop_first();
        }
        spent.insert(bytes)
    }

    fn mac(&self, tenant: &Tenant, bytes: &[u8; 32]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&*self.key).expect("HMAC takes any key length");
        mac.chain_update(&bytes[..HEAD]).chain_update(tenant.as_str())
    }
}

fn end(at: Timestamp) -> [u8; END] {
    let [_, _, rest @ ..] = at.as_millisecond().max(0).to_be_bytes();
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    fn with_key(key: u8) -> Challenges {
        Challenges::new(Zeroizing::new([key; 32]))
    }

    fn issued(challenges: &Challenges, tenant: &Tenant, n: u8) -> Digest {
        challenges.issue(tenant, at(0), [n; 10]).challenge
    }

    #[test]
    fn only_what_was_spent_is_kept_and_only_until_its_end() {
        let (challenges, ward) = (with_key(1), "ward-9".parse().unwrap());
        let kept = || challenges.spent.lock().unwrap().len();
        let given: Vec<_> = (0..100).map(|n| issued(&challenges, &ward, n)).collect();
        assert_eq!(kept(), 0);
        for challenge in &given[..10] {
            assert!(challenges.spend(&ward, challenge, at(299)));
            assert!(!challenges.spend(&ward, challenge, at(299)), "once");
        }
        assert_eq!(kept(), 10);
        let later = challenges.issue(&ward, at(300), [0; 10]).challenge;
        assert!(challenges.spend(&ward, &later, at(300)));
        assert_eq!(kept(), 1);
        assert!(!challenges.spend(&ward, &given[10], at(300)), "its time is over");
    }

    #[test]
    fn a_challenge_with_any_bit_changed_or_of_another_process_or_tenant_is_none() {
        let (challenges, ward) = (with_key(1), "ward-9".parse().unwrap());
        let good = issued(&challenges, &ward, 7);
        for bit in 0..256 {
            let mut other = good;
            other.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!challenges.spend(&ward, &other, at(1)), "{bit}");
        }
        assert!(!challenges.spend(&"clinic".parse().unwrap(), &good, at(1)));
        assert!(!with_key(2).spend(&ward, &good, at(1)));
        assert!(challenges.spend(&ward, &good, at(1)));
    }
}
