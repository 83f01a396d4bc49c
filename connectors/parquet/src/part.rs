//! A stretch of the bytes of a page, shared by those who decode it.

use std::ops::Deref;
use std::rc::Rc;

/// Bytes of a page, which stay as long as somebody reads them.
#[derive(Clone, Debug, Default)]
pub struct Part {
    bytes: Rc<Vec<u8>>,
    from: usize,
    to: usize,
}

impl Part {
    /// All bytes of a page.
    pub fn new(bytes: Vec<u8>) -> Self {
        let to = bytes.len();
        Part { bytes: Rc::new(bytes), from: 0, to }
    }

    /// The bytes from one position up to another, when they are in it.
    pub fn part(&self, from: usize, to: usize) -> Option<Part> {
        let fits = from <= to && to <= self.to - self.from;
        fits.then(|| Part { bytes: self.bytes.clone(), from: self.from + from, to: self.from + to })
    }

    /// The bytes from a position on; none when it lies behind the end.
    pub fn rest(&self, from: usize) -> Part {
        let from = self.to.min(self.from.saturating_add(from));
        Part { bytes: self.bytes.clone(), from, to: self.to }
    }
}

impl Deref for Part {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.from..self.to]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stay_inside_their_page() {
        let page = Part::new(vec![1, 2, 3, 4, 5]);
        let middle = page.part(1, 4).unwrap();
        assert_eq!((&*middle, &*middle.rest(2), &*middle.rest(9)), (&[2, 3, 4][..], &[4][..], &[][..]));
        assert!(middle.part(0, 4).is_none() && middle.part(2, 1).is_none());
        assert_eq!(&*middle.part(3, 3).unwrap(), &[] as &[u8]);
    }
}
