package dev.kiln.runtime.signature;

import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How a function and the functions that it calls use its parameters. */
final class ParameterUses {
  private final Map<String, Set<Use>> uses = new HashMap<>();
  private final Map<String, List<String>> texts = new HashMap<>();

  /**
   * @param functions what the function can call
   */
  static ParameterUses of(Stmt.FunctionDef function, FileFunctions functions) {
    var found = new ParameterUses();
    new UseTrace(found).trace(function, functions);
    return found;
  }

  void add(String parameter, Use use) {
    uses.computeIfAbsent(parameter, name -> EnumSet.noneOf(Use.class)).add(use);
  }

  void addText(String parameter, String text) {
    List<String> known = texts.computeIfAbsent(parameter, name -> new ArrayList<>());
    if (!known.contains(text)) {
      known.add(text);
    }
  }

  boolean has(String parameter, Use use) {
    return uses.getOrDefault(parameter, Set.of()).contains(use);
  }

  boolean hasAny(String parameter, Use first, Use... others) {
    return uses.getOrDefault(parameter, Set.of()).stream()
        .anyMatch(EnumSet.of(first, others)::contains);
  }

  /** The texts that the parameter is compared with, first ones first. */
  List<String> texts(String parameter) {
    return texts.getOrDefault(parameter, List.of());
  }
}
