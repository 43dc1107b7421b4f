//! A server on a free port over a fake of `s3s::S3` and of [`FrontObjects`], and a client of plain bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use s3s::dto::{
    DeleteObjectsInput, DeleteObjectsOutput, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    PutObjectInput, PutObjectOutput, StreamingBlob,
};
use s3s::{S3, S3Request, S3Response, S3Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use trefoil_core::access::Secret;
use trefoil_core::clock::{ManualClock, Timestamp};
use trefoil_core::content::ExpectedChecksum;
use trefoil_core::error::{Error, Result};
use trefoil_core::objects::{CorsConfiguration, PutObject, PutOutput};
use trefoil_core::random::SeededRandom;
use trefoil_core::types::{Account, AccountId, BucketName, ETag, Principal};

use crate::auth::{AmzDate, Scope, SigningKey};
use crate::context::AuthContext;
use crate::error::Failure;
use crate::server::{S3Address, S3Server};
use crate::{Asked, Credentials, FrontObjects, Operate, Parts, S3Config};

pub const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// 2013-05-24T00:00:00Z, the date of AWS's examples.
pub const NOW: u64 = 1_369_353_600;

/// What was stored, and how.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    pub body: Vec<u8>,
    pub expected_sha256: Option<[u8; 32]>,
    pub trailer: Option<Vec<u8>>,
    pub principal: Option<String>,
    pub content_encoding: Option<String>,
    pub content_type: Option<String>,
    pub user_metadata: Vec<(String, String)>,
}

#[derive(Debug, Default)]
pub struct Fake {
    pub objects: Mutex<HashMap<String, Stored>>,
    pub cors: Mutex<Option<Arc<CorsConfiguration>>>,
}

impl Fake {
    pub fn get(&self, name: &str) -> Option<Stored> {
        self.objects.lock().expect("lock").get(name).cloned()
    }
}

fn named(principal: &Principal) -> Option<String> {
    match principal {
        Principal::Anonymous => None,
        Principal::Account(account) => Some(account.name.clone()),
    }
}

/// s3s alone, without the operations that prepare it.
struct Behind(s3s::service::S3Service);

impl Operate for Behind {
    fn call(&self, asked: Asked) -> BoxFuture<'_, http::Response<s3s::Body>> {
        let Asked { auth, mut request, .. } = asked;
        request.extensions_mut().insert(auth);
        async move { self.0.call(request).await.expect("s3s renders") }.boxed()
    }
}

pub struct FakeS3(pub Arc<Fake>);

#[async_trait::async_trait]
impl S3 for FakeS3 {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let context = request.extensions.get::<AuthContext>().expect("a context").clone();
        let input = request.input;
        if input.bucket == "denied-bucket" {
            return Err(Failure::from(Error::AccessDenied("no".into())).into_s3(&context.details));
        }
        let mut stored = Stored {
            expected_sha256: context.expected_sha256,
            principal: named(&context.principal),
            content_encoding: input.content_encoding.clone(),
            content_type: input.content_type.clone(),
            ..Stored::default()
        };
        let mut body = input.body.expect("a body");
        while let Some(piece) = body.next().await {
            match piece {
                Ok(piece) => stored.body.extend_from_slice(&piece),
                Err(error) => {
                    let error = error.downcast::<Error>().expect("bodies fail with errors of the core");
                    return Err(Failure::from(*error).into_s3(&context.details));
                }
            }
        }
        stored.trailer = context.trailer.map(|(_, slot)| slot.get().expect("filled at the end").clone());
        self.0.objects.lock().expect("lock").insert(format!("{}/{}", input.bucket, input.key), stored);
        Ok(S3Response::new(PutObjectOutput::default()))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let context = request.extensions.get::<AuthContext>().expect("a context").clone();
        let input = request.input;
        assert_ne!(input.key, "panic", "as the test asked");
        if input.key == "broken" {
            let broken = futures::stream::iter([Err::<bytes::Bytes, _>(Error::Corrupt("block 0".into()))]);
            let output = GetObjectOutput { body: Some(StreamingBlob::wrap(broken)), ..GetObjectOutput::default() };
            return Ok(S3Response::new(output));
        }
        match self.0.get(&format!("{}/{}", input.bucket, input.key)) {
            None => Err(Failure::from(Error::NoSuchKey(input.key)).into_s3(&context.details)),
            Some(stored) => {
                let body = bytes::Bytes::from(stored.body);
                let output = GetObjectOutput {
                    content_length: Some(i64::try_from(body.len()).expect("small")),
                    body: Some(StreamingBlob::from(s3s::Body::from(body))),
                    ..GetObjectOutput::default()
                };
                Ok(S3Response::new(output))
            }
        }
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let context = request.extensions.get::<AuthContext>().expect("a context").clone();
        let input = request.input;
        match self.0.get(&format!("{}/{}", input.bucket, input.key)) {
            None => Err(Failure::from(Error::NoSuchKey(input.key)).into_s3(&context.details)),
            Some(stored) => Ok(S3Response::new(HeadObjectOutput {
                content_length: Some(i64::try_from(stored.body.len()).expect("small")),
                ..HeadObjectOutput::default()
            })),
        }
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let mut objects = self.0.objects.lock().expect("lock");
        for object in request.input.delete.objects {
            objects.remove(&format!("{}/{}", request.input.bucket, object.key));
        }
        Ok(S3Response::new(DeleteObjectsOutput::default()))
    }
}

impl FrontObjects for Fake {
    fn put<'a>(&'a self, principal: &'a Principal, request: PutObject) -> BoxFuture<'a, Result<PutOutput>> {
        async move {
            let mut stored = Stored {
                principal: named(principal),
                content_type: request.headers.content_type.clone(),
                user_metadata: request.user_metadata.clone(),
                ..Stored::default()
            };
            if let ExpectedChecksum::Value(_, value) = &request.upload.expected.checksum {
                stored.trailer = Some(value.clone());
            }
            let mut body = request.upload.body;
            while let Some(piece) = body.next().await {
                stored.body.extend_from_slice(&piece?);
            }
            let size = stored.body.len() as u64;
            self.objects.lock().expect("lock").insert(format!("{}/{}", request.bucket, request.key), stored);
            Ok(PutOutput { etag: ETag::Md5([0x11; 16]), version: None, checksum: None, size })
        }
        .boxed()
    }

    fn cors<'a>(&'a self, _: &'a BucketName) -> BoxFuture<'a, Result<Option<Arc<CorsConfiguration>>>> {
        let cors = self.cors.lock().expect("lock").clone();
        async move { Ok(cors) }.boxed()
    }
}

pub struct OneKey;

impl Credentials for OneKey {
    fn by_access_key(&self, id: &str) -> Option<(Arc<Account>, Secret)> {
        let account = Account {
            id: AccountId([7; 32]),
            name: "alice".into(),
            display_name: "Alice".into(),
            email: None,
            is_root: false,
        };
        (id == ACCESS_KEY).then(|| (Arc::new(account), Secret::new(SECRET_KEY)))
    }
}

pub struct Harness {
    pub address: std::net::SocketAddr,
    pub fake: Arc<Fake>,
    pub clock: Arc<ManualClock>,
    pub metrics: Arc<crate::Metrics>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<()>>,
}

impl Harness {
    pub fn start(config: S3Config) -> Self {
        let fake = Arc::new(Fake::default());
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(NOW)));
        let parts = Parts {
            operations: Arc::new(Behind(s3s::service::S3ServiceBuilder::new(FakeS3(Arc::clone(&fake))).build())),
            objects: Arc::clone(&fake) as Arc<dyn FrontObjects>,
            credentials: Arc::new(OneKey),
            clock: Arc::clone(&clock) as Arc<dyn trefoil_core::clock::Clock>,
            random: Arc::new(SeededRandom::new(1)),
        };
        let config = S3Config { listen: ([127, 0, 0, 1], 0).into(), ..config };
        let server = S3Server::listen(S3Address::bind(config).expect("binds"), parts).expect("listens");
        let (stop, stopped) = oneshot::channel::<()>();
        let (address, metrics) = (server.local_addr(), server.metrics());
        let served = tokio::spawn(server.serve(async move {
            // A dropped sender stops the server too.
            let _ = stopped.await;
        }));
        Self { address, fake, clock, metrics, stop: Some(stop), served: Some(served) }
    }

    /// Stops the server and waits for its end.
    pub async fn stop(&mut self) {
        drop(self.stop.take());
        self.served.take().expect("once").await.expect("no panic");
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connects")
    }

    /// Sends bytes and reads one answer.
    pub async fn send(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        stream.write_all(request).await.expect("sent");
        read_answer(&mut stream).await.expect("an answer")
    }
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The text of an element of the error document.
    pub fn element(&self, name: &str) -> Option<&str> {
        let start = self.body.find(&format!("<{name}>"))? + name.len() + 2;
        let end = self.body[start..].find(&format!("</{name}>"))?;
        Some(&self.body[start..start + end])
    }

    pub fn code(&self) -> &str {
        self.element("Code").unwrap_or("")
    }
}

/// Reads one answer; `None` where the connection ended first.
pub async fn read_answer(stream: &mut TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            break at;
        }
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&piece[..count]);
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let find = |name: &str| headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
    let mut body = bytes[head_end + 4..].to_vec();
    let length = find("content-length").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let whole = if status == 100 || status == 304 { 0 } else { length };
    while body.len() < whole {
        let mut piece = [0; 4096];
        match tokio::time::timeout(std::time::Duration::from_millis(500), stream.read(&mut piece)).await {
            Ok(Ok(count)) if count > 0 => body.extend_from_slice(&piece[..count]),
            // An answer to HEAD has a length and no body.
            _ => break,
        }
    }
    Some(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// A request to be signed and written out.
pub struct Draft {
    pub method: &'static str,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub region: String,
}

impl Draft {
    pub fn new(method: &'static str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method,
            path: path.into(),
            query: query.into(),
            headers: vec![("host".into(), "localhost".into())],
            body: Vec::new(),
            region: "us-east-1".into(),
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Signs every header there is, with `payload` as `x-amz-content-sha256`. Gives the signature too.
    pub fn sign_with(mut self, payload: &str) -> (Self, String) {
        let date = AmzDate::at(Timestamp::from_secs(NOW)).expect("a date");
        self = self.header("x-amz-date", date.as_str()).header("x-amz-content-sha256", payload);
        self.headers.sort();
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let mut pairs: Vec<String> = self
            .query
            .split('&')
            .filter(|part| !part.is_empty())
            .map(|part| if part.contains('=') { part.to_owned() } else { format!("{part}=") })
            .collect();
        pairs.sort();
        let lines: String = self.headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical =
            format!("{}\n{}\n{}\n{lines}\n{}\n{payload}", self.method, self.path, pairs.join("&"), names.join(";"));
        let scope = Scope { access_key: ACCESS_KEY, day: date.day(), region: &self.region };
        use sha2::Digest;
        let digest = hex::encode(sha2::Sha256::digest(canonical.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256\n{}\n{}\n{digest}", date.as_str(), scope.text());
        let key = SigningKey::new(&Secret::new(SECRET_KEY), scope.day, scope.region);
        let signature = String::from_utf8(key.sign(text.as_bytes()).to_vec()).expect("digits");
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{}, SignedHeaders={}, Signature={signature}",
            scope.text(),
            names.join(";")
        );
        (self.header("authorization", &value), signature)
    }

    pub fn sign(self) -> Self {
        use sha2::Digest;
        let digest = hex::encode(sha2::Sha256::digest(&self.body));
        self.sign_with(&digest).0
    }

    /// As bytes for the wire; a body brings its length, where no header says one.
    pub fn bytes(&self) -> Vec<u8> {
        let separator = if self.query.is_empty() { "" } else { "?" };
        let mut out = format!("{} {}{separator}{} HTTP/1.1\r\n", self.method, self.path, self.query);
        for (name, value) in &self.headers {
            out.push_str(&format!("{name}: {value}\r\n"));
        }
        let has_length = self.headers.iter().any(|(name, _)| name == "content-length" || name == "transfer-encoding");
        if !has_length && (!self.body.is_empty() || self.method == "PUT" || self.method == "POST") {
            out.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        out.push_str("\r\n");
        let mut out = out.into_bytes();
        out.extend_from_slice(&self.body);
        out
    }
}
