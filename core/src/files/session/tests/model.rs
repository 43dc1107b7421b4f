//! Random histories of files against plain bytes.

use proptest::prelude::*;

use super::*;
use crate::files::{Allocate, Seek};

#[derive(Clone, Debug)]
enum Step {
    Write {
        file: usize,
        at: u64,
        size: usize,
    },
    Append {
        file: usize,
        size: usize,
    },
    Truncate {
        file: usize,
        size: u64,
    },
    Punch {
        file: usize,
        at: u64,
        size: u64,
    },
    Zero {
        file: usize,
        at: u64,
        size: u64,
    },
    Publish {
        file: usize,
    },
    Sync {
        file: usize,
    },
    /// The object is copied by S3 over the other file.
    Copy {
        file: usize,
    },
    /// By a file door.
    CopyRange {
        file: usize,
        from: u64,
        to: u64,
        size: u64,
    },
    Read {
        file: usize,
        at: u64,
        size: u64,
    },
    /// All that was not published is lost.
    Restart,
    Reclaim,
    /// In the background: pages of many pieces, and where it says so all that lies below.
    Flatten {
        file: usize,
        layers: bool,
    },
}

const FILES: usize = 2;

/// Offsets and sizes near the bounds that matter, and anywhere.
fn offset() -> impl Strategy<Value = u64> {
    let near = prop::sample::select(vec![0_u64, 65_536, 1 << 20, 2 << 20, 3 << 20]);
    prop_oneof![(near, 0_u64..20_000).prop_map(|(base, more)| base + more), 0_u64..(3 << 20),]
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 1_usize..5000, 2 => 60_000_usize..70_000, 1 => 500_000_usize..2_500_000]
}

fn step() -> impl Strategy<Value = Step> {
    let file = 0..FILES;
    prop_oneof![
        6 => (file.clone(), offset(), size()).prop_map(|(file, at, size)| Step::Write { file, at, size }),
        3 => (file.clone(), size()).prop_map(|(file, size)| Step::Append { file, size }),
        2 => (file.clone(), offset()).prop_map(|(file, size)| Step::Truncate { file, size }),
        1 => file.clone().prop_map(|file| Step::Truncate { file, size: 0 }),
        2 => (file.clone(), offset(), size()).prop_map(|(file, at, size)| Step::Punch { file, at, size: size as u64 }),
        1 => (file.clone(), offset(), size()).prop_map(|(file, at, size)| Step::Zero { file, at, size: size as u64 }),
        4 => file.clone().prop_map(|file| Step::Publish { file }),
        1 => file.clone().prop_map(|file| Step::Sync { file }),
        2 => file.clone().prop_map(|file| Step::Copy { file }),
        2 => (file.clone(), offset(), offset(), size())
            .prop_map(|(file, from, to, size)| Step::CopyRange { file, from, to, size: size as u64 }),
        1 => file.clone().prop_map(|file| Step::CopyRange { file, from: 0, to: 0, size: 1 << 40 }),
        3 => (file, offset(), size()).prop_map(|(file, at, size)| Step::Read { file, at, size: size as u64 }),
        1 => Just(Step::Restart),
        1 => Just(Step::Reclaim),
        2 => (0..FILES, any::<bool>()).prop_map(|(file, layers)| Step::Flatten { file, layers }),
    ]
}

#[derive(Clone, Default)]
struct Model {
    now: Vec<u8>,
    published: Vec<u8>,
}

impl Model {
    fn write(&mut self, at: usize, body: &[u8]) {
        let end = at + body.len();
        if self.now.len() < end {
            self.now.resize(end, 0);
        }
        self.now[at..end].copy_from_slice(body);
    }

    fn zero(&mut self, at: u64, size: u64, grow: bool) {
        let (at, end) = (size_of(at), size_of(at + size));
        if grow && self.now.len() < end {
            self.now.resize(end, 0);
        }
        let end = end.min(self.now.len());
        if at < end {
            self.now[at..end].fill(0);
        }
    }
}

fn slice(bytes: &[u8], at: u64, size: u64) -> &[u8] {
    let at = size_of(at).min(bytes.len());
    let end = at.saturating_add(usize::try_from(size).unwrap()).min(bytes.len());
    &bytes[at..end]
}

async fn replay(steps: Vec<Step>) {
    let mut files = Files::new().await;
    let mut models = vec![Model::default(); FILES];
    let names = ["d/a", "d/b"];
    let (mut nodes, mut gone) = (Vec::new(), Vec::new());
    for name in names {
        nodes.push(files.file(name, &Bytes::new()).await);
    }
    for (number, step) in steps.into_iter().enumerate() {
        let told = format!("step {number}: {step:?}");
        match step {
            Step::Write { file, at, size } => {
                let body = bytes(number as u64, size);
                files.write(nodes[file], at, &body).await.unwrap();
                models[file].write(size_of(at), &body);
            }
            Step::Append { file, size } => {
                let body = bytes(number as u64, size);
                files.append(nodes[file], &body).await.unwrap();
                let end = models[file].now.len();
                models[file].write(end, &body);
            }
            Step::Truncate { file, size } => {
                let session = files.files.session_of(&files.view, nodes[file]);
                files.files.resize_session(&files.view, &session, size).await.unwrap();
                models[file].now.resize(size_of(size), 0);
            }
            Step::Punch { file, at, size } => {
                files.files.allocate(&files.view, &files.caller, nodes[file], Allocate::Punch, at, size).await.unwrap();
                models[file].zero(at, size, false);
            }
            Step::Zero { file, at, size } => {
                let how = Allocate::Zero { keep_size: false };
                files.files.allocate(&files.view, &files.caller, nodes[file], how, at, size).await.unwrap();
                models[file].zero(at, size, true);
            }
            Step::Publish { file } => {
                files.publish(nodes[file]).await.unwrap();
                models[file].published = models[file].now.clone();
            }
            Step::Sync { file } => {
                files.files.sync(&files.view, nodes[file]).await.unwrap();
                models[file].published = models[file].now.clone();
            }
            Step::Copy { file } => {
                let other = 1 - file;
                let copy = crate::objects::tests::sharing::copy_of(&files.fixture, names[file], names[other]);
                files.service().copy(&files.fixture.root, copy).await.unwrap();
                gone.push(nodes[other]);
                nodes[other] = files.node_of(names[other]).await;
                models[other].now = models[file].published.clone();
                models[other].published = models[file].published.clone();
            }
            Step::CopyRange { file, from, to, size } => {
                let (source, target) = (nodes[file], nodes[1 - file]);
                let mut done = 0;
                loop {
                    let (from, to) = ((source, from + done), (target, to + done));
                    let copied =
                        files.files.copy_range(&files.view, &files.caller, from, to, size - done).await.unwrap();
                    done += copied;
                    if copied == 0 || done == size {
                        break;
                    }
                }
                let body = slice(&models[file].now, from, size).to_vec();
                assert_eq!(done, body.len() as u64, "{told}");
                if !body.is_empty() {
                    models[1 - file].write(size_of(to), &body);
                }
                for (node, model) in nodes.iter().zip(&mut models) {
                    files.publish(*node).await.unwrap();
                    model.published = model.now.clone();
                }
            }
            Step::Read { file, at, size } => {
                let read = files.read(nodes[file], at, size).await.unwrap();
                assert!(read == slice(&models[file].now, at, size), "{told}");
            }
            Step::Restart => {
                // Some of what was not published may be committed for all that, where memory was short: here it never is.
                files.files = FileService::new(files.service().clone(), std::sync::Arc::default());
                for model in &mut models {
                    model.now = model.published.clone();
                }
            }
            Step::Reclaim => {
                reclaim::round(files.service()).await.unwrap();
            }
            Step::Flatten { file, layers } => {
                files.files.flatten_now().await;
                if layers {
                    files.files.flatten_all(nodes[file]).await.unwrap();
                }
            }
        }
        for (file, model) in models.iter().enumerate() {
            assert!(files.read_all(nodes[file]).await == model.now, "{told}: file {file}");
        }
    }
    for (file, model) in models.iter_mut().enumerate() {
        assert!(files.get(names[file]).await == model.published, "the object {file}");
        files.publish(nodes[file]).await.unwrap();
        assert!(files.get(names[file]).await == model.now, "the object {file} when it is published");
        seek_agrees(&files, nodes[file], &model.now).await;
    }
    for node in gone {
        // What was written to it goes with it.
        drop(files.publish(node).await);
    }
    files.settled().await;
    let report = files.assert_clean().await;
    assert_eq!(report.objects, 2);
    for name in names {
        files.fixture.delete(name).await;
    }
    drop(nodes);
    files.assert_clean().await;
    assert_eq!(files.fixture.blobs().await, 0, "blobs without a name");
}

/// No byte that is not zero lies in what is called a hole.
async fn seek_agrees(files: &Files, node: Id, model: &[u8]) {
    let mut at = 0;
    while at < model.len() as u64 {
        let data = match files.files.seek(&files.view, node, Seek::Data, at).await {
            Ok(data) => data,
            Err(_) => model.len() as u64,
        };
        assert!(data >= at);
        assert!(model[size_of(at)..size_of(data)].iter().all(|byte| *byte == 0), "a hole from {at} to {data}");
        if data >= model.len() as u64 {
            break;
        }
        at = files.files.seek(&files.view, node, Seek::Hole, data).await.unwrap();
        assert!(at > data, "data at {data} ends behind it");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn files_are_what_was_written_to_them(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(replay(steps));
    }
}
