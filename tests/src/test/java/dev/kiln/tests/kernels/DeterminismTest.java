package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.reduction.ColumnSums;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * The same bits in each run: while a kernel is interpreted, after it was compiled, and however
 * programs are shared among threads.
 */
class DeterminismTest {
  /** More than it takes for generated classes to be compiled with the launcher's flags. */
  private static final int RUNS = 30;

  private final Device device = Cases.tested();

  @Test
  void matrixProductGivesTheSameBitsInEachRun() {
    NdArray a = random(1, 150, 333);
    NdArray b = random(2, 333, 270);
    NdArray bias = random(3, 270);
    var matmul = new Matmul(device);
    sameInEachRun(
        () -> {
          NdArray c = Cases.unset(device, DType.FP32, 150, 270);
          matmul.run(a, b, bias, Activation.GELU_TANH, c);
          return c;
        });
  }

  @Test
  void columnSumsGiveTheSameBitsInEachRun() {
    NdArray x = random(4, 999, 301);
    var kernel = new ColumnSums(device);
    sameInEachRun(
        () -> {
          NdArray sums = Cases.unset(device, DType.FP32, 301);
          kernel.run(x, sums);
          return sums;
        });
  }

  @Test
  void crossEntropyGivesTheSameBitsInEachRun() {
    NdArray logits = random(5, 64, 1000);
    NdArray targets = NdArray.zeros(device, DType.I32, 64);
    var kernel = new CrossEntropy(device);
    sameInEachRun(
        () -> {
          NdArray losses = Cases.unset(device, DType.FP32, 64);
          NdArray grads = Cases.unset(device, DType.FP32, 64, 1000);
          kernel.run(logits, targets, CrossEntropy.Options.DEFAULT, losses, grads, null, 1);
          losses.close();
          return grads;
        });
  }

  private NdArray random(long seed, long... shape) {
    int n = 1;
    for (long d : shape) {
      n *= (int) d;
    }
    return NdArray.of(device, DType.FP32, Cases.normal(DType.FP32, seed, n), shape);
  }

  private static void sameInEachRun(Supplier<NdArray> run) {
    byte[] first = null;
    for (int i = 0; i < RUNS; i++) {
      try (NdArray result = run.get()) {
        byte[] bits = result.toBytes();
        first = first == null ? bits : first;
        assertThat(bits).as("bits of run " + i).isEqualTo(first);
      }
    }
  }
}
