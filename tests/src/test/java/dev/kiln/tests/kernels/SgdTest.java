package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.kernels.reference.SgdReference;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SgdTest {
  private static final List<Sgd.Options> OPTIONS =
      List.of(
          Sgd.Options.DEFAULT,
          new Sgd.Options(0, 0, false, 0.1),
          new Sgd.Options(0.9, 0, false, 0.01),
          new Sgd.Options(0.9, 0.5, false, 0),
          new Sgd.Options(0.9, 0, true, 0.01));

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#elementwise")
  void threeStepsAreWithinTheErrorRule(String name, DType dtype, int n) {
    Device device = Devices.byName(name);
    for (Sgd.Options options : OPTIONS) {
      double[] exact = Cases.normal(DType.FP32, 14, n);
      double[] plain = exact.clone();
      double[] exactVelocity = new double[n];
      double[] plainVelocity = new double[n];
      NdArray model = dtype == DType.FP32 ? null : Cases.unset(device, dtype, n);
      var parameter =
          new Sgd.Parameter(
              NdArray.of(device, DType.FP32, exact, n),
              model,
              NdArray.zeros(device, dtype, n),
              Cases.unset(device, DType.FP32, n));
      for (int step = 1; step <= 3; step++) {
        double[] g = Cases.normal(dtype, 30 + step, n);
        parameter.grads().set(g);
        new Sgd(device).step(parameter, options, 0.1, step, 0.5, null);
        SgdReference.step(Rounding.EXACT, exact, g, exactVelocity, options, 0.1, step, 0.5);
        SgdReference.step(Rounding.FP32, plain, g, plainVelocity, options, 0.1, step, 0.5);
      }
      ErrorRule.check(
          "weights of " + options, DType.FP32, parameter.weights().toDoubles(), plain, exact);
      if (model != null) {
        assertThat(model.toDoubles())
            .as("the model's copy")
            .isEqualTo(Rounding.to(dtype).of(parameter.weights().toDoubles()));
      }
    }
  }

  @Test
  void velocityStartsWithTheGradientAndIsDampedLater() {
    for (Device device : Cases.devices()) {
      NdArray one = NdArray.of(device, DType.FP32, new double[] {8}, 1);
      var parameter =
          new Sgd.Parameter(
              one,
              null,
              NdArray.full(device, DType.FP32, 1, 1),
              NdArray.zeros(device, DType.FP32, 1));
      var options = new Sgd.Options(0.5, 0.5, false, 0);
      var kernel = new Sgd(device);
      kernel.step(parameter, options, 1, 1);
      assertThat(one.toFloats()).as("8 - 1").containsExactly(7);
      kernel.step(parameter, options, 1, 2);
      assertThat(one.toFloats()).as("7 - (0.5 1 + 0.5 1)").containsExactly(6);
    }
  }

  @Test
  void aStepWithInfinitiesChangesNothing() {
    for (Device device : Cases.devices()) {
      double[] w = Cases.normal(DType.FP32, 15, 20);
      var parameter =
          new Sgd.Parameter(
              NdArray.of(device, DType.FP32, w),
              null,
              NdArray.full(device, DType.FP32, Double.NaN, 20),
              NdArray.full(device, DType.FP32, 2, 20));
      new Sgd(device)
          .step(
              parameter,
              new Sgd.Options(0.9, 0, true, 0.1),
              0.1,
              5,
              1,
              NdArray.full(device, DType.FP32, 1, 1));
      assertThat(parameter.weights().toDoubles()).isEqualTo(w);
      assertThat(parameter.velocity().toDoubles()).containsOnly(2);
    }
  }

  @Test
  void optionsThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> new Sgd.Options(0, 0, true, 0))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("momentum");
    Device device = Devices.cpu();
    var parameter =
        new Sgd.Parameter(
            NdArray.zeros(device, DType.FP32, 3), null, NdArray.zeros(device, DType.FP32, 3), null);
    assertThatThrownBy(
            () -> new Sgd(device).step(parameter, new Sgd.Options(0.9, 0, false, 0), 0.1, 1))
        .hasMessage("Sgd: argument 'velocity' is needed for momentum");
  }
}
