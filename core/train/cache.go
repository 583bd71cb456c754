package train

import (
	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/data"
	"thaw/core/nn"
)

// cache keeps what the frozen stages make of each example, for it depends on the sentence alone: hidden states [len, H], or
// one pooled row if the whole encoder is frozen. It is filled as examples are first met; those that the budget does not
// reach are computed each time, to the same bits.
type cache struct {
	h      int
	rows   []int // rows of each example
	at     []int // first row of each example in the store, -1 if the budget does not reach it
	have   []bool
	fresh  []int // examples stored by work that is not known to have succeeded
	chunks []backend.Buffer
	pooled bool
	on     bool
}

// chunkRows is the rows of one buffer of the store; an example lies in one buffer.
const chunkRows = 8192

// newCache plans the store of a corpus and takes its size from the budget.
func newCache(t *Trainer, ex []data.Example, budget *int64) *cache {
	e := t.model.Encoder
	c := &cache{h: e.Config.Hidden, pooled: t.stages == e.Stages(), on: t.stages > 0}
	if !c.on {
		return c
	}
	c.rows, c.at, c.have = make([]int, len(ex)), make([]int, len(ex)), make([]bool, len(ex))
	next := 0
	for i := range ex {
		c.rows[i] = len(ex[i].IDs)
		if c.pooled {
			c.rows[i] = 1
		}
		at := next
		if at/chunkRows != (at+c.rows[i]-1)/chunkRows {
			at = (at/chunkRows + 1) * chunkRows
		}
		c.at[i] = -1
		if size := int64(at+c.rows[i]-next) * int64(c.h) * 4; size <= *budget && c.rows[i] <= chunkRows {
			c.at[i], next = at, at+c.rows[i]
			*budget -= size
		}
	}
	return c
}

// fetch is the input of the thawed part for a batch: rows [T, H] at the first stage that trains, pooled rows [B, H] if none
// does, nil if nothing is frozen.
func (c *cache) fetch(t *Trainer, from *corpus, b data.Batch) *autograd.Var {
	if !c.on {
		return nil
	}
	x := t.tape.Space(c.count(b.Index), c.h)
	var missing []int
	for _, i := range b.Index {
		if !c.have[i] {
			missing = append(missing, i)
		}
	}
	if len(missing) > 0 {
		c.compute(t, from, b, missing, x)
	}
	c.gather(t.ops, b, x)
	return x
}

func (c *cache) count(index []int) (n int) {
	for _, i := range index {
		n += c.rows[i]
	}
	return n
}

// compute runs the frozen stages over examples, puts their rows where they belong in x and stores those that have a place.
func (c *cache) compute(t *Trainer, from *corpus, b data.Batch, missing []int, x *autograd.Var) {
	e, part := t.model.Encoder, data.Pack(from.examples, missing)
	y := e.Forward(t.tape, nn.Batch{IDs: part.IDs, Offsets: part.Offsets}, nil, 0, t.stages)
	if c.pooled {
		y = t.model.Heads.Pool(y, t.tape.Ints(part.Offsets))
	}
	var direct backend.Rows
	place, row := c.places(b.Index), 0
	for _, i := range missing {
		n := c.rows[i]
		if c.at[i] < 0 {
			direct = ranges(direct, place[i], row, n)
		} else {
			t.ops.Copy(c.chunk(t.ops, c.at[i]), y.Value(), c.h, ranges(backend.Rows{}, c.at[i]%chunkRows, row, n))
			c.have[i] = true
			c.fresh = append(c.fresh, i)
		}
		row += n
	}
	if len(direct.To) > 0 {
		t.ops.Copy(x.Value(), y.Value(), c.h, direct)
	}
}

// settle ends the work that has stored examples: if it failed, they are not there.
func (c *cache) settle(good bool) {
	for _, i := range c.fresh {
		c.have[i] = good
	}
	c.fresh = c.fresh[:0]
}

// gather copies stored rows to where they belong in x, one copy for each buffer of the store.
func (c *cache) gather(ops backend.Backend, b data.Batch, x *autograd.Var) {
	place, lists := c.places(b.Index), make([]backend.Rows, len(c.chunks))
	for _, i := range b.Index {
		if c.at[i] >= 0 {
			k := c.at[i] / chunkRows
			lists[k] = ranges(lists[k], place[i], c.at[i]%chunkRows, c.rows[i])
		}
	}
	for k, l := range lists {
		if len(l.To) > 0 {
			ops.Copy(x.Value(), c.chunks[k], c.h, l)
		}
	}
}

// places is the first row of each example of a batch.
func (c *cache) places(index []int) map[int]int {
	at, row := make(map[int]int, len(index)), 0
	for _, i := range index {
		at[i] = row
		row += c.rows[i]
	}
	return at
}

// chunk is the buffer that holds a row of the store.
func (c *cache) chunk(ops backend.Backend, row int) backend.Buffer {
	for len(c.chunks) <= row/chunkRows {
		c.chunks = append(c.chunks, ops.Alloc(chunkRows*c.h))
	}
	return c.chunks[row/chunkRows]
}

func ranges(r backend.Rows, to, from, n int) backend.Rows {
	return backend.Rows{To: append(r.To, int32(to)), From: append(r.From, int32(from)), Count: append(r.Count, int32(n))}
}

// bytes is what the store will take when it is full.
func (c *cache) bytes() int64 {
	last := 0
	for i, at := range c.at {
		if at >= 0 {
			last = max(last, at+c.rows[i])
		}
	}
	return int64((last+chunkRows-1)/chunkRows) * chunkRows * int64(c.h) * 4
}

func (c *cache) free(ops backend.Backend) {
	for _, b := range c.chunks {
		ops.Free(b)
	}
	c.chunks, c.fresh = nil, nil
	clear(c.have)
}
