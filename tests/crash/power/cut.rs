//! The power goes: what a disk may hold afterwards.

use super::journal::{Change, Journal, Tree};

const PAGE: usize = 4096;

/// What becomes of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing of it arrived.
    Lost,
    /// All of it arrived, as after a kill.
    Kept,
    /// Of each page and each name chance decides.
    Chance(u64),
}

/// Random numbers that a seed repeats (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or(0)
    }
}

impl Journal {
    /// The disk after a power cut behind the first `steps` steps.
    pub fn cut(&self, steps: usize, fate: Fate) -> Tree {
        let mut disk = self.before.clone();
        let mut floating: Vec<(u64, &Change)> = Vec::new();
        for step in &self.steps[..steps] {
            match &step.change {
                Change::Sync { inode, began_us } => {
                    floating.retain(|(ended_us, change)| {
                        let safe = ended_us <= began_us && touches(change, *inode);
                        if safe {
                            disk.apply(change);
                        }
                        !safe
                    });
                }
                Change::Told(_) | Change::Sent(_) => {}
                change => floating.push((step.ended_us, change)),
            }
        }
        let mut dice = Dice(match fate {
            Fate::Lost => return disk,
            Fate::Kept => {
                floating.iter().for_each(|(_, change)| disk.apply(change));
                return disk;
            }
            Fate::Chance(seed) => seed,
        });
        // Some cuts lose nearly everything, some nearly nothing.
        let odds = 1 + dice.below(7);
        for (_, change) in floating {
            for piece in pieces(change) {
                if dice.below(8) < odds {
                    disk.apply(&piece);
                }
            }
        }
        disk
    }
}

/// Whether a sync of `inode` makes it safe.
fn touches(change: &Change, inode: usize) -> bool {
    match change {
        Change::Write { inode: file, .. } | Change::Resize { inode: file, .. } => *file == inode,
        Change::Names { gone, come } => {
            gone.as_ref().is_some_and(|(dir, _)| *dir == inode)
                || come.as_ref().is_some_and(|(dir, _, _)| *dir == inode)
        }
        Change::Sync { .. } | Change::Told(_) | Change::Sent(_) => false,
    }
}

/// What the disk takes or loses as one: a page, a length, a name.
fn pieces(change: &Change) -> Vec<Change> {
    let Change::Write { inode, offset, bytes } = change else { return vec![change.clone()] };
    let (mut pieces, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let start = offset + at;
        let length = (PAGE - start % PAGE).min(bytes.len() - at);
        let bytes = bytes[at..at + length].to_vec();
        pieces.push(Change::Write { inode: *inode, offset: start, bytes });
        at += length;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::super::journal::{Node, ROOT, Step};
    use super::*;
    use std::path::Path;

    /// A file made, written and synced, its directory not; then renamed, and the directory synced.
    fn journal() -> Journal {
        let mut before = Tree { nodes: vec![Node::Dir(Default::default())] };
        let file = before.add(Node::File(Vec::new()));
        let name = |name: &str| Some((ROOT, name.to_owned(), file));
        let changes = [
            Change::Names { gone: None, come: name("new") },
            Change::Write { inode: file, offset: 0, bytes: vec![7; 3 * PAGE] },
            Change::Sync { inode: file, began_us: 2 },
            Change::Names { gone: Some((ROOT, "new".to_owned())), come: name("kept") },
            Change::Sync { inode: ROOT, began_us: 4 },
        ];
        let steps =
            changes.into_iter().zip(1..).map(|(change, ended_us)| Step { ended_us, change }).collect();
        Journal { before, steps }
    }

    #[test]
    fn a_name_is_safe_when_its_directory_was_synced_and_not_before() {
        let journal = journal();
        assert!(journal.cut(4, Fate::Lost).files().is_empty());
        assert_eq!(journal.cut(4, Fate::Kept).files()[Path::new("kept")], vec![7; 3 * PAGE]);
        assert_eq!(journal.cut(5, Fate::Lost).files()[Path::new("kept")], vec![7; 3 * PAGE]);
    }

    #[test]
    fn what_was_written_while_a_sync_ran_is_not_safe() {
        let mut journal = journal();
        let Change::Sync { began_us, .. } = &mut journal.steps[2].change else { panic!() };
        *began_us = 1;
        assert_eq!(journal.cut(5, Fate::Lost).files()[Path::new("kept")], b"");
    }

    #[test]
    fn chance_takes_single_pages_and_a_seed_repeats_it() {
        let journal = journal();
        let torn = |seed| {
            let mut written = journal.steps.clone();
            written.remove(2);
            let journal = Journal { before: journal.before.clone(), steps: written };
            journal.cut(4, Fate::Chance(seed)).files().get(Path::new("kept")).map(|bytes| bytes.to_vec())
        };
        let kinds: std::collections::BTreeSet<_> = (0..64).map(torn).collect();
        assert!(kinds.len() > 4, "{}", kinds.len());
        assert_eq!(torn(3), torn(3));
    }
}
