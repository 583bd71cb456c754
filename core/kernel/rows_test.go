package kernel

import "slices"

// Long sentences and short ones, so that pooling is cut into parts and some rows stand alone.
var sentences = [][]int{{1}, {1, 1, 2}, {7, 1, 33, 8}, {17, 130, 5, 64, 9, 1, 80}}

var rowTests = []kernelTest{
	{"opAddBias", "AddBias", grids, func(f *field, size []int) {
		m, n := size[0], size[1]
		y, b := f.sum(m*n), f.normals(n)
		want := wide(y)
		AddBias(want, wide(b), m, n)
		f.run(AddBiasTask(y, b, m, n))
		f.exact("y", y, want)
	}},
	{"opSumRows", "SumRows", grids, func(f *field, size []int) {
		m, n := size[0], size[1]
		y, x := f.sum(n), f.normals(m*n)
		want, mag := wide(y), magnitudes(wide(y))
		SumRows(want, wide(x), m, n)
		SumRows(mag, magnitudes(wide(x)), m, n)
		f.run(SumRowsTask(y, x, m, n))
		f.sums("y", y, want, mag, m)
	}},
	{"opCopy", "Copy", grids, func(f *field, size []int) {
		rows, h := size[0], size[1]
		dst, src := f.sum(rows*h), f.normals((rows+3)*h)
		var to, from, count []int32
		for i := 0; i < rows; {
			n := min(1+i%4, rows-i)
			to, from, count = append(to, int32(i)), append(from, int32((i*7)%(rows+3-n+1))), append(count, int32(n))
			i += n + i%2 // every second range is followed by a row that stays
		}
		want := slices.Clone(dst)
		for i := range to {
			copy(want[int(to[i])*h:], src[int(from[i])*h:][:int(count[i])*h])
		}
		f.run(CopyTask(dst, src, h, to, from, count))
		f.exact("dst", dst, wide(want))
	}},
	{"opEmbed", "Embed", grids, func(f *field, size []int) {
		tokens, h := size[0], size[1]
		ids, vocabulary := f.ids(tokens), 11
		w, y, sum := f.normals(vocabulary*h), f.output(tokens*h), f.sum(tokens*h)
		want, wantSum := make([]float64, tokens*h), wide(sum)
		Embed(want, wide(w), ids, h, false)
		Embed(wantSum, wide(w), ids, h, true)
		f.run(EmbedTask(y, w, ids, h, false))
		f.run(EmbedTask(sum, w, ids, h, true))
		f.exact("y", y, want)
		f.exact("y accumulated", sum, wantSum)
	}},
	{"opEmbedGrad", "EmbedGrad", grids, func(f *field, size []int) {
		tokens, h := size[0], size[1]
		order, start, id := sortedIDs(f.ids(tokens))
		dw, dy := f.sum(11*h), f.normals(tokens*h)
		want, mag := wide(dw), magnitudes(wide(dw))
		EmbedGrad(want, wide(dy), order, start, id, h)
		EmbedGrad(mag, magnitudes(wide(dy)), order, start, id, h)
		f.run(EmbedGradTask(dw, dy, order, start, id, h))
		f.sums("dw", dw, want, mag, tokens)
	}},
	{"opPool", "Pool", sentences, func(f *field, size []int) {
		off, h := offsetsOf(size...), 33
		x, first, mean := f.normals(int(off[len(size)])*h), f.output(len(size)*h), f.output(len(size)*h)
		wantFirst, wantMean, mag := make([]float64, len(first)), make([]float64, len(mean)), make([]float64, len(mean))
		FirstPool(wantFirst, wide(x), off, h)
		MeanPool(wantMean, wide(x), off, h)
		MeanPool(mag, magnitudes(wide(x)), off, h)
		f.run(PoolTask(first, x, off, h, false))
		f.run(PoolTask(mean, x, off, h, true))
		f.exact("first", first, wantFirst)
		f.sums("mean", mean, wantMean, mag, slices.Max(size))
	}},
	{"opPoolGrad", "PoolGrad", sentences, func(f *field, size []int) {
		off, h := offsetsOf(size...), 33
		rows := int(off[len(size)])
		dy, first, mean := f.normals(len(size)*h), f.sum(rows*h), f.sum(rows*h)
		wantFirst, wantMean, mag := wide(first), wide(mean), magnitudes(wide(mean))
		FirstPoolGrad(wantFirst, wide(dy), off, h)
		MeanPoolGrad(wantMean, wide(dy), off, h)
		MeanPoolGrad(mag, magnitudes(wide(dy)), off, h)
		f.run(PoolGradTask(first, dy, off, h, false))
		f.run(PoolGradTask(mean, dy, off, h, true))
		f.exact("first", first, wantFirst)
		f.sums("mean", mean, wantMean, mag, 1)
	}},
}

// ids are n token ids below 11, so that many repeat.
func (f *field) ids(n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(f.r.IntN(11))
	}
	return ids
}

// sortedIDs sorts tokens by id, in the order of the text within one id.
func sortedIDs(ids []int32) (order, start, id []int32) {
	for v := range int32(11) {
		if !slices.Contains(ids, v) {
			continue
		}
		id, start = append(id, v), append(start, int32(len(order)))
		for t, e := range ids {
			if e == v {
				order = append(order, int32(t))
			}
		}
	}
	return order, append(start, int32(len(order))), id
}
