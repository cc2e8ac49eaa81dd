package dev.kiln.runtime.sim.ptx;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An entry or a device function.
 *
 * @param body empty for a declaration
 * @param directives performance directives by their words, e.g. {@code reqntid} to {@code [128, 1,
 *     1]}; one without numbers has an empty list
 */
public record Function(
    Position at,
    Linkage linkage,
    boolean entry,
    String name,
    List<Variable> results,
    List<Variable> parameters,
    Map<String, List<Integer>> directives,
    Optional<List<Statement>> body) {
  public Function {
    results = List.copyOf(results);
    parameters = List.copyOf(parameters);
    directives = Map.copyOf(directives);
    body = body.map(List::copyOf);
  }
}
