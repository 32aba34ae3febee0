//! Somebody signs in on the phone; and a walk through the pages of the records side, as a browser takes it: through the provider,
//! past the second factor, to the photos and to who took them.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use gauze_tests::hospital::Hospital;
use gauze_tests::identity::visit::Visitor;
use gauze_tests::identity::{PEOPLE, Provider, TEAM, phone};
use reqwest::StatusCode;

/// How long the pages may take to come up.
const ATTEMPTS: u32 = 50;

/// Ann has the phone in hand: she signs in, so that her photos say who took them.
pub async fn on_the_phone(hospital: &Hospital) -> anyhow::Result<()> {
    let mut browser = Visitor::new(&hospital.ca())?;
    let said = phone::sign_in(hospital, async |page| browser.let_in(page, &PEOPLE[0]).await).await?;
    println!("on it     {said}\n");
    Ok(())
}

/// Prints how to look for oneself.
pub fn tell(pages: &str, provider: &Provider) {
    println!("\npages     {pages}  (your browser does not know the demo's CA: accept it once, or import it)");
    println!("provider  {}  (the same CA: accept it once too)", provider.issuer());
    for one in PEOPLE {
        println!("          {:9} password {:12} {}", one.login, one.password, one.role);
    }
    println!("          second factor: {}.", provider.second_factor());
    if let Provider::Own(_) = provider {
        println!(
            "          Without it the pages ask for one of their own, behind a code that an administrator gives on the page"
        );
        println!("          \"Second factors\".");
    }
}

/// Signs Ann in, and looks at her team's list and at who took its first photo.
pub async fn through(hospital: &Hospital, pages: &str) -> anyhow::Result<()> {
    let mut walker = Visitor::new(&hospital.ca())?;
    for _ in 0..ATTEMPTS {
        if walker.get(&format!("{pages}/sign-in")).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let ann = &PEOPLE[0];
    walker.sign_in(pages, ann).await?;
    let mut page = async |path: &str| {
        let answer = walker.get(&format!("{pages}{path}")).await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status == StatusCode::OK, "{path}: {status}: {text}");
        anyhow::Ok(text)
    };
    let list = page(&format!("/lists/{TEAM}")).await?;
    let (_, photo) = list.split_once("href=\"/photos/").with_context(|| format!("no photo in {list}"))?;
    let photo = page(&format!("/photos/{}", photo.split('"').next().unwrap_or_default())).await?;
    let (_, taker) = photo.split_once("<dt>Taken by</dt><dd>").context("a photo says who took it")?;
    let taker = taker.split("</dd>").next().unwrap_or_default();
    ensure!(taker.contains(ann.name) && taker.contains("Proven"), "{taker}");
    println!(
        "walked    {} has signed in there with a second factor. Her team's list shows photos; the first says",
        ann.name
    );
    println!("          that {} took it, and that this is proven.", ann.name);
    Ok(())
}
