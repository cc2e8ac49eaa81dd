package dev.kiln.ops.tensor;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The graph that led to a tensor, as text for people and for Graphviz. */
public final class GraphPrinter {
  private final StringBuilder out = new StringBuilder();
  private final Set<Node> seen = new HashSet<>();
  private final Map<Tensor, String> leaves = new IdentityHashMap<>();

  private GraphPrinter() {}

  /**
   * A tree with the result at the top, inputs below; what was printed before is not printed again.
   * Inputs that take no gradient are left out.
   *
   * @throws KilnException if the tensor needs no gradient
   */
  public static String text(Tensor result) {
    var printer = new GraphPrinter();
    printer.tree(requireGraph(result), "", "");
    return printer.out.toString();
  }

  /**
   * A graph in the DOT language: operations are boxes, parameters ellipses.
   *
   * @throws KilnException if the tensor needs no gradient
   */
  public static String dot(Tensor result) {
    var printer = new GraphPrinter();
    printer.out.append("digraph gradients {\n  rankdir=BT;\n  node [shape=box];\n");
    printer.boxes(requireGraph(result));
    return printer.out.append("}\n").toString();
  }

  private static Node.Edge requireGraph(Tensor result) {
    if (!result.requiresGrad()) {
      throw new KilnException("graph: " + result + " needs no gradient, so it has no graph");
    }
    return result.edge();
  }

  private void tree(Node.Edge edge, String first, String rest) {
    switch (edge) {
      case Node.Edge.None() -> {}
      case Node.Edge.Leaf(Tensor leaf) -> line(first, leaf + ", a parameter");
      case Node.Edge.Inner(Node node, int output) -> {
        String text = "#%d %s".formatted(node.sequence(), node.describeOutput(output));
        if (!seen.add(node)) {
          line(first, text + ", as above");
          return;
        }
        line(first, text);
        List<Node.Edge> inputs =
            node.inputs().stream().filter(input -> input != Node.Edge.NONE).toList();
        for (int i = 0; i < inputs.size(); i++) {
          boolean isLast = i == inputs.size() - 1;
          tree(inputs.get(i), rest + (isLast ? "└─ " : "├─ "), rest + (isLast ? "   " : "│  "));
        }
      }
    }
  }

  private void line(String indent, String text) {
    out.append(indent).append(text).append('\n');
  }

  private void boxes(Node.Edge root) {
    if (root instanceof Node.Edge.Leaf(Tensor leaf)) {
      leaf(leaf);
      return;
    }
    for (Node node : nodes(root)) {
      List<String> outputs = new ArrayList<>();
      for (int i = 0; i < node.outputs(); i++) {
        outputs.add(node.describeOutput(i));
      }
      line("  ", "n%d [label=\"%s\"];".formatted(node.sequence(), String.join("\\n", outputs)));
      for (Node.Edge input : node.inputs()) {
        switch (input) {
          case Node.Edge.None() -> {}
          case Node.Edge.Leaf(Tensor leaf) ->
              line("  ", "%s -> n%d;".formatted(leaf(leaf), node.sequence()));
          case Node.Edge.Inner(Node from, int output) ->
              line("  ", "n%d -> n%d;".formatted(from.sequence(), node.sequence()));
        }
      }
    }
  }

  /** The oldest first. */
  private List<Node> nodes(Node.Edge root) {
    List<Node> open = new ArrayList<>();
    List<Node> nodes = new ArrayList<>();
    add(root, open);
    while (!open.isEmpty()) {
      Node node = open.removeLast();
      nodes.add(node);
      node.inputs().forEach(input -> add(input, open));
    }
    nodes.sort(Comparator.comparingLong(Node::sequence));
    return nodes;
  }

  private void add(Node.Edge edge, List<Node> open) {
    if (edge instanceof Node.Edge.Inner(Node node, int output) && seen.add(node)) {
      open.add(node);
    }
  }

  private String leaf(Tensor leaf) {
    String known = leaves.get(leaf);
    if (known == null) {
      known = "p" + leaves.size();
      leaves.put(leaf, known);
      String label = leaf.toString().replace("\\", "\\\\").replace("\"", "\\\"");
      line("  ", "%s [shape=ellipse, label=\"%s\"];".formatted(known, label));
    }
    return known;
  }
}
