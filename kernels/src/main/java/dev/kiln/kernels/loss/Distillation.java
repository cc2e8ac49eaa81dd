package dev.kiln.kernels.loss;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Distillation (Hinton, Vinyals and Dean, 2015): {@code a T^2 KL(softmax(teacher / T) ||
 * softmax(student / T)) + (1 - a) CE(student, target)} for each row, and the gradient of the
 * student's logits; none reaches the teacher. Equal logits have a divergence of exactly 0.
 *
 * <p>A row whose target is the ignored index has the loss and the gradient 0; one whose target is
 * no class has both NaN. For means see {@link LossSums}. Not thread-safe.
 */
public final class Distillation {
  private static final String NAME = "Distillation";

  private final KernelCall call;

  /**
   * @param temperature {@code T}, above 0
   * @param softPart {@code a}, the part of the divergence from the teacher, 0 to 1
   * @param ignoredIndex the target of rows that do not count
   */
  public record Options(double temperature, double softPart, long ignoredIndex) {
    public Options {
      if (!(temperature > 0) || Double.isInfinite(temperature)) {
        throw Check.fault(NAME, "temperature", "must be above 0 and finite, but is " + temperature);
      }
      if (!(softPart >= 0 && softPart <= 1)) {
        throw Check.fault(NAME, "softPart", "must be from 0 to 1, but is " + softPart);
      }
    }

    public Options(double temperature, double softPart) {
      this(temperature, softPart, CrossEntropy.IGNORED);
    }
  }

  public Distillation(Device device) {
    call = new KernelCall("distillation.py", "distillation_kernel", device);
  }

  /**
   * @param student {@code rows x classes} logits, fp32, fp16, bf16 or fp64, each row dense
   * @param teacher likewise; fp64 exactly if {@code student} is
   * @param targets {@code rows} classes, i32 or i64; null leaves the second term out
   * @param rowLosses {@code rows} numbers, fp32 (fp64 with fp64 logits); or null
   * @param divergences likewise, receives the divergence of each row, ignored ones included; or
   *     null
   * @param gradient its {@code grads} are of the shape of {@code student}, and may be {@code
   *     student}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(
      NdArray student,
      NdArray teacher,
      NdArray targets,
      Options options,
      NdArray rowLosses,
      NdArray divergences,
      LossGradient gradient) {
    LossRows.check(NAME, "student", student);
    LossRows.like(NAME, "teacher", teacher, "student", student);
    long rows = student.dim(0);
    long classes = student.dim(1);
    DType compute = LossRows.compute(student);
    NdArray grads = gradient.grads();
    if (targets != null) {
      LossRows.targets(NAME, targets, rows);
    }
    LossRows.perRow(NAME, "rowLosses", rowLosses, compute, rows);
    LossRows.perRow(NAME, "divergences", divergences, compute, rows);
    if (grads != null) {
      LossRows.like(NAME, "grads", grads, "student", student);
      Check.inPlaceOrApart(NAME, "grads", grads, "student", student);
      Check.apart(NAME, "grads", grads, "teacher", teacher);
    }
    gradient.checkFactors(NAME, compute, rows);
    double a = options.softPart();
    double t = options.temperature();
    int tileRows = LossRows.tileRows(rows, classes);
    call.start()
        .array(student)
        .array(teacher)
        .array(targets)
        .array(rowLosses)
        .array(divergences)
        .array(grads);
    gradient.passFactors(call);
    call.integer(student.stride(0))
        .integer(teacher.stride(0))
        .integer(grads == null ? 0 : grads.stride(0))
        .integer(gradient.weightStride())
        .integer(rows)
        .integer(classes)
        .integer(options.ignoredIndex())
        .number(compute, 1 / t)
        .number(compute, a * t * t)
        .number(compute, a * t)
        .number(compute, 1 - a)
        .number(compute, gradient.scale())
        .constant(compute)
        .constant(tileRows)
        .constant(LossRows.block(classes))
        .tuned(LossRows.warps(tileRows, classes), 2)
        .over(Grid.cdiv(rows, tileRows));
  }
}
