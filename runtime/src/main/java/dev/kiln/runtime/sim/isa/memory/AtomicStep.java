package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryPort;
import dev.kiln.runtime.sim.ptx.Space;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * {@code atom} and {@code red}. Lanes take their turns in ascending order; towards other host
 * threads each element is one atomic operation.
 */
final class AtomicStep extends Step {
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  /** Host memory has no atomic operations on 16 and 128 bits: those exclude each other. */
  private static final Object ODD_SIZES = new Object();

  private final MemoryOperand place;
  private final Element[] results;
  private final Element[] operands;
  private final Element[] swaps;
  private final AtomicFunction elsewhere;
  private final AtomicFunction inGlobal;
  private final int size;
  private final boolean adds;
  private final boolean ordersBlocks;

  /**
   * @param results empty for {@code red}
   * @param swaps third operands of {@code cas}, else empty
   * @param inGlobal the function in global memory, {@code elsewhere} that in other spaces
   * @param adds whether it is an addition of 32-bit integers
   */
  AtomicStep(
      MemoryOperand place,
      Element[] results,
      Element[] operands,
      Element[] swaps,
      AtomicFunction inGlobal,
      AtomicFunction elsewhere,
      boolean adds,
      boolean ordersBlocks) {
    this.place = place;
    this.results = results;
    this.operands = operands;
    this.swaps = swaps;
    this.inGlobal = inGlobal;
    this.elsewhere = elsewhere;
    this.size = operands[0].bytes();
    this.adds = adds;
    this.ordersBlocks = ordersBlocks;
  }

  @Override
  public boolean ordersBlocks() {
    return ordersBlocks;
  }

  @Override
  public void run(Warp warp) {
    MemoryPort port = warp.port;
    port.resolve(this, place);
    if (adds && operands.length == 1 && port.common() != null && port.space(0) == Space.SHARED) {
      addShared(warp, port, port.common().bytes());
      return;
    }
    boolean changed = false;
    for (int rest = warp.active; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      for (int i = 0; i < operands.length; i++) {
        changed |= apply(warp, port, lane, i);
      }
    }
    if (changed) {
      warp.changes++;
    } else {
      warp.yield = true; // perhaps it waits for others
    }
  }

  /** A block and its cluster run on one host thread, so that plain accesses will do. */
  private void addShared(Warp warp, MemoryPort port, MemorySegment bytes) {
    int operand = operands[0].index();
    boolean wide = operands[0].wide();
    for (int rest = warp.active; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int value = wide ? (int) warp.wides[operand + lane] : warp.words[operand + lane];
      long at = port.offsets[lane];
      int old = bytes.get(Element.INT, at);
      bytes.set(Element.INT, at, old + value);
      give(warp, 0, lane, old & 0xffff_ffffL);
    }
    warp.changes++;
  }

  private boolean apply(Warp warp, MemoryPort port, int lane, int element) {
    MemorySegment bytes = port.bytes(lane);
    long at = port.offsets[lane] + (long) element * size;
    long operand = read(warp, operands[element], lane);
    if (adds) {
      int old = (int) INT.getAndAdd(bytes, at, (int) operand);
      give(warp, element, lane, old & 0xffff_ffffL);
      return operand != 0;
    }
    long swap = swaps.length == 0 ? 0 : read(warp, swaps[element], lane);
    AtomicFunction function = port.space(lane) == Space.GLOBAL ? inGlobal : elsewhere;
    long old =
        switch (size) {
          case 4 -> updateInt(function, bytes, at, operand, swap);
          case 8 -> updateLong(function, bytes, at, operand, swap);
          default -> updateShort(function, bytes, at, operand, swap);
        };
    give(warp, element, lane, old);
    return function.apply(old, operand, swap) != old;
  }

  private void give(Warp warp, int element, int lane, long old) {
    if (results.length != 0) {
      Element result = results[element];
      if (result.wide()) {
        warp.wides[result.index() + lane] = old;
      } else {
        warp.words[result.index() + lane] = (int) old;
      }
    }
  }

  private long read(Warp warp, Element element, int lane) {
    if (element.wide()) {
      long value = warp.wides[element.index() + lane];
      return size == 4 ? value & 0xffff_ffffL : value;
    }
    int value = warp.words[element.index() + lane];
    return size == 2 ? value & 0xffff : value & 0xffff_ffffL;
  }

  private static long updateInt(
      AtomicFunction function, MemorySegment bytes, long at, long operand, long swap) {
    while (true) {
      int old = (int) INT.getVolatile(bytes, at);
      long wide = old & 0xffff_ffffL;
      int next = (int) function.apply(wide, operand, swap);
      if (INT.compareAndSet(bytes, at, old, next)) {
        return wide;
      }
    }
  }

  private static long updateLong(
      AtomicFunction function, MemorySegment bytes, long at, long operand, long swap) {
    while (true) {
      long old = (long) LONG.getVolatile(bytes, at);
      if (LONG.compareAndSet(bytes, at, old, function.apply(old, operand, swap))) {
        return old;
      }
    }
  }

  private static long updateShort(
      AtomicFunction function, MemorySegment bytes, long at, long operand, long swap) {
    synchronized (ODD_SIZES) {
      long old = bytes.get(Element.SHORT, at) & 0xffffL;
      bytes.set(Element.SHORT, at, (short) function.apply(old, operand, swap));
      return old;
    }
  }

  /** {@code exch} and {@code cas} of 128 bits. */
  static final class Quad extends Step {
    private final MemoryOperand place;
    private final int result;
    private final int operand;
    private final int swap;
    private final boolean ordersBlocks;

    /**
     * @param operand what is stored by {@code exch}, compared by {@code cas}
     * @param swap what {@code cas} stores; -1 for {@code exch}
     */
    Quad(MemoryOperand place, int result, int operand, int swap, boolean ordersBlocks) {
      this.place = place;
      this.result = result;
      this.operand = operand;
      this.swap = swap;
      this.ordersBlocks = ordersBlocks;
    }

    @Override
    public boolean ordersBlocks() {
      return ordersBlocks;
    }

    @Override
    public void run(Warp warp) {
      MemoryPort port = warp.port;
      port.resolve(this, place);
      for (int rest = warp.active; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        synchronized (ODD_SIZES) {
          apply(warp, port, lane);
        }
      }
    }

    private void apply(Warp warp, MemoryPort port, int lane) {
      long low = port.readLong(lane, 0);
      long high = port.readLong(lane, 8);
      int next = operand;
      boolean stores = true;
      if (swap >= 0) {
        stores =
            low == warp.wides[operand + lane] && high == warp.wides[operand + Warp.LANES + lane];
        next = swap;
      }
      if (stores) {
        port.writeLong(lane, 0, warp.wides[next + lane]);
        port.writeLong(lane, 8, warp.wides[next + Warp.LANES + lane]);
        warp.changes++;
      } else {
        warp.yield = true;
      }
      warp.wides[result + lane] = low;
      warp.wides[result + Warp.LANES + lane] = high;
    }
  }
}
