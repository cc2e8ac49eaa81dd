package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.function.Consumer;

/** What a backward pass reads and gives. Valid while it runs. */
public final class Gradients {
  private final BackwardPass pass;
  private final Node node;

  Gradients(BackwardPass pass, Node node) {
    this.pass = pass;
    this.node = node;
  }

  /** Writes a gradient, or adds to it. */
  @FunctionalInterface
  public interface Writer {
    /**
     * @param target contiguous, of the input's shape and dtype
     * @param accumulate whether to add to the content; else it is undefined and overwritten
     */
    void write(NdArray target, boolean accumulate);
  }

  public Context context() {
    return node.context();
  }

  /** The gradient of the first result. */
  public Tensor of() {
    return of(0);
  }

  /** The gradient of a result; zeros if nothing came back for it. */
  public Tensor of(int result) {
    Node.Output output = node.output(result);
    if (output.pending == null) {
      output.pending = node.context().zeros(output.dtype, output.array.shape());
      output.pending.leave();
    }
    return output.pending;
  }

  /** Whether all parameters get theirs, not chosen tensors alone. */
  boolean areOfAll() {
    return pass.isOfAll();
  }

  int inputs() {
    return node.inputs().size();
  }

  /** An input that no operation made. */
  Tensor parameter(int input) {
    return ((Node.Edge.Leaf) node.input(input)).tensor();
  }

  /** Whether something came back for a result. */
  public boolean has(int result) {
    return node.output(result).pending != null;
  }

  /** Whether the gradient of an input is needed. */
  public boolean needs(int input) {
    return pass.needs(node.input(input));
  }

  /**
   * What was saved.
   *
   * @throws KilnException if it was changed in place since
   */
  public Tensor saved(int index) {
    return node.saved(index);
  }

  /**
   * Gives the gradient of an input, of its shape; another float dtype is converted. Given twice,
   * gradients add up. Does nothing if it is not needed.
   */
  public void give(int input, Tensor gradient) {
    pass.give(node, input, gradient);
  }

  /**
   * Computes the gradient of an input right where it is needed, which saves a copy for parameters:
   * their gradient may be overwritten or added to in place. Does nothing if it is not needed.
   */
  public void write(int input, Writer writer) {
    pass.write(node, input, writer);
  }

  /** {@link #write} with what can only overwrite: where there is something to add to, it adds. */
  public void overwrite(int input, Consumer<NdArray> writer) {
    write(
        input,
        (target, accumulate) -> {
          if (!accumulate) {
            writer.accept(target);
            return;
          }
          NdArray fresh = emptyLike(input).array();
          writer.accept(fresh);
          context()
              .launcher(Pointwise.class, Pointwise::new)
              .binary(BinaryFunction.ADD, target, fresh, target);
        });
  }

  /** Dtype of an input whose gradient is needed. */
  public DType dtype(int input) {
    return switch (node.input(input)) {
      case Node.Edge.Inner(Node from, int output) -> from.output(output).dtype;
      case Node.Edge.Leaf(Tensor leaf) -> leaf.dtype();
      case Node.Edge.None() -> throw new KilnException(node + ": input " + input + " needs none");
    };
  }

  /** Shape of an input whose gradient is needed. */
  public long[] shape(int input) {
    return switch (node.input(input)) {
      case Node.Edge.Inner(Node from, int output) -> from.output(output).array.shape();
      case Node.Edge.Leaf(Tensor leaf) -> leaf.shape();
      case Node.Edge.None() -> throw new KilnException(node + ": input " + input + " needs none");
    };
  }

  /** A new tensor of an input's shape and dtype with undefined content. */
  public Tensor emptyLike(int input) {
    return context().empty(dtype(input), shape(input));
  }

  @Override
  public String toString() {
    return node + Arrays.toString(node.output(0).array.shape());
  }
}
