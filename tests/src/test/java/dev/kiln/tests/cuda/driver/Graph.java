package dev.kiln.tests.cuda.driver;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A captured graph. */
final class Graph extends Owned {
  private final List<GraphNode> nodes;
  private final List<Allocation> memory;
  private final Set<Allocation> left = new HashSet<>();
  private int users = 1;
  private Work last;

  Graph(DriverContext context, List<GraphNode> nodes, List<Allocation> memory) {
    super(context);
    this.nodes = nodes;
    this.memory = memory;
    memory.stream().filter(Allocation::isHeld).forEach(left::add);
  }

  List<GraphNode> nodes() {
    return nodes;
  }

  /** What its nodes allocate. */
  List<Allocation> memory() {
    return memory;
  }

  /** Whether memory is allocated still when it has run. */
  boolean leaves(Allocation allocation) {
    return left.contains(allocation);
  }

  /** Notes that a handle of it, or of what was made of it, came or went. */
  void use(int change) {
    users += change;
  }

  /** Notes its latest launch. */
  void launched(Work work) {
    last = work;
  }

  /** Whether nobody can use it or its memory any more. */
  boolean isOver() {
    return users == 0
        && (last == null || last.isDone())
        && memory.stream().noneMatch(a -> a.isHeld() || a.isPresent());
  }

  /** Runs all nodes: of those that wait for nothing, the one captured last first. */
  void run() {
    List<GraphNode> left = new ArrayList<>(nodes);
    Set<GraphNode> done = new HashSet<>();
    while (!left.isEmpty()) {
      int next = left.size() - 1;
      while (!done.containsAll(left.get(next).after())) {
        next--;
      }
      GraphNode node = left.remove(next);
      node.action().run();
      done.add(node);
    }
  }

  @Override
  String describe() {
    return "a graph of " + nodes.size() + " nodes";
  }
}
