package dev.kiln.runtime.sim.isa.sync;

import dev.kiln.runtime.sim.exec.BlockBarriers;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.InstructionSet;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.Predicate;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Optional;

/** The decoders of barriers and of instructions that act on the whole thread. */
public final class SyncInstructions {
  private SyncInstructions() {}

  /** Adds the opcodes. */
  public static void register(InstructionSet set) {
    set.add("bar", context -> barrier(context, true));
    set.add("barrier", context -> barrier(context, false));
    set.add("nanosleep", SyncInstructions::sleep);
    set.add("griddepcontrol", SyncInstructions::gridDependency);
    set.add("trap", context -> stop(context, LaneFault.Kind.TRAP, "the kernel executed trap"));
    set.add(
        "brkpt",
        context -> stop(context, LaneFault.Kind.BREAKPOINT, "the kernel has a breakpoint"));
    set.add("pmevent", SyncInstructions::event);
  }

  private static Step barrier(DecodeContext context, boolean shortName) {
    Modifiers modifiers = context.modifiers();
    if (shortName && modifiers.take("warp")) {
      return warpBarrier(context);
    }
    if (!shortName && modifiers.take("cluster")) {
      return clusterBarrier(context);
    }
    modifiers.take("cta");
    boolean aligned = modifiers.take("aligned") || shortName;
    String operation =
        modifiers
            .takeAny("sync", "arrive", "red")
            .orElseThrow(() -> context.malformed("needs .sync, .arrive or .red"));
    return switch (operation) {
      case "sync" -> {
        context.expectOperands(1, 2);
        yield new BarrierSync(number(context, 0), threads(context, 1), aligned);
      }
      case "arrive" -> {
        context.expectOperands(2, 2);
        yield new BarrierArrive(number(context, 0), threads(context, 1), aligned);
      }
      default -> reduction(context, aligned);
    };
  }

  private static Step reduction(DecodeContext context, boolean aligned) {
    Modifiers modifiers = context.modifiers();
    String operation =
        modifiers
            .takeAny("popc", "and", "or")
            .orElseThrow(() -> context.malformed("needs .popc, .and or .or"));
    PtxType type = modifiers.takeType().orElseThrow(() -> context.malformed("needs .u32 or .pred"));
    context.expectOperands(3, 4);
    boolean counted = context.operands().size() == 4;
    int number = number(context, 1);
    int threads = counted ? threads(context, 2) : -1;
    Predicate source = context.predicate(context.operand(counted ? 3 : 2));
    if (operation.equals("popc")) {
      require(context, type == PtxType.U32, ".popc has type .u32");
      int target = context.wordTarget(context.operand(0), PtxType.U32);
      return BarrierReduction.count(number, threads, aligned, source, target);
    }
    require(context, type == PtxType.PRED, ".and and .or have type .pred");
    int target = context.predicateTarget(context.operand(0));
    boolean all = operation.equals("and");
    return BarrierReduction.vote(number, threads, aligned, source, target, all);
  }

  private static int number(DecodeContext context, int operand) {
    rejectLiteral(context, operand, BlockBarriers.COUNT - 1, 1, "a barrier's number is 0 to 15");
    return context.word(context.operand(operand), PtxType.U32);
  }

  private static int threads(DecodeContext context, int operand) {
    if (operand >= context.operands().size()) {
      return -1;
    }
    rejectLiteral(
        context,
        operand,
        MAX_THREADS,
        Warp.LANES,
        "the number of threads at a barrier is a multiple of 32, at most " + MAX_THREADS);
    return context.word(context.operand(operand), PtxType.U32);
  }

  /** Threads of a block at most. */
  private static final int MAX_THREADS = 1024;

  private static void rejectLiteral(
      DecodeContext context, int operand, long most, int multiple, String message) {
    if (context.operand(operand) instanceof Operand.IntegerLiteral literal) {
      long value = literal.value();
      require(context, value >= 0 && value <= most && value % multiple == 0, message);
    }
  }

  private static void require(DecodeContext context, boolean holds, String message) {
    if (!holds) {
      throw context.malformed(message);
    }
  }

  private static Step warpBarrier(DecodeContext context) {
    require(context, context.modifiers().take("sync"), "needs .sync");
    context.expectOperands(1, 1);
    boolean literal = context.operand(0) instanceof Operand.IntegerLiteral;
    return new WarpBarrier(context.word(context.operand(0), PtxType.B32), literal);
  }

  private static Step clusterBarrier(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    boolean aligned = modifiers.take("aligned");
    context.expectOperands(0, 0);
    if (modifiers.take("wait")) {
      modifiers.take("acquire");
      return new ClusterWait(aligned);
    }
    require(context, modifiers.take("arrive"), "needs .arrive or .wait");
    Optional<String> order = modifiers.takeAny("release", "relaxed");
    boolean relaxed = order.isPresent() && order.get().equals("relaxed");
    return new ClusterArrive(aligned, relaxed ? Access.Order.RELAXED : Access.Order.RELEASE);
  }

  /** {@code nanosleep}: time does not pass here; others have their turn. */
  private static Step sleep(DecodeContext context) {
    require(context, context.modifiers().take("u32"), "has type .u32");
    context.expectOperands(1, 1);
    context.word(context.operand(0), PtxType.U32);
    return new Step() {
      @Override
      public void run(Warp warp) {
        warp.yield = true;
      }
    };
  }

  /** Launches run one after the other, so what {@code wait} waits for has happened. */
  private static Step gridDependency(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    require(
        context,
        modifiers.takeAny("launch_dependents", "wait").isPresent(),
        "needs .launch_dependents or .wait");
    context.expectOperands(0, 0);
    return new Nothing();
  }

  private static Step event(DecodeContext context) {
    context.modifiers().take("mask");
    context.expectOperands(1, 1);
    context.constant(context.operand(0));
    return new Nothing();
  }

  private static Step stop(DecodeContext context, LaneFault.Kind kind, String message) {
    context.expectOperands(0, 0);
    return new Step() {
      @Override
      public void run(Warp warp) {
        throw new LaneFault(kind, Integer.numberOfTrailingZeros(warp.active), message);
      }
    };
  }

  /** An instruction without an effect here. */
  private static final class Nothing extends Step {
    @Override
    public void run(Warp warp) {}
  }
}
