package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Tiles that are to have one layout: those that arithmetic by elements, loops and branches connect;
 * or one load, which may have its own.
 */
final class LayoutNode {
  /** What a neighbour's layout makes this node's, so that nothing is converted between them. */
  record Edge(LayoutNode neighbour, UnaryOperator<LinearLayout> derive, int weight) {}

  /** A store or an atomic operation whose value belongs to this node, or the load itself. */
  record Access(MemoryOp op, Value pointer, Optional<Value> mask, int weight) {}

  /** A reduction or scan of the node's tiles. */
  record Reduction(int axis, int weight) {}

  private final Shape shape;
  private final int bytes;
  private final boolean isLoad;
  private final List<Edge> edges = new ArrayList<>();
  private final List<Access> accesses = new ArrayList<>();
  private final List<Reduction> reductions = new ArrayList<>();

  /** Accumulators of products, the most important first. */
  private final List<LinearLayout> products = new ArrayList<>();

  private LinearLayout layout;
  private int depth;
  private long work;

  LayoutNode(Value value, boolean isLoad) {
    this.shape = value.shape();
    this.bytes = value.dtype().bytes();
    this.isLoad = isLoad;
  }

  Shape shape() {
    return shape;
  }

  /** Of an element of the first of its tiles. */
  int bytes() {
    return bytes;
  }

  boolean isLoad() {
    return isLoad;
  }

  List<Edge> edges() {
    return edges;
  }

  List<Access> accesses() {
    return accesses;
  }

  List<Reduction> reductions() {
    return reductions;
  }

  List<LinearLayout> products() {
    return products;
  }

  /** {@code null} before it is chosen. */
  LinearLayout layout() {
    return layout;
  }

  void choose(LinearLayout chosen) {
    layout = chosen;
  }

  /** Instructions of arithmetic for each element, those in loops as often as loops count. */
  long work() {
    return work;
  }

  void addWork(long instructions) {
    work += instructions;
  }

  /** How deep in loops the deepest of its tiles is. */
  int depth() {
    return depth;
  }

  void reach(int loops) {
    depth = Math.max(depth, loops);
  }
}
