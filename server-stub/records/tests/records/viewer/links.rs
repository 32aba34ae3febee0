//! Links for people outside: counted, ended, revoked, guessed at, and asked for by programs that read mail.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use axum::http::{Request, StatusCode};
use gauze_people::action::Action;
use gauze_people::log::{Happening, Outcome, What};
use gauze_people::person::Role;
use gauze_records::web::photos::{ADDRESSES, OUTSIDE};
use jiff::SignedDuration;

use super::unmarked::{self, picture_of};
use super::ward::{Answer, Browser, TEAM, Ward, marked, person, seen};
use crate::fixture::files_below;
use crate::folk::{FAMILY, NHS, patient};

const READER: &str = "Dr Anwen Evans, Elm Surgery";
const WHY: &str = "Is this a pressure ulcer";

/// Whoever has an address, and perhaps a view of it.
pub struct Reader<'a> {
    ward: &'a Ward,
    pub cookie: Option<String>,
    from: [u8; 4],
}

impl<'a> Reader<'a> {
    pub fn of(ward: &'a Ward) -> Self {
        Self { ward, cookie: None, from: [198, 51, 100, 7] }
    }

    async fn ask(&self, method: &str, address: &str, form: &str) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(address)
            .header(HOST, &self.ward.host)
            .header("sec-fetch-site", if method == "POST" { "same-origin" } else { "none" })
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        self.ward.ask(request.body(Body::from(form.to_owned())).unwrap(), self.from).await
    }

    pub async fn get(&self, address: &str) -> Answer {
        self.ask("GET", address, "").await
    }

    /// Gives a code; a view that is opened by it is this reader's.
    pub async fn open(&mut self, link: &Sent) -> Answer {
        self.try_code(link, &link.code).await
    }

    pub async fn try_code(&mut self, link: &Sent, code: &str) -> Answer {
        let answer = self.ask("POST", &link.door, &format!("code={code}")).await;
        if let Some(cookie) = answer.headers.get(SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().map(str::to_owned);
        }
        answer
    }
}

/// A link as its maker hands it over.
#[derive(Clone)]
pub struct Sent {
    pub door: String,
    pub code: String,
}

pub fn sent(page: &str) -> Sent {
    let address = page.split("/link/").nth(1).unwrap().split('\n').next().unwrap();
    let code = page.split("<p class=\"code\">").nth(1).unwrap().split('<').next().unwrap();
    Sent { door: format!("/link/{address}"), code: code.replace(' ', "") }
}

pub async fn make(lead: &Browser<'_>, photo: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("reader", READER), ("code", "consultation"), ("words", WHY)];
    fields.extend(more);
    lead.post(&format!("/photos/{photo}/link"), &fields).await
}

fn lead() -> gauze_people::person::Person {
    person("Sister Lead", Role::Lead, TEAM)
}

async fn ward() -> Ward {
    let one = patient(FAMILY, Some(NHS), None);
    Ward::with(&[Some(one.clone()), Some(one)]).await
}

async fn link(ward: &Ward, days: &str, views: &str) -> Sent {
    let photo = ward.photos().await[0].handle.to_string();
    let made = make(&ward.sign_in(lead()), &photo, &[("days", days), ("views", views)]).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    sent(&made.text())
}

/// The words of lines about links, oldest first.
fn steps(ward: &Ward) -> Vec<String> {
    let links =
        ward.office.entries().into_iter().filter(|entry| entry.what == What::Happening(Happening::Link));
    let word = |entry: gauze_people::log::Entry| {
        let about = entry.about.as_ref().unwrap();
        assert!(about.id.is_some() && about.patient.is_some(), "a line of a link is about its photo");
        entry.note.unwrap().as_str().split('/').next().unwrap().to_owned()
    };
    links.map(word).collect()
}

#[tokio::test]
async fn a_link_opens_as_often_as_it_may_and_its_maker_reads_when() {
    let ward = ward().await;
    let link = link(&ward, "3", "2").await;
    for view in 0..2 {
        let mut reader = Reader::of(&ward);
        assert_eq!(reader.open(&link).await.status, StatusCode::SEE_OTHER, "view {view}");
        let page = reader.get(&format!("{}/photo", link.door)).await;
        assert!(
            page.text().contains("FEATHERSTONEHAUGH") && page.text().contains(&format!("Seen by {READER}"))
        );
        let picture = reader.get(&format!("{}/pictures?screen=800", link.door)).await;
        assert_eq!(picture.headers["content-type"], "image/jpeg");
        assert_eq!(
            reader.get(&format!("{}/copy", link.door)).await.status,
            StatusCode::NOT_FOUND,
            "no copy was allowed"
        );
    }
    let third = Reader::of(&ward).open(&link).await;
    assert_eq!(third.status, StatusCode::GONE);
    assert!(third.text().contains("opened as often as it may be") && !third.text().contains("FEATHER"));
    assert_eq!(steps(&ward), ["opened", "opened", "used_up"]);
    let lead = ward.sign_in(lead());
    let list = lead.get("/links").await.text();
    assert!(list.contains(READER) && list.contains(WHY) && list.contains("2 of 2"), "{list}");
    let photo = ward.photos().await[0].handle.to_string();
    assert!(
        lead.get(&format!("/photos/{photo}/looks")).await.text().contains("The photo was opened by a link")
    );
    ward.end().await;
}

#[tokio::test]
async fn asking_shows_nothing_spends_nothing_and_is_seen() {
    let ward = ward().await;
    let link = link(&ward, "3", "1").await;
    let scanner = Reader::of(&ward);
    for _ in 0..5 {
        let door = scanner.get(&link.door).await;
        assert_eq!(door.status, StatusCode::OK);
        for needle in ["FEATHERSTONEHAUGH", "999 000 0042", READER, "<img", "<canvas", "Heel"] {
            assert!(!door.text().contains(needle), "the door shows {needle}");
        }
    }
    assert_eq!(scanner.ask("HEAD", &link.door, "").await.status, StatusCode::OK);
    // It presses the button too, and follows every address that it can think of.
    assert_eq!(scanner.ask("POST", &link.door, "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(scanner.ask("POST", &link.door, "code=").await.status, StatusCode::BAD_REQUEST);
    for address in OUTSIDE.iter().skip(1) {
        let address =
            address.replace("/link/{address}", &link.door).replace("{exponent}/{column}/{row}", "0/0/0");
        assert_eq!(scanner.get(&address).await.status, StatusCode::SEE_OTHER, "{address}");
    }
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::SEE_OTHER, "the view is still there");
    let told = steps(&ward);
    assert_eq!(told.iter().filter(|step| *step == "asked").count(), 8);
    assert_eq!(told.last().map(String::as_str), Some("opened"));
    ward.end().await;
}

#[tokio::test]
async fn a_code_is_guessed_five_times_and_then_the_link_is_locked() {
    let mut ward = ward().await;
    let link = link(&ward, "3", "5").await;
    let wrong = if link.code == "00000000" { "11111111" } else { "00000000" };
    let mut thief = Reader::of(&ward);
    for _ in 0..4 {
        let answer = thief.try_code(&link, wrong).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(thief.cookie.is_none() && !answer.text().contains("FEATHER"));
    }
    let unknown = Sent { door: "/link/AAAAAAAAAAAAAAAAAAAAAA".to_owned(), code: link.code.clone() };
    assert_eq!(thief.open(&unknown).await.status, StatusCode::NOT_FOUND);
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::SEE_OTHER);
    // A restart gives no tries back.
    ward.restart();
    let mut thief = Reader::of(&ward);
    assert_eq!(thief.try_code(&link, wrong).await.status, StatusCode::GONE);
    assert_eq!(thief.open(&link).await.status, StatusCode::GONE, "the right code comes too late");
    assert_eq!(steps(&ward).iter().filter(|step| *step == "wrong_code").count(), 5);
    ward.end().await;
}

#[tokio::test]
async fn where_no_try_can_be_counted_the_right_code_is_answered_like_a_wrong_one() {
    let ward = ward().await;
    let link = link(&ward, "3", "5").await;
    let wrong = if link.code == "00000000" { "11111111" } else { "00000000" };
    let mut thief = Reader::of(&ward);
    ward.office.breaks(true);
    let mut answers = Vec::new();
    for code in [wrong, link.code.as_str(), wrong] {
        let answer = thief.try_code(&link, code).await;
        assert!(thief.cookie.is_none() && !answer.text().contains("FEATHER"));
        answers.push((answer.status, answer.text()));
    }
    assert_eq!(answers[0].0, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // Memory has counted them all the same.
    ward.office.breaks(false);
    for _ in 0..3 {
        thief.try_code(&link, wrong).await;
    }
    assert_eq!(thief.open(&link).await.status, StatusCode::GONE);
    ward.end().await;
}

#[tokio::test]
async fn one_stranger_shuts_nobody_else_out() {
    let ward = ward().await;
    let link = link(&ward, "3", "5").await;
    let (stranger, mut reader) = (Reader::of(&ward), Reader { from: [203, 0, 113, 9], ..Reader::of(&ward) });
    let mut refused = 0;
    for _ in 0..300 {
        let answer = stranger.get(&link.door).await;
        if answer.status != StatusCode::OK {
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
            refused += 1;
        }
    }
    assert_eq!(refused, 260);
    assert_eq!(steps(&ward).len(), 40, "nor does it fill the log");
    assert_eq!(reader.get(&link.door).await.status, StatusCode::OK);
    assert_eq!(reader.open(&link).await.status, StatusCode::SEE_OTHER);
    ward.end().await;
}

#[tokio::test]
async fn a_view_is_spent_only_once_its_photo_was_found() {
    let ward = ward().await;
    let link = link(&ward, "3", "1").await;
    ward.hospital.sql("UPDATE folk SET handle = randomblob(16)").await;
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::NOT_FOUND);
    assert!(!steps(&ward).iter().any(|step| step == "opened"));
    ward.hospital.sql("DELETE FROM folk").await;
    ward.hospital.sql("UPDATE photo SET folk = 0").await;
    ward.folk.refill().await.unwrap();
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::SEE_OTHER, "it is still there");
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::GONE);
    ward.end().await;
}

#[tokio::test]
async fn a_revocation_counts_only_with_its_line() {
    let mut ward = ward().await;
    let link = link(&ward, "3", "3").await;
    let number = ward.office.entries().len() as u64 - 1;
    let revoke = [("link", number.to_string())];
    let revoke: Vec<(&str, &str)> = revoke.iter().map(|(name, value)| (*name, value.as_str())).collect();
    ward.office.breaks(true);
    let answer = ward.sign_in(lead()).post("/links", &revoke).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "its maker is told");
    ward.office.breaks(false);
    // What only this process knew would be forgotten by the next: so it never knew.
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ward.sign_in(lead()).post("/links", &revoke).await.status, StatusCode::SEE_OTHER);
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::GONE);
    ward.restart();
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::GONE);
    ward.end().await;
}

#[tokio::test]
async fn two_at_once_at_the_last_view_get_one_view() {
    let ward = ward().await;
    for _ in 0..10 {
        let link = link(&ward, "3", "1").await;
        let (mut one, mut two) = (Reader::of(&ward), Reader::of(&ward));
        let (first, second) = tokio::join!(one.open(&link), two.open(&link));
        let opened =
            [first.status, second.status].iter().filter(|status| **status == StatusCode::SEE_OTHER).count();
        assert_eq!(opened, 1);
    }
    ward.end().await;
}

#[tokio::test]
async fn after_its_end_it_stays_shut_also_where_the_clock_is_set_back() {
    let mut ward = ward().await;
    let link = link(&ward, "2", "5").await;
    let mut reader = Reader::of(&ward);
    reader.open(&link).await;
    let pictures = format!("{}/pictures", link.door);
    assert_eq!(reader.get(&pictures).await.status, StatusCode::OK);
    ward.hospital.clock.advance(SignedDuration::from_hours(48));
    assert_eq!(reader.get(&pictures).await.status, StatusCode::GONE);
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::GONE);
    ward.hospital.clock.advance(SignedDuration::from_hours(-47));
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::GONE);
    ward.restart();
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::GONE);
    assert_eq!(Reader::of(&ward).get(&link.door).await.status, StatusCode::GONE);
    ward.end().await;
}

#[tokio::test]
async fn a_view_lasts_a_quarter_of_an_hour_and_not_over_a_restart() {
    let mut ward = ward().await;
    let link = link(&ward, "2", "2").await;
    let mut reader = Reader::of(&ward);
    reader.open(&link).await;
    let pictures = format!("{}/pictures", link.door);
    ward.hospital.clock.advance(SignedDuration::from_mins(14));
    assert_eq!(reader.get(&pictures).await.status, StatusCode::OK);
    ward.hospital.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(reader.get(&pictures).await.status, StatusCode::SEE_OTHER);
    reader.open(&link).await;
    let cookie = reader.cookie.clone();
    ward.restart();
    let mut reader = Reader::of(&ward);
    reader.cookie = cookie;
    assert_eq!(reader.get(&pictures).await.status, StatusCode::SEE_OTHER);
    assert_eq!(reader.open(&link).await.status, StatusCode::GONE, "a restart gives no view back");
    ward.end().await;
}

#[tokio::test]
async fn what_is_revoked_shows_nothing_from_that_moment() {
    let mut ward = ward().await;
    let link = link(&ward, "3", "5").await;
    let number = ward.office.entries().len() - 1;
    assert_eq!(ward.office.entries()[number].what, What::Action(Action::MakeLink));
    let mut reader = Reader::of(&ward);
    reader.open(&link).await;
    let pictures = format!("{}/pictures", link.door);
    let other = ward.sign_in(person("Lead Elsewhere", Role::Lead, "other"));
    let meant = number.to_string();
    assert_eq!(other.post("/links", &[("link", &meant)]).await.status, StatusCode::NOT_FOUND);
    assert!(!other.get("/links").await.text().contains(READER));
    assert_eq!(reader.get(&pictures).await.status, StatusCode::OK);
    let lead = ward.sign_in(lead());
    assert_eq!(lead.post("/links", &[("link", &meant)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(reader.get(&pictures).await.status, StatusCode::GONE);
    assert_eq!(reader.get(&format!("{}/photo", link.door)).await.status, StatusCode::GONE);
    ward.restart();
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::GONE);
    ward.end().await;
}

/// However many were made since, and whether those still open or not, its maker finds what shows something and revokes it.
#[tokio::test]
async fn a_link_that_still_opens_stands_on_the_page_before_any_number_of_others() {
    let ward = ward().await;
    let photo = ward.photos().await[0].handle.to_string();
    let (oldest, maker) = (link(&ward, "7", "1").await, ward.sign_in(lead()));
    let number = ward.office.entries().len() - 1;
    for _ in 0..201 {
        assert_eq!(make(&maker, &photo, &[("days", "1"), ("views", "1")]).await.status, StatusCode::OK);
    }
    let button = format!("name=\"link\" value=\"{number}\"");
    let page = maker.get("/links").await.text();
    assert!(page.contains(&button) && page.matches("Revoke it now").count() == 202, "all of them are open");
    ward.hospital.clock.advance(SignedDuration::from_hours(25));
    let maker = ward.sign_in(lead());
    let page = maker.get("/links").await.text();
    assert!(page.contains(&button) && page.matches("Revoke it now").count() == 1, "one is open");
    assert_eq!(page.matches("Its time is over").count(), 200, "of the others the newest");
    assert!(page.find(&button) < page.find("Its time is over"), "what still opens stands first");
    assert_eq!(maker.post("/links", &[("link", &number.to_string())]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(Reader::of(&ward).open(&oldest).await.status, StatusCode::GONE);
    ward.end().await;
}

#[tokio::test]
async fn a_view_of_one_link_shows_nothing_of_another_and_opens_no_page_inside() {
    let ward = ward().await;
    let (one, two) = (link(&ward, "3", "1").await, link(&ward, "3", "1").await);
    let mut reader = Reader::of(&ward);
    reader.open(&one).await;
    assert_eq!(reader.get(&format!("{}/pictures", one.door)).await.status, StatusCode::OK);
    for page in ["/photo", "/pictures", "/pictures/0/0/0", "/copy"] {
        assert_eq!(reader.get(&format!("{}{page}", two.door)).await.status, StatusCode::SEE_OTHER, "{page}");
    }
    let swapped = Sent { code: one.code, ..two };
    assert_eq!(reader.try_code(&swapped, &swapped.code).await.status, StatusCode::FORBIDDEN);
    for address in ADDRESSES {
        let answer = reader.get(&address.replace(['{', '}'], "x")).await;
        assert!(answer.status.is_redirection() || answer.status.is_client_error(), "{address}");
    }
    ward.end().await;
}

#[tokio::test]
async fn where_links_are_served_apart_nothing_else_is() {
    let mut ward = ward().await;
    let link = link(&ward, "3", "1").await;
    let lead = ward.sign_in(lead());
    let (cookie, photo) = (lead.cookie.clone(), ward.photos().await[0].handle.to_string());
    std::mem::swap(&mut ward.pages, &mut ward.apart);
    let mut reader = Reader::of(&ward);
    assert_eq!(reader.open(&link).await.status, StatusCode::SEE_OTHER);
    assert_eq!(reader.get(&format!("{}/pictures", link.door)).await.status, StatusCode::OK);
    for asset in ["/look.css", "/photos.css", "/viewer.js", "/icon.svg"] {
        assert_eq!(reader.get(asset).await.status, StatusCode::OK, "{asset}");
    }
    reader.cookie = Some(format!("__Host-gauze={cookie}"));
    for page in ["/", "/photos", "/sign-in", "/links", "/people/sessions", &format!("/photos/{photo}")] {
        assert_eq!(reader.get(page).await.status, StatusCode::NOT_FOUND, "{page}");
    }
    ward.end().await;
}

#[tokio::test]
async fn who_may_not_make_a_link_makes_none_and_each_refusal_has_its_line() {
    let ward = ward().await;
    let photo = ward.photos().await[0].handle.to_string();
    let more = [("days", "3"), ("views", "1")];
    for stranger in [
        person("Nurse Viewer", Role::Viewer, TEAM),
        person("Lead Elsewhere", Role::Lead, "other"),
        person("Somebody Else", Role::Administrator, TEAM),
    ] {
        let browser = ward.sign_in(stranger);
        assert_eq!(make(&browser, &photo, &more).await.status, StatusCode::FORBIDDEN);
        let last = ward.office.entries().pop().unwrap();
        assert_eq!((last.what, last.outcome), (What::Action(Action::MakeLink), Outcome::Refused));
    }
    let lead = ward.sign_in(lead());
    for missing in [("reader", ""), ("words", " "), ("code", "emergency"), ("days", "31"), ("views", "0")] {
        let fields = [("reader", READER), ("code", "legal"), ("words", WHY), ("days", "3"), ("views", "1")];
        let fields: Vec<_> =
            fields.into_iter().map(|field| if field.0 == missing.0 { missing } else { field }).collect();
        let answer = lead.post(&format!("/photos/{photo}/link"), &fields).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{missing:?}");
    }
    ward.hospital.clock.advance(SignedDuration::from_mins(6));
    let stale = make(&lead, &photo, &more).await;
    assert!(stale.status == StatusCode::FORBIDDEN && stale.text().contains("/prove-again"));
    assert!(stale.text().contains(&format!("{READER}\n{WHY}")), "what was typed stands there again");
    assert!(
        !ward
            .office
            .entries()
            .iter()
            .any(|it| it.what == What::Action(Action::MakeLink) && it.outcome == Outcome::Done)
    );
    ward.end().await;
}

#[tokio::test]
async fn neither_reader_nor_address_nor_code_is_on_disk() {
    let ward = ward().await;
    let link = link(&ward, "3", "1").await;
    Reader::of(&ward).open(&link).await;
    let address = link.door.trim_start_matches("/link/").to_owned();
    let entry =
        ward.office.entries().into_iter().find(|it| it.what == What::Action(Action::MakeLink)).unwrap();
    let whole = serde_json::to_string(&entry).unwrap();
    for needle in [READER, "Evans", WHY, &address, &link.code] {
        assert!(!whole.contains(needle), "{needle}");
    }
    for dir in [ward.office.dir.path().join("access/entries"), ward.hospital.data()] {
        for file in files_below(&dir) {
            let bytes = std::fs::read(&file).unwrap();
            for needle in [READER, address.as_str()] {
                let held = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
                assert!(!held, "{} holds {needle}", file.display());
            }
        }
    }
    ward.end().await;
}

/// All tiles of the photo's own size, put together.
async fn tiles(reader: impl AsyncFn(String) -> Answer) -> Vec<u8> {
    const W: usize = 1600;
    const H: usize = 1200;
    let mut rgb = vec![0; W * H * 3];
    for row in 0..H.div_ceil(512) {
        for column in 0..W.div_ceil(512) {
            let tile = reader(format!("0/{column}/{row}")).await;
            assert_eq!(tile.headers["content-type"], "image/jpeg");
            let mut decoder = jpeg_decoder::Decoder::new(&tile.body[..]);
            let pixels = decoder.decode().unwrap();
            let width = usize::from(decoder.info().unwrap().width) * 3;
            for (y, line) in pixels.chunks_exact(width).enumerate() {
                let at = ((row * 512 + y) * W + column * 512) * 3;
                rgb[at..at + width].copy_from_slice(line);
            }
        }
    }
    rgb
}

/// The one address whose pictures carry no mark: whole views, each by a line of `view_unmarked`.
const WITHOUT_A_MARK: &str = "/unmarked/{showing}";

/// Each address that the router is made of is asked for by somebody who may; what comes as a picture names its line.
#[tokio::test]
async fn every_route_that_yields_pixels_marks_them() {
    let ward = Ward::large().await;
    let photo = &ward.photos().await[0];
    let handle = photo.handle.to_string();
    let lead = ward.sign_in(lead());
    let page = lead.get(&format!("/photos/{handle}")).await.text();
    let view = ward.office.entries().len() as u64 - 1;
    let showing = page.split("data-shown=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let made = make(&lead, &handle, &[("days", "1"), ("views", "1"), ("copy", "yes")]).await;
    let link = sent(&made.text());
    let mut reader = Reader::of(&ward);
    reader.open(&link).await;
    let opened = ward.office.entries().len() as u64 - 1;
    let bare = lead.post(&format!("/photos/{handle}/unmarked"), &unmarked::WHY).await.text();
    let mut pictures = Vec::new();
    for address in ADDRESSES {
        let filled = address
            .replace("{team}", TEAM)
            .replace("{patient}", &handle)
            .replace("{photo}", &handle)
            .replace("{showing}", &showing)
            .replace("{exponent}/{column}/{row}", "0/0/0");
        let filled = if address == WITHOUT_A_MARK { picture_of(&bare) } else { filled };
        let answer = lead.get(&filled).await;
        if answer.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"image/")) {
            pictures.push((address, answer, view));
        }
    }
    for address in OUTSIDE {
        let filled =
            address.replace("/link/{address}", &link.door).replace("{exponent}/{column}/{row}", "0/0/0");
        let answer = reader.get(&filled).await;
        if answer.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"image/")) {
            pictures.push((address, answer, opened));
        }
    }
    assert_eq!(pictures.len(), 6, "a new route that yields pixels is looked at here");
    for (address, answer, line) in pictures {
        let found = if address.ends_with("{row}") {
            let whole = if address.starts_with("/link") {
                tiles(async |tile| reader.get(&format!("{}/pictures/{tile}", link.door)).await).await
            } else {
                tiles(async |tile| lead.get(&format!("/shown/{showing}/{tile}")).await).await
            };
            seen(&ward.folk, (1600, 1200), &whole)
        } else {
            marked(&ward.folk, &answer.body)
        };
        let line = (address != WITHOUT_A_MARK).then_some(line);
        assert_eq!(found, line, "{address} is not marked with its line, or is marked");
    }
    ward.end().await;
}
