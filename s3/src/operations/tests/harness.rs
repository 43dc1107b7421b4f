//! A store in memory, two accounts, and one request at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt as _;
use trefoil_core::access::{Accounts, NewAccount, Secret};
use trefoil_core::clock::SystemClock;
use trefoil_core::data::{Location, memory::MemoryStore};
use trefoil_core::metadata::memory::MemoryStore as MemoryIndex;
use trefoil_core::objects::{ObjectService, Parts};
use trefoil_core::random::SeededRandom;
use trefoil_core::types::{Account, Principal};

use crate::context::{AuthContext, ErrorDetails};
use crate::limits::COMPLETE_QUICK;
use crate::operate::Asked;
use crate::operations::Operations;
use crate::table;
use crate::target::Target;

pub struct Store {
    operations: Operations,
    pub metadata: Arc<MemoryIndex>,
    pub alice: Arc<Account>,
    pub bob: Arc<Account>,
}

#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub operation: Option<&'static str>,
    pub details: Vec<(&'static str, String)>,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a document is UTF-8")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header of ASCII"))
    }

    /// The text of the first element of the name.
    pub fn element(&self, name: &str) -> Option<&str> {
        self.elements(name).into_iter().next()
    }

    pub fn elements(&self, name: &str) -> Vec<&str> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        self.text().split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap_or_default()).collect()
    }

    /// The reply, if it has this status; else a panic that shows it.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self
    }

    /// Fails unless the reply is this error.
    #[track_caller]
    pub fn expect_error(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status.as_u16(), self.element("Code")), (status, Some(code)), "{self:?}");
        self
    }
}

/// A request that is being put together.
pub struct Ask<'a> {
    store: &'a Store,
    principal: Principal,
    request: http::request::Builder,
    body: Bytes,
    /// The operation that it is taken for, where not the right one.
    taken_for: Option<&'static str>,
    virtual_host: bool,
}

impl Store {
    pub async fn new() -> Self {
        Self::with_patience(COMPLETE_QUICK).await
    }

    /// Whose completions are late after `quick`.
    pub async fn with_patience(quick: Duration) -> Self {
        let metadata = Arc::new(MemoryIndex::new());
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SeededRandom::new(7)));
        let root = ("AKIAIOSFODNN7EXAMPLE".to_owned(), Secret::new("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"));
        let accounts = Accounts::load(metadata.clone(), clock.clone(), random.clone(), root).await.expect("accounts");
        let named = |name: &str| NewAccount {
            name: name.to_owned(),
            display_name: Some(format!("{name} of Trefoil")),
            email: Some(format!("{name}@example.com")),
            id: None,
        };
        let alice = accounts.create(named("alice")).await.expect("an account");
        let bob = accounts.create(named("bob")).await.expect("an account");
        let location = Location { name: "memory".into(), store: MemoryStore::new(1 << 30), inline: true };
        let accounts = Arc::new(accounts);
        let service = ObjectService::new(Parts {
            metadata: metadata.clone(),
            locations: HashMap::from([("memory".to_owned(), location)]),
            default_location: "memory".into(),
            accounts: accounts.clone(),
            clock,
            random,
            region: "us-east-1".into(),
        });
        Self {
            operations: Operations::with_patience(service, accounts, "us-east-1".into(), quick),
            metadata,
            alice,
            bob,
        }
    }

    /// A store with a bucket `photos` of alice's.
    pub async fn with_bucket() -> Self {
        let store = Self::new().await;
        store.ask("PUT", "/photos").send().await.expect(200);
        store
    }

    /// As alice.
    pub fn ask(&self, method: &str, uri: &str) -> Ask<'_> {
        let request = Request::builder().method(method).uri(uri).header("host", "trefoil.example");
        Ask {
            store: self,
            principal: Principal::Account(self.alice.clone()),
            request,
            body: Bytes::new(),
            taken_for: None,
            virtual_host: false,
        }
    }

    pub async fn put(&self, key: &str, body: &'static str) -> Reply {
        self.ask("PUT", &format!("/photos/{key}")).body(body).send().await.expect(200)
    }
}

impl Ask<'_> {
    pub fn by_bob(mut self) -> Self {
        self.principal = Principal::Account(self.store.bob.clone());
        self
    }

    pub fn by_nobody(mut self) -> Self {
        self.principal = Principal::Anonymous;
        self
    }

    /// As if the bucket stood in the host.
    pub fn virtual_host(mut self) -> Self {
        self.virtual_host = true;
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    pub fn taken_for(mut self, operation: &'static str) -> Self {
        self.taken_for = Some(operation);
        self
    }

    pub async fn send(self) -> Reply {
        let details = ErrorDetails::default();
        let context = AuthContext {
            principal: self.principal,
            expected_sha256: None,
            trailer: None,
            request_id: "1".into(),
            host_id: HeaderValue::from_static("host"),
            virtual_host: self.virtual_host,
            details: details.clone(),
        };
        // As it comes from a socket: as a stream, where it is more than nothing.
        let body = match self.body.is_empty() {
            true => s3s::Body::empty(),
            false => s3s::Body::http_body(http_body_util::Full::new(self.body.clone())),
        };
        let request = self.request.header("content-length", self.body.len()).body(body).expect("a request");
        let target = Target::parse(request.uri(), request.headers(), &[]).expect("a target");
        let found = match self.taken_for {
            None => table::find(request.method(), request.headers(), &target),
            Some(name) => Ok(table::OPERATIONS.iter().find(|operation| operation.name == name).expect("a row")),
        };
        let operation = found.as_ref().ok().map(|operation| operation.name);
        let response = match found {
            Ok(operation) => {
                let asked = Asked { operation, target: Arc::new(target), auth: context, request };
                self.store.operations.call(asked).await
            }
            Err(failure) => failure.into_s3(&details).to_http_response().expect("rendered"),
        };
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        Reply { status: parts.status, headers: parts.headers, body, operation, details: details.get().to_vec() }
    }
}
