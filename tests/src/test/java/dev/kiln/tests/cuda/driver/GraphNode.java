package dev.kiln.tests.cuda.driver;

import java.util.List;

/**
 * A part of a graph.
 *
 * @param number in the order of its capture
 * @param after what runs before it
 */
record GraphNode(int number, String what, Runnable action, List<GraphNode> after) {
  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return number;
  }
}
