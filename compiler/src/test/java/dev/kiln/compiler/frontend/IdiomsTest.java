package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp;
import org.junit.jupiter.api.Test;

/** Ways of writing that published kernels share. */
class IdiomsTest {
  @Test
  void aTensorMayArriveWhereAConstantIsDeclaredInACall() {
    KernelText kernel =
        KernelText.of(
                """
                @triton.jit
                def shifted(x, offsets: tl.constexpr):
                    return x + offsets
                @triton.jit
                def kernel(p):
                    o = tl.arange(0, 16)
                    tl.store(p + o, shifted(1, o))
                """)
            .with("*i32");
    assertThat(kernel.run()).isEqualTo(1);
  }

  @Test
  void limitsOfTypesComeFromPyTorch() {
    KernelText kernel =
        KernelText.of(
                """
                import torch
                LEAST: tl.constexpr = torch.iinfo(torch.int32).min
                LARGEST: tl.constexpr = torch.finfo(torch.float16).max
                @triton.jit
                def limit(dtype):
                    if dtype is tl.float16:
                        return LARGEST
                    elif dtype is tl.int32:
                        return LEAST
                @triton.jit
                def kernel(p):
                    tl.static_assert(limit(tl.float16) == 65504)
                    tl.store(p, limit(p.dtype.element_ty))
                """)
            .with("*i32");
    assertThat(kernel.run()).isEqualTo(Integer.MIN_VALUE);
  }

  @Test
  void attentionWalksOverBlockPointers() {
    KernelText kernel =
        KernelText.of(
                """
                @triton.jit
                def kernel(q_ptr, m_ptr, n, stride):
                    q_block = tl.make_block_ptr(
                        base=q_ptr + n.to(tl.int64) * stride, shape=(n, 64), strides=(stride, 1),
                        offsets=(tl.program_id(0) * 16, 0), block_shape=(16, 64), order=(1, 0))
                    k_order: tl.constexpr = (0, 1) if q_ptr.dtype.element_ty == tl.float8e5 else (1, 0)
                    k_block = tl.make_block_ptr(
                        base=q_ptr, shape=(64, n), strides=(1, stride), offsets=(0, 0),
                        block_shape=(64, 32), order=k_order)
                    q = tl.load(q_block)
                    m_i = tl.zeros([16], dtype=tl.float32) - float("inf")
                    acc = tl.zeros([16, 64], dtype=tl.float32)
                    rows = tl.arange(0, 16)
                    for start in range(0, n, 32):
                        start = tl.multiple_of(start, 32)
                        k = tl.load(k_block)
                        qk = tl.dot(q, k)
                        if start >= 64:
                            mask = rows[:, None] >= (start + tl.arange(0, 32)[None, :])
                            qk = qk * 0.5 + tl.where(mask, 0, -1.0e6)
                            m_ij = tl.maximum(m_i, tl.max(qk, 1))
                            qk -= m_ij[:, None]
                        else:
                            m_ij = tl.maximum(m_i, tl.max(qk, 1) * 0.5)
                            qk = qk * 0.5 - m_ij[:, None]
                        p = tl.math.exp2(qk)
                        acc = acc * tl.math.exp2(m_i - m_ij)[:, None]
                        acc = tl.dot(p.to(tl.float16), tl.trans(k), acc)
                        m_i = m_ij
                        k_block = tl.advance(k_block, (0, 32))
                    tl.store(m_ptr + rows, m_i)
                    tl.store(q_block, acc.to(q_ptr.type.element_ty), boundary_check=(0,))
                """)
            .with("*fp16:16, *fp32:16, i32, i32");
    assertThat(kernel.ops(ComputeOp.Dot.class)).hasSize(2);
    assertThat(kernel.ops(MemoryOp.Store.class)).hasSize(2);
  }

  @Test
  void functionsAreChosenByName() {
    KernelText kernel =
        KernelText.of(
                """
                @triton.jit
                def activation(x, NAME: tl.constexpr):
                    if NAME == "relu":
                        return tl.maximum(x, 0)
                    elif NAME == "unknown":
                        raise ValueError("no such function")
                    return x
                @triton.jit
                def kernel(p, NAME: tl.constexpr):
                    tl.store(p, activation(-3, NAME))
                """)
            .with("*i32, 'relu'");
    assertThat(kernel.run()).isZero();
  }

  @Test
  void momentsAreReducedTogether() {
    double[] result =
        KernelRun.of(
                """
                LOADS
                mean, m2, count = tl.reduce(
                    (x, tl.zeros_like(x), tl.full(x.shape, 1.0, tl.float32)), 0, merge)
                tl.store(out, mean)
                tl.store(out + 1, m2 / count)
                """)
            .defining(
                """
                @triton.jit
                def merge(mean1, m1, n1, mean2, m2, n2):
                    delta = mean2 - mean1
                    n = n1 + n2
                    ratio = tl.where(n == 0.0, 0.0, n2 / n)
                    return mean1 + delta * ratio, m1 + m2 + delta * delta * n1 * ratio, n
                """)
            .with(DType.FP32, 1, 2, 3, 6)
            .floats(DType.FP32, 2);
    assertThat(result).containsExactly(3, 3.5);
  }

  @Test
  void scansStartAnewAtFlags() {
    double[] result =
        KernelRun.of(
                """
                LOADS
                sums, _ = tl.associative_scan((x, i % 2 == 0), axis=0, combine_fn=segment)
                tl.store(out + i, sums)
                """)
            .defining(
                """
                @triton.jit
                def segment(a, f, b, g):
                    return tl.where(g, b, a + b), f | g
                """)
            .with(DType.FP32, 1, 2, 3, 4)
            .floats(DType.FP32, 4);
    assertThat(result).containsExactly(1, 3, 3, 7);
  }
}
