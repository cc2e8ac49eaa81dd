package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.monitor.Monitor.MbarrierEvent;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.AddressOperand;
import dev.kiln.runtime.sim.program.DecodeContext.Predicate;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;

/**
 * {@code cp.async} and its groups. PTX ISA, "Data Movement and Conversion Instructions: Non-bulk
 * copy".
 */
final class CopyInstructions {
  private CopyInstructions() {}

  /** Everything that begins with {@code cp.async} and has no {@code .bulk}. */
  static Step decode(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    if (modifiers.take("commit_group")) {
      context.expectOperands(0, 0);
      return new Commit();
    }
    if (modifiers.take("wait_group")) {
      context.expectOperands(1, 1);
      return new WaitGroup(waitCount(context));
    }
    if (modifiers.take("wait_all")) {
      context.expectOperands(0, 0);
      return new WaitAll();
    }
    if (modifiers.take("mbarrier")) {
      return arrival(context);
    }
    return copy(context);
  }

  /** The number of groups that may be left. */
  static int waitCount(DecodeContext context) {
    long count = context.constant(context.operand(0));
    if (count < 0 || count > Integer.MAX_VALUE) {
      throw context.malformed("a number of groups cannot be " + count);
    }
    return (int) count;
  }

  private static Step arrival(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    if (!modifiers.take("arrive")) {
      throw context.unsupported("unknown operation of cp.async.mbarrier");
    }
    boolean noIncrease = modifiers.take("noinc");
    modifiers.take("b64");
    Space space = MbarrierInstructions.takeSpace(modifiers);
    context.expectOperands(1, 1);
    return new ArriveWhenCopied(
        MemoryOperand.of(
                context.address(context.operand(0)),
                space,
                Mbarriers.BYTES,
                MemoryOperand.Use.ATOMIC)
            .ordered(Access.Order.RELAXED, Access.Scope.CTA),
        noIncrease);
  }

  private static Step copy(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    String cache =
        modifiers
            .takeAny("ca", "cg")
            .orElseThrow(() -> context.unsupported("unknown form of cp.async"));
    if (modifiers.takeAny("shared", "shared::cta").isEmpty() || !modifiers.take("global")) {
      throw context.unsupported("cp.async copies from .global to .shared only");
    }
    boolean hint = modifiers.take("L2::cache_hint");
    modifiers.takeAny("L2::64B", "L2::128B", "L2::256B");
    context.expectOperands(hint ? 4 : 3, hint ? 5 : 4);
    long bytes = context.constant(context.operand(2));
    if (bytes != 16 && (cache.equals("cg") || bytes != 4 && bytes != 8)) {
      throw context.malformed("cp.async." + cache + " cannot copy " + bytes + " bytes");
    }
    int last = context.operands().size() - 1;
    if (hint) {
      context.wide(context.operand(last), PtxType.B64);
      last--;
    }
    AddressOperand to = context.address(context.operand(0));
    AddressOperand from = context.address(context.operand(1));
    int size = -1;
    Predicate ignored = null;
    if (last == 3) {
      Operand extra = context.operand(3);
      if (extra instanceof Operand.Not || context.slot(extra, PtxType.U32).bits() == 1) {
        ignored = context.predicate(extra);
      } else {
        size = context.word(extra, PtxType.U32);
      }
    }
    return new CopyStep(
        Place.of(to, Space.SHARED),
        Place.of(from, Space.GLOBAL),
        MemoryOperand.of(from, Space.GLOBAL, (int) bytes, MemoryOperand.Use.READ)
            .by(Access.Agent.COPY),
        MemoryOperand.of(to, Space.SHARED, (int) bytes, MemoryOperand.Use.WRITE)
            .by(Access.Agent.COPY),
        size,
        ignored);
  }

  private static final class Commit extends Step {
    @Override
    public void run(Warp warp) {
      CopyQueue.of(warp).commit(this, warp.active);
    }
  }

  private static final class WaitGroup extends Step {
    private final int left;

    WaitGroup(int left) {
      this.left = left;
    }

    @Override
    public void run(Warp warp) {
      CopyQueue.of(warp).await(this, warp.active, left);
    }
  }

  /** {@code commit_group} and {@code wait_group 0}. */
  private static final class WaitAll extends Step {
    @Override
    public void run(Warp warp) {
      CopyQueue queue = CopyQueue.of(warp);
      queue.commit(this, warp.active);
      queue.await(this, warp.active, 0);
    }
  }

  /**
   * {@code cp.async.mbarrier.arrive}: the copies so far happen in the background, then it arrives.
   */
  private static final class ArriveWhenCopied extends BarrierStep {
    private final boolean noIncrease;

    ArriveWhenCopied(MemoryOperand barrier, boolean noIncrease) {
      super(barrier);
      this.noIncrease = noIncrease;
    }

    @Override
    void run(Warp warp, int lane, Block owner, long offset) {
      long word = Mbarriers.load(owner, offset, lane);
      if (!noIncrease) {
        Mbarriers.put(warp, owner, offset, MbarrierWord.addPending(word, 1, lane));
      }
      Mbarriers.tell(warp, this, 1 << lane, owner, offset, MbarrierEvent.TRACKS_COPIES);
      CopyQueue queue = CopyQueue.of(warp);
      long issued = queue.issued();
      warp.block.cluster.background.add(
          warp,
          this,
          () -> {
            queue.finish(lane, issued);
            Mbarriers.arriveLater(warp, this, lane, owner, offset);
          });
    }
  }
}
