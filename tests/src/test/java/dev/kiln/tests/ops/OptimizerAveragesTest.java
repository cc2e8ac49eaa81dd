package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.checkpoint.Checkpoint;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.SoftUpdate;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.optim.WeightAverage;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.nio.file.Path;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimizerAveragesTest {
  private final OptimizerFixture fixture = new OptimizerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private Optimizer sgd() {
    return new Optimizer(fixture.context, UpdateRule.sgd(), fixture.parameters);
  }

  private void set(String name, double... values) {
    try (var _ = fixture.context.noGrad()) {
      fixture.parameters.get(name).set(values);
    }
  }

  @Test
  void averagesFollowTheMasterWeightsAndSurviveACheckpoint(@TempDir Path folder) {
    fixture.add("w", DType.FP32, 2);
    fixture.add("narrow", DType.BF16, 1);
    set("w", 1, 2);
    set("narrow", 1);
    Path file = folder.resolve("average.safetensors");
    try (var optimizer = sgd();
        var average = new WeightAverage(fixture.context, optimizer, 0.9, false)) {
      var listening = optimizer.afterStep(average::update);
      double w = 1;
      double expected = 1;
      for (int step = 0; step < 3; step++) {
        fixture.setGradient("w", 1, 0);
        fixture.setGradient("narrow", 1);
        // Smaller than bf16 can tell at 1.
        optimizer.step(0.001);
        w -= 0.001;
        expected = 0.9 * expected + 0.1 * w;
      }
      listening.close();
      assertThat(average.averages().get("w").toDoubles())
          .containsExactly(new double[] {expected, 2}, Offset.offset(1e-6));
      assertThat(average.averages().get("narrow").toDoubles())
          .containsExactly(new double[] {expected}, Offset.offset(1e-6));

      Checkpoint.save(file, average);
      average.update();
      assertThat(average.averages().get("w").toDoubles()[0]).isNotEqualTo(expected);
      Checkpoint.load(file, average);
      assertThat(average.averages().get("w").toDoubles())
          .containsExactly(new double[] {expected, 2}, Offset.offset(1e-6));
    }
    assertThat(fixture.context.leaks()).isEmpty();
  }

  @Test
  void averagesTakeTheWeightsPlaceForAnEvaluation() {
    Tensor w = fixture.add("w", DType.FP32, 1);
    set("w", 1);
    try (var optimizer = sgd();
        var average = new WeightAverage(fixture.context, optimizer, 0.5, false)) {
      set("w", 3);
      average.update();
      var applied = average.applied();
      assertThat(w.toFloats()).containsExactly(2);
      applied.close();
      assertThat(w.toFloats()).containsExactly(3);
    }
    assertThat(fixture.context.leaks()).isEmpty();
  }

  @Test
  void aWarmUpForgetsTheBeginning() {
    fixture.add("w", DType.FP32, 1);
    set("w", 0);
    try (var optimizer = sgd();
        var average = new WeightAverage(fixture.context, optimizer, 0.9, true)) {
      set("w", 1);
      average.update();
      assertThat(average.averages().get("w").toDoubles()[0]).isCloseTo(0.9, Offset.offset(1e-6));
    }
  }

  @Test
  void aSoftUpdateMovesTheTargetNetwork() {
    Tensor target = fixture.add("w", DType.FP32, 2);
    set("w", 0, 4);
    Tensor online = fixture.context.of(new float[] {1, 2}, 2);
    try (var soft = new SoftUpdate(fixture.context, Map.of("w", target), Map.of("w", online))) {
      soft.run(0.25);
      assertThat(target.toFloats()).containsExactly(0.25f, 3.5f);
      soft.run(1);
      assertThat(target.toFloats()).containsExactly(1, 2);
    }
  }

  @Test
  void mistakesAreNamed() {
    Tensor w = fixture.add("w", DType.FP32, 2);
    Tensor other = fixture.context.zeros(DType.FP32, 3);
    assertThatThrownBy(() -> new SoftUpdate(fixture.context, Map.of("w", w), Map.of()))
        .isInstanceOf(KilnException.class)
        .hasMessage("soft update: 'w' has no source");
    assertThatThrownBy(() -> new SoftUpdate(fixture.context, Map.of("w", w), Map.of("w", other)))
        .hasMessage("soft update: 'w' is w fp32[2], but its source is tensor fp32[3]");
    try (var optimizer = sgd()) {
      assertThatThrownBy(() -> new WeightAverage(fixture.context, optimizer, 2, false))
          .hasMessage("weight average: the decay must be from 0 to 1, but is 2.0");
    }
  }
}
