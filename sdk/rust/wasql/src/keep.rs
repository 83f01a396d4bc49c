//! What a connector keeps for the engine beside tables: databases, and objects such as views.

use crate::Result;
use crate::guest::answer;
use crate::pb::{self, Op};

/// Several databases in one connector; announce [`crate::Feature::Databases`].
pub trait Databases {
    /// All of them.
    fn databases(&self) -> Result<Vec<pb::Database>>;
    /// Makes one.
    fn create_database(&self, request: &pb::CreateDatabaseRequest) -> Result<()>;
    /// Changes its collation.
    fn alter_database(&self, database: &pb::Database) -> Result<()>;
    /// Drops one with its tables.
    fn drop_database(&self, request: &pb::DropDatabaseRequest) -> Result<()>;
}

/// Views, triggers, procedures, events, servers and the engine's own tables, stored as SQL text;
/// announce [`crate::Feature::Objects`].
pub trait Objects {
    /// All of a kind in a database.
    fn objects(&self, kind: pb::ObjectKind, database: &str) -> Result<Vec<pb::Object>>;
    /// Stores one; with `replace` it may be there.
    fn put_object(&self, object: &pb::Object, replace: bool) -> Result<()>;
    /// Removes one.
    fn drop_object(&self, kind: pb::ObjectKind, database: &str, name: &str) -> Result<()>;
}

pub(crate) fn database(power: &dyn Databases, op: Op, request: &[u8]) -> Result<Vec<u8>> {
    match op {
        Op::ListDatabases => answer(request, |_: pb::ListDatabasesRequest| {
            power.databases().map(|databases| pb::ListDatabasesResponse { databases })
        }),
        Op::CreateDatabase => answer(request, |r| power.create_database(&r).map(|()| pb::CreateDatabaseResponse::default())),
        Op::AlterDatabase => answer(request, |r: pb::AlterDatabaseRequest| {
            power.alter_database(&r.database.unwrap_or_default()).map(|()| pb::AlterDatabaseResponse::default())
        }),
        _ => answer(request, |r| power.drop_database(&r).map(|()| pb::DropDatabaseResponse::default())),
    }
}

pub(crate) fn object(power: &dyn Objects, op: Op, request: &[u8]) -> Result<Vec<u8>> {
    match op {
        Op::ListObjects => answer(request, |r: pb::ListObjectsRequest| {
            power.objects(r.kind(), &r.database).map(|objects| pb::ListObjectsResponse { objects })
        }),
        Op::PutObject => answer(request, |r: pb::PutObjectRequest| {
            power.put_object(&r.object.unwrap_or_default(), r.replace).map(|()| pb::PutObjectResponse::default())
        }),
        _ => answer(request, |r: pb::DropObjectRequest| {
            power.drop_object(r.kind(), &r.database, &r.name).map(|()| pb::DropObjectResponse::default())
        }),
    }
}
