//! The tree as far as memory needs it: one hash for each whole block of 256 entries, and the leaves of the last block.

use gauze_wire::Digest;
use gauze_wire::log::{Span, Subtree, leaf_hash, node_hash};

/// Leaves of a block: 2 to the power of this.
pub(super) const LEVEL: u32 = 8;
/// Leaves of a block.
pub(super) const BLOCK: usize = 1 << LEVEL;

/// 32 bytes for each 256 entries.
#[derive(Clone, Debug, Default)]
pub(super) struct Spine {
    blocks: Vec<Digest>,
    /// Leaf hashes of the block that is not whole yet.
    tail: Vec<Digest>,
}

/// The hash of a complete subtree, from the hashes of what it covers: a power of two of them.
pub(super) fn fold(hashes: &[Digest]) -> Digest {
    match hashes {
        [only] => *only,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(&fold(left), &fold(right))
        }
    }
}

impl Spine {
    pub(super) fn size(&self) -> u64 {
        self.blocks.len() as u64 * BLOCK as u64 + self.tail.len() as u64
    }

    pub(super) fn append(&mut self, data: &Digest) {
        self.append_hash(leaf_hash(data));
    }

    pub(super) fn append_hash(&mut self, leaf: Digest) {
        self.tail.push(leaf);
        if self.tail.len() == BLOCK {
            self.blocks.push(fold(&self.tail));
            self.tail.clear();
        }
    }

    /// Adds whole blocks; the last block so far must be whole.
    pub(super) fn append_blocks(&mut self, blocks: impl IntoIterator<Item = Digest>) {
        debug_assert!(self.tail.is_empty(), "a block before is not whole");
        self.blocks.extend(blocks);
    }

    /// The whole blocks of a file that begins with entry `first`.
    pub(super) fn blocks_from(&self, first: u64, count: usize) -> Option<&[Digest]> {
        let from = usize::try_from(first >> LEVEL).ok()?;
        self.blocks.get(from..from.checked_add(count)?)
    }

    /// A complete subtree's hash; `leaves` gives the leaf hashes of a whole block, by its number.
    pub(super) fn subtree<E>(
        &self,
        at: Subtree,
        leaves: &mut impl FnMut(u64) -> Result<Vec<Digest>, E>,
    ) -> Result<Digest, E> {
        if at.level >= LEVEL {
            let count = 1_usize << (at.level - LEVEL);
            let from = usize::try_from(at.index).unwrap_or(usize::MAX) * count;
            return Ok(fold(&self.blocks[from..from + count]));
        }
        let first = at.index << at.level;
        let block = first >> LEVEL;
        let within = usize::try_from(first - (block << LEVEL)).unwrap_or(BLOCK);
        let count = 1_usize << at.level;
        if block < self.blocks.len() as u64 {
            Ok(fold(&leaves(block)?[within..within + count]))
        } else {
            Ok(fold(&self.tail[within..within + count]))
        }
    }

    /// The hashes of a proof's nodes, in a tree of at most the present size.
    pub(super) fn hashes<E>(
        &self,
        spans: &[Span],
        mut leaves: impl FnMut(u64) -> Result<Vec<Digest>, E>,
    ) -> Result<Vec<Digest>, E> {
        spans.iter().map(|span| span.hash(|at| self.subtree(at, &mut leaves))).collect()
    }

    /// The root of the tree when it had `size` leaves, at most the present size.
    pub(super) fn root_at<E>(
        &self,
        size: u64,
        mut leaves: impl FnMut(u64) -> Result<Vec<Digest>, E>,
    ) -> Result<Digest, E> {
        Span::whole(size).hash(|at| self.subtree(at, &mut leaves))
    }
}
