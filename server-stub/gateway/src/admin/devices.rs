//! Devices: search, one device's story, and what it may do.

use std::collections::BTreeMap;

use gauze_attest::Fault;
use gauze_wire::{Act, Deed, DeviceId, DeviceStatus, Jws, Name, ReviewDenied, Serial};
use jiff::Timestamp;
use serde::Serialize;

use super::{Admin, AdminError, By, Gap};
use crate::app::AppError;
use crate::db::{Db, DeviceCounts, DevicePage, DeviceSearch, Registered};
use crate::standing::review_denied;

/// Most acts in one story.
const ACTS: u32 = 100;

/// An act, for people. No `Debug`: a reason is free text.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ActView {
    /// Its place in the log.
    pub log_index: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// What.
    pub deed: Deed,
}

impl ActView {
    fn read((log_index, jws): (u64, Jws)) -> Option<Self> {
        let act: Act = jws.peek().ok()?;
        let (operator, reason) = (act.operator.as_str().to_owned(), act.reason.as_str().to_owned());
        Some(Self { log_index, at: act.at, operator, reason, deed: act.deed })
    }
}

/// Everything that is known of one device. No `Debug`, as acts have none.
#[derive(Clone, Serialize)]
pub struct DeviceStory {
    /// The device.
    #[serde(flatten)]
    pub device: Registered,
    /// Why it may not show photos; absent where it may.
    pub review_denied: Option<ReviewDenied>,
    /// Places of its chain up to the highest it spoke of that never came.
    pub gaps: Vec<Gap>,
    /// Photos in those places.
    pub missing: u64,
    /// What was decided about it, newest first.
    pub acts: Vec<ActView>,
}

impl Admin {
    /// One page of the devices that match.
    pub async fn devices(&self, search: &DeviceSearch) -> Result<DevicePage, AdminError> {
        let mut page = self.db.search(self.tenant(), search).await?;
        self.compare_with_list(&mut page.devices)?;
        Ok(page)
    }

    /// How many devices there are of each status.
    pub async fn counts(&self) -> Result<DeviceCounts, AdminError> {
        Ok(self.db.counts(self.tenant()).await?)
    }

    /// The one device whose id is, or begins with, `text`.
    pub async fn find(&self, text: &str) -> Result<DeviceId, AdminError> {
        if let Ok(id) = text.parse::<DeviceId>() {
            return Ok(self.registered(&id).await?.device_id);
        }
        let mut found = self.db.ids_with_prefix(self.tenant(), text).await?;
        match (found.pop(), found.is_empty()) {
            (Some(id), true) => Ok(id),
            (Some(_), false) => Err(AdminError::Ambiguous),
            (None, _) => Err(AdminError::UnknownDevice),
        }
    }

    /// Says of each phone that enrolled by the hospital's list whether its serial number was taken off it since. Taking it off ends
    /// nothing of a phone that is in: that is for people to decide (ADR 0050).
    fn compare_with_list(&self, devices: &mut [Registered]) -> Result<(), AdminError> {
        if !devices.iter().any(|device| device.of_inventory) {
            return Ok(());
        }
        self.served.find_stock(&self.data).map_err(AppError::from)?;
        let Some(stock) = self.served.stock() else { return Ok(()) };
        for device in devices.iter_mut().filter(|device| device.of_inventory) {
            let serial = device.known_serial().and_then(Serial::read);
            let is_in = device.status != DeviceStatus::Revoked && !device.is_replaced();
            device.serial_retired = is_in && serial.is_some_and(|serial| !stock.list.names(&serial));
        }
        Ok(())
    }

    async fn registered(&self, id: &DeviceId) -> Result<Registered, AdminError> {
        self.db.registered(self.tenant(), id).await?.ok_or(AdminError::UnknownDevice)
    }

    /// One device's story.
    pub async fn device(&self, id: &DeviceId) -> Result<DeviceStory, AdminError> {
        let mut device = self.registered(id).await?;
        self.compare_with_list(std::slice::from_mut(&mut device))?;
        let gaps = self.gaps(&device).await?;
        let acts = self.db.acts(self.tenant(), Some(id), None, ACTS).await?;
        let life = self.policy_in_force().await?.life();
        Ok(DeviceStory {
            review_denied: review_denied(&device, &life, self.clock.now()),
            missing: gaps.iter().map(Gap::photos).sum(),
            gaps,
            acts: acts.into_iter().filter_map(ActView::read).collect(),
            device,
        })
    }

    /// What people call the phones that acts are about: serial number, or else the model.
    pub async fn called(&self, acts: &[ActView]) -> Result<BTreeMap<DeviceId, String>, AdminError> {
        let mut called = BTreeMap::new();
        for act in acts {
            let former = if let Deed::Succeed { former, .. } = &act.deed { Some(former) } else { None };
            for id in act.deed.device_id().into_iter().chain(former) {
                if called.contains_key(id) {
                    continue;
                }
                if let Some(device) = self.db.registered(self.tenant(), id).await? {
                    let name = device.told_serial().or_else(|| device.model.clone());
                    called.extend(name.map(|name| (id.clone(), name)));
                }
            }
        }
        Ok(called)
    }

    /// What was decided in this tenant, newest first, before `before` in the log.
    pub async fn acts(&self, before: Option<u64>, limit: u32) -> Result<Vec<ActView>, AdminError> {
        let acts = self.db.acts(self.tenant(), None, before, limit).await?;
        Ok(acts.into_iter().filter_map(ActView::read).collect())
    }

    /// From now on it may upload, and neither enrol again nor review. `false` where that was so.
    pub async fn suspend(&self, id: &DeviceId, by: &By) -> Result<bool, AdminError> {
        self.change(id, DeviceStatus::Suspended, by).await
    }

    /// It may do everything again. `false` where that was so.
    pub async fn resume(&self, id: &DeviceId, by: &By) -> Result<bool, AdminError> {
        self.change(id, DeviceStatus::Active, by).await
    }

    /// It gets no ticket any more, and its open upload addresses are dead. For good. `false` where that was so.
    pub async fn revoke(&self, id: &DeviceId, by: &By) -> Result<bool, AdminError> {
        self.change(id, DeviceStatus::Revoked, by).await
    }

    /// It is the phone that was `former`: what it signs for that one's chain counts, and whatever comes later of it is the same
    /// phone's. `false` where that is known already.
    pub async fn succeed(&self, id: &DeviceId, former: &DeviceId, by: &By) -> Result<bool, AdminError> {
        self.registered(id).await?;
        self.registered(former).await?;
        let mut write = self.db.write().await?;
        let vouched = Db::vouch(&mut write, self.tenant(), id, former).await?;
        let changed = vouched.ok_or(AdminError::OtherFormer)?;
        if changed {
            Db::set_flag(&mut write, (self.tenant(), id), Fault::FormerClaimed.code(), None).await?;
            let deed = Deed::Succeed { device_id: id.clone(), former: former.clone() };
            self.clerk().record(&mut write, by, deed).await?;
            write.commit().await?;
        }
        Ok(changed)
    }

    /// Takes a flag away, because somebody has looked. `false` where there was none.
    pub async fn unflag(&self, id: &DeviceId, code: &Name, by: &By) -> Result<bool, AdminError> {
        self.registered(id).await?;
        let mut write = self.db.write().await?;
        let changed = Db::set_flag(&mut write, (self.tenant(), id), code.as_str(), None).await?;
        if changed {
            let deed = Deed::Unflag { device_id: id.clone(), code: code.clone() };
            self.clerk().record(&mut write, by, deed).await?;
            write.commit().await?;
        }
        Ok(changed)
    }

    async fn change(&self, id: &DeviceId, to: DeviceStatus, by: &By) -> Result<bool, AdminError> {
        let mut write = self.db.write().await?;
        let changed = self.change_in(&mut write, id, to, by).await?;
        write.commit().await?;
        Ok(changed)
    }

    /// Changes what a device may do, and says so in the log.
    pub(super) async fn change_in(
        &self,
        write: &mut crate::db::Write<'_>,
        id: &DeviceId,
        to: DeviceStatus,
        by: &By,
    ) -> Result<bool, AdminError> {
        let from = Db::status_now(write, self.tenant(), id).await?.ok_or(AdminError::UnknownDevice)?;
        match (from, to) {
            (from, to) if from == to => return Ok(false),
            (DeviceStatus::Revoked, _) => return Err(AdminError::Revoked),
            (DeviceStatus::Active | DeviceStatus::Suspended, _) => {}
        }
        Db::set_status(write, self.tenant(), id, to).await?;
        let device_id = id.clone();
        let deed = match to {
            DeviceStatus::Active => Deed::Resume { device_id },
            DeviceStatus::Suspended => Deed::Suspend { device_id },
            DeviceStatus::Revoked => Deed::Revoke { device_id },
        };
        self.clerk().record(write, by, deed).await?;
        Ok(true)
    }
}
