//! The pages' backup, of a hospital that is in use while it is made.

use gauze_tests::skipped::skipped;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool};

use super::page::blocks;
use super::{BACK_UP, OPERATING, RESTORE, Reader, trial};
use crate::fixture::pictures;

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_backup_brings_a_hospital_back_that_was_in_use_meanwhile() {
    let mut reader = trial().await;
    if !reader.tries("sqlite3 -version").await.well {
        return skipped("sqlite3 is not here");
    }
    let factors = factors(&reader).await;
    for line in lines(BACK_UP) {
        reader.types(&line).await;
        photo(&mut reader).await;
    }
    factors.close().await;
    assert!(!reader.tries("ls backup/*/*.sqlite-*").await.well, "databases are whole in one file");
    let enrolled = reader.types("sqlite3 backup/records/factors.sqlite 'SELECT person FROM factor'").await;
    assert_eq!(enrolled, "somebody\n");
    reader.stops("").await;
    reader.types("rm -r keys gateway records").await;
    for line in lines(RESTORE) {
        if line.starts_with("gauze-records verify") {
            let verified = reader.awaits(&line, "findings").await;
            assert!(verified.contains("0 findings"), "{verified}");
        } else {
            reader.types(&line).await;
        }
    }
    photo(&mut reader).await;
    let told: String = reader.logs();
    assert!(!told.contains("log_rolled_back"), "{told}");
}

fn lines(heading: &str) -> impl Iterator<Item = String> {
    blocks(OPERATING).into_iter().filter(move |block| block.heading == heading).flat_map(|block| block.lines)
}

/// Takes one and waits until that one is filed.
async fn photo(reader: &mut Reader) {
    let picture = pictures(reader.home(), 1).remove(0);
    let told = reader.types(&format!("gauze-phone capture {}", picture.display())).await;
    let id = told.split(' ').next().unwrap();
    reader.types("gauze-phone upload --retry 90").await;
    reader.awaits("gauze-records list --data records | grep '^filed '", id).await;
}

/// Second factors as the records side's pages hold them open while they are served: one is enrolled, and lies in the write-ahead log.
async fn factors(reader: &Reader) -> SqlitePool {
    let path = reader.at("records/factors.sqlite");
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("CREATE TABLE factor (person TEXT)").execute(&pool).await.unwrap();
    sqlx::query("INSERT INTO factor VALUES ('somebody')").execute(&pool).await.unwrap();
    pool
}
