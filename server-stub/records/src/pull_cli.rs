//! `gauze-records pull` and `serve`: pulls from a gateway once, or until interrupted.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures_util::FutureExt as _;
use gauze_listen::{await_listener, stopped};
use gauze_records::keys::KeyDir;
use gauze_records::pull::{self, Approve, Puller};
use gauze_records::setup::{CA, CheckOptions, default_gateway};
use gauze_records::{HttpsGateway, SystemClock};
use serde_json::json;

use crate::web_cli::Pages;
use crate::{Refused, complain, setup_cli, show};

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Approving {
    /// Enrolment tokens.
    Tokens,
}

/// What is signed without asking anybody.
#[derive(Args)]
pub(crate) struct Unasked {
    /// What is signed without asking anybody; policies and wipe orders never are.
    #[arg(long, value_enum, requires = "serials")]
    approve: Option<Approving>,
    /// Serial numbers of the phones that tokens are signed for, one a line; read anew at each pull.
    #[arg(long, value_name = "FILE", requires = "approve")]
    serials: Option<PathBuf>,
    /// How many tokens are signed in any 24 hours, at most.
    #[arg(long, default_value_t = 50)]
    tokens_a_day: u32,
}

#[derive(Args)]
pub(crate) struct Source {
    /// Sealed files and index.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The gateway's URL, as the bundle names it; may be left out where it names one alone.
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,
    /// PEM of the authority that signed the gateway's certificate; `ca.pem` in the keys directory without.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The keys directory.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// A signed bundle in place of the newest in the keys directory.
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Google's status list of attestation certificates, as JSON: then this side judges by it too.
    #[arg(long, value_name = "FILE")]
    status_list: Option<PathBuf>,
}

#[tokio::main]
pub(crate) async fn pull_once(json: bool, source: &Source) -> Result<(), Refused> {
    let puller = open(source).await?;
    let report = puller.pass().await?;
    puller.close().await;
    show(json, &report, || {
        let mut text = format!(
            "{} new entries, {} filed, {} voids, {} refused, {} still missing, {} receipts handed in",
            report.entries,
            report.filed,
            report.voids,
            report.refused.len(),
            report.missing,
            report.acknowledged
        );
        for photo in &report.refused {
            let (code, step) = (photo.cause.code(), photo.cause.next_step());
            text.push_str(&format!("\nrefused {} {code}: {step}", photo.capture_id));
        }
        text
    });
    Ok(())
}

impl Source {
    fn gateway(&self) -> Result<String, Refused> {
        match &self.gateway {
            Some(url) => Ok(url.clone()),
            None => Ok(default_gateway(&KeyDir::new(&self.keys))?),
        }
    }

    fn ca(&self) -> PathBuf {
        self.ca.clone().unwrap_or_else(|| self.keys.join(CA))
    }
}

/// Looks at everything before it serves.
pub(crate) fn look(json: bool, source: &Source, pages: &Pages) -> Result<ExitCode, Refused> {
    let (gateway, ca) = (source.gateway()?, source.ca());
    let options = CheckOptions {
        data: &source.data,
        keys: &source.keys,
        gateway: &gateway,
        ca: &ca,
        bundle: source.bundle.as_deref(),
        pages: pages.looked_at()?,
    };
    await_listener(&gateway, complain);
    Ok(setup_cli::look(json, &options))
}

async fn open(source: &Source) -> Result<Puller<HttpsGateway>, Refused> {
    let config = pull::Config {
        data: source.data.clone(),
        keys: source.keys.clone(),
        gateway: source.gateway()?,
        bundle: source.bundle.clone(),
        status_list: source.status_list.clone(),
    };
    Ok(Puller::new(config, &source.ca(), Arc::new(SystemClock)).await?)
}

/// How `serve` goes on, and what it serves besides.
pub(crate) struct Pulling {
    pub(crate) interval: Duration,
    pub(crate) unasked: Unasked,
    pub(crate) pages: Pages,
}

#[tokio::main]
pub(crate) async fn serve(json: bool, source: &Source, how: Pulling) -> Result<(), Refused> {
    let approve = match (how.unasked.approve, how.unasked.serials) {
        (Some(Approving::Tokens), Some(serials)) => {
            Approve::Tokens { serials, a_day: how.unasked.tokens_a_day }
        }
        (Some(Approving::Tokens), None) | (None, _) => Approve::Nothing,
    };
    let puller = open(source).await?.approving(approve);
    let pages = how.pages.prepare((&source.data, &source.keys), &puller).await?;
    let gateway = source.gateway()?;
    // One for both: a signal that comes while they start ends both.
    let stop = stopped().shared();
    let told = json!({ "ready": true, "gateway": gateway });
    show(json, &told, || format!("ready: pulling from {gateway}"));
    let pulling = pull::serve(&puller, how.interval, stop.clone(), |_| {});
    match pages {
        None => pulling.await,
        // Pages that break off end the pulling too: somebody looks after it then.
        Some(pages) => tokio::select! {
            served = pages.run(stop) => served?,
            ended = async { pulling.await; std::future::pending().await } => ended,
        },
    }
    puller.close().await;
    Ok(())
}
