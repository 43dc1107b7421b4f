//! Settings from a TOML file.
//!
//! Always holds: a file with anything in it that is not a setting is refused as a whole, with file, line and cure.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::nearest;
use super::{Given, Loaded, SettingsError, Source, known};

/// A settings file is written by hand: more than this is another file by mistake.
const FILE_BYTES_MAX: u64 = 1 << 20;

pub fn apply(loaded: &mut Loaded, path: &Path) -> Result<(), SettingsError> {
    let at = path.display();
    let text = read(path).map_err(|error| {
        SettingsError(format!("{at}: can't be read: {error}; name another file with --config or make it readable"))
    })?;
    let place = |span: std::ops::Range<usize>| {
        let before = &text.as_bytes()[..span.start.min(text.len())];
        format!("{at}:{}", before.iter().filter(|byte| **byte == b'\n').count() + 1)
    };
    let root = DeTable::parse(&text).map_err(|error| {
        SettingsError(format!("{}: not TOML: {}", place(error.span().unwrap_or(0..0)), error.message()))
    })?;
    for (table, value) in root.get_ref() {
        let here = place(table.span());
        let table = table.get_ref().as_ref();
        if table == "mount" {
            loaded.settings.mounts = super::mounts::read(value, &place)?;
            continue;
        }
        if table == "export" {
            loaded.settings.exports = super::exports::read(value, &place)?;
            continue;
        }
        if known::RESERVED.contains(&table) {
            return Err(SettingsError(format!("{here}: [{table}] has no meaning in this version yet; remove it")));
        }
        if !known::TABLES.contains(&table) {
            let cure = match nearest(table, known::TABLES.iter().copied()) {
                Some(near) => format!("did you mean [{near}]?"),
                None => format!("the tables are {}", brackets(known::TABLES)),
            };
            return Err(SettingsError(format!("{here}: unknown table [{table}]; {cure}")));
        }
        let DeValue::Table(keys) = value.get_ref() else {
            return Err(SettingsError(format!("{here}: {table} must be a table; write [{table}] above its settings")));
        };
        for (key, value) in keys {
            let here = place(key.span());
            let name = format!("{table}.{}", key.get_ref());
            let index =
                known::index_of(&name).ok_or_else(|| SettingsError(unknown_key(&here, table, key.get_ref())))?;
            loaded.apply(index, &given(value), Source::File).map_err(|expected| {
                SettingsError(format!("{here}: {name} is {}; give {expected}", &text[value.span()]))
            })?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(std::io::Error::other(format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

fn unknown_key(here: &str, table: &str, key: &str) -> String {
    let keys: Vec<&str> = known::SETTINGS.iter().filter(|known| known.table == table).map(|known| known.key).collect();
    let cure = match nearest(key, keys.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => match known::SETTINGS.iter().find(|known| known.key == key) {
            Some(other) => format!("it belongs into [{}]", other.table),
            None => format!("[{table}] has {}", keys.join(", ")),
        },
    };
    format!("{here}: unknown key {key} in [{table}]; {cure}")
}

fn brackets(tables: &[&str]) -> String {
    tables.iter().map(|table| format!("[{table}]")).collect::<Vec<_>>().join(" ")
}

pub fn given(value: &Spanned<DeValue<'_>>) -> Given {
    match value.get_ref() {
        DeValue::String(text) => Given::Text(text.to_string()),
        DeValue::Boolean(value) => Given::Boolean(*value),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Given::Integer(number),
            Err(_) => Given::Other("a number out of range"),
        },
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect();
            texts.map_or(Given::Other("an array"), Given::List)
        }
        other => Given::Other(other.type_str()),
    }
}
