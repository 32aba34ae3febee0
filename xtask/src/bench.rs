//! `cargo xtask bench`: every figure that is promised, side by side with its reference in one run.

use crate::bindings::{FEATURES, target};
use crate::process::{cargo, on_path, quiet, replace, root, run};
use crate::{phones, tools};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Fewer repetitions, and not what needs the phones' toolchains.
    #[arg(long)]
    quick: bool,
    /// Only rows whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// A directory of JPEG files for the rows of the mark, in place of drawn pictures.
    #[arg(long, value_name = "DIR")]
    pictures: Option<std::path::PathBuf>,
    /// How many pictures without a mark `mark_false` searches.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    mistaken: u64,
}

pub(crate) fn bench(args: &Args) -> anyhow::Result<()> {
    let root = root()?;
    let tools = tools::dir(&root);
    tools::install(&tools, &root, &["bench"]);
    run(cargo(&root).args(["build", "--release", "--workspace", "--lib", "--bins"]).args(FEATURES))?;
    let mut rows = measured(args, &root, &tools)?;
    rows.extend(phone_rows(args, &root)?);
    let path = target(&root).join("bench.json");
    replace(&path, &serde_json::to_string_pretty(&rows)?)?;
    for row in &rows {
        println!("{}", line(row));
    }
    println!("written to {}", path.display());
    Ok(())
}

fn measured(args: &Args, root: &Path, tools: &Path) -> anyhow::Result<Vec<Value>> {
    let built = target(root).join("release");
    let mut bench = Command::new(built.join("gauze-bench"));
    // On the disk that holds the build, not in memory: `/tmp` may be either.
    bench
        .current_dir(root)
        .arg("--on")
        .arg(target(root))
        .arg("--library")
        .arg(&built)
        .args(["--only", &args.only]);
    if args.quick {
        bench.arg("--quick");
    }
    bench.args(["--mistaken", &args.mistaken.to_string()]);
    if let Some(pictures) = &args.pictures {
        bench.arg("--pictures").arg(std::path::absolute(pictures)?);
    }
    if let Some(maven) = on_path("mvn") {
        bench.arg("--maven").arg(maven);
    }
    let age = tools.join("bin/age");
    if age.is_file() {
        bench.arg("--age").arg(age);
    }
    for program in ["sqlcipher", "djpeg", "cjpeg"] {
        if let Some(found) = on_path(program) {
            bench.arg(format!("--{program}")).arg(found);
        }
    }
    let rows: Result<Vec<Value>, _> = quiet(&mut bench)?.lines().map(serde_json::from_str).collect();
    let (skipped, rows): (Vec<Value>, Vec<Value>) =
        rows?.into_iter().partition(|row| row.get("skipped").is_some());
    for row in skipped {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        println!("skipped: {}: {}", text("name"), text("skipped"));
    }
    Ok(rows)
}

/// What is weighed and type-checked for phones.
fn phone_rows(args: &Args, root: &Path) -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    if !args.quick && "targets".contains(&args.only) {
        let checked = phones::targets(root).map_err(|error| println!("{error:#}")).is_ok();
        let value = if checked { 4 } else { 0 };
        rows.push(json!({ "name": "targets", "value": value, "unit": "targets", "reference": null, "ratio": null, "goal": 4, "met": checked }));
    }
    if !args.quick && "android_size".contains(&args.only) {
        let bytes = phones::weigh(root)?;
        rows.push(json!({ "name": "android_size", "value": bytes, "unit": "bytes", "reference": null, "ratio": null, "goal": 4_000_000, "met": bytes <= 4_000_000 }));
    }
    Ok(rows)
}

fn line(row: &Value) -> String {
    let number = |name: &str| row[name].as_f64().map_or_else(|| "-".to_owned(), |value| value.to_string());
    let verdict = match row["met"].as_bool() {
        Some(true) => "met",
        Some(false) => "NOT MET",
        None => "",
    };
    format!(
        "{:<20} {:>12} {:<8} reference {:>10}  ratio {:>7}  goal {:>8}  {verdict}",
        row["name"].as_str().unwrap_or_default(),
        number("value"),
        row["unit"].as_str().unwrap_or_default(),
        number("reference"),
        number("ratio"),
        number("goal"),
    )
}
