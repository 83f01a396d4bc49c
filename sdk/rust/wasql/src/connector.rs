//! The interfaces of a connector: [`Table`] is required, every other power is optional and answers
//! "not supported" until it is written.

use crate::pb;
use crate::{Error, Opt, Options, Plan, Result, Rows, Scan, Schema, TableName, Value};

pub use crate::pb::{Feature, Lifetime};

/// A table: what it is, and how it is read.
pub trait Table {
    /// The columns and what else is known.
    fn schema(&self) -> Result<Schema>;

    /// Opens a scan. The rows must come as the plan promised.
    fn scan(&self, scan: &Scan) -> Result<Rows>;

    /// Claims what the scan can do itself, and estimates. Must be pure.
    fn plan(&self, plan: &mut Plan) -> Result<()> {
        let _ = plan;
        Ok(())
    }

    /// Splits a plan, known by its [`Plan::token`], into about `wanted` pieces that can be read
    /// independently and in parallel. The token of a piece comes back as [`Scan::partition`].
    fn partitions(&self, plan_token: &[u8], wanted: u32) -> Result<Vec<Partition>> {
        let _ = (plan_token, wanted);
        Err(Error::unsupported("splitting a scan into partitions"))
    }

    /// Lines for EXPLAIN behind those given to [`Plan::explain`].
    fn explain(&self, plan_token: &[u8], verbose: bool) -> Result<Vec<(String, String)>> {
        let _ = (plan_token, verbose);
        Ok(Vec::new())
    }

    /// Numbers about the table and these columns.
    fn statistics(&self, columns: &[usize]) -> Result<pb::StatisticsResponse> {
        let _ = columns;
        Err(Error::unsupported("statistics"))
    }

    /// CHECK TABLE: what is wrong; nothing when the table is sound.
    fn check(&self, mode: &str) -> Result<Vec<pb::Finding>> {
        let _ = mode;
        Err(Error::unsupported("CHECK TABLE"))
    }

    /// Opens a lookup: rows for batches of keys.
    fn lookup(&self, lookup: &Lookup) -> Result<Box<dyn Lookups>> {
        let _ = lookup;
        Err(Error::unsupported("lookup by key"))
    }

    /// Opens a write.
    fn sink(&self, sink: &pb::OpenSinkRequest) -> Result<Box<dyn Sink>> {
        let _ = sink;
        Err(Error::new(crate::Code::ReadOnly, "the table cannot be written"))
    }

    /// Sets the next key of an AUTO_INCREMENT column when `set` is given, then reserves so many and gives
    /// the first of them. Announce [`pb::TableFeature::AutoIncrement`].
    fn auto_increment(&self, set: Option<u64>, reserve: u64) -> Result<u64> {
        let _ = (set, reserve);
        Err(Error::unsupported("AUTO_INCREMENT"))
    }

    /// Empties the table; gives the number of rows that went.
    fn truncate(&self) -> Result<u64> {
        Err(Error::new(crate::Code::ReadOnly, "the table cannot be written"))
    }
}

/// One piece of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Partition {
    /// Opaque, serialisable, pure: the same rows each time it is opened, in any process.
    pub token: Vec<u8>,
    /// Estimated rows.
    pub rows: f64,
    /// Estimated bytes.
    pub bytes: f64,
    /// Name for people.
    pub label: String,
}

/// A lookup to open.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The plan: table, columns to give, claimed filters.
    pub scan: Scan,
    /// Positions of the key columns, in the order of the values of a key.
    pub keys: Vec<usize>,
}

/// An open lookup.
pub trait Lookups {
    /// Takes the next keys, one vector of values a key; the answers to the earlier ones are forgotten.
    fn keys(&mut self, keys: Vec<Vec<Value>>) -> Result<()>;

    /// Adds rows, as [`crate::Batches::next`]. The first vector of `out` takes the position of the key
    /// in the last call of `keys` (u32), the others the columns asked for; the rows of one key are together,
    /// and keys come in the order of that call.
    fn next(&mut self, out: &mut crate::Batch) -> Result<crate::Step>;
}

/// An open write.
pub trait Sink {
    /// Takes a run of rows: key values, new values, old values, in the order of the request. The answer
    /// has an outcome for each row, or none at all when every row is stored as it came. Nothing may be seen by others before [`Sink::flush`].
    fn write(&mut self, rows: Vec<Vec<Value>>) -> Result<Vec<Outcome>>;

    /// Ends the statement: stores everything, or with `discard` takes everything back. Why rows failed
    /// stands in the answer, in both cases. A sink that is closed without a flush is discarded.
    fn flush(&mut self, discard: bool) -> Result<pb::FlushSinkResponse>;
}

/// What became of a written row (SPEC 8.18).
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Stored, ignored, and so on.
    pub kind: OutcomeKind,
    /// The values of the columns asked back, in their order.
    pub returning: Vec<Value>,
}

/// Kinds of [`Outcome`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OutcomeKind {
    /// The row is stored.
    Stored = 0,
    /// It was left out, as asked.
    Ignored = 1,
    /// It took the place of another.
    Replaced = 2,
    /// It breaks a key; the stored row is given back.
    Conflict = 3,
    /// It was refused.
    Failed = 4,
}

/// What HELLO answers: who the connector is.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    pub(crate) message: pb::HelloResponse,
    pub(crate) options: Vec<Opt>,
}

impl Manifest {
    /// A stateless, deterministic connector of this name and version.
    pub fn new(name: &str, version: &str) -> Self {
        let message = pb::HelloResponse {
            name: name.into(),
            version: version.into(),
            sdk: concat!("rust sdk ", env!("CARGO_PKG_VERSION")).into(),
            deterministic: true,
            ..Default::default()
        };
        Manifest { message, options: Vec::new() }
    }

    /// One sentence about it.
    pub fn about(mut self, text: &str) -> Self {
        self.message.description = text.into();
        self
    }

    /// SPDX licence id.
    pub fn license(mut self, id: &str) -> Self {
        self.message.license = id.into();
        self
    }

    /// Where to read more.
    pub fn homepage(mut self, url: &str) -> Self {
        self.message.homepage = url.into();
        self
    }

    /// Declares an option.
    pub fn option(mut self, option: Opt) -> Self {
        self.options.push(option);
        self
    }

    /// Asks for a power such as `files.read`, for a target such as `{path}`, and says why.
    pub fn grant(mut self, power: &str, target: &str, reason: &str) -> Self {
        let grant = pb::GrantRequest { power: power.into(), target: target.into(), reason: reason.into() };
        self.message.grants.push(grant);
        self
    }

    /// How instances may be used; stateless unless said.
    pub fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.message.lifetime = lifetime as i32;
        self
    }

    /// Names of companion tables the connector keeps for itself end so, such as `_log`: SQL reads them
    /// only.
    pub fn shadow_suffixes(mut self, suffixes: &[&str]) -> Self {
        self.message.shadow_suffixes = suffixes.iter().map(ToString::to_string).collect();
        self
    }

    /// Tables that [`Connector::list`] does not show are looked up by name: files by their path.
    pub fn open_names(mut self) -> Self {
        self.message.open_names = true;
        self
    }

    /// File name endings it reads, such as `.csv`.
    pub fn suffixes(mut self, suffixes: &[&str]) -> Self {
        self.message.suffixes = suffixes.iter().map(ToString::to_string).collect();
        self
    }

    /// It is the index driver of this id, which `CREATE INDEX … USING` names.
    pub fn index_driver(mut self, id: &str) -> Self {
        self.message.index_driver = id.into();
        self.power(Feature::IndexDriver)
    }

    /// Same options and grants may give other rows.
    pub fn not_deterministic(mut self) -> Self {
        self.message.deterministic = false;
        self
    }

    /// Announces a power: [`Feature::Partitions`], [`Feature::Lookup`], [`Feature::Writes`] and so on.
    /// Encodings of batches are announced by the SDK.
    pub fn power(mut self, feature: Feature) -> Self {
        self.message.features |= feature as u64;
        self
    }

    /// The message, for what has no method here.
    pub fn message(&mut self) -> &mut pb::HelloResponse {
        &mut self.message
    }
}

/// What CONFIGURE gives a connector.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The options of the server, checked against the manifest.
    pub options: Options,
    /// All else: server name, arguments, tables given in SQL, names of secrets.
    pub message: pb::ConfigureRequest,
}

/// A connector of many tables.
pub trait Connector: Sized + 'static {
    /// Who it is. It must not do input or output.
    fn manifest() -> Manifest;

    /// Makes an instance.
    fn configure(setup: Setup) -> Result<Self>;

    /// The tables there are. The SDK applies the pattern of SHOW TABLES.
    fn list(&self) -> Result<Vec<TableName>> {
        Ok(Vec::new())
    }

    /// One table. `options` are those of the server with those of the table over them. A table that
    /// does not exist is an error of code [`crate::Code::NotFound`].
    fn table(&self, name: &TableName, options: &Options) -> Result<Box<dyn Table>>;

    /// Transactions, when it takes part in them.
    fn transactions(&self) -> Option<&dyn Transactions> {
        None
    }

    /// Definition of tables, when SQL can make them.
    fn definition(&self) -> Option<&dyn Definition> {
        None
    }

    /// Databases, when it has several.
    fn databases(&self) -> Option<&dyn crate::Databases> {
        None
    }

    /// Views and the like, when it stores them.
    fn objects(&self) -> Option<&dyn crate::Objects> {
        None
    }

    /// The SQL functions that it adds; announce [`Feature::Functions`].
    fn functions(&self) -> Vec<crate::Function> {
        Vec::new()
    }

    /// The function of a name for arguments of these types, over a table when that is given. Unless written,
    /// the one of [`Connector::functions`] that takes so many and whose types are closest.
    fn find_function(&self, name: &str, arguments: &[crate::Type], table: Option<&TableName>) -> Option<crate::Function> {
        let _ = table;
        crate::function::choose(self.functions(), name, arguments)
    }

    /// Indexes over the tables of other connectors, when it keeps any.
    fn index_driver(&self) -> Option<&dyn crate::IndexDriver> {
        None
    }

    /// Snapshots, when it has them.
    fn snapshots(&self) -> Option<&dyn Snapshots> {
        None
    }
}

/// A connector of one table, the usual case: everything else is derived.
pub trait Open: Table + Sized + 'static {
    /// Name of the connector and of its table.
    const NAME: &'static str;

    /// Version of the connector.
    const VERSION: &'static str = "0.1.0";

    /// Adds options, grants and descriptions to the manifest.
    fn manifest(manifest: Manifest) -> Manifest {
        manifest
    }

    /// Opens the table. Files are better opened by the scan: this is called for every request.
    fn open(options: &Options) -> Result<Self>;
}

/// The connector around an [`Open`] table.
#[derive(Debug)]
pub struct Single<T> {
    options: Options,
    table: std::marker::PhantomData<T>,
}

impl<T: Open> Connector for Single<T> {
    fn manifest() -> Manifest {
        T::manifest(Manifest::new(T::NAME, T::VERSION))
    }

    fn configure(setup: Setup) -> Result<Self> {
        T::open(setup.options.complete()?)?;
        Ok(Single { options: setup.options, table: std::marker::PhantomData })
    }

    fn list(&self) -> Result<Vec<TableName>> {
        T::open(&self.options)?;
        Ok(vec![TableName::new(T::NAME)])
    }

    fn table(&self, name: &TableName, options: &Options) -> Result<Box<dyn Table>> {
        if !name.name().eq_ignore_ascii_case(T::NAME) {
            return Err(Error::not_found("no such table").table(name.name()).hint(format!("the only table is {}", T::NAME)));
        }
        Ok(Box::new(T::open(options)?))
    }
}

/// Two-phase transactions with savepoints (SPEC 8.20, 8.21). Requests that read or write carry the
/// number of the transaction in [`TableName::transaction`].
pub trait Transactions {
    /// Starts one. The host chooses the number.
    fn begin(&self, request: &pb::BeginRequest) -> Result<pb::BeginResponse>;
    /// Phase one. After success commit must be able to succeed.
    fn sync(&self, request: &pb::SyncRequest) -> Result<()>;
    /// Phase two; may come more than once.
    fn commit(&self, request: &pb::CommitRequest) -> Result<()>;
    /// Takes everything back; may come more than once.
    fn rollback(&self, request: &pb::RollbackRequest) -> Result<()>;
    /// Sets savepoint `depth`; deeper ones are gone.
    fn savepoint(&self, transaction: u64, depth: u32) -> Result<()> {
        let _ = (transaction, depth);
        Err(Error::unsupported("SAVEPOINT"))
    }
    /// Forgets savepoint `depth` and deeper ones.
    fn release(&self, transaction: u64, depth: u32) -> Result<()> {
        let _ = (transaction, depth);
        Err(Error::unsupported("RELEASE SAVEPOINT"))
    }
    /// Takes back everything since savepoint `depth`, which stays.
    fn rollback_to(&self, transaction: u64, depth: u32) -> Result<()> {
        let _ = (transaction, depth);
        Err(Error::unsupported("ROLLBACK TO SAVEPOINT"))
    }
    /// Global ids of the transactions that are prepared and undecided.
    fn recover(&self) -> Result<Vec<String>> {
        Err(Error::unsupported("recovering transactions"))
    }
    /// Those of the ids whose changes last; the others must never be committed any more, unless they are
    /// prepared. `None`: nobody remembers.
    fn committed(&self, global_ids: &[String]) -> Result<Option<Vec<String>>> {
        let _ = global_ids;
        Ok(None)
    }
    /// Begins a statement: one of READ COMMITTED, which sees what is committed now, or one that locks what
    /// it reads.
    fn statement(&self, request: &pb::StatementRequest) -> Result<()> {
        let _ = request;
        Err(Error::unsupported("telling statements apart"))
    }
}

/// CREATE, DROP and the rest.
pub trait Definition {
    /// Makes a table with its storage; gives it as it now is.
    fn create(&self, request: &pb::CreateRequest) -> Result<pb::Table>;
    /// Opens a table made earlier.
    fn connect(&self, request: &pb::ConnectRequest) -> Result<pb::Table>;
    /// Lets a table go, its storage stays.
    fn disconnect(&self, table: &TableName) -> Result<()> {
        let _ = table;
        Ok(())
    }
    /// Drops a table with its storage.
    fn destroy(&self, request: &pb::DestroyRequest) -> Result<()>;
    /// Renames a table.
    fn rename(&self, request: &pb::RenameRequest) -> Result<()> {
        let _ = request;
        Err(Error::unsupported("RENAME TABLE"))
    }
    /// Changes a table in one step.
    fn alter(&self, request: &pb::AlterRequest) -> Result<pb::AlterResponse> {
        let _ = request;
        Err(Error::unsupported("ALTER TABLE"))
    }
    /// Makes a native index over the existing rows.
    fn create_index(&self, request: &pb::CreateIndexRequest) -> Result<()> {
        let _ = request;
        Err(Error::unsupported("CREATE INDEX"))
    }
    /// Drops it.
    fn drop_index(&self, request: &pb::DropIndexRequest) -> Result<()> {
        let _ = request;
        Err(Error::unsupported("DROP INDEX"))
    }
    /// Renames it.
    fn rename_index(&self, request: &pb::RenameIndexRequest) -> Result<()> {
        let _ = request;
        Err(Error::unsupported("RENAME INDEX"))
    }
}

/// Pinned states of the data, or older ones that are kept for AS OF.
pub trait Snapshots {
    /// Finds the state that the request means and pins it. Its token comes back in [`TableName::snapshot`].
    fn snapshot(&self, request: &pb::SnapshotRequest) -> Result<pb::SnapshotResponse>;
    /// Lets a state go, that of a token, or the one kept under a name.
    fn release(&self, token: &[u8], name: &str) -> Result<()> {
        let _ = (token, name);
        Ok(())
    }
}
