package bgfetch

// Place is where the segments of a record's body lie: in the cache of the background fetch
// with that unique id, under keys with that index.
type Place struct {
	UniqueID string `json:"uniqueId"`
	Index    int    `json:"index"`
}

// Remains are what is left of a record that failed, an addition to the standard: bytes that
// a server could continue. The next background fetch for the same file begins with them.
type Remains struct {
	Place
	// Of is the unique id of the background fetch whose record it was, ID its id, and Record
	// the index of the record in it.
	Of     string `json:"of"`
	ID     string `json:"id"`
	Record int    `json:"record"`
	// URL is that of the GET request.
	URL string `json:"url"`
	// Left is when the record failed, in ms since 1970.
	Left int64 `json:"left"`
	// Response is what is known of the body, and Segments what is stored of it.
	Response ResponseData `json:"response"`
	Segments []Segment    `json:"segments"`
}

// Keys are the keys of the segments.
func (r *Remains) Keys() []SegmentKey {
	return SegmentKeys(r.Index, r.Response.Generation, r.Segments)
}

// Size is the number of bytes that are stored.
func (r *Remains) Size() int64 {
	size := int64(0)
	for _, s := range r.Segments {
		size += s.Length
	}
	return size
}

// Begun is the state that a record of a new background fetch begins with, and its index in it.
type Begun struct {
	Index int
	State RecordState
}

// RemainsListing is what a list shows of remains.
type RemainsListing struct {
	// Of is the unique id of the background fetch that failed, and ID its id.
	Of  string `json:"of"`
	ID  string `json:"id"`
	URL string `json:"url"`
	// Size is the number of bytes that are stored, Length that of all bytes, -1 where it is
	// not known.
	Size   int64 `json:"size"`
	Length int64 `json:"length"`
	// Left is when it failed, Expires when they are deleted, both in ms since 1970.
	Left    int64 `json:"left"`
	Expires int64 `json:"expires"`
}

// RemainsInit is what a site may say of remains. What is nil is as by default.
type RemainsInit struct {
	// Days is for how long they stay.
	Days *float64 `json:"days,omitempty"`
	// MaxBytes bounds all of them together.
	MaxBytes *int64 `json:"maxBytes,omitempty"`
}
