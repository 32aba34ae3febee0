//! The lost phone: shut out, ordered to wipe itself, and accounted for.

use gauze_wire::{Deed, DeviceId, DeviceStatus, Photos};
use serde::Serialize;

use super::{Admin, AdminError, By};
use crate::counted::counted;
use crate::db::{Db, Proposal, ProposalStatus, Registered};

/// The flag of a phone that was reported lost.
const LOST: &str = "lost";

/// Places in a phone's chain that never came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The first missing `seq`.
    pub first: u64,
    /// The last missing `seq`.
    pub last: u64,
}

impl Gap {
    /// How many photos that is.
    pub fn photos(&self) -> u64 {
        self.last - self.first + 1
    }
}

/// What was done about a lost phone, and what it held. No `Debug`, as proposals have none.
#[derive(Clone, Serialize)]
pub struct LostReport {
    /// The phone, as the register knows it now.
    pub device: Registered,
    /// Whether this command revoked it; it may have been revoked before.
    pub revoked_now: bool,
    /// The wipe order that was asked for.
    pub wipe: Proposal,
    /// Highest `seq` it spoke of when last heard from.
    pub highest_seq: u64,
    /// Photos that it said it had not sent.
    pub unsent: u64,
    /// Places up to the highest that never came: what may be on the phone, sealed to the hospital.
    pub gaps: Vec<Gap>,
    /// Photos in those places.
    pub missing: u64,
}

/// What people do once a phone is shut out, in order: the sentence, and the command where there is one. The command line and the
/// console say the same, as `docs/lost-phone.md` has it. `place` is what the gateway's commands are given.
pub fn after_lost(
    (wipe, device, missing): (Option<&Proposal>, &Registered, u64),
    place: &str,
) -> Vec<(String, Option<String>)> {
    let waits = wipe.filter(|wipe| wipe.status == ProposalStatus::Waiting);
    let approve = waits.map(|wipe| {
        let command = format!(
            "gauze-records proposals approve {} --data records --keys keys --by \"their name\" --reason \"as asked\"",
            wipe.proposal_id
        );
        ("Have the wipe order approved inside the hospital, with its own directories.".to_owned(), Some(command))
    });
    let tell = match (device.heard_at, missing) {
        (None, _) => "Ask the ward what was taken with it: it was never heard from, so how many photos it holds is not known.".to_owned(),
        (Some(_), 0) => "Ask whoever carried it whether photos were taken after it was last heard from.".to_owned(),
        (Some(_), missing) => {
            let photos = counted(missing, "photo", "photos");
            format!(
                "Tell whoever carried it that {photos} may have to be taken again, and ask whether more were taken after it was last heard from."
            )
        }
    };
    let rest = [
        ("Lock and wipe the phone by its device management as well.", None),
        ("End its user's sessions at the identity provider.", None),
        (tell.as_str(), None),
        (
            "Say in the console, under Something went wrong, what happened: the hospital makes a case of it. The log says who did what and when.",
            Some(format!("gauze-gateway admin acts {place}")),
        ),
        (
            "Inside the hospital it is the same log.",
            Some("gauze-records list --data records --acts".to_owned()),
        ),
    ];
    let rest = rest.map(|(told, command)| (told.to_owned(), command));
    approve.into_iter().chain(rest).collect()
}

impl Admin {
    /// Runs the playbook: revokes the phone, which ends review and its open upload addresses; flags it; asks the hospital
    /// to sign a wipe order; says what it held when last heard from. Run again, it changes nothing and says the same.
    pub async fn lost(&self, id: &DeviceId, photos: Photos, by: &By) -> Result<LostReport, AdminError> {
        let mut write = self.db.write().await?;
        let revoked_now = self.change_in(&mut write, id, DeviceStatus::Revoked, by).await?;
        let now_ms = self.clock.now().as_millisecond();
        if Db::set_flag(&mut write, (self.tenant(), id), LOST, Some(now_ms)).await? {
            let code = LOST.parse()?;
            let deed = Deed::Flag { device_id: id.clone(), code };
            self.clerk().record(&mut write, by, deed).await?;
        }
        let asked = Db::wipe_proposal(&mut write, self.tenant(), id).await?;
        let wipe = match asked.filter(|asked| asked.status != ProposalStatus::Refused) {
            Some(asked) => asked,
            None => self.propose_wipe(&mut write, id, photos, by).await?,
        };
        let device =
            Db::registered_now(&mut write, self.tenant(), id).await?.ok_or(AdminError::UnknownDevice)?;
        write.commit().await?;
        let gaps = self.gaps(&device).await?;
        Ok(LostReport {
            revoked_now,
            wipe,
            highest_seq: device.highest_seq,
            unsent: device.unsent,
            missing: gaps.iter().map(Gap::photos).sum(),
            gaps,
            device,
        })
    }

    pub(super) async fn gaps(&self, device: &Registered) -> Result<Vec<Gap>, AdminError> {
        let gaps = self.db.gaps(self.tenant(), &device.device_id, device.highest_seq).await?;
        Ok(gaps.into_iter().map(|(first, last)| Gap { first, last }).collect())
    }
}
