//! How fast one thread seals: whole photos, against ring's bare ChaCha20-Poly1305 and against the `age` command, and the pieces
//! alone, against ring.

use std::convert::Infallible;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use gauze_core::adapters::SystemEntropy;
use gauze_core::ports::Entropy as _;
use gauze_seal::age::{Recipient, Recipients};
use gauze_seal::strip::{Stripped, strip};
use gauze_seal::{Entropy, EntropyError, PhotoToSeal, lay_out_photo, seal_photo};
use gauze_tests::hospital::Hospital;
use gauze_tests::pictures::picture_of;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

use crate::Arguments;
use crate::row::Goal::{self, AtLeast};
use crate::row::{clock, median, print, skip};

const LENGTH: usize = 60_000_000;
const CHUNK: usize = 64 * 1024;

struct Random;

impl Entropy for Random {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        SystemEntropy.fill(out).map_err(|_| EntropyError)
    }
}

pub fn measure(arguments: &Arguments, hospital: &Hospital, recipient: &str) -> anyhow::Result<()> {
    let to = Recipients::new([recipient.parse::<Recipient>()?])?;
    let jpeg = picture_of(LENGTH)?;
    let photo = strip(&jpeg)?;
    compare(arguments, "seal_vs_ring", None, || whole(&photo, &to), || bare(&jpeg))?;
    compare(arguments, "seal_pieces_vs_ring", Some(AtLeast(0.9)), || pieces(&photo, &to), || bare(&jpeg))?;
    if !arguments.wants("seal_vs_age") {
        return Ok(());
    }
    let Some(age) = &arguments.age else {
        skip("seal_vs_age", "age 1.3 not found");
        return Ok(());
    };
    let input = hospital.home().join("sixty-mb.jpg");
    File::create(&input)?.write_all(&jpeg)?;
    compare(arguments, "seal_vs_age", None, || whole(&photo, &to), || by_age(age, recipient, &input))?;
    Ok(fs::remove_file(input)?)
}

/// Prints how fast ours is against theirs, in turn, where the row is asked for.
fn compare(
    arguments: &Arguments,
    name: &str,
    goal: Option<Goal>,
    ours: impl Fn() -> anyhow::Result<()>,
    theirs: impl Fn() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if !arguments.wants(name) {
        return Ok(());
    }
    let (mut our_rates, mut their_rates) = (Vec::new(), Vec::new());
    for _ in 0..arguments.times(20) {
        our_rates.push(rate(&ours)?);
        their_rates.push(rate(&theirs)?);
    }
    print(name, (median(our_rates), "MB/s"), Some(median(their_rates)), goal);
    Ok(())
}

/// Megabytes a second.
fn rate(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let (done, took) = clock(work);
    done?;
    #[expect(clippy::cast_precision_loss, reason = "a figure is a float")]
    Ok(LENGTH as f64 / 1000.0 / took)
}

/// The pieces alone: what a thread of a capture does all the time.
fn pieces(photo: &Stripped<'_>, to: &Recipients) -> anyhow::Result<()> {
    let mut buffer = Vec::new();
    for piece in lay_out_photo(photo, 0, to, &mut Random)?.middle {
        piece.seal(&mut buffer);
    }
    Ok(())
}

/// The same bytes in chunks of the same size, with nothing around them.
fn bare(bytes: &[u8]) -> anyhow::Result<()> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, &[7; 32]).map_err(|_| anyhow::anyhow!("a key"))?;
    let key = LessSafeKey::new(key);
    let mut buffer = vec![0; CHUNK];
    for (n, chunk) in bytes.chunks(CHUNK).enumerate() {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&(n as u64).to_be_bytes());
        let buffer = &mut buffer[..chunk.len()];
        buffer.copy_from_slice(chunk);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), buffer);
        // The tag is not kept: what counts is that it was made.
        let _tag = std::hint::black_box(tag.map_err(|_| anyhow::anyhow!("not sealed"))?);
    }
    Ok(())
}

/// The whole file, its digest too.
fn whole(photo: &Stripped<'_>, to: &Recipients) -> anyhow::Result<()> {
    let what = PhotoToSeal { photo, record: b"{}", mtime_s: 0 };
    let nowhere = &mut |_: &[u8]| Ok::<(), Infallible>(());
    seal_photo(what, to, &mut Random, nowhere).map(drop).context("not sealed")
}

/// The command's start included: a few milliseconds.
fn by_age(age: &Path, recipient: &str, input: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(age);
    command.args(["-r", recipient, "-o", "/dev/null"]).arg(input).stdin(Stdio::null());
    ensure!(command.status()?.success(), "age failed");
    Ok(())
}
