package dev.kiln.runtime.tune;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.cache.KernelFacts;
import java.util.List;
import java.util.Optional;

/**
 * What a choice of a configuration is made for, as in Triton: the values of the arguments that
 * {@code key} names, and the dtypes of all arrays and numbers.
 *
 * @param device the device's model, with all that makes one faster than another
 * @param values Python values, in the order of the names
 * @param dtypes for each parameter; empty for constants
 * @param options that the launch has set and that hold whatever a configuration says
 */
public record TuningKey(
    KernelFacts kernel,
    String device,
    List<Object> values,
    List<Optional<DType>> dtypes,
    Optional<CompileOptions> options) {
  public TuningKey {
    values = List.copyOf(values);
    dtypes = List.copyOf(dtypes);
  }

  /** The same for another device. */
  public TuningKey on(String otherDevice) {
    return new TuningKey(kernel, otherDevice, values, dtypes, options);
  }
}
