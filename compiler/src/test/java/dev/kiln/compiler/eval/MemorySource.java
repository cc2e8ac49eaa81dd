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
  /** What loops of random kernels count to at most. */
  static final int ITERATIONS = 8;

  private static final Integer[] GAPS = {0, 16, 4, 1};
  private static final String[] SEMANTICS = {"relaxed", "acquire", "release", "acq_rel"};
  private static final String[] SCOPES = {"cta", "gpu", "sys"};
  private static final MemoryOp.AtomicKind[] INTEGER_KINDS = {
    MemoryOp.AtomicKind.ADD,
    MemoryOp.AtomicKind.XCHG,
    MemoryOp.AtomicKind.MINS,
    MemoryOp.AtomicKind.MINU,
    MemoryOp.AtomicKind.MAXS,
    MemoryOp.AtomicKind.MAXU,
    MemoryOp.AtomicKind.AND,
    MemoryOp.AtomicKind.OR,
    MemoryOp.AtomicKind.XOR
  };

  private MemorySource() {}

  /** Loads a tile from a new array: contiguous, with strides, or scattered; masked or not. */
  static Value load(KernelGenerator kernel, DType dtype, Shape shape) {
    IrBuilder builder = kernel.builder;
    RandomNumbers random = kernel.random;
    if (shape.rank() == 2 && random.below(2) == 0) {
      return loadMatrix(kernel, dtype, shape);
    }
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

  /** Loads a block of a matrix, as kernels do: rows and columns masked by themselves. */
  private static Value loadMatrix(KernelGenerator kernel, DType dtype, Shape shape) {
    IrBuilder builder = kernel.builder;
    RandomNumbers random = kernel.random;
    int fast = random.below(2);
    int stride = shape.dim(fast) + random.oneOf(GAPS);
    int length = (kernel.programs() * shape.dim(1 - fast) + 1) * stride;
    Value base = kernel.buffer("in", dtype, random.content(dtype, length), true, 0);
    Value step = kernel.stride(stride);
    Value rows = builder.makeRange(0, shape.dim(1 - fast));
    Value first =
        builder.binary(
            BinaryKind.MUL,
            kernel.program(),
            builder.constant(DType.I32, (long) shape.dim(1 - fast)));
    Value row = builder.binary(BinaryKind.ADD, builder.splat(first, rows.shape()), rows);
    Value column = builder.makeRange(0, shape.dim(fast));
    Value offsets =
        builder.binary(
            BinaryKind.ADD,
            along(
                kernel,
                1 - fast,
                builder.binary(BinaryKind.MUL, row, builder.splat(step, row.shape())),
                shape),
            along(kernel, fast, column, shape));
    Value pointers = builder.addPtr(builder.splat(base, shape), offsets);
    if (random.below(3) == 0) {
      return builder.load(pointers, Optional.empty(), Optional.empty(), MemoryOp.CacheHints.NONE);
    }
    Value mask =
        builder.binary(
            BinaryKind.AND,
            along(kernel, 1 - fast, below(kernel, row, length / stride), shape),
            along(kernel, fast, below(kernel, column, shape.dim(fast)), shape));
    Value other = kernel.constant(Type.tile(Type.scalar(dtype), shape));
    return builder.load(pointers, Optional.of(mask), Optional.of(other), MemoryOp.CacheHints.NONE);
  }

  private static Value below(KernelGenerator kernel, Value indices, int most) {
    Value limit = kernel.scalar(DType.I32, (long) kernel.random.below(most + 2));
    return kernel.builder.compare(
        CompareKind.LT, indices, kernel.builder.splat(limit, indices.shape()));
  }

  private static Value along(KernelGenerator kernel, int axis, Value indices, Shape shape) {
    return kernel.builder.broadcast(kernel.builder.expandDims(indices, 1 - axis), shape);
  }

  /** Loads what belongs to an iteration, of at most {@value #ITERATIONS}. */
  static Value loadOfIteration(KernelGenerator kernel, Value iteration, DType dtype, Shape shape) {
    IrBuilder builder = kernel.builder;
    int length = ITERATIONS * shape.size();
    Value base = kernel.buffer("in", dtype, kernel.random.content(dtype, length), true, 0);
    Value size = builder.constant(DType.I32, (long) shape.size());
    Value first = builder.binary(BinaryKind.MUL, iteration, size);
    Value offsets =
        builder.binary(BinaryKind.ADD, builder.splat(first, shape), kernel.indices(shape));
    Value pointers = builder.addPtr(builder.splat(base, shape), offsets);
    Optional<Value> mask =
        kernel.random.below(3) == 0
            ? Optional.of(kernel.ofType(Type.tile(Type.scalar(DType.I1), shape)))
            : Optional.empty();
    Optional<Value> other =
        mask.isPresent()
            ? Optional.of(kernel.constant(Type.tile(Type.scalar(dtype), shape)))
            : Optional.empty();
    return builder.load(pointers, mask, other, MemoryOp.CacheHints.NONE);
  }

  /** Memory of the program's own, as large as a tile, and what of it each element has. */
  private static Value own(KernelGenerator kernel, DType dtype, byte[] content, Shape shape) {
    IrBuilder builder = kernel.builder;
    Value base = kernel.buffer("own", dtype, content, false, 0);
    Value size = builder.constant(DType.I32, (long) shape.size());
    Value first = builder.binary(BinaryKind.MUL, kernel.program(), size);
    return builder.splat(builder.addPtr(base, first), shape);
  }

  /** Combines each element with memory of its own, and gives what was there before. */
  static Value exchange(KernelGenerator kernel, Value value) {
    RandomNumbers random = kernel.random;
    DType dtype = value.dtype();
    int size = value.shape().size();
    byte[] content = random.content(dtype, kernel.programs() * size);
    Value pointers =
        kernel.builder.addPtr(
            own(kernel, dtype, content, value.shape()), kernel.indices(value.shape()));
    if (dtype.isInteger() && random.below(3) == 0) {
      Value expected = kernel.ofType(value.type());
      return kernel.builder.atomicCas(pointers, expected, value, "acq_rel", "gpu");
    }
    Optional<Value> mask =
        random.below(2) == 0
            ? Optional.of(kernel.ofType(value.type().withDType(DType.I1)))
            : Optional.empty();
    // GPUs add fp32 without denormals, and exchange no halves.
    MemoryOp.AtomicKind ofFloats =
        dtype == DType.FP32 ? MemoryOp.AtomicKind.XCHG : MemoryOp.AtomicKind.ADD;
    return kernel.builder.atomicRmw(
        dtype.isFloat() ? ofFloats : random.oneOf(INTEGER_KINDS),
        pointers,
        value,
        mask,
        random.oneOf(SEMANTICS),
        random.oneOf(SCOPES));
  }

  /** Writes a tile to memory of the program's own and reads it back in another order. */
  static Value roundTrip(KernelGenerator kernel, Value value) {
    IrBuilder builder = kernel.builder;
    Shape shape = value.shape();
    int size = shape.size();
    DType dtype = value.dtype();
    byte[] zeros = new byte[kernel.programs() * size * dtype.bytes()];
    Value own = own(kernel, dtype, zeros, shape);
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
