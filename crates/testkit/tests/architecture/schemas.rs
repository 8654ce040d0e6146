//! The schemas of MySQL and MariaDB.

use super::source::{read, root, rust_files, shown};

const TABLE_OPTIONS: &str = "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

/// The ends of the tables that a source file makes: what follows the closing parenthesis of the columns.
fn table_ends(source: &str) -> Vec<&str> {
    let tables = source.split("CREATE TABLE IF NOT EXISTS ").skip(1);
    tables.map(|text| text.split([';', '"']).next().unwrap_or_default()).map(after_columns).collect()
}

fn after_columns(table: &str) -> &str {
    table.rsplit_once(')').map_or("", |(_, end)| end.trim())
}

#[test]
fn every_mysql_table_names_its_collation() {
    let folders = ["crates", "services"].map(|folder| root().join(folder).canonicalize().expect("a folder"));
    let files = folders.iter().flat_map(|folder| rust_files(folder));
    let mysql = files.filter(|path| shown(path).contains("/src/") && shown(path).contains("mysql"));
    let mut tables = 0;
    for path in mysql {
        for end in table_ends(&read(&path)) {
            tables += 1;
            assert_eq!(end, TABLE_OPTIONS, "{}: MariaDB 11.8 would choose another collation", shown(&path));
        }
    }
    assert!(tables > 20, "only {tables} tables were found");
}

#[test]
fn a_table_without_a_collation_is_found() {
    let source =
        "sql: \"CREATE TABLE IF NOT EXISTS a (id INT) CHARACTER SET utf8mb4; CREATE TABLE IF NOT EXISTS b (id INT)\"";
    assert_eq!(table_ends(source), ["CHARACTER SET utf8mb4", ""]);
}
