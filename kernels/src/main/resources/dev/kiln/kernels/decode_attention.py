"""Attention of one new query for each sequence to a cache of keys and values.

The keys of a sequence are split among SPLITS programs, each of which takes the query heads that
share a key head together; a second kernel combines what they found. Dao et al., "Flash-Decoding
for long-context inference", 2023. The cache is either batch x key heads x rows x head size, or
pages x key heads x PAGE x head size with a table of the pages of each sequence: Kwon et al.,
"Efficient memory management for large language model serving with PagedAttention", 2023.

A query stands at the last key of its sequence. Scores are those of attention_scores.py.
"""

import triton
import triton.language as tl
from attention_scores import LN_2, LOG2_E, attention_scores


@triton.jit
def cache_rows(table_ptr, batch, cols, mask, stride_b, stride_n, PAGE: tl.constexpr):
    """Offsets of the rows of keys in a cache."""
    if table_ptr is None:
        return batch * stride_b + cols.to(tl.int64) * stride_n
    else:
        pages = tl.load(table_ptr + cols // PAGE, mask=mask, other=0).to(tl.int64)
        return pages * stride_b + (cols % PAGE).to(tl.int64) * stride_n


@triton.jit
def decode_attention_kernel(
    q_ptr,
    k_ptr,
    v_ptr,
    parts_ptr,  # batch x heads x SPLITS x (HEAD_DIM + 2): sums, maximum, total of the weights
    lengths_ptr,
    table_ptr,  # or None
    slopes_ptr,  # or None
    stride_qb,
    stride_qh,
    stride_kb,
    stride_kh,
    stride_kn,
    stride_vb,
    stride_vh,
    stride_vn,
    stride_tb,
    capacity,
    group,
    left,
    score_scale,
    score_cap,
    HAS_LEFT: tl.constexpr,
    HAS_CAP: tl.constexpr,
    PAGE: tl.constexpr,
    SPLITS: tl.constexpr,
    USE_DOT: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    OPERAND: tl.constexpr,
    COMPUTE: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    BLOCK_D: tl.constexpr,
    BLOCK_G: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    split = tl.program_id(axis=0)
    key_head = tl.program_id(axis=1).to(tl.int64)
    batch = tl.program_id(axis=2).to(tl.int64)
    length = min(tl.load(lengths_ptr + batch).to(tl.int32), capacity)
    first = 0
    if HAS_LEFT:
        first = max(length - 1 - left, 0) // BLOCK_N * BLOCK_N
    share = tl.cdiv(tl.cdiv(max(length - first, 0), SPLITS), BLOCK_N) * BLOCK_N
    begin = first + split * share
    end = min(begin + share, length)

    members = tl.arange(0, BLOCK_G)
    head_cols = tl.arange(0, BLOCK_D)
    head_mask = (head_cols < HEAD_DIM)[None, :]
    member_mask = members < group
    heads = key_head * group + members
    q_ptrs = q_ptr + batch * stride_qb + heads[:, None] * stride_qh + head_cols[None, :]
    q = tl.load(q_ptrs, mask=member_mask[:, None] & head_mask, other=0.0).to(OPERAND)
    slope = 0.0
    if slopes_ptr is not None:
        slopes = tl.load(slopes_ptr + heads, mask=member_mask, other=0.0)
        slope = slopes.to(COMPUTE)[:, None] * LOG2_E
    if table_ptr is not None:
        table_ptr += batch * stride_tb
    k_ptr += key_head * stride_kh
    v_ptr += key_head * stride_vh

    acc = tl.zeros((BLOCK_G, BLOCK_D), dtype=COMPUTE)
    total = tl.zeros((BLOCK_G,), dtype=COMPUTE)
    top = tl.full((BLOCK_G,), float("-inf"), dtype=COMPUTE)
    for start in range(begin, end, BLOCK_N):
        cols = start + tl.arange(0, BLOCK_N)
        in_range = cols < end
        mask = in_range[:, None] & head_mask
        k_rows = cache_rows(table_ptr, batch, cols, in_range, stride_kb, stride_kn, PAGE)
        v_rows = cache_rows(table_ptr, batch, cols, in_range, stride_vb, stride_vn, PAGE)
        k = tl.load(k_ptr + k_rows[:, None] + head_cols[None, :], mask=mask, other=0.0)
        v = tl.load(v_ptr + v_rows[:, None] + head_cols[None, :], mask=mask, other=0.0)
        k = k.to(OPERAND)
        v = v.to(OPERAND)
        if USE_DOT:
            products = tl.dot(q, tl.trans(k), input_precision=INPUT_PRECISION, out_dtype=COMPUTE)
        else:
            products = tl.sum(q[:, None, :] * k[None, :, :], axis=2)
        scores, _ = attention_scores(
            products,
            length - 1,
            cols[None, :],
            None,
            None,
            score_scale,
            score_cap,
            slope,
            HAS_CAP,
            slopes_ptr is not None,
            False,
            COMPUTE,
        )
        seen = in_range[None, :]
        if HAS_LEFT:
            seen = seen & (cols >= length - 1 - left)[None, :]
        scores = tl.where(seen, scores, float("-inf"))
        new_top = tl.maximum(top, tl.max(scores, axis=1))
        base = tl.where(new_top == float("-inf"), 0.0, new_top)
        weights = tl.math.exp2(scores - base[:, None])
        shrink = tl.math.exp2(top - base)
        total = total * shrink + tl.sum(weights, axis=1)
        acc = acc * shrink[:, None]
        if USE_DOT:
            acc = tl.dot(
                weights.to(OPERAND),
                v,
                acc,
                input_precision=INPUT_PRECISION,
                out_dtype=COMPUTE,
            )
        else:
            acc += tl.sum(weights[:, :, None] * v[None, :, :], axis=1)
        top = new_top

    n_heads = tl.num_programs(axis=1) * group
    parts = (batch * n_heads + heads) * SPLITS + split
    parts_ptrs = parts_ptr + parts * (HEAD_DIM + 2)
    mask = member_mask[:, None] & head_mask
    tl.store(parts_ptrs[:, None] + head_cols[None, :], acc, mask=mask)
    tl.store(parts_ptrs + HEAD_DIM, top, mask=member_mask)
    tl.store(parts_ptrs + HEAD_DIM + 1, total, mask=member_mask)


@triton.jit
def decode_combine_kernel(
    parts_ptr,
    o_ptr,
    lse_ptr,  # batch x heads, or None
    stride_ob,
    stride_oh,
    COMPUTE: tl.constexpr,
    SPLITS: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    BLOCK_D: tl.constexpr,
):
    head = tl.program_id(axis=0).to(tl.int64)
    batch = tl.program_id(axis=1).to(tl.int64)
    row = batch * tl.num_programs(axis=0) + head
    cols = tl.arange(0, BLOCK_D)
    mask = cols < HEAD_DIM
    acc = tl.zeros((BLOCK_D,), dtype=COMPUTE)
    total = tl.zeros((1,), dtype=COMPUTE)
    top = tl.full((1,), float("-inf"), dtype=COMPUTE)
    for split in range(0, SPLITS):
        part_ptr = parts_ptr + (row * SPLITS + split) * (HEAD_DIM + 2)
        part_top = tl.load(part_ptr + HEAD_DIM)
        part_total = tl.load(part_ptr + HEAD_DIM + 1)
        new_top = tl.maximum(top, part_top)
        base = tl.where(new_top == float("-inf"), 0.0, new_top)
        shrink = tl.math.exp2(top - base)
        factor = tl.math.exp2(part_top - base)
        total = total * shrink + part_total * factor
        acc = acc * shrink + tl.load(part_ptr + cols, mask=mask, other=0.0) * factor
        top = new_top
    sees = total > 0.0
    divisor = tl.where(sees, total, 1.0)
    tl.store(o_ptr + batch * stride_ob + head * stride_oh + cols, acc / divisor, mask=mask)
    if lse_ptr is not None:
        lse = (top + tl.math.log2(divisor)) * LN_2
        lse = tl.where(sees, lse, float("-inf"))
        tl.store(lse_ptr + row + tl.arange(0, 1), lse)
