//! Disks of a test's own, and what is wrong with them. What goes wrong in here ends the test.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot go on says where")]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::skipped::skipped;

/// A file system in memory, of a size that can be changed. Gone on drop.
pub struct Mount(PathBuf);

impl Mount {
    /// Mounts one; says so where that is not permitted.
    pub fn new(dir: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(dir).unwrap();
        let options = format!("size={size},mode=0755");
        let done = mount(&["-t", "tmpfs", "-o", &options, "tmpfs"], dir);
        if !done {
            skipped("a file system of one's own cannot be mounted here");
        }
        done.then(|| Self(dir.to_owned()))
    }

    /// Mounts it anew with other options.
    pub fn becomes(&self, options: &str) {
        assert!(mount(&["-o", &format!("remount,{options}")], &self.0), "remounted with {options}");
    }

    /// Fills it up to the last `room` bytes.
    pub fn fill(&self, room: u64) {
        let mut filler = File::create(self.filler()).unwrap();
        while filler.write_all(&[0x5a; 4096]).is_ok() {}
        let length = filler.metadata().unwrap().len();
        filler.set_len(length.saturating_sub(room)).unwrap();
    }

    /// Makes room again.
    pub fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], dir: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(arguments).arg(dir).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Runs a program of the system's; whether it was there and succeeded.
pub fn did(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
