package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Rewriting.Definition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a builder remembers of the values emitted so far: where registers come from, what is known
 * of them, and which pure instructions may be used again in the body that is being emitted.
 */
final class ValueNumbers {
  private record Key(String opcode, List<Operand> operands) {}

  private static final class Entry {
    Definition definition;
    Facts facts;
    int level;
    int order;
  }

  private final Map<Register, Entry> entries = new HashMap<>();
  private final Map<Key, List<Operand>> available = new HashMap<>();
  private final Deque<List<Key>> scopes = new ArrayDeque<>();
  private final Knowledge knowledge;
  private int loops;

  ValueNumbers(int threads) {
    knowledge = new Knowledge(threads);
    scopes.push(new ArrayList<>());
  }

  /** Enters a body whose values are not to be seen outside. */
  void enter(boolean isLoop) {
    scopes.push(new ArrayList<>());
    loops += isLoop ? 1 : 0;
  }

  void leave(boolean isLoop) {
    scopes.pop().forEach(available::remove);
    loops -= isLoop ? 1 : 0;
  }

  /** The results of an equal instruction, or {@code null}. */
  List<Operand> find(String opcode, List<Operand> operands) {
    return available.get(new Key(opcode, operands));
  }

  /** Remembers a pure instruction. */
  void remember(Opcode opcode, List<Operand> operands, List<Operand> results) {
    var key = new Key(opcode.text(), operands);
    available.put(key, results);
    scopes.peek().add(key);
    int level = level(operands);
    var registers = new ArrayList<Operand>();
    Nodes.leaves(results, registers::add);
    for (int i = 0; i < registers.size(); i++) {
      Entry entry = define((Register) registers.get(i), level);
      entry.definition = new Definition(opcode, operands, i);
    }
    if (registers.size() == 1) {
      Facts facts = knowledge.of(opcode, operands, this::facts);
      entries.get((Register) registers.getFirst()).facts = facts;
    }
  }

  /** Notes a register of which nothing else is known, which changes in each of the loops around. */
  void defineHere(Register register) {
    define(register, loops);
  }

  private Entry define(Register register, int level) {
    var entry = new Entry();
    entry.level = level;
    entry.order = entries.size();
    entries.put(register, entry);
    return entry;
  }

  /** Adds to what is known of a register. */
  void know(Register register, Facts facts) {
    Entry entry = entries.get(register);
    Facts known = entry.facts == null ? facts : entry.facts;
    entry.facts =
        new Facts(
            known.zeros() | facts.zeros(),
            Math.max(known.min(), facts.min()),
            Math.min(known.max(), facts.max()));
  }

  Definition definition(Operand operand) {
    Entry entry = operand instanceof Register register ? entries.get(register) : null;
    return entry == null ? null : entry.definition;
  }

  Facts facts(Operand operand) {
    return switch (operand) {
      case Immediate number -> Facts.constant(number.bits());
      case Name name -> knowledge.of(name);
      case Register register -> {
        Entry entry = entries.get(register);
        yield entry == null || entry.facts == null
            ? Facts.nothing(register.type().bits())
            : entry.facts;
      }
      default -> Facts.nothing(64);
    };
  }

  private int level(List<Operand> operands) {
    var level = new int[1];
    Nodes.leaves(operands, operand -> level[0] = Math.max(level[0], level(operand)));
    return level[0];
  }

  int level(Operand operand) {
    Entry entry = operand instanceof Register register ? entries.get(register) : null;
    return entry == null ? 0 : entry.level;
  }

  int order(Operand operand) {
    Entry entry = operand instanceof Register register ? entries.get(register) : null;
    return entry == null ? -1 : entry.order;
  }
}
