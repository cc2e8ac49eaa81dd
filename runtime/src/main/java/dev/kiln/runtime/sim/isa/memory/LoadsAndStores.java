package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.memory.Access.Order;
import dev.kiln.runtime.sim.memory.Access.Scope;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryOperand.Use;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.Slot;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.List;

/** Decodes {@code ld}, {@code ldu} and {@code st}. */
final class LoadsAndStores {
  private LoadsAndStores() {}

  static Step load(DecodeContext context) {
    MemoryModifiers modifiers = MemoryModifiers.take(context);
    int count = vector(context);
    PtxType type = type(context);
    expectOperands(context, modifiers, 2);
    List<Operand> targets = elements(context, context.operand(0), count);
    Order order = modifiers.order().orElse(Order.WEAK);
    MemoryOperand source = operand(context, context.operand(1), modifiers, Use.READ, type, count);
    Element[] elements = new Element[count];
    for (int i = 0; i < count; i++) {
      Slot slot = context.target(targets.get(i), type);
      elements[i] = Element.of(context, slot, type);
    }
    return new LoadStep(source, elements, order);
  }

  static Step store(DecodeContext context) {
    refuseAsync(context);
    MemoryModifiers modifiers = MemoryModifiers.take(context);
    int count = vector(context);
    PtxType type = type(context);
    expectOperands(context, modifiers, 2);
    if (modifiers.space() == Space.CONST) {
      throw context.malformed("constant memory cannot be written");
    }
    List<Operand> sources = elements(context, context.operand(1), count);
    Order order = modifiers.order().orElse(Order.WEAK);
    MemoryOperand target = operand(context, context.operand(0), modifiers, Use.WRITE, type, count);
    Element[] elements = new Element[count];
    for (int i = 0; i < count; i++) {
      Slot slot = context.slot(sources.get(i), type);
      elements[i] = Element.of(context, slot, type);
    }
    return new StoreStep(target, elements, order);
  }

  private static MemoryOperand operand(
      DecodeContext context,
      Operand address,
      MemoryModifiers modifiers,
      Use use,
      PtxType type,
      int count) {
    Order order = modifiers.order().orElse(Order.WEAK);
    // ".volatile" is like ".relaxed" with the scope of the whole system.
    Scope scope = modifiers.scopeOr(Scope.SYSTEM);
    return MemoryOperand.of(context.address(address), modifiers.space(), type.bytes() * count, use)
        .ordered(order, scope);
  }

  /** Elements for each lane, 1 without {@code .v2}, {@code .v4} or {@code .v8}. */
  static int vector(DecodeContext context) {
    return context
        .modifiers()
        .takeAny("v2", "v4", "v8")
        .map(word -> word.charAt(1) - '0')
        .orElse(1);
  }

  static PtxType type(DecodeContext context) {
    PtxType type =
        context
            .modifiers()
            .takeType()
            .orElseThrow(
                () -> context.malformed(context.instruction().opcode() + " without a type"));
    if (type == PtxType.PRED || type.bits() < 8) {
      throw context.malformed("memory has no elements of type " + type);
    }
    return type;
  }

  /** {@code st.async}, {@code st.bulk} and {@code red.async} are no stores of threads. */
  static void refuseAsync(DecodeContext context) {
    if (context.modifiers().has("async") || context.modifiers().has("bulk")) {
      throw context.unsupported("asynchronous and bulk stores of threads are not simulated");
    }
  }

  static void expectOperands(DecodeContext context, MemoryModifiers modifiers, int count) {
    int all = count + (modifiers.policy() ? 1 : 0);
    context.expectOperands(all, all);
    if (modifiers.policy()) {
      context.wide(context.operand(count), PtxType.B64);
    }
  }

  static List<Operand> elements(DecodeContext context, Operand operand, int count) {
    List<Operand> elements = context.elements(operand);
    if (elements.size() != count) {
      throw context.malformed(
          "%d elements where the instruction has %d".formatted(elements.size(), count));
    }
    return elements;
  }
}
