// Package bgfetchtest helps to test Background Fetch. It has a fake for each port of package
// bgfetch, in memory, in whose time nothing waits but in testing/synctest:
//
//   - MemoryStore is a bgfetch.Store that can be killed before, inside or after any write. It keeps
//     JSON, as the real one does.
//   - MemoryBodies is a bgfetch.Bodies with a quota. What it holds can get lost, as when a user
//     clears it, and ReadPlan reads a body as a page does.
//   - Network is a bgfetch.Network whose servers are functions of the request and of how many came
//     before it. A Resource is a file on one: it answers ranges, breaks off, stalls, hides headers.
//     Network counts the requests, and can be offline, metered, or without a host.
//   - Events is a bgfetch.Events that remembers snapshots and closing events, and calls a listener.
//   - Display is a bgfetch.Display that remembers what it was to show.
//
// StoreSuite is the conformance suite of the port bgfetch.Store. Natively go test runs it on
// MemoryStore. In a browser the program in browsersuite runs the same cases against wasm/idbstore;
// its package comment says how it is built and loaded.
package bgfetchtest
