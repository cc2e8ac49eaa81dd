package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Causal attention of 8 heads. libtorch's threads each call OpenBLAS, which therefore must not
 * start threads, too.
 */
final class AttentionRows {
  private static final int HEADS = 8;
  private static final int ROWS = 1024;
  private static final int SIZE = 64;
  private static final double TOLERANCE = 1e-4;

  private AttentionRows() {}

  static List<PeerRow> all() {
    return List.of(
        PeerRow.of(
                "torch-attention",
                "attention forward, causal, 8 heads, 1024 x 64",
                1.3,
                AttentionRows::forward)
            .with(PeerRows.OPENBLAS_THREADS, "1"));
  }

  private static Contest forward(CpuDevice device) {
    var attention = new Attention(device);
    NdArray q = Inputs.normal(device, 1, 1, HEADS, ROWS, SIZE);
    NdArray k = Inputs.normal(device, 2, 1, HEADS, ROWS, SIZE);
    NdArray v = Inputs.normal(device, 3, 1, HEADS, ROWS, SIZE);
    NdArray o = NdArray.zeros(device, DType.FP32, 1, HEADS, ROWS, SIZE);
    NdArray lse = NdArray.zeros(device, DType.FP32, 1, HEADS, ROWS);
    var inputs = dev.kiln.kernels.attention.Inputs.of(q, k, v);
    var peer = new TorchAttention(q, k, v);
    return Contest.of(
        () -> attention.forward(inputs, AttentionOptions.CAUSAL, o, lse),
        Torch.program(peer::forward),
        Agreement.of("o", o, Torch.result(peer::forward), TOLERANCE));
  }

  /** Scaled dot-product attention, and its gradients. */
  private static final class TorchAttention {
    private final Tensor q;
    private final Tensor k;
    private final Tensor v;
    private final TensorOptional noMask = Torch.none();
    private final DoubleOptional defaultScale = new DoubleOptional();

    TorchAttention(NdArray q, NdArray k, NdArray v) {
      this.q = Torch.copy(q);
      this.k = Torch.copy(k);
      this.v = Torch.copy(v);
    }

    Tensor forward() {
      return torch.scaled_dot_product_attention(q, k, v, noMask, 0, true, defaultScale, false);
    }
  }
}
