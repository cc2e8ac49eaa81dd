package dev.kiln.runtime.sim.isa.logic;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.lane.BoolOp;
import dev.kiln.runtime.sim.isa.lane.PredicateStep;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.Predicate;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Optional;

/**
 * {@code lop3}: any function of three bits, given by a table: bit {@code 4a + 2b + c} of it is the
 * result.
 */
final class TernaryLogic {
  private TernaryLogic() {}

  static Step decode(DecodeContext context) {
    Optional<BoolOp> boolOp = BoolOp.take(context.modifiers());
    Types.take(context, EnumSet.of(PtxType.B32));
    if (boolOp.equals(Optional.of(BoolOp.XOR))) {
      throw context.malformed("lop3 has .and and .or only");
    }
    if (boolOp.isEmpty()) {
      context.expectOperands(5, 5);
      return table(context, context.operand(0));
    }
    context.expectOperands(6, 6);
    if (!(context.operand(0) instanceof Operand.Pair pair)) {
      throw context.malformed("lop3." + boolOp.get() + " writes d|p");
    }
    Table table = table(context, pair.first());
    int target = context.predicateTarget(pair.second());
    Predicate combined = context.predicate(context.operand(5));
    return new Step() {
      @Override
      public void run(Warp warp) {
        int notZero = table.runAndTest(warp);
        PredicateStep.set(warp, target, boolOp.get().apply(notZero, combined.lanes(warp)));
      }
    };
  }

  private static Table table(DecodeContext context, Operand target) {
    long function = context.constant(context.operand(4));
    if (function < Byte.MIN_VALUE || function > 255) {
      throw context.malformed("the table of lop3 is a number of 8 bits");
    }
    return new Table(
        context.wordTarget(target, PtxType.B32),
        context.word(context.operand(1), PtxType.B32),
        context.word(context.operand(2), PtxType.B32),
        context.word(context.operand(3), PtxType.B32),
        (int) function);
  }

  /** The sum of the minterms that the table names, each an all-ones or all-zeros mask. */
  private static final class Table extends Step {
    private final int target;
    private final int a;
    private final int b;
    private final int c;
    private final int[] terms = new int[8];

    Table(int target, int a, int b, int c, int function) {
      this.target = target;
      this.a = a;
      this.b = b;
      this.c = c;
      for (int i = 0; i < 8; i++) {
        terms[i] = -(function >>> i & 1);
      }
    }

    @Override
    public void run(Warp warp) {
      runAndTest(warp);
    }

    /** A bit for each active lane whose result is not 0. */
    int runAndTest(Warp warp) {
      int[] words = warp.words;
      int active = warp.active;
      int notZero = 0;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        if ((active >>> lane & 1) != 0) {
          int value = apply(words[a + lane], words[b + lane], words[c + lane]);
          words[target + lane] = value;
          notZero |= value != 0 ? 1 << lane : 0;
        }
      }
      return notZero;
    }

    private int apply(int x, int y, int z) {
      // Two multiplexers on z for each of the four pairs of x and y.
      int none = ~z & terms[0] | z & terms[1];
      int second = ~z & terms[2] | z & terms[3];
      int first = ~z & terms[4] | z & terms[5];
      int both = ~z & terms[6] | z & terms[7];
      return ~x & (~y & none | y & second) | x & (~y & first | y & both);
    }
  }
}
