package dev.kiln.tests.cuda.driver;

/** A graph that can be launched. */
final class ExecutableGraph extends Owned {
  private final Graph graph;
  private final boolean freesAtLaunch;
  private Work last;

  ExecutableGraph(Graph graph, boolean freesAtLaunch) {
    super(graph.context());
    this.graph = graph;
    this.freesAtLaunch = freesAtLaunch;
  }

  Graph graph() {
    return graph;
  }

  /** Whether memory that the launch before has left is freed by a launch. */
  boolean freesAtLaunch() {
    return freesAtLaunch;
  }

  /** Its launch before; {@code null} at first. */
  Work last() {
    return last;
  }

  void last(Work work) {
    last = work;
  }

  @Override
  String describe() {
    return "an executable graph";
  }
}
