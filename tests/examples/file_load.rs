//! Loads a file system, and says what that costs, one JSON object. `--pid` names a process that serves it:
//!
//! ```text
//! file_load [--pid PID]… create DIR COUNT PROCESSES [fsync]   files of 4 KiB, created, written and closed
//! file_load [--pid PID]… stat DIR COUNT                       looks at each of the files that `create` made with one process
//! file_load [--pid PID]… list DIR COUNT                       the same as `ls -l`: reads the directory, looks at each name
//! file_load [--pid PID]… write FILE MIB | read FILE MIB       1 MiB at a time; the write ends with fsync
//! ```
//!
//! Always holds: only the work is measured, not what prepares it; what is read is compared with what was written; fewer or more files
//! than said are an error.

mod cost;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Command, ExitCode};

use cost::mark;

const SMALL_BYTES: usize = 4096;
const BLOCK_BYTES: usize = 1 << 20;
const USAGE: &str = "usage: file_load [--pid PID]… create DIR COUNT PROCESSES [fsync] | stat DIR COUNT | list DIR COUNT | \
                     write FILE MIB | read FILE MIB";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("{word} is no number; {USAGE}"))
}

fn run() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut servers = vec![];
    while let ["--pid", pid, ..] = words.as_slice() {
        servers.push(number(pid)?);
        words.drain(..2);
    }
    match words.as_slice() {
        ["create", directory, count, processes, sync @ ..] if matches!(sync, [] | ["fsync"]) => {
            create(&servers, directory, number(count)?, number(processes)?, !sync.is_empty())
        }
        // One of the processes of `create`.
        ["part", directory, from, to, sync] => create_part(directory, number(from)?..number(to)?, *sync == "fsync"),
        ["stat", directory, count] => {
            enter(directory)?;
            measure(&servers, number(count)?, || stat(number(count)?))
        }
        ["list", directory, count] => {
            enter(directory)?;
            measure(&servers, number(count)?, || list(number(count)?))
        }
        ["write", file, mib] => {
            let mut block = noise(BLOCK_BYTES);
            measure(&servers, number(mib)?, || write(Path::new(file), &mut block, number(mib)?))
        }
        ["read", file, mib] => {
            let (mut block, expected) = (vec![0; BLOCK_BYTES], noise(BLOCK_BYTES));
            let mut file = File::open(file).map_err(|error| format!("{file}: {error}"))?;
            forget_pages(&file)?;
            measure(&servers, number(mib)?, || read(&mut file, &mut block, &expected, number(mib)?))
        }
        _ => Err(USAGE.into()),
    }
}

/// Does the work, and prints what it cost.
fn measure(servers: &[i32], count: u64, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let mark = mark(servers)?;
    work()?;
    let cost = mark.cost(servers)?;
    let settled = mark.settled(servers)?;
    writeln!(
        std::io::stdout(),
        "{{\"count\": {count}, \"seconds\": {:.6}, \"client_cpu_seconds\": {:.6}, \"server_cpu_seconds\": {:.6}, \
         \"settled_server_cpu_seconds\": {settled:.6}}}",
        cost.wall,
        cost.client,
        cost.server
    )
    .map_err(|error| error.to_string())
}

fn enter(directory: &str) -> Result<(), String> {
    std::env::set_current_dir(directory).map_err(|error| format!("{directory}: {error}"))
}

/// Bytes that do not compress, the same each time.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = Vec::with_capacity(bytes);
    while noise.len() < bytes {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend(state.to_le_bytes());
    }
    noise
}

fn create(servers: &[i32], directory: &str, count: u64, processes: u64, sync: bool) -> Result<(), String> {
    std::fs::create_dir_all(directory).map_err(|error| format!("{directory}: {error}"))?;
    if processes <= 1 {
        return measure(servers, count, || create_part(directory, 0..count, sync));
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    measure(servers, count, || {
        let mut children = vec![];
        for part in 0..processes {
            // Each in a directory of its own, as different programs are.
            let own = format!("{directory}/{part}");
            std::fs::create_dir_all(&own).map_err(|error| format!("{own}: {error}"))?;
            let (from, to) = (count * part / processes, count * (part + 1) / processes);
            let sync = if sync { "fsync" } else { "no" };
            let child = Command::new(&program).args(["part", &own, &from.to_string(), &to.to_string(), sync]).spawn();
            children.push(child.map_err(|error| error.to_string())?);
        }
        // All are waited for before any is judged.
        let ended: Vec<_> = children.iter_mut().map(|child| child.wait()).collect();
        match ended.iter().all(|status| status.as_ref().is_ok_and(|status| status.success())) {
            true => Ok(()),
            false => Err(format!("a process failed: {ended:?}")),
        }
    })
}

fn create_part(directory: &str, numbers: std::ops::Range<u64>, sync: bool) -> Result<(), String> {
    enter(directory)?;
    let mut content = noise(SMALL_BYTES);
    for number in numbers {
        let name = name(number);
        content[..8].copy_from_slice(&number.to_le_bytes());
        let made = OpenOptions::new().write(true).create_new(true).open(&name).and_then(|mut file| {
            let count = file.write(&content)?;
            if count != content.len() {
                return Err(std::io::Error::other("a short write"));
            }
            if sync { file.sync_all() } else { Ok(()) }
        });
        made.map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

fn name(number: u64) -> String {
    format!("file-{number:07}")
}

fn stat(count: u64) -> Result<(), String> {
    for number in 0..count {
        let name = name(number);
        let found = std::fs::symlink_metadata(&name).map_err(|error| format!("{name}: {error}"))?;
        if found.len() != SMALL_BYTES as u64 {
            return Err(format!("{name} has {} bytes", found.len()));
        }
    }
    Ok(())
}

fn list(count: u64) -> Result<(), String> {
    let mut found = 0;
    for entry in std::fs::read_dir(".").map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        let metadata = entry.metadata().map_err(|error| format!("{:?}: {error}", entry.file_name()))?;
        if metadata.len() != SMALL_BYTES as u64 {
            return Err(format!("{:?} has {} bytes", entry.file_name(), metadata.len()));
        }
        found += 1;
    }
    if found == count { Ok(()) } else { Err(format!("{found} names, and not {count}")) }
}

fn write(path: &Path, block: &mut [u8], mib: u64) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path).map_err(failed)?;
    for number in 0..mib {
        block[..8].copy_from_slice(&number.to_le_bytes());
        file.write_all(block).map_err(failed)?;
    }
    file.sync_all().map_err(failed)
}

/// The next read has to ask the file system.
fn forget_pages(file: &File) -> Result<(), String> {
    // SAFETY: takes an open descriptor and numbers.
    match unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) } {
        0 => Ok(()),
        error => Err(format!("posix_fadvise: {}", std::io::Error::from_raw_os_error(error))),
    }
}

fn read(file: &mut File, block: &mut [u8], expected: &[u8], mib: u64) -> Result<(), String> {
    for number in 0..mib {
        file.read_exact(block).map_err(|error| format!("block {number}: {error}"))?;
        // The number, and a part of the rest that moves: all of it would cost more than the reading.
        let at = 8 + usize::try_from(number).unwrap_or_default() * 4096 % (BLOCK_BYTES - 4096);
        if block[..8] != number.to_le_bytes() || block[at..at + 64] != expected[at..at + 64] {
            return Err(format!("block {number} is not what was written"));
        }
    }
    match file.read(&mut block[..1]) {
        Ok(0) => Ok(()),
        Ok(_) => Err("more than was written".into()),
        Err(error) => Err(error.to_string()),
    }
}
