// Package bgfetchtest helps to test Background Fetch: MemoryStore is a
// bgfetch.Store in memory that can be killed between two writes, and the store
// cases are the conformance suite of the port bgfetch.Store.
//
// Natively the suite runs by go test (StoreSuite). In a browser the program in
// browsersuite runs the same cases against wasm/idbstore; its package comment
// says how it is built and loaded.
package bgfetchtest
