//! [`Kind`]: what a column holds, and how it is called in SQL.

use wasql::Result;

use crate::fault::option;

/// The physical kind of a column, with the bounds its SQL type sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// TINYINT(1): true and false.
    Bool,
    /// A signed integer of so many bits: 8, 16, 24, 32 or 64.
    Int(u8),
    /// An unsigned integer of so many bits.
    UInt(u8),
    /// FLOAT.
    Float32,
    /// DOUBLE.
    Float64,
    /// DECIMAL(precision, scale), up to 38 digits.
    Decimal(u8, u8),
    /// DATE.
    Date,
    /// TIME with so many fractional digits.
    Time(u8),
    /// DATETIME with so many fractional digits.
    DateTime(u8),
    /// YEAR.
    Year,
    /// Text of at most so many characters; 0: any.
    Text(u32),
    /// Bytes, at most so many; 0: any.
    Binary(u32),
    /// JSON text.
    Json,
}

/// A column: its name and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Name as in the file.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// The SQL type, in lower case.
    pub sql: String,
}

/// SQL types a user may ask for, for hints.
pub const TYPES_KNOWN: &str = "types are BOOL, TINYINT, SMALLINT, MEDIUMINT, INT, BIGINT (each also UNSIGNED), FLOAT, DOUBLE, \
    DECIMAL(p,s), DATE, TIME, DATETIME, TIMESTAMP, YEAR, CHAR(n), VARCHAR(n), TEXT, BINARY(n), VARBINARY(n), BLOB, JSON";

impl Kind {
    /// The SQL text of an inferred kind.
    pub fn sql(self) -> String {
        match self {
            Kind::Bool => "tinyint(1)".into(),
            Kind::Int(bits) => integer_name(bits).into(),
            Kind::UInt(bits) => format!("{} unsigned", integer_name(bits)),
            Kind::Float32 => "float".into(),
            Kind::Float64 => "double".into(),
            Kind::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
            Kind::Date => "date".into(),
            Kind::Time(scale) => scaled_name("time", scale),
            Kind::DateTime(scale) => scaled_name("datetime", scale),
            Kind::Year => "year".into(),
            Kind::Text(0) => "longtext".into(),
            Kind::Text(chars) => format!("varchar({chars})"),
            Kind::Binary(0) => "longblob".into(),
            Kind::Binary(bytes) => format!("varbinary({bytes})"),
            Kind::Json => "json".into(),
        }
    }

    /// Reads a SQL type.
    pub fn parse(text: &str) -> Result<(Kind, String)> {
        let wrong = || option("types", text, TYPES_KNOWN);
        let lower = text.trim().to_ascii_lowercase();
        let (word, arguments, suffix) = split_type(&lower).ok_or_else(wrong)?;
        let unsigned = match suffix {
            "" | "signed" => false,
            "unsigned" => true,
            _ => return Err(wrong()),
        };
        let integer = |bits| if unsigned { Kind::UInt(bits) } else { Kind::Int(bits) };
        let one = |default: u32, most: u32| match arguments[..] {
            [] => Ok(default),
            [n] if n <= most => Ok(n),
            _ => Err(wrong()),
        };
        let scale = || one(0, 6).map(|scale| scale as u8);
        let kind = match word {
            "bool" | "boolean" => Kind::Bool,
            "tinyint" if arguments == [1] && !unsigned => Kind::Bool,
            "tinyint" => integer(8),
            "smallint" => integer(16),
            "mediumint" => integer(24),
            "int" | "integer" => integer(32),
            "bigint" => integer(64),
            "float" => Kind::Float32,
            "double" | "real" => Kind::Float64,
            "decimal" | "numeric" | "dec" => decimal(&arguments).ok_or_else(wrong)?,
            "date" => Kind::Date,
            "time" => Kind::Time(scale()?),
            "datetime" | "timestamp" => Kind::DateTime(scale()?),
            "year" => Kind::Year,
            "char" => Kind::Text(one(1, 255)?.max(1)),
            "varchar" => Kind::Text(one(0, 16_383)?),
            "text" | "tinytext" | "mediumtext" | "longtext" | "string" => Kind::Text(0),
            "binary" => Kind::Binary(one(1, 255)?.max(1)),
            "varbinary" => Kind::Binary(one(0, 65_532)?),
            "blob" | "tinyblob" | "mediumblob" | "longblob" => Kind::Binary(0),
            "json" => Kind::Json,
            _ => return Err(wrong()),
        };
        if unsigned && !matches!(kind, Kind::UInt(_)) {
            return Err(wrong());
        }
        Ok((kind, kind.sql()))
    }

    /// True for kinds whose values are text as the file has it: only these tell a quoted value from a bare one.
    pub fn textual(self) -> bool {
        matches!(self, Kind::Text(_) | Kind::Binary(_) | Kind::Json)
    }
}

/// Splits `name(arguments) suffix`.
fn split_type(text: &str) -> Option<(&str, Vec<u32>, &str)> {
    let Some(open) = text.find('(') else {
        let (word, suffix) = text.split_once(' ').unwrap_or((text, ""));
        return Some((word, Vec::new(), suffix.trim()));
    };
    let close = open + text[open..].find(')')?;
    let arguments = text[open + 1..close].split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
    Some((text[..open].trim(), arguments, text[close + 1..].trim()))
}

fn decimal(arguments: &[u32]) -> Option<Kind> {
    let (precision, scale) = match *arguments {
        [] => (10, 0),
        [precision] => (precision, 0),
        [precision, scale] => (precision, scale),
        _ => return None,
    };
    ((1..=38).contains(&precision) && scale <= precision.min(30)).then_some(Kind::Decimal(precision as u8, scale as u8))
}

fn integer_name(bits: u8) -> &'static str {
    match bits {
        8 => "tinyint",
        16 => "smallint",
        24 => "mediumint",
        32 => "int",
        _ => "bigint",
    }
}

fn scaled_name(name: &str, scale: u8) -> String {
    if scale == 0 { name.to_string() } else { format!("{name}({scale})") }
}

/// Types that the option `types` asks for: by column name, and for all other columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    named: Vec<(String, Kind, String)>,
    rest: Option<(Kind, String)>,
}

impl Overrides {
    /// Reads `name:TYPE,name:TYPE`; a name may stand in backticks, `*` means every other column.
    pub fn parse(text: &str) -> Result<Self> {
        let mut overrides = Overrides::default();
        for part in split_list(text) {
            if part.trim().is_empty() {
                continue;
            }
            let Some((name, sql)) = part.rsplit_once(':') else {
                return Err(option("types", text, format!("write name:TYPE,name:TYPE; {TYPES_KNOWN}")));
            };
            let name = name.trim();
            let (kind, sql) = Kind::parse(sql)?;
            if name == "*" {
                overrides.rest = Some((kind, sql));
                continue;
            }
            let bare = name.strip_prefix('`').and_then(|n| n.strip_suffix('`')).unwrap_or(name);
            overrides.named.push((bare.to_string(), kind, sql));
        }
        Ok(overrides)
    }

    /// The type asked for a column.
    pub fn of(&self, name: &str) -> Option<(Kind, &str)> {
        let named = self.named.iter().find(|(n, _, _)| n.eq_ignore_ascii_case(name));
        match named {
            Some((_, kind, sql)) => Some((*kind, sql)),
            None => self.rest.as_ref().map(|(kind, sql)| (*kind, sql.as_str())),
        }
    }

    /// Fails when a name is none of the columns.
    pub fn check<'a>(&self, names: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
        for (name, _, _) in &self.named {
            if !names.clone().any(|n| n.eq_ignore_ascii_case(name)) {
                let columns: Vec<&str> = names.take(20).collect();
                return Err(option("types", name, format!("the columns are {}", columns.join(", "))));
            }
        }
        Ok(())
    }
}

/// Splits at commas outside parentheses and backticks.
fn split_list(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0usize, false);
    for (at, c) in text.char_indices() {
        match c {
            '`' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_and_named_again() {
        for (text, kind, sql) in [
            ("INT", Kind::Int(32), "int"),
            ("bigint unsigned", Kind::UInt(64), "bigint unsigned"),
            ("TINYINT(1)", Kind::Bool, "tinyint(1)"),
            ("tinyint", Kind::Int(8), "tinyint"),
            ("INT(11) UNSIGNED", Kind::UInt(32), "int unsigned"),
            (" Decimal( 10 , 2 ) ", Kind::Decimal(10, 2), "decimal(10,2)"),
            ("datetime(6)", Kind::DateTime(6), "datetime(6)"),
            ("VARCHAR", Kind::Text(0), "longtext"),
            ("varchar(10)", Kind::Text(10), "varchar(10)"),
            ("json", Kind::Json, "json"),
        ] {
            assert_eq!(Kind::parse(text).unwrap(), (kind, sql.to_string()), "{text}");
            assert_eq!(Kind::parse(sql).unwrap().0, kind, "{sql}");
        }
        for text in ["", "foo", "int(", "decimal(39,2)", "decimal(5,6)", "date unsigned", "datetime(7)", "varchar(x)", "int foo"]
        {
            assert!(Kind::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn overrides_name_columns() {
        let overrides = Overrides::parse("a:INT,`b,c`:DECIMAL(10,2), D : DATE ,*:VARCHAR").unwrap();
        assert_eq!(overrides.of("A").unwrap().0, Kind::Int(32));
        assert_eq!(overrides.of("b,c").unwrap().0, Kind::Decimal(10, 2));
        assert_eq!(overrides.of("d").unwrap().0, Kind::Date);
        assert_eq!(overrides.of("zzz").unwrap().0, Kind::Text(0));
        assert!(overrides.check(["a", "b,c", "d"].into_iter()).is_ok());
        let fault = overrides.check(["a", "d"].into_iter()).unwrap_err();
        assert_eq!(fault.to_string(), "option types cannot be \"b,c\"; the columns are a, d");
        assert!(Overrides::parse("a").is_err());
    }
}
