//! A walk through the pages of the records side, as the demo's nurse takes it.

use std::time::Duration;

use anyhow::ensure;
use gauze_tests::hospital::Hospital;
use gauze_tests::identity::PEOPLE;
use gauze_tests::walker::Walker;

/// How long the pages may take to come up.
const ATTEMPTS: u32 = 50;

/// Prints how to look for oneself.
pub fn tell(pages: &str) {
    println!("\npages     {pages}  (your browser does not know the demo's CA: accept it once, or import it)");
    for one in PEOPLE {
        println!("          {:9} password {:12} {}", one.login, one.password, one.role);
    }
    println!(
        "          Tick the box for a second factor at the provider; without it the pages ask for one of their own,"
    );
    println!("          behind a code that an administrator gives on the page \"Second factors\".");
}

/// Signs Ann in and looks at her team's list.
pub async fn through(hospital: &Hospital, pages: &str) -> anyhow::Result<()> {
    let mut walker = Walker::new(hospital, pages)?;
    for _ in 0..ATTEMPTS {
        if walker.get("/sign-in").await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let ann = PEOPLE[0];
    walker.signs_in(ann).await?;
    let list = walker.list().await?;
    ensure!(list.contains("/photos/"), "Ann's list shows no photo: {list}");
    println!("          {} has signed in, with a second factor; her team's list shows photos.", ann.name);
    Ok(())
}
