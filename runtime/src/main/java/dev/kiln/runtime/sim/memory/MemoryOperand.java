package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.sim.memory.Access.Agent;
import dev.kiln.runtime.sim.memory.Access.Order;
import dev.kiln.runtime.sim.memory.Access.Scope;
import dev.kiln.runtime.sim.program.DecodeContext.AddressOperand;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.List;

/**
 * A memory operand of a step: where addresses come from and what is done there. One object for each
 * operand of each step, shared by all warps; immutable but for a cache of the region seen last.
 */
public final class MemoryOperand {
  /** What is done. */
  public enum Use {
    READ,
    WRITE,
    ATOMIC
  }

  /** GENERIC where the instruction names no space. */
  public final Space space;

  /** Bytes for each lane. */
  public final int bytes;

  /** What addresses must be multiples of, a power of two. */
  public final int alignment;

  public final Use use;
  final boolean wide;
  final int base;
  final long offset;
  final Order order;
  final Scope scope;
  final Agent agent;

  /** The region seen last. Threads may overwrite each other's; each value is right or not used. */
  Region last;

  private MemoryOperand(
      AddressOperand address,
      Space space,
      int bytes,
      int alignment,
      Use use,
      Order order,
      Scope scope,
      Agent agent) {
    this.space = space;
    this.bytes = bytes;
    this.alignment = alignment;
    this.use = use;
    this.wide = address.bits() > 32;
    this.base = address.base();
    this.offset = address.offset();
    this.order = order;
    this.scope = scope;
    this.agent = agent;
  }

  /**
   * A weak access, aligned to its size.
   *
   * @param space as the instruction names it; where the address is a variable's, the variable's
   *     space takes the place of GENERIC and PARAM
   * @param bytes for each lane
   */
  public static MemoryOperand of(AddressOperand address, Space space, int bytes, Use use) {
    Space where = space;
    if (address.space() != null && (space == Space.GENERIC || space == Space.PARAM)) {
      where = address.space();
    }
    return new MemoryOperand(
        address, where, bytes, bytes, use, Order.WEAK, Scope.SYSTEM, Agent.THREAD);
  }

  /** For {@link MemoryPort#resolveAt}: addresses come from the caller. */
  public static MemoryOperand anywhere(Space space, int bytes, Use use) {
    return of(new AddressOperand(64, 0, 0, null, List.of()), space, bytes, use);
  }

  /** The same with another order. */
  public MemoryOperand ordered(Order newOrder, Scope newScope) {
    return new MemoryOperand(address(), space, bytes, alignment, use, newOrder, newScope, agent);
  }

  /** The same on behalf of another agent. */
  public MemoryOperand by(Agent newAgent) {
    return new MemoryOperand(address(), space, bytes, alignment, use, order, scope, newAgent);
  }

  /** The same with another alignment. */
  public MemoryOperand aligned(int newAlignment) {
    return new MemoryOperand(address(), space, bytes, newAlignment, use, order, scope, agent);
  }

  boolean reads() {
    return use != Use.WRITE;
  }

  boolean writes() {
    return use != Use.READ;
  }

  /** "reads 4 bytes". */
  String what() {
    String verb =
        switch (use) {
          case READ -> "reads";
          case WRITE -> "writes";
          case ATOMIC -> "changes";
        };
    return bytes == 1 ? verb + " 1 byte" : verb + " " + bytes + " bytes";
  }

  private AddressOperand address() {
    return new AddressOperand(wide ? 64 : 32, base, offset, null, List.of());
  }
}
