package dev.kiln.tests.gpu;

import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.attention.Gradients;
import dev.kiln.kernels.attention.Inputs;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.kernels.normalization.LayerNorm;
import dev.kiln.kernels.normalization.RmsNorm;
import dev.kiln.kernels.normalization.Softmax;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.product.MatmulTiles;
import dev.kiln.kernels.product.Precision;
import dev.kiln.runtime.NdArray;
import dev.kiln.tests.rules.KernelCase;
import java.util.List;

/**
 * Launches as users make them, for counters: sizes that the blocks divide, aligned arrays, the
 * launchers' own configurations. Comments in kernel files name them: see {@link PtxExpectation}.
 */
final class TunedCases {
  private static final DType FP16 = DType.FP16;

  private TunedCases() {}

  static List<KernelCase> all() {
    return List.of(
        product("fp16 product, 4 warps", 4),
        product("fp16 product, 8 warps", 8),
        attention("attention of 64", 64),
        attention("attention of 128", 128),
        attention("attention of 256", 256),
        gradients("attention gradients of 64", 64),
        gradients("attention gradients of 128", 128),
        gradients("attention gradients of 256", 256),
        softmax(),
        layerNorm(),
        rmsNorm(),
        activation(),
        adamW());
  }

  /** Tiles of 128 x 128 x 32, eight of them along K. */
  private static KernelCase product(String name, int warps) {
    return new KernelCase(
        name,
        List.of(normal(FP16, 1, 128, 256), normal(FP16, 2, 256, 128), unwritten(FP16, 128, 128)),
        (device, a) -> {
          var tiles = MatmulTiles.of(128, 128, 32).tuned(warps, 3);
          var matmul = new Matmul(device, tiles, Precision.IEEE);
          return () -> matmul.run(a.get(0), a.get(1), a.get(2));
        });
  }

  /** Two blocks of queries, four of keys. */
  private static KernelCase attention(String name, int head) {
    return new KernelCase(
        name,
        List.of(
            normal(FP16, 3, 1, 1, 256, head),
            normal(FP16, 4, 1, 1, 256, head),
            normal(FP16, 5, 1, 1, 256, head),
            unwritten(FP16, 1, 1, 256, head),
            unwritten(1, 1, 256)),
        (device, a) -> {
          var attention = new Attention(device);
          var in = Inputs.of(a.get(0), a.get(1), a.get(2));
          return () -> attention.forward(in, AttentionOptions.DEFAULT, a.get(3), a.get(4));
        });
  }

  private static KernelCase gradients(String name, int head) {
    return new KernelCase(
        name,
        List.of(
            normal(FP16, 3, 1, 1, 128, head),
            normal(FP16, 4, 1, 1, 128, head),
            normal(FP16, 5, 1, 1, 128, head),
            unwritten(FP16, 1, 1, 128, head),
            unwritten(1, 1, 128),
            normal(FP16, 6, 1, 1, 128, head),
            unwritten(FP16, 1, 1, 128, head),
            unwritten(FP16, 1, 1, 128, head),
            unwritten(FP16, 1, 1, 128, head)),
        (device, a) -> {
          var attention = new Attention(device);
          var in = Inputs.of(a.get(0), a.get(1), a.get(2));
          var grads = new Gradients(a.get(6), a.get(7), a.get(8));
          var options = AttentionOptions.DEFAULT;
          return () -> {
            attention.forward(in, options, a.get(3), a.get(4));
            attention.backward(in, options, a.get(3), a.get(4), a.get(5), grads);
          };
        });
  }

  private static KernelCase softmax() {
    return new KernelCase(
        "softmax of 1024",
        List.of(normal(7, 8, 1024), unwritten(8, 1024)),
        (device, a) -> {
          var kernel = new Softmax(device);
          return () -> kernel.forward(a.get(0), null, new Softmax.Options(false, 1, 0), a.get(1));
        });
  }

  private static KernelCase layerNorm() {
    return new KernelCase(
        "layer norm of 1024",
        List.of(
            normal(8, 8, 1024),
            normal(9, 1024),
            normal(10, 1024),
            unwritten(8, 1024),
            unwritten(8),
            unwritten(8)),
        (device, a) -> {
          var kernel = new LayerNorm(device);
          return () ->
              kernel.forward(a.get(0), a.get(1), a.get(2), 1e-5, a.get(3), a.get(4), a.get(5));
        });
  }

  private static KernelCase rmsNorm() {
    return new KernelCase(
        "rms norm of 1024",
        List.of(
            normal(DType.BF16, 11, 8, 1024),
            normal(DType.BF16, 12, 1024),
            unwritten(DType.BF16, 8, 1024),
            unwritten(8)),
        (device, a) -> {
          var kernel = new RmsNorm(device);
          return () -> kernel.forward(a.get(0), a.get(1), 1e-5, a.get(2), a.get(3));
        });
  }

  private static KernelCase activation() {
    return new KernelCase(
        "gelu of 8192",
        List.of(normal(13, 8192), unwritten(8192)),
        (device, a) -> {
          var kernel = new Activations(device);
          return () -> kernel.forward(Activation.GELU, a.get(0), a.get(1));
        });
  }

  private static KernelCase adamW() {
    return new KernelCase(
        "AdamW of 8192",
        List.of(normal(14, 8192), normal(15, 8192)),
        (device, a) -> {
          NdArray weights = a.get(0);
          var kernel =
              new Adam(device, List.of(Parameter.of(weights, a.get(1))), Adam.Options.ADAMW);
          return () -> kernel.step(1e-3, 1);
        });
  }
}
