package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.checkpoint.Checkpoint;
import dev.kiln.ops.function.Products;
import dev.kiln.ops.optim.GradScaler;
import dev.kiln.ops.optim.MixedPrecision;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.ParameterGroups;
import dev.kiln.ops.optim.Precision;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.tensor.AutocastPolicy;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.nio.file.Path;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PrecisionScalerTest {
  private final OptimizerFixture fixture = new OptimizerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private static GradScaler scaler(double initial, int interval) {
    return new GradScaler(GradScaler.Options.DEFAULT.withInitial(initial).withInterval(interval));
  }

  private Optimizer sgd() {
    return new Optimizer(fixture.context, UpdateRule.sgd(), fixture.parameters);
  }

  @Test
  void anOverflowSkipsTheStepAndLowersTheScaleUntilGradientsFit() {
    Tensor w = fixture.add("w", DType.FP16, 1);
    float[] before = w.toFloats();
    var scaler = scaler(65536, 2000);
    try (var optimizer = sgd()) {
      for (int step = 0; step < 4; step++) {
        optimizer.zeroGrad();
        // A gradient of 4: only up to a scale of 8192 is it below 65,504.
        try (Scope _ = fixture.context.scope()) {
          scaler.backward(w.to(DType.FP32).mul(4).sum());
        }
        boolean made = scaler.step(optimizer, 1);
        scaler.update();
        assertThat(made).isEqualTo(step == 3);
        if (step < 3) {
          assertThat(w.toFloats()).containsExactly(before);
        }
      }
      assertThat(optimizer.steps()).isEqualTo(1);
    }
    assertThat(scaler.scale()).isEqualTo(8192);
    assertThat(scaler.skipped()).isEqualTo(3);
    assertThat(w.toDoubles()[0]).isCloseTo(before[0] - 4, Offset.offset(2e-3));
  }

  @Test
  void theScaleGrowsAfterGoodStepsUpToItsLimit() {
    fixture.add("w", DType.FP32, 1);
    var scaler =
        new GradScaler(GradScaler.Options.DEFAULT.withInitial(8).withInterval(2).withLimits(1, 20));
    double[] scales = new double[5];
    try (var optimizer = sgd()) {
      for (int step = 0; step < 5; step++) {
        fixture.setGradient("w", step == 4 ? Double.NaN : 1);
        scaler.step(optimizer, 1);
        scaler.update();
        scales[step] = scaler.scale();
      }
    }
    assertThat(scales).containsExactly(8, 16, 16, 20, 10);
    assertThat(scaler.goodSteps()).isZero();
  }

  @Test
  void aRunThatOverflowsAtTheSmallestScaleFails() {
    fixture.add("w", DType.FP32, 1);
    var scaler =
        new GradScaler(GradScaler.Options.DEFAULT.withInitial(2))
            .withDiagnosis(() -> "linear fp16[2] became infinite first");
    try (var optimizer = sgd()) {
      fixture.setGradient("w", Double.POSITIVE_INFINITY);
      scaler.step(optimizer, 1);
      scaler.update();
      assertThat(scaler.scale()).isEqualTo(1);
      scaler.step(optimizer, 1);
      assertThatThrownBy(scaler::update)
          .isInstanceOf(KilnException.class)
          .hasMessage(
              "loss scale: gradients are not finite at the smallest scale 1.0 either, after 2"
                  + " skipped steps in a row: linear fp16[2] became infinite first");
    }
  }

  @Test
  void aGradientOf1eMinus8SurvivesScaling() {
    Tensor w = fixture.add("w", DType.FP16, 1);
    double[] gradients = new double[2];
    for (int i = 0; i < 2; i++) {
      var scaler = scaler(i == 0 ? 1 : 65536, 2000);
      w.zeroGrad();
      try (Scope _ = fixture.context.scope()) {
        scaler.backward(w.to(DType.FP32).mul(1e-8).sum());
      }
      gradients[i] = w.grad().toDoubles()[0] / scaler.scale();
    }
    assertThat(gradients[0]).isZero();
    assertThat(gradients[1]).isCloseTo(1e-8, Offset.offset(1e-11));
  }

  @Test
  void severalOptimizersStepBeforeOneUpdate() {
    fixture.add("a", DType.FP32, 1);
    try (var other = new OptimizerFixture();
        var first = sgd();
        var second = new Optimizer(other.context, UpdateRule.sgd(), other.parameters)) {
      other.add("b", DType.FP32, 1);
      var scaler = scaler(8, 1);
      fixture.setGradient("a", Double.NaN);
      assertThat(scaler.step(first, 1)).isFalse();
      assertThat(scaler.step(second, 1)).isTrue();
      scaler.update();
      assertThat(scaler.scale()).isEqualTo(4);
      assertThatThrownBy(scaler::update)
          .hasMessage("loss scale: update() needs a step() since the last update()");
    }
  }

  @Test
  void mistakesAreNamed() {
    assertThatThrownBy(() -> GradScaler.Options.DEFAULT.withInitial(0.5))
        .isInstanceOf(KilnException.class)
        .hasMessage("loss scale: 'initial' must be from 1.0 to 1.6777216E7, but is 0.5");
    assertThatThrownBy(() -> new GradScaler.Options(1, 1, 0.5, 1, 1, 1))
        .hasMessage("loss scale: 'growth' must be above 1, but is 1.0");
    assertThatThrownBy(() -> new GradScaler.Options(1, 2, 1, 1, 1, 1))
        .hasMessageContaining("'backoff' must be above 0 and below 1");
    var scaler = scaler(8, 1);
    Tensor w = fixture.add("w", DType.FP16, 1);
    assertThatThrownBy(() -> scaler.backward(w.mul(2)))
        .hasMessageContaining("the loss must be fp32, which holds the scale");
    Tensor two = fixture.add("two", DType.FP32, 2);
    assertThatThrownBy(() -> scaler.backward(two.mul(2)))
        .hasMessageContaining("the loss must be one number");
    assertThatThrownBy(() -> Precision.of("fp8"))
        .hasMessage(
            "there is no precision 'fp8'; there are [fp32, bf16, fp16, bf16-weights,"
                + " fp16-weights]");
    assertThat(Precision.of("bf16")).isEqualTo(Precision.BF16);
  }

  /** Least squares towards known weights. */
  private Tensor loss(Tensor w, int step, double scale) {
    Tensor x = fixture.context.of(DType.FP32, OptimizerFixture.values(step, 16 * 4), 16, 4);
    Tensor goal = fixture.context.of(DType.FP32, new double[] {1, -1, 0.5, 2}, 1, 4);
    Tensor y = Products.linear(x, goal, null);
    return Products.linear(x, w, null).to(DType.FP32).sub(y).square().mean().mul(scale);
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void everyPrecisionFindsTheWeights(Precision precision) {
    DType dtype = precision.weights() == null ? DType.FP32 : precision.weights();
    Tensor w = fixture.add("w", dtype, 1, 4);
    var mixed = new MixedPrecision(fixture.context, precision);
    try (var optimizer = new Optimizer(fixture.context, UpdateRule.adam(), fixture.parameters)) {
      for (int step = 0; step < 100; step++) {
        int batch = step;
        try (Scope _ = fixture.context.scope()) {
          // Large enough to overflow fp16 at the first scales.
          mixed.backward(mixed.forward(() -> loss(w, batch, 10)));
        }
        mixed.step(optimizer, 0.3 * Math.exp(-step / 25.0));
        optimizer.zeroGrad();
      }
    }
    assertThat(w.toDoubles()).containsExactly(new double[] {1, -1, 0.5, 2}, Offset.offset(0.02));
    assertThat(mixed.skipped() > 0).isEqualTo(precision.isScaled());
    assertThat(fixture.context.leaks()).isEmpty();
  }

  @Test
  void aRunThatCannotRecoverNamesTheTensorThatOverflowedFirst() {
    Tensor w = fixture.add("w", DType.FP32, 1, 4);
    var mixed =
        new MixedPrecision(
            fixture.context,
            Precision.FP16,
            AutocastPolicy.DEFAULT,
            GradScaler.Options.DEFAULT.withInitial(1));
    try (var optimizer = sgd()) {
      try (Scope _ = fixture.context.scope()) {
        // The forward pass is finite; the gradient of the product is beyond fp16.
        mixed.backward(mixed.forward(() -> loss(w, 1, 1e6)));
      }
      assertThat(optimizer.nonFiniteGradients()).containsExactly("w");
      assertThatThrownBy(() -> mixed.step(optimizer, 1))
          .isInstanceOf(KilnException.class)
          .hasMessageStartingWith(
              "loss scale: gradients are not finite at the smallest scale 1.0 either, after 1"
                  + " skipped step in a row: the ")
          .hasMessageContaining("is the first with a number that is not finite")
          .hasMessageContaining("fp16");
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void aResumedRunHasTheSameBits(Precision precision, @TempDir Path folder) {
    DType dtype = precision.weights() == null ? DType.FP32 : precision.weights();
    Tensor w = fixture.add("w", dtype, 1, 4);
    double[] whole = new double[4];
    double[] atFour;
    Path file = folder.resolve("state.safetensors");
    Path scale = folder.resolve("scale.safetensors");
    var mixed = new MixedPrecision(fixture.context, precision);
    try (var optimizer = new Optimizer(fixture.context, UpdateRule.adam(), fixture.parameters)) {
      steps(mixed, optimizer, w, 0, 4);
      atFour = w.toDoubles();
      Checkpoint.save(file, optimizer);
      Checkpoint.save(scale, mixed);
      steps(mixed, optimizer, w, 4, 8);
      whole = w.toDoubles();
    }
    try (var _ = fixture.context.noGrad()) {
      w.set(atFour);
    }
    var resumed = new MixedPrecision(fixture.context, precision);
    Checkpoint.load(scale, resumed);
    try (var optimizer = new Optimizer(fixture.context, UpdateRule.adam(), fixture.parameters)) {
      Checkpoint.load(file, optimizer);
      steps(resumed, optimizer, w, 4, 8);
      assertThat(optimizer.steps() + resumed.skipped()).isEqualTo(8);
    }
    assertThat(w.toDoubles()).containsExactly(whole);
    assertThat(resumed.scale()).isEqualTo(mixed.scale());
    assertThat(resumed.skipped()).isEqualTo(mixed.skipped());
  }

  private void steps(MixedPrecision mixed, Optimizer optimizer, Tensor w, int from, int to) {
    for (int step = from; step < to; step++) {
      int batch = step;
      try (Scope _ = fixture.context.scope()) {
        mixed.backward(mixed.forward(() -> loss(w, batch, 10)));
      }
      mixed.step(optimizer, 0.01);
      optimizer.zeroGrad();
    }
  }

  @Test
  void aStateOfOtherParametersOrRulesIsRefused(@TempDir Path folder) {
    fixture.add("w", DType.FP32, 1);
    Path file = folder.resolve("state.safetensors");
    try (var optimizer = new Optimizer(fixture.context, UpdateRule.adam(), fixture.parameters)) {
      fixture.setGradient("w", 1);
      optimizer.step(1);
      Checkpoint.save(file, optimizer);
    }
    try (var other = new Optimizer(fixture.context, UpdateRule.lion(), fixture.parameters)) {
      assertThatThrownBy(() -> Checkpoint.load(file, other))
          .isInstanceOf(KilnException.class)
          .hasMessage("optimizer: 'w' was changed by adam before and would be by lion now");
    }
    try (var fresh = new OptimizerFixture()) {
      fresh.add("v", DType.FP32, 1);
      try (var other =
          new Optimizer(
              fresh.context, UpdateRule.adam(), ParameterGroups.single(fresh.parameters))) {
        assertThatThrownBy(() -> Checkpoint.load(file, other))
            .hasMessage("optimizer: the state is of parameters [w], which are not among [v]");
      }
    }
  }

  @Test
  void fourBatchesOf32GiveTheGradientOfOneOf128() {
    Tensor w = fixture.add("w", DType.FP64, 1, 4);
    Tensor x =
        fixture.context.of(DType.FP64, OptimizerFixture.values(5, 128 * 4), 128, 4).persist();
    var mixed = new MixedPrecision(fixture.context, Precision.FP32);
    try (Scope _ = fixture.context.scope()) {
      mixed.backward(Products.linear(x, w, null).square().mean());
    }
    double[] whole = w.grad().toDoubles();
    w.zeroGrad();
    for (int part = 0; part < 4; part++) {
      try (Scope _ = fixture.context.scope()) {
        Tensor some = x.slice(0, 32L * part, 32L * part + 32);
        mixed.backward(Products.linear(some, w, null).square().mean(), 0.25);
      }
    }
    assertThat(w.grad().toDoubles()).containsExactly(whole, Offset.offset(1e-14));
    x.close();
  }

  @Test
  void autocastFollowsItsPolicy() {
    Tensor x = fixture.add("x", DType.FP32, 2, 2);
    try (var _ = fixture.context.autocast(DType.BF16)) {
      assertThat(Products.linear(x, x, null).dtype()).isEqualTo(DType.BF16);
      assertThat(x.to(DType.BF16).exp().dtype()).isEqualTo(DType.FP32);
      assertThat(x.add(x.to(DType.BF16)).dtype()).isEqualTo(DType.FP32);
    }
    var keep = AutocastPolicy.DEFAULT.with("linear", AutocastPolicy.Rule.KEEP);
    try (var _ = fixture.context.autocast(DType.BF16, keep)) {
      assertThat(Products.linear(x, x, null).dtype()).isEqualTo(DType.FP32);
    }
    assertThat(Products.linear(x, x, null).dtype()).isEqualTo(DType.FP32);
  }

  @Test
  void autocastBringsOther16BitsToItsDtypeAndLeavesFp64Alone() {
    Tensor half = fixture.context.of(DType.FP16, new double[] {1, 2, 3, 4}, 2, 2);
    Tensor wide = fixture.context.of(DType.FP64, new double[] {1, 2, 3, 4}, 2, 2);
    try (var _ = fixture.context.autocast(DType.BF16)) {
      assertThat(Products.linear(half, half, null).dtype()).isEqualTo(DType.BF16);
      assertThat(Products.linear(wide, wide, null).dtype()).isEqualTo(DType.FP64);
    }
  }

  @Test
  void autocastSeesParametersThatChangeInside() {
    Tensor w = fixture.add("w", DType.FP32, 1, 1);
    Tensor one = fixture.context.ones(DType.FP32, 1, 1);
    try (var _ = fixture.context.autocast(DType.BF16)) {
      Products.linear(one, w, null);
      try (var _ = fixture.context.noGrad()) {
        w.set(new float[] {3});
      }
      assertThat(Products.linear(one, w, null).toFloats()).containsExactly(3);
    }
  }
}
