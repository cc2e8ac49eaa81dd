package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.product.MatmulTiles;
import dev.kiln.kernels.product.Precision;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;

/** Products of square matrices by Kiln and by OpenBLAS. */
final class ProductRows {
  private static final String GPU_BLOCKS = "-blocks-of-64x64x32";
  private static final double TOLERANCE = 1e-4;

  private ProductRows() {}

  static List<PeerRow> all() {
    return List.of(
        row(512, "", 0, Matmul::new).onOneThread(),
        row(512, "", 0, Matmul::new),
        row(1024, "", 0, Matmul::new).onOneThread(),
        row(1024, "", 0.85, Matmul::new),
        row(2048, "", 0.85, Matmul::new),
        row(1024, GPU_BLOCKS, 0.5, ProductRows::withGpuBlocks),
        row(2048, GPU_BLOCKS, 0.5, ProductRows::withGpuBlocks),
        tuned(256, 1024, 1024),
        tuned(64, 3072, 768),
        tuned(1024, 512, 128));
  }

  /** Tiles that are measured, against those that are taken without. */
  private static PeerRow tuned(int m, int n, int k) {
    String shape = m + "x" + k + "-" + k + "x" + n;
    return PeerRow.of(
        "matmul-tuned-" + shape,
        "fp32 product " + shape.replace('-', ' ') + " with measured tiles against chosen ones",
        0.95,
        device -> tuned(device, m, n, k));
  }

  private static Contest tuned(CpuDevice device, int m, int n, int k) {
    Matmul tuned = Matmul.tuned(device);
    Matmul chosen = new Matmul(device);
    NdArray a = Inputs.normal(device, 1, m, k);
    NdArray b = Inputs.normal(device, 2, k, n);
    NdArray c = NdArray.zeros(device, DType.FP32, m, n);
    NdArray d = NdArray.zeros(device, DType.FP32, m, n);
    return Contest.of(
        () -> tuned.run(a, b, c),
        () -> chosen.run(a, b, d),
        Agreement.of("c", c, d::toFloats, TOLERANCE));
  }

  private static Matmul withGpuBlocks(Device device) {
    return new Matmul(device, MatmulTiles.of(64, 64, 32), Precision.IEEE);
  }

  private static PeerRow row(
      int size, String blocks, double goal, Function<CpuDevice, Matmul> matmul) {
    return PeerRow.of(
        "matmul-" + size + blocks,
        "fp32 product " + size + blocks.replace('-', ' ') + " against OpenBLAS",
        goal,
        device -> product(device, matmul.apply(device), size));
  }

  private static Contest product(CpuDevice device, Matmul matmul, int size) {
    int n = size * size;
    NdArray a = Inputs.normal(device, 1, size, size);
    NdArray b = Inputs.normal(device, 2, size, size);
    NdArray c = NdArray.zeros(device, DType.FP32, size, size);
    var blasA = new FloatPointer(n).put(Inputs.normal(1, n));
    var blasB = new FloatPointer(n).put(Inputs.normal(2, n));
    var blasC = new FloatPointer(n);
    return Contest.of(
        () -> matmul.run(a, b, c),
        () -> openBlas(size, blasA, blasB, blasC),
        Agreement.of(
            "c",
            c,
            () -> {
              float[] values = new float[n];
              blasC.get(values);
              return values;
            },
            TOLERANCE));
  }

  private static void openBlas(int size, FloatPointer a, FloatPointer b, FloatPointer c) {
    openblas.cblas_sgemm(
        openblas.CblasRowMajor,
        openblas.CblasNoTrans,
        openblas.CblasNoTrans,
        size,
        size,
        size,
        1,
        a,
        size,
        b,
        size,
        0,
        c,
        size);
  }
}
