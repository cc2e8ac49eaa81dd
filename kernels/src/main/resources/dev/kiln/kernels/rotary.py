"""Rotary position embedding: pairs of numbers turn by an angle that grows with the position.

Su et al., "RoFormer", 2021. With the angles position * base^(-2 i / d), i from 0 to d / 2,

    y1 = x1 cos - x2 sin
    y2 = x2 cos + x1 sin

A pair is (x[2 i], x[2 i + 1]) in the interleaved form and (x[i], x[i + d / 2]) in the half-split form
of GPT-NeoX. Only the first d numbers of a head turn, the others are copied. The backward pass turns
the gradients by the opposite angle.

x is of batches x positions x heads x head dimension. A program takes some positions of one batch and
all heads, so that sines and cosines are there once.
"""

import triton
import triton.language as tl


@triton.jit
def rotary_kernel(
    x_ptr,  # or None: y, in place
    y_ptr,
    positions_ptr,  # one integer for each place; or None: offset + number of the place
    cos_ptr,  # a row of d / 2 numbers for each position; or None: computed from log2_base
    sin_ptr,
    n_places,  # of one batch
    n_heads,
    head_dim,
    half,  # d / 2
    n_table,  # rows of the table; other positions give NaN
    offset,
    log2_base,
    stride_position,  # between batches
    stride_table,
    stride_xb,
    stride_xp,
    stride_xh,
    stride_yb,
    stride_yp,
    stride_yh,
    INTERLEAVED: tl.constexpr,
    INVERSE: tl.constexpr,
    COPY_REST: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_PLACES: tl.constexpr,
    BLOCK_HALF: tl.constexpr,
    BLOCK_REST: tl.constexpr,
):
    batch = tl.program_id(axis=1).to(tl.int64)
    places = tl.program_id(axis=0) * BLOCK_PLACES + tl.arange(0, BLOCK_PLACES)
    pairs = tl.arange(0, BLOCK_HALF)
    mask_places = places < n_places
    mask = mask_places[:, None] & (pairs < half)[None, :]
    wide = places.to(tl.int64)[:, None]

    if positions_ptr is None:
        position = offset + places
    else:
        position_ptrs = positions_ptr + batch * stride_position + places
        position = tl.load(position_ptrs, mask=mask_places, other=0)
    if cos_ptr is None:
        exponent = pairs.to(COMPUTE) * (-log2_base / half)
        angle = position.to(COMPUTE)[:, None] * tl.exp2(exponent)[None, :]
        cos = tl.cos(angle)
        sin = tl.sin(angle)
    else:
        is_row = (position >= 0) & (position < n_table)
        entries = position.to(tl.int64)[:, None] * stride_table + pairs[None, :]
        mask_table = mask & is_row[:, None]
        cos = tl.load(cos_ptr + entries, mask=mask_table, other=float("nan")).to(COMPUTE)
        sin = tl.load(sin_ptr + entries, mask=mask_table, other=float("nan")).to(COMPUTE)
    if INVERSE:
        sin = -sin

    if INTERLEAVED:
        first = 2 * pairs
        second = 2 * pairs + 1
    else:
        first = pairs
        second = half + pairs
    y_rows = y_ptr + batch * stride_yb + wide * stride_yp
    if x_ptr is None:
        x_rows = y_rows
    else:
        x_rows = x_ptr + batch * stride_xb + wide * stride_xp
    for head in range(0, n_heads):
        x_heads = x_rows + head * stride_xh
        y_heads = y_rows + head * stride_yh
        x1 = tl.load(x_heads + first[None, :], mask=mask, other=0.0).to(COMPUTE)
        x2 = tl.load(x_heads + second[None, :], mask=mask, other=0.0).to(COMPUTE)
        tl.store(y_heads + first[None, :], x1 * cos - x2 * sin, mask=mask)
        tl.store(y_heads + second[None, :], x2 * cos + x1 * sin, mask=mask)
        if COPY_REST:
            rest = 2 * half + tl.arange(0, BLOCK_REST)
            mask_rest = mask_places[:, None] & (rest < head_dim)[None, :]
            x = tl.load(x_heads + rest[None, :], mask=mask_rest, other=0.0)
            tl.store(y_heads + rest[None, :], x, mask=mask_rest)
