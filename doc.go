// Package wasql is the root of a SQL query engine whose storage backends are connectors
// compiled to WebAssembly. It holds no code: the tests in this folder keep the shape of the
// house, as ARCHITECTURE.md draws it. Start reading at abi/SPEC.md (the contract), host (the
// sandbox), engine (the SQL), sdk/go and sdk/rust (for authors of connectors).
package wasql
