package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.IntegerMath;

/** Execution of {@link MemoryOp}s other than atomics: element by element, in row-major order. */
final class MemorySteps {
  private MemorySteps() {}

  static Step of(MemoryOp op, StepCompiler compiler) {
    Slots slots = compiler.slots();
    int[] operands = slots.of(op.operands());
    int result = op.results().isEmpty() ? Slots.ABSENT : slots.of(op.result());
    return switch (op) {
      case MemoryOp.Load load -> {
        int mask = slots.of(load.mask());
        int other = slots.of(load.other());
        yield p ->
            p.set(
                result,
                load(p, load, p.get(operands[0]), p.getOptional(mask), p.getOptional(other)));
      }
      case MemoryOp.Store store -> {
        int mask = slots.of(store.mask());
        yield p -> store(p, p.get(operands[0]), p.get(operands[1]), p.getOptional(mask));
      }
      case MemoryOp.AtomicRmw rmw -> {
        int mask = slots.of(rmw.mask());
        yield p ->
            p.set(
                result,
                Atomics.update(
                    p, rmw, p.get(operands[0]), p.get(operands[1]), p.getOptional(mask)));
      }
      case MemoryOp.AtomicCas cas ->
          p ->
              p.set(
                  result,
                  Atomics.compareAndSwap(
                      p, p.get(operands[0]), p.get(operands[1]), p.get(operands[2])));
      case MemoryOp.Barrier barrier -> p -> {};
      case MemoryOp.Print print ->
          p -> PrintFormat.print(p.launch().out(), p.id(), print, p.get(operands));
      case MemoryOp.Assert check -> {
        int mask = slots.of(check.mask());
        yield p -> check(p, check.message(), p.get(operands[0]), p.getOptional(mask));
      }
      case MemoryOp.Assume assume ->
          p -> p.sanitizer().ifPresent(s -> s.checkAssumption(p, p.get(operands[0])));
      case MemoryOp.ReadSpecial special -> {
        Type type = op.result().type();
        yield p ->
            p.set(
                result,
                TileValue.scalar(
                    type, IntegerMath.wrap(type.dtype(), register(p, special.register()))));
      }
    };
  }

  private static TileValue load(
      Program p, MemoryOp.Load op, TileValue pointer, TileValue mask, TileValue other) {
    Sanitizer sanitizer = p.sanitizer().orElse(null);
    Type type = op.result().type();
    var result = new TileBuffer(type);
    for (int i = 0; i < pointer.size(); i++) {
      if (isActive(p, mask, i)) {
        if (sanitizer == null || sanitizer.admits(p, Access.LOAD, pointer, i)) {
          long address = pointer.longAt(i);
          put(result, i, type.dtype(), read(p, pointer, i));
          if (sanitizer != null) {
            result.setOrigin(i, sanitizer.originInMemory(op, address, type.dtype().bytes()));
          }
        }
      } else if (other != null) {
        result.copy(i, other, i);
      } else if (sanitizer != null) {
        result.setOrigin(i, sanitizer.originMaskedOff(op));
      }
    }
    return result.done();
  }

  private static void store(Program p, TileValue pointer, TileValue value, TileValue mask) {
    Sanitizer sanitizer = p.sanitizer().orElse(null);
    for (int i = 0; i < pointer.size(); i++) {
      if (!isActive(p, mask, i)) {
        continue;
      }
      if (sanitizer == null) {
        write(p, pointer, i, bits(value, i));
      } else if (sanitizer.admits(p, Access.STORE, pointer, i)) {
        sanitizer.checkStored(p, value, i);
        write(p, pointer, i, bits(value, i));
      }
    }
  }

  /** Whether an element takes part; tells the sanitizer where that is undefined. */
  static boolean isActive(Program p, TileValue mask, int i) {
    if (mask == null) {
      return true;
    }
    if (mask.isUndefined(i)) {
      p.sanitizer().ifPresent(s -> s.checkMask(p, mask, i));
    }
    return mask.isTrue(i);
  }

  /** The bits at an element's address. */
  static long read(Program p, TileValue pointer, int i) {
    int bytes = pointer.type().pointee().bytes();
    try {
      return p.memory().read(pointer.longAt(i), bytes);
    } catch (IndexOutOfBoundsException e) {
      throw outOfRange(p, Access.LOAD, pointer, i, e);
    }
  }

  static void write(Program p, TileValue pointer, int i, long bits) {
    int bytes = pointer.type().pointee().bytes();
    try {
      p.memory().write(pointer.longAt(i), bytes, bits);
      p.sanitizer().ifPresent(s -> s.wrote(pointer.longAt(i), bytes));
    } catch (IndexOutOfBoundsException e) {
      throw outOfRange(p, Access.STORE, pointer, i, e);
    }
  }

  private static EvaluationException outOfRange(
      Program p, Access access, TileValue pointer, int i, IndexOutOfBoundsException cause) {
    return p.failure(
        "out-of-range %s of %d bytes at element %s: %s"
            .formatted(
                access.noun(),
                pointer.type().pointee().bytes(),
                PrintFormat.index(pointer.type().shape(), i),
                cause.getMessage()));
  }

  /** How an element lies in memory. */
  static long bits(TileValue value, int i) {
    return value.isFloat()
        ? FloatFormat.toBits(value.type().dtype(), value.doubleAt(i))
        : value.longAt(i);
  }

  /** Sets an element to what bits in memory mean; any byte other than 0 is a true {@code i1}. */
  static void put(TileBuffer target, int i, DType dtype, long bits) {
    if (dtype.isFloat()) {
      target.set(i, FloatFormat.fromBits(dtype, bits));
    } else {
      target.set(i, dtype.isBool() ? (bits == 0 ? 0 : 1) : IntegerMath.wrap(dtype, bits));
    }
  }

  private static void check(Program p, String message, TileValue condition, TileValue mask) {
    for (int i = 0; i < condition.size(); i++) {
      if (!isActive(p, mask, i)) {
        continue;
      }
      if (condition.isUndefined(i)) {
        int element = i;
        p.sanitizer()
            .ifPresent(s -> s.checkCondition(p, condition, element, "the asserted condition"));
      }
      if (!condition.isTrue(i)) {
        String place =
            condition.type().isTile()
                ? " at element " + PrintFormat.index(condition.type().shape(), i)
                : "";
        throw p.failure("assertion failed" + place + (message.isEmpty() ? "" : ": " + message));
      }
    }
  }

  private static long register(Program p, String name) {
    return switch (name) {
      case "globaltimer" -> System.nanoTime();
      case "smid" -> 0;
      default -> throw p.failure("there is no register '" + name + "'");
    };
  }
}
