//! A log's tree as it is stored: its complete subtrees. What a leaf completes, and a leaf's proof from what is stored. Pure.
//!
//! Always: only complete subtrees are stored, so a stored node never changes; a proof reads O(log n) of them.

use std::collections::BTreeMap;

use super::{Subtree, Tree, inclusion_spans, leaf_hash, node_hash};
use crate::Digest;

/// Appends a leaf and returns the subtrees that it completes, itself first.
pub fn append(tree: &mut Tree, data: &Digest) -> Vec<(Subtree, Digest)> {
    let size = tree.size();
    let mut hash = leaf_hash(data);
    let mut completed = vec![(Subtree { level: 0, index: size }, hash)];
    let mut lefts = tree.edge().iter().rev();
    for level in 1..=size.trailing_ones() {
        let Some(left) = lefts.next() else { break };
        hash = node_hash(left, &hash);
        completed.push((Subtree { level, index: size >> level }, hash));
    }
    tree.append(data);
    completed
}

/// The subtrees that a proof for leaf `index` in a tree of `size` is made from; none where it has no such leaf.
pub fn needed(index: u64, size: u64) -> Vec<Subtree> {
    inclusion_spans(index, size).unwrap_or_default().into_iter().flat_map(super::Span::subtrees).collect()
}

/// The proof; `None` where a subtree is missing or the leaf is not in the tree.
pub fn inclusion(index: u64, size: u64, nodes: &BTreeMap<Subtree, Digest>) -> Option<Vec<Digest>> {
    let hash = |span: super::Span| span.hash(|place| nodes.get(&place).copied().ok_or(())).ok();
    inclusion_spans(index, size)?.into_iter().map(hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Checkpoint, Span, verify_inclusion};

    #[test]
    fn every_leaf_of_every_small_tree_is_proven_from_its_stored_subtrees() {
        let (mut tree, mut nodes) = (Tree::default(), BTreeMap::new());
        for size in 1..=130_u64 {
            nodes.extend(append(&mut tree, &Digest::of(&(size - 1).to_be_bytes())));
            let stored: Vec<Digest> = Span::whole(size).subtrees().iter().map(|place| nodes[place]).collect();
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
