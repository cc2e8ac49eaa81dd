package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.loss.Distillation;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.kernels.reference.DistillationReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DistillationTest {
  private static final double T = 2.5;
  private static final double PART = 0.75;
  private static final Distillation.Options OPTIONS = new Distillation.Options(T, PART);

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#floats")
  void lossAndGradientAreWithinTheErrorRule(String name, DType dtype) {
    Device device = Cases.device(name);
    DType compute = dtype == DType.FP64 ? dtype : DType.FP32;
    var kernel = new Distillation(device);
    for (int classes : Cases.isTested(device) ? new int[] {1, 10, 5001} : new int[] {10}) {
      Batch student = Batch.normal(dtype, 1, 9, classes);
      Batch teacher = Batch.normal(dtype, 2, 9, classes);
      int[] targets = new int[9];
      Arrays.setAll(targets, i -> (7 * i + 1) % classes);
      NdArray losses = Cases.unset(device, compute, 9);
      NdArray divergences = Cases.unset(device, compute, 9);
      NdArray grads = Cases.unset(device, dtype, 9, classes);
      kernel.run(
          student.on(device, dtype),
          teacher.on(device, dtype),
          NdArray.of(device, targets, 9),
          OPTIONS,
          losses,
          divergences,
          LossGradient.into(grads));
      Batch.check(
          "losses",
          losses,
          r ->
              Batch.ofRows(
                      9,
                      1,
                      i ->
                          new double[] {
                            DistillationReference.loss(
                                r, student.row(i), teacher.row(i), targets[i], T, PART)
                          })
                  .values(),
          classes);
      Batch.check(
          "divergences",
          divergences,
          r ->
              Batch.ofRows(
                      9,
                      1,
                      i ->
                          new double[] {
                            DistillationReference.divergence(r, student.row(i), teacher.row(i), T)
                          })
                  .values(),
          classes);
      Batch.check(
          "gradient",
          grads,
          r ->
              Batch.ofRows(
                      9,
                      classes,
                      i ->
                          DistillationReference.gradient(
                              r, student.row(i), teacher.row(i), targets[i], T, PART))
                  .values(),
          classes);
    }
  }

  @Test
  void referenceGradientIsTheNumericalOne() {
    Batch student = Batch.normal(DType.FP64, 1, 1, 12);
    double[] teacher = Cases.normal(DType.FP64, 2, 12);
    Rounding exact = Rounding.EXACT;
    NumericalGradient.check(
        "gradient",
        x -> DistillationReference.loss(exact, x, teacher, 3, T, PART),
        student.row(0),
        DistillationReference.gradient(exact, student.row(0), teacher, 3, T, PART));
  }

  /** The student's gradient is then that of its own loss alone. */
  @Test
  void equalLogitsDivergeByNothing() {
    for (Device device : Cases.devices()) {
      Batch x = Batch.normal(DType.FP32, 3, 4, 33);
      NdArray divergences = Cases.unset(device, DType.FP32, 4);
      NdArray losses = Cases.unset(device, DType.FP32, 4);
      NdArray grads = Cases.unset(device, DType.FP32, 4, 33);
      new Distillation(device)
          .run(
              x.on(device, DType.FP32),
              x.on(device, DType.FP32),
              null,
              OPTIONS,
              losses,
              divergences,
              LossGradient.into(grads));
      assertThat(divergences.toFloats()).containsOnly(0);
      assertThat(losses.toFloats()).containsOnly(0);
      assertThat(grads.toFloats()).containsOnly(0);
    }
  }

  @Test
  void nothingReachesTheTeacherAndGradientsMayGoToTheStudent() {
    Device device = Cases.tested();
    Batch x = Batch.normal(DType.FP32, 3, 20, 33);
    Batch t = Batch.normal(DType.FP32, 4, 20, 33);
    NdArray student = x.on(device, DType.FP32);
    NdArray teacher = t.on(device, DType.FP32);
    NdArray targets = NdArray.of(device, new int[20], 20);
    NdArray grads = Cases.unset(device, DType.FP32, 20, 33);
    var kernel = new Distillation(device);
    kernel.run(student, teacher, targets, OPTIONS, null, null, LossGradient.into(grads));
    kernel.run(student, teacher, targets, OPTIONS, null, null, LossGradient.into(student));
    assertThat(student.toBytes()).isEqualTo(grads.toBytes());
    assertThat(teacher.toDoubles()).isEqualTo(t.values());
  }

  @Test
  void ignoredRowsDoNotCountAndWrongTargetsGiveNaN() {
    for (Device device : Cases.devices()) {
      Batch x = Batch.normal(DType.FP32, 3, 3, 5);
      Batch t = Batch.normal(DType.FP32, 4, 3, 5);
      NdArray losses = Cases.unset(device, DType.FP32, 3);
      NdArray grads = Cases.unset(device, DType.FP32, 3, 5);
      new Distillation(device)
          .run(
              x.on(device, DType.FP32),
              t.on(device, DType.FP32),
              NdArray.of(device, new long[] {CrossEntropy.IGNORED, 5, 4}, 3),
              OPTIONS,
              losses,
              null,
              LossGradient.into(grads));
      assertThat(losses.toFloats()).startsWith(0, Float.NaN);
      assertThat(losses.toDoubles()[2]).isPositive();
      assertThat(Arrays.copyOf(grads.toDoubles(), 5)).containsOnly(0);
      assertThat(Arrays.copyOfRange(grads.toDoubles(), 5, 10)).containsOnly(Double.NaN);
    }
  }

  @Test
  void emptyBatchesDoNothing() {
    Device device = Cases.tested();
    NdArray none = NdArray.zeros(device, DType.FP32, 0, 5);
    NdArray empty = NdArray.zeros(device, DType.FP32, 0);
    new Distillation(device).run(none, none, null, OPTIONS, empty, null, LossGradient.into(none));
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    Device device = Cases.tested();
    var kernel = new Distillation(device);
    NdArray x = NdArray.zeros(device, DType.FP32, 4, 6);
    NdArray t = NdArray.zeros(device, DType.FP32, 4, 6);
    NdArray losses = NdArray.zeros(device, DType.FP32, 4);
    refused(
        () -> kernel.run(x, x.narrow(0, 0, 3), null, OPTIONS, null, null, LossGradient.NONE),
        "Distillation: argument 'teacher' must have the shape of 'student', fp32[4, 6] on cpu, but"
            + " is fp32[3, 6] on cpu");
    refused(
        () -> kernel.run(x, t, losses, OPTIONS, null, null, LossGradient.NONE),
        "Distillation: argument 'targets' must be i32 or i64, but is fp32[4] on cpu");
    refused(
        () -> kernel.run(x, t, null, OPTIONS, null, null, LossGradient.into(t)),
        "Distillation: argument 'grads' must not be 'teacher'");
    refused(
        () -> kernel.run(x, t, null, OPTIONS, null, x, LossGradient.NONE),
        "Distillation: argument 'divergences' must be a vector of 4, but is fp32[4, 6] on cpu");
    refused(
        () -> new Distillation.Options(0, 1),
        "Distillation: argument 'temperature' must be above 0 and finite, but is 0.0");
    refused(
        () -> new Distillation.Options(1, 2),
        "Distillation: argument 'softPart' must be from 0 to 1, but is 2.0");
  }
}
