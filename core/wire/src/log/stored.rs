//! A log's tree as it is stored: the roots of complete subtrees, and inclusion proofs made of them (RFC 6962, section 2.1.1).
//! Pure: whoever keeps a log reads and writes the places that these functions name.
//!
//! Always: only complete subtrees are stored, so a stored node never changes; a proof reads O(log n) of them.

use std::collections::BTreeMap;

use super::{Tree, leaf_hash, node_hash};
use crate::Digest;

/// A complete subtree: `level` 0 is a leaf; it covers leaves `index << level` up to `(index + 1) << level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its height: it covers `1 << level` leaves.
    pub level: u32,
    /// Which of its level, from the left.
    pub index: u64,
}

/// Appends a leaf and returns the subtrees that it completes, itself first.
pub fn append(tree: &mut Tree, data: &Digest) -> Vec<(Place, Digest)> {
    let size = tree.size();
    let mut hash = leaf_hash(data);
    let mut completed = vec![(Place { level: 0, index: size }, hash)];
    let mut lefts = tree.edge().iter().rev();
    for level in 1..=size.trailing_ones() {
        let Some(left) = lefts.next() else { break };
        hash = node_hash(left, &hash);
        completed.push((Place { level, index: size >> level }, hash));
    }
    tree.append(data);
    completed
}

/// The places of a tree's right edge, largest first.
pub fn edge(size: u64) -> Vec<Place> {
    let mut places = Vec::new();
    let mut start = 0;
    for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
        places.push(Place { level, index: start >> level });
        start += 1 << level;
    }
    places
}

/// A run of leaves; a power of two long, or the tail of the tree.
struct Run {
    start: u64,
    length: u64,
}

impl Run {
    /// The complete subtrees it is made of, largest first.
    fn places(&self) -> Vec<Place> {
        let shift = |place: Place| Place { index: place.index + (self.start >> place.level), ..place };
        edge(self.length).into_iter().map(shift).collect()
    }
}

/// The largest power of two below `n`, for `n` of at least 2.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The siblings on the way from leaf `index` to the root, leaf first.
fn siblings(index: u64, size: u64) -> Vec<Run> {
    let (mut start, mut length, mut runs) = (0, size, Vec::new());
    while length > 1 {
        let left = split(length);
        if index - start < left {
            runs.push(Run { start: start + left, length: length - left });
            length = left;
        } else {
            runs.push(Run { start, length: left });
            start += left;
            length -= left;
        }
    }
    runs.reverse();
    runs
}

/// The subtrees that a proof for leaf `index` in a tree of `size` is made from.
pub fn needed(index: u64, size: u64) -> Vec<Place> {
    siblings(index, size).iter().flat_map(Run::places).collect()
}

/// The proof; `None` where a subtree is missing or the leaf is not in the tree.
pub fn inclusion(index: u64, size: u64, nodes: &BTreeMap<Place, Digest>) -> Option<Vec<Digest>> {
    if index >= size {
        return None;
    }
    let root = |run: &Run| {
        let hashes: Option<Vec<Digest>> =
            run.places().iter().map(|place| nodes.get(place).copied()).collect();
        hashes?.into_iter().rev().reduce(|right, left| node_hash(&left, &right))
    };
    siblings(index, size).iter().map(root).collect()
}

#[cfg(test)]
mod tests {
    use crate::log::{Checkpoint, verify_inclusion};

    use super::*;

    #[test]
    fn every_leaf_of_every_small_tree_is_proven_from_its_stored_subtrees() {
        let (mut tree, mut nodes) = (Tree::default(), BTreeMap::new());
        for size in 1..=130_u64 {
            nodes.extend(append(&mut tree, &Digest::of(&(size - 1).to_be_bytes())));
            let stored: Vec<Digest> = edge(size).iter().map(|place| nodes[place]).collect();
            assert_eq!(stored, tree.edge());
            let checkpoint = Checkpoint { origin: "log".into(), size, root: tree.root() };
            for index in 0..size {
                let used = needed(index, size).into_iter().map(|place| (place, nodes[&place])).collect();
                let proof = inclusion(index, size, &used).unwrap();
                verify_inclusion(&checkpoint, index, &Digest::of(&index.to_be_bytes()), &proof).unwrap();
            }
            assert_eq!(inclusion(size, size, &nodes), None);
        }
    }
}
