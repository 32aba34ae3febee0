//! The bundles by which roots handed over: none that was ever taken up or served is lost.

use std::io::ErrorKind;
use std::path::Path;

use gauze_wire::{Bundle, Jws, PublicKey};

use super::Served;
use super::error::TenantError;
use super::kept::copy;
use super::signed::{bundles_of, verified};

impl Served {
    /// The text of a bundle's file that takes the place of `before`, with the bundles of both by which roots handed over.
    pub fn following(&self, before: Option<&Path>) -> String {
        let (handovers, last) = before.and_then(|path| bundles_of(path).ok()).unzip();
        let before = handovers.into_iter().flatten().chain(last.map(|(_, jws)| jws));
        let mut lines = self.handing_over(before.chain(self.handovers.iter().cloned()));
        lines.push(self.bundle_jws.clone());
        text(&lines)
    }

    /// Adds the bundles by which roots handed over while `data` was served before, and keeps them all. Only what is the newest may do so: a
    /// bundle that is older than the one before knows nothing of those between.
    pub fn recall_handovers(&mut self, data: &Path) -> Result<(), TenantError> {
        let tenant = &self.bundle.tenant;
        let (kept, last) = (copy(data, tenant, "handovers.jws"), copy(data, tenant, "bundle.jws"));
        let mut known = self.handovers.clone();
        for path in [&kept, &last] {
            let text = match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                // What is not read now would be lost when the rest is written.
                Err(error) => return Err(TenantError::Kept(path.clone(), error)),
            };
            known.extend(text.lines().filter_map(|line| Jws::parse(line.trim()).ok()));
        }
        self.handovers = self.handing_over(known);
        if self.handovers.is_empty() {
            return Ok(());
        }
        crate::blobs::write_durably(&kept, text(&self.handovers).as_bytes())
            .map_err(|error| TenantError::Kept(kept, error))
    }

    /// Of bundles that are known, those by which one root handed over to the next and so to this one's, oldest first.
    fn handing_over(&self, known: impl IntoIterator<Item = Jws>) -> Vec<Jws> {
        let mut known: Vec<(Bundle, Jws)> =
            known.into_iter().filter_map(|jws| Some((verified(&jws).ok()?, jws))).collect();
        known.retain(|(bundle, _)| {
            bundle.next_root.is_some()
                && bundle.tenant == self.bundle.tenant
                && bundle.version < self.bundle.version
        });
        known.sort_by_key(|(bundle, _)| bundle.version);
        known.dedup_by_key(|(bundle, _)| bundle.version);
        // The last bundle of each root is the one that hands over.
        let successors = known.iter().skip(1).map(|(bundle, _)| &bundle.root).chain([&self.bundle.root]);
        let hands_over = |((bundle, jws), next): (&(Bundle, Jws), &PublicKey)| {
            (bundle.root != *next && bundle.next_root == Some(next.fingerprint())).then(|| jws.clone())
        };
        known.iter().zip(successors).filter_map(hands_over).collect()
    }
}

fn text(lines: &[Jws]) -> String {
    lines.iter().map(|jws| format!("{}\n", jws.as_str())).collect()
}
