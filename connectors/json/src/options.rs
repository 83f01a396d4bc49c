//! [`JsonFormat`]: the options of JSON files, read once.

use wasql::{Opt, Options, Result};
use wasql_textfile::civil::Format as DateFormat;
use wasql_textfile::fault::option;
use wasql_textfile::formats::Formats;
use wasql_textfile::kind::Overrides;

/// How JSON files are read.
#[derive(Debug, Clone)]
pub struct JsonFormat {
    /// Names from the document down to the rows; none: the document.
    pub root: Vec<String>,
    /// Types that were asked for.
    pub types: Overrides,
    /// Rows to look at; 0: all.
    pub sample: u64,
    /// How dates are written.
    pub formats: Formats,
    /// Longest record.
    pub record_bytes: usize,
}

/// The options and what they do.
pub fn declared() -> Vec<Opt> {
    vec![
        Opt::path("path").about("file, folder or pattern whose files are the tables").example("events/*.ndjson"),
        Opt::text("root")
            .about("where the rows are in a document, such as $.data.items; by default the document itself")
            .example("$.items"),
        Opt::text("types")
            .about("types of columns, over what the sample says; * means all others")
            .example("id:DECIMAL(20),at:DATETIME"),
        Opt::int("sample").default("10000").about("rows to infer columns and types from; 0 means all"),
        Opt::text("dateformat").about("form of dates in columns made DATE, such as %d.%m.%Y; ISO 8601 by default"),
        Opt::text("datetimeformat").about("form of datetimes in columns made DATETIME; ISO 8601 by default"),
        Opt::bytes("record_bytes").default("16MiB").about("longest record, up to 64MiB"),
    ]
}

impl JsonFormat {
    /// Reads and checks the options.
    pub fn new(options: &Options) -> Result<Self> {
        let formats = Formats { point: b'.', date: format("dateformat", options)?, datetime: format("datetimeformat", options)? };
        Ok(JsonFormat {
            root: root(options.text("root"))?,
            types: Overrides::parse(options.text("types"))?,
            sample: options.int("sample", 0..=i64::MAX)? as u64,
            formats,
            record_bytes: options.bytes("record_bytes")?.clamp(1024, 64 << 20) as usize,
        })
    }
}

fn format(name: &str, options: &Options) -> Result<Option<DateFormat>> {
    match options.text(name) {
        "" => Ok(None),
        text => match DateFormat::parse(text) {
            Ok(format) => Ok(Some(format)),
            Err(why) => Err(option(name, text, format!("{why}; parts are %Y %y %m %b %d %H %I %p %M %S %f %z"))),
        },
    }
}

/// Reads `$.a.b`, `$."a b".c` or `a.b`.
fn root(text: &str) -> Result<Vec<String>> {
    let wrong = || option("root", text, "write names with points between them, such as $.data.items or $.\"a.b\".c");
    let mut rest = text.strip_prefix('$').unwrap_or(text);
    let mut names = Vec::new();
    while !rest.is_empty() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let name = if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').ok_or_else(wrong)?;
            rest = &quoted[end + 1..];
            &quoted[..end]
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            let name = &rest[..end];
            rest = &rest[end..];
            name
        };
        if name.is_empty() || name.contains(['[', ']', '*']) {
            return Err(wrong());
        }
        names.push(name.to_string());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_names_with_points_between_them() {
        for (text, want) in [
            ("", &[][..]),
            ("$", &[]),
            ("$.items", &["items"]),
            ("items", &["items"]),
            ("$.a.b", &["a", "b"]),
            ("$.\"a.b\".c", &["a.b", "c"]),
        ] {
            assert_eq!(root(text).unwrap(), want, "{text}");
        }
        for text in ["$..a", "$.a.", "$.a[0]", "$.*", "$.\"a"] {
            assert!(root(text).is_err(), "{text}");
        }
    }
}
