package bgfetch

// PieceRun are pieces of a body that follow one another, by their index: from First to the one before
// End. It is empty where End is not greater.
type PieceRun struct {
	First int `json:"first"`
	End   int `json:"end"`
}

// Verified are the stored pieces of a body that proved to be right.
type Verified struct {
	// Pieces are sorted and apart.
	Pieces []PieceRun `json:"pieces,omitempty"`
	// Length is that of the body when its last piece proved to be right: another one has another.
	Length int64 `json:"length,omitempty"`
}
