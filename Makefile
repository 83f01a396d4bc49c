# wasql: every target does its own set-up, says what it installs, and is fast the second time.
# Everything fetched or built outside the tree lands in WASQL_CACHE (default ~/.cache/wasql).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export GOFLAGS := -tags=gms_pure_go
export CGO_ENABLED := 0
FUZZTIME ?= 10s
RANDOM_QUERIES ?= 50
SORT_BYTES ?= 4294967296
SEED ?= 1
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

## help: this list
.PHONY: help
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | awk -F': ' '{printf "  make %-11s %s\n", $$1, $$2}'

## setup: install what the other targets need: Rust for WebAssembly, a C compiler, the demo data, TPC-H at scale 0.01
.PHONY: setup
setup: guests
	@tools/demo-data.sh >/dev/null
	@tools/tpch-data.sh 0.01 >/dev/null

## guests: build the default connectors into connectors/build (only those whose sources changed)
.PHONY: guests
guests:
	@tools/guests.sh

## build: build bin/wasql with the default connectors embedded
.PHONY: build
build: guests
	@go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/wasql ./cmd/wasql

## demo: answer a join over real CSV and Parquet files, and show what was pushed down
.PHONY: demo
demo: build
	@tools/demo.sh

## test: run every test, in Go and in Rust
.PHONY: test
test: setup
	@tools/test.sh

## check: format, vet, linters for Go and Rust, and the rules of the house
.PHONY: check
check:
	@tools/check.sh

## fuzz: run every fuzz target for FUZZTIME (10s)
.PHONY: fuzz
fuzz:
	@tools/fuzz.sh $(FUZZTIME)

## bench: measure beside DuckDB, SQLite, MariaDB and the stock engine, print ratios, write docs/benchmarks.md (an hour or two; QUICK=1, ONLY=series,tpch, SCALES=0.1,1)
.PHONY: bench
bench: build
	@tools/bench.sh

## bench-store: measure the store beside SQLite, with fewer rows
.PHONY: bench-store
bench-store: guests
	@go run -C tools/storebench . -rows 100000 -ops 100

## wirebench: measure what leaves over MySQL's protocol beside go-mysql-server's server and MariaDB (ROWS=1000000)
ROWS ?= 1000000
.PHONY: wirebench
wirebench: guests
	@tools/wirebench.sh -rows $(ROWS)

## dump: dump a store with mariadb-dump, restore it into another one, and compare
.PHONY: dump
dump: guests
	@tools/dump.sh

## soak: load, scan and drop a module 10,000 times and watch memory, goroutines, descriptors, mappings
.PHONY: soak
soak:
	@WASQL_SOAK=1 go test -count=1 -v -run '^TestLoadScanDropLeavesNothingBehind$$' ./host

## sort: sort 4 GiB (or SORT_BYTES) with a sixteenth of it as memory, and print the most memory that the process had
.PHONY: sort
sort: guests
	@WASQL_SORT_BYTES=$(SORT_BYTES) go test -count=1 -timeout 60m -v -run '^TestASortIsLargerThanItsMemory$$' ./engine

## kill: end statements of every operator by KILL, by time and by the caller, and print how late they return
.PHONY: kill
kill: guests
	@go test -count=1 -v -run '^TestKillStopsEveryOperator$$' ./engine

## crash: kill, starve and break the store at every operation on files; writes the table of docs/durability.md (half an hour)
.PHONY: crash
crash:
	@tools/crash.sh

## durability: damage the files of an index of the index driver 10,000 times; says what docs/durability.md shows
.PHONY: durability
durability:
	WASQL_FLIPS=10000 go test -count=1 -timeout 30m -v -run TestDamageIsDetected ./connectors/ixdriver

## bank: kill a bank over three connectors 2,000 times, or BANK times, at every step of its commits; writes docs/durability.md (an hour)
.PHONY: bank
bank:
	@tools/bank.sh

## generate: write the generated files anew; leaves git clean
.PHONY: generate
generate:
	@tools/generate.sh

## checklist: print every promised feature with its tests and run them
.PHONY: checklist
checklist: setup
	@WASQL_NEED_DATA=1 go run -C tools ./checklist

## enginetest: run go-mysql-server's test suite over the store and compare with engine/enginetest/*.txt
.PHONY: enginetest
enginetest: guests
	@go run -C tools ./enginetest run

## slt: make the expected rows of engine/testdata/nycflights anew with DuckDB
.PHONY: slt
slt:
	@tools/slt.sh make

## tpch-answers: make the expected rows of engine/testdata/tpch anew with DuckDB
.PHONY: tpch-answers
tpch-answers:
	@tools/tpch.sh make

## tpch: time the 22 questions of TPC-H beside DuckDB, at SCALE (0.1)
SCALE ?= 0.1
.PHONY: tpch
tpch: build
	@tools/tpch.sh bench $(SCALE)
	@tools/tpch.sh bench $(SCALE) --format csv

## diff: compare wasql with DuckDB on RANDOM_QUERIES new queries made from SEED
.PHONY: diff
diff: build
	@tools/slt.sh diff --random $(RANDOM_QUERIES) --seed $(SEED)

## oracle: ask QUERIES (2000) questions made from SEED in ways that must agree
QUERIES ?= 2000
.PHONY: oracle
oracle: guests
	@go test -count=1 -timeout 0 -v -run '^TestOracles$$' ./engine -oracle.queries $(QUERIES) -oracle.seed $(SEED)

## clean: remove what was built in the tree (the cache stays)
.PHONY: clean
clean:
	@rm -rf bin demo target
	@find connectors/build -type f ! -name README.md -delete
