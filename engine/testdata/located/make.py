#!/usr/bin/env python3
"""Writes events.parquet: 3,000 rows in three row groups of small pages. Needs: pip install pyarrow"""
import decimal
import pyarrow as pa
import pyarrow.parquet as pq

rows = range(1, 3001)
table = pa.table({
    "id": pa.array(rows, pa.int32()),
    "k": pa.array([None if n % 500 == 0 else n % 97 for n in rows], pa.int32()),
    "s": pa.array([f"s{n % 211}" for n in rows]),
    "d": pa.array([decimal.Decimal(n) / 4 for n in rows], pa.decimal128(10, 2)),
    "tags": pa.array([[f"t{n % 3}"] * (n % 4) for n in rows], pa.list_(pa.string())),
})
pq.write_table(table, "events.parquet", row_group_size=1000, data_page_size=1024, write_batch_size=64,
               use_dictionary=["s"], compression="snappy")
