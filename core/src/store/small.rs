//! Small files, read whole.

use std::io::{ErrorKind, Read as _};
use std::path::Path;

use super::StoreError;
use crate::ports::Disk;

const MOST: u64 = 1 << 20;

/// Reads a file of at most 1 MiB; `None` where there is none. What will never read otherwise is [`StoreError::Damaged`]:
/// something longer, or of another kind than a file.
pub(crate) fn read_small(disk: &dyn Disk, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    // With room for most of these files, one read brings the file and a second its end.
    let mut bytes = Vec::with_capacity(2048);
    let read = disk.open(path).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) if bytes.len() as u64 > MOST => Err(StoreError::Damaged),
        Ok(_) => Ok(Some(bytes)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound => Ok(None),
            ErrorKind::IsADirectory | ErrorKind::NotADirectory => Err(StoreError::Damaged),
            _ => Err(error.into()),
        },
    }
}
