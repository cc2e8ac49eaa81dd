import triton
import triton.language as tl


@triton.jit
def one_column(x_ptr, y_ptr, M, N, BLOCK: tl.constexpr):
    """Softmax down each column of a row-major matrix of M rows and N columns: a program a column."""
    column = tl.program_id(0)
    rows = tl.arange(0, BLOCK)
    top = tl.full([BLOCK], float("-inf"), tl.float32)
    for first in range(0, M, BLOCK):
        at = first + rows
        top = tl.maximum(top, tl.load(x_ptr + at * N + column, mask=at < M, other=float("-inf")))
    largest = tl.max(top, 0)
    total = tl.zeros([BLOCK], tl.float32)
    for first in range(0, M, BLOCK):
        at = first + rows
        x = tl.load(x_ptr + at * N + column, mask=at < M, other=float("-inf"))
        total += tl.exp(x - largest)
    scale = 1.0 / tl.sum(total, 0)
    for first in range(0, M, BLOCK):
        at = first + rows
        x = tl.load(x_ptr + at * N + column, mask=at < M, other=float("-inf"))
        tl.store(y_ptr + at * N + column, tl.exp(x - largest) * scale, mask=at < M)


@triton.jit
def many_columns(x_ptr, y_ptr, M, N, BLOCK: tl.constexpr, COLUMNS: tl.constexpr):
    """The same with COLUMNS columns a program: neighbouring lanes read neighbouring columns."""
    columns = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)[None, :]
    rows = tl.arange(0, BLOCK)[:, None]
    top = tl.full([BLOCK, COLUMNS], float("-inf"), tl.float32)
    for first in range(0, M, BLOCK):
        at = first + rows
        inside = (at < M) & (columns < N)
        top = tl.maximum(top, tl.load(x_ptr + at * N + columns, mask=inside, other=float("-inf")))
    largest = tl.max(top, 0)[None, :]
    total = tl.zeros([BLOCK, COLUMNS], tl.float32)
    for first in range(0, M, BLOCK):
        at = first + rows
        inside = (at < M) & (columns < N)
        x = tl.load(x_ptr + at * N + columns, mask=inside, other=float("-inf"))
        total += tl.exp(x - largest)
    scale = 1.0 / tl.sum(total, 0)[None, :]
    for first in range(0, M, BLOCK):
        at = first + rows
        inside = (at < M) & (columns < N)
        x = tl.load(x_ptr + at * N + columns, mask=inside, other=float("-inf"))
        tl.store(y_ptr + at * N + columns, tl.exp(x - largest) * scale, mask=inside)


@triton.jit
def read_once(x_ptr, y_ptr, M, N, BLOCK: tl.constexpr, COLUMNS: tl.constexpr):
    """The same with a whole tile in registers, for at most BLOCK rows: each element is read once."""
    columns = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)[None, :]
    rows = tl.arange(0, BLOCK)[:, None]
    inside = (rows < M) & (columns < N)
    x = tl.load(x_ptr + rows * N + columns, mask=inside, other=float("-inf"))
    e = tl.exp(x - tl.max(x, 0)[None, :])
    tl.store(y_ptr + rows * N + columns, e / tl.sum(e, 0)[None, :], mask=inside)
