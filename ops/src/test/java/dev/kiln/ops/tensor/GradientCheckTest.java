package dev.kiln.ops.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GradientCheckTest {
  private final Context context = new Context(Devices.cpu(), 1);

  @AfterEach
  void close() {
    context.close();
    assertThat(context.memory().storages()).isZero();
  }

  private Tensor input(String name, long... shape) {
    return context.uniform(DType.FP64, 0.5, 2, shape).requireGrad().named(name);
  }

  /** {@code x^2} with the gradient {@code factor x}. */
  private static Tensor square(Tensor x, double factor) {
    return Operation.of("square", x)
        .save(x)
        .result(x.detach().square(), g -> g.give(0, g.saved(0).mul(factor).mul(g.of())));
  }

  @Test
  void rightGradientsPassAndNothingIsChanged() {
    Tensor x = input("x", 2, 3);
    Tensor w = input("w", 3);
    double[] before = x.toDoubles();

    GradientCheck.Report report = GradientCheck.of(() -> square(x, 2).mul(w).sin(), x, w);

    assertThat(report.isPassed()).isTrue();
    assertThat(report.rows()).extracting(GradientCheck.Row::checked).containsExactly(6, 3);
    assertThat(report.requirePassed().toString()).startsWith("x: 6 numbers, largest error");
    assertThat(x.toDoubles()).containsExactly(before);
    assertThat(x.hasGrad()).isFalse();
    assertThat(context.isRecording()).isTrue();
  }

  @Test
  void aWrongGradientIsNamedWithItsPlaceAndItsSize() {
    Tensor x = input("x", 4);
    GradientCheck.Report report = GradientCheck.of(() -> square(x, 2.001), x);
    assertThat(report.isPassed()).isFalse();
    assertThatThrownBy(report::requirePassed)
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("x: 4 numbers")
        .hasMessageContaining("WRONG")
        .hasMessageContaining("numerically");
  }

  @Test
  void aGradientThatIsNoNumberDoesNotPass() {
    Tensor x = input("x", 2);
    assertThat(GradientCheck.of(() -> square(x, Double.NaN), x).isPassed()).isFalse();
  }

  @Test
  void gradientsOfTwoResultsMustNotTakeEachOthersPlace() {
    Tensor x = input("x", 4);
    GradientCheck.Report report =
        GradientCheck.of(
            () ->
                Operation.of("turned", x).result(x.detach().copy(), g -> g.give(0, g.of().flip(0))),
            x);
    assertThat(report.isPassed()).isFalse();
  }

  @Test
  void dropoutDrawsTheSameNumbersEachTime() {
    Tensor x = input("x", 16);
    GradientCheck.of(() -> x.square().dropout(0.5, true), x).requirePassed();
  }

  @Test
  void someNumbersOfLargeTensorsAreChosen() {
    Tensor x = input("x", 40);
    GradientCheck.Report report = GradientCheck.of(x::exp, Map.of("x", x), 3);
    assertThat(report.requirePassed().rows().getFirst().checked()).isEqualTo(3);
  }

  @Test
  void whatCannotBeCheckedIsRefused() {
    Tensor single = context.ones(DType.FP32, 2).requireGrad();
    assertThatThrownBy(() -> GradientCheck.of(() -> single, single))
        .hasMessageContaining("must be fp64, no result, and need a gradient");
    Tensor frozen = context.ones(DType.FP64, 2);
    assertThatThrownBy(() -> GradientCheck.of(() -> frozen, frozen))
        .hasMessageContaining("need a gradient");
    Tensor x = input("x", 2);
    assertThatThrownBy(() -> GradientCheck.of(() -> x.to(DType.FP32), x))
        .hasMessageContaining("the result must be fp64");
    assertThatThrownBy(() -> GradientCheck.of(() -> x))
        .hasMessageContaining("there is no tensor to check");
  }
}
