# Inline assembly as published kernels have it. Each kernel stores what the text gives, and what it should
# give: equal numbers, or, where the name ends so, approximately equal ones.
import triton
import triton.language as tl
from triton.language.extra import libdevice


@triton.jit
def greater(a, b):
    return tl.inline_asm_elementwise("max.s32 $0, $1, $2;", "=r,r,r", [a, b], tl.int32, is_pure=True, pack=1)


@triton.jit
def plain_greater(a, b):
    return tl.maximum(a, b)


@triton.jit
def rotate(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(i + r)
    c = tl.load(j + r)
    v = tl.inline_asm_elementwise("shf.l.wrap.b32 $0, $1, $2, $3;", "=r,r, r, r", [a, c, 5], dtype=tl.int32, is_pure=True, pack=1)
    tl.store(out + r, v)
    tl.store(expected + r, (c << 5) | ((a >> 27) & 31))


@triton.jit
def packed_bytes(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(b + r)
    v = tl.inline_asm_elementwise("and.b32 $0, $1, 0x1F1F1F1F;", "=r,r", [a], dtype=tl.int8, is_pure=True, pack=4)
    tl.store(out + r, v)
    tl.store(expected + r, a & 31)


# The example of Triton's documentation.
@triton.jit
def multiple_outputs(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(b + r).to(tl.uint8, bitcast=True)
    c = tl.load(i + r) & 255
    u, m = tl.inline_asm_elementwise(
        asm="""
        {
            // Unpack `a` into `ai`.
            .reg .b8 tmp<4>;
            mov.b32 {tmp0, tmp1, tmp2, tmp3}, $8;
            cvt.u32.u8 $0, tmp0;
            cvt.u32.u8 $1, tmp1;
            cvt.u32.u8 $2, tmp2;
            cvt.u32.u8 $3, tmp3;
        }
        // Count leading zeros and take the greater.
        max.u32 $4, $0, $9;
        max.u32 $5, $1, $10;
        max.u32 $6, $2, $11;
        max.u32 $7, $3, $12;
        """,
        constraints=(
            "=r,=r,=r,=r,=r,=r,=r,=r,"
            "r,r,r,r,r"),
        args=[a, c],
        dtype=(tl.int32, tl.int32),
        is_pure=True,
        pack=4,
    )
    tl.store(out + r, u * 1000 + m)
    tl.store(expected + r, a.to(tl.int32) * 1000 + tl.maximum(a.to(tl.int32), c))


@triton.jit
def tanh_approx(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(x + r)
    v = tl.inline_asm_elementwise("tanh.approx.f32 $0, $1;", "=f,f", [a], dtype=tl.float32, is_pure=True, pack=1)
    tl.store(out + r, v)
    tl.store(expected + r, libdevice.tanh(a))


@triton.jit
def exp2_approx(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(x + r)
    v = tl.inline_asm_elementwise("ex2.approx.ftz.f32 $0, $1;", "=r,r", [a], dtype=tl.float32, is_pure=True, pack=1)
    tl.store(out + r, v)
    tl.store(expected + r, tl.exp2(a))


@triton.jit
def reciprocal_approx(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.abs(tl.load(x + r)) + 0.5
    v, w = tl.inline_asm_elementwise(
        """
        rcp.approx.ftz.f32 $0, $2;
        rsqrt.approx.ftz.f32 $1, $2;
        """,
        "=&f,=&f,f", [a], dtype=(tl.float32, tl.float32), is_pure=True, pack=1)
    tl.store(out + r, v + w)
    tl.store(expected + r, 1 / a + tl.rsqrt(a))


@triton.jit
def pair_to_bf16(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(x + r)
    v = tl.inline_asm_elementwise("cvt.rn.bf16x2.f32 $0, $2, $1;", "=r,r,r", [a], dtype=tl.bfloat16, is_pure=True, pack=2)
    tl.store(out + r, v)
    tl.store(expected + r, a.to(tl.bfloat16))


@triton.jit
def pair_of_halves(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(x + r).to(tl.float16)
    c = tl.load(y + r).to(tl.float16)
    v = tl.inline_asm_elementwise("add.rn.f16x2 $0, $1, $2;", "=r,r,r", [a, c], dtype=tl.float16, is_pure=True, pack=2)
    tl.store(out + r, v)
    tl.store(expected + r, a + c)


@triton.jit
def single_half(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(x + r).to(tl.float16)
    v = tl.inline_asm_elementwise("neg.f16 $0, $1;", "=h,h", [a], dtype=tl.float16, is_pure=True, pack=1)
    tl.store(out + r, v)
    tl.store(expected + r, -a)


@triton.jit
def round_to_tf32(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(x + r)
    v = tl.inline_asm_elementwise("cvt.rna.tf32.f32 $0, $1;", "=r, r", [a], dtype=tl.float32, is_pure=True, pack=1)
    bits = a.to(tl.int32, bitcast=True)
    tl.store(out + r, v)
    tl.store(expected + r, ((bits + 0x1000) & -0x2000).to(tl.float32, bitcast=True))


@triton.jit
def logic(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(i + r)
    c = tl.load(j + r)
    v = tl.inline_asm_elementwise("lop3.b32 $0, $1, $2, $3, 0xEA;", "=r,r,r,r", [a, c, r], dtype=tl.int32, is_pure=True, pack=1)
    tl.store(out + r, v)
    tl.store(expected + r, (a & c) | r)


# Eight weights of 4 bits in a word, as quantized products unpack them: two at a time, by exponents.
@triton.jit
def int4_to_halves(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    q = tl.load(i + r)
    low, high = tl.inline_asm_elementwise(
        """
        {
          .reg .b32 t;
          lop3.b32 t, $2, 0x000f000f, 0x64006400, 0xea;
          sub.f16x2 t, t, $3;
          mov.b32 {$0, $1}, t;
        }
        """,
        "=h,=h,r,r", [q, 0x64086408], dtype=(tl.float16, tl.float16), is_pure=True, pack=1)
    tl.store(out + r, low * 16.0 + high)
    tl.store(expected + r, ((q & 15) - 8) * 16 + (((q >> 16) & 15) - 8))


@triton.jit
def byte_permute(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(i + r)
    c = tl.load(j + r)
    v = tl.inline_asm_elementwise("prmt.b32 $0, $1, $2, 0x5410;", "=r,r,r", [a, c], dtype=tl.int32, is_pure=True, pack=1)
    tl.store(out + r, v)
    tl.store(expected + r, (a & 0xFFFF) | (c << 16))


@triton.jit
def wide_and_conditions(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(i + r)
    c = tl.load(j + r)
    less, product = tl.inline_asm_elementwise(
        """
        .reg .pred p;
        setp.lt.s32 p, $2, $3;
        mov.pred $0, p;
        mul.wide.s32 $1, $2, $3;
        """,
        "=b,=l,r,r", [a, c], dtype=(tl.int1, tl.int64), is_pure=True, pack=1)
    tl.store(out + r, tl.where(less, product.to(tl.int32), 7))
    tl.store(expected + r, tl.where(a < c, a * c, 7))


# A loop whose results carry on: results are not in the registers of operands.
@triton.jit
def carried(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(i + r)
    c = a
    for _ in range(3):
        a = tl.inline_asm_elementwise(
            """
            mov.b32 $0, 3;
            mad.lo.s32 $0, $1, $0, $1;
            """, "=r,r", [a], dtype=tl.int32, is_pure=True, pack=1)
    tl.store(out + r, a)
    tl.store(expected + r, c * 64)


@triton.jit
def memory(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    v = tl.inline_asm_elementwise(
        """
        {
          .reg .pred %p<1>;
          setp.ne.s32 %p0, $2, 0;
          mov.u32 $0, 0;
          @%p0 ld.global.L1::no_allocate.b32 $0, [$1];
        }
        """, "=r,l,r", [i + r, (r % 3 != 0).to(tl.int32)], dtype=tl.int32, is_pure=False, pack=1)
    tl.store(out + r, v)
    tl.store(expected + r, tl.load(i + r, mask=r % 3 != 0, other=0))


@triton.jit
def scalars(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    start = tl.inline_asm_elementwise("mov.u64 $0, %globaltimer;", "=l", [], dtype=tl.int64, is_pure=False, pack=1)
    doubled = tl.inline_asm_elementwise("add.s32 $0, $1, $1;", "=r,r", [N], dtype=tl.int32, is_pure=True, pack=1)
    id = tl.inline_asm_elementwise("mov.u32 $0, %ctaid.x;", "=r", [], tl.int32, is_pure=True, pack=1)
    dollar = tl.inline_asm_elementwise("{ bra.uni $$L${:uid}; $$L${:uid}: mov.u32 $0, 4; }", "=r", [], tl.int32, is_pure=True, pack=1)
    late = tl.inline_asm_elementwise(
        "{ .reg .pred p; setp.ne.s32 p, $1, 0; mov.pred $0, p; }", "=b,r", [N], tl.int1, is_pure=False, pack=1)
    if late:
        id += 1
    tl.store(out + r, doubled + id + dollar + (start > 0).to(tl.int32))
    tl.store(expected + r, tl.zeros((N,), tl.int32) + 2 * N + 6)


@triton.jit
def broadcast_rows(x, y, i, j, b, out, expected, N: tl.constexpr):
    rows = tl.arange(0, 4)[:, None]
    columns = tl.arange(0, N // 4)[None, :]
    at = rows * (N // 4) + columns
    v = tl.inline_asm_elementwise("mad.lo.s32 $0, $1, $2, $1;", "=r,r,r", [rows, columns], dtype=tl.int32, is_pure=True, pack=1)
    tl.store(out + at, v)
    tl.store(expected + at, rows * columns + rows)


@triton.jit
def to_fp8_sm_89(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(x + r)
    v = tl.inline_asm_elementwise(
        "cvt.rn.satfinite.e4m3x2.f32 $0, $2, $1;", "=h,r,r", [a], dtype=tl.float8e4nv, is_pure=True, pack=2)
    tl.store(out + r, v.to(tl.float32))
    tl.store(expected + r, a.to(tl.float8e4nv).to(tl.float32))


# Products and sums of two numbers at a time, as attention has it on the newest GPUs.
@triton.jit
def pairs_of_singles_sm_100(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(x + r)
    c = tl.load(y + r)
    v = tl.inline_asm_elementwise(
        """
        {
            .reg .b64 ra, rb, rc, rd;
            mov.b64 ra, { $2, $3 };
            mov.b64 rb, { $4, $5 };
            mov.b64 rc, { $6, $7 };
            fma.rn.f32x2 rd, ra, rb, rc;
            mov.b64 { $0, $1 }, rd;
        }
        """,
        "=r,=r,r,r,r,r,r,r", [a, c, a], dtype=tl.float32, is_pure=True, pack=2)
    tl.store(out + r, v)
    tl.store(expected + r, tl.fma(a, c, a))


# In functions of elements, where scalars differ between threads.
@triton.jit
def in_functions(x, y, i, j, b, out, expected, N: tl.constexpr):
    r = tl.arange(0, N)
    a = tl.load(i + r)
    c = tl.load(j + r)
    tl.store(out + r, tl.map_elementwise(greater, a, c) + tl.reduce(a, 0, greater) - tl.associative_scan(c, 0, greater))
    tl.store(expected + r, tl.maximum(a, c) + tl.max(a, 0) - tl.associative_scan(c, 0, plain_greater))
