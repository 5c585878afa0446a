package validate

// nearest returns the name that differs from name by at most two characters,
// or "" if none does. Names are compared only as far as a person would mistake them.
func nearest(name string, names []string) string {
	const (
		maxDistance = 2
		maxLength   = 64
		maxNames    = 200
	)
	if len(name) < 3 || len(name) > maxLength {
		return ""
	}
	best, bestDistance := "", maxDistance+1
	for _, candidate := range names[:min(len(names), maxNames)] {
		if len(candidate) > maxLength || abs(len(candidate)-len(name)) > maxDistance {
			continue
		}
		if d := distance(name, candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// distance is Levenshtein's, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func abs(n int) int { return max(n, -n) }
