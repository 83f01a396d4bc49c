//! Splitting one record into the tokens of its wanted values.

use std::collections::HashMap;

use wasql_textfile::json::{Stop, number, skip, space, string, unescape, word};
use wasql_textfile::token::{BLOCK_ROWS, Block, Token};

/// Which names of an object go to which run of a block.
#[derive(Debug, Clone)]
pub struct Names {
    /// Names in the order of the sample, with their run when they are wanted.
    list: Vec<(Vec<u8>, Option<usize>)>,
    at: HashMap<Vec<u8>, usize>,
    runs: usize,
    /// Rows are values, not objects: the only run takes them whole.
    values: bool,
}

impl Names {
    /// Names of a table's columns, of which `wanted` go to a block in this order.
    pub fn new(keys: &[String], wanted: &[usize], values: bool) -> Self {
        let mut list: Vec<(Vec<u8>, Option<usize>)> = keys.iter().map(|key| (key.clone().into_bytes(), None)).collect();
        for (slot, &column) in wanted.iter().enumerate() {
            list[column].1 = Some(slot * BLOCK_ROWS);
        }
        let at = list.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
        Names { list, at, runs: wanted.len(), values }
    }

    /// The run of a name. `next` is the place of the name that is expected; names mostly come in one order.
    #[inline]
    fn run(&self, key: &[u8], next: &mut usize) -> Option<usize> {
        if let Some((expected, run)) = self.list.get(*next)
            && expected == key
        {
            *next += 1;
            return *run;
        }
        let at = *self.at.get(key)?;
        *next = at + 1;
        self.list[at].1
    }

    /// Splits the record at `at` into row `row` of the block; gives the position behind it.
    pub fn split(&self, bytes: &[u8], at: usize, last: bool, row: usize, block: &mut Block) -> Result<usize, Stop> {
        for slot in 0..self.runs {
            block.tokens[slot * BLOCK_ROWS + row] = Token::NULL;
        }
        if self.values {
            let (token, end) = value(bytes, at, last)?;
            if self.runs > 0 {
                block.tokens[row] = token;
            }
            return Ok(end);
        }
        let mut next = 0;
        members(bytes, at, |bytes, key, escaped, at| {
            let run = if escaped {
                let mut text = Vec::new();
                unescape(key, &mut text).ok().and_then(|()| self.run(&text, &mut next))
            } else {
                self.run(key, &mut next)
            };
            match run {
                None => pass(bytes, at, last),
                Some(run) => {
                    let (token, end) = value(bytes, at, last)?;
                    block.tokens[run + row] = token;
                    Ok(end)
                }
            }
        })
    }
}

/// Calls `one` with each name of the object at `at`, whether it has escapes, and the position of its value;
/// `one` gives the position behind the value.
pub fn members(
    bytes: &[u8],
    at: usize,
    mut one: impl FnMut(&[u8], &[u8], bool, usize) -> Result<usize, Stop>,
) -> Result<usize, Stop> {
    match bytes.get(at) {
        Some(b'{') => {}
        Some(_) => return Err(Stop::Expected(at, "an object")),
        None => return Err(Stop::More),
    }
    let mut at = space(bytes, at + 1);
    if bytes.get(at) == Some(&b'}') {
        return Ok(at + 1);
    }
    loop {
        match bytes.get(at) {
            Some(b'"') => {}
            Some(_) => return Err(Stop::Expected(at, "a name in double quotes")),
            None => return Err(Stop::More),
        }
        let (end, escaped) = string(bytes, at + 1)?;
        let key = &bytes[at + 1..end];
        let colon = space(bytes, end + 1);
        match bytes.get(colon) {
            Some(b':') => {}
            Some(_) => return Err(Stop::Expected(colon, "a colon")),
            None => return Err(Stop::More),
        }
        at = space(bytes, one(bytes, key, escaped, space(bytes, colon + 1))?);
        match bytes.get(at) {
            Some(b',') => at = space(bytes, at + 1),
            Some(b'}') => return Ok(at + 1),
            Some(_) => return Err(Stop::Expected(at, "a comma or }")),
            None => return Err(Stop::More),
        }
    }
}

/// The token of the value at `at`, and the position behind it.
#[inline]
pub fn value(bytes: &[u8], at: usize, last: bool) -> Result<(Token, usize), Stop> {
    match bytes.get(at) {
        None => Err(Stop::More),
        Some(b'"') => {
            let (end, escaped) = string(bytes, at + 1)?;
            let marks = if escaped { Token::QUOTED | Token::ESCAPED } else { Token::QUOTED };
            Ok((Token::new(at + 1, end, marks), end + 1))
        }
        Some(b'-' | b'0'..=b'9') => {
            let end = number(bytes, at, last)?;
            Ok((Token::new(at, end, 0), end))
        }
        Some(b'n') => Ok((Token::NULL, word(bytes, at, b"null")?)),
        Some(b't') => word(bytes, at, b"true").map(|end| (Token::new(at, end, 0), end)),
        Some(b'f') => word(bytes, at, b"false").map(|end| (Token::new(at, end, 0), end)),
        Some(b'{' | b'[') => {
            let end = skip(bytes, at, last)?;
            Ok((Token::new(at, end, Token::NESTED), end))
        }
        Some(_) => Err(Stop::Expected(at, "a value")),
    }
}

/// Position behind a value that nobody wants.
#[inline]
fn pass(bytes: &[u8], at: usize, last: bool) -> Result<usize, Stop> {
    match bytes.get(at) {
        Some(b'"') => Ok(string(bytes, at + 1)?.0 + 1),
        Some(b'-' | b'0'..=b'9') => number(bytes, at, last),
        _ => skip(bytes, at, last),
    }
}
