package dev.kiln.ops.optim;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.Locale;

/** In which dtypes a model trains. */
public enum Precision {
  /** All in fp32, or in what the model's parameters are in. */
  FP32(null, null),
  /**
   * fp32 weights; operations of the {@code AutocastPolicy} in bf16, whose range is that of fp32.
   */
  BF16(DType.BF16, null),
  /** fp32 weights; operations in fp16, and a scaled loss, as fp16 ends at 65,504 and 6e-8. */
  FP16(DType.FP16, null),
  /** As {@link #BF16}, the model's weights too; the optimizer keeps fp32 master weights. */
  BF16_WEIGHTS(DType.BF16, DType.BF16),
  /** As {@link #FP16}, the model's weights too; the optimizer keeps fp32 master weights. */
  FP16_WEIGHTS(DType.FP16, DType.FP16);

  private final DType operations;
  private final DType weights;

  Precision(DType operations, DType weights) {
    this.operations = operations;
    this.weights = weights;
  }

  /** The dtype that operations are cast to; null for none. */
  public DType operations() {
    return operations;
  }

  /** The dtype that a model is to be converted to; null to leave it as it is. */
  public DType weights() {
    return weights;
  }

  /** Whether the loss is scaled. */
  public boolean isScaled() {
    return operations == DType.FP16;
  }

  /**
   * By name, for example {@code bf16} or {@code fp16-weights}.
   *
   * @throws KilnException if there is none
   */
  public static Precision of(String name) {
    for (Precision precision : values()) {
      if (precision.toString().equals(name)) {
        return precision;
      }
    }
    throw new KilnException(
        "there is no precision '%s'; there are %s".formatted(name, Arrays.toString(values())));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
