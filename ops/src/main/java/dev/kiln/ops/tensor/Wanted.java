package dev.kiln.ops.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The gradients of chosen tensors, and the part of a graph that leads to them. */
final class Wanted {
  private record Place(Node node, int output) {}

  private final Map<Tensor, Tensor> leaves = new IdentityHashMap<>();
  private final Map<Place, Tensor> results = new HashMap<>();
  private final Set<Node> leading = new HashSet<>();

  Wanted(Tensor root, List<Tensor> inputs) {
    Set<Node> ends = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Tensor input : inputs) {
      switch (input.edge()) {
        case Node.Edge.None() -> {}
        case Node.Edge.Leaf(Tensor leaf) -> leaves.put(leaf, null);
        case Node.Edge.Inner(Node node, int output) -> {
          results.put(new Place(node, output), null);
          ends.add(node);
        }
      }
    }
    mark(root, ends);
  }

  /** Nodes are older than those that read them: the oldest first, each after its inputs. */
  private void mark(Tensor root, Set<Node> ends) {
    Set<Node> seen = new HashSet<>();
    var open = new ArrayDeque<Node>();
    if (root.node() != null) {
      open.add(root.node());
    }
    while (!open.isEmpty()) {
      Node node = open.pop();
      if (seen.add(node)) {
        for (Node.Edge edge : node.inputs()) {
          if (edge instanceof Node.Edge.Inner(Node from, int output)) {
            open.push(from);
          }
        }
      }
    }
    List<Node> ordered = new ArrayList<>(seen);
    ordered.sort(Comparator.comparingLong(Node::sequence));
    for (Node node : ordered) {
      if (ends.contains(node) || leadsToOne(node)) {
        leading.add(node);
      }
    }
  }

  private boolean leadsToOne(Node node) {
    boolean leads = false;
    for (Node.Edge edge : node.inputs()) {
      leads |=
          switch (edge) {
            case Node.Edge.None() -> false;
            case Node.Edge.Leaf(Tensor leaf) -> leaves.containsKey(leaf);
            case Node.Edge.Inner(Node from, int output) -> leading.contains(from);
          };
    }
    return leads;
  }

  boolean has(Tensor leaf) {
    return leaves.containsKey(leaf);
  }

  boolean leadsOn(Node node) {
    return leading.contains(node);
  }

  void arrived(Tensor leaf, Tensor gradient) {
    if (leaves.containsKey(leaf)) {
      Tensor before = leaves.get(leaf);
      leaves.put(leaf, own(before == null ? gradient : before.add(gradient)));
      if (before != null) {
        before.close();
      }
    }
  }

  /** The gradient of a result is complete. */
  void arrived(Node node, int output, Tensor gradient) {
    var place = new Place(node, output);
    if (results.containsKey(place)) {
      results.put(place, own(gradient));
    }
  }

  /** A handle beyond the frame of the visit. */
  private static Tensor own(Tensor gradient) {
    return gradient.alias();
  }

  /** The gradient of an input, or null if there is none. */
  Tensor of(Tensor input) {
    return switch (input.edge()) {
      case Node.Edge.None() -> null;
      case Node.Edge.Leaf(Tensor leaf) -> leaves.get(leaf);
      case Node.Edge.Inner(Node node, int output) -> results.get(new Place(node, output));
    };
  }

  void close() {
    leaves.values().stream().filter(Objects::nonNull).forEach(Tensor::close);
    results.values().stream().filter(Objects::nonNull).forEach(Tensor::close);
  }
}
