package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access.Order;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryPort;
import dev.kiln.runtime.sim.memory.Region;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * {@code st}: one to eight elements for each lane. Lanes that write to the same place do so in
 * ascending order, so the highest wins.
 */
final class StoreStep extends Step {
  private static final RegisterCopy COPY = RegisterCopy.ofMachine();

  private final MemoryOperand target;
  private final Element[] elements;
  private final boolean ordered;
  private final boolean words;
  private final int size;

  StoreStep(MemoryOperand target, Element[] elements, Order order) {
    this.target = target;
    this.elements = elements;
    this.ordered = order != Order.WEAK;
    this.size = elements[0].bytes();
    boolean plain = true;
    for (Element element : elements) {
      plain &= element.plainWord();
    }
    this.words = plain;
  }

  @Override
  public void run(Warp warp) {
    if (ordered) {
      VarHandle.releaseFence();
    }
    MemoryPort port = warp.port;
    port.resolve(this, target);
    warp.changes++;
    Region common = port.common();
    if (common != null && warp.active == Warp.FULL && words) {
      storeWords(warp, port, common.bytes());
    } else {
      storeEach(warp, port);
    }
  }

  private void storeWords(Warp warp, MemoryPort port, MemorySegment to) {
    long[] offsets = port.offsets;
    if (elements.length == 1) {
      if (port.contiguous()) {
        COPY.store(warp.words, elements[0].index(), to, offsets[0]);
      } else {
        scatter(warp.words, elements[0].index(), to, offsets);
      }
      return;
    }
    for (int lane = 0; lane < Warp.LANES; lane++) {
      long at = offsets[lane];
      for (Element element : elements) {
        to.set(Element.INT, at, warp.words[element.index() + lane]);
        at += 4;
      }
    }
  }

  private static void scatter(int[] words, int index, MemorySegment to, long[] offsets) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      to.set(Element.INT, offsets[lane], words[index + lane]);
    }
  }

  private void storeEach(Warp warp, MemoryPort port) {
    Region common = port.common();
    if (common != null && words && elements.length == 1) {
      MemorySegment to = common.bytes();
      int index = elements[0].index();
      for (int rest = warp.active; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        to.set(Element.INT, port.offsets[lane], warp.words[index + lane]);
      }
      return;
    }
    for (int rest = warp.active; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      for (int i = 0; i < elements.length; i++) {
        elements[i].store(warp, lane, port.bytes(lane), port.offsets[lane] + (long) i * size);
      }
    }
  }
}
