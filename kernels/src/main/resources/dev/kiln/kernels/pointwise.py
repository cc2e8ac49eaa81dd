"""Functions of one, two or three arrays, element by element, with any strides.

Arrays have up to five axes, in the order of y's memory; an axis that y has and an operand repeats is
one with the stride 0. The last axis is worked on in vectors; the others are counted through as rows.
The launcher merges axes that memory runs through in one, so that dense arrays are one long row.

A comparison gives 1 or 0. Integers divide towards zero. NaN stays NaN.
"""

import triton
import triton.language as tl
from triton.language.extra import libdevice


@triton.jit
def unary(x, FUNCTION: tl.constexpr):
    if FUNCTION == "copy":
        y = x
    elif FUNCTION == "neg":
        y = -x
    elif FUNCTION == "abs":
        y = tl.abs(x)
    elif FUNCTION == "sign":
        y = tl.where(x > 0, 1, tl.where(x < 0, -1, x))
    elif FUNCTION == "square":
        y = x * x
    elif FUNCTION == "sqrt":
        y = tl.sqrt(x)
    elif FUNCTION == "rsqrt":
        y = 1.0 / tl.sqrt(x)
    elif FUNCTION == "reciprocal":
        y = 1.0 / x
    elif FUNCTION == "exp":
        y = tl.exp(x)
    elif FUNCTION == "exp2":
        y = tl.exp2(x)
    elif FUNCTION == "expm1":
        y = libdevice.expm1(x)
    elif FUNCTION == "log":
        y = tl.log(x)
    elif FUNCTION == "log2":
        y = tl.log2(x)
    elif FUNCTION == "log1p":
        y = libdevice.log1p(x)
    elif FUNCTION == "sin":
        y = tl.sin(x)
    elif FUNCTION == "cos":
        y = tl.cos(x)
    elif FUNCTION == "erf":
        y = tl.erf(x)
    elif FUNCTION == "floor":
        y = tl.floor(x)
    elif FUNCTION == "ceil":
        y = tl.ceil(x)
    elif FUNCTION == "trunc":
        y = libdevice.trunc(x)
    elif FUNCTION == "round":
        y = libdevice.rint(x)
    elif FUNCTION == "is_nan":
        y = x != x
    elif FUNCTION == "is_finite":
        y = x - x == 0
    else:
        tl.static_assert(FUNCTION == "not", "no such function")
        y = x == 0
    return y


@triton.jit
def unary_gradient(x, dy, FUNCTION: tl.constexpr):
    if FUNCTION == "copy":
        dx = dy
    elif FUNCTION == "neg":
        dx = -dy
    elif FUNCTION == "abs":
        dx = tl.where(x > 0.0, dy, tl.where(x < 0.0, -dy, 0.0))
    elif FUNCTION == "square":
        dx = dy * (2.0 * x)
    elif FUNCTION == "sqrt":
        dx = dy / (2.0 * tl.sqrt(x))
    elif FUNCTION == "rsqrt":
        dx = dy * (-0.5 / (x * tl.sqrt(x)))
    elif FUNCTION == "reciprocal":
        dx = -dy / (x * x)
    elif FUNCTION == "exp" or FUNCTION == "expm1":
        dx = dy * tl.exp(x)
    elif FUNCTION == "exp2":
        dx = dy * (0.6931471805599453 * tl.exp2(x))
    elif FUNCTION == "log":
        dx = dy / x
    elif FUNCTION == "log2":
        dx = dy / (0.6931471805599453 * x)
    elif FUNCTION == "log1p":
        dx = dy / (1.0 + x)
    elif FUNCTION == "sin":
        dx = dy * tl.cos(x)
    elif FUNCTION == "cos":
        dx = -dy * tl.sin(x)
    else:
        tl.static_assert(FUNCTION == "erf", "no gradient")
        dx = dy * (1.1283791670955126 * tl.exp(-x * x))
    return dx


@triton.jit
def binary(a, b, alpha, beta, FUNCTION: tl.constexpr):
    if FUNCTION == "add":
        y = a + b
    elif FUNCTION == "sub":
        y = a - b
    elif FUNCTION == "mul":
        y = a * b
    elif FUNCTION == "div":
        if a.dtype.is_floating():
            y = a / b
        else:
            y = a // b
    elif FUNCTION == "pow":
        y = libdevice.pow(a, b)
    elif FUNCTION == "max":
        y = tl.where((a > b) | (a != a), a, b)
    elif FUNCTION == "min":
        y = tl.where((a < b) | (a != a), a, b)
    elif FUNCTION == "scale_add":
        y = alpha * a + beta * b
    elif FUNCTION == "eq":
        y = a == b
    elif FUNCTION == "ne":
        y = a != b
    elif FUNCTION == "lt":
        y = a < b
    elif FUNCTION == "le":
        y = a <= b
    elif FUNCTION == "gt":
        y = a > b
    elif FUNCTION == "ge":
        y = a >= b
    elif FUNCTION == "and":
        y = (a != 0) & (b != 0)
    else:
        tl.static_assert(FUNCTION == "or", "no such function")
        y = (a != 0) | (b != 0)
    return y


@triton.jit
def left_gradient(a, b, dy, alpha, FUNCTION: tl.constexpr):
    if FUNCTION == "add" or FUNCTION == "sub":
        da = dy
    elif FUNCTION == "mul":
        da = dy * b
    elif FUNCTION == "div":
        da = dy / b
    elif FUNCTION == "pow":
        # Where b is 0 the power is 1 for every a.
        da = tl.where(b == 0.0, 0.0, dy * b * libdevice.pow(a, b - 1.0))
    elif FUNCTION == "max":
        da = tl.where(a > b, dy, tl.where(a == b, 0.5 * dy, 0.0))
    elif FUNCTION == "min":
        da = tl.where(a < b, dy, tl.where(a == b, 0.5 * dy, 0.0))
    else:
        tl.static_assert(FUNCTION == "scale_add", "no gradient")
        da = alpha * dy
    return da


@triton.jit
def right_gradient(a, b, dy, beta, FUNCTION: tl.constexpr):
    if FUNCTION == "add":
        db = dy
    elif FUNCTION == "sub":
        db = -dy
    elif FUNCTION == "mul":
        db = dy * a
    elif FUNCTION == "div":
        db = -dy * a / (b * b)
    elif FUNCTION == "pow":
        # 0 to the power of b > 0 is 0 whatever b is.
        power = libdevice.pow(a, b)
        db = tl.where((a == 0.0) & (b >= 0.0), 0.0, dy * power * tl.log(a))
    elif FUNCTION == "max":
        db = tl.where(b > a, dy, tl.where(a == b, 0.5 * dy, 0.0))
    elif FUNCTION == "min":
        db = tl.where(b < a, dy, tl.where(a == b, 0.5 * dy, 0.0))
    else:
        tl.static_assert(FUNCTION == "scale_add", "no gradient")
        db = beta * dy
    return db


@triton.jit
def ternary(a, b, c, FUNCTION: tl.constexpr):
    if FUNCTION == "where":
        y = tl.where(a != 0, b, c)
    elif FUNCTION == "multiply_add":
        y = a * b + c
    elif FUNCTION == "clamp":
        y = tl.where(a < b, b, tl.where(a > c, c, a))
    else:
        tl.static_assert(FUNCTION == "lerp", "no such function")
        y = a + c * (b - a)
    return y


@triton.jit
def row_offsets(rows, n1, n2, n3, s0, s1, s2, s3, OUTER: tl.constexpr):
    # The last OUTER of the axes 0 to 3 are counted through, the others are of extent 1.
    wide = rows.to(tl.int64)
    if OUTER <= 1:
        offsets = wide * s3
    elif OUTER == 2:
        offsets = (rows // n3).to(tl.int64) * s2 + (rows % n3).to(tl.int64) * s3
    else:
        upper = rows // n3
        offsets = (upper % n2).to(tl.int64) * s2 + (rows % n3).to(tl.int64) * s3
        top = upper // n2
        offsets += (top % n1).to(tl.int64) * s1 + (top // n1).to(tl.int64) * s0
    return offsets


@triton.jit
def load_operand(ptr, offsets, cols, stride, mask_rows, mask_cols, INNER: tl.constexpr):
    if INNER:
        ptrs = ptr + offsets[:, None] + cols.to(tl.int64)[None, :] * stride
        x = tl.load(ptrs, mask=mask_rows[:, None] & mask_cols[None, :], other=0)
    else:
        # The same for the whole row.
        x = tl.load(ptr + offsets, mask=mask_rows, other=0)[:, None]
    return x


@triton.jit(do_not_specialize=["alpha", "beta"])
def pointwise_kernel(
    y_ptr,
    a_ptr,
    b_ptr,  # or None: alpha
    c_ptr,  # or None: beta
    alpha,
    beta,
    n_rows,
    n_cols,
    n1,
    n2,
    n3,
    y0,
    y1,
    y2,
    y3,
    y4,
    a0,
    a1,
    a2,
    a3,
    a4,
    b0,
    b1,
    b2,
    b3,
    b4,
    c0,
    c1,
    c2,
    c3,
    c4,
    FUNCTION: tl.constexpr,
    KIND: tl.constexpr,  # which of the functions above
    COMPUTE: tl.constexpr,
    OUTER: tl.constexpr,
    A_INNER: tl.constexpr,  # whether the operand changes along a row
    B_INNER: tl.constexpr,
    C_INNER: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    rows = tl.program_id(axis=0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    in_rows = rows < n_rows
    in_cols = cols < n_cols
    a_rows = row_offsets(rows, n1, n2, n3, a0, a1, a2, a3, OUTER)
    a = load_operand(a_ptr, a_rows, cols, a4, in_rows, in_cols, A_INNER).to(COMPUTE)
    if b_ptr is None:
        b = tl.full((BLOCK_ROWS, BLOCK_COLS), alpha, dtype=COMPUTE)
    else:
        b_rows = row_offsets(rows, n1, n2, n3, b0, b1, b2, b3, OUTER)
        b = load_operand(b_ptr, b_rows, cols, b4, in_rows, in_cols, B_INNER).to(COMPUTE)
    if c_ptr is None:
        c = tl.full((BLOCK_ROWS, BLOCK_COLS), beta, dtype=COMPUTE)
    else:
        c_rows = row_offsets(rows, n1, n2, n3, c0, c1, c2, c3, OUTER)
        c = load_operand(c_ptr, c_rows, cols, c4, in_rows, in_cols, C_INNER).to(COMPUTE)
    if KIND == "unary":
        y = unary(a, FUNCTION)
    elif KIND == "unary_gradient":
        y = unary_gradient(a, b, FUNCTION)
    elif KIND == "binary":
        y = binary(a, b, alpha, beta, FUNCTION)
    elif KIND == "left_gradient":
        y = left_gradient(a, b, c, alpha, FUNCTION)
    elif KIND == "right_gradient":
        y = right_gradient(a, b, c, beta, FUNCTION)
    else:
        y = ternary(a, b, c, FUNCTION)
    y = tl.broadcast_to(y, (BLOCK_ROWS, BLOCK_COLS))
    y_rows = row_offsets(rows, n1, n2, n3, y0, y1, y2, y3, OUTER)
    y_ptrs = y_ptr + y_rows[:, None] + cols.to(tl.int64)[None, :] * y4
    tl.store(y_ptrs, y, mask=in_rows[:, None] & in_cols[None, :])
