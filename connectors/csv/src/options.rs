//! [`CsvFormat`]: the options of CSV files, read once.

use wasql::{Opt, Options, Result};
use wasql_textfile::civil::Format as DateFormat;
use wasql_textfile::fault::option;
use wasql_textfile::formats::Formats;
use wasql_textfile::kind::Overrides;
use wasql_textfile::number;

use crate::split::Dialect;

/// Whether the first record holds the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// It does.
    Yes,
    /// It does not: columns are c1, c2, …
    No,
    /// It does, unless one of its fields is empty, a number, a date or there twice.
    Auto,
}

/// How CSV files are written, as far as it was told.
#[derive(Debug, Clone)]
pub struct CsvFormat {
    /// The bytes that mean something; the delimiter is a comma until it is known.
    pub dialect: Dialect,
    /// Delimiter, when it was told.
    pub delim: Option<u8>,
    /// About the first record.
    pub header: Header,
    /// Texts that mean NULL when they are not quoted.
    pub nulls: Vec<Vec<u8>>,
    /// One of them could be read as a value.
    pub nulls_first: bool,
    /// Types that were asked for.
    pub types: Overrides,
    /// Rows to look at; 0: all.
    pub sample: u64,
    /// Lines to leave out at the start of each file.
    pub skip: u64,
    /// How numbers and dates are written.
    pub formats: Formats,
    /// Longest record.
    pub record_bytes: usize,
}

/// The options and what they do.
pub fn declared() -> Vec<Opt> {
    vec![
        Opt::path("path").about("file, folder or pattern whose files are the tables").example("data/*.csv"),
        Opt::text("delim").default("auto").about(
            "byte between fields: a character, tab, or auto, which takes the one of , tab ; | that is most frequent in the first line",
        ),
        Opt::text("quote").default("\"").about("byte around fields that hold delimiters or line ends; none: quotes mean nothing"),
        Opt::text("escape").default("").about("byte before a quote inside quotes; by default the quote itself, doubled"),
        Opt::choice("header", &["true", "false", "auto"]).default("true").about(
            "whether the first line holds the column names; without, they are c1, c2 and so on; auto looks whether it has numbers, dates or gaps",
        ),
        Opt::text("null").default("").about(
            "texts that mean NULL when not quoted, separated by |; by default the empty one. Empty fields of numbers and dates are NULL always",
        ).example("NA|null"),
        Opt::text("types").about("types of columns, over what the sample says; * means all others").example("id:INT,zip:VARCHAR(5)"),
        Opt::int("sample").default("10000").about("rows to infer the types from; 0 means all"),
        Opt::choice("ragged", &["error", "pad"]).default("error").about(
            "records with too few or too many fields: an error, or missing fields are NULL and those beyond are dropped",
        ),
        Opt::text("comment").about("byte that begins a line to leave out").example("#"),
        Opt::int("skip").default("0").about("lines to leave out at the start of each file"),
        Opt::bool("trim").default("false").about("leave out spaces around fields"),
        Opt::text("decimal").default(".").about("decimal separator of numbers"),
        Opt::text("dateformat").about("form of dates, such as %d.%m.%Y; ISO 8601 by default"),
        Opt::text("datetimeformat").about("form of datetimes, such as %m/%d/%Y %H:%M; ISO 8601 by default"),
        Opt::bytes("record_bytes").default("16MiB").about("longest record, up to 64MiB"),
    ]
}

impl CsvFormat {
    /// Reads and checks the options.
    pub fn new(options: &Options) -> Result<Self> {
        let quote = match options.text("quote") {
            "none" | "" => None,
            text => Some(byte("quote", text)?),
        };
        let escape = match options.text("escape") {
            "" => quote.unwrap_or(b'"'),
            text => byte("escape", text)?,
        };
        let comment = match options.text("comment") {
            "" => None,
            text => Some(byte("comment", text)?),
        };
        let delim = match options.text("delim") {
            "auto" => None,
            text => Some(byte("delim", text)?),
        };
        let trim = options.bool("trim")?;
        let pad = options.choice("ragged") == "pad";
        let dialect = Dialect { delim: delim.unwrap_or(b','), quote, escape, comment, trim, pad, eol: b'\n' };
        check(&dialect)?;
        let nulls: Vec<Vec<u8>> = options.text("null").split('|').map(|text| text.as_bytes().to_vec()).collect();
        let point = match byte("decimal", options.text("decimal"))? {
            point @ (b'.' | b',') => point,
            _ => return Err(option("decimal", options.text("decimal"), "allowed: a point or a comma")),
        };
        if delim == Some(point) {
            return Err(option("decimal", options.text("decimal"), "it is the delimiter; set delim too"));
        }
        Ok(CsvFormat {
            dialect,
            delim,
            header: match options.choice("header").as_str() {
                "false" => Header::No,
                "auto" => Header::Auto,
                _ => Header::Yes,
            },
            nulls_first: nulls.iter().any(|text| could_be_value(text, point)),
            nulls,
            types: Overrides::parse(options.text("types"))?,
            sample: options.int("sample", 0..=i64::MAX)? as u64,
            skip: options.int("skip", 0..=1_000_000)? as u64,
            formats: Formats { point, date: format("dateformat", options)?, datetime: format("datetimeformat", options)? },
            record_bytes: options.bytes("record_bytes")?.clamp(1024, 64 << 20) as usize,
        })
    }
}

fn check(dialect: &Dialect) -> Result<()> {
    let text = |byte: u8| char::from(byte).to_string();
    if dialect.quote == Some(dialect.delim) {
        return Err(option("quote", &text(dialect.delim), "it is the delimiter"));
    }
    if dialect.comment.is_some() && (dialect.comment == Some(dialect.delim) || dialect.comment == dialect.quote) {
        return Err(option("comment", &text(dialect.comment.unwrap_or(b' ')), "it is the delimiter or the quote"));
    }
    if dialect.escape == dialect.delim {
        return Err(option("escape", &text(dialect.escape), "it is the delimiter"));
    }
    Ok(())
}

/// A one-byte option: a character, its name, or an escape.
fn byte(name: &str, text: &str) -> Result<u8> {
    let one = match text {
        "tab" | "\\t" => b'\t',
        "space" => b' ',
        "comma" => b',',
        "semicolon" => b';',
        "pipe" => b'|',
        "\\\\" => b'\\',
        _ => match text.as_bytes() {
            [byte] => *byte,
            _ => return Err(option(name, text, "allowed: one ASCII character, or tab, space, comma, semicolon, pipe")),
        },
    };
    if one.is_ascii_alphanumeric() || matches!(one, b'\n' | b'\r' | 0) {
        return Err(option(name, text, "allowed: one ASCII character that is no letter, digit or line end"));
    }
    Ok(one)
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

/// True when a text that means NULL could be read as a number or date: then it must be looked for first.
fn could_be_value(text: &[u8], point: u8) -> bool {
    number::float64(text, point).is_some() || text.first().is_some_and(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<CsvFormat> {
        CsvFormat::new(&Options::new(&declared(), pairs.iter().map(|(k, v)| (k.to_string(), v.to_string()))).unwrap())
    }

    #[test]
    fn options_mean_what_they_say() {
        let format = read(&[]).unwrap();
        assert_eq!((format.dialect, format.delim, format.header), (Dialect::default(), None, Header::Yes));
        assert_eq!((format.nulls, format.nulls_first), (vec![Vec::new()], false));
        let format = read(&[("delim", "tab"), ("quote", "none"), ("null", "NA|-9|")]).unwrap();
        assert_eq!((format.dialect.delim, format.dialect.quote), (b'\t', None));
        assert_eq!((format.nulls.len(), format.nulls_first), (3, true));
        assert_eq!(read(&[("delim", "\\t")]).unwrap().delim, Some(b'\t'));
        assert_eq!(read(&[("decimal", ","), ("delim", ";")]).unwrap().formats.point, b',');
    }

    #[test]
    fn wrong_options_are_named() {
        for (pairs, want) in [
            (&[("delim", "ab")][..], "option delim cannot be \"ab\""),
            (&[("delim", "§")], "option delim cannot be \"§\""),
            (&[("delim", "x")], "option delim cannot be \"x\""),
            (&[("delim", "\"")], "option quote cannot be"),
            (&[("decimal", ","), ("delim", ",")], "option decimal cannot be \",\""),
            (&[("decimal", "x")], "option decimal cannot be \"x\""),
            (&[("dateformat", "%Q")], "option dateformat cannot be \"%Q\"; %Q; parts are"),
            (&[("types", "a:FOO")], "option types cannot be \"FOO\""),
            (&[("comment", "\"")], "option comment cannot be"),
        ] {
            let text = read(pairs).unwrap_err().to_string();
            assert!(text.starts_with(want), "{text}");
        }
    }
}
