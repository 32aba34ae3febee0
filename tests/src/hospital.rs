//! A hospital in a directory: certificate authority, keys, trust bundle, policy, servers, one phone.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use gauze_wire::Tenant;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use serde_json::{Value, json};

use crate::port::free_port;
use crate::programs::{Server, Variables, attempt, program, run};

const TENANT: &str = "demo-hospital";

/// A hospital that [`build`] made.
pub struct Hospital {
    home: PathBuf,
    port: u16,
    /// Where the pages for the hospital's people are served, if they are.
    pages: Option<u16>,
}

/// The running servers.
pub struct Servers {
    /// The gateway.
    pub gateway: Server,
    /// The records side, which pulls every second.
    pub records: Server,
}

impl Servers {
    /// Ends both.
    pub async fn stop(self) {
        self.records.stop().await;
        self.gateway.stop().await;
    }
}

impl Hospital {
    /// The gateway's address.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The tenant.
    pub fn tenant(&self) -> anyhow::Result<Tenant> {
        Ok(TENANT.parse()?)
    }

    /// The directory everything is in.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The certificate authority, PEM.
    pub fn ca(&self) -> PathBuf {
        self.home.join("tls/ca.pem")
    }

    /// The records side's data.
    pub fn records_dir(&self) -> PathBuf {
        self.home.join("records")
    }

    /// The phone's data.
    pub fn phone_dir(&self) -> PathBuf {
        self.home.join("phone")
    }

    /// The key that photos are sealed to.
    pub fn recipient(&self) -> anyhow::Result<String> {
        let bundle = read_json(&self.home.join("keys/bundle.json"))?;
        Ok(bundle["recipients"][0]["recipient"].as_str().context("a recipient")?.to_owned())
    }

    /// The tenant's private key, an age identity file.
    pub fn identity(&self) -> PathBuf {
        self.home.join("keys/tenant-identity.txt")
    }

    /// How to send another photo by hand.
    pub fn phone_hint(&self) -> String {
        let phone = program("gauze-phone").unwrap_or_else(|_| "gauze-phone".into());
        let (phone, data) = (phone.display(), self.phone_dir());
        format!("{phone} --data {0} capture FILE && {phone} --data {0} upload", data.display())
    }

    /// Has the records side serve its pages too; their address.
    pub fn open_pages(&mut self) -> anyhow::Result<String> {
        let port = free_port()?;
        self.pages = Some(port);
        Ok(format!("https://localhost:{port}"))
    }

    /// Has people sign in at the pages as `people.json` says.
    pub fn believe(&self, people: &Value) -> anyhow::Result<()> {
        write(&self.home.join("client.secret"), "a secret of the demo, printed here")?;
        write_json(&self.home.join("people.json"), people)
    }

    /// Starts gateway and records side, and enrols the phone.
    pub async fn start(&self) -> anyhow::Result<Servers> {
        let gateway = self.start_gateway().await?;
        let records = self.start_records().await?;
        run("gauze-phone", &["enrol", "--data", "phone", "--config", "managed.json"], &self.home).await?;
        Ok(Servers { gateway, records })
    }

    /// The port of the gateway's address.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Signs a changed policy. The servers take it up when they start.
    pub async fn set_policy(&self, change: impl FnOnce(&mut Value)) -> anyhow::Result<()> {
        let path = self.home.join("policy.json");
        let mut policy = read_json(&path)?;
        change(&mut policy);
        policy["version"] = (policy["version"].as_u64().unwrap_or(0) + 1).into();
        write_json(&path, &policy)?;
        let sign = ["sign-policy", "--keys", "keys", "--in", "policy.json", "--out", "policy.jws"];
        run("gauze-records", &sign, &self.home).await.map(drop)
    }

    /// Checks all that the records side filed; how many entries its log has. An error where anything is wrong or has not come.
    pub async fn verified_log(&self) -> anyhow::Result<u64> {
        let verify = ["verify", "--data", "records", "--keys", "keys", "--json"];
        let ended = attempt("gauze-records", &verify, &self.home).await?;
        let report: Value = serde_json::from_str(&ended.stdout).context(ended.stderr)?;
        ensure!(report["findings"] == json!([]) && report["gaps"] == json!([]), "{report}");
        report["log_size"].as_u64().context("a log size")
    }

    /// Starts the gateway.
    pub async fn start_gateway(&self) -> anyhow::Result<Server> {
        self.start_gateway_in("gateway").await
    }

    /// Starts the gateway on other data, such as a copy of its own.
    pub async fn start_gateway_in(&self, data: &str) -> anyhow::Result<Server> {
        Server::start("gauze-gateway", self.gateway_arguments(data), self.home.clone()).await
    }

    /// Starts the gateway on another port than that of its address: something passes its traffic on.
    pub async fn start_gateway_behind(&self, port: u16) -> anyhow::Result<Server> {
        self.start_gateway_behind_with(port, Vec::new()).await
    }

    /// The same, with `variables` in the gateway's environment.
    pub async fn start_gateway_behind_with(&self, port: u16, variables: Variables) -> anyhow::Result<Server> {
        let (arguments, home) = (arguments_on(port, "gateway"), self.home.clone());
        Server::start_with("gauze-gateway", arguments, home, variables).await
    }

    /// The command line of the gateway.
    pub fn gateway_arguments(&self, data: &str) -> Vec<String> {
        arguments_on(self.port, data)
    }

    /// Starts the records side.
    pub async fn start_records(&self) -> anyhow::Result<Server> {
        Server::start("gauze-records", self.records_arguments(), self.home.clone()).await
    }

    /// The command line of the records side.
    pub fn records_arguments(&self) -> Vec<String> {
        let url = self.url();
        let arguments = [
            "serve",
            "--data",
            "records",
            "--gateway",
            &url,
            "--ca",
            "tls/ca.pem",
            "--keys",
            "keys",
            "--interval-s",
            "1",
        ];
        let mut arguments = arguments.map(str::to_owned).to_vec();
        if let Some(port) = self.pages {
            let listen = format!("127.0.0.1:{port}");
            let pages = ["--web", &listen, "--tls-cert", "tls/server.pem", "--tls-key", "tls/server.key"];
            arguments.extend(pages.iter().chain(&["--people", "people.json"]).map(|&text| text.to_owned()));
        }
        arguments
    }
}

/// Makes everything that has to be there before the servers start.
pub async fn build(home: &Path, recipients: &str) -> anyhow::Result<Hospital> {
    let port = free_port()?;
    let hospital = Hospital { home: home.to_owned(), port, pages: None };
    make_certificates(&home.join("tls"))?;
    let keygen = ["keygen", "--out", "keys", "--recipients", recipients, "--tenant", TENANT];
    run("gauze-records", &keygen, home).await?;
    let url = hospital.url();
    let keygen = ["keygen", "--data", "gateway", "--url", &url, "--tenant", TENANT];
    let gateway: Value = serde_json::from_str(&run("gauze-gateway", &keygen, home).await?)?;

    let mut bundle = read_json(&home.join("keys/bundle.json"))?;
    bundle["gateways"] = json!([gateway]);
    write_json(&home.join("bundle.json"), &bundle)?;
    let sign = ["sign-bundle", "--keys", "keys", "--in", "bundle.json", "--out", "bundle.jws"];
    run("gauze-records", &sign, home).await?;

    let mut policy = read_json(&home.join("keys/policy.json"))?;
    // The simulated phone's keys are files; a real hospital's policy says false.
    policy["allow_software_keys"] = json!(true);
    policy["review_hours"] = json!(12);
    write_json(&home.join("policy.json"), &policy)?;
    let sign = ["sign-policy", "--keys", "keys", "--in", "policy.json", "--out", "policy.jws"];
    run("gauze-records", &sign, home).await?;

    run("gauze-records", &["token", "--keys", "keys", "--out", "token.jws"], home).await?;
    let text = |name: &str| std::fs::read_to_string(home.join(name)).context(name.to_owned());
    let managed = json!({
        "gateway": url,
        "tenant": TENANT,
        "root_sha256": text("keys/root-sha256.txt")?.trim(),
        "min_bundle_version": 1,
        "token": text("token.jws")?.trim(),
        "ca": "tls/ca.pem",
    });
    write_json(&home.join("managed.json"), &managed)?;
    Ok(hospital)
}

/// The command line of a gateway that listens on `port`.
fn arguments_on(port: u16, data: &str) -> Vec<String> {
    let listen = format!("127.0.0.1:{port}");
    let arguments = [
        "serve",
        "--data",
        data,
        "--listen",
        &listen,
        "--tls-cert",
        "tls/server.pem",
        "--tls-key",
        "tls/server.key",
        "--bundle",
        "bundle.jws",
        "--policy",
        "policy.jws",
        // All phones of a test come from one address.
        "--connections",
        "4096",
        "--connections-per-address",
        "4096",
    ];
    arguments.map(str::to_owned).to_vec()
}

fn make_certificates(dir: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir)?;
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(rcgen::DnType::CommonName, "Gauze demo CA");
    let ca_certificate = ca.self_signed(&ca_key)?;
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new(vec!["localhost".to_owned()])?;
    server.subject_alt_names.push(SanType::IpAddress(Ipv4Addr::LOCALHOST.into()));
    // All these authorities have one name: by it whoever believes two of them tells them apart.
    server.use_authority_key_identifier_extension = true;
    let certificate = server.signed_by(&key, &issuer)?;
    write(&dir.join("ca.pem"), &ca_certificate.pem())?;
    write(&dir.join("server.pem"), &certificate.pem())?;
    write(&dir.join("server.key"), &key.serialize_pem())
}

fn read_json(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}

fn write_json(path: &Path, value: &Value) -> anyhow::Result<()> {
    write(path, &serde_json::to_string_pretty(value)?)
}

/// Writes a file of the demo's own.
#[expect(clippy::disallowed_methods, reason = "a demo's own inputs need not survive a power cut")]
pub fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| path.display().to_string())
}
