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
        Op::DriverCreate | Op::DriverLoadAll | Op::DriverDelete | Op::DriverCheck | Op::DriverSave => Feature::IndexDriver,
        Op::DriverOpenSink | Op::DriverProbe | Op::DriverValues => Feature::IndexDriver,
        Op::Functions | Op::FindFunction | Op::OpenFunction | Op::FinishFunction => Feature::Functions,
        _ => return None,
    })
}

pub(crate) fn transaction(power: &dyn crate::Transactions, op: Op, request: &[u8]) -> Result<Vec<u8>> {
    match op {
        Op::Sync => answer(request, |r| power.sync(&r).map(|()| pb::SyncResponse::default())),
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

/// Companion tables end in a suffix of the manifest.
pub(crate) fn shadow<C: crate::Connector>(name: &str) -> pb::ShadowNameResponse {
    let suffixes = C::manifest().message.shadow_suffixes;
    let owner = suffixes.iter().find_map(|s| name.strip_suffix(s.as_str()).filter(|owner| !owner.is_empty()));
    pb::ShadowNameResponse { shadow: owner.is_some(), owner: owner.unwrap_or_default().into() }
}

pub(crate) fn outcomes(outcomes: &[crate::Outcome], answer: &mut crate::Batch) -> Result<()> {
    answer.clear();
    for (i, outcome) in outcomes.iter().enumerate() {
        answer.vector(0).push_uint(i as u64)?;
        answer.vector(1).push_uint(outcome.kind as u64)?;
        for (slot, value) in outcome.returning.iter().enumerate().take(answer.fields().len() - 2) {
            answer.vector(slot + 2).push_value(value)?;
        }
        answer.end_row();
    }
    Ok(())
}

/// Flattens what the host does not understand.
pub(crate) fn plain_enough(batch: &mut crate::Batch, features: u64) -> Result<()> {
    let rows = batch.rows();
    for vector in batch.vectors() {
        let needs = match vector.encoding() {
            crate::Encoding::Plain => continue,
            crate::Encoding::Constant => Feature::Constant,
            crate::Encoding::Dictionary => Feature::Dictionary,
            crate::Encoding::View => Feature::StringView,
        };
        if features & needs as u64 == 0 {
            vector.flatten(rows)?;
        }
    }
    if batch.selection().is_some() && features & Feature::Selection as u64 == 0 {
        return batch.compact();
    }
    Ok(())
}
