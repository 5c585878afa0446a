package fleet

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Pages taken one after the other are the whole list in order, however long it and they are, and whatever order it came in.
func TestPagesAreTheListInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 3, 9, 10, 11, 20, 21, 250} {
		for _, size := range []int{1, 2, 3, 10, 250, 1000} {
			for _, orderBy := range []string{"name", "name desc"} {
				want := make([]string, n)
				for i := range want {
					want[i] = fmt.Sprintf("id-%04d", i)
				}
				key := func(id string) string { return "k" + id[len(id)-1:] } // many are equal
				slices.SortFunc(want, func(x, y string) int {
					if key(x)+x < key(y)+y {
						return -1
					}
					return 1
				})
				if orderBy == "name desc" {
					slices.Reverse(want)
				}
				var got []string
				for p := (Page{Size: size, OrderBy: orderBy}); ; {
					o, err := p.parse([]string{"name"})
					if err != nil {
						t.Fatal(err)
					}
					rows := make([]row[string], 0, n)
					for _, i := range random.Perm(n) {
						id := fmt.Sprintf("id-%04d", i)
						rows = append(rows, row[string]{key: key(id), id: id, item: id})
					}
					items, next := page(o, rows)
					if got = append(got, items...); len(got) > n {
						break
					}
					if next != "" && len(items) != size {
						t.Fatalf("a page of %d that is not the last has %d", size, len(items))
					}
					if p.Token = next; next == "" {
						break
					}
				}
				if !slices.Equal(got, want) {
					t.Fatalf("pages of %d of %d by %s = %q, want %q", size, n, orderBy, got, want)
				}
			}
		}
	}
}

func BenchmarkPage(b *testing.B) {
	o, err := Page{OrderBy: "name"}.parse([]string{"name"})
	if err != nil {
		b.Fatal(err)
	}
	all := make([]row[int], 10_000)
	for i, at := range rand.New(rand.NewPCG(1, 2)).Perm(len(all)) {
		all[i] = row[int]{key: fmt.Sprintf("host-%05d", at), id: fmt.Sprintf("id-%05d", at), item: at}
	}
	rows := make([]row[int], len(all))
	for b.Loop() {
		copy(rows, all)
		if items, next := page(o, rows); len(items) != 100 || next == "" {
			b.Fatalf("page() = %d items, %q", len(items), next)
		}
	}
}
