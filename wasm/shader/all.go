package shader

// All are kernels of every kind, those that are made for sizes at some of them. Tests go over the list, and a device can
// be asked to compile it.
func All() []Kernel {
	all := []Kernel{
		Fill, Scale, Add, Move, AddBias, Gelu, Relu, Tanh, GeluGrad, ReluGrad, TanhGrad, Dropout, Embed, CopyRows,
		SumRows, LayerNormDW, LayerNormDWDB, EmbedGrad, Pool, PoolGrad, CrossEntropy, SquaredError, SumSquares, SumSquaresVec, SumPartials, AdamW, AdamWVec,
	}
	for _, n := range []NormLanes{1, 64} {
		all = append(all, n.LayerNorm(), n.LayerNormAdd(), n.LayerNormSum(), n.LayerNormGrad(), n.LayerNormSpread())
	}
	for _, a := range []Attention{NewAttention(7, false), NewAttention(32, true), NewAttention(64, true)} {
		all = append(all, a.Forward(), a.GradQ(), a.GradKV())
	}
	for layout := range layoutNames {
		for then := range epilogueNames {
			all = append(all, Product(layout, then))
			for _, t := range Tiles {
				all = append(all, MatMul(layout, then, t))
			}
		}
	}
	for _, t := range Tiles {
		all = append(all, MatMulSums(Store, t), MatMulSums(Accumulate, t))
	}
	return all
}
