package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.gpu.KernelAbi.Source;
import java.util.List;

/**
 * A tensor that the launcher can make a map of.
 *
 * @param argument the index of the parameter that points to it
 * @param numbers where its extents and then its strides come from, outermost first
 */
public record TensorSource(int argument, List<Source> numbers) {
  public TensorSource {
    numbers = List.copyOf(numbers);
  }
}
