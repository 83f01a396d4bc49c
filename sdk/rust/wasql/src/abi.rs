//! The wall: exports, imports, and the memory both sides share. The only unsafe code of the SDK.
//!
//! Use [`connector!`](crate::connector!), not the items here.
#![allow(unsafe_code)]

use crate::guest::Guest;
use crate::{Code, Connector, Error, Result};
use std::alloc::Layout;
use std::cell::RefCell;
use std::collections::BTreeMap;

#[cfg(target_family = "wasm")]
pub use imports::Imports;

/// Most bytes the host may ask room for at once.
const ALLOC_BYTES_MAX: usize = 64 << 20;

/// Bytes of the request space: as much as a statement of a few rows needs.
const SPACE_BYTES: usize = 64 << 10;

/// The request space (SPEC 7.6), and the descriptor of a batch that comes with an answer.
struct Space {
    ptr: u32,
    frame: Vec<u64>,
}

impl Space {
    fn new() -> Self {
        let ptr = match Layout::from_size_align(SPACE_BYTES, 64) {
            // Sound: the layout has a size above zero. The space is as long as the instance lives.
            Ok(layout) => {
                let ptr = unsafe { std::alloc::alloc_zeroed(layout) };
                ptr as usize as u32
            }
            Err(_) => 0,
        };
        Space { ptr, frame: Vec::new() }
    }
}

/// The bytes of a range of the request space at `space`; nothing else is read.
fn within<'a>(space: u32, ptr: u32, len: u32) -> Option<&'a [u8]> {
    let at = ptr.checked_sub(space).filter(|_| space != 0)? as usize;
    if at + len as usize > SPACE_BYTES {
        return None;
    }
    // Sound: the range lies inside the space, which is initialised, never freed, and written by the host alone, while
    // the guest does not run. What is read of it is copied before the call returns.
    Some(unsafe { std::slice::from_raw_parts(ptr as usize as *const u8, len as usize) })
}

impl crate::guest::Shared for Space {
    fn space(&self) -> (u32, u32) {
        (self.ptr, if self.ptr == 0 { 0 } else { SPACE_BYTES as u32 })
    }

    fn give(&mut self, batch: &crate::Batch) -> u32 {
        crate::layout::frame(batch, &mut self.frame);
        self.frame.as_ptr() as usize as u32
    }

    fn read(&self, batch: u32, fields: &[crate::Field]) -> Result<Vec<Vec<crate::Value>>> {
        let memory = |ptr: u32, len: u32| match len {
            0 => Ok(&[][..]),
            _ => within(self.ptr, ptr, len)
                .ok_or_else(|| Error::new(Code::InvalidArgument, format!("{len} bytes at {ptr} are outside the request space"))),
        };
        crate::layout::read(batch, fields, &memory)
    }
}

/// One instance and the memory it hands out; [`connector!`](crate::connector!) keeps it in a static.
pub struct Wall<C: Connector> {
    guest: Guest<C>,
    /// Space given to the host by `alloc` and not yet handed back by a call.
    lent: BTreeMap<u32, Layout>,
    response: Vec<u8>,
    /// `{u32 ptr, u32 len}` of the response.
    pair: [u32; 2],
    frame: Vec<u64>,
    /// Where the request space is; 0: there is none.
    space: u32,
}

impl<C: Connector> Default for Wall<C> {
    fn default() -> Self {
        let space = Space::new();
        let ptr = space.ptr;
        let mut guest = Guest::default();
        if ptr != 0 {
            guest.share(Box::new(space));
        }
        Wall { guest, lent: BTreeMap::new(), response: Vec::new(), pair: [0; 2], frame: Vec::new(), space: ptr }
    }
}

/// The static of a connector. Calls never overlap (SPEC 4.3), and a panic ends the instance.
pub type Cell<C> = RefCell<Wall<C>>;

impl<C: Connector> Wall<C> {
    /// `wasql_alloc`.
    pub fn alloc(&mut self, size: u32, align: u32) -> i64 {
        let (size, align) = (size.max(1) as usize, align.max(1) as usize);
        if size > ALLOC_BYTES_MAX || !align.is_power_of_two() || align > 64 {
            return 0;
        }
        let Ok(layout) = Layout::from_size_align(size, align.max(8)) else { return 0 };
        // Sound: the layout has a size above zero.
        let ptr = unsafe { std::alloc::alloc_zeroed(layout) } as usize as u32;
        if ptr != 0 {
            self.lent.insert(ptr, layout);
        }
        i64::from(ptr)
    }

    /// Takes back what `alloc` gave, as bytes.
    fn take(&mut self, ptr: u32, len: u32) -> Result<Vec<u8>> {
        if len == 0 && !self.lent.contains_key(&ptr) {
            return Ok(Vec::new());
        }
        if let Some(bytes) = within(self.space, ptr, len) {
            return Ok(bytes.to_vec());
        }
        let layout =
            self.lent.remove(&ptr).ok_or_else(|| Error::invalid(format!("pointer {ptr} was not given by wasql_alloc")))?;
        let base = ptr as usize as *mut u8;
        let len = len as usize;
        // Sound: the range was allocated with this layout, is initialised, and is given up here. Only
        // lengths up to its size are read.
        let bytes = if len <= layout.size() { Some(unsafe { std::slice::from_raw_parts(base, len) }.to_vec()) } else { None };
        unsafe { std::alloc::dealloc(base, layout) };
        bytes.ok_or_else(|| Error::invalid(format!("{len} bytes at {ptr}, where {} were given", layout.size())))
    }

    /// `wasql_call`.
    pub fn call(&mut self, op: u32, ptr: u32, len: u32) -> i64 {
        hook();
        let answer = match self.take(ptr, len) {
            Ok(request) => self.guest.call(op, &request),
            Err(e) => Err(self.failed(e)),
        };
        match answer {
            Err(e) => -(e.code() as i64),
            Ok(response) if response.is_empty() => 0,
            Ok(response) => {
                self.response = response;
                self.pair = [self.response.as_ptr() as usize as u32, self.response.len() as u32];
                i64::from(self.pair.as_ptr() as usize as u32)
            }
        }
    }

    fn failed(&mut self, e: Error) -> Error {
        self.guest.fail(e.clone());
        e
    }

    /// `wasql_next`.
    pub fn next(&mut self, scan: u32, rows_max: u32, bytes_max: u32) -> i64 {
        match self.guest.next(scan, rows_max, bytes_max) {
            Ok(Some(batch)) => crate::layout::frame(batch, &mut self.frame),
            Ok(None) => return 0,
            Err(e) => return -(e.code() as i64),
        }
        i64::from(self.frame.as_ptr() as usize as u32)
    }

    /// `wasql_write`: the batch lies in memory that `alloc` gave.
    pub fn write(&mut self, handle: u32, batch: u32) -> i64 {
        let rows = self.guest.written_fields(handle).and_then(|fields| {
            // Everything the host wrote lies in lent memory; reading anywhere else is refused.
            let memory = |ptr: u32, len: u32| lent(&self.lent, ptr, len);
            crate::layout::read(batch, fields, &memory)
        });
        for (ptr, layout) in std::mem::take(&mut self.lent) {
            // Sound: each was allocated with its layout, and nothing of it is kept.
            unsafe { std::alloc::dealloc(ptr as usize as *mut u8, layout) };
        }
        let rows = match rows {
            Ok(rows) => rows,
            Err(e) => return -(self.failed(e).code() as i64),
        };
        match self.guest.write(handle, rows) {
            Ok(Some(answer)) => crate::layout::frame(answer, &mut self.frame),
            Ok(None) => return 0,
            Err(e) => return -(e.code() as i64),
        }
        i64::from(self.frame.as_ptr() as usize as u32)
    }

    /// `wasql_close`.
    pub fn close(&mut self, handle: u32) -> i64 {
        self.guest.close(handle);
        0
    }

    /// `wasql_release`: this SDK gives no leases.
    pub fn release(&mut self, _scan: u32, _lease: i64) -> i64 {
        0
    }
}

fn lent(lent: &BTreeMap<u32, Layout>, ptr: u32, len: u32) -> Result<&[u8]> {
    if len == 0 {
        return Ok(&[]);
    }
    let inside = lent
        .range(..=ptr)
        .next_back()
        .filter(|(start, layout)| u64::from(ptr) + u64::from(len) <= u64::from(**start) + layout.size() as u64);
    match inside {
        // Sound: the range lies inside one allocation that lives as long as the borrow of `lent`, is
        // initialised, and is not written while it is read.
        Some(_) => Ok(unsafe { std::slice::from_raw_parts(ptr as usize as *const u8, len as usize) }),
        None => Err(Error::new(Code::InvalidArgument, format!("{len} bytes at {ptr} were not given by wasql_alloc"))),
    }
}

/// Sends the message of a panic to the log before the module traps.
fn hook() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let text = info.payload_as_str().unwrap_or("no message");
            let place = info.location().map_or(String::new(), |l| format!(" at {}:{}", l.file(), l.line()));
            crate::host::host().log(crate::pb::LogLevel::Critical, &format!("panic{place}: {text}"), "");
        }));
    });
}

/// Makes the crate, of type `cdylib`, a module of this [`Connector`](crate::Connector), or with
/// `table` of this [`Open`](crate::Open) table.
#[macro_export]
macro_rules! connector {
    (table $table:ty) => {
        $crate::connector!($crate::Single<$table>);
    };
    ($connector:ty) => {
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code)]
        const _: () = {
            ::std::thread_local! {
                static WALL: $crate::abi::Cell<$connector> = ::std::default::Default::default();
            }

            #[unsafe(no_mangle)]
            extern "C" fn wasql_abi_v1() -> i64 {
                $crate::guest::MINOR as i64
            }
            #[unsafe(no_mangle)]
            extern "C" fn wasql_alloc(size: u32, align: u32) -> i64 {
                WALL.with(|w| w.borrow_mut().alloc(size, align))
            }
            #[unsafe(no_mangle)]
            extern "C" fn wasql_call(op: u32, ptr: u32, len: u32) -> i64 {
                WALL.with(|w| w.borrow_mut().call(op, ptr, len))
            }
            #[unsafe(no_mangle)]
            extern "C" fn wasql_next(scan: u32, rows_max: u32, bytes_max: u32) -> i64 {
                WALL.with(|w| w.borrow_mut().next(scan, rows_max, bytes_max))
            }
            #[unsafe(no_mangle)]
            extern "C" fn wasql_release(scan: u32, lease: i64) -> i64 {
                WALL.with(|w| w.borrow_mut().release(scan, lease))
            }
            #[unsafe(no_mangle)]
            extern "C" fn wasql_write(handle: u32, batch: u32) -> i64 {
                WALL.with(|w| w.borrow_mut().write(handle, batch))
            }
            #[unsafe(no_mangle)]
            extern "C" fn wasql_close(handle: u32) -> i64 {
                WALL.with(|w| w.borrow_mut().close(handle))
            }
            // With WASI the linker would else run constructors and destructors around every export.
            #[cfg(target_os = "wasi")]
            #[unsafe(no_mangle)]
            extern "C" fn _initialize() {
                unsafe extern "C" {
                    fn __wasm_call_ctors();
                }
                unsafe { __wasm_call_ctors() }
            }
        };
    };
}

#[cfg(target_family = "wasm")]
mod imports {
    use crate::host::Host;
    use crate::pb::{self, HostOp, LogLevel};
    use crate::{Code, Error, Result};
    use prost::Message;

    #[link(wasm_import_module = "wasql_v1")]
    unsafe extern "C" {
        fn log(level: i32, ptr: *const u8, len: usize) -> i64;
        fn host_call(op: i32, ptr: *const u8, len: usize, out: *mut u8, capacity: usize) -> i64;
        fn stream_read(stream: u32, ptr: *mut u8, len: usize) -> i64;
        fn stream_pread(stream: u32, offset: i64, ptr: *mut u8, len: usize) -> i64;
        fn stream_write(stream: u32, ptr: *const u8, len: usize) -> i64;
        fn stream_close(stream: u32) -> i64;
        fn now() -> i64;
        fn monotonic() -> i64;
        fn remaining_ns() -> i64;
    }

    /// First guess of the size of an answer.
    const ANSWER_BYTES: usize = 4096;
    /// An answer is at most a message (SPEC 1.4).
    const ANSWER_BYTES_MAX: usize = 16 << 20;

    /// The host on the other side of the wall.
    #[derive(Debug)]
    pub struct Imports;

    /// A result of an import as a count, or the host's own account of the failure.
    fn count(result: i64, asked: usize) -> Result<usize> {
        match usize::try_from(result) {
            Ok(n) if n <= asked => Ok(n),
            Ok(n) => Err(Error::internal(format!("the host answered {n} bytes where {asked} were asked for"))),
            Err(_) => Err(failure(result)),
        }
    }

    fn failure(result: i64) -> Error {
        let number = i32::try_from(result.unsigned_abs()).unwrap_or(0);
        let code = Code::try_from(number).ok().filter(|c| *c != Code::Ok).unwrap_or(Code::Internal);
        let mut out = vec![0u8; ANSWER_BYTES];
        // Sound here and below: pointer and length are those of a slice that outlives the call, and the
        // host touches nothing else.
        let len = unsafe { host_call(HostOp::LastError as i32, out.as_ptr(), 0, out.as_mut_ptr(), out.len()) };
        let status =
            usize::try_from(len).ok().and_then(|len| out.get(..len)).and_then(|b| pb::HostLastErrorResponse::decode(b).ok());
        Error::from_status(status.and_then(|s| s.status).unwrap_or_default(), code)
    }

    impl Host for Imports {
        fn log(&self, level: LogLevel, message: &str, hint: &str) {
            if hint.is_empty() {
                unsafe { log(level as i32, message.as_ptr(), message.len()) };
                return;
            }
            let record =
                pb::HostLogRequest { level: level as i32, message: message.into(), hint: hint.into(), ..Default::default() };
            // A record that cannot be written has nowhere to be told.
            let _ = self.call(HostOp::Log, &record.encode_to_vec());
        }

        fn call(&self, op: HostOp, request: &[u8]) -> Result<Vec<u8>> {
            let mut capacity = ANSWER_BYTES;
            loop {
                let mut out = vec![0u8; capacity];
                let len = unsafe { host_call(op as i32, request.as_ptr(), request.len(), out.as_mut_ptr(), out.len()) };
                if len == -(Code::TooSmall as i64) {
                    let needed = u32::from_le_bytes([out[0], out[1], out[2], out[3]]) as usize;
                    if needed <= capacity || needed > ANSWER_BYTES_MAX {
                        return Err(Error::internal(format!("the host asks for {needed} bytes for an answer")));
                    }
                    capacity = needed;
                    continue;
                }
                out.truncate(count(len, capacity)?);
                return Ok(out);
            }
        }

        fn read(&self, stream: u32, buffer: &mut [u8]) -> Result<usize> {
            count(unsafe { stream_read(stream, buffer.as_mut_ptr(), buffer.len()) }, buffer.len())
        }

        fn pread(&self, stream: u32, offset: u64, buffer: &mut [u8]) -> Result<usize> {
            let Ok(offset) = i64::try_from(offset) else { return Ok(0) };
            count(unsafe { stream_pread(stream, offset, buffer.as_mut_ptr(), buffer.len()) }, buffer.len())
        }

        fn write(&self, stream: u32, bytes: &[u8]) -> Result<usize> {
            count(unsafe { stream_write(stream, bytes.as_ptr(), bytes.len()) }, bytes.len())
        }

        fn close(&self, stream: u32) {
            unsafe { stream_close(stream) };
        }

        fn now(&self) -> i64 {
            unsafe { now() }
        }

        fn monotonic(&self) -> i64 {
            unsafe { monotonic() }
        }

        fn remaining(&self) -> i64 {
            unsafe { remaining_ns() }
        }
    }
}
