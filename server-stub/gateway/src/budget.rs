//! What one phone, and one hospital's phones together, may cost: requests, leaves of the log, and bytes in them.
//!
//! Always: a share is asked for after the phone has proven itself, so that nobody uses up another's; and before anything is
//! written. What a write that fails would have cost goes back. It comes back steadily, the whole of it within its time. Counted in
//! memory alone: a restart gives everybody a fresh one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gauze_wire::{DeviceId, DeviceStatus, Tenant};
use tokio::time::Instant;

const HOUR: Duration = Duration::from_secs(3600);

/// As long as a generation of nonces: at most twice the share is remembered of it.
const NONCES: Duration = Duration::from_secs(421);

/// So many within so long, at once or spread out.
#[derive(Clone, Copy)]
struct Share {
    most: u64,
    within: Duration,
}

impl Share {
    /// How long so much of it takes to come back.
    fn takes(self, amount: u64) -> Duration {
        let nanos = self.within.as_nanos().saturating_mul(amount.into()) / u128::from(self.most);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// What something costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cost {
    /// A signed request, whose nonce is remembered.
    Request,
    /// A signed request of a phone that was revoked.
    RevokedRequest,
    /// A leaf.
    Leaf,
    /// Bytes of leaves.
    LeafBytes,
    /// Evidence shown again, which is a leaf whatever the verdict.
    Evidence,
    /// A phone's word that it was wiped.
    Wiped,
    /// A phone's report that something went wrong.
    Report,
}

impl Cost {
    /// Of one phone: an honest one with a full outbox stays far below.
    fn of_device(self) -> Share {
        let within = |most, within| Share { most, within };
        match self {
            Self::Request => within(25_000, NONCES),
            Self::RevokedRequest => within(300, HOUR),
            Self::Leaf => within(5000, HOUR),
            Self::LeafBytes => within(16 << 20, HOUR),
            Self::Evidence => within(12, HOUR),
            Self::Wiped => within(8, 24 * HOUR),
            Self::Report => within(20, 24 * HOUR),
        }
    }

    /// Of a hospital: ten thousand phones that ask each minute and send a hundred photos an hour stay below.
    fn of_tenant(self) -> Share {
        let within = |most| Share { most, within: HOUR };
        match self {
            Self::Request => Share { most: 250_000, within: NONCES },
            Self::RevokedRequest => within(30_000),
            Self::Leaf => within(1_000_000),
            Self::LeafBytes => within(2 << 30),
            Self::Evidence => within(60_000),
            Self::Wiped => within(20_000),
            Self::Report => within(20_000),
        }
    }

    /// A request by a phone of this status.
    pub fn request(status: DeviceStatus) -> Self {
        match status {
            DeviceStatus::Active | DeviceStatus::Suspended => Self::Request,
            DeviceStatus::Revoked => Self::RevokedRequest,
        }
    }
}

/// The share is used up, for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedUp(pub Duration);

/// What a write costs that is still to succeed. It goes back unless it is spent.
#[must_use]
pub struct Held<'a> {
    budgets: &'a Budgets,
    tenant: Tenant,
    device: DeviceId,
    taken: Vec<(Cost, u64)>,
}

impl Held<'_> {
    /// The write succeeded.
    pub fn spend(mut self) {
        self.taken.clear();
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        for (cost, amount) in self.taken.drain(..) {
            self.budgets.give_back(&self.tenant, &self.device, cost, amount);
        }
    }
}

type Holder = (Tenant, Option<DeviceId>, Cost);

/// Who has used how much: when each share will be whole again, since the beginning.
pub struct Budgets {
    begun: Instant,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    whole_at: HashMap<Holder, Duration>,
    sweep_at: usize,
}

impl Budgets {
    pub fn new() -> Self {
        Self { begun: Instant::now(), used: Mutex::default() }
    }

    /// Takes all of these from the shares of the device and of its tenant, or nothing of any: for a write that is still to succeed.
    pub fn hold(&self, whose: (&Tenant, &DeviceId), costs: &[(Cost, u64)]) -> Result<Held<'_>, UsedUp> {
        let (tenant, device) = (whose.0.clone(), whose.1.clone());
        let mut held = Held { budgets: self, tenant, device, taken: Vec::new() };
        for (cost, amount) in costs {
            self.take(whose, *cost, *amount)?;
            held.taken.push((*cost, *amount));
        }
        Ok(held)
    }

    fn give_back(&self, tenant: &Tenant, device: &DeviceId, cost: Cost, amount: u64) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let (device, whole) = (Some(device.clone()), None);
        for (of, share) in [(device, cost.of_device()), (whole, cost.of_tenant())] {
            if let Some(whole_at) = used.whole_at.get_mut(&(tenant.clone(), of, cost)) {
                *whole_at = whole_at.saturating_sub(share.takes(amount));
            }
        }
    }

    /// Takes `amount` from the share of the device and from that of its tenant, or nothing from either.
    pub fn take(&self, whose: (&Tenant, &DeviceId), cost: Cost, amount: u64) -> Result<(), UsedUp> {
        self.take_at(self.begun.elapsed(), whose, cost, amount)
    }

    fn take_at(
        &self,
        now: Duration,
        (tenant, device): (&Tenant, &DeviceId),
        cost: Cost,
        amount: u64,
    ) -> Result<(), UsedUp> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let device = (tenant.clone(), Some(device.clone()), cost);
        let tenant = (tenant.clone(), None, cost);
        let whole = [(device, cost.of_device()), (tenant, cost.of_tenant())]
            .map(|(holder, share)| used.after(now, holder, share, amount));
        for (_, taken) in &whole {
            taken.as_ref().map_err(|used_up| *used_up)?;
        }
        for (holder, taken) in whole {
            used.whole_at.insert(holder, taken?);
        }
        used.sweep(now);
        Ok(())
    }
}

impl Used {
    /// When the share will be whole again if `amount` is taken from it now.
    fn after(
        &self,
        now: Duration,
        holder: Holder,
        share: Share,
        amount: u64,
    ) -> (Holder, Result<Duration, UsedUp>) {
        let whole_at = self.whole_at.get(&holder).copied().unwrap_or_default().max(now);
        let whole_at = whole_at.saturating_add(share.takes(amount));
        let latest = now + share.within;
        let taken = if whole_at <= latest { Ok(whole_at) } else { Err(UsedUp(whole_at - latest)) };
        (holder, taken)
    }

    /// Forgets shares that are whole, each time their number has doubled.
    fn sweep(&mut self, now: Duration) {
        if self.whole_at.len() > self.sweep_at {
            self.whole_at.retain(|_, whole_at| *whole_at > now);
            self.sweep_at = (2 * self.whole_at.len()).max(1024);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(n: u32) -> DeviceId {
        format!("{n:A>43}").parse().unwrap()
    }

    #[test]
    fn a_share_is_used_up_and_comes_back_steadily() {
        let (budgets, ward) = (Budgets::new(), "ward-9".parse().unwrap());
        let take = |at: u64| budgets.take_at(Duration::from_secs(at), (&ward, &device(1)), Cost::Evidence, 1);
        for _ in 0..12 {
            assert_eq!(take(0), Ok(()));
        }
        assert_eq!(take(0), Err(UsedUp(Duration::from_secs(300))), "one in five minutes");
        assert_eq!(take(299), Err(UsedUp(Duration::from_secs(1))), "asking costs nothing");
        assert_eq!(take(300), Ok(()));
        assert!(take(300).is_err());
        assert_eq!((0..20).filter(|_| take(100_000).is_ok()).count(), 12, "and never more than the whole");
    }

    #[test]
    fn what_a_write_that_fails_would_have_cost_goes_back_and_all_of_it() {
        let (budgets, ward) = (Budgets::new(), "ward-9".parse().unwrap());
        let (device, costs) = (device(1), [(Cost::LeafBytes, 100), (Cost::Report, 1)]);
        for _ in 0..100 {
            drop(budgets.hold((&ward, &device), &costs).unwrap());
        }
        for _ in 0..20 {
            budgets.hold((&ward, &device), &costs).unwrap().spend();
        }
        let before = budgets.used.lock().unwrap().whole_at.clone();
        assert!(budgets.hold((&ward, &device), &costs).is_err());
        assert_eq!(
            budgets.used.lock().unwrap().whole_at,
            before,
            "nothing of any share, where one of them is used up"
        );
    }

    #[test]
    fn one_phone_takes_nothing_from_another_and_one_hospital_nothing_from_another() {
        let (budgets, ward, other): (_, Tenant, Tenant) =
            (Budgets::new(), "ward-9".parse().unwrap(), "ward-7".parse().unwrap());
        let take = |ward, n| budgets.take_at(Duration::ZERO, (ward, &device(n)), Cost::Wiped, 1).is_ok();
        assert_eq!((0..20).filter(|_| take(&ward, 1)).count(), 8);
        assert!(take(&ward, 2));
        let all: usize = (3..4000).map(|n| (0..8).filter(|_| take(&ward, n)).count()).sum();
        assert!(all < 20_000 + 8, "{all}: all phones of one hospital together have its share");
        assert!(!take(&ward, 5000) && take(&other, 5000));
    }

    #[test]
    fn nothing_is_kept_of_whose_share_is_whole() {
        let (budgets, ward) = (Budgets::new(), "ward-9".parse().unwrap());
        for n in 0..10_000 {
            let now = Duration::from_secs(u64::from(n) * 3600);
            budgets.take_at(now, (&ward, &device(n)), Cost::Leaf, 1).unwrap();
        }
        assert!(budgets.used.lock().unwrap().whole_at.len() <= 1025);
    }
}
