//go:build goexperiment.simd

#include "textflag.h"

// The loops of exp_wasm.go; exp_simd.go has the same formulas. R0 counts vectors, R3 is the table of constants. F32x4Pmin and
// F32x4Pmax are single instructions and give their first operand where one is NaN, so NaN stays NaN.

// A constant of the table, by its place.
#define K(place) Get R3; I32WrapI64; V128Load place

// d = a b + c, in the order that wasm/link looks for. A sum alone is one with a factor of 1, so that all can be fused.
#define MADD(a, b, c, d) Get a; Get b; F32x4Mul; Get c; F32x4Add; Set d

// y = e^x; n and k are spare.
#define EXP(x, y, k, n) \
	Get x; K($272); F32x4Pmax; K($256); F32x4Pmin; Set x; \
	K($288); Set V14; K($304); Set V15; \
	MADD(x, V14, V15, k); \
	Get k; Get V15; F32x4Sub; Set n; \
	K($320); Set V14; MADD(n, V14, x, x); \
	K($336); Set V14; MADD(n, V14, x, x); \
	K($352); Set y; \
	K($368); Set V15; MADD(y, x, V15, y); \
	K($384); Set V15; MADD(y, x, V15, y); \
	K($400); Set V15; MADD(y, x, V15, y); \
	K($416); Set V15; MADD(y, x, V15, y); \
	K($224); Set V15; MADD(y, x, V15, y); \
	K($224); Set V15; MADD(y, x, V15, y); \
	Get y; Get k; I32Const $23; I32x4Shl; I32x4Add; Set y

// z = erf z; t, p and q are spare.
#define ERF(z, t, p, q) \
	Get z; K($32); F32x4Pmax; K($16); F32x4Pmin; Set z; \
	Get z; Get z; F32x4Mul; Set t; \
	K($48); Set p; \
	K($64); Set V15; MADD(p, t, V15, p); \
	K($80); Set V15; MADD(p, t, V15, p); \
	K($96); Set V15; MADD(p, t, V15, p); \
	K($112); Set V15; MADD(p, t, V15, p); \
	K($128); Set V15; MADD(p, t, V15, p); \
	K($144); Set q; \
	K($160); Set V15; MADD(q, t, V15, q); \
	K($176); Set V15; MADD(q, t, V15, q); \
	K($192); Set V15; MADD(q, t, V15, q); \
	K($208); Set V15; MADD(q, t, V15, q); \
	K($224); Set V15; MADD(q, t, V15, q); \
	Get z; Get p; F32x4Mul; Get q; F32x4Div; Set z

// s = Gelu'(v) = Φ(v) + v φ(v); the others are spare.
#define SLOPE(v, s, z, t, p, q) \
	Get v; K($0); F32x4Mul; Set z; \
	ERF(z, t, p, q); \
	K($240); Set V14; MADD(z, V14, V14, s); \
	Get v; Get v; F32x4Mul; K($432); F32x4Mul; Set z; \
	EXP(z, t, p, q); \
	Get t; K($448); F32x4Mul; Set t; \
	MADD(t, v, s, s)

#define NEXT(r) Get r; I64Const $16; I64Add; Set r
#define AGAIN Get R0; I64Const $1; I64Sub; Tee R0; I64Const $1; I64GeS; BrIf $0
#define LOAD(r) Get r; I32WrapI64; V128Load $0
#define STORE(r, v) Get r; I32WrapI64; Get v; V128Store $0

// func expVecs(n int, p, table, sums unsafe.Pointer, less float32)
TEXT ·expVecs(SB), NOSPLIT, $0-36
	MOVD n+0(FP), R0
	MOVD p+8(FP), R1
	MOVD table+16(FP), R3
	MOVD sums+24(FP), R4
	F32Const $(0.0)
	F32x4Splat
	Set V7
	Get SP
	F32Load less+32(FP)
	F32x4Splat
	Set V8
	K($224)
	Set V9
	Loop
	LOAD(R1)
	Get V8
	F32x4Sub
	Set V0
	EXP(V0, V1, V2, V3)
	STORE(R1, V1)
	MADD(V1, V9, V7, V7)
	NEXT(R1)
	AGAIN
	End
	STORE(R4, V7)
	RET

// func geluVecs(n int, y, x, table unsafe.Pointer)
TEXT ·geluVecs(SB), NOSPLIT, $0-32
	MOVD n+0(FP), R0
	MOVD y+8(FP), R1
	MOVD x+16(FP), R2
	MOVD table+24(FP), R3
	Loop
	LOAD(R2)
	Set V0
	Get V0
	K($240)
	F32x4Mul
	Set V1
	Get V0
	K($0)
	F32x4Mul
	Set V2
	ERF(V2, V3, V4, V5)
	MADD(V2, V1, V1, V1)
	STORE(R1, V1)
	NEXT(R1)
	NEXT(R2)
	AGAIN
	End
	RET

// func geluGradVecs(n int, dx, dy, x, table unsafe.Pointer)
TEXT ·geluGradVecs(SB), NOSPLIT, $0-40
	MOVD n+0(FP), R0
	MOVD dx+8(FP), R1
	MOVD dy+16(FP), R2
	MOVD x+24(FP), R4
	MOVD table+32(FP), R3
	Loop
	LOAD(R4)
	Set V0
	SLOPE(V0, V1, V2, V3, V4, V5)
	LOAD(R2)
	Set V2
	LOAD(R1)
	Set V3
	MADD(V1, V2, V3, V1)
	STORE(R1, V1)
	NEXT(R1)
	NEXT(R2)
	NEXT(R4)
	AGAIN
	End
	RET

// func geluSlopeVecs(n int, y, u, table unsafe.Pointer)
TEXT ·geluSlopeVecs(SB), NOSPLIT, $0-32
	MOVD n+0(FP), R0
	MOVD y+8(FP), R1
	MOVD u+16(FP), R2
	MOVD table+24(FP), R3
	Loop
	LOAD(R2)
	Set V0
	SLOPE(V0, V1, V2, V3, V4, V5)
	Get V1
	LOAD(R1)
	F32x4Mul
	Set V1
	STORE(R1, V1)
	NEXT(R1)
	NEXT(R2)
	AGAIN
	End
	RET
