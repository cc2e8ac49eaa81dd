package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.program.Definition.Code;
import dev.kiln.runtime.sim.program.FunctionText.Line;
import dev.kiln.runtime.sim.ptx.Function;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which functions call which, and which may come back to themselves. Functions go by their names.
 */
final class CallGraph {
  private final Map<String, FunctionText> texts;
  private final Set<String> addressed = new LinkedHashSet<>();
  private final Map<String, Set<String>> callees = new LinkedHashMap<>();

  /** Number of the cycle's group; functions of one group call each other. */
  private final Map<String, Integer> group = new HashMap<>();

  private final Set<String> recursive = new LinkedHashSet<>();

  /** Callers before callees, groups together. */
  private final List<String> order = new ArrayList<>();

  /**
   * @param texts functions with a body
   * @param addressedByData functions whose addresses stand in initial values
   */
  CallGraph(Map<String, FunctionText> texts, Set<String> addressedByData) {
    this.texts = texts;
    addressed.addAll(addressedByData);
    texts.values().forEach(this::findAddressed);
    texts.forEach((name, text) -> callees.put(name, calleesOf(text)));
    new Groups().find();
  }

  /** Whether a function may be entered again before it has returned. */
  boolean recursive(String function) {
    return recursive.contains(function);
  }

  /** Whether a call from one to the other may come back to the first. */
  boolean sameCycle(String caller, String callee) {
    return recursive.contains(caller) && group.get(caller).equals(group.get(callee));
  }

  Set<String> callees(String function) {
    return callees.get(function);
  }

  /** An entry and all functions that it may come to, callers before callees. */
  List<String> reachable(String entry) {
    Set<String> seen = new LinkedHashSet<>();
    List<String> work = new ArrayList<>(List.of(entry));
    while (!work.isEmpty()) {
      String next = work.removeLast();
      if (seen.add(next)) {
        work.addAll(callees.get(next));
      }
    }
    List<String> sorted = new ArrayList<>(order);
    sorted.retainAll(seen);
    return sorted;
  }

  /**
   * What an indirect call may come to.
   *
   * @param line holds the call
   * @throws MalformedInstruction if the prototype's name is unknown
   */
  List<String> candidates(Line line, CallSite site) {
    Optional<Definition> named =
        site.prototype()
            .map(
                name ->
                    line.scope()
                        .find(name.name(), Scope.END)
                        .orElseThrow(() -> Scope.undefined(name.at(), name.name())));
    if (named.isPresent() && named.get() instanceof Definition.Calls calls) {
      return calls.targets().functions().stream().filter(texts::containsKey).toList();
    }
    if (named.isPresent() && !(named.get() instanceof Definition.Prototype)) {
      throw new MalformedInstruction(
          site.prototype().get().at(), "'" + site.prototype().get().name() + "' is no prototype");
    }
    return addressed.stream().filter(name -> fits(texts.get(name), site)).toList();
  }

  private static boolean fits(FunctionText text, CallSite site) {
    Function function = text.function;
    return !function.entry()
        && function.results().size() == site.results().size()
        && function.parameters().size() == site.arguments().size();
  }

  private void findAddressed(FunctionText text) {
    for (Line line : text.lines) {
      boolean call = line.instruction().opcode().equals("call");
      for (Operand operand : line.instruction().operands()) {
        if (!call
            && operand instanceof Operand.Name name
            && !name.name().startsWith("%")
            && line.scope().find(name.name(), name.at()).orElse(null) instanceof Code code
            && texts.containsKey(code.function().name())) {
          addressed.add(code.function().name());
        }
      }
    }
  }

  private Set<String> calleesOf(FunctionText text) {
    Set<String> found = new LinkedHashSet<>();
    for (Line line : text.lines) {
      if (!line.instruction().opcode().equals("call")) {
        continue;
      }
      try {
        CallSite site = CallSite.of(line.instruction());
        Operand.Name target = site.target();
        Optional<Definition> definition = line.scope().find(target.name(), target.at());
        if (definition.isPresent() && definition.get() instanceof Code code) {
          if (texts.containsKey(code.function().name())) {
            found.add(code.function().name());
          }
        } else {
          found.addAll(candidates(line, site));
        }
      } catch (MalformedInstruction e) {
        // Told when the call is decoded.
      }
    }
    return found;
  }

  /** Functions whose addresses an initial value holds. */
  static void addresses(Variable.Initializer initializer, Set<String> names) {
    switch (initializer) {
      case Variable.Initializer.Elements elements ->
          elements.elements().forEach(element -> addresses(element, names));
      case Variable.Initializer.Constant constant -> {}
      case Variable.Initializer.AddressOf address -> names.add(address.symbol());
    }
  }

  /** Strongly connected components, by Kosaraju's two walks. */
  private final class Groups {
    private final List<String> names = List.copyOf(callees.keySet());
    private final Map<String, Integer> numbers = new HashMap<>();
    private final int[][] forward = new int[names.size()][];
    private final int[][] backward = new int[names.size()][];

    void find() {
      for (int i = 0; i < names.size(); i++) {
        numbers.put(names.get(i), i);
      }
      List<IntList> callers = new ArrayList<>();
      names.forEach(name -> callers.add(new IntList()));
      for (int i = 0; i < names.size(); i++) {
        forward[i] = callees.get(names.get(i)).stream().mapToInt(numbers::get).toArray();
        for (int callee : forward[i]) {
          callers.get(callee).add(i);
        }
      }
      Arrays.setAll(backward, i -> callers.get(i).toArray());
      int[] finished = walkAll();
      boolean[] seen = new boolean[names.size()];
      int count = 0;
      for (int i = finished.length - 1; i >= 0; i--) {
        if (!seen[finished[i]]) {
          IntList members = new IntList();
          walk(finished[i], backward, seen, members);
          record(members, count++);
        }
      }
    }

    private void record(IntList members, int number) {
      for (int i = 0; i < members.size(); i++) {
        String name = names.get(members.get(i));
        group.put(name, number);
        order.add(name);
        if (members.size() > 1 || callees.get(name).contains(name)) {
          recursive.add(name);
        }
      }
    }

    private int[] walkAll() {
      IntList finished = new IntList();
      boolean[] seen = new boolean[names.size()];
      for (int i = 0; i < names.size(); i++) {
        if (!seen[i]) {
          walk(i, forward, seen, finished);
        }
      }
      return finished.toArray();
    }

    /** Adds what is reached and not yet seen, in postorder. */
    private void walk(int from, int[][] edges, boolean[] seen, IntList finished) {
      List<int[]> frames = new ArrayList<>();
      frames.add(new int[] {from, 0});
      seen[from] = true;
      while (!frames.isEmpty()) {
        int[] frame = frames.getLast();
        if (frame[1] == edges[frame[0]].length) {
          finished.add(frame[0]);
          frames.removeLast();
          continue;
        }
        int to = edges[frame[0]][frame[1]++];
        if (!seen[to]) {
          seen[to] = true;
          frames.add(new int[] {to, 0});
        }
      }
    }
  }
}
