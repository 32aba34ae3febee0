//! Whether a token is for the phone that shows it: by no serial number, by one, or by the hospital's list of them.
//!
//! What the hardware attests comes before what device management states; a stated serial number counts for the list only where
//! the policy says so.

use gauze_wire::{Enrolment, Serial, Token, TokenId};

use crate::{Basis, Fault, Shown};

/// The faults that lie in the token and the serial number, not in what the phone proves of itself.
pub(crate) const FAULTS: [Fault; 5] = [
    Fault::SerialMissing,
    Fault::SerialOther,
    Fault::SerialUnlisted,
    Fault::SerialStated,
    Fault::InventoryMissing,
];

/// A token for one serial number is for the phone that states it; what the hardware attests is compared with that later.
pub(crate) fn fits(token: &Token, enrolment: &Enrolment) -> Result<(), Fault> {
    match (&token.serial, &enrolment.serial) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(Fault::SerialMissing),
        (Some(named), Some(stated)) if named == stated => Ok(()),
        (Some(_), Some(_)) => Err(Fault::SerialOther),
    }
}

/// What this phone spends of the token.
pub(crate) fn spent(
    token: &Token,
    enrolment: &Enrolment,
    shown: &Shown,
    basis: &Basis<'_>,
) -> Result<TokenId, Fault> {
    let Some(from) = token.inventory else { return Ok(token.token_id.clone()) };
    let list = basis.inventory.filter(|list| list.version >= from).ok_or(Fault::InventoryMissing)?;
    let text = match (&shown.serial, &enrolment.serial) {
        (Some(attested), _) => attested.as_str(),
        (None, None) => return Err(Fault::SerialMissing),
        (None, Some(_)) if !basis.policy.stated_serials => return Err(Fault::SerialStated),
        (None, Some(stated)) => stated.as_str(),
    };
    let serial = Serial::read(text).filter(|serial| list.names(serial)).ok_or(Fault::SerialUnlisted)?;
    Ok(token.share_of(&serial))
}
