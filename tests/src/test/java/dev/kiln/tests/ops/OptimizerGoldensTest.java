package dev.kiln.tests.ops;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Adagrad;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.RmsProp;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.ParameterGroups;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.tests.train.Goldens;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ten steps of optimizers against libtorch's, in fp64 and fp32. */
class OptimizerGoldensTest {
  static Stream<Goldens.Case> cases() {
    Goldens goldens = Goldens.of("optimizers");
    return goldens.names().stream().map(goldens::get);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsLibtorch(Goldens.Case given) {
    compare(given, DType.FP64);
    compare(given, DType.FP32);
  }

  private static void compare(Goldens.Case given, DType dtype) {
    int size = given.shape("w")[0];
    int steps = given.shape("g")[0];
    double[] gradients = given.doubles("g");
    double[] all = new double[steps * size];
    try (var fixture = new OptimizerFixture()) {
      var w = fixture.add("w", dtype, size);
      try (var _ = fixture.context.noGrad()) {
        w.set(given.doubles("w"));
      }
      try (var optimizer =
          new Optimizer(fixture.context, rule(given), ParameterGroups.single(fixture.parameters))) {
        for (int step = 0; step < steps; step++) {
          fixture.setGradient("w", Arrays.copyOfRange(gradients, step * size, (step + 1) * size));
          optimizer.step(given.option("rate"));
          System.arraycopy(w.toDoubles(), 0, all, step * size, size);
        }
      }
    }
    given.output("y").check(dtype, all);
  }

  private static UpdateRule rule(Goldens.Case given) {
    String kind = given.name().split("-")[0];
    double decay = given.option("decay");
    return switch (kind) {
      case "sgd", "momentum", "nesterov" ->
          UpdateRule.sgd(
              new Sgd.Options(
                  given.option("momentum"),
                  given.option("dampening"),
                  given.flag("nesterov"),
                  decay));
      case "adagrad" ->
          UpdateRule.adagrad(
              new Adagrad.Options(given.option("rateDecay"), decay, 0, given.option("eps")));
      case "rmsprop" ->
          UpdateRule.rmsProp(
              new RmsProp.Options(
                  given.option("alpha"),
                  given.option("eps"),
                  given.option("momentum"),
                  given.flag("centered"),
                  decay));
      case "adam", "adamw" ->
          UpdateRule.adam(
              new Adam.Options(
                  given.option("beta1"),
                  given.option("beta2"),
                  given.option("eps"),
                  decay,
                  kind.equals("adamw"),
                  given.hasOption("amsgrad") && given.flag("amsgrad")));
      default -> throw new IllegalArgumentException("what rule is " + given + "?");
    };
  }
}
