//! The inventory: read from the tables that management systems export, and signed with a token for it.
//!
//! Always: what is signed is a list that a person could check against its table, line by line; a list that changes is a new
//! version, and one that does not is not signed again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gauze_wire::{Inventory, Jws, SERIALS, Serial, Signed as _, Signer as _, Token, TokenId};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::sign::last_signed;
use super::table::{Row, Table};
use super::{INVENTORY_JWS, INVENTORY_TOKEN, KeyDir, KeysError};
use crate::disk::{self, PRIVATE, PUBLIC};
use crate::entropy::random;

/// Longest life of an inventory token, in days.
pub const MAX_INVENTORY_DAYS: u32 = 30;

/// Headings of the column with serial numbers, in small letters and digits. What management systems write stands in the tests
/// below, with the page that says so; the rest are the same words in languages that a console may be set to.
const HEADINGS: [&str; 16] = [
    "serialnumber",
    "serial",
    "serialno",
    "deviceserialnumber",
    "deviceserial",
    "seriennummer",
    "serienummer",
    "numérodesérie",
    "númerodeserie",
    "númerodesérie",
    "numerodiserie",
    "numerseryjny",
    "sarjanumero",
    "rhifcyfresol",
    "シリアル番号",
    "序列号",
];

/// A line that brought no phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The table.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// Why.
    #[serde(flatten)]
    pub why: Why,
}

/// Why a line brought no phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Why {
    /// It has no serial number.
    Blank,
    /// Another line has the same.
    Twice {
        /// The serial number.
        serial: Serial,
        /// The line that counts.
        first: usize,
    },
    /// It has something that is no serial number.
    NoSerial,
}

impl LeftOut {
    /// One line for a person.
    pub fn line(&self) -> String {
        let why = match &self.why {
            Why::Blank => "no serial number".to_owned(),
            Why::Twice { serial, first } => format!("{serial} stands in line {first} already"),
            Why::NoSerial => "not a serial number: 1 to 64 letters, digits and signs".to_owned(),
        };
        format!("{} line {}: {why}", self.file.display(), self.line)
    }
}

/// What tables say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Each once, in ascending order.
    pub serials: Vec<Serial>,
    /// Lines that brought no phone.
    pub left_out: Vec<LeftOut>,
}

/// Reads the tables of one list. `column` is the heading of the serial numbers, where it is none of the known ones.
pub fn import(tables: &[PathBuf], column: Option<&str>) -> Result<Imported, KeysError> {
    let (mut found, mut left_out) = (BTreeMap::new(), Vec::new());
    for path in tables {
        let table = Table::read(path)?;
        let at = serial_column(path, &table.headings, column)?;
        for Row { line, fields } in &table.rows {
            let text = fields.get(at).map_or("", String::as_str).trim();
            let why = match Serial::read(text) {
                None if text.is_empty() => Why::Blank,
                None => Why::NoSerial,
                Some(serial) => match found.get(&serial) {
                    Some(first) => Why::Twice { serial, first: *first },
                    None => {
                        found.insert(serial, *line);
                        continue;
                    }
                },
            };
            left_out.push(LeftOut { file: path.clone(), line: *line, why });
        }
    }
    Ok(Imported { serials: found.into_keys().collect(), left_out })
}

fn serial_column(path: &Path, headings: &[String], column: Option<&str>) -> Result<usize, KeysError> {
    let known = |text: &str| {
        let plain: String =
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        HEADINGS.contains(&plain.as_str())
    };
    let wanted = |heading: &String| match column {
        Some(column) => heading.trim() == column.trim(),
        // What is written out of JSON has the object's name before the field's: `hardwareInfo.serialNumber`.
        None => known(heading) || heading.rsplit_once('.').is_some_and(|(_, field)| known(field)),
    };
    let mut found = headings.iter().enumerate().filter(|(_, heading)| wanted(heading)).map(|(at, _)| at);
    match (found.next(), found.next()) {
        (Some(at), None) => Ok(at),
        _ => Err(match column {
            Some(column) => KeysError::NoColumn {
                file: path.to_owned(),
                column: column.to_owned(),
                headings: headings.join(", "),
            },
            None => KeysError::Column { file: path.to_owned(), headings: headings.join(", ") },
        }),
    }
}

/// What was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignedInventory {
    /// The list's version.
    pub version: u64,
    /// Whether it is a new one.
    pub changed: bool,
    /// How many phones it names.
    pub count: usize,
    /// How many of them the list before did not name.
    pub added: usize,
    /// How many the list before named and this one does not.
    pub retired: usize,
    /// The token for it, where one was asked for.
    pub token_id: Option<TokenId>,
    /// When that ends.
    pub expires_at: Option<Timestamp>,
}

/// What to sign beside the list.
#[derive(Clone, Copy, Debug)]
pub struct WithToken<'a> {
    /// Where it goes, readable by its owner alone.
    pub out: &'a Path,
    /// How long it lives, at most 30.
    pub days: u32,
}

/// Signs the list where it changed, and a token for it where one is wanted. Tokens signed before go on with the new list.
pub fn sign_inventory(
    keys: &KeyDir,
    serials: Vec<Serial>,
    token: Option<WithToken<'_>>,
    now: Timestamp,
) -> Result<SignedInventory, KeysError> {
    if serials.is_empty() || serials.len() > SERIALS {
        return Err(KeysError::InventorySize(serials.len()));
    }
    if token.is_some_and(|token| !(1..=MAX_INVENTORY_DAYS).contains(&token.days)) {
        return Err(KeysError::Days);
    }
    let (key, tenant) = (keys.policy()?, keys.tenant()?);
    let last = last_signed::<Inventory>(keys, INVENTORY_JWS)?;
    let before = last.as_ref().map_or(&[][..], |last| &last.serials);
    let added = serials.iter().filter(|serial| before.binary_search(serial).is_err()).count();
    let retired = before.iter().filter(|serial| serials.binary_search(serial).is_err()).count();
    let holds = |jws: Jws| jws.verify::<Inventory>(&key.public_key(), &tenant).is_ok();
    let kept = keys.signed(INVENTORY_JWS)?.is_some_and(holds);
    let changed = !kept || added + retired > 0;
    let version = last.map_or(0, |last| last.version) + u64::from(changed);
    let count = serials.len();
    if changed {
        let typ = Inventory::TYP.to_owned();
        let list = Inventory { v: 1, typ, tenant: tenant.clone(), version, issued_at: now, serials };
        let text = format!("{}\n", Jws::sign(&list, &key)?.as_str());
        disk::replace(&keys.path(INVENTORY_JWS), text.as_bytes(), PUBLIC)?;
    }
    let mut signed =
        SignedInventory { version, changed, count, added, retired, token_id: None, expires_at: None };
    if let Some(WithToken { out, days }) = token {
        let token = Token {
            v: 2,
            typ: Token::TYP.to_owned(),
            tenant,
            token_id: TokenId::make(random()?),
            issued_at: now,
            expires_at: now + SignedDuration::from_hours(i64::from(days) * 24),
            serial: None,
            inventory: Some(version),
        };
        let text = format!("{}\n", Jws::sign(&token, &key)?.as_str());
        disk::replace(&keys.path(INVENTORY_TOKEN), text.as_bytes(), PRIVATE)?;
        disk::replace(out, text.as_bytes(), PRIVATE)?;
        (signed.token_id, signed.expires_at) = (Some(token.token_id), Some(token.expires_at));
    }
    Ok(signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each system writes above its table, whole where a public page has it whole, and the page's title.
    const WRITTEN: &[(&str, &str)] = &[
        (
            "Microsoft Learn, Intune reports and properties available using Graph API: DevicesWithInventory, which is what All devices, Export writes",
            "Device ID,Device name,Enrollment date,Last check-in,Microsoft Entra Device ID,OS version,Microsoft Entra registered,\
             EAS activation ID,Serial number,Manufacturer,Model,EAS activated,IMEI,Last EAS sync time,EAS reason,EAS status,\
             Compliance grace period expiration,Security patch level,Wi-Fi MAC,MEID,Subscriber carrier,Total storage,Free storage,\
             Management name,Category,UserId,Primary user UPN,Primary user email address,Primary user display name,WiFiIPv4Address,\
             WiFiSubnetID,Compliance,Managed by,Ownership,Device state,Intune registered,Supervised,Encrypted,OS,SkuFamily,JoinType,\
             Phone number,Jailbroken,ICCID,EthernetMAC,CellularTechnology,ProcessorArchitecture,EID",
        ),
        (
            "Microsoft Learn, Export Intune reports using Graph APIs: as they are asked for by their own names",
            "DeviceName,SerialNumber,IMEI,OSVersion,DeviceId",
        ),
        (
            "Jamf Pro Documentation, Inventory Preload: the field; Mobile Device Inventory Display names an export's columns",
            "Display Name,JSS Mobile Device ID,Serial Number,Asset Tag,Model,OS Version,Last Inventory Update",
        ),
        (
            "Samsung Knox Documentation, Device configuration",
            "IMEI/MEID,SERIAL NUMBER,MODEL,USER ID,TAGS,PROFILE,STATUS",
        ),
        (
            "Android Management API, REST Resource enterprises.devices: the field's own name",
            "name,hardwareInfo.brand,hardwareInfo.model,hardwareInfo.serialNumber,enterpriseSpecificId",
        ),
        (
            "Android zero-touch enrollment, Identifiers: the reseller's table",
            "modemtype,modemid,serial,model,manufacturer,profiletype,owner",
        ),
        (
            "Apple School Manager and Apple Business APIs, Get Organization Devices: the field's own name",
            "id,attributes.serialNumber,attributes.deviceModel,attributes.orderNumber,attributes.imei",
        ),
        (
            "Workspace ONE UEM API Reference, EnrolledDeviceDetails: the field in the console's words",
            "Friendly Name,Serial Number,Asset Number,Last Seen",
        ),
    ];

    fn read(table: &str) -> Result<Vec<String>, KeysError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("phones.csv");
        disk::replace(&path, table.as_bytes(), PRIVATE).unwrap();
        Ok(import(&[path], None)?.serials.iter().map(|serial| serial.as_str().to_owned()).collect())
    }

    /// A table with these headings, and `SN-1` in the column that is meant.
    fn table(headings: &str, separator: char, quoted: bool) -> String {
        let headings: Vec<_> = headings.split(',').collect();
        let is_meant = |heading: &&str| heading.to_lowercase().replace(' ', "").contains("serial");
        assert_eq!(headings.iter().filter(|heading| is_meant(heading)).count(), 1, "{headings:?}");
        let row = headings.iter().map(|heading| if is_meant(heading) { "SN-1" } else { "of another kind" });
        let line = |fields: Vec<&str>| {
            let fields =
                fields.iter().map(|field| if quoted { format!("\"{field}\"") } else { (*field).to_owned() });
            fields.collect::<Vec<_>>().join(&separator.to_string())
        };
        format!("{}\r\n{}\r\n", line(headings.clone()), line(row.collect()))
    }

    #[test]
    fn the_column_is_found_in_what_each_management_system_writes() {
        for (page, headings) in WRITTEN {
            for (separator, quoted) in [(',', false), (',', true), (';', false), ('\t', true)] {
                let read = read(&table(headings, separator, quoted));
                assert_eq!(read.unwrap_or_else(|error| panic!("{page}: {error}")), ["SN-1"], "{page}");
            }
        }
    }

    #[test]
    fn a_column_that_was_named_and_is_not_there_is_told_with_those_that_are() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("phones.csv");
        disk::replace(&path, b"Name,Serial number\na,SN-1\n", PRIVATE).unwrap();
        let told = import(&[path], Some("Serial no.")).unwrap_err().to_string();
        assert!(told.contains("no column “Serial no.”") && told.ends_with("Name, Serial number"), "{told}");
    }

    #[test]
    fn the_column_is_found_in_other_languages_and_no_other_column_is_taken_for_it() {
        for heading in [
            "Seriennummer",
            "Numéro de série",
            "NÚMERO DE SERIE",
            "N. di serie,Numero di serie",
            "Rhif cyfresol",
            "シリアル番号",
        ] {
            let row = "SN-0,".repeat(heading.matches(',').count());
            assert_eq!(read(&format!("{heading}\n{row}SN-1\n")).unwrap(), ["SN-1"], "{heading}");
        }
        // A SIM card has a serial number too, and so has a battery.
        for headings in
            ["Name,ICCID,IMEI", "SIM serial number,Battery serial", "Serial number,Device serial number"]
        {
            assert!(
                matches!(read(&format!("{headings}\na,b,c\n")), Err(KeysError::Column { .. })),
                "{headings}"
            );
        }
    }
}
