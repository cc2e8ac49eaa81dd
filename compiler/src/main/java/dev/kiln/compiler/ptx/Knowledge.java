package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.Rewriting.isNumber;
import static dev.kiln.compiler.ptx.Rewriting.number;

import dev.kiln.compiler.ptx.Operand.Name;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What is known of the result of a pure integer instruction from what is known of its operands. */
final class Knowledge {
  /** From an opcode, the facts of the operands and the operands. */
  private interface Transfer {
    Facts apply(Opcode opcode, Facts[] facts, List<Operand> operands);
  }

  /** Blocks of a grid along x (CUDA C++ programming guide, compute capabilities). */
  private static final long MAX_GRID_X = Integer.MAX_VALUE;

  private static final long MAX_GRID_YZ = 65535;

  /** More than any block has. */
  private static final long SHARED_BYTES = 1 << 20;

  private static final Map<String, Transfer> TRANSFERS = transfers();

  private final Map<String, Facts> names = new HashMap<>();

  /**
   * Knowledge of a kernel.
   *
   * @param threads of a block, along x
   */
  Knowledge(int threads) {
    names.put("%tid.x", Facts.range(0, threads - 1));
    names.put("%ntid.x", Facts.range(1, threads));
    names.put("%laneid", Facts.range(0, 31));
    names.put("%warpid", Facts.range(0, 63));
    names.put("%ctaid.x", Facts.range(0, MAX_GRID_X - 1));
    names.put("%nctaid.x", Facts.range(1, MAX_GRID_X));
    for (String axis : List.of("y", "z")) {
      names.put("%tid." + axis, Facts.constant(0));
      names.put("%ctaid." + axis, Facts.range(0, MAX_GRID_YZ - 1));
      names.put("%nctaid." + axis, Facts.range(1, MAX_GRID_YZ));
    }
    names.put(PtxPrinter.SHARED_SYMBOL, new Facts(1023, 0, SHARED_BYTES));
  }

  private static Map<String, Transfer> transfers() {
    var all = new HashMap<String, Transfer>();
    all.put("add", (op, f, x) -> f[0].plus(f[1], op.bits()));
    all.put("sub", (op, f, x) -> f[0].plus(f[1].negated(op.bits()), op.bits()));
    all.put("mul.lo", (op, f, x) -> f[0].times(f[1], op.bits()));
    all.put("mul.wide", (op, f, x) -> op.isUnsigned() ? null : f[0].times(f[1], 2 * op.bits()));
    all.put("and", Knowledge::and);
    all.put("or", (op, f, x) -> bits(f[0].zeros() & f[1].zeros(), op.bits()));
    all.put("xor", (op, f, x) -> bits(f[0].zeros() & f[1].zeros(), op.bits()));
    all.put("shl", Knowledge::shiftLeft);
    all.put("shr", Knowledge::shiftRight);
    all.put("min", (op, f, x) -> extremum(op, f, Math::min));
    all.put("max", (op, f, x) -> extremum(op, f, Math::max));
    all.put("selp", (op, f, x) -> f[0].or(f[1]));
    all.put("rem", Knowledge::remainder);
    all.put("div", Knowledge::quotient);
    all.put("cvt", Knowledge::convert);
    all.put("bfe", Knowledge::extract);
    return all;
  }

  /** What is known of a name's value. */
  Facts of(Name name) {
    return names.getOrDefault(name.text(), Facts.nothing(name.type().bits()));
  }

  /** What is known of a result; {@code null} if nothing is. */
  Facts of(Opcode opcode, List<Operand> operands, Function<Operand, Facts> known) {
    if (opcode.kind() != Opcode.Kind.INTEGER) {
      return null;
    }
    if (opcode.name().equals("mov")
        && operands.size() == 1
        && operands.getFirst() instanceof Name name) {
      return of(name);
    }
    Transfer transfer = TRANSFERS.get(opcode.name());
    if (transfer == null || opcode.bits() < 32) {
      return null;
    }
    Facts[] facts = operands.stream().map(known).toArray(Facts[]::new);
    return transfer.apply(opcode, facts, operands);
  }

  private static Facts bits(long zeros, int bits) {
    return new Facts(zeros, Facts.least(bits), Facts.greatest(bits));
  }

  private static Facts and(Opcode opcode, Facts[] facts, List<Operand> operands) {
    return bits(facts[0].zeros() | facts[1].zeros(), opcode.bits());
  }

  private static Facts shiftLeft(Opcode opcode, Facts[] facts, List<Operand> operands) {
    if (!isNumber(operands.get(1))) {
      return null;
    }
    long by = number(operands.get(1)) & 0xFFFFFFFFL;
    if (by >= opcode.bits() - 1) {
      return null;
    }
    Facts product = facts[0].times(Facts.constant(1L << by), opcode.bits());
    long zeros = Facts.wrap(facts[0].zeros() << by | (1L << by) - 1, opcode.bits());
    return new Facts(product.zeros() | zeros, product.min(), product.max());
  }

  private static Facts shiftRight(Opcode opcode, Facts[] facts, List<Operand> operands) {
    boolean signed = opcode.source().startsWith("s");
    if (!isNumber(operands.get(1))) {
      return facts[0].isNonNegative() ? Facts.range(0, facts[0].max()) : null;
    }
    long by = number(operands.get(1)) & 0xFFFFFFFFL;
    if (by >= opcode.bits()) {
      return null;
    }
    if (facts[0].isNonNegative() || signed) {
      return new Facts(facts[0].zeros() >> by, facts[0].min() >> by, facts[0].max() >> by);
    }
    return by == 0 ? null : Facts.range(0, (1L << opcode.bits() - by) - 1);
  }

  private interface Choice {
    long of(long a, long b);
  }

  private static Facts extremum(Opcode opcode, Facts[] facts, Choice choice) {
    boolean plain = !opcode.isUnsigned() || facts[0].isNonNegative() && facts[1].isNonNegative();
    return plain
        ? new Facts(
            facts[0].zeros() & facts[1].zeros(),
            choice.of(facts[0].min(), facts[1].min()),
            choice.of(facts[0].max(), facts[1].max()))
        : null;
  }

  private static Facts remainder(Opcode opcode, Facts[] facts, List<Operand> operands) {
    boolean divides = facts[1].min() > 0;
    if (!divides || opcode.isUnsigned() && !facts[0].isNonNegative() && opcode.bits() == 64) {
      return null;
    }
    long greatest = facts[1].max() - 1;
    if (opcode.isUnsigned()) {
      return Facts.range(0, greatest);
    }
    return Facts.range(
        facts[0].isNonNegative() ? 0 : Math.max(-greatest, facts[0].min()),
        Math.max(0, Math.min(greatest, facts[0].max())));
  }

  private static Facts quotient(Opcode opcode, Facts[] facts, List<Operand> operands) {
    return facts[0].isNonNegative() && facts[1].min() > 0
        ? Facts.range(facts[0].min() / facts[1].max(), facts[0].max() / facts[1].min())
        : null;
  }

  private static Facts convert(Opcode opcode, Facts[] facts, List<Operand> operands) {
    if (!Opcode.isInteger(opcode.source())) {
      return null;
    }
    int from = opcode.sourceBits();
    if (from > opcode.bits()) {
      return null;
    }
    boolean signed = opcode.source().startsWith("s");
    boolean fits =
        operands.getFirst().type().bits() >= 32
            && facts[0].min() >= Facts.least(from)
            && facts[0].max() <= Facts.greatest(from);
    if (fits && (signed || facts[0].isNonNegative())) {
      return facts[0];
    }
    if (signed) {
      return Facts.range(Facts.least(from), Facts.greatest(from));
    }
    return from < opcode.bits() ? Facts.range(0, (1L << from) - 1) : null;
  }

  private static Facts extract(Opcode opcode, Facts[] facts, List<Operand> operands) {
    if (!opcode.isUnsigned() || !isNumber(operands.get(2))) {
      return null;
    }
    long count = number(operands.get(2)) & 0xFF;
    return count < opcode.bits() - 1 ? Facts.range(0, (1L << count) - 1) : null;
  }
}
