//! The invisible mark over pictures that are drawn here: what it survives with and without the original, and that nobody is
//! named who was not shown the picture. The rates are in `docs/mark.md`, from the bench.

use gauze_mark::{Event, Luma, LumaMut, MarkKey, Original, Search, Strength, embed, find};
use gauze_tests::each::each;
use gauze_tests::leaks::{LEAKS, Leak, averaged, jpeg, scene};
use gauze_tests::size::quick_or;
use image::GrayImage;

/// Views that the log holds for a photo.
const VIEWS: u64 = 40;
/// What is not read without the original, or not each time.
const TOO_MUCH: [&str; 9] = [
    "q20",
    "webp_50",
    "resize_25",
    "crop_quarter_q50",
    "crop_sixteenth_q50",
    SCRAP,
    "noise",
    "rotate_5",
    "photo_of_screen",
];
/// What is seldom enough with the original either.
const SCRAP: &str = "crop_128";

fn event(number: u64) -> Event {
    Event::new(0x31_0000_0000 + number).unwrap()
}

fn marked(plain: &GrayImage, key: &MarkKey, number: u64) -> GrayImage {
    let mut picture = plain.clone();
    let (width, height) = (plain.width() as usize, plain.height() as usize);
    let mut luma = LumaMut::new(width, height, &mut picture).unwrap();
    embed(&mut luma, key, event(number), Strength::Usual);
    picture
}

fn luma(picture: &GrayImage) -> Luma<'_> {
    Luma::new(picture.width() as usize, picture.height() as usize, picture).unwrap()
}

fn original(plain: &GrayImage) -> Original {
    Original::new(luma(plain), &[plain.width() as usize])
}

fn weighed(original: &Original, leak: &GrayImage, key: &MarkKey) -> Vec<Event> {
    let events: Vec<Event> = (0..VIEWS).map(event).collect();
    let verdict = original.weigh(luma(leak), key, &events);
    verdict.map_or_else(Vec::new, |verdict| verdict.named().into_iter().map(|(event, _)| event).collect())
}

/// Whether somebody was named, and nobody else than was shown it.
fn right(named: &[Event], shown: &[Event], of: &str) -> bool {
    assert!(named.iter().all(|event| shown.contains(event)), "{of} names somebody else: {named:?}");
    !named.is_empty()
}

/// Of so many pictures, each with what it came to each time, 95 in a hundred name somebody.
fn mostly(pictures: u64, of: impl Fn(u64) -> Vec<bool> + Sync) {
    let named: Vec<bool> = each(pictures, of).into_iter().flatten().collect();
    let (found, all) = (named.iter().filter(|named| **named).count(), named.len());
    println!("{found} of {all}");
    assert!(found * 20 >= all * 19, "{found} of {all}");
}

#[test]
fn several_keys_weigh_a_leak_as_each_alone_does() {
    let keys = [1, 2].map(|byte| MarkKey::new(&[byte; 32], 1));
    let (plain, events) = (scene(1, 2048, 1536), (0..VIEWS).map(event).collect::<Vec<_>>());
    let (leak, original) = (marked(&plain, &keys[1], 1), original(&plain));
    let alone: Vec<_> = keys.iter().filter_map(|key| original.weigh(luma(&leak), key, &events)).collect();
    assert_eq!(original.weigh_by(luma(&leak), &keys, &events), alone);
    assert_eq!(alone[1].named()[0].0, event(1), "by the key that marked it");
}

#[test]
fn a_leak_names_its_view_without_the_original() {
    let key = MarkKey::new(&[1; 32], 1);
    mostly(quick_or(1, 100), |number| {
        let picture = marked(&scene(number, 2048, 1536), &key, number);
        let named = |Leak { name, make }: &Leak| {
            let read = find(luma(&make(&picture, number)), &key, Search::default());
            let named = right(read.map(|read| read.event).as_slice(), &[event(number)], name);
            (!TOO_MUCH.contains(name)).then_some(named)
        };
        LEAKS.iter().filter_map(named).collect()
    });
}

#[test]
fn with_the_original_a_scrap_or_a_photo_of_a_screen_is_enough() {
    let key = MarkKey::new(&[2; 32], 1);
    mostly(quick_or(2, 200), |number| {
        let plain = scene(number, 1024, 768);
        let (picture, original) = (marked(&plain, &key, number % VIEWS), original(&plain));
        let named = |Leak { name, make }: &Leak| {
            let named = weighed(&original, &make(&picture, number), &key);
            let named = right(&named, &[event(number % VIEWS)], name);
            (*name != SCRAP).then_some(named)
        };
        LEAKS.iter().filter_map(named).collect()
    });
}

#[test]
fn several_copies_averaged_name_some_of_theirs_and_nobody_else() {
    let key = MarkKey::new(&[3; 32], 1);
    each(quick_or(1, 50), |number| {
        let plain = scene(number, 1600, 1200);
        let original = original(&plain);
        for copies in [2, 3, 8] {
            let theirs: Vec<_> = (0..copies).map(|at| marked(&plain, &key, 3 * at)).collect();
            let shown: Vec<Event> = (0..copies).map(|at| event(3 * at)).collect();
            let named = weighed(&original, &jpeg(&averaged(&theirs), 70), &key);
            let found = right(&named, &shown, "averaged");
            assert!(copies > 3 || found, "{copies} of picture {number}");
        }
    });
}

#[test]
fn nobody_is_named_by_a_picture_that_was_shown_to_nobody() {
    let (key, other) = (MarkKey::new(&[4; 32], 1), MarkKey::new(&[5; 32], 1));
    each(quick_or(4, 20_000), |number| {
        let plain = scene(number, 512, 384);
        let foreign = marked(&plain, &other, number % VIEWS);
        let leak = &LEAKS[usize::try_from(number).unwrap() % LEAKS.len()];
        // Another photo, shown to somebody: it lies on this original nowhere.
        let shown = (leak.make)(&marked(&scene(number + 1, 512, 384), &key, VIEWS + 1), number);
        assert_eq!(weighed(&original(&plain), &shown, &key), [], "{number} {}", leak.name);
        for picture in [&plain, &foreign] {
            let picture = (leak.make)(picture, number);
            assert_eq!(find(luma(&picture), &key, Search::default()), None, "{number} {}", leak.name);
            assert_eq!(weighed(&original(&plain), &picture, &key), [], "{number} {}", leak.name);
        }
    });
}
