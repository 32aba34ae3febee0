//! `ci layers`: dependencies point one way, and nothing grows past its budget.
//!
//! `crates` looks at who depends on whom, `circles` at modules that need each other, `modules` at the order inside `core`, `owners` at the libraries that one
//! file each may name, `shape` at lengths. A length past its hard budget needs a line in `waivers`, with its reason.

mod circles;
mod crates;
mod modules;
mod owners;
mod shape;
mod source;
mod waivers;

use super::{Finding, verdict};
use crate::tree::Tree;
use circles::{ALLOWED, Circle};
use std::path::Path;
use waivers::{WAIVERS, Waiver};

pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let mut findings = crates::check(&crates::edges(root)?);
    let (found, notes) = check(&Tree::load(root)?, WAIVERS, ALLOWED);
    findings.extend(found);
    for note in notes {
        println!("note: {note}");
    }
    verdict(&findings)
}

/// Findings, and notes on what is past its soft budget.
fn check(tree: &Tree, waivers: &[Waiver], allowed: &[Circle]) -> (Vec<Finding>, Vec<String>) {
    let (sources, mut findings) = source::read(tree);
    findings.extend(owners::check(&sources));
    findings.extend(modules::check(&sources));
    findings.extend(circles::check(&sources, allowed));
    let shape = shape::check(&sources, waivers);
    findings.extend(shape.findings);
    (findings, shape.notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Tree {
        Tree::of(&[
            (
                "core/src/lib.rs",
                "mod ports; mod store; mod queue; mod client; mod adapters; pub use client::Client;",
            ),
            ("core/src/ports/mod.rs", "pub trait Disk { fn read(&self, path: &str) -> Vec<u8>; }"),
            ("core/src/adapters/mod.rs", "mod http;"),
            ("core/src/adapters/http.rs", "use crate::ports::Disk;\nuse reqwest::Client;"),
            (
                "core/src/store/mod.rs",
                "//! Not `sled::Db`, nor crate::queue.\nmod index; use super::ports::Disk;",
            ),
            ("core/src/store/index.rs", "fn open() -> sled::Db { sled::open(\"crate::queue\") }"),
            ("core/src/queue/mod.rs", "use crate::{ports::Disk, store::{self, index::Index}};"),
            ("core/src/client.rs", "use crate::{adapters::http, queue};"),
            ("server-stub/records/src/lib.rs", "use reqwest::Client;"),
            ("bindings/src/lib.rs", "uniffi::setup_scaffolding!();"),
        ])
    }

    fn refused(tree: &Tree, because: &str) {
        let (findings, _) = check(tree, &[], &[]);
        assert!(findings.iter().any(|finding| finding.contains(because)), "{because:?} not in {findings:?}");
    }

    #[test]
    fn a_good_tree_passes() {
        assert_eq!(check(&good(), &[], &[]), (vec![], vec![]));
    }

    #[test]
    fn an_upward_edge_is_refused() {
        for edge in [
            "use crate::queue::Entry;",
            "use crate::{ports, queue::Entry};",
            "fn f() { crate::queue::wake() }",
            "use super::super::queue;",
            "use super::{super::queue, super::ports};",
            "mod inner { use super::super::super::queue; }",
            "pub(in crate::queue) struct X;",
            "macro_rules! m { () => { $crate::queue::wake() } }",
        ] {
            refused(&good().with("core/src/store/index.rs", edge), "store may not name queue");
        }
        refused(&good().with("core/src/store/mod.rs", "use super::queue;"), "store may not name queue");
        refused(&good().with("core/src/store.rs", "use super::queue;"), "store may not name queue");
        refused(&good().with("core/src/ports/clock.rs", "use crate::store;"), "ports may not name store");
        refused(&good().with("core/src/queue/driver.rs", "use crate::client;"), "queue may not name client");
        refused(&good().with("core/src/observe.rs", "use crate::review::X;"), "observe may not name review");
    }

    #[test]
    fn adapters_are_named_by_the_client_alone() {
        refused(
            &good().with("core/src/queue/driver.rs", "use crate::adapters::http;"),
            "queue may not name adapters",
        );
        refused(
            &good().with("core/src/adapters/files.rs", "use crate::store;"),
            "adapters may not name store",
        );
    }

    #[test]
    fn a_way_round_through_the_crate_root_is_refused() {
        refused(&good().with("core/src/store/index.rs", "use crate::Client;"), "crate::Client");
        refused(&good().with("core/src/store/index.rs", "use crate::*;"), "crate::*");
    }

    #[test]
    fn a_module_without_a_rank_is_refused() {
        refused(&good().with("core/src/helpers.rs", ""), "helpers has no place in the order");
    }

    #[test]
    fn tests_may_look_upwards() {
        let tree = good().with(
            "core/src/ports/mod.rs",
            "#[cfg(test)] mod tests { use crate::queue; }\n#[cfg(test)]\nmod more;",
        );
        let tree = tree.with("core/src/ports/more.rs", "use crate::queue;");
        assert_eq!(check(&tree, &[], &[]).0, Vec::<Finding>::new());
        refused(
            &tree.with("core/src/ports/mod.rs", "#[cfg(not(test))] mod x { use crate::queue; }"),
            "may not name queue",
        );
    }

    #[test]
    fn a_second_file_that_names_sled_is_refused() {
        for line in [
            "use sled::Db;",
            "use sled;",
            "use sled as database;",
            "type T = ::sled::Tree;",
            "extern crate sled;",
            "use {sled::Db};",
        ] {
            refused(&good().with("core/src/queue/mod.rs", line), "sled is named in 2 files");
        }
    }

    #[test]
    fn a_gateway_that_opens_or_seals_elsewhere_is_refused() {
        let sealer = "server-stub/gateway/src/sealed.rs";
        let seals = "use gauze_seal::age::{Recipient, Recipients, seal_small};\nuse gauze_seal::Entropy;";
        assert_eq!(check(&good().with(sealer, seals), &[], &[]).0, Vec::<Finding>::new());
        for (file, line) in [
            (sealer, "use gauze_seal::age::Opener;"),
            (sealer, "use gauze_seal::age::*;"),
            (sealer, "use gauze_seal::open_photo;"),
            ("server-stub/gateway/src/admin/reports.rs", seals),
        ] {
            refused(&good().with(file, line), "opens nothing");
        }
    }

    #[test]
    fn a_second_file_of_core_that_names_reqwest_is_refused() {
        refused(
            &good().with("core/src/client.rs", "fn f(c: reqwest::Client) {}"),
            "reqwest is named in 2 files",
        );
    }

    #[test]
    fn uniffi_outside_the_bindings_is_refused() {
        for line in
            ["#[derive(uniffi::Record)] struct X;", "use uniffi;", "#[cfg_attr(x, uniffi::export)] fn f() {}"]
        {
            refused(
                &good().with("core/src/client.rs", line),
                "core/src/client.rs:1: uniffi is named only in bindings",
            );
        }
    }

    #[test]
    fn a_file_that_is_not_rust_is_refused() {
        refused(&good().with("core/src/client.rs", "fn f( {"), "core/src/client.rs");
    }

    #[test]
    fn modules_that_need_each_other_are_refused_and_tests_are_not_asked() {
        let two =
            [("server-stub/gateway/src/lib.rs", "mod app; mod db;"), ("server-stub/gateway/src/db.rs", "")];
        let tree = |app, db| {
            let tree = good().with(two[0].0, two[0].1).with("server-stub/gateway/src/app.rs", app);
            tree.with(two[1].0, db)
        };
        for (app, db) in [
            ("use crate::db::Pool;", "use super::app::State;"),
            ("use crate::{db, wire};", "mod inner { use super::super::app::State; }"),
            ("fn f() { crate::db::open() }", "fn f() -> crate::app::State {}"),
        ] {
            refused(&tree(app, db), "server-stub/gateway/src: modules need each other: app names db");
        }
        let one_way = tree("use crate::db::Pool;", "#[cfg(test)] mod tests { use crate::app::State; }");
        assert_eq!(check(&one_way, &[], &[]).0, Vec::<Finding>::new());
    }

    #[test]
    fn a_circle_of_three_below_a_parent_is_refused() {
        let tree = good()
            .with("server-stub/records/src/pull/a.rs", "use super::b::B;")
            .with("server-stub/records/src/pull/b/mod.rs", "mod deep;")
            .with("server-stub/records/src/pull/b/deep.rs", "use super::super::c;")
            .with("server-stub/records/src/pull/c.rs", "use crate::pull::a::A;");
        refused(&tree, "server-stub/records/src/pull: modules need each other: a names b");
    }

    #[test]
    fn an_allowed_circle_passes_until_it_is_untied() {
        let allowed = [Circle { within: "server-stub/records/src", pair: ["judged", "life"] }];
        let tied = good()
            .with("server-stub/records/src/judged.rs", "use crate::life;")
            .with("server-stub/records/src/life.rs", "use crate::judged;");
        assert_eq!(check(&tied, &[], &allowed).0, Vec::<Finding>::new());
        let (untied, _) = check(&tied.with("server-stub/records/src/life.rs", ""), &[], &allowed);
        assert!(untied[0].contains("judged and life no longer need each other"), "{untied:?}");
    }
}
