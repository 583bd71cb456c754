#include "textflag.h"

// Tiles of 5, 4, 3, 2 or 1 rows by two vectors of four columns, a panel of w after the other: a call a tile, from Go, took 7 %
// of a forward pass. V0 to V9 are the sums, two a row of y, V10 and V11 a row of
// the panel of w, V12 an element of x in all lanes.

#define ARGUMENTS \
	MOVD w+16(FP), R2; \
	MOVD y+24(FP), R8; \
	MOVD ldy+32(FP), R4; \
	MOVD more+40(FP), R6; \
	MOVD panels+48(FP), R7

// Begins the next panel, of which there is at least one: x from the start, y where the panel's columns are. R2 stands
// at the panel already.
#define PANELS Loop; MOVD k+0(FP), R0; MOVD x+8(FP), R1; Get R8; Set R3
#define NEXTPANEL Get R8; I64Const $32; I64Add; Set R8; Get R7; I64Const $1; I64Sub; Tee R7; I64Const $1; I64GeS; BrIf $0; End

#define ZERO(c0, c1) F32Const $(0.0); F32x4Splat; Set c0; F32Const $(0.0); F32x4Splat; Set c1

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

#define PANEL(b0, b1) \
	Get R2; I32WrapI64; V128Load b0; Set V10; \
	Get R2; I32WrapI64; V128Load b1; Set V11

// One row's two multiply-adds, in the order that wasm/link looks for: two factors, f32x4.mul, the sum, f32x4.add.
#define ROW(off, c0, c1) \
	Get R1; I32WrapI64; V128Load off; Set V12; \
	Get V12; Get V10; F32x4Mul; Get c0; F32x4Add; Set c0; \
	Get V12; Get V11; F32x4Mul; Get c1; F32x4Add; Set c1

#define STEP(x, w) \
	Get R1; I64Const x; I64Add; Set R1; \
	Get R2; I64Const w; I64Add; Set R2

// Goes round again while k, less what was done, is at least least.
#define AGAIN(done, least) Get R0; I64Const done; I64Sub; Tee R0; I64Const least; I64GeS; BrIf $0

// The loop of two terms runs while two are left, the last term alone follows where k is odd.
#define TWOATATIME Get R0; I64Const $2; I64GeS; If; Loop
#define LASTTERM End; End; Get R0; I64Const $1; I64Eq; If
#define LASTSTEP Get R2; I64Const $32; I64Add; Set R2; End

#define WHEREMORE Get R6; I32WrapI64; If; Get R3; Set R5

// func tileFive(k int, x, w, y unsafe.Pointer, ldy, more, panels int)
TEXT ·tileFive(SB), NOSPLIT, $0-56
	ARGUMENTS
	PANELS
	ZERO(V0, V1)
	ZERO(V2, V3)
	ZERO(V4, V5)
	ZERO(V6, V7)
	ZERO(V8, V9)
	WHEREMORE
	LOADROW(V0, V1)
	LOADROW(V2, V3)
	LOADROW(V4, V5)
	LOADROW(V6, V7)
	LOADROW(V8, V9)
	End
	TWOATATIME
	PANEL($0, $16)
	ROW($0, V0, V1)
	ROW($16, V2, V3)
	ROW($32, V4, V5)
	ROW($48, V6, V7)
	ROW($64, V8, V9)
	PANEL($32, $48)
	ROW($80, V0, V1)
	ROW($96, V2, V3)
	ROW($112, V4, V5)
	ROW($128, V6, V7)
	ROW($144, V8, V9)
	STEP($160, $64)
	AGAIN($2, $2)
	LASTTERM
	PANEL($0, $16)
	ROW($0, V0, V1)
	ROW($16, V2, V3)
	ROW($32, V4, V5)
	ROW($48, V6, V7)
	ROW($64, V8, V9)
	LASTSTEP
	STOREROW(V0, V1)
	STOREROW(V2, V3)
	STOREROW(V4, V5)
	STOREROW(V6, V7)
	STOREROW(V8, V9)
	NEXTPANEL
	RET

// func tileFour(k int, x, w, y unsafe.Pointer, ldy, more, panels int)
TEXT ·tileFour(SB), NOSPLIT, $0-56
	ARGUMENTS
	PANELS
	ZERO(V0, V1)
	ZERO(V2, V3)
	ZERO(V4, V5)
	ZERO(V6, V7)
	WHEREMORE
	LOADROW(V0, V1)
	LOADROW(V2, V3)
	LOADROW(V4, V5)
	LOADROW(V6, V7)
	End
	TWOATATIME
	PANEL($0, $16)
	ROW($0, V0, V1)
	ROW($16, V2, V3)
	ROW($32, V4, V5)
	ROW($48, V6, V7)
	PANEL($32, $48)
	ROW($64, V0, V1)
	ROW($80, V2, V3)
	ROW($96, V4, V5)
	ROW($112, V6, V7)
	STEP($128, $64)
	AGAIN($2, $2)
	LASTTERM
	PANEL($0, $16)
	ROW($0, V0, V1)
	ROW($16, V2, V3)
	ROW($32, V4, V5)
	ROW($48, V6, V7)
	LASTSTEP
	STOREROW(V0, V1)
	STOREROW(V2, V3)
	STOREROW(V4, V5)
	STOREROW(V6, V7)
	NEXTPANEL
	RET

// func tileThree(k int, x, w, y unsafe.Pointer, ldy, more, panels int)
TEXT ·tileThree(SB), NOSPLIT, $0-56
	ARGUMENTS
	PANELS
	ZERO(V0, V1)
	ZERO(V2, V3)
	ZERO(V4, V5)
	WHEREMORE
	LOADROW(V0, V1)
	LOADROW(V2, V3)
	LOADROW(V4, V5)
	End
	TWOATATIME
	PANEL($0, $16)
	ROW($0, V0, V1)
	ROW($16, V2, V3)
	ROW($32, V4, V5)
	PANEL($32, $48)
	ROW($48, V0, V1)
	ROW($64, V2, V3)
	ROW($80, V4, V5)
	STEP($96, $64)
	AGAIN($2, $2)
	LASTTERM
	PANEL($0, $16)
	ROW($0, V0, V1)
	ROW($16, V2, V3)
	ROW($32, V4, V5)
	LASTSTEP
	STOREROW(V0, V1)
	STOREROW(V2, V3)
	STOREROW(V4, V5)
	NEXTPANEL
	RET

// func tileTwo(k int, x, w, y unsafe.Pointer, ldy, more, panels int)
TEXT ·tileTwo(SB), NOSPLIT, $0-56
	ARGUMENTS
	PANELS
	ZERO(V0, V1)
	ZERO(V2, V3)
	WHEREMORE
	LOADROW(V0, V1)
	LOADROW(V2, V3)
	End
	TWOATATIME
	PANEL($0, $16)
	ROW($0, V0, V1)
	ROW($16, V2, V3)
	PANEL($32, $48)
	ROW($32, V0, V1)
	ROW($48, V2, V3)
	STEP($64, $64)
	AGAIN($2, $2)
	LASTTERM
	PANEL($0, $16)
	ROW($0, V0, V1)
	ROW($16, V2, V3)
	LASTSTEP
	STOREROW(V0, V1)
	STOREROW(V2, V3)
	NEXTPANEL
	RET

// func tileOne(k int, x, w, y unsafe.Pointer, ldy, more, panels int)
TEXT ·tileOne(SB), NOSPLIT, $0-56
	ARGUMENTS
	PANELS
	ZERO(V0, V1)
	WHEREMORE
	LOADROW(V0, V1)
	End
	TWOATATIME
	PANEL($0, $16)
	ROW($0, V0, V1)
	PANEL($32, $48)
	ROW($16, V0, V1)
	STEP($32, $64)
	AGAIN($2, $2)
	LASTTERM
	PANEL($0, $16)
	ROW($0, V0, V1)
	LASTSTEP
	STOREROW(V0, V1)
	NEXTPANEL
	RET

// Writes an element of x, off bytes behind R2, four times over at R1, or at bytes behind it, and steps there.
#define SPLAT(off) Get R1; I32WrapI64; Get R2; I32WrapI64; F32Load off; F32x4Splat; V128Store $0
#define SPLATAT(at, off) Get R1; I64Const at; I64Add; I32WrapI64; Get R2; I32WrapI64; F32Load off; F32x4Splat; V128Store $0
#define TOSTEP Get R1; Get R3; I64Add; Set R1

// func splatRow(k int, to, from unsafe.Pointer, toStep int)
TEXT ·splatRow(SB), NOSPLIT, $0-32
	MOVD k+0(FP), R0
	MOVD to+8(FP), R1
	MOVD from+16(FP), R2
	MOVD toStep+24(FP), R3
	Get R0
	I64Const $4
	I64GeS
	If
	Loop
	SPLAT($0)
	TOSTEP
	SPLAT($4)
	TOSTEP
	SPLAT($8)
	TOSTEP
	SPLAT($12)
	TOSTEP
	Get R2; I64Const $16; I64Add; Set R2
	AGAIN($4, $4)
	End
	End
	Get R0
	I64Const $1
	I64GeS
	If
	Loop
	SPLAT($0)
	TOSTEP
	Get R2; I64Const $4; I64Add; Set R2
	AGAIN($1, $1)
	End
	End
	RET

// func splatFive(k int, to, from unsafe.Pointer, fromStep int)
TEXT ·splatFive(SB), NOSPLIT, $0-32
	MOVD k+0(FP), R0
	MOVD to+8(FP), R1
	MOVD from+16(FP), R2
	MOVD fromStep+24(FP), R3
	Get R0
	I64Const $1
	I64GeS
	If
	Loop
	SPLAT($0)
	SPLATAT($16, $4)
	SPLATAT($32, $8)
	SPLATAT($48, $12)
	SPLATAT($64, $16)
	Get R1; I64Const $80; I64Add; Set R1
	Get R2; Get R3; I64Add; Set R2
	AGAIN($1, $1)
	End
	End
	RET

// func splat(k int, to, from unsafe.Pointer, toStep, fromStep int)
TEXT ·splat(SB), NOSPLIT, $0-40
	MOVD k+0(FP), R0
	MOVD to+8(FP), R1
	MOVD from+16(FP), R2
	MOVD toStep+24(FP), R3
	MOVD fromStep+32(FP), R4
	Get R0
	I64Const $0
	I64GtS
	If
	Loop
	Get R1; I32WrapI64; Get R2; I32WrapI64; F32Load $0; F32x4Splat; V128Store $0
	Get R1; Get R3; I64Add; Set R1
	Get R2; Get R4; I64Add; Set R2
	AGAIN($1, $1)
	End
	End
	RET
