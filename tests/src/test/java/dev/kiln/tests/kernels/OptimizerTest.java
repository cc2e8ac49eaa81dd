package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.GradientScaling;
import dev.kiln.kernels.optimizer.Lion;
import dev.kiln.kernels.optimizer.Optimizer;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.kernels.optimizer.Rprop;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.kernels.reference.OptimizerReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OptimizerTest {
  private static final int[] SMALL = {7, 0, 1, 33};
  private static final int[] LARGE = {7, 0, 4097, 1, 1000, 12_288, 33};
  private static final double LR = 1e-2;
  private static final double INVERSE_SCALE = 0.125;
  private static final double CLIP = 0.2;
  private static final int STEPS = 3;

  static Stream<Arguments> rules() {
    return Cases.devices().stream()
        .flatMap(
            device ->
                Cases.DTYPES.stream()
                    .flatMap(
                        dtype ->
                            OptimizerRule.all().stream()
                                .map(rule -> Arguments.of(Cases.name(device), dtype, rule))));
  }

  /** What the definition makes of a parameter. */
  private static final class Expected {
    final Rounding rounding;
    final double[] w;
    final double[][] states;

    Expected(Rounding rounding, double[] w, int states) {
      this.rounding = rounding;
      this.w = w.clone();
      this.states = new double[states][w.length];
    }

    void step(OptimizerRule rule, double[] g, Parameter parameter, long step) {
      double[] used = OptimizerReference.gradients(rounding, g, INVERSE_SCALE, CLIP);
      rule.definition()
          .step(
              rounding, w, used, states, LR * parameter.rateScale(), step, parameter.decayScale());
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void parametersOfAllSizesAreWithinTheErrorRule(String name, DType dtype, OptimizerRule rule) {
    Device device = Cases.device(name);
    List<Parameter> parameters = parameters(device, dtype);
    List<Expected> exact = new ArrayList<>();
    List<Expected> plain = new ArrayList<>();
    for (Parameter parameter : parameters) {
      double[] w = parameter.weights().toDoubles();
      exact.add(new Expected(Rounding.EXACT, w, rule.states().size()));
      plain.add(new Expected(Rounding.FP32, w, rule.states().size()));
    }
    try (Optimizer optimizer = rule.optimizer().apply(device, parameters)) {
      assertThat(optimizer.stateNames()).isEqualTo(rule.states());
      var scaling = GradientScaling.NONE.withInverseScale(INVERSE_SCALE).withClipValue(CLIP);
      for (int step = 1; step <= STEPS; step++) {
        for (int i = 0; i < parameters.size(); i++) {
          NdArray grads = parameters.get(i).grads();
          double[] g = Cases.normal(dtype, 100L * step + i, (int) grads.size());
          grads.set(g);
          exact.get(i).step(rule, g, parameters.get(i), step);
          plain.get(i).step(rule, g, parameters.get(i), step);
        }
        optimizer.step(LR, step, scaling);
      }
      for (int i = 0; i < parameters.size(); i++) {
        check(rule, optimizer, i, plain.get(i), exact.get(i));
      }
    }
  }

  private static void check(
      OptimizerRule rule, Optimizer optimizer, int i, Expected plain, Expected exact) {
    Parameter parameter = optimizer.parameters().get(i);
    double[] weights = parameter.weights().toDoubles();
    ErrorRule.check("weights " + i + " of " + rule, DType.FP32, weights, plain.w, exact.w);
    for (int s = 0; s < exact.states.length; s++) {
      String state = rule.states().get(s);
      ErrorRule.check(
          state + " " + i + " of " + rule,
          DType.FP32,
          optimizer.state(i, state).toDoubles(),
          plain.states[s],
          exact.states[s]);
    }
    if (parameter.model() != null) {
      assertThat(parameter.model().toDoubles())
          .as("the model's copy")
          .isEqualTo(Rounding.to(parameter.model().dtype()).of(weights));
    }
  }

  /** Parameters of different sizes, factors, and dtypes of models. */
  private static List<Parameter> parameters(Device device, DType dtype) {
    List<Parameter> parameters = new ArrayList<>();
    for (int n : Cases.isTested(device) ? LARGE : SMALL) {
      int i = parameters.size();
      boolean hasModel = dtype != DType.FP32 && i % 3 != 0;
      Parameter parameter =
          Parameter.of(
              NdArray.of(device, DType.FP32, Cases.normal(DType.FP32, i, n), n),
              hasModel ? Cases.unset(device, dtype, n) : null,
              NdArray.zeros(device, dtype, n));
      parameters.add(
          switch (i % 4) {
            case 2 -> parameter.withoutDecay();
            case 3 -> parameter.withRateScale(0.5).withDecayScale(2);
            default -> parameter;
          });
    }
    return parameters;
  }

  @Test
  void doublePrecisionIsExact() {
    for (Device device : Cases.devices()) {
      for (OptimizerRule rule : OptimizerRule.all()) {
        double[] w = Cases.normal(DType.FP64, 1, 9);
        var parameter =
            Parameter.of(
                NdArray.of(device, DType.FP64, w, 9), NdArray.zeros(device, DType.FP64, 9));
        var exact = new Expected(Rounding.EXACT, w, rule.states().size());
        try (Optimizer optimizer = rule.optimizer().apply(device, List.of(parameter))) {
          for (int step = 1; step <= STEPS; step++) {
            double[] g = Cases.normal(DType.FP64, 7 + step, 9);
            parameter.grads().set(g);
            exact.step(rule, g, parameter, step);
            optimizer.step(
                LR, step, GradientScaling.NONE.withInverseScale(INVERSE_SCALE).withClipValue(CLIP));
          }
          ErrorRule.checkFp64(
              "weights of " + rule, parameter.weights().toDoubles(), exact.w, 4 * STEPS);
        }
      }
    }
  }

  @Test
  void weightsInHalfPrecisionNeedNoMaster() {
    for (Device device : Cases.devices()) {
      for (DType dtype : List.of(DType.FP16, DType.BF16)) {
        var parameter =
            Parameter.of(NdArray.full(device, dtype, 1, 5), NdArray.full(device, dtype, 0.5, 5));
        try (var adam = new Adam(device, List.of(parameter), Adam.Options.ADAM)) {
          adam.step(0.25, 1);
        }
        assertThat(parameter.weights().toDoubles()).containsOnly(0.75);
      }
    }
  }

  @Test
  void aFlagOnTheDeviceSkipsTheStep() {
    for (Device device : Cases.devices()) {
      NdArray found = NdArray.full(device, DType.FP32, 1, 1);
      var scaling = GradientScaling.NONE.withFoundInf(found);
      for (OptimizerRule rule : OptimizerRule.all()) {
        double[] w = Cases.normal(DType.FP32, 13, 50);
        var parameter =
            Parameter.of(
                NdArray.of(device, DType.FP32, w, 50),
                NdArray.full(device, DType.BF16, 3, 50),
                NdArray.full(device, DType.FP32, Double.POSITIVE_INFINITY, 50));
        try (Optimizer optimizer = rule.optimizer().apply(device, List.of(parameter))) {
          optimizer.step(LR, 1, scaling);
          assertThat(parameter.weights().toDoubles()).as("%s", rule).isEqualTo(w);
          assertThat(parameter.model().toDoubles()).containsOnly(3);
          for (String state : optimizer.stateNames()) {
            assertThat(optimizer.state(0, state).toDoubles()).as(state).containsOnly(0);
          }
          found.set(new float[] {0});
          parameter.grads().set(Cases.normal(DType.FP32, 14, 50));
          optimizer.step(LR, 1, scaling);
          assertThat(parameter.weights().toDoubles()).as("%s goes on", rule).isNotEqualTo(w);
          found.set(new float[] {1});
        }
      }
    }
  }

  @Test
  void velocityStartsWithTheGradientAndIsDampedLater() {
    for (Device device : Cases.devices()) {
      var parameter = single(device, 8, 1);
      var options = new Sgd.Options(0.5, 0.5, false, 0);
      try (var sgd = new Sgd(device, List.of(parameter), options)) {
        sgd.step(1, 1);
        assertThat(parameter.weights().toFloats()).as("8 - 1").containsExactly(7);
        sgd.step(1, 2);
        assertThat(parameter.weights().toFloats()).as("7 - (0.5 1 + 0.5 1)").containsExactly(6);
      }
    }
  }

  @Test
  void adamsFirstStepIsTheLearningRateWhateverTheGradient() {
    for (Device device : Cases.devices()) {
      double[] g = {1, -1, 1e-3, -5e4};
      var parameter =
          Parameter.of(NdArray.zeros(device, DType.FP32, 4), NdArray.of(device, DType.FP32, g, 4));
      try (var adam = new Adam(device, List.of(parameter), Adam.Options.ADAMW)) {
        adam.step(LR, 1);
      }
      assertThat(parameter.weights().toDoubles())
          .containsExactly(new double[] {-LR, LR, -LR, LR}, within(1e-5 * LR));
    }
  }

  @Test
  void lionMovesByTheLearningRateAgainstTheSignAndNotAtAllWithoutGradient() {
    for (Device device : Cases.devices()) {
      double[] g = {1e-20, -30, 0};
      var parameter =
          Parameter.of(NdArray.zeros(device, DType.FP32, 3), NdArray.of(device, DType.FP32, g, 3));
      try (var lion = new Lion(device, List.of(parameter), Lion.Options.DEFAULT)) {
        lion.step(0.5, 1);
      }
      assertThat(parameter.weights().toDoubles()).containsExactly(-0.5, 0.5, 0);
    }
  }

  @Test
  void rpropGrowsItsStepRestsAfterATurnAndThenShrinks() {
    for (Device device : Cases.devices()) {
      var parameter = single(device, 0, 1e-30);
      try (var rprop = new Rprop(device, List.of(parameter), Rprop.Options.DEFAULT)) {
        double[] gradients = {1e-30, 1e-30, -1e-30, -1e-30, -1e-30};
        double[] weights = {-1, -2.2, -2.2, -1.6, -0.88};
        for (int step = 0; step < gradients.length; step++) {
          parameter.grads().set(new double[] {gradients[step]});
          rprop.step(1, step + 1);
          assertThat(parameter.weights().toDoubles()[0])
              .as("after step %d", step + 1)
              .isCloseTo(weights[step], within(1e-6));
        }
      }
    }
  }

  @Test
  void masterWeightsMoveWhereHalfPrecisionWouldNot() {
    for (Device device : Cases.devices()) {
      var parameter =
          Parameter.of(
              NdArray.full(device, DType.FP32, 1, 1),
              Cases.unset(device, DType.FP16, 1),
              NdArray.full(device, DType.FP16, 1, 1));
      try (var adam = new Adam(device, List.of(parameter), Adam.Options.ADAM)) {
        for (int step = 1; step <= 100; step++) {
          adam.step(1e-5, step);
        }
      }
      assertThat(parameter.weights().toDoubles()[0]).isCloseTo(1 - 100e-5, within(5e-6));
      assertThat(parameter.model().toDoubles()[0])
          .isCloseTo(1 - 100e-5, within(5e-4))
          .isLessThan(1);
    }
  }

  @Test
  void aSmallGradientSurvivesLossScaling() {
    for (Device device : Cases.devices()) {
      double scale = 65536;
      var parameter =
          Parameter.of(
              NdArray.zeros(device, DType.FP32, 1),
              NdArray.full(device, DType.FP16, 1e-8 * scale, 1));
      try (var sgd = new Sgd(device, List.of(parameter), Sgd.Options.DEFAULT)) {
        sgd.step(1, 1, GradientScaling.NONE.withInverseScale(1 / scale));
      }
      assertThat(parameter.weights().toDoubles()[0]).isCloseTo(-1e-8, within(1e-11));
    }
  }

  @Test
  void clippingByValueKeepsNaN() {
    for (Device device : Cases.devices()) {
      double[] g = {3, -3, 0.5, Double.NaN, Double.NEGATIVE_INFINITY};
      var parameter =
          Parameter.of(NdArray.zeros(device, DType.FP32, 5), NdArray.of(device, DType.FP32, g, 5));
      try (var sgd = new Sgd(device, List.of(parameter), Sgd.Options.DEFAULT)) {
        sgd.step(1, 1, GradientScaling.NONE.withClipValue(2));
      }
      assertThat(parameter.weights().toDoubles()).containsExactly(-2, 2, -0.5, Double.NaN, 2);
    }
  }

  @Test
  void neighboursInMemoryStayAsTheyAre() {
    for (Device device : Cases.devices()) {
      NdArray weights = NdArray.full(device, DType.FP32, 5, 40);
      NdArray grads = NdArray.full(device, DType.FP32, 1, 40);
      var parameter = Parameter.of(weights.narrow(0, 3, 20), grads.narrow(0, 1, 18));
      try (var sgd = new Sgd(device, List.of(parameter), Sgd.Options.DEFAULT)) {
        sgd.step(1, 1);
      }
      double[] after = weights.toDoubles();
      for (int i = 0; i < 40; i++) {
        assertThat(after[i]).as("at %d", i).isEqualTo(i >= 3 && i < 20 ? 4 : 5);
      }
    }
  }

  private static Parameter single(Device device, double weight, double gradient) {
    return Parameter.of(
        NdArray.full(device, DType.FP32, weight, 1), NdArray.full(device, DType.FP32, gradient, 1));
  }
}
