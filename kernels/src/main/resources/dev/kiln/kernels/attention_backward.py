"""Gradients of attention: the scores are computed again from the log-sum-exp L of each row.

With P = exp(S - L), W = dropout(P), D = rowsum(dO * O):

    dV = W^T dO        dW = dO V^T, through the same dropout
    dS = P * (dW - D)  dbias = dS
    dQ = scale dS' K   dK = scale dS'^T Q,  S' with the derivative of the soft cap

One kernel computes D; one takes a block of keys and goes through the queries that see it, of all
heads that share it; one takes a block of queries and goes through its keys. So each gradient is
summed by one program, always in the same order. Dao, "FlashAttention-2", 2023. The arguments are
those of attention.py.

Where there are heads enough to keep a device busy, the third kernel's two products for the scores
and weights can be saved: a launch for each block of keys, of a program for each head, adds to dQ,
in which no two programs of a launch meet.
"""

import triton
import triton.language as tl
from attention_scores import LOG2_E, attention_scores, is_kept, is_seen, sequence, visible_keys


@triton.jit
def attention_delta_kernel(
    o_ptr,
    do_ptr,
    delta_ptr,  # batch x heads x rows, or heads x rows
    sums_ptr,  # becomes 0: HEAD_DIM numbers for each one of delta; or None
    stride_ob,
    stride_oh,
    stride_on,
    stride_gb,
    stride_gh,
    stride_gn,
    stride_db,
    stride_dh,
    rows_of_head,
    COMPUTE: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    BLOCK_D: tl.constexpr,
    BLOCK_M: tl.constexpr,
):
    first = tl.program_id(axis=0).to(tl.int64) * BLOCK_M
    head = tl.program_id(axis=1).to(tl.int64)
    batch = tl.program_id(axis=2).to(tl.int64)
    in_block = tl.arange(0, BLOCK_M).to(tl.int64)
    cols = tl.arange(0, BLOCK_D)
    row_mask = in_block < rows_of_head - first
    mask = row_mask[:, None] & (cols < HEAD_DIM)[None, :]
    o_ptr += batch * stride_ob + head * stride_oh + first * stride_on
    do_ptr += batch * stride_gb + head * stride_gh + first * stride_gn
    o = tl.load(o_ptr + in_block[:, None] * stride_on + cols[None, :], mask=mask, other=0.0)
    do = tl.load(do_ptr + in_block[:, None] * stride_gn + cols[None, :], mask=mask, other=0.0)
    delta = tl.sum(o.to(COMPUTE) * do.to(COMPUTE), axis=1)
    first_delta = batch * stride_db + head * stride_dh + first
    tl.store(delta_ptr + first_delta + in_block, delta, mask=row_mask)
    if sums_ptr is not None:
        sums_ptrs = sums_ptr + first_delta * HEAD_DIM + in_block[:, None] * HEAD_DIM
        zeros = tl.zeros((BLOCK_M, BLOCK_D), dtype=COMPUTE)
        tl.store(sums_ptrs + cols[None, :], zeros, mask=mask)


@triton.jit
def attention_sums_kernel(
    sums_ptr,  # of the queries' gradients, batch x heads x rows x HEAD_DIM
    dq_ptr,
    stride_qb,
    stride_qh,
    stride_qn,
    stride_db,
    stride_dh,
    rows_of_head,
    scale,
    HEAD_DIM: tl.constexpr,
    BLOCK_D: tl.constexpr,
    BLOCK_M: tl.constexpr,
):
    first = tl.program_id(axis=0).to(tl.int64) * BLOCK_M
    head = tl.program_id(axis=1).to(tl.int64)
    batch = tl.program_id(axis=2).to(tl.int64)
    in_block = tl.arange(0, BLOCK_M).to(tl.int64)
    cols = tl.arange(0, BLOCK_D)
    mask = (in_block < rows_of_head - first)[:, None] & (cols < HEAD_DIM)[None, :]
    sums_ptr += (batch * stride_db + head * stride_dh + first) * HEAD_DIM
    dq_ptr += batch * stride_qb + head * stride_qh + first * stride_qn
    sums_ptrs = sums_ptr + in_block[:, None] * HEAD_DIM + cols[None, :]
    sums = tl.load(sums_ptrs, mask=mask, other=0.0)
    tl.store(dq_ptr + in_block[:, None] * stride_qn + cols[None, :], sums * scale, mask=mask)


@triton.jit
def row_statistic(ptrs, mask):
    """A log-sum-exp in units of log 2; 0 for a row that sees nothing, whose scores say so."""
    lse = tl.load(ptrs, mask=mask, other=0.0)
    return tl.where(lse == float("-inf"), 0.0, lse * LOG2_E)


@triton.jit
def score_gradients(
    products,
    d_weights,
    lse,  # these broadcast against the products
    delta,
    rows,
    cols,
    shift,
    n_queries,
    n_keys,
    bias_ptrs,
    left,
    right,
    score_scale,
    score_cap,
    slope,
    p,
    seed,
    first_number,
    row_length,
    MASKED: tl.constexpr,
    HAS_LEFT: tl.constexpr,
    HAS_RIGHT: tl.constexpr,
    HAS_CAP: tl.constexpr,
    HAS_SLOPE: tl.constexpr,
    HAS_BIAS: tl.constexpr,
    HAS_DROPOUT: tl.constexpr,
    COMPUTE: tl.constexpr,
):
    """Weights after dropout; the gradients of the scores before and after the soft cap."""
    scores, derivative = attention_scores(
        products,
        rows + shift,
        cols,
        bias_ptrs,
        (rows < n_queries) & (cols < n_keys),
        score_scale,
        score_cap,
        slope,
        HAS_CAP,
        HAS_SLOPE,
        HAS_BIAS,
        COMPUTE,
    )
    if MASKED:
        seen = (rows < n_queries) & (cols < n_keys)
        seen = is_seen(rows + shift, cols, left, right, HAS_LEFT, HAS_RIGHT, seen)
        scores = tl.where(seen, scores, float("-inf"))
    weights = tl.math.exp2(scores - lse)
    dropped = weights
    if HAS_DROPOUT:
        kept = is_kept(seed, first_number, rows, cols, row_length, p)
        factor = 1.0 / (1.0 - p)
        dropped = tl.where(kept, weights * factor, 0.0)
        d_weights = tl.where(kept, d_weights * factor, 0.0)
    d_scores = weights * (d_weights - delta)
    return dropped, d_scores, d_scores * derivative


# ptx sm_80, sm_90a [attention gradients of 64]: spills == 0, bank_conflicts == 0, warnings == 0
# ptx sm_80, sm_90a [attention gradients of 128]: spills == 0, bank_conflicts == 0, warnings == 0
@triton.jit(do_not_specialize=["seed", "offset", "first_block"])
def attention_keys_gradient_kernel(
    q_ptr,
    k_ptr,
    v_ptr,
    do_ptr,
    lse_ptr,
    delta_ptr,
    dk_ptr,
    dv_ptr,
    sums_ptr,  # of the queries' gradients, HEAD_DIM numbers for each one of delta; or None
    bias_ptr,
    slopes_ptr,
    cu_queries_ptr,
    cu_keys_ptr,
    stride_qb,
    stride_qh,
    stride_qn,
    stride_kb,
    stride_kh,
    stride_kn,
    stride_vb,
    stride_vh,
    stride_vn,
    stride_gb,
    stride_gh,
    stride_gn,
    stride_lb,
    stride_lh,
    stride_db,
    stride_dh,
    stride_dkb,
    stride_dkh,
    stride_dkn,
    stride_dvb,
    stride_dvh,
    stride_dvn,
    stride_bb,
    stride_bh,
    stride_bn,
    n_queries,
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
    TOP_LEFT: tl.constexpr,
    HAS_LEFT: tl.constexpr,
    HAS_RIGHT: tl.constexpr,
    HAS_CAP: tl.constexpr,
    HAS_DROPOUT: tl.constexpr,
    scale,
    first_block,
    INPUT_PRECISION: tl.constexpr,
    OPERAND: tl.constexpr,
    COMPUTE: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    BLOCK_D: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    key_head = tl.program_id(axis=1).to(tl.int64)
    batch = tl.program_id(axis=2).to(tl.int64)
    row_length = n_keys
    numbers = n_queries.to(tl.int64) * n_keys
    start_q, n_queries = sequence(cu_queries_ptr, batch, n_queries)
    start_k, n_keys = sequence(cu_keys_ptr, batch, n_keys)
    first = (first_block + tl.program_id(axis=0)) * BLOCK_N
    if first >= n_keys:
        return
    shift = 0
    if not TOP_LEFT:
        shift = n_keys - n_queries

    cols = first + tl.arange(0, BLOCK_N)
    head_cols = tl.arange(0, BLOCK_D)
    head_mask = (head_cols < HEAD_DIM)[None, :]
    in_keys = tl.arange(0, BLOCK_N).to(tl.int64)[:, None]
    in_rows = tl.arange(0, BLOCK_M)
    row_numbers = in_rows.to(tl.int64)
    key_mask = (cols < n_keys)[:, None] & head_mask
    first_key = (start_k + first).to(tl.int64)
    k_ptr += batch * stride_kb + key_head * stride_kh + first_key * stride_kn
    v_ptr += batch * stride_vb + key_head * stride_vh + first_key * stride_vn
    k = tl.load(k_ptr + in_keys * stride_kn + head_cols[None, :], mask=key_mask, other=0.0)
    v = tl.load(v_ptr + in_keys * stride_vn + head_cols[None, :], mask=key_mask, other=0.0)
    k = k.to(OPERAND)
    v = v.to(OPERAND)
    first_row = tl.cast(start_q, tl.int64)
    # The queries that see a key: the window seen from its other side.
    begin, whole_begin, whole_end, end = visible_keys(
        first - shift,
        min(first + BLOCK_N, n_keys) - 1 - shift,
        n_queries,
        right,
        left,
        HAS_RIGHT,
        HAS_LEFT,
        BLOCK_M,
    )
    # Weights of keys beyond the last one may overflow, and must not meet the zeros of those keys.
    whole_end = tl.where(first + BLOCK_N > n_keys, whole_begin, whole_end)

    dk = tl.zeros((BLOCK_N, BLOCK_D), dtype=COMPUTE)
    dv = tl.zeros((BLOCK_N, BLOCK_D), dtype=COMPUTE)
    for member in range(0, group):
        head = key_head * group + member
        q_head = q_ptr + batch * stride_qb + head * stride_qh
        do_head = do_ptr + batch * stride_gb + head * stride_gh
        lse_head = lse_ptr + batch * stride_lb + head * stride_lh + first_row
        delta_head = delta_ptr + batch * stride_db + head * stride_dh + first_row
        first_number = offset + (batch * heads + head) * numbers
        slope = 0.0
        if slopes_ptr is not None:
            slope = tl.load(slopes_ptr + head).to(COMPUTE) * LOG2_E
        for part in tl.static_range(0, 3):
            if part > 0 or HAS_RIGHT:
                part_begin = begin if part == 0 else (whole_begin if part == 1 else whole_end)
                part_end = whole_begin if part == 0 else (whole_end if part == 1 else end)
                for start in range(part_begin, part_end, BLOCK_M):
                    rows = start + in_rows
                    row_mask = rows < n_queries
                    mask = head_mask
                    if part != 1:
                        mask = row_mask[:, None] & head_mask
                    from_row = first_row + start
                    q_ptrs = q_head + from_row * stride_qn + row_numbers[:, None] * stride_qn
                    do_ptrs = do_head + from_row * stride_gn + row_numbers[:, None] * stride_gn
                    q = tl.load(q_ptrs + head_cols[None, :], mask=mask, other=0.0).to(OPERAND)
                    do = tl.load(do_ptrs + head_cols[None, :], mask=mask, other=0.0).to(OPERAND)
                    lse = row_statistic(lse_head + rows, row_mask)
                    delta = tl.load(delta_head + rows, mask=row_mask, other=0.0)
                    bias_ptrs = bias_ptr
                    if bias_ptr is not None:
                        bias_ptrs = bias_ptr + batch * stride_bb + head * stride_bh
                        bias_ptrs += start.to(tl.int64) * stride_bn
                        bias_ptrs = bias_ptrs + in_rows[None, :] * stride_bn + cols[:, None]
                    # Transposed: a row for each key.
                    products = tl.dot(
                        k, tl.trans(q), input_precision=INPUT_PRECISION, out_dtype=COMPUTE
                    )
                    d_weights = tl.dot(
                        v, tl.trans(do), input_precision=INPUT_PRECISION, out_dtype=COMPUTE
                    )
                    weights, _, d_products = score_gradients(
                        products,
                        d_weights,
                        lse[None, :],
                        delta[None, :],
                        rows[None, :],
                        cols[:, None],
                        shift,
                        n_queries,
                        n_keys,
                        bias_ptrs,
                        left,
                        right,
                        score_scale,
                        score_cap,
                        slope,
                        p,
                        seed,
                        first_number,
                        row_length,
                        part != 1,
                        HAS_LEFT,
                        HAS_RIGHT,
                        HAS_CAP,
                        slopes_ptr is not None,
                        bias_ptr is not None,
                        HAS_DROPOUT,
                        COMPUTE,
                    )
                    dv = tl.dot(
                        weights.to(OPERAND),
                        do,
                        dv,
                        input_precision=INPUT_PRECISION,
                        out_dtype=COMPUTE,
                    )
                    d_products = d_products.to(OPERAND)
                    dk = tl.dot(
                        d_products, q, dk, input_precision=INPUT_PRECISION, out_dtype=COMPUTE
                    )
                    if sums_ptr is not None:
                        row = batch * stride_db + head * stride_dh + from_row
                        sums_ptrs = sums_ptr + row * HEAD_DIM + in_rows[:, None] * HEAD_DIM
                        sums_ptrs = sums_ptrs + head_cols[None, :]
                        sums = tl.load(sums_ptrs, mask=mask, other=0.0)
                        sums = tl.dot(
                            tl.trans(d_products),
                            k,
                            sums,
                            input_precision=INPUT_PRECISION,
                            out_dtype=COMPUTE,
                        )
                        tl.store(sums_ptrs, sums, mask=mask)

    dk_ptr += batch * stride_dkb + key_head * stride_dkh + first_key * stride_dkn
    dv_ptr += batch * stride_dvb + key_head * stride_dvh + first_key * stride_dvn
    tl.store(dk_ptr + in_keys * stride_dkn + head_cols[None, :], dk * scale, mask=key_mask)
    tl.store(dv_ptr + in_keys * stride_dvn + head_cols[None, :], dv, mask=key_mask)


# ptx sm_80, sm_90a [attention gradients of 64]: spills == 0, bank_conflicts == 0, warnings == 0
# ptx sm_80, sm_90a [attention gradients of 128]: spills == 0, bank_conflicts == 0, warnings == 0
@triton.jit(do_not_specialize=["seed", "offset"])
def attention_queries_gradient_kernel(
    q_ptr,
    k_ptr,
    v_ptr,
    do_ptr,
    lse_ptr,
    delta_ptr,
    dq_ptr,
    dbias_ptr,  # or None
    bias_ptr,
    slopes_ptr,
    cu_queries_ptr,
    cu_keys_ptr,
    stride_qb,
    stride_qh,
    stride_qn,
    stride_kb,
    stride_kh,
    stride_kn,
    stride_vb,
    stride_vh,
    stride_vn,
    stride_gb,
    stride_gh,
    stride_gn,
    stride_lb,
    stride_lh,
    stride_db,
    stride_dh,
    stride_dqb,
    stride_dqh,
    stride_dqn,
    stride_dbb,
    stride_dbh,
    stride_dbn,
    stride_bb,
    stride_bh,
    stride_bn,
    n_queries,
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
    TOP_LEFT: tl.constexpr,
    HAS_LEFT: tl.constexpr,
    HAS_RIGHT: tl.constexpr,
    HAS_CAP: tl.constexpr,
    HAS_DROPOUT: tl.constexpr,
    scale,
    INPUT_PRECISION: tl.constexpr,
    OPERAND: tl.constexpr,
    COMPUTE: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    BLOCK_D: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    block = tl.num_programs(axis=0) - 1 - tl.program_id(axis=0)
    head = tl.program_id(axis=1).to(tl.int64)
    batch = tl.program_id(axis=2).to(tl.int64)
    row_length = n_keys
    first_number = offset + (batch * heads + head) * n_queries * n_keys
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
    mask = row_mask[:, None] & head_mask
    in_block = tl.arange(0, BLOCK_M).to(tl.int64)[:, None]
    keys = tl.arange(0, BLOCK_N)
    first_row = (start_q + first).to(tl.int64)
    first_key = tl.cast(start_k, tl.int64)
    q_ptr += batch * stride_qb + head * stride_qh + first_row * stride_qn
    do_ptr += batch * stride_gb + head * stride_gh + first_row * stride_gn
    k_ptr += batch * stride_kb + head // group * stride_kh + first_key * stride_kn
    v_ptr += batch * stride_vb + head // group * stride_vh + first_key * stride_vn
    q = tl.load(q_ptr + in_block * stride_qn + head_cols[None, :], mask=mask, other=0.0)
    do = tl.load(do_ptr + in_block * stride_gn + head_cols[None, :], mask=mask, other=0.0)
    q = q.to(OPERAND)
    do = do.to(OPERAND)
    lse_ptr += batch * stride_lb + head * stride_lh + start_q
    delta_ptr += batch * stride_db + head * stride_dh + start_q
    lse = row_statistic(lse_ptr + rows, row_mask)
    delta = tl.load(delta_ptr + rows, mask=row_mask, other=0.0)
    slope = 0.0
    if slopes_ptr is not None:
        slope = tl.load(slopes_ptr + head).to(COMPUTE) * LOG2_E
    if bias_ptr is not None:
        bias_ptr += batch * stride_bb + head * stride_bh + first.to(tl.int64) * stride_bn
    if dbias_ptr is not None:
        dbias_ptr += batch * stride_dbb + head * stride_dbh + first.to(tl.int64) * stride_dbn
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

    dq = tl.zeros((BLOCK_M, BLOCK_D), dtype=COMPUTE)
    for part in tl.static_range(0, 3):
        if part > 0 or HAS_LEFT:
            part_begin = begin if part == 0 else (whole_begin if part == 1 else whole_end)
            part_end = whole_begin if part == 0 else (whole_end if part == 1 else end)
            for start in range(part_begin, part_end, BLOCK_N):
                cols = start + keys
                key_mask = head_mask
                if part != 1:
                    key_mask = (cols < n_keys)[:, None] & head_mask
                k_ptrs = k_ptr + start.to(tl.int64) * stride_kn + keys.to(tl.int64)[:, None] * stride_kn
                v_ptrs = v_ptr + start.to(tl.int64) * stride_vn + keys.to(tl.int64)[:, None] * stride_vn
                k = tl.load(k_ptrs + head_cols[None, :], mask=key_mask, other=0.0).to(OPERAND)
                v = tl.load(v_ptrs + head_cols[None, :], mask=key_mask, other=0.0).to(OPERAND)
                bias_ptrs = bias_ptr
                if bias_ptr is not None:
                    bias_ptrs = bias_ptr + in_block * stride_bn + cols[None, :]
                products = tl.dot(
                    q, tl.trans(k), input_precision=INPUT_PRECISION, out_dtype=COMPUTE
                )
                d_weights = tl.dot(
                    do, tl.trans(v), input_precision=INPUT_PRECISION, out_dtype=COMPUTE
                )
                _, d_scores, d_products = score_gradients(
                    products,
                    d_weights,
                    lse[:, None],
                    delta[:, None],
                    rows[:, None],
                    cols[None, :],
                    shift,
                    n_queries,
                    n_keys,
                    bias_ptrs,
                    left,
                    right,
                    score_scale,
                    score_cap,
                    slope,
                    p,
                    seed,
                    first_number,
                    row_length,
                    part != 1,
                    HAS_LEFT,
                    HAS_RIGHT,
                    HAS_CAP,
                    slopes_ptr is not None,
                    bias_ptr is not None,
                    HAS_DROPOUT,
                    COMPUTE,
                )
                if dbias_ptr is not None:
                    in_range = row_mask[:, None] & (cols < n_keys)[None, :]
                    tl.store(
                        dbias_ptr + in_block * stride_dbn + cols[None, :], d_scores, mask=in_range
                    )
                dq = tl.dot(
                    d_products.to(OPERAND),
                    k,
                    dq,
                    input_precision=INPUT_PRECISION,
                    out_dtype=COMPUTE,
                )

    dq_ptr += batch * stride_dqb + head * stride_dqh + first_row * stride_dqn
    tl.store(dq_ptr + in_block * stride_dqn + head_cols[None, :], dq * scale, mask=mask)
    if dbias_ptr is not None:
        zeros = tl.zeros((BLOCK_M, BLOCK_N), dtype=COMPUTE)
        for start in range(0, tl.cdiv(n_keys, BLOCK_N) * BLOCK_N, BLOCK_N):
            if (start < begin) | (start >= end):
                cols = start + keys
                in_range = row_mask[:, None] & (cols < n_keys)[None, :]
                tl.store(
                    dbias_ptr + in_block * stride_dbn + cols[None, :], zeros, mask=in_range
                )
