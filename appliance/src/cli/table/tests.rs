//! How tables look.

use super::{Align, Table};

#[test]
fn columns_line_up_and_lines_end_without_spaces() {
    let mut table = Table::new(&[("NAME", Align::Left), ("BUCKETS", Align::Right), ("EMAIL", Align::Left)]);
    table.row(["root".into(), "12".into(), String::new()]);
    table.row(["zoé".into(), "3".into(), "zoe@example.com".into()]);
    table.row(["a\x1b[31m\n".into()]);
    let expected = "\
NAME           BUCKETS  EMAIL
root                12
zoé                  3  zoe@example.com
a\\u{1b}[31m\\n
";
    assert_eq!(table.to_string(), expected);
}
