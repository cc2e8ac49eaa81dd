"""Attention: O = dropout(softmax(S)) V with S as in attention_scores.py, in one pass over the keys.

The scores of a block of queries are never stored whole: for each block of keys the running maximum
m, the running sum l of exp(s - m) and the running O are brought up to date. Milakov and
Gimelshein, "Online normalizer calculation for softmax", 2018; Dao et al., "FlashAttention", 2022;
Dao, "FlashAttention-2", 2023.

Arrays are given by strides, with neighbours along the head dimension side by side. Query heads
h GROUP ... h GROUP + GROUP - 1 share key and value head h (grouped queries, Ainslie et al., "GQA",
2023). With cu_queries and cu_keys batch b consists of rows cu[b] to cu[b + 1] - 1 of one long
array.
"""

import triton
import triton.language as tl
from attention_scores import LN_2, LOG2_E, attention_scores, is_kept, is_seen, sequence, visible_keys


@triton.jit
def attention_step(
    acc,
    total,
    top,
    q,
    start,
    k_ptrs,
    v_ptrs,
    bias_ptrs,
    rows,
    row_mask,
    shift,
    n_keys,
    left,
    right,
    score_scale,
    score_cap,
    slope,
    p,
    seed,
    first_number,
    row_length,
    head_mask,
    MASKED: tl.constexpr,
    HAS_LEFT: tl.constexpr,
    HAS_RIGHT: tl.constexpr,
    HAS_CAP: tl.constexpr,
    HAS_SLOPE: tl.constexpr,
    HAS_BIAS: tl.constexpr,
    HAS_DROPOUT: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    OPERAND: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    """One block of keys."""
    cols = start + tl.arange(0, BLOCK_N)
    mask = head_mask
    if MASKED:
        mask = (cols < n_keys)[:, None] & head_mask
    k = tl.load(k_ptrs, mask=mask, other=0.0).to(OPERAND)
    v = tl.load(v_ptrs, mask=mask, other=0.0).to(OPERAND)
    products = tl.dot(q, tl.trans(k), input_precision=INPUT_PRECISION, out_dtype=COMPUTE)
    positions = (rows + shift)[:, None]
    in_range = row_mask[:, None] & (cols < n_keys)[None, :]
    scores = products
    if HAS_CAP or HAS_SLOPE or HAS_BIAS:
        scores, _ = attention_scores(
            products,
            positions,
            cols[None, :],
            bias_ptrs,
            in_range,
            score_scale,
            score_cap,
            slope,
            HAS_CAP,
            HAS_SLOPE,
            HAS_BIAS,
            COMPUTE,
        )
    if MASKED:
        seen = (cols < n_keys)[None, :]
        seen = is_seen(positions, cols[None, :], left, right, HAS_LEFT, HAS_RIGHT, seen)
        scores = tl.where(seen, scores, float("-inf"))
    largest = tl.max(scores, axis=1)
    if not (HAS_CAP or HAS_SLOPE or HAS_BIAS):
        # The factor is positive: the largest product gives the largest score.
        largest *= score_scale
    new_top = tl.maximum(top, largest)
    base = new_top
    if MASKED or HAS_BIAS:
        # Where nothing was seen yet, minus infinity less itself would be NaN.
        base = tl.where(new_top == float("-inf"), 0.0, new_top)
    if HAS_CAP or HAS_SLOPE or HAS_BIAS:
        weights = tl.math.exp2(scores - base[:, None])
    else:
        weights = tl.math.exp2(scores * score_scale - base[:, None])
    shrink = tl.math.exp2(top - base)
    total = total * shrink + tl.sum(weights, axis=1)
    if HAS_DROPOUT:
        kept = is_kept(seed, first_number, rows[:, None], cols[None, :], row_length, p)
        weights = tl.where(kept, weights, 0.0)
    acc = acc * shrink[:, None]
    acc = tl.dot(weights.to(OPERAND), v, acc, input_precision=INPUT_PRECISION, out_dtype=COMPUTE)
    return acc, total, new_top


# ptx sm_80, sm_90a [attention of 64]: registers <= 255, spills == 0, bank_conflicts == 0
# ptx sm_80, sm_90a [attention of 64]: sectors == ideal, warnings == 0
# ptx sm_80 [attention of 64]: others_per_mma <= 4.0
# ptx sm_80 [attention of 128]: others_per_mma <= 2.8
# ptx sm_80, sm_90a [attention of 128]: registers <= 255, spills == 0, bank_conflicts == 0
# ptx sm_80, sm_90a [attention of 128]: sectors == ideal, warnings == 0
@triton.jit(do_not_specialize=["seed", "offset"])
def attention_kernel(
    q_ptr,
    k_ptr,
    v_ptr,
    o_ptr,
    lse_ptr,  # log(sum(exp(S))) of each row; or None
    bias_ptr,  # or None
    slopes_ptr,  # a slope for each head; or None
    cu_queries_ptr,  # or None
    cu_keys_ptr,  # or None
    stride_qb,
    stride_qh,
    stride_qn,
    stride_kb,
    stride_kh,
    stride_kn,
    stride_vb,
    stride_vh,
    stride_vn,
    stride_ob,
    stride_oh,
    stride_on,
    stride_lb,
    stride_lh,
    stride_bb,
    stride_bh,
    stride_bn,
    n_queries,  # the most of a batch, if they vary
    n_keys,
    heads,
    group,
    left,
    right,
    score_scale,
    score_cap,
    p,
    seed: tl.int64,
    offset: tl.int64,
    TOP_LEFT: tl.constexpr,  # query i stands at position i, else the last query at the last key
    HAS_LEFT: tl.constexpr,
    HAS_RIGHT: tl.constexpr,
    HAS_CAP: tl.constexpr,
    HAS_DROPOUT: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    OPERAND: tl.constexpr,
    COMPUTE: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    BLOCK_D: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    # The last blocks of causal attention see most: they start first.
    block = tl.num_programs(axis=0) - 1 - tl.program_id(axis=0)
    head = tl.program_id(axis=1).to(tl.int64)
    batch = tl.program_id(axis=2).to(tl.int64)
    # The numbers of dropout are counted in the longest batch, whatever this one's length.
    row_length = n_keys
    first_number = offset + (batch * heads + head) * n_queries * n_keys
    q_ptr += batch * stride_qb + head * stride_qh
    o_ptr += batch * stride_ob + head * stride_oh
    k_ptr += batch * stride_kb + head // group * stride_kh
    v_ptr += batch * stride_vb + head // group * stride_vh
    start_q, n_queries = sequence(cu_queries_ptr, batch, n_queries)
    start_k, n_keys = sequence(cu_keys_ptr, batch, n_keys)
    first = block * BLOCK_M
    if first >= n_queries:
        return
    shift = 0
    if not TOP_LEFT:
        shift = n_keys - n_queries

    rows = first + tl.arange(0, BLOCK_M)
    head_cols = tl.arange(0, BLOCK_D)
    row_mask = rows < n_queries
    head_mask = (head_cols < HEAD_DIM)[None, :]
    in_block = tl.arange(0, BLOCK_M).to(tl.int64)[:, None]
    first_row = (start_q + first).to(tl.int64)
    first_key = tl.cast(start_k, tl.int64)
    q_ptr += first_row * stride_qn
    o_ptr += first_row * stride_on
    k_ptr += first_key * stride_kn
    v_ptr += first_key * stride_vn
    mask = row_mask[:, None] & head_mask
    q = tl.load(q_ptr + in_block * stride_qn + head_cols[None, :], mask=mask, other=0.0)
    q = q.to(OPERAND)
    slope = 0.0
    if slopes_ptr is not None:
        slope = tl.load(slopes_ptr + head).to(COMPUTE) * LOG2_E
    keys = tl.arange(0, BLOCK_N)
    bias_ptrs = bias_ptr
    if bias_ptr is not None:
        bias_ptr += batch * stride_bb + head * stride_bh + first.to(tl.int64) * stride_bn
        bias_ptrs = bias_ptr + in_block * stride_bn + keys[None, :]
    k_ptrs = k_ptr + keys.to(tl.int64)[:, None] * stride_kn + head_cols[None, :]
    v_ptrs = v_ptr + keys.to(tl.int64)[:, None] * stride_vn + head_cols[None, :]

    acc = tl.zeros((BLOCK_M, BLOCK_D), dtype=COMPUTE)
    total = tl.zeros((BLOCK_M,), dtype=COMPUTE)
    top = tl.full((BLOCK_M,), float("-inf"), dtype=COMPUTE)
    begin, whole_begin, whole_end, end = visible_keys(
        first + shift,
        min(first + BLOCK_M, n_queries) - 1 + shift,
        n_keys,
        left,
        right,
        HAS_LEFT,
        HAS_RIGHT,
        BLOCK_N,
    )
    # Blocks at the window's left edge, blocks without masks, blocks at the right edge.
    for part in tl.static_range(0, 3):
        if part > 0 or HAS_LEFT:
            part_begin = begin if part == 0 else (whole_begin if part == 1 else whole_end)
            part_end = whole_begin if part == 0 else (whole_end if part == 1 else end)
            for start in range(part_begin, part_end, BLOCK_N):
                acc, total, top = attention_step(
                    acc,
                    total,
                    top,
                    q,
                    start,
                    k_ptrs + start.to(tl.int64) * stride_kn,
                    v_ptrs + start.to(tl.int64) * stride_vn,
                    bias_ptrs if bias_ptr is None else bias_ptrs + start,
                    rows,
                    row_mask,
                    shift,
                    n_keys,
                    left,
                    right,
                    score_scale,
                    score_cap,
                    slope,
                    p,
                    seed,
                    first_number,
                    row_length,
                    head_mask,
                    part != 1,
                    HAS_LEFT,
                    HAS_RIGHT,
                    HAS_CAP,
                    slopes_ptr is not None,
                    bias_ptr is not None,
                    HAS_DROPOUT,
                    INPUT_PRECISION,
                    OPERAND,
                    COMPUTE,
                    BLOCK_N,
                )

    # A row that sees nothing is 0, its log-sum-exp minus infinity.
    sees = total > 0.0
    inverse = tl.where(sees, 1.0 / tl.where(sees, total, 1.0), 0.0)
    if HAS_DROPOUT:
        inverse = inverse / (1.0 - p)
    o_ptrs = o_ptr + in_block * stride_on + head_cols[None, :]
    tl.store(o_ptrs, acc * inverse[:, None], mask=mask)
    if lse_ptr is not None:
        lse_ptr += batch * stride_lb + head * stride_lh + start_q
        lse = (top + tl.math.log2(tl.where(sees, total, 1.0))) * LN_2
        tl.store(lse_ptr + rows, tl.where(sees, lse, float("-inf")), mask=row_mask)
