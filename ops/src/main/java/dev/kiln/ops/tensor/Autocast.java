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
  private final Map<Tensor, Kept> casts = new HashMap<>();

  /** A cast, and the version of the parameter that it was made of. */
  private record Kept(Tensor cast, int version) {}

  Autocast(DType lower, AutocastPolicy policy) {
    this.lower = lower;
    this.policy = policy;
  }

  /** The same region, with casts of its own. */
  Autocast again() {
    return new Autocast(lower, policy);
  }

  Tensor[] cast(String operation, Tensor... inputs) {
    return switch (policy.rule(operation)) {
      case KEEP -> inputs;
      case LOWER -> to(lower, inputs);
      case FULL -> to(DType.FP32, inputs);
      case WIDEST -> to(widest(inputs), inputs);
    };
  }

  private Tensor[] to(DType dtype, Tensor... inputs) {
    Tensor[] cast = inputs.clone();
    for (int i = 0; i < cast.length; i++) {
      Tensor input = inputs[i];
      if (input != null && isCastable(input.dtype()) && input.dtype() != dtype) {
        cast[i] = cast(input, dtype);
      }
    }
    return cast;
  }

  private Tensor cast(Tensor input, DType dtype) {
    if (!input.isParameter() || dtype != lower || !input.context().isRecording()) {
      return input.to(dtype);
    }
    int version = input.storage().version();
    Kept kept = casts.get(input);
    // A backward pass uses a cast's place in the graph up.
    boolean isCurrent =
        kept != null && kept.version() == version && !kept.cast().node().isReleased();
    if (!isCurrent) {
      Tensor made = input.to(dtype);
      made.leave();
      if (kept != null) {
        kept.cast().close();
      }
      kept = new Kept(made, version);
      casts.put(input, kept);
    }
    return kept.cast();
  }

  private static DType widest(Tensor... inputs) {
    DType widest = null;
    for (Tensor input : inputs) {
      if (input != null && isCastable(input.dtype())) {
        widest = widest == null || widest == input.dtype() ? input.dtype() : DType.FP32;
      }
    }
    return widest;
  }

  /** fp64 stays what it is. */
  private static boolean isCastable(DType dtype) {
    return dtype == DType.FP32 || dtype == DType.FP16 || dtype == DType.BF16;
  }

  void close() {
    casts.values().forEach(kept -> kept.cast().close());
    casts.clear();
  }
}
