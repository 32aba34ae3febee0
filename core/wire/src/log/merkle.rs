//! RFC 6962 section 2.1 hashing and RFC 9162 section 2.1.3 and 2.1.4 proof checking.

use sha2::{Digest as _, Sha256};

use super::Checkpoint;
use crate::{Digest, WireError};

/// The hash of a leaf whose data is `data`'s 32 bytes.
pub fn leaf_hash(data: &Digest) -> Digest {
    Digest(Sha256::new().chain_update([0]).chain_update(data.0).finalize().into())
}

/// The hash of an inner node.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// Checks that the leaf with data `manifest` is at `index` of the checkpoint's tree.
pub fn verify_inclusion(
    checkpoint: &Checkpoint,
    index: u64,
    manifest: &Digest,
    proof: &[Digest],
) -> Result<(), WireError> {
    verify_inclusion_hash(checkpoint.size, &checkpoint.root, index, leaf_hash(manifest), proof)
}

/// Checks an inclusion proof for an already hashed leaf.
pub fn verify_inclusion_hash(
    size: u64,
    root: &Digest,
    index: u64,
    leaf: Digest,
    proof: &[Digest],
) -> Result<(), WireError> {
    if index >= size {
        return Err(WireError::Inclusion);
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(WireError::Inclusion);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == *root { Ok(()) } else { Err(WireError::Inclusion) }
}

/// Checks that the tree of `new_size` with `new_root` begins with the tree of `old_size` with `old_root`.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Digest,
    new_size: u64,
    new_root: &Digest,
    proof: &[Digest],
) -> Result<(), WireError> {
    if old_size == new_size {
        let same = proof.is_empty() && old_root == new_root;
        return if same { Ok(()) } else { Err(WireError::Inconsistent) };
    }
    if old_size == 0 || old_size > new_size {
        return Err(WireError::Inconsistent);
    }
    let mut path = proof.iter();
    let first = if old_size.is_power_of_two() { Some(old_root) } else { path.next() };
    let start = *first.ok_or(WireError::Inconsistent)?;
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old, mut new) = (start, start);
    for sibling in path {
        if last == 0 {
            return Err(WireError::Inconsistent);
        }
        if node & 1 == 1 || node == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 && old == *old_root && new == *new_root { Ok(()) } else { Err(WireError::Inconsistent) }
}

/// A tree known by its right edge alone: enough to append and to know the root. Used by the puller, who sees every
/// leaf once and keeps no tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// Roots of the complete subtrees, largest first; one per set bit of `size`.
    edge: Vec<Digest>,
}

impl Tree {
    /// Rebuilds a tree from its size and right edge.
    pub fn from_edge(size: u64, edge: Vec<Digest>) -> Result<Self, WireError> {
        if usize::try_from(size.count_ones()) == Ok(edge.len()) {
            Ok(Self { size, edge })
        } else {
            Err(WireError::Inconsistent)
        }
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Roots of the complete subtrees, largest first.
    pub fn edge(&self) -> &[Digest] {
        &self.edge
    }

    /// Adds a leaf with this data.
    pub fn append(&mut self, data: &Digest) {
        let mut hash = leaf_hash(data);
        let mut carry = self.size;
        while carry & 1 == 1 {
            if let Some(left) = self.edge.pop() {
                hash = node_hash(&left, &hash);
            }
            carry >>= 1;
        }
        self.edge.push(hash);
        self.size += 1;
    }

    /// The root; of the empty tree, the SHA-256 of nothing.
    pub fn root(&self) -> Digest {
        let mut nodes = self.edge.iter().rev();
        let Some(last) = nodes.next() else { return Digest::of(b"") };
        nodes.fold(*last, |right, left| node_hash(left, &right))
    }
}
