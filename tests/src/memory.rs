//! How much memory a process holds, as Linux counts it.

use std::fs;

use anyhow::Context as _;

/// Resident bytes of a process: now, and at most since it began.
#[derive(Clone, Copy, Debug)]
pub struct Resident {
    /// Now.
    pub now: u64,
    /// The most it ever was.
    pub peak: u64,
}

impl Resident {
    /// What the system says of process `id`; an error where it says nothing of that kind.
    pub fn of(id: u32) -> anyhow::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{id}/status")).context("no such process")?;
        let kilobytes = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_end_matches("kB").trim().parse().ok()
        };
        let (now, peak) = (kilobytes("VmRSS:"), kilobytes("VmHWM:"));
        Ok(Self { now: now.context("VmRSS")? * 1024, peak: peak.context("VmHWM")? * 1024 })
    }
}
