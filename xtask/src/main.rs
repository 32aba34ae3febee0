//! Every command a person or CI runs: `cargo xtask <command>`, from anywhere in the repository.
//!
//! Needs the Rust toolchain, a C compiler and `make`; what else a command can use it installs under `target/tools`, or says
//! what is missing and goes on without it.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program whose output is its report")]

mod android;
mod apk;
mod arm64;
mod badging;
mod bench;
mod bindings;
mod ci;
mod debian;
mod demo;
mod fuzz;
mod keycloak;
mod licences;
mod package;
mod phones;
mod process;
mod soak;
mod swift;
mod test;
mod tools;
mod tree;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the Android app's tests alone.
    Android,
    /// Measure, side by side with what each figure is compared to; results in target/bench.json.
    Bench(bench::Args),
    /// Write the generated Kotlin, Swift and Python anew.
    Bindings,
    /// Run one check by name, or all of them.
    Ci(ci::Args),
    /// The main job: photos from a phone to the hospital's records, on this machine.
    Demo(demo::Args),
    /// Build the library for the phones' apps.
    Package(package::Args),
    /// Try to break it, at full size: kills, power cuts, sick disks and the like.
    Soak(soak::Args),
    /// Gather what a Swift toolchain needs to build and test the bridge.
    SwiftPackage,
    /// Install the tools of other makers that tests check us against, then run every test.
    Test(test::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Android => android::tests().map(|()| ExitCode::SUCCESS),
        Command::Bench(args) => bench::bench(&args).map(|()| ExitCode::SUCCESS),
        Command::Bindings => {
            process::root().and_then(|root| bindings::write(&root)).map(|()| ExitCode::SUCCESS)
        }
        Command::Ci(args) => ci::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Demo(args) => demo::run(&args),
        Command::Package(args) => package::run_package(&args).map(|()| ExitCode::SUCCESS),
        Command::Soak(args) => soak::run(&args).map(|()| ExitCode::SUCCESS),
        Command::SwiftPackage => package::swift_package().map(|()| ExitCode::SUCCESS),
        Command::Test(args) => test::run(&args).map(|()| ExitCode::SUCCESS),
    };
    // Not returned: a backtrace of this program says nothing about what a check found.
    match result {
        Ok(code) => code,
        Err(error) => {
            println!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}
