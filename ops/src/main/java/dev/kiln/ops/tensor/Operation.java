package dev.kiln.ops.tensor;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.List;

/**
 * Makes a differentiable operation of a forward and a backward pass, for Kiln's operations and for
 * a user's own kernels alike:
 *
 * <pre>{@code
 * static Tensor square(Tensor x) {
 *   var operation = Operation.of("square", x);
 *   Tensor y = x.context().empty(x.dtype(), x.shape());
 *   kernel.launch(x.array(), y.array());
 *   return operation.save(x).result(y, g -> {
 *     if (g.needs(0)) {
 *       g.give(0, g.saved(0).mul(2).mul(g.of(0)));
 *     }
 *   });
 * }
 * }</pre>
 *
 * <p>Nothing is saved where no gradient is recorded: {@link Context#noGrad}, or no input needs one.
 */
public final class Operation {
  private final String name;
  private final Context context;
  private final Tensor[] inputs;
  private final boolean isRecorded;
  private List<Tensor> saved = List.of();

  private Operation(String name, Context context, Tensor[] inputs) {
    this.name = name;
    this.context = context;
    this.inputs = inputs;
    boolean needed = false;
    for (Tensor input : inputs) {
      if (input != null && input.context() != context) {
        throw new KilnException(
            name + ": inputs must be of one context, but " + input + " is of another");
      }
      needed |= input != null && input.requiresGrad();
    }
    isRecorded = needed && context.isRecording();
  }

  /**
   * Begins an operation.
   *
   * @param name for messages and printed graphs
   * @param inputs tensors that gradients may be needed for; null where one is left out
   * @throws KilnException if inputs are of several contexts, or there is none
   */
  public static Operation of(String name, Tensor... inputs) {
    for (Tensor input : inputs) {
      if (input != null) {
        return new Operation(name, input.context(), inputs);
      }
    }
    throw new KilnException(name + ": there is no input");
  }

  /** Whether there will be a backward pass: what only it reads need not be computed otherwise. */
  public boolean isRecorded() {
    return isRecorded;
  }

  /** Whether the gradient of an input will be asked for. */
  public boolean needs(int input) {
    return isRecorded && inputs[input] != null && inputs[input].requiresGrad();
  }

  /** What the backward pass reads: inputs, results or others; null may stand for nothing. */
  public Operation save(Tensor... tensors) {
    saved = Arrays.asList(tensors);
    return this;
  }

  /** The result with its place in the graph. The tensor must be fresh: made by this operation. */
  public Tensor result(Tensor result, Backward backward) {
    return results(List.of(result), backward).getFirst();
  }

  /** Several results; those of integers take no part in the graph. */
  public List<Tensor> results(List<Tensor> results, Backward backward) {
    if (isRecorded) {
      Node.Edge[] edges = new Node.Edge[inputs.length];
      for (int i = 0; i < edges.length; i++) {
        edges[i] = inputs[i] == null ? Node.Edge.NONE : inputs[i].edge();
      }
      var node = new Node(context, name, edges, results, saved, backward);
      context.scopeOfTensors().add(node);
      for (int i = 0; i < results.size(); i++) {
        if (results.get(i).dtype().isFloat()) {
          results.get(i).madeBy(node, i);
        }
      }
    }
    for (Tensor result : results) {
      result.nameOrigin(name);
      context.observed(name, inputs, result);
    }
    return results;
  }
}
