package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/**
 * A module that knows how much it computes, for {@code Summary}. The work depends on shapes alone:
 * a lower precision changes nothing, and dropout counts nothing.
 */
public interface Counted {
  /**
   * The work of a forward pass, without that of children that are themselves {@link Counted}.
   *
   * @param inputs what went in; null where something was left out
   * @param outputs what came out
   */
  Work work(List<Tensor> inputs, List<Tensor> outputs);
}
