//! The gateway's commands that repeat acts.

use std::collections::BTreeSet;

use gauze_listen::quoted;
use gauze_wire::{Deed, DeviceId, Photos, Tenant, Wanted};

use crate::list::ListedAct;

/// The flag that the playbook for lost phones sets.
const LOST: &str = "lost";

/// One line for each act: a command for a shell, or a remark behind `#` where no command repeats it.
pub(super) fn commands(acts: &[ListedAct], tenant: &Tenant, enrolled: &[DeviceId]) -> Vec<String> {
    let all_lost: BTreeSet<&DeviceId> = acts.iter().filter_map(|act| lost(&act.deed)).collect();
    acts.iter()
        .filter_map(|act| match &act.deed {
            // All of it is one command.
            Deed::Revoke { device_id } | Deed::Propose { wanted: Wanted::Wipe { device_id, .. }, .. }
                if all_lost.contains(device_id) =>
            {
                None
            }
            deed => {
                let destroyed =
                    lost(deed).is_some_and(|lost| acts.iter().any(|act| destroys(&act.deed, lost)));
                line(act, (deed, destroyed), tenant, enrolled)
            }
        })
        .collect()
}

fn destroys(deed: &Deed, device: &DeviceId) -> bool {
    let Deed::Propose { wanted: Wanted::Wipe { device_id, photos }, .. } = deed else { return false };
    device_id == device && *photos == Photos::Destroy
}

fn lost(deed: &Deed) -> Option<&DeviceId> {
    match deed {
        Deed::Flag { device_id, code } if code.as_str() == LOST => Some(device_id),
        _ => None,
    }
}

/// `destroyed`: the photos of a lost phone are to go with it.
fn line(
    act: &ListedAct,
    (deed, destroyed): (&Deed, bool),
    tenant: &Tenant,
    enrolled: &[DeviceId],
) -> Option<String> {
    let with_photos = |destroy: bool| if destroy { " --photos destroy".to_owned() } else { String::new() };
    let (verb, device, more) = match deed {
        Deed::Suspend { device_id } => ("suspend", device_id, String::new()),
        Deed::Resume { device_id } => ("resume", device_id, String::new()),
        Deed::Revoke { device_id } => ("revoke", device_id, String::new()),
        Deed::Succeed { device_id, former } => ("succeed", device_id, format!(" --former={former}")),
        Deed::Unflag { device_id, code } => {
            ("unflag", device_id, format!(" --code {}", quoted(code.as_str())))
        }
        Deed::Flag { device_id, .. } if lost(deed).is_some() => ("lost", device_id, with_photos(destroyed)),
        Deed::Propose { wanted: Wanted::Wipe { device_id, photos }, .. } => {
            ("wipe", device_id, with_photos(*photos == Photos::Destroy))
        }
        Deed::Propose { proposal_id, wanted } => {
            return Some(format!(
                "# {} {proposal_id} was asked for: ask again if it is still wanted",
                wanted.kind()
            ));
        }
        Deed::Report { .. } => {
            return Some(format!(
                "# entry {} of the log before reported something under the name {} at {}, and is no case here: have it reported again, or read it as breach.md tells",
                act.log_index,
                quoted(&act.operator).replace(char::is_control, " "),
                act.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            ));
        }
        // The gateway flags again by itself, and decisions are the hospital's.
        Deed::Flag { .. } | Deed::Settle { .. } => return None,
    };
    if !enrolled.contains(device) {
        return Some(format!(
            "# {verb} {device}: the gateway does not know this phone, which can do nothing until it enrols"
        ));
    }
    let (tenant, operator, reason) = (quoted(tenant), quoted(&act.operator), quoted(&act.reason));
    Some(format!(
        "gauze-gateway admin device {verb} --data gateway --tenant {tenant} --operator {operator} --reason {reason}{more} -- {device}"
    ))
}
