//! Asking the running daemon: over the socket in the data directory, or over the admin address with a signature.
//!
//! Always holds: an answer is bounded; a refusal becomes the command's error, in the daemon's words; a daemon that does not run is
//! told apart from one that refuses.

use bytes::Bytes;
use clap::Args;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};

use super::sigv4::Signer;
use super::{Common, Failure};
use crate::admin::api::Refused;
use crate::credentials;
use crate::data_dir::DataDir;
use crate::limits::{ADMIN_REQUEST_TIMEOUT, ANSWER_BYTES_MAX};
use crate::settings::Settings;

/// Which daemon to ask.
#[derive(Clone, Debug, Args)]
pub struct RemoteArgs {
    #[command(flatten)]
    pub common: Common,
    /// Ask the daemon at this admin address instead of the one of the data directory. The root key comes from TREFOIL_ACCESS_KEY_ID
    /// and TREFOIL_SECRET_ACCESS_KEY. The connection is plain HTTP: the secret of a key that is made crosses it in the clear
    #[arg(long, value_name = "HOST:PORT")]
    admin: Option<String>,
}

impl RemoteArgs {
    /// The daemon of a data directory.
    pub fn local(common: Common) -> Self {
        Self { common, admin: None }
    }
}

/// Where a daemon listens.
enum Way {
    Socket(DataDir, Box<Settings>),
    Address { authority: String, access_key_id: String, secret: trefoil_core::access::Secret },
}

pub struct Remote {
    way: Way,
}

/// Why a daemon could not be asked, as far as callers tell it apart.
#[derive(Debug)]
pub enum Unanswered {
    /// Nobody listens.
    NotRunning(String),
    Failed(Failure),
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::NotRunning(message) => Failure(message),
            Unanswered::Failed(failure) => failure,
        }
    }
}

impl Remote {
    pub fn new(args: &RemoteArgs) -> Result<Self, Failure> {
        let way = match &args.admin {
            None => {
                let settings = args.common.load()?.settings;
                Way::Socket(DataDir::new(&settings.store.data_dir), Box::new(settings))
            }
            Some(authority) => {
                let root = credentials::from_environment().map_err(|error| Failure(error.to_string()))?;
                let (access_key_id, secret) = root.ok_or_else(|| {
                    let (id, secret) = (credentials::ACCESS_KEY_VARIABLE, credentials::SECRET_VARIABLE);
                    Failure(format!("--admin needs the root key: export {id} and {secret}"))
                })?;
                Way::Address { authority: authority.clone(), access_key_id, secret }
            }
        };
        Ok(Self { way })
    }

    /// The settings of the data directory here, where that is what was named.
    pub fn local(&self) -> Option<&Settings> {
        match &self.way {
            Way::Socket(_, settings) => Some(settings),
            Way::Address { .. } => None,
        }
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Unanswered> {
        parse(&self.ask(Method::GET, path, Vec::new()).await?)
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str, document: &impl Serialize) -> Result<T, Unanswered> {
        let body = serde_json::to_vec(document).map_err(|error| failed(error.to_string()))?;
        parse(&self.ask(Method::POST, path, body).await?)
    }

    pub async fn delete(&self, path: &str) -> Result<(), Unanswered> {
        self.ask(Method::DELETE, path, Vec::new()).await.map(|_| ())
    }

    /// Sends one request over a connection of its own; the body of a success.
    async fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Bytes, Unanswered> {
        let work = async {
            match &self.way {
                Way::Socket(dir, _) => {
                    let socket = dir.admin_socket();
                    let stream = tokio::net::UnixStream::connect(&socket).await.map_err(|error| match error.kind() {
                        std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => {
                            Unanswered::NotRunning(format!(
                                "no daemon runs on {}; start it with `trefoil serve --data-dir {0}`, or name another directory \
                                 with --data-dir",
                                dir.root().display()
                            ))
                        }
                        _ => failed(format!("{}: {error}; run this as the daemon's user", socket.display())),
                    })?;
                    exchange(stream, request("localhost", &method, path, None, body)?).await
                }
                Way::Address { authority, access_key_id, secret } => {
                    let stream = tokio::net::TcpStream::connect(authority).await.map_err(|error| {
                        Unanswered::NotRunning(format!(
                            "{authority}: {error}; give the daemon's admin address as HOST:PORT"
                        ))
                    })?;
                    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                    let mut signer = Signer::new(access_key_id, secret.expose(), "us-east-1", authority, now.as_secs());
                    exchange(stream, request(authority, &method, path, Some(&mut signer), body)?).await
                }
            }
        };
        tokio::time::timeout(ADMIN_REQUEST_TIMEOUT, work)
            .await
            .unwrap_or_else(|_| Err(failed("the daemon did not answer in time; look at its log")))
    }
}

fn failed(message: impl Into<String>) -> Unanswered {
    Unanswered::Failed(Failure(message.into()))
}

fn request(
    host: &str,
    method: &Method,
    path: &str,
    signer: Option<&mut Signer>,
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, Unanswered> {
    let mut request = Request::builder().method(method).uri(path).header("host", host);
    if let Some(signer) = signer {
        let hash = super::sigv4::hash_hex(&body);
        let (date, authorization) = signer.authorization(method.as_str(), path, "", &hash);
        request = request.header("x-amz-date", date).header("x-amz-content-sha256", hash);
        request = request.header("authorization", authorization);
    }
    request.body(Full::from(body)).map_err(|error| failed(format!("{path}: {error}")))
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Bytes, Unanswered>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |error: hyper::Error| failed(format!("the daemon's answer broke off: {error}"));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends with the answer; its error is the request's too.
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(broken)?;
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|error| failed(format!("the daemon's answer broke off: {error}")))?.to_bytes();
    match status {
        StatusCode::OK | StatusCode::CREATED | StatusCode::ACCEPTED | StatusCode::NO_CONTENT => Ok(body),
        _ => match serde_json::from_slice::<Refused>(&body) {
            Ok(refused) => Err(failed(refused.error.message)),
            Err(_) => Err(failed(format!("the answer was {status}; is this a Trefoil admin address?"))),
        },
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unanswered> {
    serde_json::from_slice(body).map_err(|error| {
        failed(format!("the daemon's answer is not what this version knows ({error}); use its own version"))
    })
}

/// Runs a command's asynchronous part.
pub fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure(format!("no runtime: {error}")))?
        .block_on(work)
}
