#![allow(clippy::all, missing_docs, clippy::print_stdout, clippy::unwrap_used, clippy::cast_possible_truncation)]
use gauze_mark::*;
use image::{DynamicImage, imageops::FilterType, GrayImage};
use std::io::Cursor;
fn jpeg(g: &GrayImage, q: u8) -> GrayImage {
    let mut b = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut b, q).encode_image(g).unwrap();
    image::load(Cursor::new(b), image::ImageFormat::Jpeg).unwrap().to_luma8()
}
fn scale(g: &GrayImage, f: f32) -> GrayImage {
    image::imageops::resize(g, (g.width() as f32 * f) as u32, (g.height() as f32 * f) as u32, FilterType::Triangle)
}
fn rot(g: &GrayImage, deg: f32) -> GrayImage {
    let (s, c) = deg.to_radians().sin_cos();
    let (w, h) = (g.width() as f32, g.height() as f32);
    GrayImage::from_fn(g.width(), g.height(), |x, y| {
        let (dx, dy) = (x as f32 - w / 2.0, y as f32 - h / 2.0);
        let (sx, sy) = (dx * c - dy * s + w / 2.0, dx * s + dy * c + h / 2.0);
        if sx < 0.0 || sy < 0.0 || sx >= w - 1.0 || sy >= h - 1.0 { return image::Luma([0]); }
        let (ix, iy) = (sx as u32, sy as u32); let (fx, fy) = (sx.fract(), sy.fract());
        let p = |x: u32, y: u32| g.get_pixel(x, y).0[0] as f32;
        let v = (p(ix, iy) * (1.0 - fx) + p(ix + 1, iy) * fx) * (1.0 - fy) + (p(ix, iy + 1) * (1.0 - fx) + p(ix + 1, iy + 1) * fx) * fy;
        image::Luma([v.round() as u8])
    })
}
fn main() {
    let long: u32 = std::env::args().nth(1).unwrap().parse().unwrap();
    let files: Vec<String> = std::env::args().skip(2).collect();
    let key = MarkKey::new(&[7; 32], 1);
    let attacks: Vec<(&str, Box<dyn Fn(&GrayImage) -> GrayImage>)> = vec![
        ("none", Box::new(|g: &GrayImage| g.clone())),
        ("q50", Box::new(|g: &GrayImage| jpeg(g, 50))),
        ("q30", Box::new(|g: &GrayImage| jpeg(g, 30))),
        ("half", Box::new(|g: &GrayImage| scale(g, 0.5))),
        ("double", Box::new(|g: &GrayImage| scale(g, 2.0))),
        ("quarter", Box::new(|g: &GrayImage| jpeg(&image::imageops::crop_imm(g, g.width() / 4, g.height() / 4, g.width() / 2, g.height() / 2).to_image(), 85))),
        ("shot", Box::new(|g: &GrayImage| { let s = scale(g, 0.7); jpeg(&GrayImage::from_fn(s.width() + 100, s.height() + 80, |x, y| if x < 50 || y < 40 || x >= s.width() + 50 || y >= s.height() + 40 { image::Luma([200]) } else { image::Luma([((s.get_pixel(x - 50, y - 40).0[0] as f32 / 255.0).powf(1.1) * 245.0) as u8]) }), 70) })),
        ("1deg", Box::new(|g: &GrayImage| jpeg(&rot(g, 1.0), 85))),
    ];
    let mut hits = vec![0; attacks.len()];
    for (n, file) in files.iter().enumerate() {
        let Ok(img) = image::open(file) else { continue };
        let img: DynamicImage = if img.width().max(img.height()) > long { img.resize(long, long, FilterType::Triangle) } else { img };
        let mut g = img.to_luma8();
        let original = g.clone();
        let event = Event::new(1000 + n as u64).unwrap();
        let (w, h) = (g.width() as usize, g.height() as usize);
        let t = std::time::Instant::now();
        embed(&mut LumaMut::new(w, h, &mut g).unwrap(), &key, event, Strength::Usual);
        let took = t.elapsed();
        let mse: f64 = g.iter().zip(original.iter()).map(|(a, b)| (*a as f64 - *b as f64).powi(2)).sum::<f64>() / (w * h) as f64;
        print!("{w}x{h} embed {:.1} ms psnr {:.2}", took.as_secs_f64() * 1e3, 10.0 * (65025.0 / mse).log10());
        for (at, (name, attack)) in attacks.iter().enumerate() {
            let a = attack(&g);
            let t = std::time::Instant::now();
            let found = find(Luma::new(a.width() as usize, a.height() as usize, &a).unwrap(), &key, Search { mirrored: false, ..Search::default() });
            let ok = found.is_some_and(|f| f.event == event);
            hits[at] += usize::from(ok);
            print!(" {name}:{}{:.1}/{:.2}s", if ok { "" } else { "FAIL" }, found.map_or(0.0, |f| f.score), t.elapsed().as_secs_f64());
            if found.is_some() && !ok { print!("WRONG"); }
        }
        println!();
    }
    for (h, (n, _)) in hits.iter().zip(&attacks) { println!("{n}: {h}/{}", files.len()); }
}
