package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access.Order;
import dev.kiln.runtime.sim.memory.Access.Scope;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryOperand.Use;
import dev.kiln.runtime.sim.monitor.Monitor.MbarrierEvent;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;

/**
 * {@code mbarrier.*}. PTX ISA, "Parallel Synchronization and Communication Instructions: mbarrier".
 */
final class MbarrierInstructions {
  private MbarrierInstructions() {}

  static Step decode(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    String action =
        modifiers
            .takeAny("arrive", "arrive_drop", "init", "inval", "test_wait", "try_wait")
            .or(() -> modifiers.takeAny("expect_tx", "complete_tx", "pending_count"))
            .orElseThrow(() -> context.unsupported("unknown operation of mbarrier"));
    modifiers.take("b64");
    if (action.equals("pending_count")) {
      context.expectOperands(2, 2);
      return new PendingCount(
          context.wordTarget(context.operand(0), PtxType.B32),
          context.wide(context.operand(1), PtxType.B64));
    }
    Space space = takeSpace(modifiers);
    return switch (action) {
      case "init" -> {
        context.expectOperands(2, 2);
        yield new Init(
            barrier(context, 0, space, Use.WRITE), context.word(context.operand(1), PtxType.U32));
      }
      case "inval" -> {
        context.expectOperands(1, 1);
        yield new Invalidate(barrier(context, 0, space, Use.WRITE));
      }
      case "expect_tx", "complete_tx" -> {
        takeOrder(modifiers, "relaxed");
        context.expectOperands(2, 2);
        yield new Transactions(
            atomic(context, 0, space, true),
            context.word(context.operand(1), PtxType.U32),
            action.equals("expect_tx"));
      }
      case "test_wait", "try_wait" -> waiting(context, space, action);
      default -> arrival(context, space, action.equals("arrive_drop"));
    };
  }

  static Space takeSpace(Modifiers modifiers) {
    return modifiers
        .takeAny("shared", "shared::cta", "shared::cluster")
        .map(word -> word.equals("shared::cluster") ? Space.SHARED_CLUSTER : Space.SHARED)
        .orElse(Space.GENERIC);
  }

  /** Takes order and scope, which matter to monitors alone; whether the order is relaxed. */
  private static boolean takeOrder(Modifiers modifiers, String... orders) {
    boolean relaxed = modifiers.takeAny(orders).filter("relaxed"::equals).isPresent();
    modifiers.takeAny("cta", "cluster");
    return relaxed;
  }

  private static MemoryOperand barrier(DecodeContext context, int operand, Space space, Use use) {
    return MemoryOperand.of(context.address(context.operand(operand)), space, Mbarriers.BYTES, use);
  }

  private static MemoryOperand atomic(
      DecodeContext context, int operand, Space space, boolean relaxed) {
    return barrier(context, operand, space, Use.ATOMIC)
        .ordered(relaxed ? Order.RELAXED : Order.RELEASE, Scope.CLUSTER);
  }

  private static Step waiting(DecodeContext context, Space space, String action) {
    Modifiers modifiers = context.modifiers();
    boolean parity = modifiers.take("parity");
    boolean relaxed = takeOrder(modifiers, "acquire", "relaxed");
    if (space == Space.SHARED_CLUSTER) {
      throw context.malformed("mbarrier." + action + " takes barriers of the own block only");
    }
    context.expectOperands(3, action.equals("try_wait") ? 4 : 3);
    Operand phase = context.operand(2);
    if (context.operands().size() == 4) {
      context.word(context.operand(3), PtxType.U32); // the time limit has no effect
    }
    return new Wait(
        context.predicateTarget(context.operand(0)),
        barrier(context, 1, space, Use.READ)
            .ordered(relaxed ? Order.RELAXED : Order.ACQUIRE, Scope.CLUSTER),
        parity,
        parity ? context.word(phase, PtxType.U32) : context.wide(phase, PtxType.B64));
  }

  private static Step arrival(DecodeContext context, Space space, boolean drops) {
    Modifiers modifiers = context.modifiers();
    boolean expects = modifiers.take("expect_tx");
    boolean noComplete = modifiers.take("noComplete");
    boolean relaxed = takeOrder(modifiers, "release", "relaxed");
    context.expectOperands(expects || noComplete ? 3 : 2, 3);
    if (expects && noComplete) {
      throw context.malformed(".expect_tx and .noComplete exclude each other");
    }
    boolean sink = context.operand(0) instanceof Operand.Sink;
    if (space == Space.SHARED_CLUSTER && !sink) {
      throw context.malformed("an arrival at another block's mbarrier has no state; write _");
    }
    int count = -1;
    if (context.operands().size() == 3) {
      count = context.word(context.operand(2), PtxType.U32);
    }
    return new Arrive(
        sink ? -1 : context.wideTarget(context.operand(0), PtxType.B64),
        atomic(context, 1, space, relaxed),
        expects ? -1 : count,
        expects ? count : -1,
        drops,
        noComplete);
  }

  private static final class Init extends BarrierStep {
    private final int count;

    Init(MemoryOperand barrier, int count) {
      super(barrier);
      this.count = count;
    }

    @Override
    void run(Warp warp, int lane, Block owner, long offset) {
      Mbarriers.put(warp, owner, offset, MbarrierWord.initial(warp.words[count + lane], lane));
      Mbarriers.tell(warp, this, 1 << lane, owner, offset, MbarrierEvent.INITIALISES);
    }
  }

  private static final class Invalidate extends BarrierStep {
    Invalidate(MemoryOperand barrier) {
      super(barrier);
    }

    @Override
    void run(Warp warp, int lane, Block owner, long offset) {
      Mbarriers.load(owner, offset, lane);
      Mbarriers.put(warp, owner, offset, MbarrierWord.INVALID);
      Mbarriers.tell(warp, this, 1 << lane, owner, offset, MbarrierEvent.INVALIDATES);
    }
  }

  private static final class Transactions extends BarrierStep {
    private final int bytes;
    private final boolean expects;

    Transactions(MemoryOperand barrier, int bytes, boolean expects) {
      super(barrier);
      this.bytes = bytes;
      this.expects = expects;
    }

    @Override
    void run(Warp warp, int lane, Block owner, long offset) {
      long word = Mbarriers.load(owner, offset, lane);
      long change = Integer.toUnsignedLong(warp.words[bytes + lane]);
      long next = MbarrierWord.expectTx(word, expects ? change : -change, lane);
      Mbarriers.tell(
          warp,
          this,
          1 << lane,
          owner,
          offset,
          expects ? MbarrierEvent.EXPECTS : MbarrierEvent.COMPLETES_ASYNC);
      Mbarriers.store(warp, this, 1 << lane, owner, offset, word, next);
    }
  }

  private static final class Arrive extends BarrierStep {
    private final int state;
    private final int count;
    private final int expects;
    private final boolean drops;
    private final boolean noComplete;

    Arrive(
        int state,
        MemoryOperand barrier,
        int count,
        int expects,
        boolean drops,
        boolean noComplete) {
      super(barrier);
      this.state = state;
      this.count = count;
      this.expects = expects;
      this.drops = drops;
      this.noComplete = noComplete;
    }

    @Override
    void run(Warp warp, int lane, Block owner, long offset) {
      long word = Mbarriers.load(owner, offset, lane);
      int arrivals = count < 0 ? 1 : warp.words[count + lane];
      long next = word;
      if (expects >= 0) {
        // The arrival is still missing, so that this cannot end the phase.
        next =
            MbarrierWord.expectTx(next, Integer.toUnsignedLong(warp.words[expects + lane]), lane);
      }
      if (drops) {
        next = MbarrierWord.drop(next, arrivals, lane);
      }
      next =
          noComplete
              ? MbarrierWord.arriveNoComplete(next, arrivals, lane)
              : MbarrierWord.arrive(next, arrivals, lane);
      Mbarriers.tell(warp, this, 1 << lane, owner, offset, MbarrierEvent.ARRIVES);
      Mbarriers.store(warp, this, 1 << lane, owner, offset, word, next);
      if (state >= 0) {
        warp.wides[state + lane] = word;
      }
    }
  }

  /** {@code test_wait} and {@code try_wait}: the latter gives up at once, and others run first. */
  private static final class Wait extends BarrierStep {
    private final int done;
    private final boolean parity;
    private final int phase;

    Wait(int done, MemoryOperand barrier, boolean parity, int phase) {
      super(barrier);
      this.done = done;
      this.parity = parity;
      this.phase = phase;
    }

    @Override
    void run(Warp warp, int lane, Block owner, long offset) {
      int awaited = parity ? parity(warp, lane) : phaseOfState(warp, lane);
      long word = Mbarriers.load(owner, offset, lane);
      if (MbarrierWord.phase(word) != awaited) {
        warp.predicates[done] |= 1 << lane;
        warp.awaited = null;
        Mbarriers.tell(warp, this, 1 << lane, owner, offset, MbarrierEvent.WAITED);
      } else {
        warp.predicates[done] &= ~(1 << lane);
        warp.yield = true;
        warp.awaited = () -> Mbarriers.describe(owner, offset, awaited);
      }
    }

    private int parity(Warp warp, int lane) {
      int value = warp.words[phase + lane];
      if ((value & ~1) != 0) {
        throw MbarrierWord.fault(
            lane, "the parity of a phase must be 0 or 1, not " + Integer.toUnsignedString(value));
      }
      return value;
    }

    private int phaseOfState(Warp warp, int lane) {
      long state = warp.wides[phase + lane];
      if (!MbarrierWord.isValid(state)) {
        throw MbarrierWord.fault(
            lane, "0x" + Long.toHexString(state) + " is not a state that mbarrier.arrive returned");
      }
      return MbarrierWord.phase(state);
    }
  }

  private static final class PendingCount extends Step {
    private final int count;
    private final int state;

    PendingCount(int count, int state) {
      this.count = count;
      this.state = state;
    }

    @Override
    public void run(Warp warp) {
      for (int left = warp.active; left != 0; left &= left - 1) {
        int lane = Integer.numberOfTrailingZeros(left);
        warp.words[count + lane] = MbarrierWord.pending(warp.wides[state + lane]);
      }
    }
  }
}
