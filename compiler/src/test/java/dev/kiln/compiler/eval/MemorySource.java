package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.IrBuilder;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.Optional;

/** The parts of random kernels that touch memory. */
final class MemorySource {
  private MemorySource() {}

  /** Loads a tile from a new array: contiguous, with strides, or scattered; masked or not. */
  static Value load(KernelGenerator kernel, DType dtype, Shape shape) {
    IrBuilder builder = kernel.builder;
    RandomNumbers random = kernel.random;
    int stride = 1 + random.below(3);
    int length = Integer.highestOneBit(kernel.programs() * shape.size() * stride) * 2;
    Value base = kernel.buffer("in", dtype, random.content(dtype, length), true, 0);
    Value offsets = offsets(kernel, shape, stride, length);
    Value pointers = builder.addPtr(builder.splat(base, shape), offsets);
    if (random.below(2) == 0) {
      return builder.load(pointers, Optional.empty(), Optional.empty(), MemoryOp.CacheHints.NONE);
    }
    Value limit = kernel.scalar(DType.I32, (long) random.below(length + 8));
    Value mask = builder.compare(CompareKind.LT, offsets, builder.splat(limit, shape));
    Optional<Value> other =
        random.below(2) == 0
            ? Optional.of(kernel.constant(Type.tile(Type.scalar(dtype), shape)))
            : Optional.empty();
    return builder.load(pointers, Optional.of(mask), other, MemoryOp.CacheHints.NONE);
  }

  private static Value offsets(KernelGenerator kernel, Shape shape, int stride, int length) {
    IrBuilder builder = kernel.builder;
    Value index = kernel.indices(shape);
    if (kernel.random.below(4) == 0) {
      Value factor = builder.constant(index.type(), 2L * kernel.random.below(50) + 1);
      Value mask = builder.constant(index.type(), (long) (length - 1));
      Value mixed = builder.binary(BinaryKind.MUL, index, factor);
      return builder.binary(BinaryKind.AND, mixed, mask);
    }
    Value size = builder.constant(DType.I32, (long) shape.size() * stride);
    Value first = builder.binary(BinaryKind.MUL, kernel.program(), size);
    Value steps =
        builder.binary(BinaryKind.MUL, index, builder.constant(index.type(), (long) stride));
    return builder.binary(BinaryKind.ADD, builder.splat(first, shape), steps);
  }

  /** Writes a tile to memory of the program's own and reads it back in another order. */
  static Value roundTrip(KernelGenerator kernel, Value value) {
    IrBuilder builder = kernel.builder;
    Shape shape = value.shape();
    int size = shape.size();
    DType dtype = value.dtype();
    byte[] zeros = new byte[kernel.programs() * size * dtype.bytes()];
    Value base = kernel.buffer("own", dtype, zeros, false, 0);
    Value first =
        builder.binary(BinaryKind.MUL, kernel.program(), builder.constant(DType.I32, (long) size));
    Value own = builder.splat(builder.addPtr(base, first), shape);
    Value index = kernel.indices(shape);
    builder.append(new MemoryOp.Barrier(builder.location()));
    builder.store(builder.addPtr(own, index), value, Optional.empty(), MemoryOp.CacheHints.NONE);
    builder.append(new MemoryOp.Barrier(builder.location()));
    Value turned =
        builder.binary(
            BinaryKind.XOR,
            index,
            builder.constant(index.type(), (long) kernel.random.below(size)));
    return builder.load(
        builder.addPtr(own, turned), Optional.empty(), Optional.empty(), MemoryOp.CacheHints.NONE);
  }

  /** Combines integers into a few numbers that all programs share; the order does not matter. */
  static void accumulate(KernelGenerator kernel, Value value) {
    IrBuilder builder = kernel.builder;
    MemoryOp.AtomicKind[] kinds = {
      MemoryOp.AtomicKind.ADD,
      MemoryOp.AtomicKind.MINS,
      MemoryOp.AtomicKind.MAXU,
      MemoryOp.AtomicKind.AND,
      MemoryOp.AtomicKind.OR,
      MemoryOp.AtomicKind.XOR
    };
    Value base =
        kernel.buffer("sum", value.dtype(), kernel.random.content(value.dtype(), 8), false, 0);
    Value index = kernel.indices(value.shape());
    Value seven = builder.constant(index.type(), 7L);
    Value slot = builder.binary(BinaryKind.AND, index, seven);
    Optional<Value> mask =
        kernel.random.below(2) == 0
            ? Optional.of(kernel.ofType(value.type().withDType(DType.I1)))
            : Optional.empty();
    builder.atomicRmw(
        kernel.random.oneOf(kinds),
        builder.addPtr(builder.splat(base, value.shape()), slot),
        value,
        mask,
        "relaxed",
        "gpu");
  }
}
