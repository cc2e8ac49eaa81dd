package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.BiasActivation;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Dropout;
import dev.kiln.kernels.elementwise.GatedUnits;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.embedding.Embedding;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.loss.ElementwiseLoss;
import dev.kiln.kernels.loss.LossFunction;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.kernels.loss.Reduction;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.GlobalNorm;
import dev.kiln.kernels.optimizer.GradientScaling;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.kernels.pooling.MaxPooling;
import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.recurrent.Lstm;
import dev.kiln.kernels.recurrent.RecurrentWeights;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Launchers allocate nothing on the Java heap once their kernels run as machine code.
 *
 * <p>Runs in a JVM of its own with {@code -XX:-UseTypeProfile}: without it the JIT allocates
 * vectors once it has seen several widths of them.
 */
@Isolated("measures the memory of the process")
@Tag("allocation")
class AllocationTest {
  private static final int MOST_ROUNDS = 2000;
  private static final int LAUNCHES = 100;

  private final Device device = Devices.cpu();

  @Test
  void warmedLaunchersAllocateNothing() {
    NdArray x = NdArray.zeros(device, DType.FP32, 32, 32);
    NdArray y = NdArray.zeros(device, DType.FP32, 32, 32);
    NdArray z = NdArray.zeros(device, DType.FP32, 32, 32);
    NdArray bias = NdArray.zeros(device, DType.FP32, 32);
    var matmul = new Matmul(device);
    settlesAtNothing("Matmul", i -> matmul.run(x, y, bias, Activation.RELU, z));
    var dropout = new Dropout(device);
    settlesAtNothing("Dropout", i -> dropout.run(x, 0.5, 1, i, y));
  }

  @Test
  void warmedOptimizersAllocateNothing() {
    List<Parameter> parameters = new ArrayList<>();
    for (int n : new int[] {100, 1024, 3}) {
      parameters.add(
          Parameter.of(
              NdArray.zeros(device, DType.FP32, n),
              NdArray.zeros(device, DType.BF16, n),
              NdArray.zeros(device, DType.BF16, n)));
    }
    try (var norm = new GlobalNorm(device, parameters);
        var adam = new Adam(device, parameters, Adam.Options.ADAMW)) {
      var scaling = GradientScaling.NONE.withNorm(norm);
      settlesAtNothing(
          "Adam",
          i -> {
            norm.run(1, 0.5);
            adam.step(1e-3, i + 1, scaling);
          });
    }
  }

  @Test
  void warmedPoolingAndRecurrentStepsAllocateNothing() {
    NdArray x = NdArray.zeros(device, DType.FP32, 2, 3, 8, 8);
    NdArray y = NdArray.zeros(device, DType.FP32, 2, 3, 4, 4);
    NdArray places = NdArray.zeros(device, DType.I32, 2, 3, 4, 4);
    var pooling = new MaxPooling(device);
    PoolingOptions halves = PoolingOptions.of(2, 2);
    settlesAtNothing("MaxPooling", i -> pooling.forward(x, halves, y, places));
    settlesAtNothing("MaxPooling backward", i -> pooling.backward(y, places, halves, x));
    NdArray h = NdArray.zeros(device, DType.FP32, 16, 32);
    NdArray c = NdArray.zeros(device, DType.FP32, 16, 32);
    NdArray w = NdArray.zeros(device, DType.FP32, 128, 32);
    var weights = new RecurrentWeights(w, w, null, null);
    try (var lstm = new Lstm(device)) {
      settlesAtNothing("Lstm", i -> lstm.step(h, h, c, weights, c, h));
    }
  }

  @Test
  void warmedElementwiseLaunchersAllocateNothing() {
    NdArray x = NdArray.zeros(device, DType.FP32, 32, 32);
    NdArray y = NdArray.zeros(device, DType.FP32, 32, 32);
    NdArray z = NdArray.zeros(device, DType.FP32, 32, 32);
    NdArray bias = NdArray.zeros(device, DType.FP32, 32);
    NdArray dbias = NdArray.zeros(device, DType.FP32, 32);
    NdArray indices = NdArray.zeros(device, DType.I32, 32);
    var units = new GatedUnits(device);
    settlesAtNothing("GatedUnits", i -> units.forward(Activation.SILU, x, y, z));
    var pointwise = new Pointwise(device);
    settlesAtNothing("Pointwise", i -> pointwise.binary(BinaryFunction.ADD, x, bias, z));
    try (var biased = new BiasActivation(device);
        var embedding = new Embedding(device)) {
      settlesAtNothing(
          "BiasActivation", i -> biased.backward(Activation.GELU, x, bias, y, z, dbias));
      settlesAtNothing("Embedding", i -> embedding.backward(indices, x, y));
    }
  }

  @Test
  void warmedLossesAllocateNothing() {
    NdArray x = NdArray.zeros(device, DType.FP32, 32, 32);
    NdArray y = NdArray.zeros(device, DType.FP32, 32, 32);
    NdArray targets = NdArray.zeros(device, DType.I32, 32);
    NdArray losses = NdArray.zeros(device, DType.FP32, 32);
    NdArray mean = NdArray.zeros(device, DType.FP32, 1);
    LossGradient gradient = LossGradient.into(y);
    var options = CrossEntropy.Options.DEFAULT;
    var crossEntropy = new CrossEntropy(device);
    settlesAtNothing(
        "CrossEntropy", i -> crossEntropy.run(x, targets, options, losses, null, gradient));
    try (var loss = new ElementwiseLoss(device)) {
      settlesAtNothing(
          "ElementwiseLoss", i -> loss.run(LossFunction.MSE, x, x, Reduction.MEAN, mean, gradient));
    }
  }

  private interface Step {
    void run(int i);
  }

  /**
   * Rounds of launches until one allocates nothing: until the JIT is done, interpreted code may
   * allocate.
   */
  private static void settlesAtNothing(String what, Step step) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = -1;
    for (int round = 0; round < MOST_ROUNDS && allocated != 0; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < LAUNCHES; i++) {
        step.run(i);
      }
      allocated = threads.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(allocated).as("bytes that %d launches of %s allocate", LAUNCHES, what).isZero();
  }
}
