package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.ops.optim.Clipping;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.ParameterGroup;
import dev.kiln.ops.optim.ParameterGroups;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.pruning.Pruning;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("counts the launches of the device")
class OptimizerTest {
  private final OptimizerFixture fixture = new OptimizerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private Optimizer optimizer(UpdateRule rule) {
    return new Optimizer(fixture.context, rule, fixture.parameters);
  }

  @Test
  void biasesAreOutsideOfDecay() {
    Tensor weight = fixture.add("weight", DType.FP32, 1, 2);
    Tensor bias = fixture.add("bias", DType.FP32, 2);
    float[] w = weight.toFloats();
    float[] b = bias.toFloats();
    try (var optimizer = optimizer(UpdateRule.adamW(0.5))) {
      fixture.gradients(1, 0);
      optimizer.step(0.1);
    }
    assertThat(weight.toFloats()).containsExactly(w[0] * 0.95f, w[1] * 0.95f);
    assertThat(bias.toFloats()).containsExactly(b);
  }

  @Test
  void aRateThatLeadsAwayIsRefusedAndChangesNothing() {
    Tensor weight = fixture.add("weight", DType.FP32, 1, 2);
    float[] before = weight.toFloats();
    try (var optimizer = optimizer(UpdateRule.sgd())) {
      fixture.gradients(1, 0);
      for (double lr : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
        String message = "optimizer: the learning rate must be a number from 0 on, but is " + lr;
        assertThatThrownBy(() -> optimizer.step(lr)).hasMessage(message);
        assertThatThrownBy(() -> optimizer.step(lr, 8)).hasMessage(message);
      }
      assertThat(optimizer.steps()).isZero();
    }
    assertThat(weight.toFloats()).containsExactly(before);
  }

  /** Matrices and biases, which differ in their decay; the norm for clipping comes on top. */
  @Test
  void aStepIsOneLaunchForAllParametersOfADtype() {
    var launched = new ArrayList<String>();
    try (var device = new CpuDevice(CpuOptions.ofMachine().withMemoryBytes(16 << 20));
        var context = new Context(device, 1)) {
      var parameters = new LinkedHashMap<String, Tensor>();
      for (int i = 0; i < 12; i++) {
        DType dtype = i < 8 ? DType.FP32 : DType.BF16;
        Tensor tensor = i % 2 == 0 ? context.ones(dtype, 3 + i, 5) : context.ones(dtype, 7);
        parameters.put("p" + i, tensor.persist().requireGrad());
      }
      try (var optimizer = new Optimizer(context, UpdateRule.adamW(), parameters)) {
        for (int step = 0; step < 2; step++) {
          parameters.values().forEach(Tensor::gradientBuffer);
          parameters.values().forEach(Tensor::gradientArrived);
          launched.clear();
          device.listen((kernel, grid, nanos) -> launched.add(kernel));
          optimizer.step(0.1);
          device.listen(null);
        }
      }
    }
    assertThat(launched).hasSize(2);
  }

  @Test
  void groupsHaveRatesOfTheirOwn() {
    Tensor slow = fixture.add("slow", DType.FP32, 1);
    Tensor fast = fixture.add("fast", DType.FP32, 1);
    float[] s = slow.toFloats();
    float[] f = fast.toFloats();
    var groups =
        List.of(
            ParameterGroup.of(Map.of("slow", slow)).withRateScale(0.5),
            ParameterGroup.of(Map.of("fast", fast)));
    try (var optimizer = new Optimizer(fixture.context, UpdateRule.sgd(), groups)) {
      fixture.setGradient("slow", 1);
      fixture.setGradient("fast", 1);
      optimizer.step(0.5);
    }
    assertThat(slow.toFloats()).containsExactly(s[0] - 0.25f);
    assertThat(fast.toFloats()).containsExactly(f[0] - 0.5f);
  }

  @Test
  void parametersWithoutAGradientAreLeftAloneAndCountTheirOwnSteps() {
    Tensor always = fixture.add("always", DType.FP32, 3);
    Tensor late = fixture.add("late", DType.FP32, 3);
    float[] before = late.toFloats();
    float[] expected;
    try (var optimizer = optimizer(UpdateRule.adam())) {
      for (int step = 1; step <= 3; step++) {
        optimizer.zeroGrad();
        fixture.gradient("always", step, 1);
        optimizer.step(0.1);
      }
      assertThat(late.toFloats()).containsExactly(before);
      fixture.gradient("late", 1, 1);
      optimizer.step(0.1);
      optimizer.zeroGrad();
      fixture.gradient("late", 2, 1);
      expected = always.toFloats();
      optimizer.step(0.1);
    }
    assertThat(always.toFloats()).containsExactly(expected);
    try (var alone = new OptimizerFixture()) {
      Tensor twin = alone.add("late", DType.FP32, 3);
      try (var optimizer = new Optimizer(alone.context, UpdateRule.adam(), alone.parameters)) {
        alone.gradient("late", 1, 1);
        optimizer.step(0.1);
        alone.gradient("late", 2, 1);
        optimizer.step(0.1);
      }
      assertThat(late.toFloats()).containsExactly(twin.toFloats());
    }
  }

  @Test
  void frozenParametersDoNotMoveAndCostNoState() {
    Tensor trained = fixture.add("trained", DType.FP32, 4);
    Tensor frozen = fixture.add("frozen", DType.FP32, 1000).requireGrad(false);
    float[] before = frozen.toFloats();
    long bytes = fixture.context.memory().bytes();
    try (var optimizer = optimizer(UpdateRule.adam())) {
      fixture.gradient("trained", 1, 1);
      optimizer.step(0.1);
      assertThat(frozen.toFloats()).containsExactly(before);
      // A gradient and two averages.
      assertThat(fixture.context.memory().bytes() - bytes).isEqualTo(3 * trained.size() * 4);
    }
  }

  @Test
  void gradientsAreClippedByTheNormOfAll() {
    fixture.add("a", DType.FP32, 1);
    fixture.add("b", DType.FP32, 1);
    float[] a = fixture.parameters.get("a").toFloats();
    float[] b = fixture.parameters.get("b").toFloats();
    try (var optimizer = optimizer(UpdateRule.sgd()).clip(Clipping.byNorm(5))) {
      fixture.setGradient("a", 6);
      fixture.setGradient("b", 8);
      optimizer.step(1);
      assertThat(optimizer.gradientNorm()).isEqualTo(10);
      assertThat(optimizer.gradientNorms())
          .containsExactly(Map.entry("a", 6.0), Map.entry("b", 8.0));
      // Direction kept.
      assertThat(fixture.parameters.get("a").toFloats()).containsExactly(a[0] - 3);
      assertThat(fixture.parameters.get("b").toFloats()).containsExactly(b[0] - 4);
      // At the bound nothing is touched.
      fixture.setGradient("a", 3);
      fixture.setGradient("b", 4);
      optimizer.step(1);
      assertThat(fixture.parameters.get("a").toFloats()).containsExactly(a[0] - 3 - 3);
    }
  }

  @Test
  void gradientsAreClippedByValue() {
    fixture.add("a", DType.FP32, 3);
    float[] a = fixture.parameters.get("a").toFloats();
    try (var optimizer = optimizer(UpdateRule.sgd()).clip(Clipping.byValue(0.5))) {
      fixture.setGradient("a", 2, -3, 0.25);
      optimizer.step(1);
    }
    assertThat(fixture.parameters.get("a").toFloats())
        .containsExactly(a[0] - 0.5f, a[1] + 0.5f, a[2] - 0.25f);
  }

  @Test
  void theNormIsKnownWithoutClippingUntilZeroGrad() {
    fixture.add("a", DType.FP32, 2);
    try (var optimizer = optimizer(UpdateRule.sgd())) {
      assertThatThrownBy(optimizer::gradientNorm)
          .isInstanceOf(KilnException.class)
          .hasMessageContaining("there was no step since the last zeroGrad");
      fixture.setGradient("a", 3, 4);
      optimizer.step(1);
      assertThat(optimizer.gradientNorm()).isEqualTo(5);
      optimizer.zeroGrad();
      assertThatThrownBy(optimizer::gradientNorms)
          .hasMessageContaining("there was no step since the last zeroGrad");
    }
  }

  @Test
  void aNaNIsSeenInTheWeights() {
    Tensor a = fixture.add("a", DType.FP32, 2);
    try (var optimizer = optimizer(UpdateRule.sgd()).clip(Clipping.byNorm(1))) {
      fixture.setGradient("a", Double.NaN, 1);
      optimizer.step(1);
    }
    assertThat(a.toFloats()[0]).isNaN();
  }

  @Test
  void masterWeightsMoveWhereHalfPrecisionWouldNot() {
    Tensor w = fixture.add("w", DType.FP16, 1);
    try (var _ = fixture.context.noGrad()) {
      w.set(new double[] {1});
    }
    try (var optimizer = optimizer(UpdateRule.sgd())) {
      for (int step = 0; step < 100; step++) {
        fixture.setGradient("w", 1);
        optimizer.step(1e-5);
      }
      assertThat(optimizer.master("w").orElseThrow().toDoubles()[0])
          .isCloseTo(1 - 100 * 1e-5, Offset.offset(100 * Math.ulp(1f) / 2.0));
    }
    // The nearest number of fp16.
    assertThat(w.toDoubles()[0]).isCloseTo(0.999, Offset.offset(2.5e-4)).isLessThan(1);
  }

  @Test
  void masterWeightsCanBeTakenFromTheModelAnew() {
    Tensor w = fixture.add("w", DType.BF16, 1);
    try (var optimizer = optimizer(UpdateRule.sgd())) {
      fixture.setGradient("w", 0);
      optimizer.step(1);
      try (var _ = fixture.context.noGrad()) {
        w.set(new double[] {2});
      }
      optimizer.refreshMasters();
      optimizer.step(1);
    }
    assertThat(w.toFloats()).containsExactly(2);
  }

  @Test
  void stepsWithAScaledLossAreUndoneOrSkipped() {
    Tensor w = fixture.add("w", DType.FP32, 2);
    float[] before = w.toFloats();
    try (var optimizer = optimizer(UpdateRule.sgd())) {
      fixture.setGradient("w", 1024, Double.POSITIVE_INFINITY);
      assertThat(optimizer.step(1, 1024.0)).isFalse();
      assertThat(w.toFloats()).containsExactly(before);
      assertThat(optimizer.steps()).isZero();
      fixture.setGradient("w", 1024, 2048);
      assertThat(optimizer.step(1, 1024.0)).isTrue();
      assertThat(w.toFloats()).containsExactly(before[0] - 1, before[1] - 2);
      assertThat(optimizer.gradientNorm()).isCloseTo(Math.sqrt(5), Offset.offset(1e-6));
      assertThat(optimizer.gradientNorms().get("w")).isCloseTo(Math.sqrt(5), Offset.offset(1e-6));
    }
  }

  @Test
  void listenersHearOfEachStepUntilTheyEnd() {
    fixture.add("w", DType.FP32, 1);
    int[] heard = new int[1];
    try (var optimizer = optimizer(UpdateRule.sgd())) {
      var listening = optimizer.afterStep(() -> heard[0]++);
      fixture.setGradient("w", Double.NaN);
      optimizer.step(1, 2.0);
      optimizer.step(1);
      listening.close();
      optimizer.step(1);
    }
    assertThat(heard[0]).isEqualTo(2);
  }

  @Test
  void aWarmUpChangesNothing() {
    Tensor w = fixture.add("w", DType.FP32, 3);
    Tensor narrow = fixture.add("narrow", DType.BF16, 3);
    double[][] twice = new double[4][];
    for (int run = 0; run < 2; run++) {
      try (var _ = fixture.context.noGrad()) {
        w.set(OptimizerFixture.values(1, 3));
        narrow.set(OptimizerFixture.values(2, 3));
      }
      double[] before = w.toDoubles();
      try (var optimizer = optimizer(UpdateRule.rprop()).clip(Clipping.byNorm(1))) {
        fixture.gradients(1, 1);
        if (run == 1) {
          optimizer.warmUp();
          assertThat(w.toDoubles()).containsExactly(before);
          assertThat(optimizer.steps()).isZero();
          assertThat(optimizer.master("narrow")).isEmpty();
        }
        optimizer.step(0.1);
        optimizer.warmUp();
        optimizer.step(0.1);
      }
      twice[2 * run] = w.toDoubles();
      twice[2 * run + 1] = narrow.toDoubles();
    }
    assertThat(twice[2]).containsExactly(twice[0]);
    assertThat(twice[3]).containsExactly(twice[1]);
  }

  @Test
  void zerosOfAMaskSurviveMomentumAndDecay() {
    Tensor w = fixture.add("w", DType.FP32, 2, 2);
    Tensor narrow = fixture.add("narrow", DType.FP16, 2, 2);
    try (var pruning = new Pruning(fixture.context.device());
        var optimizer = optimizer(UpdateRule.sgd(new Sgd.Options(0.9, 0, false, 0.1)))) {
      for (int step = 1; step <= 2; step++) {
        fixture.gradients(step, 1);
        optimizer.step(0.1);
      }
      List<NdArray> weights = List.of(w.array(), narrow.array());
      List<NdArray> masks = Pruning.byMagnitude(weights, 0.5);
      Runnable prune =
          () -> {
            for (int i = 0; i < masks.size(); i++) {
              pruning.apply(masks.get(i), weights.get(i));
            }
          };
      prune.run();
      optimizer.refreshMasters();
      var masking = optimizer.afterStep(prune);
      for (int step = 3; step <= 5; step++) {
        fixture.gradients(step, 1);
        optimizer.step(0.1);
        assertThat(Pruning.sparsity(weights)).isEqualTo(0.5);
      }
      masking.close();
      masks.forEach(NdArray::close);
    }
  }

  @Test
  void theVelocityInWeightsIsTheSameOnlyWhileTheRateIsConstant() {
    Tensor w = fixture.add("w", DType.FP64, 3);
    double[] other = w.toDoubles();
    double[] velocity = new double[3];
    try (var optimizer = optimizer(UpdateRule.sgd(0.9))) {
      for (int step = 1; step <= 6; step++) {
        double lr = step <= 5 ? 0.1 : 0.01;
        double[] g = fixture.gradient("w", step, 1);
        optimizer.step(lr);
        for (int i = 0; i < 3; i++) {
          velocity[i] = 0.9 * velocity[i] - lr * g[i];
          other[i] += velocity[i];
        }
        if (step <= 5) {
          assertThat(w.toDoubles()).containsExactly(other, Offset.offset(1e-14));
        }
      }
      // One step at another rate later, the old velocity counts ten times as much in one of them.
      double apart = 0;
      for (int i = 0; i < 3; i++) {
        apart = Math.max(apart, Math.abs(w.toDoubles()[i] - other[i]));
      }
      assertThat(apart).isGreaterThan(0.01);
    }
  }

  @Test
  void memoryIsGivenBack() {
    fixture.add("w", DType.FP16, 8);
    fixture.gradient("w", 1, 1);
    long before = fixture.context.memory().bytes();
    try (var optimizer = optimizer(UpdateRule.adamW())) {
      optimizer.step(1);
    }
    assertThat(fixture.context.memory().bytes()).isEqualTo(before);
    assertThat(fixture.context.leaks()).isEmpty();
  }

  @Test
  void mistakesAreNamed() {
    Tensor w = fixture.add("w", DType.FP32, 2, 2);
    Tensor frozenInteger = fixture.context.zeros(DType.I32, 2);
    var twice = List.of(ParameterGroup.of(Map.of("w", w)), ParameterGroup.of(Map.of("v", w)));
    assertThatThrownBy(() -> new Optimizer(fixture.context, UpdateRule.sgd(), twice))
        .isInstanceOf(KilnException.class)
        .hasMessage("optimizer: 'v' is given twice, first as 'w'");
    assertThatThrownBy(
            () -> new Optimizer(fixture.context, UpdateRule.sgd(), Map.of("n", frozenInteger)))
        .hasMessage(
            "optimizer: 'n' must be a contiguous parameter of floats, but is tensor i32[2]");
    assertThatThrownBy(() -> Clipping.byNorm(0)).hasMessageContaining("must be above 0");
    assertThatThrownBy(() -> ParameterGroup.of(Map.of("w", w)).withRateScale(-1))
        .hasMessage("parameter group: rateScale must be a number from 0 on, but is -1.0");
    try (var optimizer = optimizer(UpdateRule.adam(Adam.Options.ADAM))) {
      assertThatThrownBy(() -> optimizer.master("x"))
          .hasMessage("optimizer: there is no parameter 'x' among [w]");
    }
    assertThat(ParameterGroups.usual(fixture.parameters)).hasSize(1);
  }
}
