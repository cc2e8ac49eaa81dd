package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.LinearSum.Term;
import dev.kiln.compiler.ptx.Node.Branch;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.Loop;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reaches an address from the one before where that takes one addition: of the rows of a tile that
 * are {@code stride} apart only the first is computed and, in a loop, kept in registers; {@code p +
 * 8 * stride} follows {@code p}. A step is a number times a register, and is taken more than once.
 */
final class AddressSteps {
  private final Uses uses;
  private final Map<Register, LinearSum> sums = new HashMap<>();

  /** Where addresses are found instead. */
  private final Map<Register, Place> places = new HashMap<>();

  private record Place(Register base, long plus) {}

  private AddressSteps(Uses uses) {
    this.uses = uses;
  }

  static PtxFunction take(PtxFunction function) {
    var pass = new AddressSteps(Uses.of(function.body()));
    return function.withBody(pass.new Body(function.body()).walk());
  }

  private static LinearSum sum(Map<Register, LinearSum> sums, Operand operand) {
    return switch (operand) {
      case Immediate number -> LinearSum.of(number.bits());
      case Register register -> sums.getOrDefault(register, LinearSum.of(register));
      default -> null;
    };
  }

  /** What a pure instruction of one 64-bit result computes; {@code null} if that is no sum. */
  private LinearSum sum(Instruction instruction) {
    List<Operand> operands = instruction.operands();
    LinearSum a = operands.isEmpty() ? null : sum(sums, operands.get(0));
    LinearSum b = operands.size() != 2 ? null : sum(sums, operands.get(1));
    if (instruction.opcode().equals("cvt.s64.s32")) {
      return a;
    }
    if (a == null || b == null) {
      return null;
    }
    return switch (instruction.opcode()) {
      case "add.s64" -> a.plus(b, 1);
      case "sub.s64" -> a.plus(b, -1);
      case "mul.lo.s64", "mul.wide.s32" -> a.times(b);
      case "shl.b64" -> operands.get(1) instanceof Immediate by ? shifted(a, by.bits()) : null;
      default -> null;
    };
  }

  private static LinearSum shifted(LinearSum sum, long by) {
    return by >= 0 && by < Long.SIZE ? LinearSum.of(0).plus(sum, 1L << by) : null;
  }

  private static boolean isLong(Operand operand) {
    return operand instanceof Register register && register.type() == RegisterClass.B64;
  }

  private boolean isAddressOnly(Register base) {
    return uses.meetings(base) == 0
        && uses.readers(base).stream()
            .allMatch(
                reader ->
                    reader.effect() != Effect.PURE
                        && reader.operands().stream().noneMatch(base::equals));
  }

  /** One sequence of nodes. */
  private final class Body {
    private final List<Node> nodes;
    private final Set<Register> own = new HashSet<>();
    private final Map<Term, Map<Long, Integer>> counts = new HashMap<>();
    private final Map<Term, Map<Long, Register>> steps = new HashMap<>();
    private final List<Node> done = new ArrayList<>();
    private Register last;

    Body(List<Node> nodes) {
      this.nodes = nodes;
    }

    List<Node> walk() {
      survey();
      own.removeIf(base -> !isAddressOnly(base));
      last = null;
      for (Node node : nodes) {
        switch (node) {
          case Instruction instruction ->
              done.add(instruction.effect() == Effect.PURE ? instruction : moved(instruction));
          case Loop loop -> {
            done.add(loop.withBodies(new Body(loop.head()).walk(), new Body(loop.tail()).walk()));
            last = null;
          }
          case Branch branch -> {
            done.add(
                branch.withBodies(
                    new Body(branch.thenBody()).walk(), new Body(branch.elseBody()).walk()));
            last = null;
          }
        }
      }
      return done;
    }

    // -------------------------------------------------------------- which steps there are

    private void survey() {
      Set<Register> seen = new HashSet<>();
      for (Node node : nodes) {
        if (!(node instanceof Instruction instruction)) {
          last = null;
        } else if (Nodes.isPure(instruction)) {
          define(instruction);
        } else {
          bases(instruction, base -> count(base, seen));
        }
      }
    }

    private void define(Instruction instruction) {
      if (instruction.results().size() == 1 && isLong(instruction.results().getFirst())) {
        var result = (Register) instruction.results().getFirst();
        LinearSum sum = sum(instruction);
        sums.put(result, sum == null || sum.isLong() ? LinearSum.of(result) : sum);
        own.add(result);
      }
    }

    private void count(Register base, Set<Register> seen) {
      if (!own.contains(base) || !seen.add(base)) {
        return;
      }
      LinearSum way = last == null ? null : way(base);
      if (way != null && way.terms().size() == 1) {
        way.terms()
            .forEach(
                (term, factor) ->
                    counts
                        .computeIfAbsent(term, t -> new HashMap<>())
                        .merge(factor, 1, Integer::sum));
      }
      last = base;
    }

    private LinearSum way(Register base) {
      return sums.get(base).plus(sums.get(last), -1);
    }

    private static void bases(Instruction instruction, Consumer<Register> sink) {
      for (Operand operand : instruction.operands()) {
        if (operand instanceof Address address && isLong(address.base())) {
          sink.accept((Register) address.base());
        }
      }
    }

    // -------------------------------------------------------------- taking them

    private Instruction moved(Instruction instruction) {
      bases(instruction, base -> reach(base, instruction));
      List<Operand> operands = instruction.operands();
      List<Operand> changed = null;
      for (int i = 0; i < operands.size(); i++) {
        if (operands.get(i) instanceof Address address && places.containsKey(address.base())) {
          Place place = places.get(address.base());
          changed = changed == null ? new ArrayList<>(operands) : changed;
          changed.set(i, new Address(place.base, address.offset() + place.plus, address.slot()));
        }
      }
      return changed == null ? instruction : instruction.withOperands(changed);
    }

    /** Finds a place for an address that is used for the first time. */
    private void reach(Register base, Instruction by) {
      if (!own.remove(base)) {
        return;
      }
      Place place = last == null ? null : step(base, by);
      if (place != null) {
        places.put(base, place);
      }
      last = place == null ? base : place.base;
    }

    private Place step(Register base, Instruction by) {
      LinearSum way = way(base);
      if (way.number() != (short) way.number()) {
        return null; // The offset must stay one of 32 bits.
      }
      if (way.terms().isEmpty()) {
        return new Place(last, way.number());
      }
      Map.Entry<Term, Long> only = way.terms().entrySet().iterator().next();
      Term term = only.getKey();
      long factor = only.getValue();
      if (way.terms().size() > 1
          || term.b() != null
          || factor != (int) factor
          || counts.getOrDefault(term, Map.of()).getOrDefault(factor, 0) < 2) {
        return null;
      }
      Register step =
          steps
              .computeIfAbsent(term, t -> new HashMap<>())
              .computeIfAbsent(factor, f -> product(term.a(), factor, by));
      Register next = emit("add.s64", by, last, step);
      sums.put(next, sums.get(base).plus(LinearSum.of(way.number()), -1));
      return new Place(next, way.number());
    }

    private Register product(Register register, long factor, Instruction by) {
      if (register.type() != RegisterClass.B64) {
        return emit("mul.wide.s32", by, register, Immediate.b32((int) factor));
      }
      return factor > 0 && Long.bitCount(factor) == 1
          ? emit("shl.b64", by, register, Immediate.b32(Long.numberOfTrailingZeros(factor)))
          : emit("mul.lo.s64", by, register, Immediate.b64(factor));
    }

    private Register emit(String opcode, Instruction by, Operand... operands) {
      var result = new Register(RegisterClass.B64);
      done.add(
          new Instruction(
              opcode,
              List.of(result),
              List.of(operands),
              null,
              List.of(),
              Effect.PURE,
              null,
              by.loc()));
      return result;
    }
  }
}
