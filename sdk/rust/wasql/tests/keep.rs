//! Databases, objects, numbers and companion tables; collations and changes of files.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::rc::Rc;
use wasql::native::{Instance, Native};
use wasql::pb::{self, Op};
use wasql::*;

/// Writes down what it is asked.
#[derive(Default)]
struct Keeper(Rc<RefCell<Vec<String>>>);

impl Keeper {
    fn note(&self, text: impl Into<String>) -> Result<()> {
        self.0.borrow_mut().push(text.into());
        Ok(())
    }
}

impl Connector for Keeper {
    fn manifest() -> Manifest {
        let powers = [Feature::Writes, Feature::Definition, Feature::Databases, Feature::Objects];
        powers.into_iter().fold(Manifest::new("keeper", "1").shadow_suffixes(&["_log"]), Manifest::power)
    }
    fn configure(_: Setup) -> Result<Self> {
        Ok(Keeper::default())
    }
    fn table(&self, name: &TableName, _: &Options) -> Result<Box<dyn Table>> {
        match name.name() {
            "calls" => Ok(Box::new(Calls(self.0.clone(), name.statement()))),
            other => Err(Error::not_found("no such table").table(other)),
        }
    }
    fn definition(&self) -> Option<&dyn Definition> {
        Some(self)
    }
    fn databases(&self) -> Option<&dyn Databases> {
        Some(self)
    }
    fn objects(&self) -> Option<&dyn Objects> {
        Some(self)
    }
}

impl Definition for Keeper {
    fn create(&self, r: &pb::CreateRequest) -> Result<pb::Table> {
        Ok(r.table.clone().unwrap_or_default())
    }
    fn connect(&self, r: &pb::ConnectRequest) -> Result<pb::Table> {
        Ok(r.table.clone().unwrap_or_default())
    }
    fn destroy(&self, _: &pb::DestroyRequest) -> Result<()> {
        Ok(())
    }
    fn create_index(&self, r: &pb::CreateIndexRequest) -> Result<()> {
        self.note(format!("index {}", r.index.as_ref().map_or("", |i| &i.name)))
    }
    fn drop_index(&self, r: &pb::DropIndexRequest) -> Result<()> {
        self.note(format!("drop index {}", r.name))
    }
    fn rename_index(&self, r: &pb::RenameIndexRequest) -> Result<()> {
        self.note(format!("rename index {} {}", r.from, r.to))
    }
}

impl Databases for Keeper {
    fn databases(&self) -> Result<Vec<pb::Database>> {
        Ok(vec![pb::Database { name: "main".into(), collation: "utf8mb4_0900_bin".into() }])
    }
    fn create_database(&self, r: &pb::CreateDatabaseRequest) -> Result<()> {
        self.note(format!("create {}", r.database.as_ref().map_or("", |d| &d.name)))
    }
    fn alter_database(&self, d: &pb::Database) -> Result<()> {
        self.note(format!("alter {} {}", d.name, d.collation))
    }
    fn drop_database(&self, r: &pb::DropDatabaseRequest) -> Result<()> {
        self.note(format!("drop {}", r.name))
    }
}

impl Objects for Keeper {
    fn objects(&self, kind: pb::ObjectKind, database: &str) -> Result<Vec<pb::Object>> {
        Ok(vec![pb::Object { kind: kind as i32, database: database.into(), name: "v".into(), ..Default::default() }])
    }
    fn put_object(&self, o: &pb::Object, replace: bool) -> Result<()> {
        self.note(format!("put {} {replace}", o.name))
    }
    fn drop_object(&self, kind: pb::ObjectKind, _: &str, name: &str) -> Result<()> {
        self.note(format!("drop {} {name}", kind.as_str_name()))
    }
}

struct Calls(Rc<RefCell<Vec<String>>>, u64);

impl Table for Calls {
    fn schema(&self) -> Result<Schema> {
        let columns = [Column::new("said", Type::Utf8), Column::new("place", Type::Int64).hidden()];
        Ok(Schema::new(columns).row_id(1).kind(pb::TableKind::Both).power(pb::TableFeature::Insert))
    }
    fn scan(&self, _: &Scan) -> Result<Rows> {
        row! {
            /// One call.
            struct Said { said: String, place: i64 }
        }
        let mut all = self.0.borrow().clone();
        if self.1 != 0 {
            all.push(format!("seen by statement {}", self.1));
        }
        Ok(Rows::new(all.into_iter().enumerate().map(|(n, said)| Ok(Said { said, place: n as i64 }))))
    }
    fn auto_increment(&self, set: Option<u64>, reserve: u64) -> Result<u64> {
        Ok(set.unwrap_or(7) + reserve)
    }
    fn sink(&self, _: &pb::OpenSinkRequest) -> Result<Box<dyn Sink>> {
        Ok(Box::new(Writes(self.0.clone())))
    }
}

struct Writes(Rc<RefCell<Vec<String>>>);

impl Sink for Writes {
    fn write(&mut self, rows: Vec<Vec<Value>>) -> Result<Vec<Outcome>> {
        Ok(rows.iter().map(|_| Outcome { kind: OutcomeKind::Failed, returning: Vec::new() }).collect())
    }
    fn flush(&mut self, discard: bool) -> Result<pb::FlushSinkResponse> {
        self.0.borrow_mut().push(format!("flush discard={discard}"));
        let status = Some(pb::Status { message: "no".into(), ..Default::default() });
        Ok(pb::FlushSinkResponse { errors: vec![pb::RowError { row: 0, status }], ..Default::default() })
    }
}

fn keeper() -> Instance<Keeper> {
    Instance::start(Native::default(), &[]).expect("the keeper starts")
}

fn said(keeper: &mut Instance<Keeper>) -> Vec<String> {
    let rows = keeper.all(&TableName::new("calls")).expect("the calls are read");
    rows.into_iter().filter_map(|r| r[0].as_text().map(str::to_owned)).collect()
}

#[test]
fn databases_objects_and_indexes_reach_the_connector() -> Result<()> {
    let mut k = keeper();
    let all: pb::ListDatabasesResponse = k.ask(Op::ListDatabases, &pb::ListDatabasesRequest {})?;
    assert_eq!(all.databases[0].name, "main");
    let d = Some(pb::Database { name: "d".into(), collation: "c".into() });
    let _: pb::CreateDatabaseResponse =
        k.ask(Op::CreateDatabase, &pb::CreateDatabaseRequest { database: d.clone(), ..Default::default() })?;
    let _: pb::AlterDatabaseResponse = k.ask(Op::AlterDatabase, &pb::AlterDatabaseRequest { database: d })?;
    let _: pb::DropDatabaseResponse =
        k.ask(Op::DropDatabase, &pb::DropDatabaseRequest { name: "d".into(), ..Default::default() })?;
    let view = pb::ObjectKind::View as i32;
    let objects: pb::ListObjectsResponse =
        k.ask(Op::ListObjects, &pb::ListObjectsRequest { kind: view, database: "d".into() })?;
    assert_eq!((objects.objects[0].kind, objects.objects[0].database.as_str()), (view, "d"));
    let object = Some(pb::Object { name: "v".into(), ..Default::default() });
    let _: pb::PutObjectResponse = k.ask(Op::PutObject, &pb::PutObjectRequest { object, replace: true })?;
    let _: pb::DropObjectResponse =
        k.ask(Op::DropObject, &pb::DropObjectRequest { kind: view, name: "v".into(), ..Default::default() })?;
    let index = Some(pb::Index { name: "i".into(), ..Default::default() });
    let _: pb::CreateIndexResponse = k.ask(Op::CreateIndex, &pb::CreateIndexRequest { index, ..Default::default() })?;
    let _: pb::RenameIndexResponse =
        k.ask(Op::RenameIndex, &pb::RenameIndexRequest { from: "i".into(), to: "j".into(), ..Default::default() })?;
    let _: pb::DropIndexResponse = k.ask(Op::DropIndex, &pb::DropIndexRequest { name: "j".into(), ..Default::default() })?;
    let want = [
        "create d",
        "alter d c",
        "drop d",
        "put v true",
        "drop OBJECT_KIND_VIEW v",
        "index i",
        "rename index i j",
        "drop index j",
    ];
    assert_eq!(said(&mut k), want);
    Ok(())
}

#[test]
fn numbers_statements_and_companions_are_answered() -> Result<()> {
    let mut k = keeper();
    let table = || Some(TableName::new("calls").message().clone());
    let next: pb::AutoIncrementResponse =
        k.ask(Op::AutoIncrement, &pb::AutoIncrementRequest { table: table(), set: Some(40), reserve: 2 })?;
    assert_eq!(next.next, 42);
    for (name, owner) in [("t_log", "t"), ("_log", ""), ("t", "")] {
        let answer: pb::ShadowNameResponse = k.ask(Op::ShadowName, &pb::ShadowNameRequest { name: name.into() })?;
        assert_eq!((answer.shadow, answer.owner.as_str()), (!owner.is_empty(), owner), "{name}");
    }
    let declared = k.describe(&TableName::new("calls"))?;
    assert_eq!((declared.row_id, declared.kind()), (Some(1), pb::TableKind::Both));
    let mut within = pb::OpenScanRequest { table: table(), columns: vec![0], ..Default::default() };
    within.table.as_mut().expect("there is a table").statement = 3;
    assert_eq!(k.rows(&within, 10)?, vec![vec![Value::Text("seen by statement 3".into())]]);
    Ok(())
}

#[test]
fn a_sink_that_is_closed_is_discarded_and_a_flushed_one_is_over() -> Result<()> {
    let mut k = keeper();
    let open = pb::OpenSinkRequest {
        table: Some(TableName::new("calls").message().clone()),
        value_columns: vec![0],
        ..Default::default()
    };
    let first: pb::OpenSinkResponse = k.ask(Op::OpenSink, &open)?;
    k.guest.close(first.sink);
    k.guest.close(first.sink);
    let second: pb::OpenSinkResponse = k.ask(Op::OpenSink, &open)?;
    let flush = pb::FlushSinkRequest { sink: second.sink, discard: true };
    let told: pb::FlushSinkResponse = k.ask(Op::FlushSink, &flush)?;
    assert_eq!(told.errors[0].status.as_ref().map(|s| s.message.as_str()), Some("no"));
    let again: Result<pb::FlushSinkResponse> = k.ask(Op::FlushSink, &flush);
    assert_eq!(again.expect_err("it is over").code(), Code::BadHandle);
    assert!(k.guest.write(second.sink, vec![vec![Value::Null]]).is_err());
    k.guest.close(second.sink);
    assert_eq!(said(&mut k), ["flush discard=true", "flush discard=true"]);
    Ok(())
}

#[test]
fn text_compares_by_the_weights_of_the_host() -> Result<()> {
    let _keeper = keeper();
    let (ci, bytes) = (Collation::new("UTF8MB4_0900_AI_CI")?, Collation::new("")?);
    assert!(bytes.bytewise() && !ci.bytewise());
    for (a, b, under_ci, under_bytes) in [
        ("a", "A", Ordering::Equal, Ordering::Greater),
        ("a", "ab", Ordering::Less, Ordering::Less),
        ("Ж", "ж", Ordering::Equal, Ordering::Less),
        ("b", "", Ordering::Greater, Ordering::Greater),
    ] {
        assert_eq!(ci.compare(a, b)?, under_ci, "{a} {b}");
        assert_eq!(bytes.compare(a, b)?, under_bytes, "{a} {b}");
        let key = |text| {
            let mut key = Vec::new();
            ci.append_key(&mut key, text).map(|()| key)
        };
        assert_eq!(key(a)?.cmp(&key(b)?), under_ci, "keys of {a} {b}");
    }
    assert_eq!(Collation::new("nope").expect_err("there is none").code(), Code::NotFound);
    Ok(())
}

#[test]
fn files_are_locked_appended_cut_renamed_and_removed() -> Result<()> {
    use std::io::Write;
    let root = std::env::temp_dir().join(format!("wasql-keep-{}", std::process::id()));
    std::fs::create_dir_all(&root)?;
    let _keeper: Instance<Keeper> = Instance::start(Native::with_files(&root), &[])?;
    fs::make_folder("a/b")?;
    let lock = fs::File::lock("a/lock")?;
    assert_eq!(fs::File::lock("a/lock").expect_err("it is held").code(), Code::Unavailable);
    drop(lock);
    fs::File::lock("a/lock")?;
    for text in ["one", "two"] {
        fs::File::append("a/log")?.write_all(text.as_bytes())?;
    }
    assert_eq!(fs::read("a/log", 100)?, b"onetwo");
    fs::File::lock("a/log")?.truncate(3)?;
    fs::rename("a/log", "a/b/log")?;
    fs::sync_folder("a/b")?;
    assert_eq!(fs::read("a/b/log", 100)?, b"one");
    fs::remove("a/b/log")?;
    fs::remove("a/b")?;
    assert!(fs::stat("a/b").is_err());
    std::fs::remove_dir_all(&root)?;
    Ok(())
}
