#!/usr/bin/env python3
"""Writes Parquet files with pyarrow and DuckDB, and beside each the rows as JSON lines.

usage: make.py FOLDER       needs: pip install pyarrow duckdb
then:  WASQL_PARQUET_DIR=FOLDER cargo test -p wasql-parquet -- --ignored
"""
import datetime as dt
import decimal
import json
import math
import os
import random
import sys
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
rng = random.Random(7)
EPOCH = dt.date(1970, 1, 1)


def cell(v):
    """A value as the test compares it."""
    if isinstance(v, bytes):
        return v.hex()
    if isinstance(v, dt.datetime):
        return (v.replace(tzinfo=None) - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)
    if isinstance(v, dt.date):
        return (v - EPOCH).days
    if isinstance(v, dt.time):
        return ((v.hour * 60 + v.minute) * 60 + v.second) * 1000000 + v.microsecond
    if isinstance(v, decimal.Decimal):
        return format(v, "f")
    if isinstance(v, uuid.UUID):
        return str(v)
    if isinstance(v, float) and not math.isfinite(v):
        return str(v)
    return v


def write(name, table, expect=None, **options):
    pq.write_table(table, f"{out}/{name}.parquet", **options)
    expected(name, expect or table.to_pylist())


def expected(name, rows):
    with open(f"{out}/{name}.json", "w") as f:
        for row in rows:
            json.dump([cell(v) for v in row.values()], f)
            f.write("\n")


def maybe(f, n, nulls=0.2):
    return [None if rng.random() < nulls else f(i) for i in range(n)]


def flat(n, nulls=0.2):
    day = lambda i: EPOCH + dt.timedelta(days=rng.randrange(-700000, 2000000) if rng.random() < .1 else i)
    stamp = lambda i: dt.datetime(2024, 1, 1) + dt.timedelta(microseconds=rng.randrange(10**14))
    dec = lambda digits, scale: (lambda i: decimal.Decimal(rng.randrange(-10**digits + 1, 10**digits)).scaleb(-scale, decimal.Context(prec=80)))
    word = lambda i: rng.choice(["", "a", "käse", "long " * 40, f"w{i}"])
    return pa.table({
        "i8": pa.array(maybe(lambda i: rng.randrange(-128, 128), n, nulls), pa.int8()),
        "u8": pa.array(maybe(lambda i: rng.randrange(256), n, nulls), pa.uint8()),
        "i16": pa.array(maybe(lambda i: rng.randrange(-2**15, 2**15), n, nulls), pa.int16()),
        "u16": pa.array(maybe(lambda i: rng.randrange(2**16), n, nulls), pa.uint16()),
        "i32": pa.array(maybe(lambda i: i, n, nulls), pa.int32()),
        "u32": pa.array(maybe(lambda i: rng.randrange(2**32), n, nulls), pa.uint32()),
        "i64": pa.array(maybe(lambda i: rng.randrange(-2**63, 2**63), n, nulls), pa.int64()),
        "u64": pa.array(maybe(lambda i: rng.randrange(2**64), n, nulls), pa.uint64()),
        "f32": pa.array(maybe(lambda i: i / 8, n, nulls), pa.float32()),
        "f64": pa.array(maybe(lambda i: rng.random() * 10 ** rng.randrange(-300, 300), n, nulls), pa.float64()),
        "b": pa.array(maybe(lambda i: rng.random() < .5, n, nulls)),
        "s": pa.array(maybe(word, n, nulls), pa.string()),
        "x": pa.array(maybe(lambda i: rng.randbytes(rng.randrange(20)), n, nulls), pa.binary()),
        "fx": pa.array(maybe(lambda i: rng.randbytes(7), n, nulls), pa.binary(7)),
        "d": pa.array(maybe(day, n, nulls), pa.date32()),
        "t32": pa.array(maybe(lambda i: stamp(i).replace(microsecond=0).time(), n, nulls), pa.time32("ms")),
        "t64": pa.array(maybe(lambda i: stamp(i).time(), n, nulls), pa.time64("us")),
        "ms": pa.array(maybe(lambda i: stamp(i).replace(microsecond=5000), n, nulls), pa.timestamp("ms")),
        "us": pa.array(maybe(stamp, n, nulls), pa.timestamp("us", tz="UTC")),
        "ns": pa.array(maybe(stamp, n, nulls), pa.timestamp("ns")),
        "d9": pa.array(maybe(dec(9, 2), n, nulls), pa.decimal128(9, 2)),
        "d18": pa.array(maybe(dec(18, 0), n, nulls), pa.decimal128(18, 0)),
        "d38": pa.array(maybe(dec(38, 10), n, nulls), pa.decimal128(38, 10)),
        "d60": pa.array(maybe(dec(60, 30), n, nulls), pa.decimal256(60, 30)),
    })


table = flat(5000)
rows = table.to_pylist()
write("paged", table, rows, write_page_index=True, row_group_size=2600, data_page_size=2000, write_batch_size=100)
write("paged-plain", table, rows, write_page_index=True, use_dictionary=False, compression="snappy", data_page_size=2000, write_batch_size=100)
for codec in ["none", "snappy", "gzip", "zstd", "lz4"]:
    for version in ["1.0", "2.0"]:
        write(f"flat-{codec}-v{version[0]}", table, rows, compression=codec, data_page_version=version,
              row_group_size=1700, data_page_size=5000, store_decimal_as_integer=version == "2.0")
blooms = {c: {"ndv": 5000, "fpp": 0.01} for c in ["i32", "u32", "i64", "u64", "d", "us", "s", "x", "d18"]}
write("bloom", table, rows, write_page_index=True, row_group_size=1000, use_dictionary=False, bloom_filter_options=blooms)
write("flat-plain", table, rows, use_dictionary=False, compression="none")
write("flat-full", flat(3000, 0), use_dictionary=True)
write("flat-none", flat(100, 1))
write("flat-int96", table.select(["us", "ns"]), table.select(["us", "ns"]).to_pylist(), use_deprecated_int96_timestamps=True)
write("flat-empty", table.slice(0, 0), [])
ints = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "d", "t32", "t64", "ms", "us", "ns"]
part = table.select(ints)
write("delta-int", part, use_dictionary=False, column_encoding={c: "DELTA_BINARY_PACKED" for c in ints}, data_page_size=3000)
part = table.select(["s", "x"])
write("delta-length", part, use_dictionary=False, column_encoding={c: "DELTA_LENGTH_BYTE_ARRAY" for c in ["s", "x"]}, data_page_version="2.0")
part = table.select(["s", "x", "fx"])
write("delta-bytes", part, use_dictionary=False, column_encoding={c: "DELTA_BYTE_ARRAY" for c in ["s", "x", "fx"]}, data_page_size=900)
part = table.select(["f32", "f64", "i32", "i64", "fx"])
write("split", part, use_dictionary=False, column_encoding={c: "BYTE_STREAM_SPLIT" for c in part.column_names})
part = table.select(["b"])
write("bool-rle", part, use_dictionary=False, column_encoding={"b": "RLE"}, data_page_version="2.0")

many = pa.table({"k": pa.array([f"key {i % 9000}" for i in range(40000)]), "n": pa.array(range(40000))})
write("dictionary-falls-back", many, dictionary_pagesize_limit=2000, data_page_size=4000)
write("half", pa.table({"h": pa.array([1.0, -2.5, None, 65504.0, 6e-8], pa.float16())}), [{"h": v} for v in [1.0, -2.5, None, 65504.0, 5.960464477539063e-08]])

n = 3000
point = lambda i: {"x": i, "y": rng.choice([None, "a\"b", "é"])}
nested = {
    "list": maybe(lambda i: maybe(lambda j: j * i, rng.randrange(5)), n),
    "lists": maybe(lambda i: maybe(lambda j: maybe(lambda k: f"{i}{j}{k}", rng.randrange(3)), rng.randrange(4)), n),
    "struct": maybe(point, n),
    "deep": maybe(lambda i: {"p": rng.choice([None, {"q": maybe(point, rng.randrange(3))}])}, n),
    "plain": list(range(n)),
    "map": maybe(lambda i: {f"k{j}": rng.choice([None, j / 4]) for j in range(rng.randrange(4))}, n),
}
kinds = {
    "list": pa.list_(pa.int64()), "lists": pa.list_(pa.list_(pa.string())),
    "struct": pa.struct([("x", pa.int32()), ("y", pa.string())]),
    "deep": pa.struct([("p", pa.struct([("q", pa.list_(pa.struct([("x", pa.int32()), ("y", pa.string())])))]))]),
    "plain": pa.int32(), "map": pa.map_(pa.string(), pa.float64()),
}
arrays = {k: pa.array([None if v is None else list(v.items()) for v in nested[k]] if k == "map" else nested[k], kinds[k]) for k in nested}
rows = [dict(zip(nested, r)) for r in zip(*nested.values())]
for version in ["1.0", "2.0"]:
    write(f"nested-v{version[0]}", pa.table(arrays), rows, data_page_version=version, data_page_size=700, row_group_size=1300)

try:
    import duckdb
    db = duckdb.connect()
    query = """select i::int i, i*1.5 f, 'n'||(i%50) s, i%3=0 b, date '2020-01-01'+i::int d, (i/7)::decimal(12,3) e,
        case when i%5=0 then null else [i, i+1] end l, uuid_from(i) u
        from range(20000) r(i)""".replace("uuid_from(i)", "('00000000-0000-0000-0000-'||lpad(i::varchar, 12, '0'))::uuid")
    for codec in ["snappy", "zstd", "gzip", "lz4_raw"]:
        db.execute(f"copy ({query}) to '{out}/duckdb-{codec}.parquet' (format parquet, codec '{codec}', row_group_size 5000)")
        cursor = db.execute(query)
        names = [c[0] for c in cursor.description]
        expected(f"duckdb-{codec}", [dict(zip(names, r)) for r in cursor.fetchall()])
except ImportError:
    print("no duckdb: its files are left out", file=sys.stderr)
