//! The console in a real Chromium: by keyboard alone, narrow and wide, light and dark.
#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

mod driver;
mod pictures;

use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use gauze_gateway::admin::ReportEntered;
use gauze_gateway::console_router;
use gauze_wire::{Deed, DeviceId, DeviceStatus, Happened, Policy, ProposalId, Wanted};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::fixture::{Gateway, Hospital, Phone, by, put_file};
use driver::{Browser, DOWN, ENTER, TAB};
use pictures::Pictures;

/// A console that listens, and a browser before it.
struct Desk {
    browser: Browser,
    base: String,
    _stop: oneshot::Sender<()>,
}

impl Desk {
    async fn of(gateway: &Gateway, hospital: &Hospital) -> Option<Self> {
        let Some(browser) = Browser::start().await else {
            println!("skipped: chromedriver not found");
            return None;
        };
        let (base, stop) = console(gateway, hospital).await;
        Some(Self { browser, base, _stop: stop })
    }

    /// Sends the form that is open with these fields, as a script fills them in, and waits for what comes.
    async fn send(&self, fields: &Value) {
        const SEND: &str = "for (const [name, value] of Object.entries(arguments[0]))
                document.querySelector(`main form [name=${name}]`).value = value;
            window.old = true;
            document.querySelector('main form[method=post]').submit();";
        self.browser.run(SEND, json!([fields])).await;
        self.arrives("the form").await;
    }

    async fn arrives(&self, behind: &str) {
        for _ in 0..1000 {
            let ready = "return !window.old && document.readyState === 'complete'";
            if self.browser.run(ready, json!([])).await == json!(true) {
                return;
            }
        }
        panic!("nothing opened behind {behind}");
    }

    async fn open(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.base)).await;
    }

    async fn path(&self) -> String {
        let path = self.browser.run("return location.pathname", json!([])).await;
        path.as_str().unwrap().to_owned()
    }

    async fn text(&self) -> String {
        let text = self.browser.run("return document.body.innerText", json!([])).await;
        text.as_str().unwrap().to_owned()
    }

    /// Presses Tab until what `selector` names has the focus. Wherever the focus stops, it must be seen.
    async fn tab_to(&self, selector: &str) {
        const STOP: &str = "const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
            const seen = r.width > 0 && r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth;
            const ring = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2;
            return { there: e.matches(arguments[0]), seen: seen && ring, what: e.outerHTML.slice(0, 200) };";
        for _ in 0..40 {
            self.browser.press(TAB).await;
            let stop = self.browser.run(STOP, json!([selector])).await;
            assert_eq!(stop["seen"], json!(true), "the focus is not seen on {}", stop["what"]);
            if stop["there"] == json!(true) {
                return;
            }
        }
        panic!("the keyboard does not reach {selector} on {}", self.path().await);
    }

    /// Follows a link or presses a button with the keyboard, to another page.
    async fn follow(&self, selector: &str) {
        self.tab_to(selector).await;
        self.browser.run("window.old = true", json!([])).await;
        self.browser.press(ENTER).await;
        self.arrives(selector).await;
    }

    async fn fill(&self, selector: &str, text: &str) {
        self.tab_to(selector).await;
        self.browser.press(text).await;
    }
}

/// A console that listens, until its other half is dropped.
async fn console(gateway: &Gateway, hospital: &Hospital) -> (String, oneshot::Sender<()>) {
    // Not `serve_console`: it goes by the system's clock, the hospital by its own.
    let router = console_router(gateway.admin(hospital).await, Some("helpdesk-7")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let stopped = async { drop(stopped.await) };
        axum::serve(listener, router).with_graceful_shutdown(stopped).await.unwrap();
    });
    (base, stop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_phone_and_a_token_take_no_mouse() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let Some(desk) = Desk::of(&gateway, &hospital).await else { return };
    let phone = Phone::enrolled(&gateway, &hospital).await;
    phone.hears(&gateway, 3, 2).await;
    let (id, short) = (phone.id(), phone.id().as_str()[..8].to_owned());

    desk.open("/").await;
    desk.follow(&format!("a[href='/devices/{id}']")).await;
    desk.follow("a.danger").await;
    desk.fill("#reason", "left in a taxi").await;
    desk.tab_to("input[name=photos]").await;
    desk.browser.press(DOWN).await;
    desk.fill("#confirm", &short).await;
    desk.follow("button.danger").await;
    assert_eq!(desk.path().await, format!("/devices/{id}/lost"));
    let report = desk.text().await;
    assert!(report.contains("Revoked") && report.contains("left in a taxi"), "{report}");
    let admin = gateway.admin(&hospital).await;
    let story = admin.device(&id).await.unwrap();
    assert_eq!(story.device.status, DeviceStatus::Revoked);
    assert!(report.contains("an order to wipe it and destroy its sealed photos"), "{report}");

    desk.follow("a[href='/tokens']").await;
    desk.fill("#reason", "ward 9").await;
    desk.fill("#serial", "R5CT1").await;
    desk.follow("main form button").await;
    assert!(desk.text().await.contains("waits for the hospital"));
    let asked = admin.tokens(None, 1).await.unwrap().remove(0).proposal;
    let Wanted::Token { hours: 24, serial: Some(serial) } = &asked.wanted else { panic!("another wish") };
    assert_eq!(serial.as_str(), "R5CT1");
    hospital.approve(&gateway, &asked).await;
    desk.open(&format!("/tokens/{}", asked.proposal_id)).await;
    let drawn = "const r = document.querySelector('.qr svg').getBoundingClientRect(); return r.width >= 200;";
    assert_eq!(desk.browser.run(drawn, json!([])).await, json!(true));
}

/// Pages behind a form that is sent with a mistake in it.
const REFUSED: &str = "refused-form";
const REFUSED_FINAL: &str = "refused-final-form";
const REFUSED_REPORT: &str = "refused-report";

/// One report that the hospital has, and one that waits for it.
async fn reported(gateway: &Gateway, hospital: &Hospital) {
    let admin = gateway.admin(hospital).await;
    let [handed, waits] = [admin.report_id().unwrap(), admin.report_id().unwrap()];
    let entered = |report_id| ReportEntered {
        report_id,
        kind: Happened::Breach,
        what: "A phone lay in the lift",
        whose: "Ward 9",
        phone: "",
        day: "2026-11-23",
        time: "",
    };
    admin.report(&entered(&handed), "helpdesk-7").await.unwrap();
    let note = hospital.witness.cosign(&hospital.log(gateway).await.checkpoint, gateway.now()).unwrap();
    hospital.tell(gateway, "cosignatures", note.into()).await.expect(204);
    admin.report(&entered(&waits), "Blessing Okonkwo-Featherstonehaugh, night desk").await.unwrap();
}

/// Everything in a page that is too wide, too faint, or has no name.
const FAULTS: &str = "
    const faults = [...document.querySelectorAll('link[rel=stylesheet]')].filter(l => !l.sheet).map(l => 'did not come: ' + l.href);
    const wide = document.documentElement.scrollWidth;
    if (wide > innerWidth) faults.push('the page is ' + wide + ' wide');
    const light = c => { const [r, g, b] = c.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const parts = text => text.match(/[0-9.]+/g).map(Number);
    const ground = e => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor);
        if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
    for (const e of document.querySelectorAll('body *')) {
        const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
        if (!own || !e.getClientRects().length) continue;
        const [a, b] = [light(parts(getComputedStyle(e).color).slice(0, 3)), light(ground(e))].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 4.5) faults.push('faint: ' + e.outerHTML.slice(0, 120));
    }
    for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
        if (!e.labels.length) faults.push('no label: ' + e.outerHTML.slice(0, 120));
    for (const e of document.querySelectorAll('a, button'))
        if (!e.innerText.trim()) faults.push('no name: ' + e.outerHTML.slice(0, 120));
    if (document.querySelectorAll('h1').length !== 1) faults.push('not one heading');
    if (!document.documentElement.lang || !document.title) faults.push('no language or title');
    return faults;";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_a_narrow_window_and_can_be_read_in_light_and_dark() {
    let hospital = Hospital::ward();
    let gateway = Gateway::under(&hospital, &Policy { stated_serials: true, ..hospital.policy(1) }).await;
    let Some(desk) = Desk::of(&gateway, &hospital).await else { return };
    let admin = gateway.admin(&hospital).await;
    let early = Gateway::without_policy(&hospital).await;
    let (empty, _stop) = console(&early, &hospital).await;
    let ends = gateway.now() + jiff::SignedDuration::from_hours(24 * 12);
    put_file(&gateway.at("certificate.until"), format!("{ends}\n").as_bytes());
    let of_list = hospital.gives_list(&gateway, 1, &["SN-1", "SN-2", "SN-3"], true).await.unwrap();
    let [kept, sold] = [Phone::new(&hospital), Phone::new(&hospital)];
    kept.enrols_as(&gateway, &hospital, (of_list.clone(), "SN-1")).await;
    sold.enrols_as(&gateway, &hospital, (of_list, "SN-2")).await;
    hospital.gives_list(&gateway, 2, &["SN-1", "SN-3"], false).await;
    let (phone, lost) =
        (Phone::enrolled(&gateway, &hospital).await, Phone::enrolled(&gateway, &hospital).await);
    lost.hears(&gateway, 3, 2).await;
    admin.suspend(&phone.id(), &by("not seen since Monday")).await.unwrap();
    admin.lost(&lost.id(), gauze_wire::Photos::Keep, &by("left in a taxi")).await.unwrap();
    let token = admin.request_token(24, None, &by("ward 9")).await.unwrap();
    hospital.approve(&gateway, &token).await;
    let used = admin
        .request_token(24, None, &by("Ward 12, the camera of the tissue viability nurses"))
        .await
        .unwrap();
    let used = hospital.approve(&gateway, &used).await;
    let silent = Phone::new(&hospital).enrolled_for(&gateway, &hospital, (used, "R58M41ABCDE")).await;
    admin.lost(&silent, gauze_wire::Photos::Keep, &by("not seen since the move")).await.unwrap();
    let before = Phone::enrolled(&gateway, &hospital).await;
    before.hears(&gateway, 16, 2).await;
    let claimed = Phone::enrolled_claiming(&before, &gateway, &hospital).await.id();
    let waiting = admin.request_token(8, None, &by("Ward 3, a phone to try")).await.unwrap().proposal_id;
    reported(&gateway, &hospital).await;
    let (phone, lost, token) = (phone.id(), lost.id(), token.proposal_id);
    let (before, kept, sold) = (before.id(), kept.id(), sold.id());
    for (id, serial) in
        [(&phone, "SN-031007"), (&lost, "SN-031008"), (&before, "SN-031009"), (&claimed, "SN-031010")]
    {
        let named = sqlx::query("UPDATE device SET serial = ? WHERE device_id = ?");
        named.bind(serial).bind(id.as_str()).execute(&gateway.sqlite().await).await.unwrap();
    }
    let pages = [
        ("phones", "/devices".to_owned()),
        ("nothing-found", "/devices?q=none".to_owned()),
        ("phone", format!("/devices/{phone}")),
        ("resume", format!("/devices/{phone}/resume")),
        ("wipe", format!("/devices/{phone}/wipe")),
        ("lost", format!("/devices/{phone}/lost")),
        ("lost-report", format!("/devices/{lost}/lost")),
        ("unflag", format!("/devices/{lost}/unflag")),
        ("tokens", "/tokens".to_owned()),
        ("token", format!("/tokens/{token}")),
        ("policy", "/policy".to_owned()),
        ("silent-report", format!("/devices/{silent}/lost")),
        ("suspend", format!("/devices/{claimed}/suspend")),
        ("revoke", format!("/devices/{claimed}/revoke")),
        ("succeed", format!("/devices/{claimed}/succeed")),
        ("claimed", format!("/devices/{claimed}")),
        ("replaced", format!("/devices/{before}")),
        ("filtered", "/devices?sort=ward&current=1&unsent=1".to_owned()),
        ("inventory-filled", "/inventory".to_owned()),
        ("no-page", "/nowhere".to_owned()),
        ("waiting-token", format!("/tokens/{waiting}")),
        ("retired", format!("/devices/{sold}")),
        ("report", format!("/report?phone={lost}")),
        (REFUSED_REPORT, "/report".to_owned()),
        (REFUSED, "/tokens".to_owned()),
        (REFUSED_FINAL, format!("/devices/{claimed}/lost")),
    ];
    let pages = pages.map(|(name, path)| (name, format!("{}{path}", desk.base)));
    let first =
        ["/devices", "/policy", "/inventory", "/tokens", "/report"].map(|path| format!("{empty}{path}"));
    let pages = pages
        .into_iter()
        .chain(["no-phone", "no-policy", "inventory", "no-token", "no-report"].into_iter().zip(first));
    let pages: Vec<_> = pages.collect();
    let mut proposals = Vec::new();
    for id in [&lost, &silent] {
        for act in admin.device(id).await.unwrap().acts {
            if let Deed::Propose { proposal_id, .. } = act.deed {
                proposals.push(proposal_id);
            }
        }
    }
    let tokens = admin.tokens(None, 50).await.unwrap();
    let mut ids: Vec<&str> =
        [&phone, &lost, &silent, &before, &claimed, &kept, &sold].map(DeviceId::as_str).into();
    ids.extend(proposals.iter().map(ProposalId::as_str));
    ids.extend(tokens.iter().map(|token| token.proposal.proposal_id.as_str()));
    desk.open("/devices").await;
    let mut pictures = Pictures::of(&desk.browser, &ids).await;
    // 640 is a window of 1280 at twice the size; 320 is what WCAG 2.2 asks for (1.4.10).
    for (width, scheme) in
        [(1280, "light"), (1280, "dark"), (640, "light"), (360, "light"), (360, "dark"), (320, "dark")]
    {
        desk.browser.look(width, scheme).await;
        for (name, path) in &pages {
            desk.browser.open(path).await;
            match *name {
                REFUSED => {
                    desk.send(&json!({ "reason": "ward 9", "serial": "R58M41ABCDE", "hours": "99" })).await
                }
                REFUSED_FINAL => {
                    desk.send(&json!({ "reason": "left in a taxi", "confirm": "somebody" })).await
                }
                REFUSED_REPORT => {
                    desk.send(&json!({ "what": "A phone lay in the lift", "whose": "Ward 9", "time": "9" }))
                        .await
                }
                _ => {}
            }
            let faults = desk.browser.run(FAULTS, json!([])).await;
            assert_eq!(faults, json!([]), "{path}, {width} wide, {scheme}");
            keep_picture(&desk.browser, &format!("{name}-{width}-{scheme}.png")).await;
            if [1280, 360].contains(&width) {
                pictures.look(&desk.browser, &format!("{name}-{width}-{scheme}")).await;
            }
        }
    }
    pictures.agree();
}

/// For whoever wants to look: a picture of the whole page in `GAUZE_SCREENSHOTS`.
async fn keep_picture(browser: &Browser, name: &str) {
    let Some(dir) = std::env::var_os("GAUZE_SCREENSHOTS").map(PathBuf::from) else { return };
    let whole = json!({ "captureBeyondViewport": true });
    let picture: Value = browser.devtools("Page.captureScreenshot", whole).await;
    put_file(&dir.join(name), &BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap());
}
