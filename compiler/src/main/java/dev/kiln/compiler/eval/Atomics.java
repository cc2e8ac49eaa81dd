package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.MemoryOp.AtomicKind;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.FloatMath;
import dev.kiln.compiler.numeric.IntegerMath;

/** Execution of atomic operations: element by element, in row-major order. */
final class Atomics {
  private Atomics() {}

  static TileValue update(
      Program p, MemoryOp.AtomicRmw op, TileValue pointer, TileValue value, TileValue mask) {
    DType dtype = value.type().dtype();
    var result = new TileBuffer(value.type());
    for (int i = 0; i < pointer.size(); i++) {
      if (MemorySteps.isActive(p, mask, i) && admits(p, pointer, value, i, result, op)) {
        long before = MemorySteps.read(p, pointer, i);
        MemorySteps.put(result, i, dtype, before);
        MemorySteps.write(p, pointer, i, combine(op.kind(), dtype, before, value, i));
      }
    }
    return result.done();
  }

  /** Compares bits, so that a float NaN equals itself and the two zeros differ. */
  static TileValue compareAndSwap(
      Program p, TileValue pointer, TileValue expected, TileValue value) {
    DType dtype = value.type().dtype();
    var result = new TileBuffer(value.type());
    for (int i = 0; i < pointer.size(); i++) {
      if (!admits(p, pointer, value, i, result, (MemoryOp) p.current())) {
        continue;
      }
      long before = MemorySteps.read(p, pointer, i);
      MemorySteps.put(result, i, dtype, before);
      if (expected.isUndefined(i)) {
        int element = i;
        p.sanitizer().ifPresent(s -> s.checkCompared(p, expected, element));
      }
      if (sameBits(dtype, before, MemorySteps.bits(expected, i))) {
        MemorySteps.write(p, pointer, i, MemorySteps.bits(value, i));
      }
    }
    return result.done();
  }

  private static boolean sameBits(DType dtype, long left, long right) {
    return IntegerMath.zeroExtend(dtype, left) == IntegerMath.zeroExtend(dtype, right);
  }

  private static boolean admits(
      Program p, TileValue pointer, TileValue value, int i, TileBuffer result, MemoryOp op) {
    if (p.sanitizer().isEmpty()) {
      return true;
    }
    Sanitizer sanitizer = p.sanitizer().get();
    if (!sanitizer.admits(p, Access.ATOMIC, pointer, i)) {
      return false;
    }
    sanitizer.checkStored(p, value, i);
    int bytes = value.type().dtype().bytes();
    result.setOrigin(i, sanitizer.originInMemory(op, pointer.longAt(i), bytes));
    return true;
  }

  private static long combine(AtomicKind kind, DType dtype, long before, TileValue value, int i) {
    if (kind == AtomicKind.XCHG) {
      return MemorySteps.bits(value, i);
    }
    BinaryKind combine = binary(kind);
    return value.isFloat()
        ? FloatFormat.toBits(
            dtype,
            FloatMath.apply(combine, dtype, FloatFormat.fromBits(dtype, before), value.doubleAt(i)))
        : IntegerMath.apply(combine, dtype, IntegerMath.wrap(dtype, before), value.longAt(i));
  }

  private static BinaryKind binary(AtomicKind kind) {
    return switch (kind) {
      case ADD -> BinaryKind.ADD;
      case MINS -> BinaryKind.MINS;
      case MINU -> BinaryKind.MINU;
      case MAXS -> BinaryKind.MAXS;
      case MAXU -> BinaryKind.MAXU;
      case MIN -> BinaryKind.MIN;
      case MAX -> BinaryKind.MAX;
      case AND -> BinaryKind.AND;
      case OR -> BinaryKind.OR;
      case XOR -> BinaryKind.XOR;
      case XCHG -> throw new IllegalArgumentException("xchg does not combine");
    };
  }
}
