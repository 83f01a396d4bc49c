//! Options: declared once, read with their type, wrong ones refused by name.

use crate::pb;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::rc::Rc;

pub use crate::pb::OptionScope as Scope;

/// Declaration of one option, part of the [`crate::Manifest`].
#[derive(Clone, Debug, PartialEq)]
pub struct Opt(pub(crate) pb::Option);

impl Opt {
    fn typed(name: &str, kind: &str) -> Self {
        let scope = Scope::Both as i32;
        Opt(pb::Option { name: name.into(), r#type: kind.into(), scope, ..Default::default() })
    }

    /// Any text.
    pub fn text(name: &str) -> Self {
        Self::typed(name, "string")
    }

    /// A whole number.
    pub fn int(name: &str) -> Self {
        Self::typed(name, "int")
    }

    /// A number with a fraction.
    pub fn float(name: &str) -> Self {
        Self::typed(name, "float")
    }

    /// true or false.
    pub fn bool(name: &str) -> Self {
        Self::typed(name, "bool")
    }

    /// A size such as 64KiB.
    pub fn bytes(name: &str) -> Self {
        Self::typed(name, "bytes")
    }

    /// A time span such as 500ms.
    pub fn duration(name: &str) -> Self {
        Self::typed(name, "duration")
    }

    /// A path below a granted folder.
    pub fn path(name: &str) -> Self {
        Self::typed(name, "path")
    }

    /// A URL.
    pub fn url(name: &str) -> Self {
        Self::typed(name, "url")
    }

    /// The name of a granted secret.
    pub fn secret(name: &str) -> Self {
        Self::typed(name, "secret")
    }

    /// One of a few words.
    pub fn choice(name: &str, choices: &[&str]) -> Self {
        let mut option = Self::typed(name, "enum");
        option.0.choices = choices.iter().map(ToString::to_string).collect();
        option
    }

    /// What it does, for help texts.
    pub fn about(mut self, text: &str) -> Self {
        self.0.description = text.into();
        self
    }

    /// Value when it is not given.
    pub fn default(mut self, value: &str) -> Self {
        self.0.default = value.into();
        self
    }

    /// Must be given.
    pub fn required(mut self) -> Self {
        self.0.required = true;
        self
    }

    /// Where it may stand; everywhere unless said.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.0.scope = scope as i32;
        self
    }

    /// A value to show in help texts.
    pub fn example(mut self, value: &str) -> Self {
        self.0.example = value.into();
        self
    }
}

/// The options of a connector or table: what was given over what was declared.
#[derive(Clone, Debug, Default)]
pub struct Options {
    declared: Rc<[pb::Option]>,
    given: BTreeMap<String, String>,
}

impl Options {
    /// Checks the given options against the declared ones: unknown names, missing ones, and values
    /// that do not read as their type are refused.
    pub fn new(declared: &[Opt], given: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        Options { declared: declared.iter().map(|o| o.0.clone()).collect(), given: BTreeMap::new() }.with(given)
    }

    /// The same options with others laid over them: those of a table over those of its server.
    pub fn with(&self, given: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let mut all = self.clone();
        for (name, value) in given {
            let name = name.to_ascii_lowercase();
            let declared = all.declared.iter().find(|o| o.name == name).ok_or_else(|| all.unknown(&name))?;
            check(declared, &value)?;
            all.given.insert(name, value);
        }
        Ok(all)
    }

    fn unknown(&self, name: &str) -> Error {
        let names: Vec<&str> = self.declared.iter().map(|o| o.name.as_str()).collect();
        let hint =
            if names.is_empty() { "this connector has no options".into() } else { format!("options are {}", names.join(", ")) };
        Error::invalid(format!("option {name:?} is not known")).setting(name).hint(hint)
    }

    /// Fails when a required option is missing. Called where all options must be known.
    pub fn complete(&self) -> Result<&Self> {
        for o in self.declared.iter().filter(|o| o.required && o.scope() != Scope::Column) {
            if !self.given.contains_key(&o.name) {
                let hint =
                    if o.example.is_empty() { o.description.clone() } else { format!("for example {}={}", o.name, o.example) };
                return Err(Error::invalid(format!("option {:?} is required", o.name)).setting(&o.name).hint(hint));
            }
        }
        Ok(self)
    }

    /// The text as given, or None.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// The text as given, else the declared default, else the empty text.
    pub fn text(&self, name: &str) -> &str {
        match self.given.get(name) {
            Some(value) => value,
            None => self.declared.iter().find(|o| o.name == name).map_or("", |o| &o.default),
        }
    }

    /// A truth value; false when neither given nor defaulted.
    pub fn bool(&self, name: &str) -> Result<bool> {
        match self.text(name) {
            "" => Ok(false),
            text => read_bool(text).ok_or_else(|| wrong(name, text, "true or false")),
        }
    }

    /// A truth value, or None when neither given nor defaulted.
    pub fn maybe_bool(&self, name: &str) -> Result<Option<bool>> {
        if self.text(name).is_empty() { Ok(None) } else { self.bool(name).map(Some) }
    }

    /// A whole number in a range.
    pub fn int(&self, name: &str, allowed: RangeInclusive<i64>) -> Result<i64> {
        let text = self.text(name);
        let hint = || format!("a whole number from {} to {}", allowed.start(), allowed.end());
        let value: i64 = text.trim().parse().map_err(|_| wrong(name, text, &hint()))?;
        if allowed.contains(&value) { Ok(value) } else { Err(wrong(name, text, &hint())) }
    }

    /// A number with a fraction.
    pub fn float(&self, name: &str) -> Result<f64> {
        let text = self.text(name);
        text.trim().parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(|| wrong(name, text, "a number"))
    }

    /// One of the declared choices, in lower case.
    pub fn choice(&self, name: &str) -> String {
        self.text(name).to_ascii_lowercase()
    }

    /// A size in bytes, with a suffix such as K, KB or KiB (all are 1024), M, G.
    pub fn bytes(&self, name: &str) -> Result<u64> {
        let text = self.text(name);
        read_bytes(text).ok_or_else(|| wrong(name, text, "a size such as 4096, 64KiB or 16MiB"))
    }

    /// A time span in milliseconds, from text such as 500ms, 30s, 5m, 1h; a bare number is seconds.
    pub fn duration_ms(&self, name: &str) -> Result<u64> {
        let text = self.text(name);
        read_duration_ms(text).ok_or_else(|| wrong(name, text, "a time span such as 500ms, 30s, 5m or 1h"))
    }

    /// All names and values given.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }
}

/// The error for a value an option does not take; `allowed` ends the sentence "allowed: …".
pub fn wrong(name: &str, value: &str, allowed: &str) -> Error {
    Error::invalid(format!("option {name} is {value:?}")).setting(name).value(value).hint(format!("allowed: {allowed}"))
}

fn check(option: &pb::Option, value: &str) -> Result<()> {
    let name = &option.name;
    let bad = |allowed: &str| Err(wrong(name, value, allowed));
    match option.r#type.as_str() {
        "int" if value.trim().parse::<i64>().is_err() => bad("a whole number"),
        "float" if value.trim().parse::<f64>().is_err() => bad("a number"),
        "bool" if read_bool(value).is_none() => bad("true or false"),
        "bytes" if read_bytes(value).is_none() => bad("a size such as 4096, 64KiB or 16MiB"),
        "duration" if read_duration_ms(value).is_none() => bad("a time span such as 500ms, 30s, 5m or 1h"),
        "enum" if !option.choices.iter().any(|c| c.eq_ignore_ascii_case(value)) => bad(&option.choices.join(", ")),
        _ => Ok(()),
    }
}

fn read_bool(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn split_number(text: &str) -> Option<(u64, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim().to_ascii_lowercase()))
}

fn read_bytes(text: &str) -> Option<u64> {
    let (number, unit) = split_number(text)?;
    let shift = match unit.as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return None,
    };
    number.checked_mul(1 << shift)
}

fn read_duration_ms(text: &str) -> Option<u64> {
    let (number, unit) = split_number(text)?;
    let factor = match unit.as_str() {
        "ms" => 1,
        "" | "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Vec<Opt> {
        vec![
            Opt::choice("mode", &["fast", "safe"]).default("safe"),
            Opt::int("sample").default("100"),
            Opt::bool("header"),
            Opt::bytes("block").default("64KiB"),
            Opt::duration("wait").default("1500ms"),
        ]
    }

    fn given(pairs: &[(&str, &str)]) -> Result<Options> {
        Options::new(&declared(), pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())))
    }

    #[test]
    fn defaults_stand_in_for_what_was_not_given() {
        let o = given(&[("HEADER", "yes")]).unwrap();
        assert_eq!(o.choice("mode"), "safe");
        assert_eq!(o.int("sample", 1..=1000).unwrap(), 100);
        assert!(o.bool("header").unwrap());
        assert_eq!(o.bytes("block").unwrap(), 65536);
        assert_eq!(o.duration_ms("wait").unwrap(), 1500);
    }

    #[test]
    fn a_wrong_option_is_named_with_its_value_and_what_is_allowed() {
        for (name, value, say) in [
            ("mode", "slow", "allowed: fast, safe"),
            ("sample", "many", "allowed: a whole number"),
            ("header", "perhaps", "allowed: true or false"),
            ("block", "1 stone", "allowed: a size"),
            ("wait", "1 day", "allowed: a time span"),
        ] {
            let text = given(&[(name, value)]).unwrap_err().to_string();
            assert!(text.contains(name) && text.contains(value) && text.contains(say), "{text}");
        }
        let text = given(&[("delimiter", ",")]).unwrap_err().to_string();
        assert!(text.contains("delimiter") && text.contains("mode, sample"), "{text}");
        let text = given(&[]).unwrap().int("sample", 1..=10).unwrap_err().to_string();
        assert!(text.contains("from 1 to 10"), "{text}");
    }

    #[test]
    fn a_required_option_that_is_missing_is_named() {
        let o = Options::new(&[Opt::path("path").required().example("data/x.csv")], []).unwrap();
        assert!(o.complete().unwrap_err().to_string().contains("path=data/x.csv"));
    }
}
