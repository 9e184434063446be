//go:build js && wasm

package idbstore

const (
	fetchesStore  = "fetches"
	requestsStore = "requests"
	recordsStore  = "records"
	segmentsStore = "segments"
	sequenceStore = "sequence"
	historyStore  = "history"
	logStore      = "log"
	remainsStore  = "remains"
)

// storesSince has the object stores that each version of the database added, the
// first version first.
var storesSince = [SchemaVersion][]string{
	{fetchesStore, recordsStore, requestsStore, segmentsStore, sequenceStore},
	{historyStore, logStore},
	{remainsStore},
}

// numberedStores have a key generator.
var numberedStores = []string{sequenceStore, historyStore, logStore}

// SchemaVersion is the version of the database. To change the schema: raise it,
// and add what the new version has to storesSince.
const SchemaVersion = 3
