package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * One walk through the graph from results to leaves. Nodes are visited from the youngest to the
 * oldest, so that all gradients of a node's results have come back before it is visited; memory is
 * given back as soon as a node is done, whether it succeeded or not.
 */
final class BackwardPass {
  private final Context context;
  private final boolean retainGraph;

  /** Whose gradients are wanted, or null for those of all parameters. */
  private final Wanted wanted;

  private final PriorityQueue<Node> queue =
      new PriorityQueue<>(Comparator.comparingLong(Node::sequence).reversed());

  BackwardPass(Context context, boolean retainGraph, Wanted wanted) {
    this.context = context;
    this.retainGraph = retainGraph;
    this.wanted = wanted;
  }

  boolean isOfAll() {
    return wanted == null;
  }

  /** Starts with the gradient of a tensor, and walks. */
  void run(Tensor root, Tensor gradient) {
    try (Mode _ = context.noGrad();
        Mode _ = context.withoutAutocast()) {
      switch (root.edge()) {
        case Node.Edge.None() ->
            throw new KilnException(
                "backward: " + root + " needs no gradient: no parameter took part in it");
        case Node.Edge.Leaf(Tensor leaf) -> accumulate(leaf, gradient);
        case Node.Edge.Inner(Node node, int output) -> deliver(node, output, gradient);
      }
      while (!queue.isEmpty()) {
        visit(queue.poll());
      }
    } finally {
      queue.forEach(this::leave);
    }
  }

  private void visit(Node node) {
    try (Scope _ = context.frame()) {
      Backward backward = node.backward();
      for (int i = 0; i < node.outputs(); i++) {
        Node.Output output = node.output(i);
        if (output.pending != null && !output.hooks.isEmpty()) {
          replace(output, output.hooks.apply(output.pending));
        }
        if (output.pending != null && wanted != null) {
          wanted.arrived(node, i, output.pending);
        }
      }
      backward.run(new Gradients(this, node));
    } finally {
      leave(node);
    }
  }

  private void leave(Node node) {
    if (!retainGraph) {
      node.release();
      return;
    }
    for (int i = 0; i < node.outputs(); i++) {
      replace(node.output(i), null);
    }
  }

  private static void replace(Node.Output output, Tensor gradient) {
    if (gradient != output.pending) {
      Tensor before = output.pending;
      output.pending = gradient == null ? null : gradient.alias();
      if (before != null) {
        before.close();
      }
    }
  }

  /** Whether work for the gradient of an input serves anything: not for a leaf that was freed. */
  boolean needs(Node.Edge edge) {
    return switch (edge) {
      case Node.Edge.None() -> false;
      case Node.Edge.Leaf(Tensor leaf) -> !leaf.isFreed() && (wanted == null || wanted.has(leaf));
      case Node.Edge.Inner(Node from, int output) -> wanted == null || wanted.leadsOn(from);
    };
  }

  void give(Node node, int input, Tensor gradient) {
    Node.Edge edge = node.input(input);
    if (!needs(edge)) {
      return;
    }
    switch (edge) {
      case Node.Edge.None() -> {}
      case Node.Edge.Leaf(Tensor leaf) ->
          accumulate(leaf, fitting(node, input, gradient, leaf.dtype(), leaf.array()));
      case Node.Edge.Inner(Node from, int output) -> {
        Node.Output place = from.output(output);
        deliver(from, output, fitting(node, input, gradient, place.dtype, place.array));
      }
    }
  }

  private Tensor fitting(Node node, int input, Tensor gradient, DType dtype, NdArray like) {
    Tensor fitting = gradient;
    if (!Axes.isSame(gradient.array(), like)) {
      long[] shape = like.shape();
      fitting =
          Axes.canRepeat(shape, gradient.shape()) ? Reducing.sumTo(gradient, shape) : gradient;
      if (!Axes.isSame(fitting.array(), like)) {
        throw new KilnException(
            "%s: the gradient of input %d must have the input's shape %s, but is %s"
                .formatted(node.name(), input, Arrays.toString(shape), gradient));
      }
    }
    fitting = fitting.to(dtype);
    context.observedGradient(node, input, fitting);
    return fitting;
  }

  void write(Node node, int input, Gradients.Writer writer) {
    Node.Edge edge = node.input(input);
    if (!needs(edge)) {
      return;
    }
    if (edge instanceof Node.Edge.Leaf(Tensor leaf) && wanted == null && leaf.hooks().isEmpty()) {
      writer.write(leaf.gradientBuffer().array(), leaf.hasGrad());
      leaf.gradientArrived();
      context.observedGradient(node, input, leaf.grad());
      return;
    }
    Tensor before =
        edge instanceof Node.Edge.Inner(Node from, int output) ? from.output(output).pending : null;
    if (before != null && before.isChangeableGradient()) {
      writer.write(before.array(), true);
      context.observedGradient(node, input, before);
      return;
    }
    var gradients = new Gradients(this, node);
    Tensor fresh = gradients.emptyLike(input);
    writer.write(fresh.array(), false);
    give(node, input, fresh);
  }

  private void deliver(Node node, int output, Tensor gradient) {
    Node.Output place = node.output(output);
    boolean isFirst = true;
    for (int i = 0; i < node.outputs(); i++) {
      isFirst &= node.output(i).pending == null;
    }
    if (isFirst) {
      queue.add(node);
    }
    place.pending = place.pending == null ? gradient.alias() : sum(place.pending, gradient);
  }

  /** The sum of what came before, which is used up, and another; in place where nobody sees it. */
  private static Tensor sum(Tensor before, Tensor gradient) {
    if (before.storage().isExclusive() && before.array().isContiguous()) {
      before.addInPlace(gradient);
      return before;
    }
    Tensor sum = before.add(gradient);
    sum.leave();
    before.close();
    return sum;
  }

  private void accumulate(Tensor leaf, Tensor gradient) {
    Tensor hooked = leaf.hooks().apply(gradient);
    if (wanted != null) {
      wanted.arrived(leaf, hooked);
      return;
    }
    if (leaf.hasGrad()) {
      leaf.gradientBuffer().addInPlace(hooked);
    } else {
      leaf.gradientBuffer().copyFrom(hooked);
    }
    leaf.gradientArrived();
  }
}
