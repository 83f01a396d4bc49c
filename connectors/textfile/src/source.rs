//! [`Content`]: the bytes of a file, inflated when they are gzip.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::bufread::MultiGzDecoder;

use wasql::{Error, Result};

/// Compressed bytes read at a time.
const GZIP_READ_BYTES: usize = 128 * 1024;

/// A file that can be read from any of its bytes.
pub trait Input: Read + Seek {}

impl<T: Read + Seek> Input for T {}

/// A file's content: as it is, or inflated when its first two bytes say that it is gzip.
pub enum Content {
    /// As it is.
    Plain(Head),
    /// Inflated, all members.
    Gzip(Box<MultiGzDecoder<BufReader<Head>>>),
}

impl Content {
    /// Looks at the first two bytes of a file.
    pub fn new(mut file: Box<dyn Input>) -> Result<Self> {
        let mut first = [0; 2];
        let mut have = 0;
        while have < 2 {
            match file.read(&mut first[have..]).map_err(Error::from)? {
                0 => break,
                n => have += n,
            }
        }
        let head = Head { bytes: first, from: 0, to: have, file };
        if have == 2 && first == [0x1f, 0x8b] {
            let reader = BufReader::with_capacity(GZIP_READ_BYTES, head);
            return Ok(Content::Gzip(Box::new(MultiGzDecoder::new(reader))));
        }
        Ok(Content::Plain(head))
    }

    /// True when the file is compressed.
    pub fn compressed(&self) -> bool {
        matches!(self, Content::Gzip(_))
    }

    /// Goes to a byte. False when the file is compressed: it can only be read from its start.
    pub fn seek(&mut self, offset: u64) -> Result<bool> {
        match self {
            Content::Plain(head) => head.seek(offset).map(|()| true).map_err(Error::from),
            Content::Gzip(_) => Ok(false),
        }
    }

    /// Reads some of the next bytes. Zero means the end.
    pub fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        match self {
            Content::Plain(head) => head.read(into).map_err(Error::from),
            Content::Gzip(decoder) => decoder.read(into).map_err(gzip_fault),
        }
    }
}

/// A file whose first bytes were read already.
pub struct Head {
    bytes: [u8; 2],
    from: usize,
    to: usize,
    file: Box<dyn Input>,
}

impl Head {
    fn seek(&mut self, offset: u64) -> io::Result<()> {
        self.from = self.to;
        self.file.seek(SeekFrom::Start(offset)).map(|_| ())
    }
}

impl Read for Head {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = (self.to - self.from).min(into.len());
        if count == 0 {
            return self.file.read(into);
        }
        into[..count].copy_from_slice(&self.bytes[self.from..self.from + count]);
        self.from += count;
        Ok(count)
    }
}

/// Tells damage of the data, which the inflater finds, from failures of reading the file.
fn gzip_fault(error: io::Error) -> Error {
    let own = error.get_ref().is_some_and(|inner| inner.is::<Error>());
    match error.kind() {
        _ if own => Error::from(error),
        io::ErrorKind::UnexpectedEof => {
            Error::data("the gzip data ends early: the file is cut off").hint("copy or download it again")
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            Error::data(format!("the gzip data is damaged: {error}")).hint("test it with gzip -t")
        }
        _ => Error::from(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn all(bytes: Vec<u8>) -> Result<Vec<u8>> {
        let mut content = Content::new(Box::new(io::Cursor::new(bytes)))?;
        let (mut out, mut piece) = (Vec::new(), [0; 7]);
        loop {
            match content.read(&mut piece)? {
                0 => return Ok(out),
                n => out.extend_from_slice(&piece[..n]),
            }
        }
    }

    #[test]
    fn members_follow_each_other() {
        let two = [gzip(b"first,"), gzip(b"second")].concat();
        assert_eq!(all(two).unwrap(), b"first,second");
        for plain in [&b""[..], b"a", b"ab", b"\x1f", b"plain text"] {
            assert_eq!(all(plain.to_vec()).unwrap(), plain);
        }
    }

    #[test]
    fn a_cut_file_is_one_clear_error() {
        let whole = gzip(&b"some text that is long enough to be cut, ".repeat(50));
        for length in 2..whole.len() {
            let fault = all(whole[..length].to_vec()).unwrap_err();
            assert!(fault.to_string().starts_with("the gzip data ends early: the file is cut off"), "{length}: {fault}");
        }
        let mut damaged = whole.clone();
        let last = damaged.len() - 5;
        damaged[last] ^= 1;
        assert!(all(damaged).unwrap_err().to_string().starts_with("the gzip data is damaged"));
    }
}
