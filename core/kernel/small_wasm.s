#include "textflag.h"

// One element of a at the address in a register times two vectors of b, added to two sums; then the address steps on.
#define SMALLROW(a, c0, c1) \
	Get a; I32WrapI64; F32Load $0; F32x4Splat; Set V10; \
	Get V10; Get V8; F32x4Mul; Get c0; F32x4Add; Set c0; \
	Get V10; Get V9; F32x4Mul; Get c1; F32x4Add; Set c1; \
	Get a; Get R6; I64Add; Set a

// Loads one row of c into two sums and steps to the next row.
#define SMALLLOAD(c0, c1) \
	Get R5; I32WrapI64; V128Load $0; Set c0; \
	Get R5; I32WrapI64; V128Load $16; Set c1; \
	Get R5; Get R4; I64Add; Set R5

// Stores two sums into a row of c and steps to the next row. V128Store ignores its operand's offset, so it is added first.
#define SMALLSTORE(c0, c1) \
	Get R3; I32WrapI64; Get c0; V128Store $0; \
	Get R3; I64Const $16; I64Add; I32WrapI64; Get c1; V128Store $0; \
	Get R3; Get R4; I64Add; Set R3

#define SMALLZERO(c) F32Const $(0.0); F32x4Splat; Set c

// func smallTile(k int, a unsafe.Pointer, row, term int, b unsafe.Pointer, next int, c unsafe.Pointer, more int)
TEXT ·smallTile(SB), NOSPLIT, $0-64
	MOVD k+0(FP), R0
	MOVD a+8(FP), R1
	MOVD row+16(FP), R5
	MOVD term+24(FP), R6
	MOVD b+32(FP), R2
	MOVD next+40(FP), R4
	MOVD c+48(FP), R3
	Get R1; Get R5; I64Add; Set R7
	Get R7; Get R5; I64Add; Set R8
	Get R8; Get R5; I64Add; Set R9
	SMALLZERO(V0)
	SMALLZERO(V1)
	SMALLZERO(V2)
	SMALLZERO(V3)
	SMALLZERO(V4)
	SMALLZERO(V5)
	SMALLZERO(V6)
	SMALLZERO(V7)
	MOVD more+56(FP), R5
	Get R5
	I32WrapI64
	If
	Get R3
	Set R5
	SMALLLOAD(V0, V1)
	SMALLLOAD(V2, V3)
	SMALLLOAD(V4, V5)
	SMALLLOAD(V6, V7)
	End
	Loop
	Get R2; I32WrapI64; V128Load $0; Set V8
	Get R2; I32WrapI64; V128Load $16; Set V9
	SMALLROW(R1, V0, V1)
	SMALLROW(R7, V2, V3)
	SMALLROW(R8, V4, V5)
	SMALLROW(R9, V6, V7)
	Get R2; Get R4; I64Add; Set R2
	Get R0; I64Const $1; I64Sub; Tee R0; I64Eqz; I32Eqz; BrIf $0
	End
	SMALLSTORE(V0, V1)
	SMALLSTORE(V2, V3)
	SMALLSTORE(V4, V5)
	SMALLSTORE(V6, V7)
	RET
