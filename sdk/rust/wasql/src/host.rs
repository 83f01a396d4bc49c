//! The host, as a connector sees it: what is granted can be reached, all else answers DENIED.
//!
//! Inside WebAssembly the host is the program that runs the module. Everywhere else it is a
//! [`Native`](crate::native::Native) stand-in, so that connectors are tested by `cargo test`.

use crate::pb::{self, HostOp, LogLevel};
use crate::{Code, Error, Result};
use prost::Message;
use std::cell::RefCell;
use std::rc::Rc;

/// The imports of the ABI (SPEC 4.2).
pub trait Host {
    /// Writes to the log.
    fn log(&self, level: LogLevel, message: &str, hint: &str);
    /// Sends a message, gives the answer.
    fn call(&self, op: HostOp, request: &[u8]) -> Result<Vec<u8>>;
    /// Reads from a stream; 0 at the end.
    fn read(&self, stream: u32, buffer: &mut [u8]) -> Result<usize>;
    /// Reads at an offset; fewer bytes than asked for only at the end.
    fn pread(&self, stream: u32, offset: u64, buffer: &mut [u8]) -> Result<usize>;
    /// Writes to a stream.
    fn write(&self, stream: u32, bytes: &[u8]) -> Result<usize>;
    /// Lets a stream go.
    fn close(&self, stream: u32);
    /// Nanoseconds since 1970, from the granted clock.
    fn now(&self) -> i64;
    /// Nanoseconds that never go back.
    fn monotonic(&self) -> i64;
    /// Nanoseconds left until the deadline of this call.
    fn remaining(&self) -> i64;
}

thread_local! {
    static HOST: RefCell<Rc<dyn Host>> = RefCell::new(first());
}

#[cfg(target_family = "wasm")]
fn first() -> Rc<dyn Host> {
    Rc::new(crate::abi::Imports)
}

#[cfg(not(target_family = "wasm"))]
fn first() -> Rc<dyn Host> {
    Rc::new(crate::native::Native::default())
}

/// The host of this thread.
pub fn host() -> Rc<dyn Host> {
    HOST.with(|host| host.borrow().clone())
}

/// Puts another host in its place, for tests.
pub fn install(host: Rc<dyn Host>) {
    HOST.with(|slot| *slot.borrow_mut() = host);
}

/// Sends a typed message.
pub(crate) fn ask<Q: Message, A: Message + Default>(op: HostOp, request: &Q) -> Result<A> {
    let answer = host().call(op, &request.encode_to_vec())?;
    A::decode(answer.as_slice())
        .map_err(|e| Error::new(Code::Internal, format!("answer of the host to {}: {e}", op.as_str_name())))
}

/// A granted environment variable.
pub fn env(name: &str) -> Result<Option<String>> {
    let answer: pb::HostEnvResponse = ask(HostOp::Env, &pb::HostEnvRequest { name: name.into() })?;
    Ok(answer.variables.into_iter().find(|v| v.key == name).map(|v| v.value))
}

/// Random bytes from the granted source, at most 64 KiB.
pub fn random(bytes: u32) -> Result<Vec<u8>> {
    let answer: pb::HostRandomResponse = ask(HostOp::Random, &pb::HostRandomRequest { bytes })?;
    Ok(answer.bytes)
}

/// Nanoseconds since 1970, from the granted clock.
pub fn now() -> i64 {
    host().now()
}
