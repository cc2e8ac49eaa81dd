package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * One operation in the graph: where gradients of its inputs go, and what its backward pass reads.
 * Made by {@link Operation}.
 */
public final class Node {
  private final Context context;
  private final String name;
  private final long sequence;
  private final Edge[] inputs;
  private final Output[] outputs;
  private final Saved[] saved;
  private Backward backward;

  /** Where the gradient of an input goes. */
  sealed interface Edge {
    Edge NONE = new None();

    /** Nowhere: the input needs none. */
    record None() implements Edge {}

    /** To the operation that made the input. */
    record Inner(Node node, int output) implements Edge {}

    /** To the input itself, a tensor that no operation made. */
    record Leaf(Tensor tensor) implements Edge {}
  }

  /** Shape and dtype of a result, and what has come back for it so far. */
  static final class Output {
    final DType dtype;

    /** For its shape alone: its memory may be gone. */
    final NdArray array;

    final Hooks hooks = new Hooks();
    Tensor pending;

    Output(Tensor tensor) {
      dtype = tensor.dtype();
      array = tensor.array();
    }
  }

  /** A tensor that the backward pass reads, as it was when it was saved. */
  private static final class Saved {
    final Tensor view;
    final int version;

    Saved(Tensor tensor) {
      view = tensor.alias();
      version = tensor.storage().version();
    }
  }

  Node(
      Context context,
      String name,
      Edge[] inputs,
      List<Tensor> results,
      List<Tensor> saved,
      Backward backward) {
    this.context = context;
    this.name = name;
    this.sequence = context.nextSequence();
    this.inputs = inputs;
    this.outputs = new Output[results.size()];
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] = new Output(results.get(i));
    }
    this.saved = new Saved[saved.size()];
    for (int i = 0; i < this.saved.length; i++) {
      Tensor tensor = saved.get(i);
      this.saved[i] = tensor == null ? null : new Saved(tensor);
    }
    this.backward = backward;
  }

  Context context() {
    return context;
  }

  /** The operation's name, for example {@code matmul}. */
  public String name() {
    return name;
  }

  /** Nodes that were made later have a larger number than those whose results they read. */
  public long sequence() {
    return sequence;
  }

  List<Edge> inputs() {
    return Arrays.asList(inputs);
  }

  Edge input(int index) {
    return inputs[index];
  }

  /** What an input is, for messages: its name, dtype and shape where it takes a gradient. */
  public String describe(int input) {
    return switch (inputs[input]) {
      case Edge.None() -> "an input without a gradient";
      case Edge.Leaf(Tensor leaf) -> leaf.toString();
      case Edge.Inner(Node from, int output) -> from.describeOutput(output);
    };
  }

  String describeOutput(int index) {
    Output output = outputs[index];
    return "%s %s%s".formatted(name, output.dtype, Arrays.toString(output.array.shape()));
  }

  Output output(int index) {
    return outputs[index];
  }

  int outputs() {
    return outputs.length;
  }

  Backward backward() {
    if (backward == null) {
      throw new KilnException(
          name
              + ": the graph was freed by a backward pass before this one, or its scope was closed;"
              + " use backward with retainGraph to go through it twice");
    }
    return backward;
  }

  /** A saved tensor, or null where null was saved. */
  Tensor saved(int index) {
    Saved value = saved[index];
    if (value == null) {
      return null;
    }
    int now = value.view.storage().version();
    if (now != value.version) {
      throw new KilnException(
          "%s: %s is needed by the backward pass, but was changed in place since (version %d, then %d)"
              .formatted(name, value.view, now, value.version));
    }
    return value.view;
  }

  boolean isReleased() {
    return backward == null;
  }

  /** Gives back what the backward pass would have read. */
  void release() {
    backward = null;
    for (int i = 0; i < saved.length; i++) {
      if (saved[i] != null) {
        saved[i].view.close();
        saved[i] = null;
      }
    }
    for (Output output : outputs) {
      if (output.pending != null) {
        output.pending.close();
        output.pending = null;
      }
    }
  }

  @Override
  public String toString() {
    return name + "#" + sequence;
  }
}
