package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.kiln.compiler.ir.DType;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** That the stored numbers are read as they were meant, by computing some of them here. */
class GoldensTest {
  static Stream<Goldens.Case> cases() {
    return Stream.of("tensors", "layers", "sequences", "losses", "optimizers")
        .map(Goldens::of)
        .flatMap(file -> file.names().stream().map(file::get));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyResultAndGradientFillsItsShape(Goldens.Case each) {
    assertThat(each.outputs()).isNotEmpty();
    for (String output : each.outputs()) {
      assertFills(each.output(output));
    }
    for (String input : each.gradients()) {
      assertFills(each.gradient(input));
      assertThat(each.gradient(input).shape()).isEqualTo(each.shape(input));
      assertThat(each.inputs()).contains("d" + each.outputs().iterator().next());
    }
  }

  private static void assertFills(Goldens.Expected expected) {
    int count = Arrays.stream(expected.shape()).reduce(1, Math::multiplyExact);
    assertThat(expected.values()).as(expected.what()).hasSize(count);
  }

  @Test
  void momentumStepsAreThoseOfPlainJava() {
    var each = Goldens.of("optimizers").get("momentum-dampening");
    double[] w = each.doubles("w");
    double[] g = each.doubles("g");
    double[] v = new double[w.length];
    double[] rows = new double[g.length];
    for (int i = 0; i < g.length; i++) {
      int j = i % w.length;
      double gradient = g[i] + each.option("decay") * w[j];
      double share = i < w.length ? 1 : 1 - each.option("dampening");
      v[j] = each.option("momentum") * v[j] + share * gradient;
      w[j] -= each.option("rate") * v[j];
      rows[i] = w[j];
    }
    each.output("y").check(DType.FP64, rows);
  }

  @Test
  void stepsOfAdamWAreThoseOfPlainJava() {
    var each = Goldens.of("optimizers").get("adamw");
    double[] w = each.doubles("w");
    double[] g = each.doubles("g");
    double[] mean = new double[w.length];
    double[] square = new double[w.length];
    double[] rows = new double[g.length];
    double beta1 = each.option("beta1");
    double beta2 = each.option("beta2");
    for (int i = 0; i < g.length; i++) {
      int j = i % w.length;
      int step = i / w.length + 1;
      mean[j] = beta1 * mean[j] + (1 - beta1) * g[i];
      square[j] = beta2 * square[j] + (1 - beta2) * g[i] * g[i];
      double root = Math.sqrt(square[j] / (1 - Math.pow(beta2, step))) + each.option("eps");
      w[j] *= 1 - each.option("rate") * each.option("decay");
      w[j] -= each.option("rate") * mean[j] / (1 - Math.pow(beta1, step)) / root;
      rows[i] = w[j];
    }
    each.output("y").check(DType.FP64, rows);
  }

  @Test
  void gradientsOfMeanSquaresAreThoseOfPlainJava() {
    var each = Goldens.of("losses").get("mse");
    double[] x = each.doubles("x");
    double[] target = each.doubles("target");
    double dy = each.doubles("dy")[0];
    double[] dx = new double[x.length];
    Arrays.setAll(dx, i -> dy * 2 * (x[i] - target[i]) / x.length);
    each.gradient("x").check(DType.FP64, dx);
    dx[0] += 1e-6;
    assertThatThrownBy(() -> each.gradient("x").check(DType.FP64, dx))
        .hasMessageContaining("mse/x at 0");
  }

  @Test
  void gradientsOfGptHaveTheirNorms() {
    var gpt = Goldens.of("models").get("gpt");
    assertThat(gpt.gradients()).hasSize(28);
    for (String name : gpt.gradients()) {
      var gradient = gpt.gradient(name);
      double squares = Arrays.stream(gradient.values()).map(x -> x * x).sum();
      assertFills(gradient);
      assertThat(Math.sqrt(squares)).as(name).isCloseTo(gradient.norm(), withinPercentage(1e-4));
      assertThat(gradient.errorAutocast16()).isLessThan(gradient.norm());
    }
  }

  @Test
  void unknownNamesAreTold() {
    assertThatThrownBy(() -> Goldens.of("layers").get("no-norm")).hasMessageContaining("no-norm");
    var linear = Goldens.of("layers").get("linear");
    assertThatThrownBy(() -> linear.option("eps")).hasMessage("linear has no eps in its options");
    assertThat(linear.hasOption("eps")).isFalse();
  }
}
