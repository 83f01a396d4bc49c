//! Text compares as the engine compares it (SPEC 5.6).

use crate::Result;
use crate::host::ask;
use crate::pb::{self, HostOp};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Weights are asked for a page of characters at a time.
const PAGE: u32 = 256;

type Page = Rc<[i32]>;

/// A collation of the engine. It asks the host for the weights of the characters it meets and keeps
/// them: make one and hold on to it.
#[derive(Debug)]
pub struct Collation {
    name: String,
    bytewise: bool,
    ascii: Page,
    pages: RefCell<BTreeMap<u32, Page>>,
}

impl Collation {
    /// A collation by MySQL's name, such as `utf8mb4_0900_ai_ci`; empty is binary. One that the host
    /// does not know is an error of code [`crate::Code::NotFound`].
    pub fn new(name: &str) -> Result<Self> {
        let name = name.to_ascii_lowercase();
        // UTF-8 sorts as its code points do.
        let bytewise = matches!(name.as_str(), "" | "binary" | "utf8mb4_0900_bin");
        let ascii = if bytewise { Rc::from([]) } else { page(&name, 0)? };
        Ok(Collation { name, bytewise, ascii, pages: RefCell::default() })
    }

    /// MySQL's name of it, in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Text compares as its bytes do; a key is then the text itself.
    pub fn bytewise(&self) -> bool {
        self.bytewise
    }

    fn weight(&self, c: char) -> Result<i32> {
        let c = c as u32;
        if c < PAGE {
            return Ok(self.ascii[c as usize]);
        }
        let first = c & !(PAGE - 1);
        if let Some(page) = self.pages.borrow().get(&first) {
            return Ok(page[(c - first) as usize]);
        }
        let fetched = page(&self.name, first)?;
        let weight = fetched[(c - first) as usize];
        self.pages.borrow_mut().insert(first, fetched);
        Ok(weight)
    }

    /// Appends a key: two keys compare, as bytes, as their texts do, and no key is the beginning of
    /// another unless its text is the beginning of the other's. Keys hold any bytes, zero too.
    pub fn append_key(&self, key: &mut Vec<u8>, text: &str) -> Result<()> {
        if self.bytewise {
            key.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        for c in text.chars() {
            // Flipping the sign bit makes bytes compare as the numbers do.
            key.extend_from_slice(&(self.weight(c)? as u32 ^ 1 << 31).to_be_bytes());
        }
        Ok(())
    }

    /// How a stands to b.
    pub fn compare(&self, a: &str, b: &str) -> Result<Ordering> {
        if self.bytewise {
            return Ok(a.cmp(b));
        }
        let (mut left, mut right) = (a.chars(), b.chars());
        loop {
            match (left.next(), right.next()) {
                (None, None) => return Ok(Ordering::Equal),
                (None, _) => return Ok(Ordering::Less),
                (_, None) => return Ok(Ordering::Greater),
                (Some(x), Some(y)) => match self.weight(x)?.cmp(&self.weight(y)?) {
                    Ordering::Equal => {}
                    other => return Ok(other),
                },
            }
        }
    }
}

fn page(collation: &str, first: u32) -> Result<Page> {
    let request = pb::HostCollationRequest { collation: collation.into(), first, count: PAGE };
    let answer: pb::HostCollationResponse = ask(HostOp::Collation, &request)?;
    if answer.weights.len() != PAGE as usize {
        return Err(crate::Error::internal(format!("the host gave {} weights, {PAGE} were asked for", answer.weights.len())));
    }
    Ok(answer.weights.into())
}
