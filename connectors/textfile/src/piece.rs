//! [`Piece`]: a stretch of a file that is read by itself, in any process, and the token that names it.

use prost::Message;
use wasql::fs::FileInfo;
use wasql::{Code, Error, Result};

/// Bytes below which a piece is not worth opening.
pub const PIECE_BYTES_MIN: u64 = 64 * 1024;

/// Bytes behind a place that are looked at to tell where a record begins.
pub const LOOK_BYTES: usize = 64 * 1024;

/// A stretch of a file that begins and ends where records do. Size and time are those of the file when it was cut.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Piece {
    /// Path of the file.
    #[prost(string, tag = "1")]
    pub path: String,
    /// Its size.
    #[prost(uint64, tag = "2")]
    pub size_bytes: u64,
    /// When it was changed last.
    #[prost(sint64, tag = "3")]
    pub modified_ns: i64,
    /// First byte; 0 is the start of the file, header and all.
    #[prost(uint64, tag = "4")]
    pub from: u64,
    /// The byte behind the last; the size when it is the end of the file.
    #[prost(uint64, tag = "5")]
    pub to: u64,
}

impl Piece {
    /// The pieces of a file that is cut at these bytes, which rise.
    pub fn of(file: &FileInfo, cuts: &[u64]) -> Vec<Piece> {
        let mut from = 0;
        let ends = cuts.iter().copied().filter(|&cut| cut < file.size_bytes).chain([file.size_bytes]);
        let mut pieces = Vec::new();
        for to in ends {
            if to > from || pieces.is_empty() && to == file.size_bytes {
                let (size_bytes, modified_ns) = (file.size_bytes, file.modified_ns);
                pieces.push(Piece { path: file.path.clone(), size_bytes, modified_ns, from, to });
                from = to;
            }
        }
        pieces
    }

    /// Reads a token; none when it is empty.
    pub fn read(token: &[u8]) -> Result<Option<Piece>> {
        if token.is_empty() {
            return Ok(None);
        }
        let piece = Piece::decode(token).ok().filter(|piece| piece.from <= piece.to && piece.to <= piece.size_bytes);
        piece.map(Some).ok_or_else(|| Error::invalid("partition token of another connector"))
    }

    /// The token that names it.
    pub fn token(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// Bytes of it.
    pub fn bytes(&self) -> u64 {
        self.to - self.from
    }

    /// What EXPLAIN and the command line call it.
    pub fn label(&self) -> String {
        match self.bytes() == self.size_bytes {
            true => self.path.clone(),
            false => format!("{} bytes {} to {}", self.path, self.from, self.to),
        }
    }

    /// Checks that the file is the one that was cut.
    pub fn check(&self, files: &[FileInfo]) -> Result<()> {
        let Some(file) = files.iter().find(|file| file.path == self.path) else {
            return Err(Error::not_found("the file of the partition is gone").file(&self.path));
        };
        if file.size_bytes == self.size_bytes && file.modified_ns == self.modified_ns {
            return Ok(());
        }
        let message = "the file changed since its partitions were named";
        Err(Error::new(Code::Aborted, message).file(&self.path).hint("ask for partitions again").retry_after_ms(0))
    }
}

/// Where to cut a file into so many pieces, roughly.
pub fn near(size_bytes: u64, pieces: u64) -> Vec<u64> {
    (1..pieces).map(|i| (u128::from(size_bytes) * u128::from(i) / u128::from(pieces)) as u64).collect()
}

/// The error of a piece that ends within a record: a file that looks like records where it is quoted text, all over
/// [`LOOK_BYTES`]. It is found wherever it happens, since every piece must end with a record.
pub fn within_record(path: &str) -> Error {
    Error::unsupported("reading this file in pieces, which quoted text of many lines has cut within a record,")
        .file(path)
        .hint("read it whole: SET wasql_parallel = 1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_the_file_once() {
        let file = FileInfo { path: "t.csv".into(), size_bytes: 1000, modified_ns: 7, ..Default::default() };
        for cuts in [&[][..], &[500], &[1, 2, 999], &[300, 300, 1000, 2000]] {
            let pieces = Piece::of(&file, cuts);
            assert_eq!((pieces[0].from, pieces[pieces.len() - 1].to), (0, 1000));
            assert!(pieces.windows(2).all(|pair| pair[0].to == pair[1].from) && pieces.iter().all(|piece| piece.bytes() > 0));
            for piece in pieces {
                assert_eq!(Piece::read(&piece.token()).unwrap().unwrap(), piece);
                piece.check(std::slice::from_ref(&file)).unwrap();
                let other = FileInfo { modified_ns: 8, ..file.clone() };
                assert!(piece.check(&[other]).unwrap_err().to_string().contains("changed"));
            }
        }
        assert_eq!(Piece::of(&FileInfo::default(), &[]).len(), 1);
        assert!(Piece::read(b"\x20\x05\x28\x01").is_err() && Piece::read(b"no token").is_err());
        assert_eq!(near(10, 3), [3, 6]);
    }
}
