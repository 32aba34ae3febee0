//! Renderings that are kept in memory: one for each showing, within a fixed room; what was used least lately goes first.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// What is kept, by the name of its showing.
pub(super) struct Kept<T> {
    room: usize,
    uses: u64,
    all: HashMap<String, One<T>>,
}

struct One<T> {
    it: T,
    bytes: usize,
    used: Timestamp,
    /// Tells apart what was used at one moment.
    order: u64,
}

impl<T: Clone> Kept<T> {
    pub(super) fn new(room: usize) -> Self {
        Self { room, uses: 0, all: HashMap::new() }
    }

    /// What is kept for a showing; it counts as used.
    pub(super) fn get(&mut self, name: &str, now: Timestamp) -> Option<T> {
        self.uses += 1;
        let one = self.all.get_mut(name)?;
        (one.used, one.order) = (now, self.uses);
        Some(one.it.clone())
    }

    /// Keeps it in place of what was kept for this showing. What alone takes more than the room is kept alone: it would be made
    /// again for each tile otherwise.
    pub(super) fn put(&mut self, name: &str, it: T, bytes: usize, now: Timestamp) {
        self.uses += 1;
        self.all.remove(name);
        while !self.all.is_empty() && self.taken() + bytes > self.room {
            let oldest = self.all.iter().min_by_key(|(_, one)| one.order).map(|(name, _)| name.clone());
            oldest.map(|oldest| self.all.remove(&oldest));
        }
        self.all.insert(name.to_owned(), One { it, bytes, used: now, order: self.uses });
    }

    fn taken(&self) -> usize {
        self.all.values().map(|one| one.bytes).sum()
    }

    /// Lets go of what was not used for so long.
    pub(super) fn sweep(&mut self, now: Timestamp, kept: SignedDuration) {
        self.all.retain(|_, one| now.duration_since(one.used) <= kept);
    }

    /// Lets go of a showing's.
    pub(super) fn forget(&mut self, name: &str) {
        self.all.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn what_was_used_least_lately_makes_room() {
        let mut kept = Kept::new(100);
        for (second, name) in [(1, "a"), (1, "b"), (1, "c")] {
            kept.put(name, name, 30, at(second));
        }
        assert_eq!(kept.get("a", at(1)), Some("a"));
        kept.put("d", "d", 30, at(1));
        assert_eq!((kept.get("b", at(2)), kept.get("a", at(2))), (None, Some("a")));
        kept.put("a", "finer", 60, at(3));
        assert_eq!(kept.get("a", at(3)), Some("finer"), "one for each showing");
        assert!(kept.taken() <= 100);
    }

    #[test]
    fn what_is_larger_than_the_room_is_kept_alone() {
        let mut kept = Kept::new(100);
        kept.put("a", "a", 30, at(1));
        kept.put("b", "b", 150, at(1));
        assert_eq!((kept.get("a", at(1)), kept.get("b", at(1))), (None, Some("b")));
        kept.put("c", "c", 10, at(2));
        assert_eq!((kept.get("b", at(2)), kept.get("c", at(2))), (None, Some("c")));
    }

    #[test]
    fn what_nobody_asks_for_goes() {
        let mut kept = Kept::new(100);
        kept.put("a", "a", 30, at(1));
        kept.put("b", "b", 30, at(40));
        kept.sweep(at(62), SignedDuration::from_secs(60));
        assert_eq!((kept.get("a", at(62)), kept.get("b", at(62))), (None, Some("b")));
        kept.forget("b");
        assert_eq!(kept.get("b", at(62)), None);
    }
}
