//! What becomes of a picture that leaves by a way it should not: pictures that are drawn here, and what messages, screens and
//! people do to them. Luma only: the mark is nowhere else.

mod distort;
mod scene;

pub use distort::{averaged, crop, jpeg, resized, rotated, screen};
pub use scene::scene;

use image::{GrayImage, imageops};

/// One thing that is done to a picture; the number varies what can vary.
pub struct Leak {
    /// As the table of rates has it.
    pub name: &'static str,
    /// Does it.
    pub make: fn(&GrayImage, u64) -> GrayImage,
}

/// Each distortion alone, or with the compression that always goes with it.
pub const LEAKS: &[Leak] = &[
    Leak { name: "q90", make: |picture, _| jpeg(picture, 90) },
    Leak { name: "q50", make: |picture, _| jpeg(picture, 50) },
    Leak { name: "q30", make: |picture, _| jpeg(picture, 30) },
    Leak { name: "q20", make: |picture, _| jpeg(picture, 20) },
    Leak { name: "webp_75", make: |picture, _| distort::webp(picture, 75.0) },
    Leak { name: "webp_50", make: |picture, _| distort::webp(picture, 50.0) },
    Leak { name: "resize_25", make: |picture, _| jpeg(&resized(picture, 0.25), 75) },
    Leak { name: "resize_50", make: |picture, _| jpeg(&resized(picture, 0.5), 75) },
    Leak { name: "resize_200", make: |picture, _| jpeg(&resized(picture, 2.0), 75) },
    Leak { name: "crop_quarter", make: |picture, n| jpeg(&crop(picture, 2, n), 85) },
    Leak { name: "crop_quarter_q50", make: |picture, n| jpeg(&crop(picture, 2, n), 50) },
    Leak { name: "crop_sixteenth_q50", make: |picture, n| jpeg(&crop(picture, 4, n), 50) },
    Leak { name: "crop_128", make: |picture, n| jpeg(&distort::scrap(picture, 128, n), 85) },
    Leak { name: "screenshot", make: distort::screenshot },
    Leak { name: "brightness", make: |picture, _| distort::toned(picture, |value| value * 255.0 + 30.0) },
    Leak {
        name: "contrast",
        make: |picture, _| distort::toned(picture, |value| (value - 0.5) * 180.0 + 127.0),
    },
    Leak { name: "gamma", make: |picture, _| distort::toned(picture, |value| value.powf(0.7) * 255.0) },
    Leak { name: "warmer", make: |picture, _| distort::warmed(picture, [1.15, 0.75]) },
    Leak { name: "colder", make: |picture, _| distort::warmed(picture, [0.85, 1.2]) },
    Leak { name: "blur", make: |picture, _| jpeg(&imageops::blur(picture, 1.5), 80) },
    Leak { name: "sharpen", make: |picture, _| jpeg(&imageops::unsharpen(picture, 1.5, 2), 80) },
    Leak { name: "noise", make: |picture, n| jpeg(&distort::noisy(picture, 8.0, n), 80) },
    Leak { name: "rotate_1", make: |picture, _| jpeg(&rotated(picture, 1.0), 80) },
    Leak { name: "rotate_2.7", make: |picture, _| jpeg(&rotated(picture, -2.7), 80) },
    Leak { name: "rotate_5", make: |picture, _| jpeg(&rotated(picture, 5.0), 80) },
    Leak { name: "mirror", make: |picture, _| jpeg(&imageops::flip_horizontal(picture), 80) },
    Leak { name: "photo_of_screen", make: |picture, n| jpeg(&screen(picture, n), 70) },
];
