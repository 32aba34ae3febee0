//! The gateway's database, changed under it: a value flipped, cut, doubled or reversed, a row gone, two rows swapped. No
//! photo leaves the phone that the hospital does not have, and what the hospital believes stays true.

use gauze_records::Coded as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, query};

use super::records::is_the_gateways;
use super::{CHANGES, Change, Taken, places, take};
use crate::dice::Dice;
use crate::fixture::{Fate, Phone, Ward};

/// Columns that somebody relies on.
const COLUMNS: [(&str, &str); 9] = [
    ("leaf", "jws"),
    ("leaf", "kind"),
    ("node", "hash"),
    ("cosigned", "note"),
    ("device", "device_key"),
    ("capture", "manifest"),
    ("capture", "sha256"),
    ("capture", "stored"),
    ("capture", "outcome"),
];

pub async fn database(ward: &Ward) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(ward.gateway().join("gateway.sqlite"));
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// One photo filed and erased, one whose receipt is at the gateway, one stored, one on its way.
pub async fn busy() -> (Ward, Phone, Vec<Taken>) {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let mut all = vec![take(&phone, 1)];
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    all.push(take(&phone, 2));
    phone.run().await;
    ward.pull().await;
    all.push(take(&phone, 3));
    // It does not ask for receipts: what the hospital said of the second waits at the gateway.
    phone.link.obeys(|seen| if seen.path.ends_with("/status") { Fate::Lost } else { Fate::Deliver });
    phone.run().await;
    phone.link.works();
    all.push(take(&phone, 4));
    (ward, phone, all)
}

/// What came of it: whatever left the phone is at the hospital, and nothing else is believed.
pub async fn holds(ward: &Ward, phone: &Phone, all: &[Taken], what: &str) {
    for _ in 0..2 {
        phone.run().await;
        let puller = ward.puller(ward.port()).await;
        if let Err(error) = puller.pass().await {
            assert!(is_the_gateways(&error), "{what}: {}", error.code());
        }
        puller.close().await;
    }
    phone.run().await;
    for taken in all {
        assert!(taken.is_filed(ward).await || taken.is_kept(phone, None), "{what}: gone, and not filed");
    }
    assert!(ward.verified().await.findings.is_empty(), "{what}");
}

async fn value_changed(table: &str, column: &str, change: Change, dice: &mut Dice) -> bool {
    let (ward, phone, all) = busy().await;
    let mut db = database(&ward).await;
    let select = format!("SELECT {column} AS value FROM {table} WHERE {column} IS NOT NULL");
    let rows = query(AssertSqlSafe(select)).fetch_all(&mut db).await.unwrap();
    let old: Vec<u8> = rows[dice.below(rows.len())].get("value");
    let Some(new) = change.of(&old, dice) else { return false };
    let update = format!("UPDATE {table} SET {column} = ? WHERE {column} = ?");
    let update = query(AssertSqlSafe(update));
    let update = match (String::from_utf8(old.clone()), String::from_utf8(new.clone())) {
        (Ok(old), Ok(new)) => update.bind(new).bind(old),
        _ => update.bind(new).bind(old),
    };
    if update.execute(&mut db).await.map_or(0, |done| done.rows_affected()) == 0 {
        return false;
    }
    db.close().await.unwrap();
    holds(&ward, &phone, &all, &format!("{table}.{column}, {change:?}")).await;
    true
}

#[tokio::test]
async fn no_changed_value_at_the_gateway_costs_a_photo_or_makes_a_false_one() {
    let mut dice = Dice::new(1);
    for (table, column) in COLUMNS {
        let mut changed = 0;
        for change in CHANGES {
            for _ in 0..places() {
                changed += u64::from(value_changed(table, column, change, &mut dice).await);
            }
        }
        assert!(changed >= 2 * places(), "{table}.{column}: only {changed} changes");
    }
}

#[tokio::test]
async fn no_lost_or_swapped_row_at_the_gateway_costs_a_photo_or_makes_a_false_one() {
    let swap = "UPDATE leaf SET idx = -1 WHERE idx = 3; UPDATE leaf SET idx = 3 WHERE idx = 4; \
                UPDATE leaf SET idx = 4 WHERE idx = -1";
    for statements in [
        "DELETE FROM leaf WHERE idx = (SELECT MAX(idx) FROM leaf)",
        "DELETE FROM leaf WHERE idx = 1",
        swap,
        "DELETE FROM node WHERE level = 0 AND idx = 2",
        "DELETE FROM cosigned",
        "DELETE FROM capture",
        "DELETE FROM device",
        "DELETE FROM held",
        "UPDATE capture SET outcome = (SELECT outcome FROM capture WHERE outcome IS NOT NULL LIMIT 1)",
        "UPDATE capture SET stored = (SELECT stored FROM capture WHERE stored IS NOT NULL LIMIT 1)",
    ] {
        let (ward, phone, all) = busy().await;
        let mut db = database(&ward).await;
        let done = sqlx::raw_sql(statements).execute(&mut db).await.unwrap();
        assert!(done.rows_affected() > 0, "{statements}");
        db.close().await.unwrap();
        holds(&ward, &phone, &all, statements).await;
    }
}
