package data

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Split divides records into those to train on and a held-out share, 0 ≤ share < 1, both in their old order. The
// choice depends on nothing but the records, share and seed.
//
// It is stratified: records with the same labels of all tasks stand together, in an order drawn by seed, and the line
// of all strata is sampled evenly. So each stratum is held out to its share within one record, and the whole is the
// share rounded, at least one record if the share is above 0 and there are two. A record that alone carries some
// label stays in the training part, for what is never seen cannot be learnt; another is taken in its place if there
// is one.
func Split(records []Record, share float64, seed uint64) (train, heldout []Record) {
	if !(share >= 0 && share < 1) {
		panic(fmt.Sprintf("data.Split: share %v, want at least 0 and below 1", share))
	}
	quota := int(math.Round(share * float64(len(records))))
	if share > 0 && len(records) > 1 {
		quota = max(quota, 1)
	}
	chosen := choose(records, strata(records, seed), quota)
	for i, r := range records {
		if chosen[i] {
			heldout = append(heldout, r)
		} else {
			train = append(train, r)
		}
	}
	return train, heldout
}

// strata returns the indices of records, those of equal labels side by side in random order.
func strata(records []Record, seed uint64) []int {
	type place struct {
		stratum string
		random  uint64
		index   int
	}
	draw := rand.NewPCG(seed, 0x7468617773706c69) // any constant; it sets this use apart from others of the seed
	line := make([]place, len(records))
	for i, r := range records {
		line[i] = place{stratum(r), draw.Uint64(), i}
	}
	slices.SortFunc(line, func(a, b place) int {
		return cmp.Or(strings.Compare(a.stratum, b.stratum), cmp.Compare(a.random, b.random), cmp.Compare(a.index, b.index))
	})
	order := make([]int, len(line))
	for i, p := range line {
		order[i] = p.index
	}
	return order
}

// stratum spells the labels of r, equal for equal labels only.
func stratum(r Record) string {
	var b strings.Builder
	for _, task := range slices.Sorted(maps.Keys(r.Labels)) {
		fmt.Fprintf(&b, "%q%q", task, r.Labels[task])
	}
	return b.String()
}

// choose marks about quota records, evenly along order, and leaves one record of every label unmarked.
func choose(records []Record, order []int, quota int) []bool {
	left := map[[2]string]int{} // unmarked records of each task and label
	for _, r := range records {
		for task, label := range r.Labels {
			left[[2]string{task, label}]++
		}
	}
	chosen, taken, n := make([]bool, len(records)), 0, len(records)
	for i, index := range order {
		if due := (2*(i+1)*quota + n) / (2 * n); taken >= due || isLast(records[index], left) {
			continue
		}
		chosen[index] = true
		taken++
		for task, label := range records[index].Labels {
			left[[2]string{task, label}]--
		}
	}
	return chosen
}

// isLast says whether some label of r is on no other unmarked record.
func isLast(r Record, left map[[2]string]int) bool {
	for task, label := range r.Labels {
		if left[[2]string{task, label}] == 1 {
			return true
		}
	}
	return false
}
