// Package bgfetchtest helps to test Background Fetch without a browser. It has a fake of
// each port of wasm/bgfetch, for tests of the engine, and the conformance suites of the ports
// bgfetch.Store and bgfetch.Network, which the fakes pass as well as the real ones.
//
// # Fakes
//
//   - Network is a bgfetch.Network. Its servers are functions that answer a request with a
//     Response: a head, a body, and what goes wrong with them (delays, rates, cuts, stalls).
//     Resource is the server function of a well-behaved file, Link a way of limited
//     throughput that responses share. The network can be offline, say so without being
//     it, be metered, or lose its servers. It remembers all requests.
//   - MemoryBodies is a bgfetch.Bodies: request bodies, and the segments that transfers of
//     the Network put. It can lose them, have a quota, and tell of each put; ReadPlan reads
//     a body as a page does.
//   - MemoryStore is a bgfetch.Store. It can be killed, as a worker is, at each of its
//     writes; Reopen gives what the next worker finds. It keeps JSON, as the real one does.
//   - Events is a bgfetch.Events that remembers which snapshots pages were told, and which
//     events were fired.
//   - Display is a bgfetch.Display that remembers what the user was to be shown.
//
// MemoryStore and MemoryBodies outlive the engine that uses them, as IndexedDB and the
// Cache API outlive the worker: a test of a restart gives them to the next engine. All
// delays are those of package time, so that they pass at once in a bubble of
// testing/synctest; Goroutines tells a test what its engine has left running.
//
// The Network imitates no browser in particular. The one in test/faultmatrix does, over
// real HTTP.
//
// # Conformance suites
//
// StoreCases are the cases that every bgfetch.Store passes: rows of background fetches, of
// records and their segments, history and log, and large numbers of them. Natively
// StoreSuite runs them, on MemoryStore. NetworkCases are those of every bgfetch.Network with its
// transfers, and of what bgfetch.Bodies shows of what they store: heads, segments, ranges, breaks,
// what is stopped, what is compared, small bodies. In a browser the program in browsersuite runs the
// same cases on wasm/idbstore and wasm/browser; its package comment says how it is built and loaded.
package bgfetchtest
