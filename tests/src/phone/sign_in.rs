//! `sign-in` and `sign-out`.

use std::process::ExitCode;

use gauze_core::{Client, Clinician};

use crate::commands::block_on;
use crate::refusal::Refusal;

pub fn sign_in(phone: &Client) -> Result<ExitCode, Refusal> {
    let clinician = block_on(async {
        let page = phone.begin_sign_in().await?;
        say!("open     {}", page.url);
        let callback = read_callback(&page.redirect_uri)?;
        Ok::<_, Refusal>(phone.finish_sign_in(callback.trim()).await?)
    })??;
    let Clinician { name, until, .. } = clinician;
    say!("signed in as {name} until {}", until.strftime("%Y-%m-%dT%H:%M:%SZ"));
    Ok(ExitCode::SUCCESS)
}

fn read_callback(redirect_uri: &str) -> Result<String, Refusal> {
    say!("then enter the address that the browser came back to ({redirect_uri}?...):");
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .map_err(|error| Refusal::new("unreadable", format!("standard input cannot be read: {error}")))?;
    Ok(line)
}

pub fn sign_out(phone: &Client) -> Result<ExitCode, Refusal> {
    phone.sign_out();
    say!("signed out; photos that were taken go out with the next upload");
    Ok(ExitCode::SUCCESS)
}
