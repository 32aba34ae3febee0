//! Which complete subtrees a proof is made of (RFC 6962 section 2.1.1 and 2.1.2), for whoever keeps them. Pure.
//!
//! A complete subtree never changes as a log grows, so that it can be kept anywhere.

use super::node_hash;
use crate::Digest;

/// A complete subtree: `level` 0 is a leaf; it covers leaves `index << level` up to `(index + 1) << level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subtree {
    /// Its height.
    pub level: u32,
    /// Its number among those of its height.
    pub index: u64,
}

/// Leaves next to each other whose hash is one node of a proof: a complete subtree, or the right end of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    start: u64,
    length: u64,
}

impl Span {
    /// All leaves of a tree of `size`.
    pub fn whole(size: u64) -> Self {
        Self { start: 0, length: size }
    }

    /// The complete subtrees it is made of, left to right.
    pub fn subtrees(self) -> Vec<Subtree> {
        let mut at = self.start;
        let levels = (0..u64::BITS).rev().filter(|level| self.length >> level & 1 == 1);
        levels
            .map(|level| {
                let subtree = Subtree { level, index: at >> level };
                at += 1 << level;
                subtree
            })
            .collect()
    }

    /// Its hash, from the hashes of its subtrees; of no leaves, the SHA-256 of nothing.
    pub fn hash<E>(self, mut subtree: impl FnMut(Subtree) -> Result<Digest, E>) -> Result<Digest, E> {
        let mut joined: Option<Digest> = None;
        for part in self.subtrees().into_iter().rev() {
            let left = subtree(part)?;
            joined = Some(joined.map_or(left, |right| node_hash(&left, &right)));
        }
        Ok(joined.unwrap_or_else(|| Digest::of(b"")))
    }
}

/// The largest power of two below `n`, for `n` of at least 2.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The nodes that prove leaf `index` in a tree of `size`, leaf's end first; `None` where it has no such leaf.
pub fn inclusion_spans(index: u64, size: u64) -> Option<Vec<Span>> {
    if index >= size {
        return None;
    }
    let (mut start, mut length, mut spans) = (0, size, Vec::new());
    while length > 1 {
        let left = split(length);
        if index - start < left {
            spans.push(Span { start: start + left, length: length - left });
            length = left;
        } else {
            spans.push(Span { start, length: left });
            start += left;
            length -= left;
        }
    }
    spans.reverse();
    Some(spans)
}

/// The nodes that prove that a tree of `new` begins with one of `old`; `None` where it cannot, or where `old` is empty
/// and there is nothing to prove.
pub fn consistency_spans(old: u64, new: u64) -> Option<Vec<Span>> {
    if old == 0 || old > new {
        return None;
    }
    let (mut start, mut length, mut rest, mut whole, mut spans) = (0, new, old, true, Vec::new());
    while rest != length {
        let left = split(length);
        if rest <= left {
            spans.push(Span { start: start + left, length: length - left });
            length = left;
        } else {
            spans.push(Span { start, length: left });
            start += left;
            length -= left;
            rest -= left;
            whole = false;
        }
    }
    if !whole {
        spans.push(Span { start, length });
    }
    spans.reverse();
    Some(spans)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::log::{Checkpoint, Tree, leaf_hash, verify_consistency, verify_inclusion};

    fn data(index: u64) -> Digest {
        Digest::of(&index.to_be_bytes())
    }

    fn subtree(at: Subtree) -> Result<Digest, Infallible> {
        if at.level == 0 {
            return Ok(leaf_hash(&data(at.index)));
        }
        let below = |index| subtree(Subtree { level: at.level - 1, index });
        Ok(node_hash(&below(2 * at.index)?, &below(2 * at.index + 1)?))
    }

    fn proof(spans: &[Span]) -> Vec<Digest> {
        spans.iter().map(|span| span.hash(subtree).unwrap()).collect()
    }

    fn root(size: u64) -> Digest {
        let mut tree = Tree::default();
        (0..size).for_each(|index| tree.append(&data(index)));
        tree.root()
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proven_from_complete_subtrees() {
        for size in 1..=70 {
            assert_eq!(Span::whole(size).hash(subtree), Ok(root(size)));
            let checkpoint = Checkpoint { origin: "log".into(), size, root: root(size) };
            for index in 0..size {
                let proof = proof(&inclusion_spans(index, size).unwrap());
                verify_inclusion(&checkpoint, index, &data(index), &proof).unwrap();
            }
            assert_eq!(inclusion_spans(size, size), None);
        }
    }

    #[test]
    fn every_small_tree_is_proven_to_begin_with_every_smaller_one_and_with_no_other() {
        for new in 1..=70 {
            for old in 1..=new {
                let proof = proof(&consistency_spans(old, new).unwrap());
                verify_consistency(old, &root(old), new, &root(new), &proof).unwrap();
                let other = Digest::of(b"another tree");
                assert!(verify_consistency(old, &other, new, &root(new), &proof).is_err());
            }
            assert_eq!(consistency_spans(new + 1, new), None);
            assert_eq!(consistency_spans(0, new), None);
        }
    }
}
