//! Both edges, each on its own port, in front of the same fake services.

use super::exchange::{RawRequest, Response};
use super::fake_services::fake_service;
use crate::harness::eventually;
use chassis::SystemContext;
use chassis::health::Health;
use chassis::http::{Listener, serve};
use chassis::tasks::Tasks;
use chassis::telemetry::Metrics;
use chassis::transport::{Transport, in_process, remote};
use shopstack::service_names::SERVICES;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The burst that each address has beyond one request a minute, which no test lasts long enough to regain.
pub const BURST: u32 = 4;
/// The proxy whose `X-Forwarded-For` is trusted.
const TRUSTED: &str = "127.0.0.1";

/// A loopback address that no other program listens on.
const NGINX_AT: Ipv4Addr = Ipv4Addr::new(127, 0, 77, 1);

/// The two edges over the same services.
pub struct Edges {
    /// The edge of `shopstack up`.
    pub ours: SocketAddr,
    pub nginx: SocketAddr,
    _nginx: Nginx,
    _stop: DropGuard,
}

impl Edges {
    /// Starts both edges in front of eight fake services.
    pub async fn start() -> Self {
        Self::start_without(&[]).await
    }

    /// Starts both edges; these services have no listener.
    pub async fn start_without(unavailable: &[&str]) -> Self {
        let (tasks, stop) = (Tasks::new(), CancellationToken::new());
        let mut services: HashMap<&'static str, Transport> = HashMap::new();
        let mut addresses = HashMap::new();
        for name in SERVICES {
            let listener = listener().await;
            addresses.insert(*name, listener.address());
            if unavailable.contains(name) {
                services
                    .insert(name, remote(&format!("http://{}", listener.address()), SystemContext::host()).unwrap());
            } else {
                let router = fake_service(name);
                services.insert(name, in_process(router.clone(), tasks.clone()));
                tasks.run(serve(listener, router, stop.clone()));
            }
        }
        let limits = web::EdgeSettings {
            rate: "1r/m".parse().unwrap(),
            burst: BURST,
            trusted_proxy: Some(TRUSTED.parse().unwrap()),
        };
        let upstreams = web::Upstreams { services, health: vec![("web", Health::new("web"))] };
        let edge = web::edge(upstreams, limits, &Metrics::new("web"));
        let listener = listener().await;
        let ours = listener.address();
        tasks.run(serve(listener, edge, stop.clone()));
        let nginx = Nginx::start(&addresses).await;
        Self { ours, nginx: nginx.address, _nginx: nginx, _stop: stop.drop_guard() }
    }

    /// The responses of both edges, nginx's second.
    pub async fn responses(&self, ask: &RawRequest) -> (Response, Response) {
        tokio::join!(ask.response(self.ours), ask.response(self.nginx))
    }
}

async fn listener() -> Listener {
    Listener::bind(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0), "--port").await.unwrap()
}

/// A running nginx, which is killed when dropped.
struct Nginx {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Nginx {
    /// Starts nginx with the template that production uses.
    async fn start(services: &HashMap<&'static str, SocketAddr>) -> Self {
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        web::write_assets(&folder.path().join("assets")).unwrap();
        // Another process may take the port before nginx binds it; nginx then exits at once.
        for _ in 0..5 {
            let address =
                std::net::TcpListener::bind(SocketAddr::new(NGINX_AT.into(), 0)).unwrap().local_addr().unwrap();
            std::fs::write(folder.path().join("nginx.conf"), configuration(folder.path(), address, services)).unwrap();
            let mut child = spawn(folder.path());
            let listens = eventually("nginx listens or ends", 20, async || {
                let ended = child.try_wait().unwrap().map(|_| false);
                let connected = tokio::time::timeout(Duration::from_secs(1), TcpStream::connect(address)).await;
                ended.or(connected.ok()?.ok().map(|_| true))
            });
            if listens.await {
                return Self { child, address, _folder: folder };
            }
        }
        panic!(
            "nginx does not start: {}",
            std::fs::read_to_string(folder.path().join("error.log")).unwrap_or_default()
        );
    }
}

fn spawn(folder: &Path) -> Child {
    let mut command = Command::new("nginx");
    command.env("PATH", format!("{}:/usr/sbin", std::env::var_os("PATH").unwrap_or_default().display()));
    command.arg("-e").arg(folder.join("error.log")).arg("-c").arg(folder.join("nginx.conf"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(folder: &Path, address: SocketAddr, services: &HashMap<&'static str, SocketAddr>) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx");
    let mut text = std::fs::read_to_string(here.join("shopstack.conf.template")).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let mut values = vec![
        ("NGINX_PORT".to_owned(), address.to_string()),
        ("NGINX_RESOLVER".to_owned(), "127.0.0.1".to_owned()),
        ("NGINX_TRUSTED_PROXY".to_owned(), TRUSTED.to_owned()),
        ("NGINX_RATE_LIMIT".to_owned(), "1r/m".to_owned()),
        ("NGINX_RATE_BURST".to_owned(), BURST.to_string()),
        ("NGINX_FOLDER".to_owned(), here.display().to_string()),
        ("NGINX_ASSETS".to_owned(), path("assets")),
        ("NGINX_CACHE".to_owned(), path("cache")),
    ];
    values.extend(services.iter().map(|(name, at)| (format!("{}_HOST", name.to_uppercase()), at.to_string())));
    for (name, value) in values {
        text = text.replace(&format!("${{{name}}}"), &value);
    }
    let text = text.replace("/dev/stdout", &path("access.log"));
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String = kinds.map(|kind| format!("{kind}_temp_path {};\n", path(kind))).concat();
    // A single process, so that killing it leaves no workers behind.
    format!(
        "daemon off;\nmaster_process off;\npid {};\nevents {{}}\nhttp {{\n{temporary}{text}\n}}\n",
        path("nginx.pid")
    )
}
