package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.memory.Access.Order;
import dev.kiln.runtime.sim.memory.Access.Scope;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryOperand.Use;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.List;
import java.util.Optional;

/** Decodes {@code atom} and {@code red}. */
final class Atomics {
  private static final String[] NAMES = {
    "add", "min", "max", "inc", "dec", "and", "or", "xor", "exch", "cas"
  };
  private static final Element[] NONE = {};

  private Atomics() {}

  static Step atom(DecodeContext context) {
    return decode(context, true);
  }

  static Step red(DecodeContext context) {
    return decode(context, false);
  }

  private static Step decode(DecodeContext context, boolean returns) {
    LoadsAndStores.refuseAsync(context);
    MemoryModifiers modifiers = MemoryModifiers.take(context);
    String name =
        context
            .modifiers()
            .takeAny(NAMES)
            .orElseThrow(() -> context.malformed("atomic instruction without an operation"));
    boolean noftz = context.modifiers().take("noftz");
    int count = LoadsAndStores.vector(context);
    PtxType type = LoadsAndStores.type(context);
    if (!returns && (name.equals("exch") || name.equals("cas"))) {
      throw context.malformed("there is no red." + name);
    }
    int sources = name.equals("cas") ? 2 : 1;
    int address = returns ? 1 : 0;
    LoadsAndStores.expectOperands(context, modifiers, address + 1 + sources);
    MemoryOperand place =
        MemoryOperand.of(
                context.address(context.operand(address)),
                modifiers.space(),
                type.bytes() * count,
                Use.ATOMIC)
            .ordered(modifiers.order().orElse(Order.RELAXED), modifiers.scopeOr(Scope.GPU));
    boolean orders = type.isFloat() || returns && !isSink(context.operand(0));
    if (type == PtxType.B128) {
      return quad(context, name, place, orders);
    }
    Element[] results = returns ? elements(context, 0, type, count, true) : NONE;
    Element[] operands = elements(context, address + 1, type, count, false);
    Element[] swaps = sources == 2 ? elements(context, address + 2, type, count, false) : NONE;
    boolean flushes = type == PtxType.F32 && !noftz;
    return new AtomicStep(
        place,
        results,
        operands,
        swaps,
        function(context, name, type, flushes),
        function(context, name, type, false),
        name.equals("add") && (type == PtxType.U32 || type == PtxType.S32),
        orders);
  }

  private static AtomicFunction function(
      DecodeContext context, String name, PtxType type, boolean flush) {
    Optional<AtomicFunction> found = AtomicFunctions.find(name, type, flush);
    return found.orElseThrow(
        () -> context.malformed("there is no atomic %s of type %s".formatted(name, type)));
  }

  private static Step quad(
      DecodeContext context, String name, MemoryOperand place, boolean orders) {
    boolean cas = name.equals("cas");
    if (!cas && !name.equals("exch")) {
      throw context.malformed("there is no atomic %s of type .b128".formatted(name));
    }
    return new AtomicStep.Quad(
        place,
        context.quadTarget(context.operand(0)),
        context.quad(context.operand(2)),
        cas ? context.quad(context.operand(3)) : -1,
        orders);
  }

  private static Element[] elements(
      DecodeContext context, int operand, PtxType type, int count, boolean target) {
    List<Operand> parts = LoadsAndStores.elements(context, context.operand(operand), count);
    Element[] elements = new Element[count];
    for (int i = 0; i < count; i++) {
      Operand part = parts.get(i);
      elements[i] =
          Element.of(context, target ? context.target(part, type) : context.slot(part, type), type);
    }
    return elements;
  }

  private static boolean isSink(Operand operand) {
    return operand instanceof Operand.Sink
        || operand instanceof Operand.Vector vector
            && vector.elements().stream().allMatch(Operand.Sink.class::isInstance);
  }
}
