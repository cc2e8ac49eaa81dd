package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;

/**
 * {@code prefetch}, {@code prefetchu}, {@code applypriority}, {@code discard} and {@code
 * createpolicy}: advice to caches, of which the simulator has none.
 */
final class CacheHints {
  private CacheHints() {}

  /** An instruction with an address and perhaps a size, without an effect. */
  static Step hint(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    MemoryModifiers.takeSpace(modifiers);
    for (String word : modifiers.left()) {
      if (word.equals("L1") || word.equals("L2") || word.startsWith("L2::")) {
        modifiers.take(word);
      }
    }
    modifiers.take("tensormap");
    context.expectOperands(1, 2);
    context.address(context.operand(0));
    if (context.operands().size() == 2) {
      context.constant(context.operand(1));
    }
    return new Nothing();
  }

  /** Makes a policy; what it says is nobody's business but the caches'. */
  static Step createPolicy(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    long value = 0;
    for (String word : modifiers.left()) {
      if (word.equals("fractional")
          || word.equals("range")
          || word.equals("cvt")
          || word.equals("global")
          || word.startsWith("L2")) {
        modifiers.take(word);
        value = value * 31 + word.hashCode();
      }
    }
    LoadsAndStores.type(context);
    context.expectOperands(1, 4);
    for (int i = 1; i < context.operands().size(); i++) {
      check(context, context.operand(i));
    }
    return new Policy(context.wideTarget(context.operand(0), PtxType.B64), value);
  }

  private static void check(DecodeContext context, Operand operand) {
    if (operand instanceof Operand.Memory) {
      context.address(operand);
    } else {
      context.slot(operand, operand instanceof Operand.FloatLiteral ? PtxType.F32 : PtxType.B64);
    }
  }

  /** Does nothing. */
  private static final class Nothing extends Step {
    @Override
    public void run(Warp warp) {}
  }

  /** Fills a register. */
  private static final class Policy extends Step {
    private final int target;
    private final long value;

    private Policy(int target, long value) {
      this.target = target;
      this.value = value;
    }

    @Override
    public void run(Warp warp) {
      for (int rest = warp.active; rest != 0; rest &= rest - 1) {
        warp.wides[target + Integer.numberOfTrailingZeros(rest)] = value;
      }
    }
  }
}
