package bgfetch

// StorageEstimate is what a browser says of how much an origin may store, in bytes: Free more, and
// Quota in all.
//
// Source: https://storage.spec.whatwg.org/#dom-storagemanager-estimate
type StorageEstimate struct {
	Free, Quota int64
	Source      EstimateSource
}

// EstimateSource says what may be concluded from an estimate.
type EstimateSource int

const (
	// EstimateMissing: the browser says nothing.
	EstimateMissing EstimateSource = iota
	// EstimateInvented: it says the same whatever room there is, so that nothing can be learned from it.
	EstimateInvented
	// EstimateReal: what does not fit into it cannot be stored.
	EstimateReal
)

// inventedUnit is what Chromium says to be free, or some of it on a small disk.
const inventedUnit = 1 << 30

// EstimateOf is the estimate of a browser that says something.
func EstimateOf(free, quota int64) StorageEstimate {
	source := EstimateReal
	if free > 0 && free%inventedUnit == 0 {
		source = EstimateInvented
	}
	return StorageEstimate{Free: free, Quota: quota, Source: source}
}

// IsReal says whether there is no more room than that.
func (s StorageEstimate) IsReal() bool { return s.Source == EstimateReal }
