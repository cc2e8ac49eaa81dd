package dev.kiln.runtime.tune;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.cache.KernelFacts;
import java.util.List;
import java.util.Optional;

/**
 * What a choice of a configuration is made for, as in Triton: the values of the arguments that
 * {@code key} names, and the dtypes of all arrays and numbers.
 *
 * @param device the device's model, with all that makes one faster than another
 * @param values Python values, in the order of {@link KernelFacts#tuningKey()}
 * @param dtypes for each parameter; empty for constants
 */
public record TuningKey(
    KernelFacts kernel, String device, List<Object> values, List<Optional<DType>> dtypes) {
  public TuningKey {
    values = List.copyOf(values);
    dtypes = List.copyOf(dtypes);
  }
}
