//! Somebody signs in on the phone; and a walk through the pages of the records side, as a browser takes it: through the provider,
//! past the second factor, to the photos and to who took them.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use gauze_tests::hospital::Hospital;
use gauze_tests::identity::visit::Visitor;
use gauze_tests::identity::{PEOPLE, Provider, phone};
use gauze_tests::walker::{Walker, between};

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
    let mut walker = Walker::new(hospital, pages)?;
    for _ in 0..ATTEMPTS {
        if walker.get("/sign-in").await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let ann = &PEOPLE[0];
    walker.signs_in(ann).await?;
    let photo = walker.first().await?;
    let taker = between(&photo, "<dt>Taken by</dt><dd>", "</dd>").context("a photo says who took it")?;
    ensure!(taker.contains(ann.name) && taker.contains("Proven"), "{taker}");
    println!(
        "walked    {} has signed in there with a second factor. Her team's list shows photos; the first says",
        ann.name
    );
    println!("          that {} took it, and that this is proven.", ann.name);
    Ok(())
}
