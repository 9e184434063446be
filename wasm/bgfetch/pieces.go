package bgfetch

import "slices"

// PieceRun are pieces of a body that follow one another, by their index: from First to the one before
// End. It is empty where End is not greater.
type PieceRun struct {
	First int `json:"first"`
	End   int `json:"end"`
}

// HasPiece says whether a piece is in one of the runs.
func HasPiece(runs []PieceRun, index int) bool {
	return slices.ContainsFunc(runs, func(run PieceRun) bool { return run.First <= index && index < run.End })
}

// AddPiece returns runs, which are sorted and apart, with one more piece. It changes nothing of runs.
func AddPiece(runs []PieceRun, index int) []PieceRun {
	added := PieceRun{index, index + 1}
	var all []PieceRun
	for _, run := range runs {
		switch {
		case run.End < added.First:
			all = append(all, run)
		case added.End < run.First:
			all = append(all, added)
			added = run
		default:
			added = PieceRun{min(run.First, added.First), max(run.End, added.End)}
		}
	}
	return append(all, added)
}

// CommonPieces returns the pieces that are in both.
func CommonPieces(a, b []PieceRun) (common []PieceRun) {
	for _, x := range a {
		for _, y := range b {
			if run := (PieceRun{max(x.First, y.First), min(x.End, y.End)}); run.First < run.End {
				common = append(common, run)
			}
		}
	}
	return common
}
