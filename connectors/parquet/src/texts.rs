//! What conditions say of texts and bytes.

use wasql::{Collation, Filter, Op, Result, Value};

/// A condition of a column of texts or bytes.
#[derive(Debug)]
pub struct Texts {
    test: Test,
    null: bool,
    /// Texts compare by their weights.
    collation: Option<Collation>,
}

#[derive(Debug)]
enum Test {
    /// Nothing passes, or everything.
    Fixed(bool),
    Compare(Op, Vec<u8>),
    /// One of these, which are in order; or none of them.
    Among(Vec<Vec<u8>>, bool),
    And(Vec<Test>),
    Or(Vec<Test>),
}

impl Texts {
    /// The condition of a filter whose leaves are all of one column, with strings or bytes; None when it is not such a one.
    pub fn new(filter: &Filter) -> Option<Self> {
        let name = collation(filter)?;
        let collation = if name.is_empty() || wasql::binary_collation(name) { None } else { Some(Collation::new(name).ok()?) };
        let (test, null) = compile(filter, collation.as_ref())?;
        Some(Texts { test, null, collation })
    }

    /// Tells whether NULL passes.
    pub fn null(&self) -> bool {
        self.null
    }

    /// Tells whether values compare by their bytes, so that nothing else is to be done for SQL's answer.
    pub fn bytewise(&self) -> bool {
        self.collation.is_none()
    }

    /// Tells whether a value passes.
    pub fn passes(&self, value: &[u8], key: &mut Vec<u8>) -> Result<bool> {
        let Some(collation) = &self.collation else { return Ok(self.test.passes(value)) };
        // What is no text is told when it is read.
        let Ok(text) = std::str::from_utf8(value) else { return Ok(true) };
        key.clear();
        collation.append_key(key, text)?;
        Ok(self.test.passes(key))
    }

    /// Tells whether one of the values from `min` to `max` may pass.
    pub fn meets(&self, min: Option<&[u8]>, max: Option<&[u8]>) -> bool {
        self.collation.is_some() || self.test.meets(min, max)
    }

    /// The values that pass, when they are not too many.
    pub fn points(&self, most: usize) -> Option<Vec<&[u8]>> {
        match &self.test {
            Test::Compare(Op::Eq | Op::NullSafeEq, value) if self.bytewise() => Some(vec![value]),
            Test::Among(values, true) if self.bytewise() && values.len() <= most => Some(values.iter().map(|v| &**v).collect()),
            _ => None,
        }
    }
}

/// The collation of all comparisons; None when they differ.
fn collation(filter: &Filter) -> Option<&str> {
    match filter.op {
        Op::And | Op::Or => {
            let mut all = filter.children.iter().map(collation);
            let mut found = all.next()??;
            for name in all {
                match name? {
                    "" => {}
                    name if found.is_empty() || found == name => found = name,
                    _ => return None,
                }
            }
            Some(found)
        }
        // These compare nothing.
        Op::IsNull | Op::IsNotNull => Some(""),
        _ => Some(&filter.collation),
    }
}

fn compile(filter: &Filter, collation: Option<&Collation>) -> Option<(Test, bool)> {
    let parts = || filter.children.iter().map(|c| compile(c, collation)).collect::<Option<Vec<_>>>();
    match filter.op {
        Op::And => {
            let (tests, nulls): (Vec<Test>, Vec<bool>) = parts()?.into_iter().unzip();
            return Some((Test::And(tests), nulls.iter().all(|&n| n)));
        }
        Op::Or => {
            let (tests, nulls): (Vec<Test>, Vec<bool>) = parts()?.into_iter().unzip();
            return Some((Test::Or(tests), nulls.iter().any(|&n| n)));
        }
        Op::IsNull => return Some((Test::Fixed(false), true)),
        Op::IsNotNull => return Some((Test::Fixed(true), false)),
        _ => {}
    }
    let values = filter.values()?;
    let mut keys = Vec::with_capacity(values.len());
    for value in &values {
        match value {
            Value::Null => {}
            Value::Bytes(bytes) => keys.push(bytes.clone()),
            Value::Text(text) => {
                let mut key = Vec::new();
                match collation {
                    Some(collation) => collation.append_key(&mut key, text).ok()?,
                    None => key.extend_from_slice(text.as_bytes()),
                }
                keys.push(key);
            }
            _ => return None,
        }
    }
    let some_null = keys.len() < values.len();
    keys.sort_unstable();
    keys.dedup();
    let test = match filter.op {
        Op::In => Test::Among(keys, true),
        Op::NotIn if some_null => Test::Fixed(false),
        Op::NotIn => Test::Among(keys, false),
        Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::NullSafeEq => match keys.pop() {
            Some(key) => Test::Compare(filter.op, key),
            None => Test::Fixed(false),
        },
        _ => return None,
    };
    Some((test, filter.op == Op::NullSafeEq && some_null))
}

impl Test {
    fn passes(&self, value: &[u8]) -> bool {
        match self {
            Test::Fixed(all) => *all,
            Test::Compare(op, other) => match op {
                Op::Eq | Op::NullSafeEq => value == other,
                Op::Ne => value != other,
                Op::Lt => value < other.as_slice(),
                Op::Le => value <= other.as_slice(),
                Op::Gt => value > other.as_slice(),
                _ => value >= other.as_slice(),
            },
            Test::Among(values, inside) => values.binary_search_by(|v| v.as_slice().cmp(value)).is_ok() == *inside,
            Test::And(tests) => tests.iter().all(|t| t.passes(value)),
            Test::Or(tests) => tests.iter().any(|t| t.passes(value)),
        }
    }

    fn meets(&self, min: Option<&[u8]>, max: Option<&[u8]>) -> bool {
        let below = |v: &[u8], or: bool| min.is_none_or(|min| min < v || or && min == v);
        let above = |v: &[u8], or: bool| max.is_none_or(|max| max > v || or && max == v);
        match self {
            Test::Fixed(all) => *all,
            Test::Compare(op, v) => match op {
                Op::Eq | Op::NullSafeEq => below(v, true) && above(v, true),
                Op::Lt => below(v, false),
                Op::Le => below(v, true),
                Op::Gt => above(v, false),
                Op::Ge => above(v, true),
                _ => true,
            },
            Test::Among(values, true) => values.iter().any(|v| below(v, true) && above(v, true)),
            Test::Among(..) => true,
            Test::And(tests) => tests.iter().all(|t| t.meets(min, max)),
            Test::Or(tests) => tests.iter().any(|t| t.meets(min, max)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(op: Op, values: &[Option<&str>], children: Vec<Filter>) -> Filter {
        let value = |v: &Option<&str>| wasql::Operand::Value(v.map_or(Value::Null, |v| Value::Text(v.into())));
        let (operands, none) = (values.iter().map(value).collect(), String::new);
        let collation = "utf8mb4_0900_bin".into();
        Filter { op, column: Some(0), operands, children, function: none(), collation, escape: none(), text: none() }
    }

    #[test]
    fn texts_pass_as_sql_says_and_ranges_never_lose_one() {
        let words = ["", "a", "ab", "b", "ba", "é"];
        let one = |op, v| filter(op, &[Some(v)], vec![]);
        for (what, f, want, null) in [
            ("=", one(Op::Eq, "ab"), vec!["ab"], false),
            ("<>", one(Op::Ne, "ab"), vec!["", "a", "b", "ba", "é"], false),
            ("<", one(Op::Lt, "ab"), vec!["", "a"], false),
            ("<=", one(Op::Le, "ab"), vec!["", "a", "ab"], false),
            (">", one(Op::Gt, "b"), vec!["ba", "é"], false),
            (">=", one(Op::Ge, "b"), vec!["b", "ba", "é"], false),
            ("in", filter(Op::In, &[Some("é"), None, Some("a")], vec![]), vec!["a", "é"], false),
            ("not in", filter(Op::NotIn, &[Some("é"), Some("a")], vec![]), vec!["", "ab", "b", "ba"], false),
            ("not in NULL", filter(Op::NotIn, &[Some("é"), None], vec![]), vec![], false),
            ("= NULL", filter(Op::Eq, &[None], vec![]), vec![], false),
            ("<=> NULL", filter(Op::NullSafeEq, &[None], vec![]), vec![], true),
            ("or", filter(Op::Or, &[], vec![one(Op::Eq, "a"), filter(Op::IsNull, &[], vec![])]), vec!["a"], true),
            ("and", filter(Op::And, &[], vec![one(Op::Ge, "a"), one(Op::Lt, "b")]), vec!["a", "ab"], false),
        ] {
            let texts = Texts::new(&f).unwrap();
            let passes = |w: &&str| texts.passes(w.as_bytes(), &mut Vec::new()).unwrap();
            let got: Vec<&str> = words.iter().copied().filter(|w| passes(w)).collect();
            assert_eq!((got, texts.null()), (want, null), "{what}");
            for (i, from) in words.iter().enumerate() {
                for to in &words[i..] {
                    let any = words.iter().any(|w| w >= from && w <= to && passes(w));
                    assert!(!any || texts.meets(Some(from.as_bytes()), Some(to.as_bytes())), "{what} {from}..{to}");
                }
            }
        }
        assert!(!Texts::new(&one(Op::Gt, "x")).unwrap().meets(Some(b"a"), Some(b"b")));
        assert!(Texts::new(&one(Op::Like, "x")).is_none());
    }
}
