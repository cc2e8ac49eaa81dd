package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.gpu.plan.LayoutNode.Access;
import dev.kiln.compiler.gpu.plan.LayoutNode.Edge;
import dev.kiln.compiler.gpu.plan.LayoutNode.Reduction;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.layout.BlockedLayout;
import dev.kiln.compiler.layout.LinearLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Chooses a layout for each node of a graph: that of a product for those that have one; for others
 * the cheapest of what its accesses would like and what chosen neighbours make of it, where
 * arithmetic, accesses, reductions and conversions have costs. Products come first, then the
 * largest tiles.
 */
final class LayoutAssignment {
  /** Barriers and latency of a conversion through shared memory, or of a reduction across warps. */
  private static final int THROUGH_MEMORY = 128;

  private static final int WITHIN_WARP = 8;

  private final LayoutGraph graph;
  private final AccessCost accesses;
  private final int warps;
  private final Map<MemoryOp, LinearLayout> stores = new HashMap<>();

  LayoutAssignment(LayoutGraph graph, AccessCost accesses, int warps) {
    this.graph = graph;
    this.accesses = accesses;
    this.warps = warps;
  }

  /** Chooses all layouts. */
  void run() {
    var waiting =
        new ArrayList<>(
            graph.nodes().stream()
                .sorted(
                    Comparator.comparing(LayoutAssignment::isFirst)
                        .thenComparing(node -> -node.shape().size())
                        .thenComparing(LayoutNode::isLoad)
                        .thenComparing(node -> node.accesses().isEmpty())
                        .thenComparing(node -> -node.depth()))
                .toList());
    while (!waiting.isEmpty()) {
      LayoutNode next = next(waiting);
      waiting.remove(next);
      choose(next);
      chooseStores(next);
    }
  }

  private static boolean isFirst(LayoutNode node) {
    return node.products().isEmpty();
  }

  /**
   * Of the largest that have a reason for some layout, one that hangs on what is chosen already; so
   * that what connects large tiles follows them.
   */
  private static LayoutNode next(List<LayoutNode> waiting) {
    LayoutNode best = null;
    for (LayoutNode node : waiting) {
      if (best != null && node.shape().size() < best.shape().size()) {
        return best;
      }
      if (!node.products().isEmpty() || hasChosenNeighbour(node)) {
        return node;
      }
      best = best == null && hasReasons(node) ? node : best;
    }
    return best != null ? best : waiting.getFirst();
  }

  private LinearLayout fallback(LayoutNode node) {
    return BlockedLayout.rowMajor(node.shape(), 1, warps);
  }

  private static boolean hasReasons(LayoutNode node) {
    return !node.accesses().isEmpty()
        || node.edges().stream().anyMatch(edge -> edge.neighbour().isLoad() && isSame(edge, node));
  }

  private static boolean hasChosenNeighbour(LayoutNode node) {
    return node.edges().stream().anyMatch(edge -> edge.neighbour().layout() != null);
  }

  private static boolean isSame(Edge edge, LayoutNode node) {
    return edge.neighbour().shape().equals(node.shape());
  }

  private void choose(LayoutNode node) {
    if (!node.products().isEmpty()) {
      node.choose(node.products().getLast());
      return;
    }
    LinearLayout best = null;
    long least = Long.MAX_VALUE;
    for (LinearLayout candidate : candidates(node)) {
      long cost = cost(node, candidate);
      if (cost < least) {
        least = cost;
        best = candidate;
      }
    }
    node.choose(best != null ? best : fallback(node));
  }

  private Set<LinearLayout> candidates(LayoutNode node) {
    Set<LinearLayout> candidates = new LinkedHashSet<>();
    for (Edge edge : node.edges()) {
      if (edge.neighbour().layout() != null) {
        candidates.add(edge.derive().apply(edge.neighbour().layout()));
      }
    }
    for (Access access : node.accesses()) {
      candidates.addAll(accesses.coalesced(access.pointer(), access.mask()));
    }
    for (Edge edge : node.edges()) {
      if (edge.neighbour().layout() == null && edge.neighbour().isLoad() && isSame(edge, node)) {
        for (Access access : edge.neighbour().accesses()) {
          accesses.coalesced(access.pointer(), access.mask()).stream()
              .map(edge.derive())
              .forEach(candidates::add);
        }
      }
    }
    boolean repeats =
        candidates.stream().anyMatch(layout -> layout.freeLanes() != 0 || layout.freeWarps() != 0);
    if (repeats && node.work() > 0) {
      candidates.add(fallback(node));
    }
    return candidates;
  }

  // ---------------------------------------------------------------- costs

  private long cost(LayoutNode node, LinearLayout layout) {
    long cost = node.work() << layout.withoutRepeatedRegisters().registers().length;
    for (Access access : node.accesses()) {
      cost += (long) access.weight() * accessCost(node, access, layout);
    }
    for (Reduction reduction : node.reductions()) {
      cost += (long) reduction.weight() * reductionCost(layout, reduction.axis());
    }
    for (Edge edge : node.edges()) {
      cost += (long) edge.weight() * edgeCost(node, edge, layout);
    }
    return cost;
  }

  private int accessCost(LayoutNode node, Access access, LinearLayout layout) {
    int direct = accesses.of(access.pointer(), access.mask(), layout);
    if (!(access.op() instanceof MemoryOp.Store)) {
      return direct;
    }
    return accesses.coalesced(access.pointer(), access.mask()).stream()
        .mapToInt(
            other ->
                accesses.of(access.pointer(), access.mask(), other)
                    + conversion(layout, other, node.bytes()))
        .reduce(direct, Math::min);
  }

  private int edgeCost(LayoutNode node, Edge edge, LinearLayout layout) {
    LayoutNode neighbour = edge.neighbour();
    if (neighbour.layout() != null) {
      return conversion(edge.derive().apply(neighbour.layout()), layout, node.bytes());
    }
    if (!neighbour.isLoad() || !isSame(edge, node)) {
      return reductionsOf(neighbour, layout, isSame(edge, node));
    }
    LinearLayout same = backward(neighbour, node, layout);
    int best = Integer.MAX_VALUE;
    for (Access access : neighbour.accesses()) {
      best = same == null ? best : accesses.of(access.pointer(), access.mask(), same);
      for (LinearLayout other : accesses.coalesced(access.pointer(), access.mask())) {
        int cost =
            accesses.of(access.pointer(), access.mask(), other)
                + conversion(edge.derive().apply(other), layout, node.bytes());
        best = Math.min(best, cost);
      }
    }
    return best == Integer.MAX_VALUE ? 0 : best;
  }

  /** What reductions of a neighbour would cost if it took the layout. */
  private int reductionsOf(LayoutNode neighbour, LinearLayout layout, boolean isSame) {
    return isSame
        ? neighbour.reductions().stream()
            .mapToInt(reduction -> reductionCost(layout, reduction.axis()))
            .sum()
        : 0;
  }

  /** The layout of a neighbour that makes the node's as told. */
  private static LinearLayout backward(LayoutNode neighbour, LayoutNode node, LinearLayout layout) {
    return neighbour.edges().stream()
        .filter(edge -> edge.neighbour() == node)
        .map(edge -> edge.derive().apply(layout))
        .findFirst()
        .orElse(null);
  }

  private static int reductionCost(LinearLayout layout, int axis) {
    int mask = layout.axisMask(axis);
    int results = 1 << layout.slice(axis).withoutRepeatedRegisters().registers().length;
    int cost = 0;
    for (int lane : layout.lanes()) {
      cost += (lane & mask) != 0 ? 2 * results : 0;
    }
    for (int warp : layout.warps()) {
      if ((warp & mask) != 0) {
        return cost + THROUGH_MEMORY + 2 * results;
      }
    }
    return cost;
  }

  /** Of a conversion, for a thread's warp. */
  private static int conversion(LinearLayout from, LinearLayout to, int bytes) {
    if (from.equals(to)) {
      return 0;
    }
    int registers = Math.max(from.registerCount(), to.registerCount());
    int words = Math.max(1, registers * bytes / 4);
    if (from.hasSameThreads(to)) {
      return 0;
    }
    return from.hasSameWarps(to) ? WITHIN_WARP + 2 * words : THROUGH_MEMORY + 2 * words;
  }

  // ---------------------------------------------------------------- stores

  /** In which layout an access stores a tile of a node; empty for the tile's own. */
  LinearLayout ofStore(MemoryOp.Store store) {
    return stores.get(store);
  }

  private void chooseStores(LayoutNode node) {
    for (Access access : node.accesses()) {
      if (access.op() instanceof MemoryOp.Store store) {
        LinearLayout best = node.layout();
        int least = accesses.of(access.pointer(), access.mask(), best);
        for (LinearLayout other : accesses.coalesced(access.pointer(), access.mask())) {
          int cost =
              accesses.of(access.pointer(), access.mask(), other)
                  + conversion(node.layout(), other, store.value().dtype().bytes());
          if (cost < least) {
            least = cost;
            best = other;
          }
        }
        stores.put(store, best);
      }
    }
  }
}
