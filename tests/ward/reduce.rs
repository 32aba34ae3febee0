//! Pictures that the phone makes smaller before it seals them, because the hospital's policy says so.

use gauze_core::CaptureContext;
use gauze_seal::strip::{orientation_segment, strip};
use gauze_tests::pictures::{picture, whereabouts};
use gauze_wire::{Fitness, FoundMarker};
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use serde_json::Value;

use crate::fixture::{Phone, Ward, context};

const PROFILE: &[u8] = b"a colour profile, word for word";

fn eight_megapixels(policy: &mut Value) {
    policy["max_megapixels"] = 8.into();
}

/// Twelve megapixels that lie on their side, with a colour profile, a camera's EXIF and a position; as little grain as a
/// camera leaves.
fn camera() -> Vec<u8> {
    let shade = |x: u32, y: u32| (x / 16 % 128 + y / 24 % 64 + (x * 31 + y * 17) % 4).to_le_bytes()[0];
    let pixels = RgbImage::from_fn(4000, 3000, |x, y| Rgb([shade(x, y) + 60, shade(x, y), shade(x, y) / 2]));
    let mut drawn = Vec::new();
    JpegEncoder::new_with_quality(&mut drawn, 97).encode_image(&pixels).unwrap();
    let small = picture(1, 64, 48).unwrap();
    let exif = &small[2..4 + usize::from(u16::from_be_bytes([small[4], small[5]]))];
    let jpeg = [&drawn[..2], exif, &drawn[2..]].concat();
    let mut profile = vec![0xFF, 0xE2, 0, 0];
    profile.extend(b"ICC_PROFILE\0\x01\x01");
    profile.extend(PROFILE);
    profile[3] = u8::try_from(profile.len() - 2).unwrap();
    [&jpeg[..2], &orientation_segment(6), &profile, &jpeg[2..]].concat()
}

#[tokio::test]
async fn a_large_picture_arrives_smaller_and_says_so() {
    let ward = Ward::with(|_| {}, eight_megapixels).await;
    let phone = Phone::enrolled(&ward).await;
    let marker = FoundMarker { scale_nm: 60_000, tilt_mdeg: 1_500 };
    let fitness = Some(Fitness { sharpness: 700, exposure: 3, marker: Some(marker) });
    let jpeg = camera();
    let captured = phone.client().capture(&jpeg, CaptureContext { fitness, ..context() }).unwrap();
    phone.client().preview_from(captured.capture_id, &jpeg).unwrap();
    phone.run().await;
    assert_eq!(ward.pull().await.filed, 1);

    let (bytes, record) = ward.opened(captured.capture_id).await;
    let (camera, arrived) = (strip(&jpeg).unwrap(), strip(&bytes).unwrap());
    let (original, reduced) = (record.original.unwrap(), record.reduced.unwrap());
    assert_eq!((original.width, original.height, original.bytes), (4000, 3000, camera.len()));
    assert_eq!((reduced.width, reduced.height), (arrived.width().into(), arrived.height().into()));
    assert_eq!(reduced.bytes, bytes.len() as u64);
    assert!((7_900_000..=8_000_000).contains(&(reduced.width * reduced.height)));
    assert!(
        (captured.original, captured.reduced) == (original, Some(reduced)),
        "the shell can say it at once"
    );

    assert_eq!(gauze_wire::Digest::of(&bytes).0, arrived.sha256(), "there is nothing left to strip");
    for (what, needle) in whereabouts() {
        assert!(memchr::memmem::find(&jpeg, &needle).is_some());
        assert!(memchr::memmem::find(&bytes, &needle).is_none(), "{what}");
    }
    assert_eq!((arrived.orientation(), record.orientation), (6, 6));
    let at = memchr::memmem::find(&bytes, PROFILE).unwrap();
    assert_eq!(&bytes[at - 14..at], b"ICC_PROFILE\0\x01\x01");
    let scale = record.fitness.unwrap().marker.unwrap().scale_nm;
    assert_eq!(scale, (60_000 * 4000 + reduced.width / 2) / reduced.width);

    let gist = ward.listed().await.remove(0).gist.unwrap();
    assert!(gist.line().contains("reduced=") && gist.line().contains("-from-4000x3000"), "{}", gist.line());
}

#[tokio::test]
async fn what_is_small_enough_is_sealed_as_the_camera_made_it_and_says_that_too() {
    let ward = Ward::with(|_| {}, eight_megapixels).await;
    let phone = Phone::enrolled(&ward).await;
    let jpeg = picture(2, 1600, 1200).unwrap();
    let id = phone.client().capture(&jpeg, context()).unwrap().capture_id;
    phone.run().await;
    assert_eq!(ward.pull().await.filed, 1);
    let (bytes, record) = ward.opened(id).await;
    let camera = strip(&jpeg).unwrap();
    assert_eq!(gauze_wire::Digest::of(&bytes).0, camera.sha256());
    assert!(record.reduced.is_none() && record.original.unwrap().bytes == camera.len());
    let gist = ward.listed().await.remove(0).gist.unwrap();
    assert!(gist.line().contains("original=1600x1200"), "{}", gist.line());
}
