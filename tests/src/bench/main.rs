//! `gauze-bench`: measures side by side, in one run, and says how far each figure is from its goal.
//!
//! Prints one JSON object a row: `{name, value, unit, reference, ratio, goal, met}`, or `{name, skipped}` where what a row
//! needs is not there. `cargo xtask bench` collects them. On Linux all of it, the servers too, runs on two cores.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program whose output is its report")]

mod access;
mod android;
mod attest;
mod capture;
mod capture_memory;
mod console;
mod cores;
mod filing;
mod heartbeats;
mod kotlin;
mod mark;
mod memory;
mod preview;
mod rates;
mod rebuild;
mod resend;
mod row;
mod seal;
mod sign_in;
mod signed;
mod slow;
mod sqlcipher;
mod store;
mod upload;
mod viewer;

use std::path::{Path, PathBuf};

use clap::Parser;
use gauze_tests::handset as phone;
use gauze_tests::hospital::build;

/// Measures Gauze against what it is built on.
#[derive(Parser)]
#[command(name = "gauze-bench", version)]
pub struct Arguments {
    /// Fewer repetitions.
    #[arg(long)]
    quick: bool,
    /// Where to write: the file system that is measured.
    #[arg(long, value_name = "DIR")]
    on: Option<PathBuf>,
    /// The `mvn` command, to measure from Kotlin.
    #[arg(long, value_name = "FILE")]
    maven: Option<PathBuf>,
    /// The directory of the bindings' library, built as this program was.
    #[arg(long, value_name = "DIR")]
    library: Option<PathBuf>,
    /// The `age` command.
    #[arg(long, value_name = "FILE")]
    age: Option<PathBuf>,
    /// SQLCipher's shell.
    #[arg(long, value_name = "FILE")]
    sqlcipher: Option<PathBuf>,
    /// The `djpeg` command.
    #[arg(long, value_name = "FILE")]
    djpeg: Option<PathBuf>,
    /// The `cjpeg` command.
    #[arg(long, value_name = "FILE")]
    cjpeg: Option<PathBuf>,
    /// A directory of JPEG files for the rows of the mark, in place of drawn pictures.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// How many pictures without this tenant's mark are searched for one.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    mistaken: u64,
    /// How many leaves `rebuild_1m` and `verify_1m` are measured with, in place of a million.
    #[arg(long, value_name = "COUNT")]
    leaves: Option<u64>,
    /// Only rows whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Instead of all this: captures this picture on the phone of `--phone`, and prints by how many bytes that grew.
    #[arg(long, value_name = "FILE", requires = "phone", hide = true)]
    capture: Option<PathBuf>,
    #[arg(long, value_name = "DIR", hide = true)]
    phone: Option<PathBuf>,
}

impl Arguments {
    /// How often something is repeated.
    pub fn times(&self, full: usize) -> usize {
        if self.quick { full.div_ceil(4).max(5) } else { full }
    }

    /// Whether a row is asked for.
    pub fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }
}

fn main() -> anyhow::Result<()> {
    cores::keep_to_two()?;
    tokio::runtime::Runtime::new()?.block_on(measure())
}

async fn measure() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let (Some(picture), Some(phone)) = (&arguments.capture, &arguments.phone) {
        println!("{}", capture_memory::grown(picture, phone)?);
        return Ok(());
    }
    let home = match &arguments.on {
        Some(dir) => tempfile::Builder::new().prefix("gauze-bench-").tempdir_in(dir)?,
        None => tempfile::Builder::new().prefix("gauze-bench-").tempdir()?,
    };
    access::measure(&arguments, home.path()).await?;
    attest::measure(&arguments)?;
    mark::measure(&arguments, home.path())?;
    if !arguments.only.starts_with("mark_") {
        signed::measure(&arguments)?;
        sign_in::measure(&arguments, home.path()).await?;
        Box::pin(at_a_hospital(&arguments, home.path())).await?;
    }
    // Rates, not times; and it takes hours.
    mark::rates(&arguments)
}

async fn at_a_hospital(arguments: &Arguments, home: &Path) -> anyhow::Result<()> {
    let hospital = build(home, "pq").await?;
    // Ready-made addresses for two hundred photos are more than a phone may hold.
    hospital.set_policy(|policy| policy["max_open_tickets"] = 1000.into()).await?;
    let gateway = hospital.start_gateway().await?;
    let client = phone::enrolled(&hospital, "bench-phone").await?;
    let recipient = hospital.recipient()?;
    capture::measure(arguments, &hospital, &client, &recipient)?;
    Box::pin(capture::measure_slow(arguments, &hospital)).await?;
    seal::measure(arguments, &hospital, &recipient)?;
    preview::measure(arguments, &hospital, &client)?;
    kotlin::measure(arguments, &hospital, &client).await?;
    android::measure(arguments, &hospital, &client).await?;
    drop(client);
    capture_memory::measure(arguments, &hospital, "bench-phone")?;
    Box::pin(store::measure(arguments, &hospital)).await?;
    Box::pin(upload::measure(arguments, &hospital)).await?;
    resend::measure(arguments, &hospital).await?;
    memory::measure(arguments, &hospital).await?;
    rates::measure(arguments, &hospital).await?;
    console::measure(arguments, &hospital).await?;
    filing::measure(arguments, &hospital).await?;
    heartbeats::measure(arguments, &hospital).await?;
    rebuild::measure(arguments, &hospital).await?;
    Box::pin(viewer::measure(arguments, &hospital)).await?;
    gateway.stop().await;
    Ok(())
}
