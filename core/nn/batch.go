package nn

import (
	"cmp"
	"slices"

	"thaw/core/backend"
)

// Batch is packed sentences: token ids back to back and where each sentence begins.
type Batch struct {
	IDs     []int32 // [T]
	Offsets []int32 // [B+1]
}

// Tokens is T, Sentences is B.
func (b Batch) Tokens() int { return len(b.IDs) }

// Sentences is B.
func (b Batch) Sentences() int { return len(b.Offsets) - 1 }

// Positions are 0, 1, … within each sentence.
func (b Batch) Positions() []int32 {
	p := make([]int32, len(b.IDs))
	for s := range b.Sentences() {
		for i := b.Offsets[s]; i < b.Offsets[s+1]; i++ {
			p[i] = i - b.Offsets[s]
		}
	}
	return p
}

// Sort groups tokens by id for the gradient of an embedding.
func Sort(ids []int32) backend.Sorted {
	s := backend.Sorted{Order: make([]int32, len(ids))}
	for i := range s.Order {
		s.Order[i] = int32(i)
	}
	slices.SortStableFunc(s.Order, func(a, b int32) int { return cmp.Compare(ids[a], ids[b]) })
	for i, t := range s.Order {
		if i == 0 || ids[t] != s.ID[len(s.ID)-1] {
			s.ID = append(s.ID, ids[t])
			s.Start = append(s.Start, int32(i))
		}
	}
	s.Start = append(s.Start, int32(len(ids)))
	return s
}

// Without takes the run of one id out of s.
func Without(s backend.Sorted, id int32) backend.Sorted {
	i, found := slices.BinarySearch(s.ID, id)
	if !found {
		return s
	}
	lo, hi := s.Start[i], s.Start[i+1]
	out := backend.Sorted{ID: slices.Delete(slices.Clone(s.ID), i, i+1), Order: slices.Delete(slices.Clone(s.Order), int(lo), int(hi))}
	for j, start := range s.Start {
		switch {
		case j <= i:
			out.Start = append(out.Start, start)
		case j > i+1:
			out.Start = append(out.Start, start-(hi-lo))
		}
	}
	return out
}
