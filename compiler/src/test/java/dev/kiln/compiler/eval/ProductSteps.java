package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.IrBuilder;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Matrix products of random kernels in loops over what they load, as GPUs make pipelines of them.
 * The numbers are small integers, so that sums are exact in every order and on every tensor core.
 */
final class ProductSteps {
  private static final int MOST_PRODUCTS = 1 << 18;
  private static final int MOST_POOLED = 2048;
  private static final Integer[] PADS = {0, 16, 8, 1};
  private static final ComputeOp.Precision[] PRECISIONS = ComputeOp.Precision.values();

  private final KernelGenerator kernel;
  private final IrBuilder builder;
  private final RandomNumbers random;

  ProductSteps(KernelGenerator kernel) {
    this.kernel = kernel;
    this.builder = kernel.builder;
    this.random = kernel.random;
  }

  /**
   * A matrix in memory of which each iteration takes a block.
   *
   * @param base points to the program's first row, or column
   * @param outer elements from one index to the next along the axis that the result keeps
   * @param inner the same along the axis that is summed over
   * @param axis of the block that is summed over
   * @param limit indices along it from which on elements are masked off
   */
  private record Operand(
      Value base, Shape shape, Value outer, Value inner, int axis, Optional<Value> limit) {}

  /** {@code for k: acc += a[:, k] @ b[k, :]}, perhaps with a second product of its result. */
  void loop() {
    int m = 16 << random.below(4);
    int n = 16 << random.below(4);
    int k = 16 << random.below(3);
    while (m * n * k > MOST_PRODUCTS) {
      n /= 2;
    }
    DType dtype = random.factor(kernel.features, kernel.hasE4nv());
    DType sum = sumOf(dtype);
    boolean chained = dtype.isFloat() && dtype.bits() == 16 && random.below(3) == 0;
    int most = random.below(6);
    Value trips =
        random.below(3) == 0
            ? builder.constant(DType.I32, (long) most)
            : kernel.scalar(DType.I32, (long) most);
    Operand a = operand(dtype, m, k, most, 1);
    Operand b = operand(dtype, n, k, most, 0);
    List<Operand> operands = new ArrayList<>(List.of(a, b));
    if (chained) {
      operands.add(operand(dtype, 16 << random.below(2), n, most, 0));
    }
    int columns = operands.getLast().shape().dim(1);
    finish(emit(operands, trips, zero(tile(sum, m, columns)), random.below(2) == 0));
  }

  private Value emit(List<Operand> operands, Value trips, Value zero, boolean carries) {
    List<Value> inits = new ArrayList<>(List.of(zero));
    if (carries) {
      operands.forEach(operand -> inits.add(pointers(operand, integer(0))));
    }
    List<Value> params = new ArrayList<>(List.of(new Value(Type.scalar(DType.I32))));
    inits.forEach(init -> params.add(new Value(init.type())));
    Block body =
        builder.block(params, () -> kernel.nested(() -> iteration(operands, params, carries)));
    List<Value> results = inits.stream().map(init -> new Value(init.type())).toList();
    int stages = random.below(5);
    var hints =
        new ControlOp.LoopHints(
            stages == 0 ? OptionalInt.empty() : OptionalInt.of(stages),
            OptionalInt.empty(),
            random.below(4) == 0,
            false,
            false);
    builder.append(
        new ControlOp.For(
            builder.location(), results, integer(0), trips, integer(1), false, inits, body, hints));
    return results.getFirst();
  }

  private void iteration(List<Operand> operands, List<Value> params, boolean carries) {
    Value index = params.getFirst();
    List<Value> loaded = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      Value pointers = carries ? params.get(2 + i) : pointers(operands.get(i), index);
      loaded.add(load(operands.get(i), pointers, index));
    }
    Value acc = params.get(1);
    Value next = operands.size() == 2 ? dot(loaded.get(0), loaded.get(1), acc) : chain(loaded, acc);
    List<Value> yielded = new ArrayList<>(List.of(next));
    if (carries) {
      for (int i = 0; i < operands.size(); i++) {
        yielded.add(advanced(operands.get(i), params.get(2 + i)));
      }
    }
    builder.yield(yielded);
  }

  /** A product whose rows are changed and rounded, and become the left side of another. */
  private Value chain(List<Value> loaded, Value acc) {
    Type type = tile(DType.FP32, loaded.get(0).shape().dim(0), loaded.get(1).shape().dim(1));
    Value product = dot(loaded.get(0), loaded.get(1), zero(type));
    if (random.below(2) == 0) {
      Block combine = kernel.combining(BinaryKind.MAX, product);
      Value most = builder.reduce(List.of(product), 1, combine).getFirst();
      Value rows = builder.broadcast(builder.expandDims(most, 1), type.shape());
      product = builder.binary(BinaryKind.SUB, product, rows);
    }
    Value low = builder.constant(type, -3.0);
    Value high = builder.constant(type, 2.0);
    Value few = builder.binary(BinaryKind.MIN, builder.binary(BinaryKind.MAX, product, low), high);
    Value left = builder.cast(CastKind.FPTRUNC, few, loaded.get(0).dtype());
    return dot(left, loaded.get(2), acc);
  }

  private Value dot(Value a, Value b, Value acc) {
    boolean single = a.dtype() == DType.FP32;
    ComputeOp.Precision precision = single ? random.oneOf(PRECISIONS) : ComputeOp.Precision.IEEE;
    boolean signed = a.dtype().isInteger() && random.below(3) > 0;
    return builder.dot(a, b, acc, precision, signed, signed);
  }

  private DType sumOf(DType dtype) {
    return switch (dtype) {
      case I8 -> DType.I32;
      case FP64 -> DType.FP64;
      case FP16 -> random.below(4) == 0 ? DType.FP16 : DType.FP32;
      default -> DType.FP32;
    };
  }

  /**
   * A matrix of {@code count} rows, or columns, in each program and some blocks of {@code k}.
   *
   * @param axis along which a block is summed: 1 of a left side
   */
  private Operand operand(DType dtype, int count, int k, int blocks, int axis) {
    boolean innerIsFast = random.below(3) > 0;
    int total = k * Math.max(1, blocks);
    int rows = kernel.programs() * count;
    int leading = (innerIsFast ? total : rows) + random.oneOf(PADS);
    int length = leading * (innerIsFast ? rows : total);
    Value start = kernel.buffer("m", dtype, random.smallContent(dtype, length), true, 0);
    Value stride = kernel.stride(leading);
    Value one = integer(1);
    Value outer = innerIsFast ? stride : one;
    Value first = builder.binary(BinaryKind.MUL, kernel.program(), integer(count));
    Value base = builder.addPtr(start, builder.binary(BinaryKind.MUL, first, outer));
    Optional<Value> limit =
        random.below(2) == 0
            ? Optional.of(kernel.scalar(DType.I32, (long) random.below(total + 3)))
            : Optional.empty();
    Shape shape = axis == 1 ? Shape.of(count, k) : Shape.of(k, count);
    return new Operand(base, shape, outer, innerIsFast ? one : stride, axis, limit);
  }

  private Value pointers(Operand operand, Value block) {
    Shape shape = operand.shape();
    int axis = operand.axis();
    Value inner = along(axis, inner(operand, block), operand.inner(), shape);
    Value outer =
        along(1 - axis, builder.makeRange(0, shape.dim(1 - axis)), operand.outer(), shape);
    Value offsets = builder.binary(BinaryKind.ADD, outer, inner);
    return builder.addPtr(builder.splat(operand.base(), shape), offsets);
  }

  /** Indices along the axis that is summed over. */
  private Value inner(Operand operand, Value block) {
    int k = operand.shape().dim(operand.axis());
    Value first = builder.binary(BinaryKind.MUL, block, integer(k));
    Value range = builder.makeRange(0, k);
    return builder.binary(BinaryKind.ADD, builder.splat(first, range.shape()), range);
  }

  private Value along(int axis, Value indices, Value stride, Shape shape) {
    Value scaled = builder.binary(BinaryKind.MUL, indices, builder.splat(stride, indices.shape()));
    return builder.broadcast(builder.expandDims(scaled, 1 - axis), shape);
  }

  private Value advanced(Operand operand, Value pointers) {
    Value k = integer(operand.shape().dim(operand.axis()));
    Value step = builder.binary(BinaryKind.MUL, k, operand.inner());
    return builder.addPtr(pointers, builder.splat(step, operand.shape()));
  }

  private Value load(Operand operand, Value pointers, Value block) {
    Optional<Value> mask = operand.limit().map(limit -> mask(operand, block, limit));
    Optional<Value> other =
        mask.isPresent() && random.below(2) == 0
            ? Optional.of(zero(pointers.type().withDType(pointers.type().pointee())))
            : Optional.empty();
    return builder.load(pointers, mask, other, MemoryOp.CacheHints.NONE);
  }

  private Value mask(Operand operand, Value block, Value limit) {
    Value inner = inner(operand, block);
    Value below = builder.compare(CompareKind.LT, inner, builder.splat(limit, inner.shape()));
    return builder.broadcast(builder.expandDims(below, 1 - operand.axis()), operand.shape());
  }

  private Value zero(Type type) {
    return type.dtype().isFloat() ? builder.constant(type, 0.0) : builder.constant(type, 0L);
  }

  private Value integer(int value) {
    return builder.constant(DType.I32, (long) value);
  }

  private static Type tile(DType dtype, int rows, int columns) {
    return Type.tile(Type.scalar(dtype), Shape.of(rows, columns));
  }

  /** Large results are stored, or summed up first, since later steps would take long. */
  private void finish(Value result) {
    if (result.shape().size() <= MOST_POOLED) {
      kernel.add(result);
    } else if (random.below(2) == 0) {
      kernel.store(result);
    } else {
      BinaryKind kind = result.dtype().isFloat() ? BinaryKind.MAX : BinaryKind.MAXS;
      builder
          .reduce(List.of(result), random.below(2), kernel.combining(kind, result))
          .forEach(kernel::add);
    }
  }
}
