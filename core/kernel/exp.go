package kernel

// exp on vectors is 2^n · e^r with r = x - n ln 2 in [-ln2/2, ln2/2] and a polynomial of degree 6 for e^r, its constants
// from weights/golden/erf_fit.py, relative error 1e-7. Below expLow the result is 0 within float32's normal range.
const (
	expLow   = -87.3
	expHigh  = 88
	log2e    = 1.4426950408889634
	ln2hi    = 0.693359375
	ln2lo    = -2.12194440e-4
	magic    = 12582912 // 1.5 · 2²³: adding it rounds to an integer, which then stands in the low bits
	e2       = 0.49999991059303284
	e3       = 0.16666419804096222
	e4       = 0.04166822507977486
	e5       = 0.008374815806746483
	e6       = 0.001383684342727065
	invRoot2 = 0.7071067811865476
	invRtTau = 0.3989422804014327 // 1/√(2π)
)

// erf is x P(x²)/Q(x²) on |x| ≤ erfEnd, where it reaches 1 in float32; constants from weights/golden/erf_fit.py, absolute
// error 4e-7.
const (
	erfEnd = 3.92
	erfP5  = 2.0500729078776203e-06
	erfP4  = 0.0002848835720214993
	erfP3  = 0.003765671979635954
	erfP2  = 0.0527488999068737
	erfP1  = 0.19040779769420624
	erfP0  = 1.1283791065216064
	erfQ5  = 3.809160625678487e-05
	erfQ4  = 0.0011625479673966765
	erfQ3  = 0.01496933028101921
	erfQ2  = 0.11410965770483017
	erfQ1  = 0.5020772814750671
)
