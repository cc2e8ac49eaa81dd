"""What a machine can do at best: bytes that move, and multiply-adds."""

import triton
import triton.language as tl


@triton.jit
def update_kernel(a, b, c, n, BLOCK: tl.constexpr):
    """a = a / 2: a stream that is read and written in place."""
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    seen = at < n
    tl.store(a + at, tl.load(a + at, mask=seen) * 0.5, mask=seen)


@triton.jit
def triad_kernel(a, b, c, n, BLOCK: tl.constexpr):
    """c = a + 3 b: two streams are read and one is written (McCalpin's STREAM)."""
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    seen = at < n
    sums = tl.load(a + at, mask=seen) + 3.0 * tl.load(b + at, mask=seen)
    tl.store(c + at, sums, mask=seen)


@triton.jit
def read_kernel(a, b, c, n, BLOCK: tl.constexpr):
    """One number for each program: a stream that is only read."""
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(c + tl.program_id(0), tl.sum(tl.load(a + at, mask=at < n, other=0.0), 0))


@triton.jit
def multiply_add_kernel(a, c, n, ROUNDS: tl.constexpr, BLOCK: tl.constexpr):
    """Eight chains of multiply-adds for each number, so that none waits for another."""
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(a + at)
    s0, s1, s2, s3 = x, x + 1.0, x + 2.0, x + 3.0
    s4, s5, s6, s7 = x + 4.0, x + 5.0, x + 6.0, x + 7.0
    for _ in tl.static_range(ROUNDS):
        s0 = tl.fma(s0, x, x)
        s1 = tl.fma(s1, x, x)
        s2 = tl.fma(s2, x, x)
        s3 = tl.fma(s3, x, x)
        s4 = tl.fma(s4, x, x)
        s5 = tl.fma(s5, x, x)
        s6 = tl.fma(s6, x, x)
        s7 = tl.fma(s7, x, x)
    tl.store(c + at, ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7)))
