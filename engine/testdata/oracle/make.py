#!/usr/bin/env python3
"""Writes o.parquet and c.parquet, the tables of the oracles: 400 and 40 rows of values that rows share. Needs: pip install pyarrow"""
import datetime
import decimal
import random

import pyarrow as pa
import pyarrow.parquet as pq

dice = random.Random(20)
columns = {
    "i": (pa.int32(), [-7, -1, 0, 1, 2, 3, 5, 8]),
    "b": (pa.int64(), [-(2**63), -1, 0, 2**53 + 1, 2**63 - 1]),
    "u": (pa.uint64(), [0, 1, 6, 2**63, 2**64 - 1]),
    "x": (pa.float64(), [-2.25, 0.0, 0.5, 1.5, 3.0, 100.0]),
    "d": (pa.decimal128(10, 2), [decimal.Decimal(t) for t in ("-99999999.99", "-1.50", "0.00", "0.05", "3.00", "12.34")]),
    "s": (pa.string(), ["", "a", "A", "á", "b", "B ", "ab", "Ab%", "e", "É", "ß", "a_c", "42", "zz top"]),
    "da": (pa.date32(), [datetime.date(*d) for d in ((1000, 1, 1), (1999, 12, 31), (2024, 2, 29), (2024, 3, 1), (9999, 12, 31))]),
    "dt": (pa.timestamp("us"), [datetime.datetime(*t) for t in ((1999, 12, 31, 23, 59, 59), (2024, 2, 29), (2024, 2, 29, 12, 34, 56, 789000))]),
}


def table(rows, nulls):
    arrays = {"id": pa.array(range(1, rows + 1), pa.int32())}
    for name, (kind, values) in columns.items():
        arrays[name] = pa.array([None if dice.random() < nulls else dice.choice(values) for _ in range(rows)], kind)
    return pa.table(arrays)


for name, rows, nulls in (("o", 400, 0.15), ("c", 40, 0.2)):
    pq.write_table(table(rows, nulls), f"{name}.parquet", row_group_size=100, data_page_size=512, write_batch_size=16, compression="snappy")
