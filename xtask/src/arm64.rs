//! `cargo xtask ci arm64`: sealing and hashing use the vector and hash instructions of arm64.
//!
//! How: a small program with the same crates is built for arm64 without any processor feature beyond the least, and run
//! by QEMU's user-mode emulation, which writes down each block of instructions once, and each time one runs. What
//! twice the bytes take more is what the bytes take.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::bindings::target;
use crate::process::{on_path, quiet, run, unlike_under_cargo};

const TARGET: &str = "aarch64-unknown-linux-gnu";
const RUSTC: &str = "/usr/bin/rustc";
const SOURCES: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";
const PACKAGES: &str =
    "qemu-user, gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, rustc-web, cargo-web, rust-web-src";
const BYTES: u64 = 64 * 1024;

/// Instructions that ran.
#[derive(Clone, Copy, Default)]
struct Ran {
    all: u64,
    /// Of the vector unit (Advanced SIMD), hash instructions among them.
    vector: u64,
    /// SHA256H, SHA256H2, SHA256SU0, SHA256SU1.
    sha256: u64,
}

impl Ran {
    fn add(&mut self, other: Self) {
        self.all += other.all;
        self.vector += other.vector;
        self.sha256 += other.sha256;
    }

    /// One instruction, by its encoding (Arm ARM, C4.1).
    fn one(code: u32) -> Self {
        // Loads and stores of vector registers are not counted: they are no arithmetic.
        let vector = code >> 31 == 0 && (code >> 25) & 7 == 7 && (code >> 28) & 1 == 0 || is_sha256(code);
        Self { all: 1, vector: u64::from(vector), sha256: u64::from(is_sha256(code)) }
    }
}

fn is_sha256(code: u32) -> bool {
    matches!(code & 0xFFE0_FC00, 0x5E00_4000 | 0x5E00_5000 | 0x5E00_6000) || code & 0xFFFF_FC00 == 0x5E28_2800
}

pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let programs = ["qemu-aarch64", "aarch64-linux-gnu-gcc", "/usr/bin/cargo"];
    let there = programs.iter().all(|program| on_path(program).is_some() || Path::new(program).is_file());
    if !there || !Path::new(SOURCES).is_file() {
        println!("skipped: arm64: needs Debian's packages {PACKAGES}");
        return Ok(());
    }
    let scratch = target(root).join("arm64");
    run(&mut build(root, &scratch))?;
    let program = scratch.join(TARGET).join("release/arm64");
    let (seal, hash) = (per_bytes(&program, &scratch, "seal")?, per_bytes(&program, &scratch, "hash")?);
    for (name, ran) in [("ChaCha20-Poly1305", seal), ("SHA-256", hash)] {
        let a_byte = |count: u64| count as f64 / BYTES as f64;
        println!(
            "{name}: {:.2} instructions a byte, {:.2} of them vector, {:.2} of those for SHA-256",
            a_byte(ran.all),
            a_byte(ran.vector),
            a_byte(ran.sha256)
        );
    }
    ensure!(seal.vector * 2 >= seal.all, "ChaCha20-Poly1305 does most of its work outside the vector unit");
    // Sixteen each of SHA256H and SHA256H2 a block of 64 bytes.
    ensure!(hash.sha256 >= BYTES / 64 * 32, "SHA-256 does not use the hash instructions");
    Ok(())
}

fn build(root: &Path, scratch: &Path) -> Command {
    let mut cargo = Command::new("/usr/bin/cargo");
    unlike_under_cargo(&mut cargo);
    cargo
        .current_dir(root.join("xtask/arm64"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", RUSTC)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("CC_aarch64_unknown_linux_gnu", "aarch64-linux-gnu-gcc")
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc")
        .args(["build", "--release", "-Zbuild-std=std,panic_unwind", "--target", TARGET, "--target-dir"])
        .arg(scratch);
    cargo
}

/// What [`BYTES`] bytes take.
fn per_bytes(program: &Path, scratch: &Path, work: &str) -> anyhow::Result<Ran> {
    let (once, twice) = (trace(program, scratch, work, BYTES)?, trace(program, scratch, work, 2 * BYTES)?);
    let more = |count: fn(&Ran) -> u64| count(&twice).saturating_sub(count(&once));
    Ok(Ran { all: more(|ran| ran.all), vector: more(|ran| ran.vector), sha256: more(|ran| ran.sha256) })
}

fn trace(program: &Path, scratch: &Path, work: &str, bytes: u64) -> anyhow::Result<Ran> {
    let log = scratch.join("trace");
    let mut qemu = Command::new("qemu-aarch64");
    qemu.args(["-L", "/usr/aarch64-linux-gnu", "-cpu", "cortex-a72", "-d", "in_asm,exec,nochain", "-D"]);
    quiet(qemu.arg(&log).arg(program).args([work, &bytes.to_string()]))?;
    let ran = count(BufReader::new(File::open(&log)?))?;
    fs::remove_file(log)?;
    Ok(ran)
}

/// Reads QEMU's log: blocks as they are translated, then a line for each time one runs.
fn count(log: impl BufRead) -> anyhow::Result<Ran> {
    let (mut blocks, mut open, mut total) = (HashMap::<u64, Ran>::new(), None, Ran::default());
    for line in log.lines() {
        let line = line?;
        if line.starts_with("IN:") {
            open = None;
        } else if let Some((at, code)) = instruction(&line) {
            let first = *open.get_or_insert(at);
            let block = blocks.entry(first).or_default();
            if first == at {
                *block = Ran::default();
            }
            block.add(Ran::one(code));
        } else if let Some(at) = line.strip_prefix("Trace ").and_then(|rest| rest.split('/').nth(1)) {
            let at = u64::from_str_radix(at, 16).context("a trace of QEMU names no place")?;
            total.add(blocks.get(&at).copied().unwrap_or_default());
        }
    }
    ensure!(total.all > BYTES / 64, "QEMU's log tells of next to nothing that ran");
    Ok(total)
}

/// `0x0000004000801234:  d503201f  nop`: where, and its encoding.
fn instruction(line: &str) -> Option<(u64, u32)> {
    let (at, rest) = line.strip_prefix("0x")?.split_once(':')?;
    let code = rest.split_whitespace().next()?;
    Some((u64::from_str_radix(at, 16).ok()?, u32::from_str_radix(code, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_told_apart_by_their_encoding() {
        // add x0, x1, x2; sha256h q0, q1, v2.4s; sha256su0 v0.4s, v1.4s; eor v0.16b, v1.16b, v2.16b; ldr q0, [x0].
        let told = [0x8B02_0020, 0x5E02_4020, 0x5E28_2820, 0x6E22_1C20, 0x3DC0_0000].map(|code| {
            let ran = Ran::one(code);
            (ran.vector, ran.sha256)
        });
        assert_eq!(told, [(0, 0), (1, 1), (1, 1), (1, 0), (0, 0)]);
    }
}
