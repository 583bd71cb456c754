#include "textflag.h"

// One term of the sums: two vectors of w at byte b, four elements of x at byte a, eight sums V0 to V7.
#define ROW(off, c0, c1) \
	Get R1; I32WrapI64; F32Load off; F32x4Splat; Set V10; \
	Get V10; Get V8; F32x4Mul; Get c0; F32x4Add; Set c0; \
	Get V10; Get V9; F32x4Mul; Get c1; F32x4Add; Set c1

#define TERM(b0, b1, a0, a1, a2, a3) \
	Get R2; I32WrapI64; V128Load b0; Set V8; \
	Get R2; I32WrapI64; V128Load b1; Set V9; \
	ROW(a0, V0, V1); \
	ROW(a1, V2, V3); \
	ROW(a2, V4, V5); \
	ROW(a3, V6, V7)

// Loads one row of y into two sums and steps to the next row.
#define LOADROW(c0, c1) \
	Get R5; I32WrapI64; V128Load $0; Set c0; \
	Get R5; I32WrapI64; V128Load $16; Set c1; \
	Get R5; Get R4; I64Add; Set R5

// Stores two sums into a row of y and steps to the next row. V128Store ignores its operand's offset, so it is added first.
#define STOREROW(c0, c1) \
	Get R3; I32WrapI64; Get c0; V128Store $0; \
	Get R3; I64Const $16; I64Add; I32WrapI64; Get c1; V128Store $0; \
	Get R3; Get R4; I64Add; Set R3

#define ZERO(c) F32Const $(0.0); F32x4Splat; Set c

// func tile(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·tile(SB), NOSPLIT, $0-48
	MOVD k+0(FP), R0
	MOVD x+8(FP), R1
	MOVD w+16(FP), R2
	MOVD y+24(FP), R3
	MOVD ldy+32(FP), R4
	ZERO(V0)
	ZERO(V1)
	ZERO(V2)
	ZERO(V3)
	ZERO(V4)
	ZERO(V5)
	ZERO(V6)
	ZERO(V7)
	MOVD more+40(FP), R6
	Get R6
	I32WrapI64
	If
	Get R3
	Set R5
	LOADROW(V0, V1)
	LOADROW(V2, V3)
	LOADROW(V4, V5)
	LOADROW(V6, V7)
	End
	Loop
	TERM($0, $16, $0, $4, $8, $12)
	TERM($32, $48, $16, $20, $24, $28)
	TERM($64, $80, $32, $36, $40, $44)
	TERM($96, $112, $48, $52, $56, $60)
	Get R1; I64Const $64; I64Add; Set R1
	Get R2; I64Const $128; I64Add; Set R2
	Get R0; I64Const $4; I64Sub; Tee R0; I64Eqz; I32Eqz; BrIf $0
	End
	STOREROW(V0, V1)
	STOREROW(V2, V3)
	STOREROW(V4, V5)
	STOREROW(V6, V7)
	RET
