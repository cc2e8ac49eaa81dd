package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import java.util.HashMap;
import java.util.Map;

/**
 * The casts of one autocast region. What is cast of a parameter is kept until the region ends, as a
 * layer that runs twice needs it twice.
 */
final class Autocast {
  private final DType lower;
  private final AutocastPolicy policy;
  private final Map<Tensor, Tensor> casts = new HashMap<>();

  Autocast(DType lower, AutocastPolicy policy) {
    this.lower = lower;
    this.policy = policy;
  }

  Tensor[] cast(String operation, Tensor... inputs) {
    return switch (policy.rule(operation)) {
      case KEEP -> inputs;
      case LOWER -> to(lower, DType.FP32, inputs);
      case FULL -> to(DType.FP32, null, inputs);
      case WIDEST -> to(widest(inputs), null, inputs);
    };
  }

  private Tensor[] to(DType dtype, DType only, Tensor... inputs) {
    Tensor[] cast = inputs.clone();
    for (int i = 0; i < cast.length; i++) {
      Tensor input = inputs[i];
      boolean isNarrow = input != null && isCastable(input.dtype());
      if (isNarrow && input.dtype() != dtype && (only == null || input.dtype() == only)) {
        cast[i] = cast(input, dtype);
      }
    }
    return cast;
  }

  private Tensor cast(Tensor input, DType dtype) {
    if (!input.isParameter() || dtype != lower || !input.context().isRecording()) {
      return input.to(dtype);
    }
    return casts.computeIfAbsent(
        input,
        tensor -> {
          Tensor made = tensor.to(dtype);
          made.leave();
          return made;
        });
  }

  private static DType widest(Tensor... inputs) {
    DType widest = DType.FP16;
    boolean first = true;
    for (Tensor input : inputs) {
      if (input != null && isCastable(input.dtype())) {
        DType dtype = input.dtype();
        widest = first || dtype == widest ? dtype : DType.FP32;
        first = false;
      }
    }
    return widest;
  }

  /** fp64 stays what it is. */
  private static boolean isCastable(DType dtype) {
    return dtype == DType.FP32 || dtype == DType.FP16 || dtype == DType.BF16;
  }

  void close() {
    casts.values().forEach(Tensor::close);
    casts.clear();
  }
}
