//! Pages as pictures: a quarter of their size, compared with those that were recorded. `GAUZE_RECORD=1` writes them.
//!
//! Letters differ from machine to machine: what was recorded with another browser or other fonts is not compared.

use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use super::driver::Browser;
use crate::fixture::put_file;

/// How far the mean of a picture may be off, of 255: the grain of JPEG and of the letters' edges.
const MEAN: f64 = 2.0;
/// How many of a thousand points may differ by more than `POINT`.
const FAR: usize = 5;
const POINT: u8 = 64;

/// What differs from run to run stands for nothing in a picture: ids, and what is signed.
const MASK: &str = "
    for (const e of document.querySelectorAll('.qr, textarea')) e.style.visibility = 'hidden';
    const words = arguments[0];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode())
        for (const word of words)
            walk.currentNode.data = walk.currentNode.data.replaceAll(word, 'x'.repeat(word.length));
    document.documentElement.style.overflow = 'hidden';
    return [document.documentElement.scrollWidth, document.documentElement.scrollHeight];";

/// The browser, and how wide its letters are.
const MADE_WITH: &str = "
    const line = document.createElement('span');
    line.style.font = '100px system-ui, sans-serif';
    line.textContent = 'Gauze console, 0123456789';
    document.body.append(line);
    const wide = Math.round(line.getBoundingClientRect().width);
    line.remove();
    return navigator.userAgent.match(/Chrome\\/[0-9]+/)[0] + ', ' + wide + '\\n';";

pub struct Pictures {
    recording: bool,
    same: bool,
    ids: Vec<String>,
    different: Vec<String>,
}

fn dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/gateway/browser/pictures")
}

impl Pictures {
    /// Pictures of pages on which these ids stand.
    pub async fn of(browser: &Browser, ids: &[&str]) -> Self {
        let recording = std::env::var_os("GAUZE_RECORD").is_some();
        let made_with = browser.run(MADE_WITH, json!([])).await.as_str().unwrap().to_owned();
        let path = dir().join("made-with.txt");
        if recording {
            put_file(&path, made_with.as_bytes());
        }
        let same = std::fs::read_to_string(path).is_ok_and(|recorded| recorded == made_with);
        if !same {
            println!("skipped: pictures of the console were recorded with another browser or fonts");
        }
        // The whole id first: what it begins with is its short name.
        let ids = ids.iter().flat_map(|id| [(*id).to_owned(), id[..8].to_owned()]).collect();
        Self { recording, same, ids, different: Vec::new() }
    }

    /// Compares the page that is open with the picture of this name.
    pub async fn look(&mut self, browser: &Browser, name: &str) {
        if !self.same {
            return;
        }
        let size = browser.run(MASK, json!([self.ids])).await;
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 0.25 });
        let whole = json!({ "format": "jpeg", "quality": 60, "captureBeyondViewport": true, "clip": clip });
        let picture: Value = browser.devtools("Page.captureScreenshot", whole).await;
        let picture = BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        let path = dir().join(format!("{name}.jpg"));
        if self.recording {
            put_file(&path, &picture);
        }
        let recorded = std::fs::read(&path).unwrap_or_default();
        if let Err(how) = compare(&recorded, &picture) {
            put_file(&std::env::temp_dir().join(format!("gauze-console-{name}.jpg")), &picture);
            self.different.push(format!("{name}: {how}"));
        }
    }

    /// Fails where a page looks different.
    pub fn agree(self) {
        let different = self.different.join("\n");
        assert!(
            different.is_empty(),
            "other than recorded; new ones lie in the temporary directory:\n{different}"
        );
    }
}

fn compare(recorded: &[u8], taken: &[u8]) -> Result<(), String> {
    let read = |bytes: &[u8]| image::load_from_memory(bytes).map(|image| image.to_luma8());
    let (recorded, taken) = (read(recorded).map_err(|error| error.to_string())?, read(taken).unwrap());
    if recorded.dimensions() != taken.dimensions() {
        return Err(format!("{:?} and not {:?}", taken.dimensions(), recorded.dimensions()));
    }
    let apart: Vec<u8> = recorded.as_raw().iter().zip(taken.as_raw()).map(|(a, b)| a.abs_diff(*b)).collect();
    let mean =
        apart.iter().map(|&by| f64::from(by)).sum::<f64>() / f64::from(u32::try_from(apart.len()).unwrap());
    let far = apart.iter().filter(|&&by| by > POINT).count();
    if mean > MEAN || far * 1000 > apart.len() * FAR {
        return Err(format!("mean {mean:.2}, {far} of {} points far off", apart.len()));
    }
    Ok(())
}

#[test]
fn a_page_that_lost_a_button_is_told_from_one_that_did_not() {
    use image::{GrayImage, Luma};
    let jpeg = |image: &GrayImage| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    };
    let blank = GrayImage::from_pixel(90, 300, Luma([250]));
    let mut button = blank.clone();
    (0..30).for_each(|x| (0..10).for_each(|y| button.put_pixel(10 + x, 100 + y, Luma([40]))));
    assert!(compare(&jpeg(&button), &jpeg(&button)).is_ok());
    assert!(compare(&jpeg(&button), &jpeg(&blank)).is_err());
    assert!(compare(&[], &jpeg(&blank)).is_err());
    assert!(compare(&jpeg(&GrayImage::new(90, 301)), &jpeg(&blank)).is_err());
}
