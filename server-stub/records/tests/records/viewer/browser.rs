//! The pages in a real Chromium without a window: light and dark, 320 and 1280 pixels wide, 200 % text, keyboard alone.

#[path = "../../../../gateway/tests/gateway/browser/driver.rs"]
#[expect(dead_code, reason = "shared with the gateway's console, which presses other keys")]
pub(super) mod driver;

use std::fs;
use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use driver::Browser;
use gauze_people::person::Role;
use gauze_records::web::{WebOptions, serve};
use serde_json::{Value, json};

use super::cases::{reported, step};
use super::ward::{TEAM, Ward, drawn, person};
use crate::fixture::{Hospital, Phone};
use crate::folk::{FAMILY, NHS, filed_with, patient};

/// A ward whose pages are served over TLS on this machine.
pub(super) async fn served() -> (Ward, tokio::sync::oneshot::Sender<()>, tempfile::TempDir) {
    let port = crate::port::free_port().unwrap();
    let hospital = Hospital::new();
    let long = patient(FAMILY, Some(NHS), Some("RX1 00 4711"));
    let patients = [Some(long.clone()), Some(long.clone()), Some(long), None];
    let puller = filed_with(&hospital, &patients, Some(&drawn(2400, 1800))).await;
    let ward = Ward::of(&format!("localhost:{port}"), hospital, puller).await;
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (tls_cert, tls_key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    write(&tls_cert, &made.cert.pem());
    write(&tls_key, &made.signing_key.serialize_pem());
    let listen = ([127, 0, 0, 1], port).into();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let (up, ready) = tokio::sync::oneshot::channel();
    let pages = ward.pages.clone();
    tokio::spawn(async move {
        let options = WebOptions { listen, tls_cert, tls_key, host: "localhost".to_owned() };
        serve(&options, pages, move |_| up.send(()).unwrap_or_default(), async move {
            stopped.await.unwrap_or_default()
        })
        .await
        .unwrap();
    });
    ready.await.unwrap();
    (ward, stop, dir)
}

#[expect(clippy::disallowed_methods, reason = "a test's own inputs need not survive a power cut")]
fn write(path: &std::path::Path, text: &str) {
    fs::write(path, text).unwrap();
}

/// From here on the browser is that of whoever has this cookie.
pub(super) async fn has(browser: &Browser, ward: &Ward, cookie: &str) {
    browser.devtools("Security.setIgnoreCertificateErrors", json!({ "ignore": true })).await;
    let url = format!("https://{}", ward.host);
    let cookie = json!({ "name": "__Host-gauze", "value": cookie, "url": url, "path": "/", "secure": true,
                         "httpOnly": true, "sameSite": "Strict" });
    browser.devtools("Network.setCookie", cookie).await;
}

/// Where pictures of the pages are left.
fn pictures() -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("viewer");
    fs::create_dir_all(&dir).unwrap();
    dir
}

#[expect(clippy::disallowed_methods, reason = "pictures for people to look at")]
pub(super) async fn picture(browser: &Browser, name: &str) {
    let arguments = json!({ "format": "png", "captureBeyondViewport": true });
    let shot = browser.devtools("Page.captureScreenshot", arguments).await;
    let png = BASE64_STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
    fs::write(pictures().join(format!("{name}.png")), png).unwrap();
}

/// What is wrong with a page as it stands.
pub(super) const WRONG: &str = include_str!("../../browser/faults.js");

/// Goes through a page with the Tab key alone: each control is reached, and wherever the focus stops it is seen.
async fn goes_by_keyboard(browser: &Browser, name: &str) {
    const BEGIN: &str = "
        const all = document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\"0\"]');
        const chosen = (one) => one.type !== 'radio' || one.checked || !document.querySelector(`input[name=${one.name}]:checked`);
        window.unreached = new Set([...all].filter((one) => one.getClientRects().length && !one.disabled && chosen(one)));
        scrollTo(0, 0);
        document.activeElement.blur();
        return window.unreached.size;";
    const STOP: &str = "
        const one = document.activeElement;
        if (one === document.body || one === document.documentElement) return 'outside';
        const style = getComputedStyle(one), box = one.getBoundingClientRect();
        const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
        const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        const [x, y] = [Math.max(1, box.left) + Math.min(box.right, innerWidth - 1), Math.max(1, box.top) + Math.min(box.bottom, innerHeight - 1)];
        const there = document.elementFromPoint(x / 2, y / 2);
        const open = there && (one.contains(there) || there.contains(one));
        if (!inside || !ring || !open) return one.outerHTML.slice(0, 200) + [inside, ring, open];
        window.unreached.delete(one);
        return '';";
    let controls = browser.run(BEGIN, json!([])).await.as_u64().unwrap();
    assert!(controls > 5, "{name}: {controls} controls");
    for _ in 0..controls + 5 {
        browser.press(driver::TAB).await;
        let stop = browser.run(STOP, json!([])).await;
        assert!(stop == json!("") || stop == json!("outside"), "{name}: the focus is not seen on {stop}");
    }
    let unreached = "return [...window.unreached].map((one) => one.outerHTML.slice(0, 200))";
    assert_eq!(browser.run(unreached, json!([])).await, json!([]), "{name}: the keyboard does not get there");
}

pub(super) async fn wait_for(browser: &Browser, script: &str) {
    for _ in 0..200 {
        if browser.run(script, json!([])).await == json!(true) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("never came: {script}");
}

#[tokio::test]
async fn the_pages_hold_in_a_browser() {
    let Some(browser) = Browser::start().await else {
        println!("skipped: no Chromium with chromedriver");
        return;
    };
    let (ward, stop, _dir) = served().await;
    let lead = ward.sign_in(person("Sister Siân Okonkwo-Featherstone", Role::Lead, TEAM));
    let origin = format!("https://{}", ward.host);
    has(&browser, &ward, &lead.cookie).await;
    let photos = ward.photos().await;
    let (photo, other) = (&photos[1], &photos[2]);
    let pages = [
        ("list", "/lists/tissue?which=all".to_owned()),
        ("search", "/search".to_owned()),
        ("patient", format!("/patients/{}", photo.patient.unwrap())),
        ("photo", format!("/photos/{}", photo.handle)),
        ("compare", format!("/compare?first={}&second={}", photo.handle, other.handle)),
        ("record", format!("/photos/{}/record", photo.handle)),
        ("proof", format!("/photos/{}/proof", photo.handle)),
        ("looks", format!("/photos/{}/looks", photo.handle)),
        ("amend", format!("/photos/{}/amend", photo.handle)),
        ("amend-patient", format!("/photos/{}/amend?what=patient", photo.handle)),
        ("amend-notes", format!("/photos/{}/amend?what=notes", photo.handle)),
        ("haste", format!("/patients/{}/haste", photo.patient.unwrap())),
        ("hastes", "/hastes".to_owned()),
    ];
    let nurse = ward.sign_in(person("Nurse Elsewhere", Role::Viewer, "other"));
    let why = [("code", "emergency"), ("words", "Bleeding again, and the ward is closed\r\nsince noon")];
    let opened = nurse.post(&format!("/patients/{}/haste", photo.patient.unwrap()), &why).await;
    assert!(opened.status.is_redirection());
    for (name, address) in &pages {
        for (width, scheme) in [(1280, "light"), (320, "dark"), (320, "light"), (1280, "dark")] {
            browser.look(width, scheme).await;
            browser.open(&format!("{origin}{address}")).await;
            if address.contains("compare") || *name == "photo" {
                wait_for(&browser, "return !!document.querySelector('canvas') && !document.querySelector('.controls').hidden").await;
            }
            let wrong = browser.run(WRONG, json!([])).await;
            assert_eq!(wrong, json!([]), "{name} at {width}, {scheme}");
            picture(&browser, &format!("{name}-{width}-{scheme}")).await;
        }
        if matches!(*name, "list" | "photo" | "compare" | "amend-patient") {
            goes_by_keyboard(&browser, name).await;
        }
        browser.run("document.documentElement.style.fontSize = '200%'; return 0", json!([])).await;
        let wrong = browser.run(WRONG, json!([])).await;
        assert_eq!(wrong, json!([]), "{name} with text of 200 %");
    }
    has(&browser, &ward, &nurse.cookie).await;
    for (name, address) in pages.iter().filter(|(name, _)| matches!(*name, "patient" | "photo" | "compare")) {
        for (width, scheme) in [(1280, "light"), (320, "dark")] {
            browser.look(width, scheme).await;
            browser.open(&format!("{origin}{address}")).await;
            let red =
                "return document.querySelector('.haste').textContent.startsWith('You are looking at this')";
            wait_for(&browser, red).await;
            assert_eq!(
                browser.run(WRONG, json!([])).await,
                json!([]),
                "{name} in haste at {width}, {scheme}"
            );
            picture(&browser, &format!("{name}-in-haste-{width}-{scheme}")).await;
        }
    }
    let cousin = ward.sign_in(person("Wilhelmina FEATHERSTONEHAUGH", Role::Viewer, TEAM));
    cousin.get(&pages[3].1).await;
    let admin = ward.sign_in(person("Adam Administrator", Role::Administrator, TEAM));
    let id = person("Nora Newcomer", Role::Viewer, TEAM).id.0;
    let why = ("reason", "She joins the ward for the winter, until her own team has its photos here");
    for role in [("role", "auditor"), ("role", "governance")] {
        admin.post("/people/roles/give", &[("person", &id), role, why, ("until", "2027-03-31")]).await;
    }
    let teams = ("teams", "tissue\nWARD 4");
    let given = admin.post("/people/roles/give", &[("person", &id), ("role", "viewer"), teams, why]).await;
    assert!(given.status.is_redirection());
    let witness = ward.office.outside.clone().unwrap();
    assert!(
        witness.show(&ward.office.log, ward.office.dir.path()).await.is_err(),
        "its refusal is on the page"
    );
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let it = ward.sign_in(person("Iris Technician", Role::It, TEAM));
    let take = format!("/people/roles/take?person={id}&role=viewer&team=tissue");
    for (name, address, cookie) in [
        ("governance", "/governance", &officer.cookie),
        ("roles", "/people/roles", &admin.cookie),
        ("roles-give", "/people/roles/give", &admin.cookie),
        ("roles-take", &take, &admin.cookie),
        ("policies", "/people/policies", &admin.cookie),
        ("phones", "/phones", &it.cookie),
    ] {
        has(&browser, &ward, cookie).await;
        for (width, scheme) in [(1280, "light"), (320, "dark")] {
            browser.look(width, scheme).await;
            browser.open(&format!("{origin}{address}")).await;
            assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "{name} at {width}, {scheme}");
            picture(&browser, &format!("{name}-{width}-{scheme}")).await;
        }
        browser.run("document.documentElement.style.fontSize = '200%'; return 0", json!([])).await;
        assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "{name} with text of 200 %");
    }
    leaked(&ward, &browser).await;
    keeping(&ward, &browser).await;
    gone_wrong(&ward, &browser).await;
    drop(stop);
    ward.end().await;
}

/// Pictures that got out, chosen and sent by the browser itself: one that names somebody, one that names nobody, and no picture.
async fn leaked(ward: &Ward, browser: &Browser) {
    let nurse = ward.sign_in(person("Nurse Siân Okonkwo-Featherstone", Role::Viewer, TEAM));
    let page = nurse.get(&format!("/photos/{}", ward.photos().await[1].handle)).await.text();
    let showing = page.split("data-shown=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let view = nurse.get(&format!("/shown/{showing}?screen=1600")).await.body;
    let dir = tempfile::tempdir().unwrap();
    let names = ["Sent to the ward's WhatsApp group on Friday \"evening\".jpg", "plain.jpg", "letter.jpg"];
    let bytes: [&[u8]; 3] = [&view, &drawn(800, 600), b"no picture"];
    let paths = names.map(|name| dir.path().join(name));
    for (path, bytes) in paths.iter().zip(bytes) {
        std::io::Write::write_all(&mut fs::File::create(path).unwrap(), bytes).unwrap();
    }
    let chosen = paths.map(|path| path.display().to_string()).join("\n");
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let origin = format!("https://{}", ward.host);
    has(browser, ward, &officer.cookie).await;
    for name in ["leaks", "leaks-found"] {
        browser.open(&format!("{origin}/leaks")).await;
        if name == "leaks-found" {
            let field = json!({ "using": "css selector", "value": "input[type=file]" });
            let field = browser.post("/element", field).await;
            let field = field.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
            browser.post(&format!("/element/{field}/value"), json!({ "text": chosen })).await;
            browser.run("document.querySelector('main button.main').click(); return 0", json!([])).await;
            wait_for(browser, "return document.querySelectorAll('ul.cards > li').length === 3").await;
            let text = browser.run("return document.body.textContent", json!([])).await;
            let text = text.as_str().unwrap();
            assert!(
                text.contains("Nurse Siân Okonkwo-Featherstone") && text.contains("The keyed check agrees"),
                "{text}"
            );
            assert!(text.contains("Nobody is named") && text.contains("Not read"), "{text}");
        }
        for (width, scheme) in [(1280, "light"), (320, "dark"), (320, "light"), (1280, "dark")] {
            browser.look(width, scheme).await;
            assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "{name} at {width}, {scheme}");
            picture(browser, &format!("{name}-{width}-{scheme}")).await;
        }
        browser.run("document.documentElement.style.fontSize = '200%'; return 0", json!([])).await;
        assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "{name} with text of 200 %");
    }
}

/// What governance keeps, erases and has everybody read, two days later.
async fn keeping(ward: &Ward, browser: &Browser) {
    ward.hospital.clock.advance(jiff::SignedDuration::from_hours(48));
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let lead = ward.sign_in(person("Sister Siân Okonkwo-Featherstone", Role::Lead, TEAM));
    let photos = ward.photos().await;
    let at = |photo: usize, page: &str| format!("/photos/{}/{page}", photos[photo].handle);
    let wish = [
        ("ground", "patient_request"),
        ("asker", "The patient's daughter, who holds power of attorney"),
        ("words", "She was asked when she could not answer, and wants none of it kept"),
    ];
    assert!(lead.post(&at(1, "keeping"), &wish).await.status.is_redirection());
    let why = [("words", "Case 4711 of the county court, until judgement")];
    assert!(officer.post(&at(2, "hold"), &why).await.status.is_redirection());
    let rules = ("text", "{\n  \"v\": 1,\n  \"otherwise\": { \"days\": 1 }\n}\n");
    assert!(officer.post("/keeping/rules", &[rules]).await.status.is_redirection());
    let sha256 = gauze_wire::Digest::of(b"the document");
    let register = format!(
        r#"{{"v":1,"documents":[{{"title":"Photography of wounds: policy for all wards and the community","owner":"Information governance, ig@hospital.test",
            "version":"2.1","review_by":"2026-11-20","link":"https://intranet.hospital.test/documents/governance/photography-of-wounds-2.1.pdf","sha256":"{sha256}"}}],
            "notices":[{{"code":"privacy","version":3,"title":"Photos are part of the record",
            "words":"Look at your own patients' photos only.\nEach look is written down with your name.\nAsk before you take a photo, and say what it is for."}}]}}"#
    );
    assert!(officer.post("/documents/register", &[("text", &register)]).await.status.is_redirection());
    let erased = ward.sign_in(person("Officer Second", Role::Governance, TEAM));
    let own = [("code", "privacy"), ("version", "3"), ("next", "/")];
    for somebody in [&officer, &lead, &erased] {
        somebody.post("/notices", &own).await;
    }
    assert!(
        erased.post("/keeping", &[("photo", &photos[3].handle.to_string())]).await.status.is_redirection()
    );
    let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
    for (name, address, cookie) in [
        ("keeping", "/keeping".to_owned(), &officer.cookie),
        ("keeping-rules", "/keeping/rules".to_owned(), &officer.cookie),
        ("keeping-asked", at(1, "keeping"), &officer.cookie),
        ("keeping-held", at(2, "keeping"), &officer.cookie),
        ("keeping-lead", at(0, "keeping"), &lead.cookie),
        ("photo-held", format!("/photos/{}", photos[2].handle), &lead.cookie),
        ("documents", "/documents".to_owned(), &officer.cookie),
        ("documents-register", "/documents/register".to_owned(), &officer.cookie),
        ("notices", format!("/photos/{}", photos[0].handle), &nurse.cookie),
    ] {
        let origin = format!("https://{}", ward.host);
        has(browser, ward, cookie).await;
        for (width, scheme) in [(1280, "light"), (320, "dark")] {
            browser.look(width, scheme).await;
            browser.open(&format!("{origin}{address}")).await;
            assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "{name} at {width}, {scheme}");
            picture(browser, &format!("{name}-{width}-{scheme}")).await;
        }
        browser.run("document.documentElement.style.fontSize = '200%'; return 0", json!([])).await;
        assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "{name} with text of 200 %");
    }
}

/// What went wrong: one late case, one that runs, near misses, and each page of the late one.
async fn gone_wrong(ward: &Ward, browser: &Browser) {
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let nurse = ward.sign_in(person("Nurse Siân Okonkwo-Featherstone", Role::Viewer, TEAM));
    for somebody in [&officer, &nurse] {
        somebody.post("/notices", &[("code", "privacy"), ("version", "3"), ("next", "/")]).await;
    }
    let late = reported(&nurse, ward, "breach", 75).await;
    reported(&nurse, ward, "breach", 30).await;
    reported(&nurse, ward, "near_miss", 5).await;
    let photo = ward.photos().await[0].capture_id.to_string();
    let phone = Phone::new(1).id().to_string();
    for form in [
        &[("step", "own")][..],
        &[("step", "photo"), ("photo", &photo)],
        &[("step", "phone"), ("phone", &phone)],
        &[
            ("step", "task"),
            ("who", "Sister Siân Okonkwo-Featherstone"),
            ("words", "Ask who was in the lift\nbetween noon and two"),
        ],
        &[
            ("step", "decide"),
            ("decision", "not_reportable"),
            ("words", "It lay face down, and the porter brought it at once"),
        ],
        &[("step", "decide"), ("decision", "reportable"), ("words", "A visitor had read it aloud")],
    ] {
        assert!(step(&officer, late, form).await.status.is_redirection());
    }
    for (name, address, cookie) in [
        ("report", "/report".to_owned(), &nurse.cookie),
        ("reported", format!("/report?number={late}"), &nurse.cookie),
        ("cases", "/cases".to_owned(), &officer.cookie),
        ("case", format!("/cases/{late}"), &officer.cookie),
        ("case-form", format!("/cases/{late}/form"), &officer.cookie),
        ("case-evidence", format!("/cases/{late}/evidence"), &officer.cookie),
    ] {
        let origin = format!("https://{}", ward.host);
        has(browser, ward, cookie).await;
        for (width, scheme) in [(1280, "light"), (320, "dark")] {
            browser.look(width, scheme).await;
            browser.open(&format!("{origin}{address}")).await;
            assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "{name} at {width}, {scheme}");
            picture(browser, &format!("{name}-{width}-{scheme}")).await;
        }
        browser.run("document.documentElement.style.fontSize = '200%'; return 0", json!([])).await;
        assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "{name} with text of 200 %");
    }
}

#[tokio::test]
async fn a_photo_is_zoomed_to_its_last_pixel_by_keys_alone() {
    let Some(browser) = Browser::start().await else {
        println!("skipped: no Chromium with chromedriver");
        return;
    };
    let (ward, stop, _dir) = served().await;
    let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
    let origin = format!("https://{}", ward.host);
    has(&browser, &ward, &nurse.cookie).await;
    browser.look(800, "light").await;
    browser.open(&format!("{origin}/photos/{}", ward.photos().await[1].handle)).await;
    wait_for(&browser, "return !!document.querySelector('canvas')").await;
    browser.run("document.querySelector('canvas').focus(); return 0", json!([])).await;
    let told = "return document.querySelector('[data-told]').textContent";
    let whole = browser.run(told, json!([])).await;
    browser.press("1").await;
    assert_eq!(browser.run(told, json!([])).await, json!("100 %"));
    let tiles = "return performance.getEntriesByType('resource').some((one) => /\\/shown\\/[0-9a-f]+\\/0\\//.test(one.name))";
    wait_for(&browser, tiles).await;
    browser.press("0").await;
    assert_eq!(browser.run(told, json!([])).await, whole);
    let kept: Value =
        browser.run("return [localStorage.length, sessionStorage.length, document.cookie]", json!([])).await;
    assert_eq!(kept, json!([0, 0, ""]));

    // Where no picture comes, its place says why.
    let address = format!("{origin}/photos/{}", ward.photos().await[1].handle);
    for (status, words) in [(422, "undrawn"), (500, "failed")] {
        let answer = format!("window.fetch = async () => new Response('', {{ status: {status} }});");
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": answer })).await;
        browser.open(&address).await;
        let told = format!(
            "const told = document.querySelector('.stage [role=alert]');
             return !!told && told.textContent === told.parentElement.dataset.{words}"
        );
        wait_for(&browser, &told).await;
        assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "{status}");
    }
    drop(stop);
    ward.end().await;
}

/// What a person's own computer makes of the page they look at, in the sizes and kinds that such files have.
#[tokio::test]
async fn a_screenshot_of_the_viewer_names_whose_view_it_was() {
    let Some(browser) = Browser::start().await else {
        println!("skipped: no Chromium with chromedriver");
        return;
    };
    let (ward, stop, _dir) = served().await;
    let origin = format!("https://{}", ward.host);
    let photo = ward.photos().await[1].clone();
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let (mut small, mut read) = (0, 0);
    for (view, ratio) in [1, 1, 2, 3].into_iter().enumerate() {
        let name = format!("Nurse Screen {view}");
        let nurse = ward.sign_in(person(&name, Role::Viewer, TEAM));
        has(&browser, &ward, &nurse.cookie).await;
        let metrics = json!({ "width": 1280, "height": 900, "deviceScaleFactor": ratio, "mobile": false });
        browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        browser.open(&format!("{origin}/photos/{}", photo.handle)).await;
        wait_for(
            &browser,
            "return !!document.querySelector('canvas') && !document.querySelector('.controls').hidden",
        )
        .await;
        for shot in [
            json!({ "format": "png" }),
            json!({ "format": "webp", "quality": 75 }),
            json!({ "format": "jpeg", "quality": 60 }),
        ] {
            let (how, lossless) = (format!("{shot} of {ratio}"), shot["format"] == "png");
            let shot = browser.devtools("Page.captureScreenshot", shot).await;
            let shot = BASE64_STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
            let reference = photo.capture_id.to_string();
            // With the original the weights of a small view may name nobody: then the mark alone does.
            let references = if ratio == 1 { vec!["", &reference] } else { vec![""] };
            for reference in references {
                let told = officer.upload("/leaks", &[("photo", reference)], &[("leak", &shot)]).await.text();
                let named: Vec<_> =
                    (0..4).filter(|one| told.contains(&format!("Nurse Screen {one}"))).collect();
                // The keys are other ones in each run: the smallest views, compressed, name their readers most times.
                if ratio == 1 && !lossless {
                    (small, read) = (small + 1, read + named.len());
                }
                if ratio > 1 || lossless || !named.is_empty() {
                    assert_eq!(named, [view], "{how}, {reference}: {told}");
                }
            }
        }
    }
    assert!(small == 8 && 2 * read >= small, "{read} of {small} small ones");
    drop(stop);
    ward.end().await;
}
