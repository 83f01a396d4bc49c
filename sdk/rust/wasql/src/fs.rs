//! Files below the granted folders. Paths use `/` and are relative to a granted folder's name.

use crate::host::{ask, host};
use crate::pb::{self, HostOp};
use crate::{Code, Error, Result};
use std::io::{self, Read, Seek, SeekFrom, Write};

pub use crate::pb::{FileInfo, FileMode};

/// Most files [`list`] asks for.
pub const FILES_MAX: u32 = 10_000;

/// An open file. Each read is a call to the host: wrap it in a `BufReader`, or read large pieces
/// with [`File::read_at`].
#[derive(Debug)]
pub struct File {
    stream: u32,
    info: FileInfo,
    position: u64,
}

impl File {
    /// Opens a file to read.
    pub fn open(path: &str) -> Result<Self> {
        Self::open_with(pb::HostFileOpenRequest { path: path.into(), ..Default::default() })
    }

    /// Makes a file, or empties the one there is.
    pub fn create(path: &str) -> Result<Self> {
        let mode = FileMode::Write as i32;
        Self::open_with(pb::HostFileOpenRequest { path: path.into(), mode, create: true, truncate: true, ..Default::default() })
    }

    /// Opens a file to write behind its end, and makes it when it is not there.
    pub fn append(path: &str) -> Result<Self> {
        let mode = FileMode::Append as i32;
        Self::open_with(pb::HostFileOpenRequest { path: path.into(), mode, create: true, ..Default::default() })
    }

    /// Holds a file against everybody else who asks for the same, in this process or another, until it
    /// is dropped; made when it is not there. [`Code::Unavailable`] when somebody holds it already.
    pub fn lock(path: &str) -> Result<Self> {
        let mode = FileMode::ReadWrite as i32;
        Self::open_with(pb::HostFileOpenRequest { path: path.into(), mode, create: true, lock: true, ..Default::default() })
    }

    /// Opens a file in any way.
    pub fn open_with(request: pb::HostFileOpenRequest) -> Result<Self> {
        let answer: pb::HostFileOpenResponse = ask(HostOp::FileOpen, &request)?;
        let mut info = answer.info.unwrap_or_default();
        if info.path.is_empty() {
            info.path = request.path;
        }
        if info.directory {
            host().close(answer.stream);
            return Err(Error::invalid("is a folder, not a file").file(info.path));
        }
        Ok(File { stream: answer.stream, info, position: 0 })
    }

    /// Path, size and time as they were when the file was opened.
    pub fn info(&self) -> &FileInfo {
        &self.info
    }

    /// The path.
    pub fn path(&self) -> &str {
        &self.info.path
    }

    /// Size when the file was opened.
    pub fn size_bytes(&self) -> u64 {
        self.info.size_bytes
    }

    /// Reads at an offset; fewer bytes than asked for only at the end. The position stays.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            let n = host().pread(self.stream, offset + done as u64, &mut buffer[done..]).map_err(|e| self.place(e))?;
            if n == 0 {
                break;
            }
            done += n;
        }
        Ok(done)
    }

    /// Reads exactly the bytes at an offset, or fails when the file ends before.
    pub fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let n = self.read_at(offset, buffer)?;
        if n == buffer.len() {
            return Ok(());
        }
        let message = format!("file ends at byte {}, {} bytes at {offset} were expected", offset + n as u64, buffer.len());
        Err(Error::new(Code::Corrupt, message).file(self.path()))
    }

    /// Waits until what was written is on disk.
    pub fn sync(&self) -> Result<()> {
        let request = pb::HostFileSyncRequest { stream: self.stream, path: String::new() };
        let _: pb::HostFileSyncResponse = ask(HostOp::FileSync, &request).map_err(|e| self.place(e))?;
        Ok(())
    }

    /// Cuts or extends the file.
    pub fn truncate(&self, size_bytes: u64) -> Result<()> {
        let request = pb::HostFileTruncateRequest { stream: self.stream, size_bytes };
        let _: pb::HostFileTruncateResponse = ask(HostOp::FileTruncate, &request).map_err(|e| self.place(e))?;
        Ok(())
    }

    fn place(&self, e: Error) -> Error {
        if e.status().file.is_empty() { e.file(self.path()) } else { e }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        host().close(self.stream);
    }
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = host().pread(self.stream, self.position, buffer).map_err(|e| self.place(e))?;
        self.position += n as u64;
        Ok(n)
    }
}

impl Write for File {
    /// Writes behind what was written before.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(host().write(self.stream, bytes).map_err(|e| self.place(e))?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for File {
    /// Moves the position of reading.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(delta) => self.position.checked_add_signed(delta),
            SeekFrom::End(delta) => self.info.size_bytes.checked_add_signed(delta),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

/// What is known about a path.
pub fn stat(path: &str) -> Result<FileInfo> {
    let answer: pb::HostFileStatResponse = ask(HostOp::FileStat, &pb::HostFileStatRequest { path: path.into() })?;
    let mut info = answer.info.unwrap_or_default();
    if info.path.is_empty() {
        info.path = path.into();
    }
    Ok(info)
}

/// The files of a folder, or the matches of a glob with `*`, `?`, `[..]` and `**`, sorted by path.
pub fn list(pattern: &str) -> Result<Vec<FileInfo>> {
    let request = pb::HostFileListRequest { pattern: pattern.into(), files_max: FILES_MAX };
    let answer: pb::HostFileListResponse = ask(HostOp::FileList, &request)?;
    Ok(answer.files)
}

/// The whole content of a file of at most `bytes_max` bytes.
pub fn read(path: &str, bytes_max: usize) -> Result<Vec<u8>> {
    let file = File::open(path)?;
    if file.size_bytes() > bytes_max as u64 {
        let message = format!("file of {} bytes is larger than the {bytes_max} allowed here", file.size_bytes());
        return Err(Error::new(Code::Resource, message).file(path));
    }
    let mut bytes = vec![0; file.size_bytes() as usize];
    let n = file.read_at(0, &mut bytes)?;
    bytes.truncate(n);
    Ok(bytes)
}

/// Waits until a folder is on disk: files that were made, renamed or removed in it.
pub fn sync_folder(path: &str) -> Result<()> {
    let _: pb::HostFileSyncResponse = ask(HostOp::FileSync, &pb::HostFileSyncRequest { stream: 0, path: path.into() })?;
    Ok(())
}

/// Removes a file or an empty folder.
pub fn remove(path: &str) -> Result<()> {
    let _: pb::HostFileRemoveResponse = ask(HostOp::FileRemove, &pb::HostFileRemoveRequest { path: path.into() })?;
    Ok(())
}

/// Renames within the granted folders, atomically.
pub fn rename(from: &str, to: &str) -> Result<()> {
    let _: pb::HostFileRenameResponse = ask(HostOp::FileRename, &pb::HostFileRenameRequest { from: from.into(), to: to.into() })?;
    Ok(())
}

/// Makes a folder and those it lies in.
pub fn make_folder(path: &str) -> Result<()> {
    let _: pb::HostFileMkdirResponse = ask(HostOp::FileMkdir, &pb::HostFileMkdirRequest { path: path.into(), parents: true })?;
    Ok(())
}

/// Tells whether a name is a glob pattern.
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// Where the tables of a file connector lie: a file, a glob, or a folder.
///
/// A table name is a path, a glob, or the name of a file in the folder without its ending.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    path: String,
    suffixes: Vec<String>,
}

impl Folder {
    /// The folder, file or glob of the option `path`; empty when only paths name tables. `suffixes` are
    /// the endings of the files, the usual one first.
    pub fn new(path: &str, suffixes: &[&str]) -> Self {
        Folder { path: path.trim_end_matches('/').into(), suffixes: suffixes.iter().map(ToString::to_string).collect() }
    }

    /// The names of the tables there are.
    pub fn tables(&self) -> Result<Vec<String>> {
        if self.path.is_empty() {
            return Ok(Vec::new());
        }
        if is_pattern(&self.path) || !stat(&self.path)?.directory {
            return Ok(vec![self.stem(&self.path).replace(['*', '?', '[', ']'], "_")]);
        }
        let mut names: Vec<String> = self.files_of(&self.path)?.iter().map(|f| self.stem(&f.path).to_owned()).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// The files of a table, sorted by path; never empty.
    pub fn files(&self, table: &str) -> Result<Vec<FileInfo>> {
        if self.path.is_empty() || table.contains('/') {
            return self.at(table);
        }
        match self.named(table)? {
            Some(found) => Ok(found),
            None => Err(Error::not_found(format!("{} has no table {table}", self.path))
                .hint(format!("there are: {}", self.tables()?.join(", ")))),
        }
    }

    /// The files a path or glob stands for.
    fn at(&self, table: &str) -> Result<Vec<FileInfo>> {
        let found: Vec<FileInfo> = if is_pattern(table) {
            list(table)?.into_iter().filter(|f| !f.directory).collect()
        } else {
            let info = stat(table)?;
            if info.directory { self.files_of(table)? } else { vec![info] }
        };
        if found.is_empty() {
            let hint = format!("looked for {}", self.suffixes.join(", "));
            return Err(Error::not_found("no file matches").file(table).hint(hint));
        }
        Ok(found)
    }

    fn named(&self, table: &str) -> Result<Option<Vec<FileInfo>>> {
        if is_pattern(&self.path) || !stat(&self.path)?.directory {
            let own = self.stem(&self.path).replace(['*', '?', '[', ']'], "_");
            return if table == own { self.at(&self.path).map(Some) } else { Ok(None) };
        }
        let files = self.files_of(&self.path)?;
        let found: Vec<FileInfo> =
            files.into_iter().filter(|f| self.stem(&f.path) == table || f.path.rsplit('/').next() == Some(table)).collect();
        Ok((!found.is_empty()).then_some(found))
    }

    fn files_of(&self, folder: &str) -> Result<Vec<FileInfo>> {
        let mut files = list(folder)?;
        files.retain(|f| !f.directory && self.suffixes.iter().any(|s| f.path.ends_with(s.as_str())));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// File name without folder and ending.
    fn stem<'a>(&self, path: &'a str) -> &'a str {
        let name = path.rsplit('/').next().unwrap_or(path);
        let suffix = self.suffixes.iter().filter(|s| name.ends_with(s.as_str())).max_by_key(|s| s.len());
        suffix.map_or(name, |s| &name[..name.len() - s.len()])
    }
}
