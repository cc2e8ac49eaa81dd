package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.attention.Gradients;
import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
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
            .with(PeerRows.OPENBLAS_THREADS, "1"),
        PeerRow.of(
                "torch-attention-gradient",
                "attention forward + backward, causal, 8 heads, 1024 x 64",
                1.0,
                AttentionRows::gradient)
            .with(PeerRows.OPENBLAS_THREADS, "1"));
  }

  private static NdArray normal(CpuDevice device, int seed) {
    return Inputs.normal(device, seed, 1, HEADS, ROWS, SIZE);
  }

  private static Contest forward(CpuDevice device) {
    var attention = new Attention(device);
    var inputs =
        dev.kiln.kernels.attention.Inputs.of(
            normal(device, 1), normal(device, 2), normal(device, 3));
    NdArray o = normal(device, 4);
    NdArray lse = NdArray.zeros(device, DType.FP32, 1, HEADS, ROWS);
    var peer = new TorchAttention(inputs.q(), inputs.k(), inputs.v());
    return Contest.of(
        () -> attention.forward(inputs, AttentionOptions.CAUSAL, o, lse),
        Torch.program(peer::forward),
        Agreement.of("o", o, Torch.result(peer::forward), TOLERANCE));
  }

  private static Contest gradient(CpuDevice device) {
    var attention = new Attention(device);
    var inputs =
        dev.kiln.kernels.attention.Inputs.of(
            normal(device, 1), normal(device, 2), normal(device, 3));
    NdArray o = normal(device, 4);
    NdArray dO = normal(device, 5);
    NdArray lse = NdArray.zeros(device, DType.FP32, 1, HEADS, ROWS);
    var grads = new Gradients(normal(device, 6), normal(device, 7), normal(device, 8));
    var peer = new TorchAttention(inputs.q(), inputs.k(), inputs.v());
    var torchDO = new TensorVector(Torch.copy(dO));
    peer.wantGradients();
    return Contest.of(
        () -> {
          attention.forward(inputs, AttentionOptions.CAUSAL, o, lse);
          attention.backward(inputs, AttentionOptions.CAUSAL, o, lse, dO, grads);
        },
        Torch.program(() -> peer.gradient(torchDO, 0)),
        Agreement.of("dq", grads.q(), Torch.result(() -> peer.gradient(torchDO, 0)), TOLERANCE),
        Agreement.of("dk", grads.k(), Torch.result(() -> peer.gradient(torchDO, 1)), TOLERANCE),
        Agreement.of("dv", grads.v(), Torch.result(() -> peer.gradient(torchDO, 2)), TOLERANCE));
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

    void wantGradients() {
      for (Tensor input : new Tensor[] {q, k, v}) {
        input.requires_grad_(true);
      }
    }

    /** Of the input of that number; all three are computed. */
    Tensor gradient(TensorVector dO, int input) {
      TensorVector o = new TensorVector(forward());
      return torch
          .grad(o, new TensorVector(q, k, v), dO, new BoolOptional(), false, false)
          .get(input);
    }

    Tensor forward() {
      return torch.scaled_dot_product_attention(q, k, v, noMask, 0, true, defaultScale, false);
    }
  }
}
