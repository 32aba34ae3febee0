//! How many attestations a server judges in a second, on one core.

use gauze_attest::{AndroidAsked, AndroidRoots, verify_android};
use gauze_tests::attestations::{KeyDescription, Maker, Names};
use gauze_wire::{AndroidApp, AndroidRules};
use jiff::Timestamp;

use crate::Arguments;
use crate::row::{clock, median, print};

/// Chains judged in one repetition.
const CHAINS: u32 = 200;

/// Four certificates under a root on P-384, as phones since 2026 show them, root and all.
pub fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    if !arguments.wants("attestations") {
        return Ok(());
    }
    let maker = Maker::new(Names::Remote)?;
    let description = KeyDescription::good(b"challenge");
    let chain = maker.attest_with_root(&description)?;
    let roots = AndroidRoots::from_pem(maker.root_pem())?;
    let package = description.package.parse()?;
    let rules = AndroidRules::for_apps(vec![AndroidApp { package, signers: Vec::new(), min_version: 0 }]);
    let at: Timestamp = "2026-11-24T10:00:00Z".parse()?;
    let asked = AndroidAsked {
        challenge: b"challenge",
        rules: &rules,
        status: None,
        at,
        device_key: None,
        serial: None,
        last_seen: None,
    };
    let mut rates = Vec::new();
    for _ in 0..arguments.times(20) {
        let (held, took) =
            clock(|| (0..CHAINS).all(|_| verify_android(&chain, &roots, &asked).verdict.is_ok()));
        anyhow::ensure!(held, "the chain that is measured does not hold");
        rates.push(f64::from(CHAINS) / took * 1000.0);
    }
    print("attestations", (median(rates), "chains/s"), None, None);
    Ok(())
}
