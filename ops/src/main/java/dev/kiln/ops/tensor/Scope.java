package dev.kiln.ops.tensor;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.List;

/**
 * Tensors that are freed together. Every tensor belongs to the innermost scope that was open when
 * it was made; {@link #close} frees them, except those that were {@linkplain #keep kept}.
 *
 * <p>There are two kinds. A <em>step</em> ({@link Context#scope}) ends with the graph that was made
 * in it. A <em>frame</em> ({@link Context#frame}) is what a function's local variables are: its
 * tensors go, but what the graph saved stays until the backward pass, or until the step ends.
 */
public final class Scope implements AutoCloseable {
  private static final int FEW_NODES = 1000;

  private final Context context;
  private final Scope parent;
  private final boolean isFrame;
  private final List<Tensor> members = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private int mostNodes = FEW_NODES;
  private boolean closed;

  Scope(Context context, Scope parent, boolean isFrame) {
    this.context = context;
    this.parent = parent;
    this.isFrame = isFrame;
  }

  Scope parent() {
    return parent;
  }

  void add(Tensor tensor) {
    tensor.joined(this, members.size());
    members.add(tensor);
  }

  /** Takes a tensor out in constant time: the last one takes its place. */
  void remove(int place) {
    Tensor last = members.removeLast();
    if (place < members.size()) {
      members.set(place, last);
      last.joined(this, place);
    }
  }

  void add(Node node) {
    if (isFrame && parent != null) {
      parent.add(node);
    } else {
      if (nodes.size() >= mostNodes) {
        // A scope that outlives many backward passes does not keep their graphs.
        nodes.removeIf(Node::isReleased);
        mostNodes = Math.max(FEW_NODES, 2 * nodes.size());
      }
      nodes.add(node);
    }
  }

  /**
   * Gives a tensor to the scope around this one. Out of a frame it goes with its graph; out of a
   * step it goes without, as the graph ends with the step.
   *
   * @return the tensor
   * @throws KilnException if it was freed, or if this is the outermost scope
   */
  public Tensor keep(Tensor tensor) {
    if (parent == null) {
      throw new KilnException("the outermost scope has none around it: nothing needs to be kept");
    }
    tensor.array();
    if (tensor.scope() == this) {
      tensor.leave();
      parent.add(tensor);
      if (!isFrame) {
        tensor.forgetGraph();
      }
    }
    return tensor;
  }

  /** How many tensors would be freed now. */
  public int size() {
    return members.size();
  }

  List<Tensor> members() {
    return members;
  }

  /**
   * Frees the tensors of this scope.
   *
   * @throws KilnException if a scope that was opened later is still open
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    context.closed(this);
    closed = true;
    while (!members.isEmpty()) {
      members.getLast().close();
    }
    nodes.forEach(Node::release);
    nodes.clear();
  }
}
