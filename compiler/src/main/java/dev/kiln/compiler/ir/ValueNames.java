package dev.kiln.compiler.ir;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** A unique name for each value of a function, with the leading {@code %}. */
public final class ValueNames {
  private final Map<Value, String> names = new HashMap<>();
  private final Set<String> taken = new HashSet<>();
  private final Map<String, Integer> counters = new HashMap<>();
  private int unnamed;

  private ValueNames() {}

  /** Names all parameters and results, in the order in which the text shows them. */
  public static ValueNames of(TileFunction function) {
    var names = new ValueNames();
    names.block(function.body());
    return names;
  }

  /** No value is named yet. */
  public static ValueNames empty() {
    return new ValueNames();
  }

  private void block(Block block) {
    block.params().forEach(this::of);
    for (Op op : block.ops()) {
      op.results().forEach(this::of);
      op.blocks().forEach(this::block);
    }
  }

  /** The name of a value; one that was not seen yet gets one now. */
  public String of(Value value) {
    String name = names.get(value);
    if (name == null) {
      name = "%" + (value.hint().isEmpty() ? number() : unique(identifier(value.hint())));
      names.put(value, name);
    }
    return name;
  }

  private String number() {
    return Integer.toString(unnamed++);
  }

  private String unique(String base) {
    String name = base;
    while (!taken.add(name)) {
      name = base + "_" + counters.merge(base, 1, Integer::sum);
    }
    return name;
  }

  /** The hint with every character that a name cannot hold replaced by an underscore. */
  private static String identifier(String hint) {
    var name = new StringBuilder();
    for (int i = 0; i < hint.length(); i++) {
      char c = hint.charAt(i);
      name.append(isNameCharacter(c) ? c : '_');
    }
    return Character.isDigit(name.charAt(0)) ? name.insert(0, '_').toString() : name.toString();
  }

  static boolean isNameCharacter(char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
}
