package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Adagrad;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.Lion;
import dev.kiln.kernels.optimizer.Muon;
import dev.kiln.kernels.optimizer.RmsProp;
import dev.kiln.kernels.optimizer.Rprop;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.kernels.reference.OptimizerReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.ParameterGroups;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.tests.kernels.ErrorRule;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ten steps of every rule against its definition in double precision. */
class OptimizerRulesTest {
  private static final int STEPS = 10;

  /** One step of a definition; state has three arrays. */
  @FunctionalInterface
  interface Definition {
    void step(Rounding r, double[] w, double[] g, double[][] state, double lr, long step);
  }

  record Case(String name, UpdateRule rule, Definition definition) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        sgd("sgd", Sgd.Options.DEFAULT),
        sgd("momentum", new Sgd.Options(0.9, 0.1, false, 0.01)),
        sgd("nesterov", new Sgd.Options(0.9, 0, true, 0.01)),
        adagrad(new Adagrad.Options(0.1, 0.01, 0, 1e-10)),
        rmsProp("rmsprop", RmsProp.Options.DEFAULT),
        rmsProp("centered", new RmsProp.Options(0.9, 1e-8, 0.5, true, 0.01)),
        adam("adam", Adam.Options.ADAM.withWeightDecay(0.01)),
        adam("adamw", Adam.Options.ADAMW),
        adam("amsgrad", Adam.Options.ADAM.withAmsgrad()),
        lion(new Lion.Options(0.9, 0.99, 0.1)),
        rprop(Rprop.Options.DEFAULT));
  }

  private static Case sgd(String name, Sgd.Options o) {
    return new Case(
        name,
        UpdateRule.sgd(o),
        (r, w, g, s, lr, step) -> OptimizerReference.sgd(r, w, g, s[0], o, lr, step));
  }

  private static Case adagrad(Adagrad.Options o) {
    return new Case(
        "adagrad",
        UpdateRule.adagrad(o),
        (r, w, g, s, lr, step) -> OptimizerReference.adagrad(r, w, g, s[0], o, lr, step));
  }

  private static Case rmsProp(String name, RmsProp.Options o) {
    return new Case(
        name,
        UpdateRule.rmsProp(o),
        (r, w, g, s, lr, step) -> OptimizerReference.rmsProp(r, w, g, s[0], s[1], s[2], o, lr));
  }

  private static Case adam(String name, Adam.Options o) {
    return new Case(
        name,
        UpdateRule.adam(o),
        (r, w, g, s, lr, step) -> OptimizerReference.adam(r, w, g, s[0], s[1], s[2], o, lr, step));
  }

  private static Case lion(Lion.Options o) {
    return new Case(
        "lion",
        UpdateRule.lion(o),
        (r, w, g, s, lr, step) -> OptimizerReference.lion(r, w, g, s[0], o, lr));
  }

  private static Case rprop(Rprop.Options o) {
    return new Case(
        "rprop",
        UpdateRule.rprop(o),
        (r, w, g, s, lr, step) -> OptimizerReference.rprop(r, w, g, s[0], s[1], o, lr));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void tenStepsFollowTheDefinition(Case test) {
    try (var fixture = new OptimizerFixture()) {
      fixture.add("weight", DType.FP32, 5, 7);
      fixture.add("wide", DType.FP64, 3, 4);
      try (var optimizer =
          new Optimizer(fixture.context, test.rule(), ParameterGroups.single(fixture.parameters))) {
        for (String name : fixture.parameters.keySet()) {
          check(test, fixture, optimizer, name);
          fixture.parameters.get(name).zeroGrad();
        }
      }
    }
  }

  /** Each parameter makes its steps alone: the other has no gradient then. */
  private static void check(Case test, OptimizerFixture fixture, Optimizer optimizer, String name) {
    var parameter = fixture.parameters.get(name);
    double[] exact = parameter.toDoubles();
    double[] plain = exact.clone();
    double[][] exactState = new double[3][exact.length];
    double[][] plainState = new double[3][exact.length];
    for (int step = 1; step <= STEPS; step++) {
      double lr = 0.1 / step;
      double[] g = Rounding.to(DType.FP32).of(OptimizerFixture.values(step, exact.length));
      fixture.setGradient(name, g);
      optimizer.step(lr);
      test.definition().step(Rounding.EXACT, exact, g, exactState, lr, step);
      test.definition().step(Rounding.FP32, plain, g, plainState, lr, step);
    }
    if (parameter.dtype() == DType.FP64) {
      assertThat(parameter.toDoubles()).containsExactly(exact, Offset.offset(1e-12));
    } else {
      ErrorRule.check(name, DType.FP32, parameter.toDoubles(), plain, exact);
    }
  }

  @Test
  void muonTakesMatricesOfHiddenLayersAndAdamWTheRest() {
    try (var fixture = new OptimizerFixture()) {
      fixture.add("hidden.weight", DType.FP32, 4, 6);
      fixture.add("hidden.bias", DType.FP32, 4);
      fixture.add("head.weight", DType.FP32, 3, 4);
      var groups =
          ParameterGroups.muon(
              fixture.parameters,
              UpdateRule.muon(Muon.Options.DEFAULT),
              10,
              (name, parameter) -> name.startsWith("hidden"));
      double[] before = fixture.parameters.get("hidden.weight").toDoubles();
      double[] bias = fixture.parameters.get("hidden.bias").toDoubles();
      try (var optimizer = new Optimizer(fixture.context, UpdateRule.adamW(), groups)) {
        fixture.gradients(1, 1);
        double[] g = fixture.gradient("hidden.bias", 1, 1);
        optimizer.step(0.01);
        double[] after = fixture.parameters.get("hidden.weight").toDoubles();
        double squares = 0;
        for (int i = 0; i < after.length; i++) {
          squares += Math.pow((before[i] - after[i]) / 0.1, 2);
        }
        // Four singular values near 1.
        assertThat(Math.sqrt(squares)).isBetween(1.2, 2.5);
        double[] adam = fixture.parameters.get("hidden.bias").toDoubles();
        for (int i = 0; i < bias.length; i++) {
          assertThat(adam[i]).isCloseTo(bias[i] - 0.01 * Math.signum(g[i]), Offset.offset(1e-6));
        }
      }
    }
  }

  @Test
  void eightBitsFollowAdamClosely() {
    try (var fixture = new OptimizerFixture()) {
      fixture.add("weight", DType.FP32, 8, 64);
      double[] w = fixture.parameters.get("weight").toDoubles();
      double[][] state = new double[3][w.length];
      try (var optimizer =
          new Optimizer(
              fixture.context, UpdateRule.eightBitAdam(Adam.Options.ADAM), fixture.parameters)) {
        for (int step = 1; step <= STEPS; step++) {
          double[] g = fixture.gradient("weight", step, 1);
          optimizer.step(0.01);
          OptimizerReference.adam(
              Rounding.EXACT, w, g, state[0], state[1], state[2], Adam.Options.ADAM, 0.01, step);
        }
      }
      double[] got = fixture.parameters.get("weight").toDoubles();
      double mean = 0;
      for (int i = 0; i < w.length; i++) {
        mean += Math.abs(got[i] - w[i]) / w.length;
      }
      // Weights have moved by some 0.05.
      assertThat(mean).isLessThan(0.005);
    }
  }
}
