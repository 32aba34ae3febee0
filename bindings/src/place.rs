//! Where the phone is, and what the policy's fences allow there.

use gauze_core::wire::{Fence, FenceMode, FenceVerdict, Name};
use gauze_core::{Fix, Outside, Place};

/// Where the phone is, as its system says. Never log it.
#[uniffi::remote(Record)]
pub struct Fix {
    /// Latitude in degrees (WGS 84).
    pub latitude: f64,
    /// Longitude in degrees.
    pub longitude: f64,
    /// Radius in metres that holds the true position with 68 % probability.
    pub accuracy_m: f64,
    /// How old it is, in milliseconds.
    pub age_ms: u32,
    /// Whether the system says that a program made it up.
    pub mock: bool,
    /// The local clock's distance from UTC, in minutes, for a fence's hours.
    pub utc_offset_minutes: i16,
}

/// What is not allowed outside a fence. Each includes the ones before it, but for the sentence of `Warn`.
#[uniffi::remote(Enum)]
pub enum FenceMode {
    /// The record says on which side the phone was.
    Record,
    /// The phone also says so to whoever holds it.
    Warn,
    /// Nothing is exported and no link is made.
    BlockExport,
    /// No photo is shown.
    BlockView,
    /// No photo is taken, but by the exempt teams.
    BlockCapture,
}

/// On which side of a fence.
#[uniffi::remote(Enum)]
pub enum FenceVerdict {
    /// Inside.
    Inside,
    /// Outside.
    Outside,
    /// The phone could not tell.
    Unknown,
}

/// Inside or outside a fence, never where.
#[uniffi::remote(Record)]
pub struct Fence {
    /// Which fence.
    pub id: Name,
    /// On which side of it.
    pub verdict: FenceVerdict,
    /// How sure that is, in percent.
    pub sure: u8,
}

/// The phone is outside of every fence that blocks capture, or of every fence that warns.
#[uniffi::remote(Record)]
pub struct Outside {
    /// `BlockCapture`, where no photo is taken here; `Warn`, where one is, and its record says so.
    pub mode: FenceMode,
    /// Where it is as it should be: the fences' words.
    pub words: String,
}

/// What the policy's fences say of a photo that is taken where this phone is.
#[uniffi::remote(Record)]
pub struct Place {
    /// What the photo's record says; nothing where no fence is in force.
    pub fence: Option<Fence>,
    /// What whoever takes it is told; nothing where all is well.
    pub outside: Option<Outside>,
}
