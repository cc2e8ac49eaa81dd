package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Branch;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.Loop;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Carried integers that advance by what does not change in the loop.
 *
 * <ul>
 *   <li>One that is only read to be shifted, scaled or added to what does not change: its readers
 *       are carried instead, {@code offset += c; p = base + offset} becomes {@code p += c}.
 *   <li>Two that advance alike from bases that differ by a number, where the second only serves as
 *       an address: one remains, the number goes into the addresses.
 * </ul>
 *
 * Either saves an instruction of the loop for each variable that is removed.
 */
final class InductionVariables {
  /** Offset * size, base + offset, and once more for bases that are sums. */
  private static final int MAX_ROUNDS = 3;

  /** Offsets of addresses have 32 bits. */
  private static final long MAX_DISTANCE = 1L << 30;

  private final Map<Register, Instruction> definitions = new HashMap<>();

  private InductionVariables() {}

  static PtxFunction reduce(PtxFunction function) {
    return function.withBody(new InductionVariables().walk(function.body()));
  }

  private List<Node> walk(List<Node> nodes) {
    var done = new ArrayList<Node>(nodes.size());
    for (Node node : nodes) {
      switch (node) {
        case Instruction instruction -> {
          if (instruction.effect() == Effect.PURE && instruction.guard() == null) {
            Nodes.results(instruction).forEach(result -> definitions.put(result, instruction));
          }
          done.add(instruction);
        }
        case Loop loop -> walk(loop, done);
        case Branch branch ->
            done.add(branch.withBodies(walk(branch.thenBody()), walk(branch.elseBody())));
      }
    }
    return done;
  }

  private void walk(Loop loop, List<Node> before) {
    Loop reduced = loop.withBodies(walk(loop.head()), walk(loop.tail()));
    for (int round = 0; round < MAX_ROUNDS; round++) {
      Loop further = new Reduction(reduced, before).run();
      if (further == reduced) {
        break;
      }
      reduced = further;
    }
    before.add(new Sharing(reduced).run());
  }

  /** A carried register that advances: {@code next = param + step}. */
  private record Variable(Register param, Operand init, Instruction advance, Operand step) {
    int bits() {
      return param.type().bits();
    }
  }

  /** What is known of the loop at hand. */
  private abstract static class Step {
    final Loop loop;
    final Uses uses;
    final Set<Register> params;

    Step(Loop loop) {
      this.loop = loop;
      this.uses = Uses.inside(loop);
      this.params = new HashSet<>(loop.params());
    }

    boolean isInvariant(Operand operand) {
      return !uses.isWritten(operand) && !params.contains(operand);
    }

    /** The variable in a place, or {@code null} if it does not advance so. */
    Variable variable(int i) {
      Register param = loop.params().get(i);
      Operand next = loop.next().get(i);
      Instruction advance = uses.writer(next);
      if (advance == null
          || param.type().bits() < 32
          || !isPlain(advance, "add.s" + param.type().bits())
          || uses.count((Register) next) != 1
          || !(loop.head().contains(advance) || loop.tail().contains(advance))) {
        return null;
      }
      Operand step = other(advance, param);
      return step != null && isInvariant(step)
          ? new Variable(param, loop.inits().get(i), advance, step)
          : null;
    }

    static boolean isPlain(Instruction instruction, String opcode) {
      return instruction.opcode().equals(opcode)
          && instruction.guard() == null
          && instruction.otherwise().isEmpty()
          && instruction.effect() == Effect.PURE;
    }

    /** The other of two operands, {@code null} if the register is not just one of them. */
    static Operand other(Instruction instruction, Register one) {
      Operand a = instruction.operands().get(0);
      Operand b = instruction.operands().get(1);
      return a == one && b != one ? b : b == one && a != one ? a : null;
    }
  }

  /** Carries what is made of variables instead of the variables. */
  private static final class Reduction extends Step {
    private final List<Node> before;
    private final List<Register> newParams = new ArrayList<>();
    private final List<Operand> newInits = new ArrayList<>();
    private final List<Operand> newNext = new ArrayList<>();
    private final List<Node> updates = new ArrayList<>();
    private final Set<Instruction> gone = Collections.newSetFromMap(new IdentityHashMap<>());

    Reduction(Loop loop, List<Node> before) {
      super(loop);
      this.before = before;
    }

    Loop run() {
      for (int i = 0; i < loop.params().size(); i++) {
        Variable variable = variable(i);
        if (variable == null || !isReplaceable(variable)) {
          newParams.add(loop.params().get(i));
          newInits.add(loop.inits().get(i));
          newNext.add(loop.next().get(i));
        } else {
          replace(variable);
        }
      }
      if (gone.isEmpty()) {
        return loop;
      }
      List<Node> head = Trees.without(loop.head(), gone::contains);
      var tail = new ArrayList<>(Trees.without(loop.tail(), gone::contains));
      tail.addAll(updates);
      return new Loop(
          newParams, newInits, head, loop.stay(), loop.exits(), tail, newNext, loop.results());
    }

    private boolean isReplaceable(Variable variable) {
      Register param = variable.param();
      List<Instruction> readers = uses.readers(param);
      return uses.meetings(param) == 0
          && readers.size() > 1
          && readers.stream()
              .allMatch(reader -> reader == variable.advance() || isLinear(reader, variable));
    }

    private boolean isLinear(Instruction reader, Variable variable) {
      int bits = variable.bits();
      Register param = variable.param();
      if (reader.operands().size() != 2 || gone.contains(reader)) {
        return false;
      }
      Operand other = other(reader, param);
      return other != null
          && isInvariant(other)
          && (isPlain(reader, "add.s" + bits)
              || isPlain(reader, "mul.lo.s" + bits)
              || isPlain(reader, "shl.b" + bits) && reader.operands().get(0) == param);
    }

    private void replace(Variable variable) {
      gone.add(variable.advance());
      for (Instruction reader : uses.readers(variable.param())) {
        if (reader != variable.advance()) {
          carry(variable, reader);
        }
      }
    }

    private void carry(Variable variable, Instruction reader) {
      gone.add(reader);
      var carried = (Register) reader.results().getFirst();
      Operand other = other(reader, variable.param());
      Operand step =
          reader.opcode().startsWith("add")
              ? variable.step()
              : outside(reader, variable.step(), other);
      var next = new Register(carried.type());
      updates.add(pure("add.s" + variable.bits(), next, List.of(carried, step), reader));
      newParams.add(carried);
      newInits.add(outside(reader, variable.init(), other));
      newNext.add(next);
    }

    /** The same operation on another number, before the loop. */
    private Operand outside(Instruction reader, Operand left, Operand right) {
      Operand folded = ConstantRules.fold(Opcode.of(reader.opcode()), List.of(left, right));
      if (folded != null) {
        return folded;
      }
      if (reader.opcode().startsWith("add") && Rewriting.isNumber(left, 0)) {
        return right;
      }
      var result = new Register(((Register) reader.results().getFirst()).type());
      before.add(pure(reader.opcode(), result, List.of(left, right), reader));
      return result;
    }

    private static Instruction pure(
        String opcode, Register result, List<Operand> operands, Instruction like) {
      return new Instruction(
          opcode, List.of(result), operands, null, List.of(), Effect.PURE, null, like.loc());
    }
  }

  /** Where a variable starts: a register and a number. */
  private record Start(Operand base, Operand step) {}

  /** One variable for those that keep a distance. */
  private final class Sharing extends Step {
    private record Leader(Register param, long number) {}

    private record Moved(Register base, long plus) {}

    private final Map<Start, Leader> leaders = new HashMap<>();
    private final Map<Register, Moved> moved = new HashMap<>();

    Sharing(Loop loop) {
      super(loop);
    }

    Loop run() {
      for (int i = 0; i < loop.params().size(); i++) {
        Variable variable = variable(i);
        if (variable != null && variable.init() instanceof Register init) {
          consider(variable, init);
        }
      }
      if (moved.isEmpty()) {
        return loop;
      }
      // What is left of the others are variables that advance for nobody, which are dead.
      return loop.withBodies(
          Trees.mapInstructions(loop.head(), this::readdress),
          Trees.mapInstructions(loop.tail(), this::readdress));
    }

    private void consider(Variable variable, Register init) {
      Instruction sum = definitions.get(init);
      boolean isSum =
          sum != null
              && isPlain(sum, "add.s" + variable.bits())
              && Rewriting.isNumber(sum.operands().get(1));
      Operand base = isSum ? sum.operands().get(0) : init;
      long number = isSum ? Rewriting.number(sum.operands().get(1)) : 0;
      Leader leader = leaders.get(new Start(base, variable.step()));
      if (leader == null) {
        leaders.put(new Start(base, variable.step()), new Leader(variable.param(), number));
      } else if (Math.abs(number - leader.number()) < MAX_DISTANCE && isAddressOnly(variable)) {
        moved.put(variable.param(), new Moved(leader.param(), number - leader.number()));
      }
    }

    private boolean isAddressOnly(Variable variable) {
      Register param = variable.param();
      return uses.meetings(param) == 0
          && uses.readers(param).stream()
              .allMatch(
                  reader ->
                      reader == variable.advance()
                          || addresses(reader, param) == reads(reader, param));
    }

    private long addresses(Instruction reader, Register param) {
      return reader.operands().stream()
          .filter(operand -> operand instanceof Address address && address.base() == param)
          .count();
    }

    private long reads(Instruction reader, Register param) {
      var count = new long[1];
      Nodes.reads(reader, operand -> count[0] += operand == param ? 1 : 0);
      return count[0];
    }

    private Instruction readdress(Instruction instruction) {
      List<Operand> operands = instruction.operands();
      for (int i = 0; i < operands.size(); i++) {
        if (operands.get(i) instanceof Address address
            && address.base() instanceof Register base
            && moved.containsKey(base)) {
          Moved place = moved.get(base);
          var changed = new ArrayList<>(instruction.operands());
          changed.set(
              i, new Address(place.base(), address.offset() + place.plus(), address.slot()));
          return readdress(instruction.withOperands(changed));
        }
      }
      return instruction;
    }
  }
}
