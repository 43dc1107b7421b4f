//! One file in memory, served by the crate nfsserve: `nfsserve ADDRESS:PORT`. The baseline that `make bench-files` shows: what NFS costs
//! with the crate that Trefoil's own server is instead of, with nothing below it.
//!
//! Always holds: the root has at most the one file, which any CREATE makes anew; what the load generator does not ask for is not
//! supported.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use nfsserve::nfs::{fattr3, fileid3, filename3, ftype3, nfspath3, nfsstat3, nfstime3, sattr3, specdata3};
use nfsserve::tcp::{NFSTcp, NFSTcpListener};
use nfsserve::vfs::{NFSFileSystem, ReadDirResult, VFSCapabilities};

const ROOT: fileid3 = 1;
const FILE: fileid3 = 2;
/// As many as Trefoil has on two cores.
const THREADS: usize = 2;

#[derive(Default)]
struct OneFile {
    content: Mutex<Vec<u8>>,
}

impl OneFile {
    fn content(&self) -> MutexGuard<'_, Vec<u8>> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attributes(id: fileid3, size: usize) -> fattr3 {
        let time = nfstime3 { seconds: 1, nseconds: 0 };
        let ftype = if id == ROOT { ftype3::NF3DIR } else { ftype3::NF3REG };
        fattr3 {
            ftype,
            mode: 0o755,
            nlink: 1,
            uid: 0,
            gid: 0,
            size: size as u64,
            used: size as u64,
            rdev: specdata3::default(),
            fsid: 0,
            fileid: id,
            atime: time,
            mtime: time,
            ctime: time,
        }
    }
}

fn place(offset: u64) -> Result<usize, nfsstat3> {
    usize::try_from(offset).map_err(|_| nfsstat3::NFS3ERR_FBIG)
}

#[async_trait]
impl NFSFileSystem for OneFile {
    fn capabilities(&self) -> VFSCapabilities {
        VFSCapabilities::ReadWrite
    }

    fn root_dir(&self) -> fileid3 {
        ROOT
    }

    async fn lookup(&self, _directory: fileid3, _name: &filename3) -> Result<fileid3, nfsstat3> {
        Ok(FILE)
    }

    async fn getattr(&self, id: fileid3) -> Result<fattr3, nfsstat3> {
        Ok(Self::attributes(id, if id == ROOT { 0 } else { self.content().len() }))
    }

    async fn setattr(&self, id: fileid3, _attributes: sattr3) -> Result<fattr3, nfsstat3> {
        self.getattr(id).await
    }

    async fn read(&self, _id: fileid3, offset: u64, count: u32) -> Result<(Vec<u8>, bool), nfsstat3> {
        let content = self.content();
        let from = place(offset)?.min(content.len());
        let to = from.saturating_add(count as usize).min(content.len());
        Ok((content[from..to].to_vec(), to == content.len()))
    }

    async fn write(&self, id: fileid3, offset: u64, data: &[u8]) -> Result<fattr3, nfsstat3> {
        let mut content = self.content();
        let from = place(offset)?;
        let to = from.checked_add(data.len()).ok_or(nfsstat3::NFS3ERR_FBIG)?;
        if content.len() < to {
            content.resize(to, 0);
        }
        content[from..to].copy_from_slice(data);
        Ok(Self::attributes(id, content.len()))
    }

    async fn create(
        &self,
        _directory: fileid3,
        _name: &filename3,
        _attributes: sattr3,
    ) -> Result<(fileid3, fattr3), nfsstat3> {
        self.content().clear();
        Ok((FILE, Self::attributes(FILE, 0)))
    }

    async fn create_exclusive(&self, _directory: fileid3, _name: &filename3) -> Result<fileid3, nfsstat3> {
        Err(nfsstat3::NFS3ERR_NOTSUPP)
    }

    async fn mkdir(&self, _directory: fileid3, _name: &filename3) -> Result<(fileid3, fattr3), nfsstat3> {
        Err(nfsstat3::NFS3ERR_NOTSUPP)
    }

    async fn remove(&self, _directory: fileid3, _name: &filename3) -> Result<(), nfsstat3> {
        Err(nfsstat3::NFS3ERR_NOTSUPP)
    }

    async fn rename(
        &self,
        _from: fileid3,
        _from_name: &filename3,
        _to: fileid3,
        _to_name: &filename3,
    ) -> Result<(), nfsstat3> {
        Err(nfsstat3::NFS3ERR_NOTSUPP)
    }

    async fn readdir(&self, _id: fileid3, _after: fileid3, _count: usize) -> Result<ReadDirResult, nfsstat3> {
        Err(nfsstat3::NFS3ERR_NOTSUPP)
    }

    async fn symlink(
        &self,
        _directory: fileid3,
        _name: &filename3,
        _target: &nfspath3,
        _attributes: &sattr3,
    ) -> Result<(fileid3, fattr3), nfsstat3> {
        Err(nfsstat3::NFS3ERR_NOTSUPP)
    }

    async fn readlink(&self, _id: fileid3) -> Result<nfspath3, nfsstat3> {
        Err(nfsstat3::NFS3ERR_NOTSUPP)
    }
}

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).ok_or_else(|| std::io::Error::other("usage: nfsserve ADDRESS:PORT"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    runtime.block_on(async {
        let listener = NFSTcpListener::bind(&address, OneFile::default()).await?;
        listener.handle_forever().await
    })
}
