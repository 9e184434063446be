package download

import (
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/pace"
)

// What attempts at a record find out for those after them.

// offers is what its server, and the browser, have shown to be possible.
type offers struct {
	// single: several ranges at a time, or bounded ones, have proved to be impossible.
	// pacer knows how many are worth it; nil where the body is not large.
	single bool
	pacer  *pace.Pacer
	// rangeless: ranges proved to be of other bytes than those that are read. contradictions is how
	// often they did.
	rangeless      bool
	contradictions int
	// asksForAll: all of the body is asked for once, to see whether it is the range that the
	// browser refuses. givesAll: it did not refuse that.
	asksForAll, givesAll bool
	// brought is what the last range brought that was to bring more, 0 for none; brings the
	// same, where it said so or the one before brought just as much.
	brought, brings int64
	// pastCache: the next request goes past the browser's HTTP cache.
	pastCache bool
}

// tries are counted since the last byte of progress.
type tries struct {
	// failures are those of the network, unheard those of them that are waited for by time,
	// statusRetries answers that said "later", and idle attempts that moved nothing and would be
	// followed at once by another.
	failures, unheard, statusRetries, idle int
	// unseen is for how long the server has answered, and nothing of it was to be seen.
	unseen bgfetch.Stall
	// hastened: the wait for a server that said "later" was ended early, and the try counts
	// for nothing if it says so again.
	hastened bool
	// refusals counts the times that the site was asked for another request, or could not give
	// one. asked: the wait before it is asked again is over.
	refusals int
	asked    bool
}
