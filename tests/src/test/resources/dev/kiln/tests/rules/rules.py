"""One kernel for each way in which the CPU device computes. Arithmetic follows the dtype of the arrays."""

import triton
import triton.language as tl


@triton.jit
def elementwise(x_ptr, y_ptr, out_ptr, n, scale, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0)
    y = tl.load(y_ptr + offsets, mask=mask, other=1.0)
    z = x * y + (x - y) * (x - y)
    z = tl.where(x > y, z, -z) + tl.abs(y)
    tl.store(out_ptr + offsets, z / (1.0 + y * y), mask=mask)


@triton.jit
def functions(x_ptr, out_ptr, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0)
    positive = tl.abs(x) + 0.5
    tl.store(out_ptr + offsets, tl.exp(x), mask=mask)
    tl.store(out_ptr + n + offsets, tl.log(positive), mask=mask)
    tl.store(out_ptr + 2 * n + offsets, tl.sin(x) + tl.cos(x), mask=mask)
    tl.store(out_ptr + 3 * n + offsets, tl.erf(x), mask=mask)
    tl.store(out_ptr + 4 * n + offsets, tl.sqrt(positive) * tl.rsqrt(positive + 1.0), mask=mask)
    tl.store(out_ptr + 5 * n + offsets, tl.sigmoid(x), mask=mask)
    tl.store(out_ptr + 6 * n + offsets, tl.exp2(x) + tl.log2(positive), mask=mask)
    tl.store(out_ptr + 7 * n + offsets, tl.floor(x) + tl.ceil(x * 3.0), mask=mask)


@triton.jit
def integers(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask, other=0)
    y = tl.load(y_ptr + offsets, mask=mask, other=1)
    z = (x // y) * 3 + (x % y) - (x << 3) + (x >> 2)
    z = z ^ (x & y) | (y * 17)
    tl.store(out_ptr + offsets, tl.maximum(z, x) - tl.minimum(z, y), mask=mask)


@triton.jit
def conversions(x_ptr, half_ptr, brain_ptr, small_ptr, byte_ptr, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0)
    tl.store(half_ptr + offsets, (x * 1.7).to(tl.float16), mask=mask)
    tl.store(brain_ptr + offsets, (x / 3.0).to(tl.bfloat16), mask=mask)
    tl.store(small_ptr + offsets, x.to(tl.float8e4nv), mask=mask)
    tl.store(byte_ptr + offsets, (x * 20.0).to(tl.int8), mask=mask)


@triton.jit
def masked_rows(x_ptr, out_ptr, n_rows, n_cols, stride, ROWS: tl.constexpr, COLS: tl.constexpr):
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    cols = tl.arange(0, COLS)
    inside = (rows[:, None] < n_rows) & (cols[None, :] < n_cols)
    odd = ((rows[:, None] + cols[None, :]) % 3) != 1
    x = tl.load(x_ptr + rows[:, None] * stride + cols[None, :], mask=inside & odd, other=-1.0)
    even = (cols[None, :] & 1) == 0
    tl.store(out_ptr + rows[:, None] * stride + cols[None, :], x * 2.0, mask=inside & even)


@triton.jit
def row_reductions(x_ptr, out_ptr, index_ptr, n_cols, stride, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    cols = tl.arange(0, BLOCK)
    mask = cols < n_cols
    x = tl.load(x_ptr + row * stride + cols, mask=mask, other=0.0)
    tl.store(out_ptr + row * 4, tl.sum(x, axis=0))
    tl.store(out_ptr + row * 4 + 1, tl.max(x, axis=0))
    tl.store(out_ptr + row * 4 + 2, tl.min(tl.where(mask, x, float("inf")), axis=0))
    tl.store(out_ptr + row * 4 + 3, tl.sum(tl.where(mask, x * x, 0.0), axis=0))
    tl.store(index_ptr + row * 2, tl.argmax(x, axis=0))
    tl.store(index_ptr + row * 2 + 1, tl.argmin(x, axis=0))


@triton.jit
def tile_reductions(x_ptr, rows_ptr, cols_ptr, all_ptr, ROWS: tl.constexpr, COLS: tl.constexpr):
    pid = tl.program_id(0)
    rows = tl.arange(0, ROWS)
    cols = tl.arange(0, COLS)
    x = tl.load(x_ptr + pid * ROWS * COLS + rows[:, None] * COLS + cols[None, :])
    tl.store(rows_ptr + pid * ROWS + rows, tl.sum(x, axis=1))
    tl.store(cols_ptr + pid * COLS + cols, tl.max(x, axis=0))
    tl.store(all_ptr + pid, tl.sum(x))


@triton.jit
def add_pairs(mean_a, square_a, count_a, mean_b, square_b, count_b):
    delta = mean_b - mean_a
    count = count_a + count_b
    part = tl.where(count == 0.0, 0.0, count_b / count)
    return mean_a + delta * part, square_a + square_b + delta * delta * count_a * part, count


@triton.jit
def welford(x_ptr, mean_ptr, square_ptr, n_cols, stride, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    cols = tl.arange(0, BLOCK)
    mask = cols < n_cols
    x = tl.load(x_ptr + row * stride + cols, mask=mask, other=0.0)
    count = tl.where(mask, 1.0, 0.0).to(x.dtype)
    mean, square, _ = tl.reduce((x, tl.zeros_like(x), count), 0, add_pairs)
    tl.store(mean_ptr + row, mean)
    tl.store(square_ptr + row, square)


@triton.jit
def softmax(x_ptr, out_ptr, n_cols, stride, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    cols = tl.arange(0, BLOCK)
    mask = cols < n_cols
    x = tl.load(x_ptr + row * stride + cols, mask=mask, other=float("-inf"))
    e = tl.exp(x - tl.max(x, axis=0))
    tl.store(out_ptr + row * stride + cols, e / tl.sum(e, axis=0), mask=mask)


@triton.jit
def layer_norm(x_ptr, w_ptr, b_ptr, out_ptr, n_cols, stride, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    dtype: tl.constexpr = x_ptr.dtype.element_ty
    sums = tl.zeros((BLOCK,), dtype=dtype)
    squares = tl.zeros((BLOCK,), dtype=dtype)
    for start in range(0, n_cols, BLOCK):
        cols = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + row * stride + cols, mask=cols < n_cols, other=0.0)
        sums += x
        squares += x * x
    mean = tl.sum(sums, axis=0) / n_cols
    variance = tl.sum(squares, axis=0) / n_cols - mean * mean
    scale = 1.0 / tl.sqrt(variance + eps)
    for start in range(0, n_cols, BLOCK):
        cols = start + tl.arange(0, BLOCK)
        mask = cols < n_cols
        x = tl.load(x_ptr + row * stride + cols, mask=mask, other=0.0)
        w = tl.load(w_ptr + cols, mask=mask, other=0.0)
        b = tl.load(b_ptr + cols, mask=mask, other=0.0)
        tl.store(out_ptr + row * stride + cols, (x - mean) * scale * w + b, mask=mask)


@triton.jit
def product(a_ptr, b_ptr, c_ptr, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    cols = tl.program_id(1) * BN + tl.arange(0, BN)
    dtype: tl.constexpr = c_ptr.dtype.element_ty
    acc = tl.zeros((BM, BN), dtype=dtype)
    for start in range(0, K, BK):
        ks = start + tl.arange(0, BK)
        a = tl.load(a_ptr + rows[:, None] * K + ks[None, :], mask=(rows[:, None] < M) & (ks[None, :] < K), other=0.0)
        b = tl.load(b_ptr + ks[:, None] * N + cols[None, :], mask=(ks[:, None] < K) & (cols[None, :] < N), other=0.0)
        acc = tl.dot(a, b, acc, input_precision="ieee", out_dtype=dtype)
    tl.store(c_ptr + rows[:, None] * N + cols[None, :], acc, mask=(rows[:, None] < M) & (cols[None, :] < N))


@triton.jit
def half_product(a_ptr, b_ptr, c_ptr, K: tl.constexpr, BLOCK: tl.constexpr):
    pid = tl.program_id(0)
    rows = tl.arange(0, BLOCK)
    ks = tl.arange(0, K)
    a = tl.load(a_ptr + pid * BLOCK * K + rows[:, None] * K + ks[None, :])
    b = tl.load(b_ptr + rows[None, :] * K + ks[:, None])
    tl.store(c_ptr + pid * BLOCK * BLOCK + rows[:, None] * BLOCK + rows[None, :], tl.dot(a, b))


@triton.jit
def attention(q_ptr, k_ptr, v_ptr, out_ptr, n, scale, D: tl.constexpr, BLOCK: tl.constexpr):
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    dims = tl.arange(0, D)
    dtype: tl.constexpr = q_ptr.dtype.element_ty
    q = tl.load(q_ptr + rows[:, None] * D + dims[None, :], mask=rows[:, None] < n, other=0.0)
    top = tl.full((BLOCK,), float("-inf"), dtype=dtype)
    total = tl.zeros((BLOCK,), dtype=dtype)
    acc = tl.zeros((BLOCK, D), dtype=dtype)
    for start in range(0, n, BLOCK):
        keys = start + tl.arange(0, BLOCK)
        k = tl.load(k_ptr + keys[:, None] * D + dims[None, :], mask=keys[:, None] < n, other=0.0)
        v = tl.load(v_ptr + keys[:, None] * D + dims[None, :], mask=keys[:, None] < n, other=0.0)
        s = tl.dot(q, tl.trans(k), input_precision="ieee", out_dtype=dtype) * scale
        s = tl.where(keys[None, :] < n, s, float("-inf"))
        new_top = tl.maximum(top, tl.max(s, 1))
        p = tl.exp(s - new_top[:, None])
        keep = tl.exp(top - new_top)
        total = total * keep + tl.sum(p, 1)
        acc = tl.dot(p, v, acc * keep[:, None], input_precision="ieee", out_dtype=dtype)
        top = new_top
    tl.store(out_ptr + rows[:, None] * D + dims[None, :], acc / total[:, None], mask=rows[:, None] < n)


@triton.jit
def scans(x_ptr, out_ptr, stride, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    cols = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * stride + cols)
    tl.store(out_ptr + row * 3 * BLOCK + cols, tl.cumsum(x, axis=0))
    tl.store(out_ptr + row * 3 * BLOCK + BLOCK + cols, tl.cumsum(x, axis=0, reverse=True))
    tl.store(out_ptr + row * 3 * BLOCK + 2 * BLOCK + cols, tl.cumprod(1.0 + x * 0.01, axis=0))


@triton.jit
def compose(a, b, c, d):
    return a * c, b * c + d


@triton.jit
def recurrence(a_ptr, b_ptr, out_ptr, ROWS: tl.constexpr, COLS: tl.constexpr):
    pid = tl.program_id(0)
    rows = tl.arange(0, ROWS)
    cols = tl.arange(0, COLS)
    at = pid * ROWS * COLS + rows[:, None] * COLS + cols[None, :]
    a = tl.load(a_ptr + at) * 0.5
    b = tl.load(b_ptr + at)
    _, along_rows = tl.associative_scan((a, b), 0, compose)
    _, along_cols = tl.associative_scan((a, b), 1, compose)
    tl.store(out_ptr + at, along_rows + along_cols)


@triton.jit
def sorting(x_ptr, out_ptr, top_ptr, COLS: tl.constexpr, K: tl.constexpr):
    row = tl.program_id(0)
    cols = tl.arange(0, COLS)
    x = tl.load(x_ptr + row * COLS + cols)
    tl.store(out_ptr + row * COLS + cols, tl.sort(x))
    tl.store(top_ptr + row * K + tl.arange(0, K), tl.topk(x, K))


@triton.jit
def counting(x_ptr, counts_ptr, n, BINS: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask, other=0)
    tl.atomic_add(counts_ptr + x % BINS, 1, mask=mask)
    bins = tl.histogram(x % BINS, BINS)
    tl.atomic_max(counts_ptr + BINS + tl.arange(0, BINS), bins)


@triton.jit
def float_atomics(x_ptr, rows_ptr, sums_ptr, before_ptr, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0)
    row = tl.load(rows_ptr + offsets, mask=mask, other=0)
    before = tl.atomic_add(sums_ptr + row, x, mask=mask)
    tl.store(before_ptr + offsets, before, mask=mask)


@triton.jit
def lock_and_add(x_ptr, total_ptr, lock_ptr, order_ptr, BLOCK: tl.constexpr):
    pid = tl.program_id(0)
    x = tl.load(x_ptr + pid * BLOCK + tl.arange(0, BLOCK))
    while tl.atomic_cas(lock_ptr, 0, 1) == 1:
        pass
    total = tl.load(total_ptr + tl.arange(0, BLOCK))
    tl.store(total_ptr + tl.arange(0, BLOCK), total * 0.9 + x)
    count = tl.load(lock_ptr + 1)
    tl.store(order_ptr + count % BLOCK, pid)
    tl.store(lock_ptr + 1, count + 1)
    tl.atomic_xchg(lock_ptr, 0)


@triton.jit
def gathers(x_ptr, index_ptr, out_ptr, n, stride, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    index = tl.load(index_ptr + offsets, mask=mask, other=0)
    direct = tl.load(x_ptr + index, mask=mask, other=0.0)
    strided = tl.load(x_ptr + (offsets % 50) * stride, mask=mask, other=0.0)
    within = tl.gather(direct, (tl.arange(0, BLOCK) * 7) % BLOCK, 0)
    tl.store(out_ptr + offsets, direct + strided * within, mask=mask)


@triton.jit
def embedding(table_ptr, ids_ptr, out_ptr, n, COLS: tl.constexpr, BLOCK: tl.constexpr):
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    cols = tl.arange(0, COLS)
    ids = tl.load(ids_ptr + rows, mask=rows < n, other=0)
    x = tl.load(table_ptr + ids[:, None] * COLS + cols[None, :], mask=rows[:, None] < n, other=0.0)
    tl.store(out_ptr + rows[:, None] * COLS + cols[None, :], x, mask=rows[:, None] < n)


@triton.jit
def carried(x_ptr, y_ptr, out_ptr, n, steps, BLOCK: tl.constexpr):
    pid = tl.program_id(0)
    x_ptrs = x_ptr + pid * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptrs)
    previous = x
    most = x
    for i in range(steps):
        y = tl.load(y_ptr + (i * 13 + tl.arange(0, BLOCK)) % n)
        following = x * 0.5 + previous * 0.25 + y
        previous = x
        x = following
        most = tl.maximum(most, x)
    tl.store(out_ptr + pid * BLOCK + tl.arange(0, BLOCK), x + most * previous)


@triton.jit
def convergence(x_ptr, out_ptr, steps_ptr, BLOCK: tl.constexpr):
    pid = tl.program_id(0)
    x = tl.load(x_ptr + pid * BLOCK + tl.arange(0, BLOCK))
    steps = 0
    while (tl.max(tl.abs(x), axis=0) > 0.125) & (steps < 50):
        x = x * 0.75
        if steps % 2 == 0:
            x = x - tl.sum(x, axis=0) / BLOCK
        steps += 1
    tl.store(out_ptr + pid * BLOCK + tl.arange(0, BLOCK), x)
    tl.store(steps_ptr + pid, steps)


@triton.jit
def shapes(x_ptr, out_ptr, ROWS: tl.constexpr, COLS: tl.constexpr):
    pid = tl.program_id(0)
    rows = tl.arange(0, ROWS)
    cols = tl.arange(0, COLS)
    x = tl.load(x_ptr + pid * ROWS * COLS + rows[:, None] * COLS + cols[None, :])
    flat = tl.reshape(tl.trans(x), (ROWS * COLS,))
    left, right = tl.split(tl.reshape(flat, (ROWS * COLS // 2, 2)))
    joined = tl.reshape(tl.join(right, left * 2.0), (ROWS * COLS,))
    out = joined + tl.flip(flat, 0)
    tl.store(out_ptr + pid * ROWS * COLS + tl.arange(0, ROWS * COLS), out)


@triton.jit
def random_numbers(out_ptr, bits_ptr, n, seed, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    tl.store(out_ptr + offsets, tl.rand(seed, offsets), mask=mask)
    tl.store(bits_ptr + offsets, tl.randint(seed, offsets), mask=mask)


@triton.jit
def transposed_copy(x_ptr, out_ptr, M, N, BLOCK: tl.constexpr):
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    cols = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    mask = (rows[:, None] < M) & (cols[None, :] < N)
    x = tl.load(x_ptr + rows[:, None] * N + cols[None, :], mask=mask, other=0.0)
    tl.store(out_ptr + cols[:, None] * M + rows[None, :], tl.trans(x), mask=tl.trans(mask))
