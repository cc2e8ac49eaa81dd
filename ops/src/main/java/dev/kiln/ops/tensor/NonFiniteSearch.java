package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.UnaryFunction;
import dev.kiln.kernels.reduction.Reduction;
import dev.kiln.kernels.reduction.Reductions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Finds the first tensor with a NaN or an infinity, among the results of operations and their
 * gradients: two launches for each, so switch it on when something is wrong.
 *
 * <pre>{@code
 * var search = new NonFiniteSearch();
 * try (Mode _ = context.listen(search)) {
 *   model.loss(batch).backward();
 * }
 * search.first().ifPresent(found -> System.err.println(found.message()));
 * }</pre>
 */
public final class NonFiniteSearch implements OperationListener {
  private Found first;

  /**
   * The first tensor with a number that is not finite.
   *
   * @param operation which made it
   * @param isGradient whether the backward pass of the operation made it
   * @param message what it is and what it came from
   */
  public record Found(String operation, boolean isGradient, String message) {}

  /** What was found since {@link #clear}. */
  public Optional<Found> first() {
    return Optional.ofNullable(first);
  }

  /** Starts anew. */
  public void clear() {
    first = null;
  }

  @Override
  public void forward(String operation, List<Tensor> inputs, Tensor result) {
    if (first != null || isFinite(result)) {
      return;
    }
    List<String> from = new ArrayList<>();
    for (Tensor input : inputs) {
      if (input != null) {
        from.add(input + (isFinite(input) ? ", finite" : ", not finite itself"));
      }
    }
    String message =
        "the result of %s is the first with a number that is not finite: %s, made of %s"
            .formatted(operation, result, String.join("; ", from));
    first = new Found(operation, false, message);
  }

  @Override
  public void backward(Node operation, int input, Tensor gradient) {
    if (first != null || isFinite(gradient)) {
      return;
    }
    String message =
        "the backward pass of %s is the first with a number that is not finite: the gradient %s%s"
            .formatted(
                operation.name(),
                gradient.dtype() + Arrays.toString(gradient.shape()),
                " of its input " + input + ", " + operation.describe(input));
    first = new Found(operation.name(), true, message);
  }

  /** By launchers, not operations, which would be heard of in their turn. */
  private static boolean isFinite(Tensor tensor) {
    if (!tensor.dtype().isFloat() || tensor.size() == 0) {
      return true;
    }
    Context context = tensor.context();
    try (Tensor each = context.empty(DType.I1, tensor.shape());
        Tensor all = context.empty(DType.I1)) {
      Elementwise.launcher(context).unary(UnaryFunction.IS_FINITE, tensor.array(), each.array());
      context
          .launcher(Reductions.class, Reductions::new)
          .run(Reduction.ALL, each.array(), all.array());
      return all.item() != 0;
    }
  }
}
