//! The invisible mark: what it costs, what it changes, what it survives, and whom it names wrongly.

mod quality;
mod survives;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::ensure;
use gauze_mark::{Event, Luma, LumaMut, MarkKey, Original, Search, Strength, embed, find};
use gauze_tests::leaks::{jpeg, scene};
use gauze_tests::pictures::{picture, read_dir};
use image::imageops::FilterType;
use image::{GrayImage, ImageFormat, ImageReader};

use crate::Arguments;
use crate::row::{Goal, clock, median, print, skip};

/// Long edge of a view, and of the small one that the informed rows begin with.
const VIEW: u32 = 2048;
const SMALL: u32 = 512;
/// Events that the log holds for a photo.
const VIEWS: u64 = 100;

/// What it costs, and what it changes.
pub fn measure(arguments: &Arguments, home: &Path) -> anyhow::Result<()> {
    embedding(arguments, home)?;
    let pictures = Pictures::of(arguments)?;
    if arguments.wants("mark_quality") {
        quality::measure(arguments, &pictures, &key())?;
    }
    finding(arguments, &pictures)
}

/// What it survives, and whom it names wrongly.
pub fn rates(arguments: &Arguments) -> anyhow::Result<()> {
    survives::measure(arguments, &Pictures::of(arguments)?)
}

fn key() -> MarkKey {
    MarkKey::new(&[0x6A; 32], 1)
}

/// Pictures given from outside, or drawn ones.
struct Pictures(Vec<std::path::PathBuf>);

impl Pictures {
    fn of(arguments: &Arguments) -> anyhow::Result<Self> {
        arguments.pictures.as_deref().map_or_else(|| Ok(Self(Vec::new())), |dir| read_dir(dir).map(Self))
    }

    /// How many rows are made of.
    fn count(&self, arguments: &Arguments, full: usize) -> u64 {
        let wanted = if arguments.quick { full.div_ceil(20) } else { full };
        (if self.0.is_empty() { wanted } else { wanted.min(self.0.len()) }) as u64
    }

    /// In colour, with a long edge of `most`, or of its own where that is shorter; nothing where a file is no picture that is read
    /// here.
    fn colours(&self, number: u64, most: u32) -> Option<image::RgbImage> {
        let Some(path) = self.0.get(usize::try_from(number).ok()?) else {
            let luma = scene(number, most, most / 4 * 3);
            let skin = |x, y| {
                let value = i16::from(luma.get_pixel(x, y).0[0]);
                image::Rgb([value + 22, value - 8, value - 18].map(|value| value.clamp(0, 255) as u8))
            };
            return Some(image::RgbImage::from_fn(luma.width(), luma.height(), skin));
        };
        let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
        let whole = reader.ok()?.decode().ok()?;
        let small = whole.width().max(whole.height()) <= most;
        Some(if small { whole } else { whole.resize(most, most, FilterType::Triangle) }.to_rgb8())
    }

    /// With a long edge of exactly `edge`; nothing where a file is smaller.
    fn luma(&self, number: u64, edge: u32) -> Option<GrayImage> {
        if self.0.is_empty() {
            return Some(scene(number, edge, edge / 4 * 3));
        }
        let colours = self.colours(number, edge)?;
        let whole = colours.width().max(colours.height()) == edge;
        whole.then(|| image::DynamicImage::from(colours).to_luma8())
    }
}

fn event(number: u64) -> Option<Event> {
    Event::new(0x00_4D61_0000 + number)
}

fn marked(plain: &GrayImage, key: &MarkKey, number: u64) -> anyhow::Result<GrayImage> {
    let mut picture = plain.clone();
    let (width, height) = (plain.width() as usize, plain.height() as usize);
    let event = event(number).ok_or_else(|| anyhow::anyhow!("the number is too large"))?;
    embed(&mut LumaMut::new(width, height, &mut picture)?, key, event, Strength::Usual);
    Ok(picture)
}

fn luma(picture: &GrayImage) -> anyhow::Result<Luma<'_>> {
    Ok(Luma::new(picture.width() as usize, picture.height() as usize, picture)?)
}

fn embedding(arguments: &Arguments, home: &Path) -> anyhow::Result<()> {
    const NAME: &str = "mark_embed";
    if !arguments.wants(NAME) {
        return Ok(());
    }
    let Some(djpeg) = &arguments.djpeg else {
        skip(NAME, "djpeg not found");
        return Ok(());
    };
    let bytes = picture(1, 4000, 3000)?;
    let input = home.join("mark.jpg");
    std::io::Write::write_all(&mut File::create(&input)?, &bytes)?;
    let plain = image::load(std::io::Cursor::new(bytes), ImageFormat::Jpeg)?.to_luma8();
    let key = key();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 0..arguments.times(20) as u64 {
        let mut copy = plain.clone();
        let mut target = LumaMut::new(4000, 3000, &mut copy)?;
        let event = event(number).ok_or_else(|| anyhow::anyhow!("the number is too large"))?;
        ours.push(clock(|| embed(&mut target, &key, event, Strength::Usual)).1);
        let mut command = Command::new(djpeg);
        command.args(["-outfile", "/dev/null"]).arg(&input).stdin(Stdio::null());
        let (status, took) = clock(|| command.status());
        ensure!(status?.success(), "djpeg failed");
        theirs.push(took);
    }
    print(NAME, (median(ours), "ms"), Some(median(theirs)), Some(Goal::AtMost(0.2)));
    Ok(())
}

fn finding(arguments: &Arguments, pictures: &Pictures) -> anyhow::Result<()> {
    if !arguments.wants("mark_find") {
        return Ok(());
    }
    let key = key();
    let Some(plain) = pictures.luma(0, VIEW) else { return Ok(()) };
    let events: Vec<Event> = (0..VIEWS).filter_map(event).collect();
    let leak = jpeg(&gauze_tests::leaks::rotated(&marked(&plain, &key, 1)?, 1.3), 70);
    let foreign = jpeg(&plain, 70);
    let (mut blind, mut nothing, mut with) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..arguments.times(10) {
        let search = Search::default();
        blind.push(clock(|| luma(&leak).map(|leak| find(leak, &key, search))).1);
        nothing.push(clock(|| luma(&foreign).map(|leak| find(leak, &key, search))).1);
        let weigh =
            || anyhow::Ok(Original::new(luma(&plain)?, &[VIEW as usize]).weigh(luma(&leak)?, &key, &events));
        with.push(clock(weigh).1);
    }
    print("mark_find_rotated", (median(blind), "ms"), None, Some(Goal::AtMost(3000.0)));
    print("mark_find_nothing", (median(nothing), "ms"), None, Some(Goal::AtMost(3000.0)));
    print("mark_find_original", (median(with), "ms"), None, Some(Goal::AtMost(1000.0)));
    Ok(())
}
