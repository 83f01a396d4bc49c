//! Every golden message of abi/testdata/golden.txt is read by prost, written, and read again.

use wasql::pb::*;

const GOLDEN: &str = include_str!("../../../../abi/testdata/golden.txt");

fn bytes(hex: &str) -> Vec<u8> {
    let hex = if hex == "-" { "" } else { hex };
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

/// The golden lines: message, case, bytes.
fn golden() -> impl Iterator<Item = (&'static str, &'static str, Vec<u8>)> {
    GOLDEN.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let [message, case, hex] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("not three words: {line}") };
        (message, case, bytes(hex))
    })
}

/// Written again, a message has the length it had, so nothing of it was passed over as unknown. Only the empty
/// value of a map entry (field 2, length 0) prost leaves out: two bytes, and perhaps one of a length around it.
fn again<M: prost::Message + Default + PartialEq + std::fmt::Debug>(golden: &[u8]) {
    let first = M::decode(golden).unwrap();
    let written = first.encode_to_vec();
    let empty = golden.windows(2).filter(|two| two == b"\x12\x00").count();
    let left_out = golden.len().abs_diff(written.len());
    assert!(left_out <= 3 * empty, "{first:?}\n got {written:x?}\nwant {golden:x?}");
    assert_eq!(first.encoded_len(), written.len());
    assert_eq!(M::decode(&written[..]).unwrap(), first);
    for unknown in [&b"\xf8\xff\xff\xff\x0f\x07"[..], b"\xf9\xff\xff\xff\x0f12345678", b"\xfa\xff\xff\xff\x0f\x03abc"] {
        assert_eq!(M::decode(&[golden, unknown].concat()[..]).unwrap(), first);
    }
}

macro_rules! messages {
    ($($name:ident)*) => {
        /// False: there is no such message.
        fn check(message: &str, golden: &[u8]) -> bool {
            match message {
                $(stringify!($name) => again::<$name>(golden),)*
                _ => return false,
            }
            true
        }
        const MESSAGES: &[&str] = &[$(stringify!($name)),*];
    };
}

messages! {
    Value Pair Argument Status LastErrorRequest LastErrorResponse Column IndexColumn Index ForeignKey Check Table TableRef
    HelloRequest Option GrantRequest HelloResponse ConfigureRequest ConfigureResponse ListRequest ListResponse
    DescribeRequest DescribeResponse ImportSchemaRequest ImportSchemaResponse StatisticsRequest Bucket ColumnStatistics
    StatisticsResponse IntegrityRequest Finding IntegrityResponse ShadowNameRequest ShadowNameResponse Operand Filter
    Conjunct OrderKey AggregateCall Aggregation Sample Join PlanRequest FilterAnswer Answer NoPlan PlanResponse
    PartitionsRequest Partition PartitionsResponse OpenScanRequest Arguments ScanColumn OpenScanResponse RescanRequest
    RescanResponse OpenLookupRequest OpenLookupResponse ExplainRequest ExplainResponse ScanCountersRequest
    ScanCountersResponse SnapshotRequest SnapshotResponse ReleaseSnapshotRequest ReleaseSnapshotResponse SuspendRequest
    SuspendResponse OpenSinkRequest OpenSinkResponse RowError FlushSinkRequest FlushSinkResponse TruncateRequest
    TruncateResponse BeginRequest BeginResponse SyncRequest SyncResponse CommitRequest CommitResponse RollbackRequest
    RollbackResponse SavepointRequest SavepointResponse ReleaseRequest ReleaseResponse RollbackToRequest RollbackToResponse
    StatementRequest StatementResponse RecoverRequest RecoverResponse CreateRequest CreateResponse ConnectRequest ConnectResponse DisconnectRequest
    DisconnectResponse DestroyRequest DestroyResponse RenameRequest RenameResponse AlterAction AlterRequest AlterResponse
    CreateIndexRequest CreateIndexResponse DropIndexRequest DropIndexResponse RenameIndexRequest RenameIndexResponse
    Database CreateDatabaseRequest CreateDatabaseResponse DropDatabaseRequest DropDatabaseResponse AlterDatabaseRequest
    AlterDatabaseResponse ListDatabasesRequest ListDatabasesResponse Object PutObjectRequest PutObjectResponse
    DropObjectRequest DropObjectResponse ListObjectsRequest ListObjectsResponse AutoIncrementRequest AutoIncrementResponse
    DriverIndex DriverCreateRequest DriverCreateResponse DriverLoadAllRequest DriverLoadAllResponse DriverOpenSinkRequest
    DriverOpenSinkResponse DriverSaveRequest DriverSaveResponse DriverDeleteRequest DriverDeleteResponse Bound KeyRange
    DriverProbeRequest DriverProbeResponse DriverValuesRequest DriverValuesResponse DriverCheckRequest DriverCheckResponse
    Function FunctionsRequest FunctionsResponse FindFunctionRequest FindFunctionResponse OpenFunctionRequest
    OpenFunctionResponse FinishFunctionRequest FinishFunctionResponse HostLogRequest HostLogResponse HostLastErrorRequest
    HostLastErrorResponse HostEnvRequest HostEnvResponse HostCollationRequest HostCollationResponse HostRandomRequest HostRandomResponse HostFileOpenRequest FileInfo
    HostFileOpenResponse HostFileStatRequest HostFileStatResponse HostFileListRequest HostFileListResponse
    HostFileRemoveRequest HostFileRemoveResponse HostFileRenameRequest HostFileRenameResponse HostFileMkdirRequest
    HostFileMkdirResponse HostFileSyncRequest HostFileSyncResponse HostFileTruncateRequest HostFileTruncateResponse
    HostHttpRequest HostHttpResponse HostTcpDialRequest HostTcpDialResponse HostSecretRequest HostSecretResponse
    HostKvGetRequest HostKvGetResponse HostKvPutRequest HostKvPutResponse HostKvDeleteRequest HostKvDeleteResponse
    HostKvListRequest HostKvListResponse
}

#[test]
fn every_golden_message_is_read_and_written() {
    let mut lines = 0;
    for (message, case, golden) in golden() {
        println!("{message} {case}");
        assert!(check(message, &golden), "{message} is not in the list of messages");
        lines += 1;
    }
    assert!(lines >= MESSAGES.len());
}

#[test]
fn every_message_has_a_golden() {
    for name in MESSAGES {
        assert!(golden().any(|(message, ..)| message == *name), "{name} has no golden bytes");
    }
}

/// The values themselves, where one byte string could be read as more than one number.
#[test]
fn extreme_values_are_read_as_what_they_are() {
    use prost::Message;
    use value::Kind::*;
    let want = [
        ("int64.min", Int64(i64::MIN)),
        ("int64.max", Int64(i64::MAX)),
        ("uint64.max", Uint64(u64::MAX)),
        ("float64.max", Float64(f64::MAX)),
        ("float64.min", Float64(f64::NEG_INFINITY)),
        ("date.min", Date(i32::MIN)),
        ("time.max", Time(i64::MAX)),
        ("datetime.min", Datetime(i64::MIN)),
        ("null.max", Null(true)),
        ("utf8.zero", Utf8(String::new())),
    ];
    for (case, kind) in want {
        let (.., golden) = golden().find(|(m, c, _)| (*m, *c) == ("Value", case)).expect(case);
        assert_eq!(Value::decode(&golden[..]).unwrap().kind, Some(kind), "{case}");
    }
}

#[test]
#[should_panic(expected = "want [1a, 1, 78]")]
fn a_field_that_is_passed_over_is_noticed() {
    again::<Pair>(b"\x1a\x01x");
}
