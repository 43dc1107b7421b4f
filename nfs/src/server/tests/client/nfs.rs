//! NFSv3's procedures, as a client calls them, and what it reads of the answers.
//!
//! Always holds: every field of an answer is read, and its end is where the RFC has it.

use super::{Client, Fields, NFS, Words};

/// fattr3
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    pub kind: u32,
    pub mode: u32,
    pub links: u32,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    pub used: u64,
    pub device: (u32, u32),
    pub fsid: u64,
    pub fileid: u64,
    pub accessed: (u32, u32),
    pub modified: (u32, u32),
    pub changed: (u32, u32),
}

/// wcc_attr: size, times of the last modification and change.
pub type Before = (u64, (u32, u32), (u32, u32));

/// wcc_data
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Around {
    pub before: Option<Before>,
    pub after: Option<Attributes>,
}

/// sattr3, without times.
#[derive(Clone, Copy, Debug, Default)]
pub struct Set {
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub size: Option<u64>,
    pub accessed: Option<(u32, u32)>,
    pub modified: Option<(u32, u32)>,
}

impl Set {
    pub fn mode(mode: u32) -> Self {
        Self { mode: Some(mode), ..Self::default() }
    }

    pub fn size(size: u64) -> Self {
        Self { size: Some(size), ..Self::default() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub fileid: u64,
    pub name: String,
    pub cookie: u64,
    pub attributes: Option<Attributes>,
    pub handle: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub struct Written {
    pub around: Around,
    pub count: u32,
    pub committed: u32,
    pub verifier: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Made {
    pub handle: Vec<u8>,
    pub attributes: Attributes,
    pub directory: Around,
}

impl Words {
    fn set(self, set: Set) -> Self {
        let word = |this: Words, value: Option<u32>| match value {
            Some(value) => this.u32(1).u32(value),
            None => this.u32(0),
        };
        let this = word(word(word(self, set.mode), set.uid), set.gid);
        let this = match set.size {
            Some(size) => this.u32(1).u64(size),
            None => this.u32(0),
        };
        [set.accessed, set.modified].into_iter().fold(this, |this, time| match time {
            Some((seconds, nanos)) => this.u32(2).u32(seconds).u32(nanos),
            None => this.u32(0),
        })
    }
}

impl Fields {
    fn time(&mut self) -> (u32, u32) {
        (self.u32(), self.u32())
    }

    pub fn attributes(&mut self) -> Attributes {
        Attributes {
            kind: self.u32(),
            mode: self.u32(),
            links: self.u32(),
            uid: self.u32(),
            gid: self.u32(),
            size: self.u64(),
            used: self.u64(),
            device: (self.u32(), self.u32()),
            fsid: self.u64(),
            fileid: self.u64(),
            accessed: self.time(),
            modified: self.time(),
            changed: self.time(),
        }
    }

    pub fn post_op(&mut self) -> Option<Attributes> {
        self.boolean().then(|| self.attributes())
    }

    pub fn around(&mut self) -> Around {
        let before = self.boolean().then(|| (self.u64(), self.time(), self.time()));
        Around { before, after: self.post_op() }
    }

    fn verifier(&mut self) -> Vec<u8> {
        self.u64().to_be_bytes().to_vec()
    }
}

type Answer<T> = Result<T, u32>;

impl Client {
    /// Calls a procedure whose failure is its status and what `failed` reads.
    async fn nfs(&mut self, procedure: u32, arguments: Words, failed: impl FnOnce(&mut Fields)) -> Answer<Fields> {
        let mut answer = self.call(NFS, procedure, arguments).await;
        match answer.u32() {
            0 => Ok(answer),
            status => {
                failed(&mut answer);
                answer.end();
                Err(status)
            }
        }
    }

    pub async fn getattr(&mut self, handle: &[u8]) -> Answer<Attributes> {
        let mut answer = self.nfs(1, Words::default().opaque(handle), |_| ()).await?;
        let attributes = answer.attributes();
        answer.end();
        Ok(attributes)
    }

    pub async fn setattr(&mut self, handle: &[u8], set: Set, guard: Option<(u32, u32)>) -> Answer<Around> {
        let words = Words::default().opaque(handle).set(set);
        let words = match guard {
            Some((seconds, nanos)) => words.u32(1).u32(seconds).u32(nanos),
            None => words.u32(0),
        };
        let mut answer = self
            .nfs(2, words, |answer| {
                answer.around();
            })
            .await?;
        let around = answer.around();
        answer.end();
        Ok(around)
    }

    pub async fn lookup(&mut self, directory: &[u8], name: &str) -> Answer<(Vec<u8>, Attributes)> {
        let words = Words::default().opaque(directory).opaque(name.as_bytes());
        let mut answer = self
            .nfs(3, words, |answer| {
                answer.post_op();
            })
            .await?;
        let (handle, attributes) = (answer.opaque(), answer.post_op().expect("attributes"));
        assert!(answer.post_op().is_some_and(|directory| directory.kind == 2));
        answer.end();
        Ok((handle, attributes))
    }

    pub async fn access(&mut self, handle: &[u8], wanted: u32) -> Answer<u32> {
        let words = Words::default().opaque(handle).u32(wanted);
        let mut answer = self
            .nfs(4, words, |answer| {
                answer.post_op();
            })
            .await?;
        assert!(answer.post_op().is_some());
        let granted = answer.u32();
        answer.end();
        Ok(granted)
    }

    pub async fn readlink(&mut self, handle: &[u8]) -> Answer<String> {
        let mut answer = self
            .nfs(5, Words::default().opaque(handle), |answer| {
                answer.post_op();
            })
            .await?;
        assert!(answer.post_op().is_some());
        let target = answer.text();
        answer.end();
        Ok(target)
    }

    /// The bytes, and whether they end the file.
    pub async fn read(&mut self, handle: &[u8], offset: u64, count: u32) -> Answer<(Vec<u8>, bool)> {
        let words = Words::default().opaque(handle).u64(offset).u32(count);
        let mut answer = self
            .nfs(6, words, |answer| {
                answer.post_op();
            })
            .await?;
        assert!(answer.post_op().is_some());
        let (count, end, data) = (answer.u32(), answer.boolean(), answer.opaque());
        assert_eq!(count as usize, data.len());
        answer.end();
        Ok((data, end))
    }

    pub async fn write(&mut self, handle: &[u8], offset: u64, data: &[u8], stable: u32) -> Answer<Written> {
        let count = u32::try_from(data.len()).expect("short");
        let words = Words::default().opaque(handle).u64(offset).u32(count).u32(stable).opaque(data);
        let mut answer = self
            .nfs(7, words, |answer| {
                answer.around();
            })
            .await?;
        let (around, count, committed) = (answer.around(), answer.u32(), answer.u32());
        let verifier = answer.verifier();
        answer.end();
        Ok(Written { around, count, committed, verifier })
    }

    pub async fn commit(&mut self, handle: &[u8]) -> Answer<(Around, Vec<u8>)> {
        let words = Words::default().opaque(handle).u64(0).u32(0);
        let mut answer = self
            .nfs(21, words, |answer| {
                answer.around();
            })
            .await?;
        let (around, verifier) = (answer.around(), answer.verifier());
        answer.end();
        Ok((around, verifier))
    }

    async fn make(&mut self, procedure: u32, words: Words) -> Answer<Made> {
        let mut answer = self
            .nfs(procedure, words, |answer| {
                answer.around();
            })
            .await?;
        assert!(answer.boolean(), "a handle follows");
        let (handle, attributes) = (answer.opaque(), answer.post_op().expect("attributes"));
        let directory = answer.around();
        answer.end();
        Ok(Made { handle, attributes, directory })
    }

    /// UNCHECKED (0) or GUARDED (1).
    pub async fn create(&mut self, directory: &[u8], name: &str, how: u32, set: Set) -> Answer<Made> {
        self.make(8, Words::default().opaque(directory).opaque(name.as_bytes()).u32(how).set(set)).await
    }

    pub async fn create_exclusive(&mut self, directory: &[u8], name: &str, verifier: [u8; 8]) -> Answer<Made> {
        self.make(8, Words::default().opaque(directory).opaque(name.as_bytes()).u32(2).fixed(&verifier)).await
    }

    pub async fn mkdir(&mut self, directory: &[u8], name: &str, set: Set) -> Answer<Made> {
        self.make(9, Words::default().opaque(directory).opaque(name.as_bytes()).set(set)).await
    }

    pub async fn symlink(&mut self, directory: &[u8], name: &str, target: &str) -> Answer<Made> {
        let words = Words::default().opaque(directory).opaque(name.as_bytes()).set(Set::mode(0o777));
        self.make(10, words.opaque(target.as_bytes())).await
    }

    pub async fn mknod(&mut self, directory: &[u8], name: &str, kind: u32, device: (u32, u32)) -> Answer<Made> {
        let words = Words::default().opaque(directory).opaque(name.as_bytes()).u32(kind);
        let words = match kind {
            3 | 4 => words.set(Set::mode(0o600)).u32(device.0).u32(device.1),
            6 | 7 => words.set(Set::mode(0o600)),
            _ => words,
        };
        self.make(11, words).await
    }

    async fn remove_by(&mut self, procedure: u32, directory: &[u8], name: &str) -> Answer<Around> {
        let words = Words::default().opaque(directory).opaque(name.as_bytes());
        let mut answer = self
            .nfs(procedure, words, |answer| {
                answer.around();
            })
            .await?;
        let around = answer.around();
        answer.end();
        Ok(around)
    }

    pub async fn remove(&mut self, directory: &[u8], name: &str) -> Answer<Around> {
        self.remove_by(12, directory, name).await
    }

    pub async fn rmdir(&mut self, directory: &[u8], name: &str) -> Answer<Around> {
        self.remove_by(13, directory, name).await
    }

    pub async fn rename(&mut self, from: (&[u8], &str), to: (&[u8], &str)) -> Answer<(Around, Around)> {
        let words = Words::default().opaque(from.0).opaque(from.1.as_bytes());
        let words = words.opaque(to.0).opaque(to.1.as_bytes());
        let failed = |answer: &mut Fields| {
            answer.around();
            answer.around();
        };
        let mut answer = self.nfs(14, words, failed).await?;
        let around = (answer.around(), answer.around());
        answer.end();
        Ok(around)
    }

    pub async fn link(&mut self, file: &[u8], directory: &[u8], name: &str) -> Answer<(Option<Attributes>, Around)> {
        let words = Words::default().opaque(file).opaque(directory).opaque(name.as_bytes());
        let failed = |answer: &mut Fields| {
            answer.post_op();
            answer.around();
        };
        let mut answer = self.nfs(15, words, failed).await?;
        let linked = (answer.post_op(), answer.around());
        answer.end();
        Ok(linked)
    }

    /// One page: its entries, whether they end the directory, and the bytes that it took without its status.
    pub async fn readdir(&mut self, directory: &[u8], cookie: u64, count: u32) -> Answer<(Vec<Entry>, bool, usize)> {
        let words = Words::default().opaque(directory).u64(cookie).u64(0).u32(count);
        let answer = self
            .nfs(16, words, |answer| {
                answer.post_op();
            })
            .await?;
        Ok(page(answer, false))
    }

    pub async fn readdirplus(
        &mut self,
        directory: &[u8],
        cookie: u64,
        counts: (u32, u32),
    ) -> Answer<(Vec<Entry>, bool, usize)> {
        let words = Words::default().opaque(directory).u64(cookie).u64(0).u32(counts.0).u32(counts.1);
        let answer = self
            .nfs(17, words, |answer| {
                answer.post_op();
            })
            .await?;
        Ok(page(answer, true))
    }
}

fn page(mut answer: Fields, plus: bool) -> (Vec<Entry>, bool, usize) {
    let bytes = answer.left();
    assert!(answer.post_op().is_some_and(|directory| directory.kind == 2));
    assert_eq!(answer.u64(), 0, "the verifier");
    let mut entries = Vec::new();
    while answer.boolean() {
        let (fileid, name, cookie) = (answer.u64(), answer.text(), answer.u64());
        let attributes = if plus { answer.post_op() } else { None };
        let handle = (plus && answer.boolean()).then(|| answer.opaque());
        entries.push(Entry { fileid, name, cookie, attributes, handle });
    }
    let end = answer.boolean();
    answer.end();
    (entries, end, bytes)
}
