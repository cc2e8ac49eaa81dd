package dev.kiln.ops.tensor;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Gradients of chosen tensors, beside {@link Tensor#backward}. */
public final class Autograd {
  private Autograd() {}

  /** {@link #gradients(Tensor, Tensor, boolean, List)} of a single number. */
  public static List<Tensor> gradients(Tensor output, Tensor... inputs) {
    if (output.size() != 1) {
      throw new KilnException(
          "gradients: a gradient must be given for an output of more than one element: " + output);
    }
    return gradients(
        output,
        output.context().ones(output.dtype(), output.shape()),
        false,
        Arrays.asList(inputs));
  }

  /**
   * The gradients of some tensors, parameters or results, that took part in an output. Nobody's
   * {@link Tensor#grad} changes, and only the part of the graph that leads to the inputs is worked
   * through.
   *
   * @param gradientOfOutput of the output's shape
   * @param retainGraph whether the graph can be gone through again
   * @return one for each input, in the innermost scope; zeros where the output does not depend on
   *     it
   * @throws KilnException if the output or an input needs no gradient
   */
  public static List<Tensor> gradients(
      Tensor output, Tensor gradientOfOutput, boolean retainGraph, List<Tensor> inputs) {
    for (Tensor input : inputs) {
      if (!input.requiresGrad()) {
        throw new KilnException("gradients: the input " + input + " needs no gradient");
      }
    }
    Axes.requireShape("gradients", gradientOfOutput, output);
    Context context = output.context();
    var wanted = new Wanted(output, inputs);
    try {
      new BackwardPass(context, retainGraph, wanted).run(output, gradientOfOutput);
      List<Tensor> gradients = new ArrayList<>();
      for (Tensor input : inputs) {
        Tensor gradient = wanted.of(input);
        gradients.add(
            gradient == null ? context.zeros(input.dtype(), input.shape()) : gradient.detach());
      }
      return gradients;
    } finally {
      wanted.close();
    }
  }
}
