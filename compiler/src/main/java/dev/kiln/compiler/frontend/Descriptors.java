package dev.kiln.compiler.frontend;

import dev.kiln.compiler.ArgumentSpec;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.ops.DescriptorOperations;
import java.util.List;

/** Tensor descriptors that a kernel is given. */
public final class Descriptors {
  private Descriptors() {}

  /**
   * A descriptor argument.
   *
   * @param leaves the pointer, {@code rank} shapes ({@code int32}), {@code rank} strides ({@code
   *     int64}), in this order
   */
  public static FrontValue fromHost(
      FrontContext ctx, ArgumentSpec.Descriptor spec, List<Tensor> leaves) {
    return DescriptorOperations.fromHost(ctx, spec, leaves);
  }
}
