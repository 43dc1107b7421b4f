//! An answer of the server and what a test may claim about it.
//!
//! Always holds: each claim panics with the whole answer when it is false, so that a failure can be understood from its text.

use crate::xml::Element;

#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    /// In order, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Number of 1xx answers before this one.
    pub interim: usize,
    /// What was asked, for messages.
    pub request: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The header's value; panics where it is absent.
    #[track_caller]
    pub fn need(&self, name: &str) -> String {
        match self.header(name) {
            Some(value) => value.to_owned(),
            None => self.fail(&format!("has no header {name}")),
        }
    }

    #[track_caller]
    pub fn has(&self, name: &str, value: &str) -> &Self {
        if self.header(name) != Some(value) {
            self.fail(&format!("header {name} is {:?}, not {value:?}", self.header(name)));
        }
        self
    }

    #[track_caller]
    pub fn lacks(&self, name: &str) -> &Self {
        if let Some(value) = self.header(name) {
            self.fail(&format!("header {name} is {value:?} and should be absent"));
        }
        self
    }

    #[track_caller]
    pub fn holds(&self, body: impl AsRef<[u8]>) -> &Self {
        if self.body != body.as_ref() {
            let expected = body.as_ref();
            let shown = String::from_utf8_lossy(&expected[..expected.len().min(200)]).into_owned();
            self.fail(&format!("body is {} bytes and not the {} of {shown:?}", self.body.len(), expected.len()));
        }
        self
    }

    /// The document's root element.
    #[track_caller]
    pub fn xml(&self) -> Element {
        match Element::parse(&self.body) {
            Ok(element) => element,
            Err(error) => self.fail(&format!("body is no XML: {error}")),
        }
    }

    /// The texts at a path below the root, such as `Contents/Key`.
    #[track_caller]
    pub fn all(&self, path: &str) -> Vec<String> {
        self.xml().all(path)
    }

    /// The only text at a path below the root.
    #[track_caller]
    pub fn one(&self, path: &str) -> String {
        let mut found = self.all(path);
        if found.len() != 1 {
            self.fail(&format!("has {} of {path}, not one", found.len()));
        }
        found.remove(0)
    }

    #[track_caller]
    pub fn shows(&self, path: &str, text: &str) -> &Self {
        let found = self.one(path);
        if found != text {
            self.fail(&format!("{path} is {found:?}, not {text:?}"));
        }
        self
    }

    #[track_caller]
    pub fn lists(&self, path: &str, texts: &[&str]) -> &Self {
        let found = self.all(path);
        if found != texts {
            self.fail(&format!("{path} are {found:?}, not {texts:?}"));
        }
        self
    }

    /// The document has nothing at this path.
    #[track_caller]
    pub fn omits(&self, path: &str) -> &Self {
        self.lists(path, &[])
    }

    /// The root element's name.
    #[track_caller]
    pub fn root(&self, name: &str) -> &Self {
        let root = self.xml();
        if root.name != name {
            self.fail(&format!("root element is {}, not {name}", root.name));
        }
        self
    }

    /// The code of an error document; empty where there is none.
    pub fn code(&self) -> String {
        match Element::parse(&self.body) {
            Ok(root) if root.name == "Error" => root.all("Code").into_iter().next().unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// Stops the test with the whole answer.
    #[track_caller]
    pub fn fail(&self, what: &str) -> ! {
        let headers: Vec<String> = self.headers.iter().map(|(name, value)| format!("    {name}: {value}")).collect();
        let body = &self.body[..self.body.len().min(2000)];
        panic!(
            "{what}\n  asked: {}\n  answered: {}\n{}\n    {}",
            self.request,
            self.status,
            headers.join("\n"),
            String::from_utf8_lossy(body)
        )
    }
}
