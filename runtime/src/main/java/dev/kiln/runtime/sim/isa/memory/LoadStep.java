package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access.Order;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryPort;
import dev.kiln.runtime.sim.memory.Region;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** {@code ld}: one to eight elements for each lane. */
final class LoadStep extends Step {
  private static final RegisterCopy COPY = RegisterCopy.ofMachine();

  private final MemoryOperand source;
  private final Element[] elements;
  private final boolean ordered;
  private final boolean words;
  private final int size;

  LoadStep(MemoryOperand source, Element[] elements, Order order) {
    this.source = source;
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
    MemoryPort port = warp.port;
    port.resolve(this, source);
    Region common = port.common();
    if (common == null) {
      loadEach(warp, port);
    } else if (port.contiguous() && elements.length == 1 && words) {
      COPY.load(common.bytes(), port.offsets[0], warp.words, elements[0].index());
    } else if (port.uniform() && warp.active == Warp.FULL) {
      broadcast(warp, port, common.bytes());
    } else {
      int at = 0;
      for (Element element : elements) {
        element.load(warp, warp.active, common.bytes(), port.offsets, at);
        at += size;
      }
    }
    if (ordered) {
      VarHandle.acquireFence();
      warp.yield = true; // perhaps it waits for others
    }
  }

  private void broadcast(Warp warp, MemoryPort port, MemorySegment from) {
    int at = 0;
    for (Element element : elements) {
      element.load(warp, 0, from, port.offsets[0] + at);
      element.broadcast(warp);
      at += size;
    }
  }

  private void loadEach(Warp warp, MemoryPort port) {
    for (int i = 0; i < elements.length; i++) {
      Element element = elements[i];
      for (int rest = warp.active; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        element.load(warp, lane, port.bytes(lane), port.offsets[lane] + (long) i * size);
      }
    }
  }
}
