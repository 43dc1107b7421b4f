//! Precedence, refusals and proposals of the settings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{Flags, LogFormat, Settings, Source, known, load_from, value};

const NO_FILE: &str = "/nonexistent/trefoil.toml";

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, OsString)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect()
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trefoil.toml");
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

/// The error of a file with this text, without the directory in front.
fn file_error(text: &str) -> String {
    let (dir, path) = file(text);
    let flags = Flags { config: Some(path), values: Vec::new() };
    let error = load_from(&flags, Path::new(NO_FILE), []).unwrap_err().to_string();
    error.replace(&format!("{}/", dir.path().display()), "")
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let loaded = load_from(&Flags::default(), Path::new(NO_FILE), []).unwrap();
    assert_eq!(loaded.settings, Settings::default());
    assert_eq!(loaded.settings.s3.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(loaded.settings.admin.listen.to_string(), "127.0.0.1:8001");
    assert_eq!(loaded.settings.store.data_dir, Path::new("./data"));
    assert_eq!(loaded.file, None);
    assert!(loaded.each().all(|(_, _, source)| source == Source::Default));
}

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    let (_dir, path) = file(
        "[s3]\nlisten = '127.0.0.1:1'\nregion = 'file-1'\ndomains = ['a.example', 'b.example']\n[log]\nformat = 'json'\n",
    );
    let environment = variables(&[("TREFOIL_S3_LISTEN", "127.0.0.1:2"), ("TREFOIL_S3_REGION", "environment-1")]);
    let flags = Flags { config: Some(path.clone()), values: vec![("s3.listen", "127.0.0.1:3".into())] };
    let loaded = load_from(&flags, Path::new(NO_FILE), environment).unwrap();
    assert_eq!(loaded.settings.s3.listen.port(), 3);
    assert_eq!(loaded.settings.s3.region, "environment-1");
    assert_eq!(loaded.settings.s3.domains, ["a.example", "b.example"]);
    assert_eq!(loaded.settings.log.format, LogFormat::Json);
    assert!(!loaded.settings.s3.sigv2);
    assert_eq!(loaded.file, Some(path));
    let source = |name: &str| loaded.each().find(|(setting, ..)| setting.name() == name).unwrap().2;
    assert_eq!(
        [source("s3.listen"), source("s3.region"), source("s3.domains"), source("s3.sigv2")],
        [Source::Flag, Source::Environment, Source::File, Source::Default]
    );
}

#[test]
fn the_default_file_is_read_only_where_it_exists_and_no_other_is_named() {
    let (_dir, default_file) = file("[s3]\nregion = 'default-file-1'\n");
    let loaded = load_from(&Flags::default(), &default_file, []).unwrap();
    assert_eq!(loaded.settings.s3.region, "default-file-1");
    let (_other_dir, named) = file("[s3]\nsigv2 = true\n");
    let loaded = load_from(&Flags { config: Some(named), values: Vec::new() }, &default_file, []).unwrap();
    assert_eq!((loaded.settings.s3.region.as_str(), loaded.settings.s3.sigv2), ("us-east-1", true));
    let missing = Flags { config: Some(NO_FILE.into()), values: Vec::new() };
    let error = load_from(&missing, &default_file, []).unwrap_err().to_string();
    assert!(error.contains(NO_FILE) && error.contains("--config"), "{error}");
}

#[test]
fn unknown_keys_are_refused_with_file_line_and_cure() {
    for (text, expected) in [
        ("[s3]\nregion = 'x'\nlistn = 'y'\n", "trefoil.toml:3: unknown key listn in [s3]; did you mean listen?"),
        ("\n\n[s4]\n", "trefoil.toml:3: unknown table [s4]; did you mean [s3]?"),
        ("[metrics]\n", "trefoil.toml:1: unknown table [metrics]; the tables are [s3] [admin] [nfs] [store] [log]"),
        ("[s3]\ndata_dir = 'x'\n", "trefoil.toml:2: unknown key data_dir in [s3]; it belongs into [store]"),
        (
            "[s3]\ncolour = 'x'\n",
            "trefoil.toml:2: unknown key colour in [s3]; [s3] has listen, domains, region, region_strict, sigv2, \
             connections_max, head_timeout, body_timeout, body_rate_min, body_grace",
        ),
        ("region = 'x'\n", "trefoil.toml:1: unknown table [region]; the tables are [s3] [admin] [nfs] [store] [log]"),
        ("s3 = 1\n", "trefoil.toml:1: s3 must be a table; write [s3] above its settings"),
        ("[[location]]\nname = 'ring'\n", "trefoil.toml:1: [location] has no meaning in this version yet; remove it"),
        (
            "[s3]\nhead_timeout = 0\n",
            "trefoil.toml:2: s3.head_timeout is 0; give a number of seconds between 1 and 3600",
        ),
        (
            "[s3]\nconnections_max = 0\n",
            "trefoil.toml:2: s3.connections_max is 0; give a number of connections between 1 and 1048576",
        ),
        ("[s3]\n\nsigv2 = 'yes'\n", "trefoil.toml:3: s3.sigv2 is 'yes'; give true or false"),
        (
            "[store]\nblock_cache = '1 kB'\n",
            "trefoil.toml:2: store.block_cache is '1 kB'; give a number of bytes, like 134217728 or \"128 MiB\"",
        ),
        ("[store]\nblock_cache = 1\n", "trefoil.toml:2: store.block_cache is 1; give between \"1 MiB\" and \"1 TiB\""),
        (
            "[log]\nlevel = 'trefoil=shout'\n",
            "trefoil.toml:2: log.level is 'trefoil=shout'; give error, warn, info, debug, trace, or directives like \"info,trefoil_s3=debug\"",
        ),
        (
            "[s3]\nlisten = 8000\n",
            "trefoil.toml:2: s3.listen is 8000; give an address and a port, like \"127.0.0.1:8000\", \"0.0.0.0:8000\" or \"[::]:8000\"",
        ),
        (
            "[s3]\ndomains = ['a b']\n",
            "trefoil.toml:2: s3.domains is ['a b']; give a list of domain names, like [\"s3.example.com\"]",
        ),
    ] {
        assert_eq!(file_error(text), expected, "{text}");
    }
    assert!(
        file_error("[s3]\nlisten = \n").starts_with("trefoil.toml:2: not TOML: "),
        "{}",
        file_error("[s3]\nlisten = \n")
    );
}

#[test]
fn unknown_variables_are_warned_of_and_wrong_ones_refused() {
    let environment = variables(&[
        ("TREFOIL_S3_LISTN", "secret-value"),
        ("TREFOIL_DATA_DIR", "secret-value"),
        ("TREFOIL_WHATEVER_ELSE_THERE_IS", "secret-value"),
        ("TREFOIL_ACCESS_KEY_ID", "secret-value"),
        ("TREFOIL_SECRET_ACCESS_KEY", "secret-value"),
        ("TREFOIL_PRETEND_KERNEL", "3.10"),
        ("HOME", "/root"),
    ]);
    let loaded = load_from(&Flags::default(), Path::new(NO_FILE), environment).unwrap();
    assert_eq!(
        loaded.warnings,
        [
            "the variable TREFOIL_DATA_DIR is not known and does nothing; did you mean TREFOIL_STORE_DATA_DIR?",
            "the variable TREFOIL_S3_LISTN is not known and does nothing; did you mean TREFOIL_S3_LISTEN?",
            "the variable TREFOIL_WHATEVER_ELSE_THERE_IS is not known and does nothing; `trefoil settings` lists those that are",
        ]
    );
    let wrong = variables(&[("TREFOIL_S3_SIGV2", "maybe")]);
    let error = load_from(&Flags::default(), Path::new(NO_FILE), wrong).unwrap_err();
    let flags = Flags { config: None, values: vec![("store.data_dir", String::new())] };
    let flag_error = load_from(&flags, Path::new(NO_FILE), []).unwrap_err();
    assert_eq!(flag_error.to_string(), "--data-dir is \"\"; give a directory's path");
    assert_eq!(error.to_string(), "the variable TREFOIL_S3_SIGV2 is \"maybe\"; give true or false");
}

#[test]
fn every_setting_takes_back_what_it_shows() {
    for setting in known::SETTINGS {
        let mut settings = Settings::default();
        let shown = (setting.get)(&settings);
        (setting.set)(&mut settings, &super::Given::Text(shown.clone()))
            .unwrap_or_else(|error| panic!("{}: {error}", setting.name()));
        assert_eq!(settings, Settings::default(), "{} as {shown:?}", setting.name());
        assert!(known::TABLES.contains(&setting.table), "{}", setting.name());
        assert!(setting.meaning.ends_with('.'), "{}", setting.name());
    }
}

#[test]
fn bytes_are_read_and_shown() {
    for (text, bytes) in
        [("0", 0), ("4096", 4096), ("4KiB", 4096), (" 64 MiB ", 64 << 20), ("1 GiB", 1 << 30), ("3 TiB", 3 << 40)]
    {
        assert_eq!(value::parse_bytes(text), Some(bytes), "{text}");
        assert_eq!(value::parse_bytes(&value::show_bytes(bytes)), Some(bytes), "{text}");
    }
    for text in ["", "MiB", "1 kB", "1 MB", "-1", "1.5 MiB", "99999999999999999999", "99999999 TiB"] {
        assert_eq!(value::parse_bytes(text), None, "{text}");
    }
}

#[test]
fn the_settings_command_prints_a_file_that_reads_back_the_same() {
    let environment =
        variables(&[("TREFOIL_S3_DOMAINS", "a.example,b.example"), ("TREFOIL_STORE_BLOCK_CACHE", "5 MiB")]);
    let loaded = load_from(&Flags::default(), Path::new(NO_FILE), environment).unwrap();
    let (_dir, path) = file(&crate::cli::settings::render(&loaded));
    let again = load_from(&Flags { config: Some(path), values: Vec::new() }, Path::new(NO_FILE), []).unwrap();
    assert_eq!(again.settings, loaded.settings);
    assert_eq!(again.settings.s3.domains, ["a.example", "b.example"]);
    assert!(again.each().all(|(_, _, source)| source == Source::File));
}

#[test]
fn mounts_are_tables_of_their_own() {
    let text = "[[mount]]\nbucket = 'photos'\nprefix = '2026'\ndir = '/mnt/photos/'\noptions = 'ro,umask=027'\n\
                [[mount]]\nbucket = 'b-2'\ndir = '/mnt/b'\n";
    let (_dir, path) = file(text);
    let loaded = load_from(&Flags { config: Some(path), values: Vec::new() }, Path::new(NO_FILE), []).unwrap();
    let [photos, other] = &loaded.settings.mounts[..] else { panic!("{:?}", loaded.settings.mounts) };
    assert_eq!((photos.source().as_str(), photos.dir.as_str()), ("photos/2026", "/mnt/photos"));
    assert_eq!((other.source().as_str(), other.options.as_str()), ("b-2", ""));

    let (_dir, slashed) = file("[[mount]]\nbucket = 'photos/2026/march/'\ndir = '/m'\n");
    let slashed = load_from(&Flags { config: Some(slashed), values: Vec::new() }, Path::new(NO_FILE), []).unwrap();
    let [mount] = &slashed.settings.mounts[..] else { panic!("{:?}", slashed.settings.mounts) };
    assert_eq!((mount.bucket.as_str(), mount.prefix.as_str()), ("photos", "2026/march"));

    let (_dir, again) = file(&crate::cli::settings::render(&loaded));
    let again = load_from(&Flags { config: Some(again), values: Vec::new() }, Path::new(NO_FILE), []).unwrap();
    assert_eq!(again.settings, loaded.settings);

    for (text, expected) in [
        ("[mount]\nbucket = 'x'\n", "trefoil.toml:1: write [[mount]], for there can be several"),
        ("[[mount]]\nbuket = 'x'\n", "trefoil.toml:2: unknown key buket in [[mount]]; did you mean bucket?"),
        ("[[mount]]\nbucket = 7\n", "trefoil.toml:2: bucket of [[mount]] is no text; put it in quotes"),
        (
            "[[mount]]\nbucket = 'b-2/c'\nprefix = 'd'\ndir = '/m'\n",
            "trefoil.toml:1: [[mount]] has a prefix in its bucket and another; remove one",
        ),
        ("[[mount]]\nbucket = 'b-2'\n", "trefoil.toml:1: [[mount]] lacks dir; give the directory to mount it on"),
    ] {
        assert_eq!(file_error(text), expected, "{text}");
    }
    let twice = "[[mount]]\nbucket = 'b-2'\ndir = '/m'\n".repeat(2);
    assert!(file_error(&twice).contains("two [[mount]] have the directory /m"));
    let option = "[[mount]]\nbucket = 'b-2'\ndir = '/m'\noptions = 'nocache'\n";
    assert!(file_error(option).contains("the option nocache is not known"));
}

#[test]
fn exports_are_tables_of_their_own() {
    let text = "[nfs]\nlisten = '127.0.0.1:0'\n[[export]]\nname = 'photos'\nbucket = 'photos/2026'\nread_only = true\n\
                hosts = ['10.0.0.0/8', '*']\nsquash = 'all'\nanonuid = 7\n[[export]]\nname = 'b'\nbucket = 'bucket'\n";
    let (_dir, path) = file(text);
    let loaded = load_from(&Flags { config: Some(path), values: Vec::new() }, Path::new(NO_FILE), []).unwrap();
    assert_eq!(loaded.settings.nfs.listen.map(|address| address.port()), Some(0));
    let [photos, other] = &loaded.settings.exports[..] else { panic!("{:?}", loaded.settings.exports) };
    assert_eq!((photos.name.as_str(), photos.bucket.as_str(), photos.read_only), ("photos", "photos/2026", true));
    assert_eq!((photos.hosts.join(" "), photos.squash.as_str(), photos.anonuid), ("10.0.0.0/8 *".into(), "all", 7));
    assert_eq!((other.name.as_str(), other.umask.as_str(), other.secure), ("b", "022", false));

    let (_dir, again) = file(&crate::cli::settings::render(&loaded));
    let again = load_from(&Flags { config: Some(again), values: Vec::new() }, Path::new(NO_FILE), []).unwrap();
    assert_eq!(again.settings, loaded.settings);

    for (text, expected) in [
        ("[export]\nname = 'x'\n", "trefoil.toml:1: write [[export]], for there can be several"),
        ("[[export]]\nnam = 'x'\n", "trefoil.toml:2: unknown key nam in [[export]]; did you mean name?"),
        (
            "[[export]]\nname = 'x'\n",
            "trefoil.toml:1: [[export]] lacks bucket; give a bucket, or a directory of one, like \"photos/2026\"",
        ),
        (
            "[[export]]\n\nanonuid = -1\n",
            "trefoil.toml:3: anonuid of [[export]] is -1; give a number of a user or group between 0 and 4294967295",
        ),
        (
            "[[export]]\nname = 'x'\nbucket = 'bucket'\nsquash = 'me'\n",
            "trefoil.toml:1: [[export]]: squash is \"me\"; give root, all or none",
        ),
        (
            "\n[[export]]\nname = 'a/b'\nbucket = 'bucket'\n",
            "trefoil.toml:2: [[export]]: name \"a/b\": the name of an export has 1 to 255 letters, digits, and any of . - _, and is not \
             . or ..",
        ),
        (
            "[[export]]\nname = 'x'\nbucket = 'bucket'\n[[export]]\nname = 'x'\nbucket = 'other'\n",
            "trefoil.toml:4: two [[export]] have the name x; rename one",
        ),
        (
            "[[export]]\nname = 'x'\nbucket = 'bucket'\nhosts = []\n",
            "trefoil.toml:1: [[export]]: hosts is empty, which lets nobody in; give addresses, networks like 10.0.0.0/8, or *; left out, \
             it is this machine (127.0.0.0/8, ::1)",
        ),
    ] {
        assert_eq!(file_error(text), expected, "{text}");
    }
}
