package digest

import (
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// hasPiece says whether a piece is in one of the runs.
func hasPiece(runs []bgfetch.PieceRun, index int) bool {
	return slices.ContainsFunc(runs, func(run bgfetch.PieceRun) bool { return run.First <= index && index < run.End })
}

// addPiece returns runs, which are sorted and apart, with one more piece. It changes nothing of runs.
func addPiece(runs []bgfetch.PieceRun, index int) []bgfetch.PieceRun {
	added := bgfetch.PieceRun{First: index, End: index + 1}
	var all []bgfetch.PieceRun
	for _, run := range runs {
		switch {
		case run.End < added.First:
			all = append(all, run)
		case added.End < run.First:
			all = append(all, added)
			added = run
		default:
			added = bgfetch.PieceRun{First: min(run.First, added.First), End: max(run.End, added.End)}
		}
	}
	return append(all, added)
}

// commonPieces returns the pieces that are in both.
func commonPieces(a, b []bgfetch.PieceRun) (common []bgfetch.PieceRun) {
	for _, x := range a {
		for _, y := range b {
			if run := (bgfetch.PieceRun{First: max(x.First, y.First), End: min(x.End, y.End)}); run.First < run.End {
				common = append(common, run)
			}
		}
	}
	return common
}
