//! Loads an NFS server over TCP, and says what that costs the server, one JSON object. Many calls are on the way at once:
//!
//! ```text
//! nfs_load --pid PID ADDRESS EXPORT getattr TOTAL        after so many, is the server as fast as at the first 5,000?
//! nfs_load --pid PID ADDRESS EXPORT io MIB               WRITE of 1 MiB each and COMMIT, then READ of all
//! nfs_load --pid PID ADDRESS EXPORT io4 MIB              the same by NFSv4.1
//! ```
//!
//! Always holds: every answer is read and must be a success of its call; what is read is compared with what was written. The protocol is
//! written here from RFC 1813, RFC 8881 and RFC 5531, and shares nothing with the door.

mod cost;
mod nfs_client;

use std::collections::HashMap;
use std::io::Write;
use std::process::ExitCode;

use cost::{Cost, mark};
use nfs_client::{Client, RemoteFile, v3, v4};

const FILE_NAME: &str = "nfs-load";
const BLOCK_BYTES: u32 = 1 << 20;
/// Calls of 1 MiB on the way at once.
const IO_DEPTH: u64 = 8;
/// GETATTR calls that are sent together.
const GETATTR_DEPTH: u64 = 200;
/// GETATTR calls of one measurement, or all where there are fewer.
const WINDOW: u64 = 5000;
/// Measurements after the many calls: one alone takes a fiftieth of a second, and says little.
const WINDOWS: usize = 20;
const USAGE: &str = "usage: nfs_load --pid PID ADDRESS EXPORT getattr TOTAL | io MIB | io4 MIB";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["--pid", pid, address, export, what, count] = words.as_slice() else { return Err(USAGE.into()) };
    let server = [pid.parse::<i32>().map_err(|_| USAGE)?];
    let count: u64 = count.parse().map_err(|_| USAGE)?;
    let mut client = Client::connect(address)?;
    let said = match *what {
        "getattr" => {
            let root = v3::mount(&mut client, export)?;
            getattr(&mut client, &server, &root, count)?
        }
        "io" => {
            let root = v3::mount(&mut client, export)?;
            let mut file = v3::File::create(&mut client, &root, FILE_NAME)?;
            io(&mut client, &server, &mut file, count)?
        }
        "io4" => {
            let mut file = v4::File::create(&mut client, export, FILE_NAME)?;
            io(&mut client, &server, &mut file, count)?
        }
        _ => return Err(USAGE.into()),
    };
    writeln!(std::io::stdout(), "{said}").map_err(|error| error.to_string())
}

fn getattr(client: &mut Client, server: &[i32], root: &[u8], total: u64) -> Result<String, String> {
    let mut done = 0;
    let mut window = |client: &mut Client, count: u64| -> Result<Cost, String> {
        let mark = mark(server)?;
        let mut left = count;
        while left > 0 {
            let some = left.min(GETATTR_DEPTH);
            let mut batch = vec![];
            for _ in 0..some {
                batch.extend(v3::getattr(client, root));
            }
            client.send(&[&batch])?;
            for _ in 0..some {
                client.receive()?.success()?;
            }
            left -= some;
        }
        done += count;
        mark.cost(server)
    };
    let each = WINDOW.min(total);
    let first = window(client, each)?;
    let between = window(client, total - each)?;
    let after: Vec<String> = (0..WINDOWS).map(|_| Ok(shown(window(client, each)?))).collect::<Result<_, String>>()?;
    Ok(format!(
        "{{\"window\": {each}, \"first\": {}, \"between_count\": {}, \"between\": {}, \"after\": [{}], \"total\": {done}}}",
        shown(first),
        total - each,
        shown(between),
        after.join(", ")
    ))
}

fn shown(cost: Cost) -> String {
    format!(
        "{{\"seconds\": {:.6}, \"client_cpu_seconds\": {:.6}, \"server_cpu_seconds\": {:.6}}}",
        cost.wall, cost.client, cost.server
    )
}

fn io(client: &mut Client, server: &[i32], file: &mut dyn RemoteFile, blocks: u64) -> Result<String, String> {
    let mut block = noise(BLOCK_BYTES as usize);
    let begun = mark(server)?;
    let (mut sent, mut answered) = (0, 0);
    while answered < blocks {
        if sent < blocks && sent - answered < IO_DEPTH {
            block[..8].copy_from_slice(&sent.to_le_bytes());
            file.write(client, sent * u64::from(BLOCK_BYTES), &block)?;
            sent += 1;
            continue;
        }
        let answer = client.receive()?;
        if file.written(answer)? != BLOCK_BYTES {
            return Err("a WRITE wrote less".into());
        }
        answered += 1;
    }
    let committed = file.commit(client)?;
    let written = begun.cost(server)?;
    let settled = begun.settled(server)?;
    let begun = mark(server)?;
    read(client, file, blocks, &block)?;
    let read = begun.cost(server)?;
    Ok(format!(
        "{{\"mebibytes\": {blocks}, \"committed\": {committed}, \"write\": {}, \"write_settled_server_cpu_seconds\": {settled:.6}, \
         \"read\": {}}}",
        shown(written),
        shown(read)
    ))
}

fn read(client: &mut Client, file: &mut dyn RemoteFile, blocks: u64, expected: &[u8]) -> Result<(), String> {
    // Answers come in any order.
    let (mut sent, mut answered, mut under_way) = (0, 0, HashMap::new());
    while answered < blocks {
        if sent < blocks && sent - answered < IO_DEPTH {
            file.read(client, sent * u64::from(BLOCK_BYTES), BLOCK_BYTES)?;
            under_way.insert(client.xid, sent);
            sent += 1;
            continue;
        }
        let answer = client.receive()?;
        let number: u64 = under_way.remove(&answer.xid).ok_or("an answer to no call")?;
        let mut answer = file.data(answer)?;
        let data = answer.last()?;
        if data.len() != expected.len() {
            return Err(format!("block {number} has {} bytes", data.len()));
        }
        // The number, and a part of the rest that moves: all of it would cost more than the reading.
        let at = 8 + usize::try_from(number).unwrap_or_default() * 4096 % (expected.len() - 4096);
        if data[..8] != number.to_le_bytes() || data[at..at + 64] != expected[at..at + 64] {
            return Err(format!("block {number} is not what was written"));
        }
        client.reuse(answer);
        answered += 1;
    }
    Ok(())
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
