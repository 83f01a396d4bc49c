//! A stand-in for the host, so that connectors are tested by `cargo test`, and [`Instance`] to drive one.
//!
//! Files come from a real folder, the clock stands still at [`CLOCK`] plus one microsecond a reading,
//! random bytes are the same each time, and the log is kept.

use crate::guest::Guest;
use crate::host::Host;
use crate::pb::{self, FileInfo, HostOp, LogLevel, Op};
use crate::{Code, Connector, Error, Result, TableName, Value};
use prost::Message;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// First reading of the clock: 2024-01-01T00:00:00, in nanoseconds since 1970.
pub const CLOCK: i64 = 1_704_067_200_000_000_000;

/// The stand-in. The default one has no files.
#[derive(Debug, Default)]
pub struct Native {
    root: Option<PathBuf>,
    streams: RefCell<BTreeMap<u32, fs::File>>,
    stream_last: Cell<u32>,
    ticks: Cell<i64>,
    random: Cell<u64>,
    variables: BTreeMap<String, String>,
    records: RefCell<Vec<(LogLevel, String)>>,
}

impl Native {
    /// A host that grants the files below a folder.
    pub fn with_files(root: impl Into<PathBuf>) -> Self {
        Native { root: Some(root.into()), ..Default::default() }
    }

    /// Grants an environment variable too.
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// What was logged.
    pub fn records(&self) -> Vec<(LogLevel, String)> {
        self.records.borrow().clone()
    }

    /// The number of open files.
    pub fn open_files(&self) -> usize {
        self.streams.borrow().len()
    }

    fn place(&self, path: &str) -> Result<PathBuf> {
        let root = self.root.as_ref().ok_or_else(|| Error::denied("no files are granted").file(path))?;
        let relative = Path::new(path);
        if relative.components().any(|c| !matches!(c, Component::Normal(_) | Component::CurDir)) {
            return Err(Error::denied("path leaves the granted folder").file(path));
        }
        Ok(root.join(relative))
    }

    fn info(&self, path: &str) -> Result<FileInfo> {
        let meta = fs::metadata(self.place(path)?).map_err(|e| Error::from(e).file(path))?;
        let modified = meta.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        Ok(FileInfo {
            path: path.into(),
            size_bytes: meta.len(),
            modified_ns: modified.map_or(0, |d| d.as_nanos() as i64),
            directory: meta.is_dir(),
            regular: meta.is_file(),
        })
    }

    fn open(&self, request: &pb::HostFileOpenRequest) -> Result<pb::HostFileOpenResponse> {
        let write = request.mode() != pb::FileMode::Read;
        let mut options = fs::OpenOptions::new();
        options.read(request.mode() != pb::FileMode::Append).write(write);
        options.append(request.mode() == pb::FileMode::Append).truncate(request.truncate && write);
        options.create(request.create).create_new(request.exclusive);
        let file = options.open(self.place(&request.path)?).map_err(|e| Error::from(e).file(&request.path))?;
        if request.lock && file.try_lock().is_err() {
            return Err(Error::new(Code::Unavailable, "somebody else holds the file").file(&request.path));
        }
        let stream = self.stream_last.get() + 1;
        self.stream_last.set(stream);
        self.streams.borrow_mut().insert(stream, file);
        Ok(pb::HostFileOpenResponse { stream, info: Some(self.info(&request.path)?) })
    }

    fn change(&self, op: HostOp, request: &[u8]) -> Result<Vec<u8>> {
        let told = |path: &str, done: std::io::Result<()>| done.map_err(|e| Error::from(e).file(path));
        match op {
            HostOp::FileTruncate => serve(request, |r: pb::HostFileTruncateRequest| {
                self.stream(r.stream, |f| f.set_len(r.size_bytes))?;
                Ok(pb::HostFileTruncateResponse {})
            }),
            HostOp::FileRemove => serve(request, |r: pb::HostFileRemoveRequest| {
                let place = self.place(&r.path)?;
                told(&r.path, if place.is_dir() { fs::remove_dir(place) } else { fs::remove_file(place) })?;
                Ok(pb::HostFileRemoveResponse {})
            }),
            HostOp::FileRename => serve(request, |r: pb::HostFileRenameRequest| {
                told(&r.from, fs::rename(self.place(&r.from)?, self.place(&r.to)?))?;
                Ok(pb::HostFileRenameResponse {})
            }),
            _ => serve(request, |r: pb::HostFileMkdirRequest| {
                let place = self.place(&r.path)?;
                told(&r.path, if r.parents { fs::create_dir_all(place) } else { fs::create_dir(place) })?;
                Ok(pb::HostFileMkdirResponse {})
            }),
        }
    }

    fn list(&self, pattern: &str) -> Result<Vec<FileInfo>> {
        if crate::fs::is_pattern(pattern) {
            let mut found = Vec::new();
            let fixed = pattern.split(['*', '?', '[']).next().unwrap_or("");
            let base = fixed.rsplit_once('/').map_or("", |(folder, _)| folder);
            self.walk(base, &mut found)?;
            found.retain(|f| glob(pattern.as_bytes(), f.path.as_bytes()));
            found.sort_by(|a, b| a.path.cmp(&b.path));
            return Ok(found);
        }
        let mut found = self.entries(pattern)?;
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    fn entries(&self, folder: &str) -> Result<Vec<FileInfo>> {
        let place = self.place(if folder.is_empty() { "." } else { folder })?;
        let mut found = Vec::new();
        for entry in fs::read_dir(place).map_err(|e| Error::from(e).file(folder))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            found.push(self.info(&if folder.is_empty() { name } else { format!("{folder}/{name}") })?);
        }
        Ok(found)
    }

    fn walk(&self, folder: &str, found: &mut Vec<FileInfo>) -> Result<()> {
        for entry in self.entries(folder)? {
            if entry.directory {
                self.walk(&entry.path, found)?;
            }
            found.push(entry);
        }
        Ok(())
    }

    fn stream<T>(&self, stream: u32, f: impl FnOnce(&mut fs::File) -> std::io::Result<T>) -> Result<T> {
        let mut streams = self.streams.borrow_mut();
        let file = streams.get_mut(&stream).ok_or_else(|| Error::new(Code::BadHandle, format!("stream {stream} is not open")))?;
        Ok(f(file)?)
    }

    fn bytes(&self, count: u32) -> Vec<u8> {
        let mut state = self.random.get();
        let bytes = (0..count)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 56) as u8
            })
            .collect();
        self.random.set(state);
        bytes
    }
}

/// Matches `*`, `?`, `[..]` within a name and `**` across folders.
fn glob(pattern: &[u8], path: &[u8]) -> bool {
    match pattern {
        [] => path.is_empty(),
        [b'*', b'*', b'/', rest @ ..] => {
            glob(rest, path) || (0..path.len()).any(|i| path[i] == b'/' && glob(rest, &path[i + 1..]))
        }
        [b'*', b'*', rest @ ..] => (0..=path.len()).any(|i| glob(rest, &path[i..])),
        [b'*', rest @ ..] => {
            let end = path.iter().position(|&b| b == b'/').unwrap_or(path.len());
            (0..=end).any(|i| glob(rest, &path[i..]))
        }
        [b'[', rest @ ..] => match (rest.iter().position(|&b| b == b']'), path) {
            (Some(close), [first, tail @ ..]) => {
                let (set, negated) = match &rest[..close] {
                    [b'!' | b'^', set @ ..] => (set, true),
                    set => (set, false),
                };
                let mut hit = set.contains(first);
                hit |= set.windows(3).any(|w| w[1] == b'-' && (w[0]..=w[2]).contains(first));
                hit != negated && glob(&rest[close + 1..], tail)
            }
            _ => false,
        },
        [b'?', rest @ ..] => matches!(path, [first, tail @ ..] if *first != b'/' && glob(rest, tail)),
        [byte, rest @ ..] => matches!(path, [first, tail @ ..] if first == byte && glob(rest, tail)),
    }
}

impl Host for Native {
    fn log(&self, level: LogLevel, message: &str, hint: &str) {
        let text = if hint.is_empty() { message.to_owned() } else { format!("{message}; {hint}") };
        self.records.borrow_mut().push((level, text));
    }

    fn call(&self, op: HostOp, request: &[u8]) -> Result<Vec<u8>> {
        match op {
            HostOp::FileOpen => serve(request, |r| self.open(&r)),
            HostOp::FileStat => {
                serve(request, |r: pb::HostFileStatRequest| Ok(pb::HostFileStatResponse { info: Some(self.info(&r.path)?) }))
            }
            HostOp::FileList => serve(request, |r: pb::HostFileListRequest| {
                let mut files = self.list(&r.pattern)?;
                files.truncate(r.files_max as usize);
                Ok(pb::HostFileListResponse { files })
            }),
            HostOp::FileSync => serve(request, |r: pb::HostFileSyncRequest| {
                match r.stream {
                    0 => fs::File::open(self.place(&r.path)?)
                        .and_then(|f| f.sync_all())
                        .map_err(|e| Error::from(e).file(&r.path))?,
                    stream => self.stream(stream, |f| f.sync_all())?,
                }
                Ok(pb::HostFileSyncResponse {})
            }),
            HostOp::FileTruncate | HostOp::FileRemove | HostOp::FileRename | HostOp::FileMkdir => self.change(op, request),
            HostOp::Collation => serve(request, |r: pb::HostCollationRequest| weights(&r)),
            HostOp::Env => serve(request, |r: pb::HostEnvRequest| {
                let wanted = |name: &str| r.name.is_empty() || r.name == name;
                let pair = |(k, v): (&String, &String)| pb::Pair { key: k.clone(), value: v.clone() };
                Ok(pb::HostEnvResponse { variables: self.variables.iter().filter(|(k, _)| wanted(k)).map(pair).collect() })
            }),
            HostOp::Random => {
                serve(request, |r: pb::HostRandomRequest| Ok(pb::HostRandomResponse { bytes: self.bytes(r.bytes.min(65536)) }))
            }
            _ => Err(Error::denied(format!("{} is not granted", op.as_str_name()))),
        }
    }

    fn read(&self, stream: u32, buffer: &mut [u8]) -> Result<usize> {
        self.stream(stream, |f| f.read(buffer))
    }

    fn pread(&self, stream: u32, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        self.stream(stream, |f| {
            f.seek(SeekFrom::Start(offset))?;
            f.read(buffer)
        })
    }

    fn write(&self, stream: u32, bytes: &[u8]) -> Result<usize> {
        self.stream(stream, |f| f.write(bytes))
    }

    fn close(&self, stream: u32) {
        self.streams.borrow_mut().remove(&stream);
    }

    fn now(&self) -> i64 {
        self.ticks.set(self.ticks.get() + 1000);
        CLOCK + self.ticks.get()
    }

    fn monotonic(&self) -> i64 {
        self.now() - CLOCK
    }

    fn remaining(&self) -> i64 {
        i64::MAX
    }
}

/// Stands in for the engine's collations: `_ci` ones weigh the lower-case letters of a character.
fn weights(request: &pb::HostCollationRequest) -> Result<pb::HostCollationResponse> {
    if !request.collation.starts_with("utf8mb4_") {
        return Err(Error::not_found(format!("collation {:?} is not known", request.collation)));
    }
    let weigh = |c: u32| match char::from_u32(c) {
        Some(c) if request.collation.ends_with("_ci") => c.to_lowercase().next().map_or(0, |l| l as i32),
        _ => c as i32,
    };
    Ok(pb::HostCollationResponse { weights: (request.first..request.first + request.count.min(4096)).map(weigh).collect() })
}

fn serve<Q: Message + Default, A: Message>(request: &[u8], f: impl FnOnce(Q) -> Result<A>) -> Result<Vec<u8>> {
    let request = Q::decode(request).map_err(|e| Error::invalid(format!("request to the host: {e}")))?;
    Ok(f(request)?.encode_to_vec())
}

/// A connector in this process, driven as the host drives it: HELLO, CONFIGURE, then anything.
pub struct Instance<C: Connector> {
    /// The guest, for calls that have no method here.
    pub guest: Guest<C>,
}

impl<C: Connector> Instance<C> {
    /// Starts a connector with options, and makes `host` the host of this thread.
    pub fn start(host: Native, options: &[(&str, &str)]) -> Result<Self> {
        crate::host::install(Rc::new(host));
        Self::again(options)
    }

    /// Starts another instance on the host of this thread.
    pub fn again(options: &[(&str, &str)]) -> Result<Self> {
        let mut instance = Instance { guest: Guest::default() };
        let hello = pb::HelloRequest { minor_max: 0, features: u64::MAX, ..Default::default() };
        let _: pb::HelloResponse = instance.ask(Op::Hello, &hello)?;
        let options = options.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        let _: pb::ConfigureResponse = instance.ask(Op::Configure, &pb::ConfigureRequest { options, ..Default::default() })?;
        Ok(instance)
    }

    /// Sends any operation.
    pub fn ask<Q: Message, A: Message + Default>(&mut self, op: Op, request: &Q) -> Result<A> {
        let answer = self.guest.call(op as u32, &request.encode_to_vec())?;
        A::decode(answer.as_slice()).map_err(|e| Error::internal(format!("answer to {}: {e}", op.as_str_name())))
    }

    /// DESCRIBE.
    pub fn describe(&mut self, table: &TableName) -> Result<pb::Table> {
        let answer: pb::DescribeResponse = self.ask(Op::Describe, &pb::DescribeRequest { table: Some(table.0.clone()) })?;
        Ok(answer.table.unwrap_or_default())
    }

    /// PLAN; the request's table is set here.
    pub fn plan(&mut self, table: &TableName, mut request: pb::PlanRequest) -> Result<pb::PlanResponse> {
        request.table = Some(table.0.clone());
        self.ask(Op::Plan, &request)
    }

    /// OPEN_SCAN and all its rows, in batches of `batch_rows`.
    pub fn rows(&mut self, request: &pb::OpenScanRequest, batch_rows: u32) -> Result<Vec<Vec<Value>>> {
        let open: pb::OpenScanResponse = self.ask(Op::OpenScan, request)?;
        let rows = self.drain(open.scan, batch_rows);
        self.guest.close(open.scan);
        rows
    }

    /// The remaining rows of a scan.
    pub fn drain(&mut self, scan: u32, batch_rows: u32) -> Result<Vec<Vec<Value>>> {
        let mut rows = Vec::new();
        while let Some(batch) = self.guest.next(scan, batch_rows, 0)? {
            rows.extend(batch.values());
        }
        Ok(rows)
    }

    /// All rows of a table, all columns that are not hidden, without any filter: DESCRIBE, PLAN, OPEN_SCAN.
    pub fn all(&mut self, table: &TableName) -> Result<Vec<Vec<Value>>> {
        let described = self.describe(table)?;
        let shown = |(at, c): (usize, &pb::Column)| (!c.hidden).then_some(at as u32);
        let columns: Vec<u32> = described.columns.iter().enumerate().filter_map(shown).collect();
        self.select(table, &columns, Vec::new())
    }

    /// Some columns of a table under filters that the connector may claim. Rows that fail a filter may
    /// come unless it was claimed exact: there is no engine here.
    pub fn select(&mut self, table: &TableName, columns: &[u32], filters: Vec<pb::Filter>) -> Result<Vec<Vec<Value>>> {
        let mut table = table.clone();
        table.0.data = self.describe(&table)?.data;
        let filters = filters.into_iter().map(|f| pb::Conjunct { filter: Some(f), usable: true }).collect();
        let plan = self.plan(&table, pb::PlanRequest { columns: columns.to_vec(), filters, ..Default::default() })?;
        if let Some(no) = plan.no_plan {
            return Err(Error::no_plan(no.required_columns, no.message));
        }
        let request =
            pb::OpenScanRequest { table: Some(table.0), plan: plan.plan, columns: columns.to_vec(), ..Default::default() };
        self.rows(&request, 4096)
    }
}

/// A filter that compares a column with values.
pub fn filter(column: u32, op: crate::Op, values: Vec<Value>) -> pb::Filter {
    let operand = |v: Value| pb::Operand { kind: Some(pb::operand::Kind::Value(v.into())), ..Default::default() };
    pb::Filter { op: op as i32, column: Some(column), operands: values.into_iter().map(operand).collect(), ..Default::default() }
}
