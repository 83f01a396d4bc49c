//! Operations of the optional powers of a connector, and the features that announce them.

use crate::guest::answer;
use crate::pb::{self, Feature, Op};
use crate::{Result, TableName};

/// The feature that announces an operation.
pub(crate) fn feature_of(op: Op) -> Option<Feature> {
    Some(match op {
        Op::Partitions => Feature::Partitions,
        Op::Suspend => Feature::Suspend,
        Op::OpenLookup => Feature::Lookup,
        Op::OpenSink | Op::FlushSink | Op::Truncate | Op::AutoIncrement => Feature::Writes,
        Op::Begin | Op::Commit | Op::Rollback | Op::Sync | Op::Recover | Op::Statement => Feature::Transactions,
        Op::Savepoint | Op::Release | Op::RollbackTo => Feature::Savepoints,
        Op::Create | Op::Connect | Op::Disconnect | Op::Destroy | Op::Rename | Op::Alter => Feature::Definition,
        Op::CreateIndex | Op::DropIndex | Op::RenameIndex => Feature::Definition,
        Op::ListDatabases | Op::CreateDatabase | Op::AlterDatabase | Op::DropDatabase => Feature::Databases,
        Op::ListObjects | Op::PutObject | Op::DropObject => Feature::Objects,
        Op::Snapshot | Op::ReleaseSnapshot => Feature::Snapshots,
        _ => return None,
    })
}

pub(crate) fn transaction(power: &dyn crate::Transactions, op: Op, request: &[u8]) -> Result<Vec<u8>> {
    match op {
        Op::Begin => answer(request, |r| power.begin(&r)),
        Op::Sync => answer(request, |r| power.sync(&r).map(|()| pb::SyncResponse::default())),
        Op::Commit => answer(request, |r| power.commit(&r).map(|()| pb::CommitResponse::default())),
        Op::Rollback => answer(request, |r| power.rollback(&r).map(|()| pb::RollbackResponse::default())),
        Op::Savepoint => answer(request, |r: pb::SavepointRequest| {
            power.savepoint(r.transaction, r.depth).map(|()| pb::SavepointResponse::default())
        }),
        Op::Release => answer(request, |r: pb::ReleaseRequest| {
            power.release(r.transaction, r.depth).map(|()| pb::ReleaseResponse::default())
        }),
        Op::RollbackTo => answer(request, |r: pb::RollbackToRequest| {
            power.rollback_to(r.transaction, r.depth).map(|()| pb::RollbackToResponse::default())
        }),
        Op::Statement => answer(request, |r| power.statement(&r).map(|()| pb::StatementResponse::default())),
        _ => answer(request, |r: pb::RecoverRequest| {
            let asked = !r.global_ids.is_empty();
            let committed = if asked { power.committed(&r.global_ids)? } else { None };
            let (told, committed) = (committed.is_some(), committed.unwrap_or_default());
            Ok(pb::RecoverResponse { global_ids: power.recover()?, committed, told })
        }),
    }
}

pub(crate) fn definition(power: &dyn crate::Definition, op: Op, request: &[u8]) -> Result<Vec<u8>> {
    match op {
        Op::Create => answer(request, |r| power.create(&r).map(|t| pb::CreateResponse { table: Some(t) })),
        Op::Connect => answer(request, |r| power.connect(&r).map(|t| pb::ConnectResponse { table: Some(t) })),
        Op::Disconnect => answer(request, |r: pb::DisconnectRequest| {
            power.disconnect(&TableName(r.table.unwrap_or_default())).map(|()| pb::DisconnectResponse::default())
        }),
        Op::Destroy => answer(request, |r| power.destroy(&r).map(|()| pb::DestroyResponse::default())),
        Op::Rename => answer(request, |r| power.rename(&r).map(|()| pb::RenameResponse::default())),
        Op::CreateIndex => answer(request, |r| power.create_index(&r).map(|()| pb::CreateIndexResponse::default())),
        Op::DropIndex => answer(request, |r| power.drop_index(&r).map(|()| pb::DropIndexResponse::default())),
        Op::RenameIndex => answer(request, |r| power.rename_index(&r).map(|()| pb::RenameIndexResponse::default())),
        _ => answer(request, |r| power.alter(&r)),
    }
}
