//! A real Keycloak on this machine, for as long as this value lives. Its data are in memory.

mod realm;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rcgen::KeyPair;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::visit;
use super::{PAGES, Somebody};
use crate::hospital::write;

/// The variable by which `cargo xtask` names the directory of an unpacked and prepared Keycloak.
const NAMED: &str = "GAUZE_KEYCLOAK";
/// How often it is asked whether it is up, with half a second between: a minute on a slow machine, and room.
const ATTEMPTS: u32 = 480;
/// Its own administrator, who makes the realm.
const MASTER: &str = "master-of-the-demo";

/// One that runs.
pub struct Keycloak {
    child: Child,
    base: String,
    http: Client,
}

impl Drop for Keycloak {
    fn drop(&mut self) {
        // Its start script waits for a process of Java, which would stay.
        let group = self.child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        if let Some(group) = group {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// The directory that `cargo xtask` made, where it could.
pub fn installed() -> Option<PathBuf> {
    std::env::var_os(NAMED).map(PathBuf::from).filter(|home| home.is_dir())
}

impl Keycloak {
    /// Starts it with the certificate in `tls`, and makes a realm for a hospital whose pages are at `origin`. Its log and the
    /// pages' key are in `home`.
    ///
    /// # Errors
    /// Where it does not come up, or does not take the realm.
    pub async fn start(
        home: &Path,
        port: u16,
        (origin, phones_at): (&str, &str),
        people: &[Somebody],
    ) -> anyhow::Result<Self> {
        let program = installed().with_context(|| {
            format!("Keycloak is not there: cargo xtask fetches it where Java and Maven are, and names it as {NAMED}")
        })?;
        let tls = home.join("tls");
        let http = visit::client(&tls.join("ca.pem"))?;
        let base = format!("https://localhost:{port}");
        let child = command(&program, home, port).spawn()?;
        let mut keycloak = Self { child, base, http };
        keycloak.wait(&home.join("keycloak.log")).await?;
        let key = KeyPair::generate()?;
        write(&home.join("client.pem"), &key.serialize_pem())?;
        let wanted = realm::Wanted { origin, phones_at, key: jwk(&key), people };
        keycloak.admin(Method::POST, "/realms", Some(realm::realm(&wanted))).await?;
        Ok(keycloak)
    }

    async fn wait(&mut self, log: &Path) -> anyhow::Result<()> {
        let known = format!("{}/realms/master/.well-known/openid-configuration", self.base);
        for _ in 0..ATTEMPTS {
            if let Some(status) = self.child.try_wait()? {
                bail!("Keycloak ended with {status}; its log is {}", log.display());
            }
            if self.http.get(&known).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        bail!("Keycloak did not come up; its log is {}", log.display())
    }

    /// As its tokens spell it.
    pub fn issuer(&self) -> String {
        format!("{}/realms/{}", self.base, realm::NAME)
    }

    /// A command of its administrator: what it answers, or nothing.
    ///
    /// # Errors
    /// Where it refuses.
    pub async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let grant = format!("grant_type=password&client_id=admin-cli&username={MASTER}&password={MASTER}");
        let token = self.http.post(format!("{}/realms/master/protocol/openid-connect/token", self.base));
        let token = token.header("content-type", "application/x-www-form-urlencoded").body(grant);
        let token: Value = serde_json::from_str(&token.send().await?.text().await?)?;
        let token = token["access_token"].as_str().context("Keycloak's administrator signs in")?;
        let request = self.http.request(method, format!("{}/admin{path}", self.base)).bearer_auth(token);
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{path}: {status}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// The same, of one person's account: `path` below it.
    ///
    /// # Errors
    /// Where there is no such person, or it refuses.
    pub async fn admin_of(
        &self,
        login: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        let users = format!("/realms/{}/users", realm::NAME);
        let found = self.admin(Method::GET, &format!("{users}?exact=true&username={login}"), None).await?;
        let id = found[0]["id"].as_str().with_context(|| format!("nobody is called {login}"))?;
        self.admin(method, &format!("{users}/{id}{path}"), body).await
    }

    /// Takes a role of the realm away from somebody.
    ///
    /// # Errors
    /// Where they have no such role.
    pub async fn take_role(&self, login: &str, role: &str) -> anyhow::Result<()> {
        let role = self.admin(Method::GET, &format!("/realms/{}/roles/{role}", realm::NAME), None).await?;
        self.admin_of(login, Method::DELETE, "/role-mappings/realm", Some(json!([role]))).await.map(drop)
    }
}

fn command(program: &Path, home: &Path, port: u16) -> Command {
    let tls = |name: &str| home.join("tls").join(name).display().to_string();
    let mut command = Command::new("bash");
    command
        .arg(program.join("bin/kc.sh"))
        .args(["start", "--optimized", "--cache=local", "--http-host=127.0.0.1"])
        .arg(format!("--hostname=https://localhost:{port}"))
        .arg(format!("--https-port={port}"))
        .arg(format!("--https-certificate-file={}", tls("server.pem")))
        .arg(format!("--https-certificate-key-file={}", tls("server.key")))
        // The pages' certificate, when it tells them of a logout.
        .arg(format!("--truststore-paths={}", tls("ca.pem")))
        .arg(format!("--log-file={}", home.join("keycloak.log").display()))
        .arg("--log=file")
        .env("KC_BOOTSTRAP_ADMIN_USERNAME", MASTER)
        .env("KC_BOOTSTRAP_ADMIN_PASSWORD", MASTER)
        .env("JAVA_OPTS_KC_HEAP", "-Xms64m -Xmx512m")
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    command
}

fn jwk(key: &KeyPair) -> Value {
    let point = key.public_key_raw();
    let part = |from: usize| BASE64_URL_SAFE_NO_PAD.encode(point.get(from..from + 32).unwrap_or_default());
    json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": PAGES, "x": part(1), "y": part(33) })
}
