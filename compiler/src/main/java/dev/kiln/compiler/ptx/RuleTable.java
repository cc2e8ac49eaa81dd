package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Opcode.Kind;
import dev.kiln.compiler.ptx.Rewriting.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The rules of simplification, by kind and name of the instruction; the first that fits wins. */
final class RuleTable {
  private record Key(Kind kind, String name) {}

  private static final RuleTable ALL = all();

  private final Map<Key, List<Rule>> rules = new HashMap<>();

  private RuleTable() {}

  private static RuleTable all() {
    var table = new RuleTable();
    ConstantRules.addTo(table);
    SpellingRules.addTo(table);
    SumRules.addTo(table);
    ProductRules.addTo(table);
    BitRules.addTo(table);
    ConditionRules.addTo(table);
    ConversionRules.addTo(table);
    PackingRules.addTo(table);
    return table;
  }

  void on(Kind kind, String name, Rule rule) {
    rules.computeIfAbsent(new Key(kind, name), k -> new ArrayList<>()).add(rule);
  }

  /** What stands for an instruction, or {@code null}. */
  static Operand simplify(Rewriting body, Opcode opcode, List<Operand> operands) {
    for (Rule rule : ALL.rules.getOrDefault(new Key(opcode.kind(), opcode.name()), List.of())) {
      Operand simple = rule.apply(body, opcode, operands);
      if (simple != null) {
        return simple;
      }
    }
    return null;
  }
}
