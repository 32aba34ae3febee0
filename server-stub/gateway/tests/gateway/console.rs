//! The console's pages: what the help desk sees and may do, and who is kept out.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, request};
use gauze_gateway::admin::Admin;
use gauze_gateway::{ConsoleError, ConsoleOptions, DeviceSearch, console_router, serve_console};
use gauze_wire::{
    Decisions, DeviceStatus, Inventory, InventoryGiven, Jws, Photos, Serial, Signed as _, SoftwareKey, Token,
    Wanted,
};

use crate::fixture::{Gateway, Hospital, Phone, Reply, ask, by};

const HERE: &str = "127.0.0.1:8480";

/// A browser on the same machine.
pub struct Browser {
    router: Router,
}

impl Browser {
    pub async fn of(gateway: &Gateway, hospital: &Hospital) -> Self {
        Self::over(gateway.admin(hospital).await)
    }

    pub fn over(admin: Admin) -> Self {
        Self { router: console_router(admin, Some("helpdesk-7")).unwrap() }
    }

    pub async fn send(&self, request: request::Builder, body: &str) -> Reply {
        ask(self.router.clone(), request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub async fn open(&self, path: &str) -> String {
        let reply = self.send(Request::get(path).header("host", HERE), "").await;
        reply.expect(200);
        String::from_utf8(reply.body.to_vec()).unwrap()
    }

    /// A form as a browser sends it.
    pub fn form(path: &str) -> request::Builder {
        Request::post(path)
            .header("host", HERE)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
    }

    /// Fills in the form of `page` and sends it.
    pub async fn submit(&self, page: &str, fields: &str) -> Reply {
        let proof = self.proof(page).await;
        self.send(Self::form(page), &format!("proof={proof}&operator=helpdesk-7&{fields}")).await
    }

    pub async fn proof(&self, page: &str) -> String {
        let html = self.open(page).await;
        let (_, rest) = html.split_once(r#"name="proof" value=""#).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }
}

/// Where a form led to.
#[track_caller]
pub fn led_to(reply: &Reply) -> String {
    reply.expect(303);
    reply.field("location").to_owned()
}

#[tokio::test]
async fn a_lost_phone_is_shut_out_by_its_form_and_the_report_says_what_it_held() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    phone.hears(&gateway, 3, 2).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let page = format!("/devices/{}/lost", phone.id());
    assert!(browser.open("/devices").await.contains(&format!("/devices/{}", phone.id())));

    let wrong = browser.submit(&page, "reason=taxi&photos=keep&confirm=somebody").await;
    wrong.expect(400);
    assert!(String::from_utf8_lossy(&wrong.body).contains("not_confirmed"));
    let admin = gateway.admin(&hospital).await;
    assert_eq!(admin.device(&phone.id()).await.unwrap().device.status, DeviceStatus::Active);

    let short = &phone.id().as_str()[..8].to_owned();
    let reply = browser.submit(&page, &format!("reason=left+in+a+taxi&photos=keep&confirm={short}")).await;
    assert_eq!(led_to(&reply), page);
    let story = admin.device(&phone.id()).await.unwrap();
    assert_eq!((story.device.status, story.device.flags), (DeviceStatus::Revoked, vec!["lost".to_owned()]));
    let report = browser.open(&page).await;
    for told in ["waits for the hospital", "left in a taxi", "1 to 3", "helpdesk-7", "Revoked"] {
        assert!(report.contains(told), "{told}: {report}");
    }
}

#[tokio::test]
async fn each_change_of_a_phone_is_one_form() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let admin = gateway.admin(&hospital).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let device = format!("/devices/{}", phone.id());
    for (change, fields, status) in [
        ("suspend", "reason=missing", DeviceStatus::Suspended),
        ("resume", "reason=found", DeviceStatus::Active),
        ("wipe", "reason=sold&photos=destroy", DeviceStatus::Active),
        ("revoke", "reason=sold", DeviceStatus::Revoked),
    ] {
        let reply = browser.submit(&format!("{device}/{change}"), fields).await;
        assert_eq!(led_to(&reply), device);
        assert_eq!(admin.device(&phone.id()).await.unwrap().device.status, status, "{change}");
    }
    admin.lost(&phone.id(), Photos::Keep, &by("taxi")).await.unwrap();
    led_to(&browser.submit(&format!("{device}/unflag"), "reason=found&code=lost").await);
    assert!(admin.device(&phone.id()).await.unwrap().device.flags.is_empty());
    let story = browser.open(&device).await;
    for told in ["suspended", "resumed", "an order to wipe it and destroy", "flag taken away: lost"] {
        assert!(story.contains(told), "{told}");
    }
    assert!(story.contains("shut out for good") && !story.contains("still go out"), "{story}");
    let token = admin.device(&phone.id()).await.unwrap().device.token_id.unwrap();
    assert!(browser.open(&format!("/tokens/{token}")).await.contains("not requested here"));
    // For good means for good.
    let resumed = browser.submit(&format!("{device}/resume"), "reason=again").await;
    resumed.expect(409);
    assert!(String::from_utf8_lossy(&resumed.body).contains("device_revoked"));
}

#[tokio::test]
async fn a_token_is_asked_for_and_once_signed_shown_to_scan_and_to_paste() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let reply = browser.submit("/tokens", "reason=ward+9&serial=R5CT1&hours=8").await;
    let page = led_to(&reply);
    let waiting = browser.open(&page).await;
    assert!(waiting.contains("waits for the hospital") && !waiting.contains("<svg"));
    let asked = admin.tokens(None, 10).await.unwrap().remove(0).proposal;
    assert!(
        matches!(&asked.wanted, Wanted::Token { hours: 8, serial: Some(serial) } if serial.as_str() == "R5CT1")
    );

    let signed = hospital.approve(&gateway, &asked).await;
    let shown = browser.open(&page).await;
    assert!(
        shown.contains("<svg") && shown.contains(signed.as_str()) && shown.contains("Signed by the hospital")
    );
    browser.submit("/tokens", "reason=ward&serial=&hours=25").await.expect(400);
}

#[tokio::test]
async fn the_inventorys_page_counts_its_phones_and_shows_each_systems_text() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let browser = Browser::of(&gateway, &hospital).await;
    assert!(browser.open("/inventory").await.contains("no list of phones yet"));

    let now = gateway.now();
    let serials = ["A1", "B2"].map(|serial| Serial::read(serial).unwrap()).into();
    let tenant = hospital.tenant.clone();
    let list = Inventory { v: 1, typ: Inventory::TYP.into(), tenant, version: 1, issued_at: now, serials };
    let token = Token { v: 2, inventory: Some(1), ..hospital.token(now) };
    let sign = |list: &Inventory, token: &Token, key: &SoftwareKey| InventoryGiven {
        list: Jws::sign(list, key).unwrap(),
        token: Some(Jws::sign(token, key).unwrap()),
    };
    let give = async |inventory: InventoryGiven| {
        let body = Decisions { decisions: Vec::new(), inventory: Some(inventory) };
        hospital.tell(&gateway, "decisions", serde_json::to_vec(&body).unwrap()).await
    };
    give(sign(&list, &token, &hospital.records)).await.expect(422);
    give(sign(&list, &hospital.token(now), &hospital.policy_key)).await.expect(422);
    let given = sign(&list, &token, &hospital.policy_key);
    for _ in 0..2 {
        give(given.clone()).await.expect(204);
    }
    let shown = browser.open("/inventory").await;
    assert!(shown.contains("0 of 2 phones enrolled"), "{shown}");
    for told in
        ["Jamf Pro", "$SERIALNUMBER", "{{serialnumber}}", "managedProperty", "packageName", "--ca FILE"]
    {
        assert!(shown.contains(told), "{told}");
    }
    assert!(
        browser.open(&format!("/tokens/{}", token.token_id)).await.contains("signed inside the hospital")
    );

    // Neither a list without a token nor one with an older takes the newest away.
    let admin = gateway.admin(&hospital).await;
    let newest = async || admin.inventory().await.unwrap().unwrap().token_id;
    give(InventoryGiven { token: None, ..given.clone() }).await.expect(204);
    assert_eq!(newest().await.as_ref(), Some(&token.token_id));
    let newer = Token {
        v: 2,
        inventory: Some(1),
        issued_at: now + jiff::SignedDuration::from_secs(1),
        ..hospital.token(now)
    };
    for token in [&newer, &token] {
        give(sign(&list, token, &hospital.policy_key)).await.expect(204);
        assert_eq!(newest().await.as_ref(), Some(&newer.token_id));
    }

    // Another list of the same version, and one of the version before, change nothing.
    let other = Inventory { serials: Vec::new(), ..list.clone() };
    give(sign(&other, &token, &hospital.policy_key)).await.expect(422);
    let next = Inventory { version: 2, ..other };
    give(InventoryGiven { token: None, ..sign(&next, &token, &hospital.policy_key) }).await.expect(204);
    assert_eq!(newest().await.as_ref(), Some(&newer.token_id));
    give(given).await.expect(422);
    assert!(browser.open("/inventory").await.contains("0 of 0 phones enrolled"));
}

#[tokio::test]
async fn a_token_that_was_signed_while_a_clock_ran_ahead_keeps_no_newer_one_out() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let now = gateway.now();
    let tenant = hospital.tenant.clone();
    let list = Inventory {
        v: 1,
        typ: Inventory::TYP.into(),
        tenant,
        version: 1,
        issued_at: now,
        serials: Vec::new(),
    };
    let list = Jws::sign(&list, &hospital.policy_key).unwrap();
    let issued = |at| Token { v: 2, inventory: Some(1), ..hospital.token(at) };
    let give = async |token: Option<&Token>| {
        let token = token.map(|token| Jws::sign(token, &hospital.policy_key).unwrap());
        let given = InventoryGiven { list: list.clone(), token };
        let body = Decisions { decisions: Vec::new(), inventory: Some(given) };
        hospital.tell(&gateway, "decisions", serde_json::to_vec(&body).unwrap()).await.expect(204);
        gateway.admin(&hospital).await.inventory().await.unwrap().unwrap().token_id.unwrap()
    };
    let ahead = issued(now + jiff::SignedDuration::from_hours(48));
    assert_eq!(give(Some(&ahead)).await, ahead.token_id);
    assert_eq!(give(None).await, ahead.token_id, "a list alone takes none away");
    let right = issued(now);
    assert_eq!(give(Some(&right)).await, right.token_id);
    let older = issued(now - jiff::SignedDuration::from_hours(1));
    assert_eq!(give(Some(&older)).await, right.token_id);
}

#[tokio::test]
async fn older_tokens_are_a_page_further() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    for n in 0..60 {
        admin.request_token(1, None, &by(&format!("phone number {n}"))).await.unwrap();
    }
    let browser = Browser::of(&gateway, &hospital).await;
    let newest = browser.open("/tokens").await;
    assert!(newest.contains("phone number 59") && !newest.contains("phone number 9<"));
    let (_, rest) = newest.split_once("/tokens?before=").unwrap();
    let older = browser.open(&format!("/tokens?before={}", rest.split_once('"').unwrap().0)).await;
    assert!(older.contains("phone number 9<") && !older.contains("phone number 10<"));
    assert!(!older.contains("Older"));
}

#[tokio::test]
async fn a_policy_is_proposed_as_it_is_explained() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let in_force = admin.policy().await.unwrap().policy;
    let mut next = serde_json::to_value(&in_force).unwrap();
    next["version"] = (in_force.version + 1).into();
    next["keep_days"] = 9.into();
    let form = form_urlencoded(&next.to_string());
    assert_eq!(led_to(&browser.submit("/policy", &format!("reason=shorter&policy={form}")).await), "/policy");
    assert_eq!(admin.policy().await.unwrap().proposals.len(), 1);
    let page = browser.open("/policy").await;
    assert!(page.contains("waits for the hospital") && page.contains("Reason: shorter"));
    let same = form_urlencoded(&serde_json::to_string(&in_force).unwrap());
    let refused = browser.submit("/policy", &format!("reason=again&policy={same}")).await;
    refused.expect(400);
    assert!(String::from_utf8_lossy(&refused.body).contains("rollback"));
}

pub fn form_urlencoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_form_counts_only_from_a_page_of_this_console() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let admin = gateway.admin(&hospital).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let page = format!("/devices/{}/suspend", phone.id());
    let proof = browser.proof(&page).await;
    let good = format!("proof={proof}&operator=helpdesk-7&reason=x");
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let post = || Request::post(page.as_str()).header("host", HERE).header(kind.0, kind.1);
    for (request, body, what) in [
        (Browser::form(&page), "operator=helpdesk-7&reason=x".to_owned(), "no proof"),
        (Browser::form(&page), format!("proof={}&operator=h&reason=x", "A".repeat(43)), "another proof"),
        (post().header("sec-fetch-site", "cross-site"), good.clone(), "another site"),
        (post().header("sec-fetch-site", "same-site"), good.clone(), "another port"),
        (post().header("origin", "http://evil.example"), good.clone(), "another origin"),
        (post(), good.clone(), "no origin"),
    ] {
        let status = browser.send(request, &body).await.status.as_u16();
        assert!([400, 403].contains(&status), "{what}: {status}");
        assert_eq!(admin.device(&phone.id()).await.unwrap().device.status, DeviceStatus::Active, "{what}");
    }
    // A console that was started anew does not know the old form.
    let restarted = Browser::of(&gateway, &hospital).await;
    restarted.send(Browser::form(&page), &good).await.expect(403);
    led_to(&browser.send(Browser::form(&page), &good).await);
}

#[tokio::test]
async fn a_name_that_is_not_this_machine_reads_nothing() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let browser = Browser::of(&gateway, &hospital).await;
    for host in ["evil.example", "127.0.0.1.evil.example", "evil.example:8480", "[::2]:8480", ""] {
        let reply = browser.send(Request::get("/devices").header("host", host), "").await;
        reply.expect(421);
        assert!(!String::from_utf8_lossy(&reply.body).contains(phone.id().as_str()), "{host}");
    }
    browser.send(Request::get("/devices"), "").await.expect(421);
    for host in ["127.0.0.1", "localhost:8480", "[::1]:8480"] {
        browser.send(Request::get("/devices").header("host", host), "").await.expect(200);
    }
}

#[tokio::test]
async fn every_answer_tells_browsers_to_run_load_frame_and_keep_nothing() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let browser = Browser::of(&gateway, &hospital).await;
    for path in ["/devices", "/policy", "/tokens", "/console.css", "/nothing", "/devices/nobody"] {
        let reply = browser.send(Request::get(path).header("host", HERE), "").await;
        let policy = reply.field("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("script"));
        assert_eq!(reply.field("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.field("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(reply.field("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn it_listens_on_this_machine_alone() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let options = |listen: &str| ConsoleOptions {
        data: gateway.data(),
        tenant: hospital.tenant.clone(),
        listen: listen.parse().unwrap(),
        operator: None,
        ca: None,
    };
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8480"] {
        let refused = serve_console(options(listen), |_| panic!("it listens"), async {}).await;
        assert!(matches!(refused, Err(ConsoleError::NotLoopback)), "{listen}");
    }
    let mut at = None;
    serve_console(options("127.0.0.1:0"), |address| at = Some(address), async {}).await.unwrap();
    assert!(at.unwrap().ip().is_loopback());
}

#[tokio::test]
async fn the_list_is_searched_and_read_a_page_at_a_time() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut ids = Vec::new();
    for _ in 0..51 {
        ids.push(Phone::enrolled(&gateway, &hospital).await.id());
    }
    ids.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    let browser = Browser::of(&gateway, &hospital).await;
    let listed = |html: &str| ids.iter().filter(|id| html.contains(&format!("\"/devices/{id}\""))).count();
    let first = browser.open("/devices").await;
    assert_eq!((listed(&first), first.contains("51 active")), (50, true));
    let next = browser.open(&format!("/devices?after={}", ids[49])).await;
    assert_eq!((listed(&next), next.contains("Next page")), (1, false));
    let one = browser.open(&format!("/devices?q={}", &ids[7].as_str()[..12])).await;
    assert_eq!(listed(&one), 1);
    assert_eq!(listed(&browser.open("/devices?status=suspended").await), 0);
    browser.send(Request::get("/devices?after=x").header("host", HERE), "").await.expect(400);
    let all = gateway.admin(&hospital).await.devices(&DeviceSearch::default()).await.unwrap();
    assert_eq!(all.devices.len(), 50);
}

#[tokio::test]
async fn phones_are_listed_by_serial_ward_or_silence_and_filtered() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    let browser = Browser::of(&gateway, &hospital).await;
    assert!(browser.open("/devices").await.contains("No phone has enrolled yet"));
    let mut phones = Vec::new();
    for (serial, ward) in [("b-2", "Ward 3"), ("A-1", "Ward 9"), ("c-3", "Outpatients")] {
        let asked = admin.request_token(8, None, &by(ward)).await.unwrap();
        let token = hospital.approve(&gateway, &asked).await;
        let phone = Phone::new(&hospital);
        phone.enrolled_for(&gateway, &hospital, (token, serial)).await;
        gateway.pass(jiff::SignedDuration::from_secs(60));
        phones.push(phone);
    }
    let order = async |path: &str| -> Vec<&str> {
        let html = browser.open(path).await;
        let place = |serial: &&str| html.find(&format!(">{serial} (stated)</a>"));
        let mut found: Vec<_> =
            ["A-1", "b-2", "c-3"].into_iter().filter(|serial| place(serial).is_some()).collect();
        found.sort_by_key(place);
        found
    };
    assert_eq!(order("/devices").await, ["A-1", "b-2", "c-3"]);
    assert_eq!(order("/devices?sort=ward").await, ["c-3", "b-2", "A-1"]);
    assert_eq!(order("/devices?q=outpat").await, ["c-3"]);
    phones[0].hears(&gateway, 5, 4).await;
    gateway.pass(jiff::SignedDuration::from_secs(60));
    phones[2].hears(&gateway, 5, 1).await;
    assert_eq!(order("/devices?sort=heard").await, ["A-1", "b-2", "c-3"]);
    assert_eq!(order("/devices?sort=unsent").await, ["b-2", "c-3", "A-1"]);
    assert_eq!(order("/devices?unsent=1").await, ["b-2", "c-3"]);
    let after = |phone: &Phone| format!("/devices?sort=unsent&after={}", phone.id());
    assert_eq!(order(&after(&phones[0])).await, ["c-3", "A-1"]);
    assert_eq!(order(&after(&phones[2])).await, ["A-1"]);
    browser.send(Request::get("/devices?sort=size").header("host", HERE), "").await.expect(400);
}
