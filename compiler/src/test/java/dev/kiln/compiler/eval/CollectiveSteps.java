package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.IrBuilder;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.Optional;

/** Steps of random kernels in which elements meet; their results do not depend on the order. */
final class CollectiveSteps {
  private static final BinaryKind[] INTEGER_KINDS = {
    BinaryKind.ADD,
    BinaryKind.MUL,
    BinaryKind.AND,
    BinaryKind.OR,
    BinaryKind.XOR,
    BinaryKind.MINS,
    BinaryKind.MINU,
    BinaryKind.MAXS,
    BinaryKind.MAXU
  };
  private static final BinaryKind[] FLOAT_KINDS = {
    BinaryKind.MIN, BinaryKind.MAX, BinaryKind.MINNAN, BinaryKind.MAXNAN
  };
  private static final BinaryKind[] BOOLEAN_KINDS = {BinaryKind.AND, BinaryKind.OR, BinaryKind.XOR};

  /** As many small integers have a sum that fp16 and bf16 hold exactly. */
  private static final int MOST_IN_HALVES = 256;

  private static final ComputeOp.Precision[] PRECISIONS = ComputeOp.Precision.values();

  private final KernelGenerator kernel;
  private final IrBuilder builder;
  private final RandomNumbers random;
  private final ProductSteps products;

  CollectiveSteps(KernelGenerator kernel) {
    this.kernel = kernel;
    this.products = new ProductSteps(kernel);
    this.builder = kernel.builder;
    this.random = kernel.random;
  }

  void addOne() {
    switch (random.below(9)) {
      case 0, 1 -> reduce();
      case 2 -> sum();
      case 3 -> scan();
      case 4 -> argMax();
      case 5 -> histogram();
      case 6 -> map();
      case 7 -> productLoop();
      default -> dot();
    }
  }

  private Value number() {
    return kernel
        .find(v -> v.type().isTile() && !v.dtype().isFp8())
        .orElseGet(() -> kernel.ofType(tile(DType.I32, random.shape())));
  }

  private Value integers() {
    return kernel
        .find(v -> v.type().isTile() && v.dtype() == DType.I32)
        .orElseGet(() -> kernel.ofType(tile(DType.I32, random.shape())));
  }

  private static Type tile(DType dtype, Shape shape) {
    return Type.tile(Type.scalar(dtype), shape);
  }

  private BinaryKind orderless(DType dtype) {
    return random.oneOf(
        dtype.isBool() ? BOOLEAN_KINDS : dtype.isFloat() ? FLOAT_KINDS : INTEGER_KINDS);
  }

  private void reduce() {
    Value value = number();
    Block combine = kernel.combining(orderless(value.dtype()), value);
    int axis = random.below(value.shape().rank());
    builder.reduce(List.of(value), axis, combine).forEach(kernel::add);
  }

  /** A sum of floats that is exact in every order. */
  private void sum() {
    Value addends = integers();
    DType[] dtypes = {DType.FP32, DType.FP16, DType.BF16};
    boolean many = addends.shape().size() > MOST_IN_HALVES;
    Value numbers = kernel.smallIntegers(addends, many ? DType.FP32 : random.oneOf(dtypes));
    Block combine = kernel.combining(BinaryKind.ADD, numbers);
    int axis = random.below(numbers.shape().rank());
    builder.reduce(List.of(numbers), axis, combine).forEach(kernel::add);
  }

  private void scan() {
    Value value = number();
    Block combine = kernel.combining(orderless(value.dtype()), value);
    int axis = random.below(value.shape().rank());
    builder.scan(List.of(value), axis, random.below(2) == 0, combine).forEach(kernel::add);
  }

  /** The greatest element and the least index at which it is. */
  private void argMax() {
    Value value = integers();
    Value index = kernel.indices(value.shape());
    Type type = Type.scalar(DType.I32);
    List<Value> p = List.of(new Value(type), new Value(type), new Value(type), new Value(type));
    Block combine =
        builder.block(
            p,
            () -> {
              Value greater = builder.compare(CompareKind.GT, p.get(0), p.get(2));
              Value equal = builder.compare(CompareKind.EQ, p.get(0), p.get(2));
              Value earlier = builder.compare(CompareKind.LT, p.get(1), p.get(3));
              Value tie = builder.binary(BinaryKind.AND, equal, earlier);
              Value first = builder.binary(BinaryKind.OR, greater, tie);
              Value best = builder.select(first, p.get(0), p.get(2));
              Value at = builder.select(first, p.get(1), p.get(3));
              builder.yield(List.of(best, at));
            });
    int axis = random.below(value.shape().rank());
    builder.reduce(List.of(value, index), axis, combine).forEach(kernel::add);
  }

  private void histogram() {
    Value value = integers();
    Shape flat = Shape.of(value.shape().size());
    Value row = builder.reshape(value, flat);
    Optional<Value> mask =
        random.below(2) == 0 ? Optional.of(kernel.ofType(tile(DType.I1, flat))) : Optional.empty();
    kernel.add(builder.histogram(row, mask, 1 << (2 + random.below(4))));
  }

  private void map() {
    Value value = integers();
    int pack = value.shape().size() > 1 && random.below(2) == 0 ? 2 : 1;
    Type element = value.type().element();
    List<Value> params = pack == 1 ? List.of(new Value(element)) : twoOf(element);
    Block body =
        builder.block(
            params,
            () -> {
              Value last = params.getLast();
              Value changed = builder.binary(BinaryKind.XOR, params.getFirst(), last);
              builder.yield(pack == 1 ? List.of(changed) : List.of(changed, params.getFirst()));
            });
    Value result = new Value(value.type());
    builder.append(
        new ComputeOp.MapElementwise(
            builder.location(), List.of(result), List.of(value), pack, body));
    kernel.add(result);
  }

  private static List<Value> twoOf(Type type) {
    return List.of(new Value(type), new Value(type));
  }

  /** Loops of products are not nested, which would take long. */
  private void productLoop() {
    if (kernel.depth() == 0) {
      products.loop();
    } else {
      dot();
    }
  }

  private void dot() {
    int m = 16 << random.below(2);
    int n = 16 << random.below(2);
    int k = 16 << random.below(2);
    int[] batch = random.below(4) == 0 ? new int[] {2} : new int[0];
    Value a = kernel.ofType(Type.tile(Type.scalar(DType.I32), shape(batch, m, k)));
    Value b = kernel.ofType(Type.tile(Type.scalar(DType.I32), shape(batch, k, n)));
    DType dtype = random.factor(kernel.features, kernel.hasE4nv());
    if (dtype == DType.I8) {
      integerDot(a, b, shape(batch, m, n));
      return;
    }
    Value left = kernel.smallIntegers(a, dtype);
    Value right = kernel.smallIntegers(b, dtype);
    DType sum =
        dtype == DType.FP64
            ? dtype
            : dtype == DType.FP16 && random.below(3) == 0 ? DType.FP16 : DType.FP32;
    Value start =
        builder.constant(Type.tile(Type.scalar(sum), shape(batch, m, n)), (double) random.below(4));
    ComputeOp.Precision precision =
        dtype == DType.FP32 ? random.oneOf(PRECISIONS) : ComputeOp.Precision.IEEE;
    kernel.add(builder.dot(left, right, start, precision, false, false));
  }

  private static Shape shape(int[] batch, int rows, int columns) {
    return batch.length == 0 ? Shape.of(rows, columns) : Shape.of(batch[0], rows, columns);
  }

  private void integerDot(Value a, Value b, Shape shape) {
    Value left = builder.cast(CastKind.TRUNC, a, DType.I8);
    Value right = builder.cast(CastKind.TRUNC, b, DType.I8);
    Value acc = kernel.ofType(tile(DType.I32, shape));
    boolean signedA = random.below(2) == 0;
    boolean signedB = random.below(4) == 0 ? !signedA : signedA;
    kernel.add(builder.dot(left, right, acc, ComputeOp.Precision.IEEE, signedA, signedB));
  }
}
