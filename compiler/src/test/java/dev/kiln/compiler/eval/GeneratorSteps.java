package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.IrBuilder;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The steps by which a random kernel grows: elementwise and shape operations, and the choice. */
final class GeneratorSteps {
  private static final BinaryKind[] INTEGER_KINDS =
      Stream.of(BinaryKind.values())
          .filter(k -> k.domain() != BinaryKind.Domain.FLOAT)
          .toArray(BinaryKind[]::new);
  private static final BinaryKind[] FLOAT_KINDS =
      Stream.of(BinaryKind.values())
          .filter(k -> k.domain() != BinaryKind.Domain.INTEGER)
          .toArray(BinaryKind[]::new);
  private static final BinaryKind[] BOOLEAN_KINDS = {BinaryKind.AND, BinaryKind.OR, BinaryKind.XOR};
  private static final UnaryKind[] EXACT_KINDS = {
    UnaryKind.NEG,
    UnaryKind.ABS,
    UnaryKind.FLOOR,
    UnaryKind.CEIL,
    UnaryKind.TRUNC,
    UnaryKind.RINT,
    UnaryKind.SQRT
  };
  private static final DType[] TARGETS = {
    DType.I1,
    DType.I8,
    DType.I16,
    DType.I32,
    DType.I64,
    DType.FP8E5,
    DType.FP8E4NV,
    DType.FP16,
    DType.BF16,
    DType.FP32,
    DType.FP64
  };

  private final KernelGenerator kernel;
  private final IrBuilder builder;
  private final RandomNumbers random;
  private final CollectiveSteps collectives;
  private final ControlFlowSteps control;

  GeneratorSteps(KernelGenerator kernel) {
    this.kernel = kernel;
    this.builder = kernel.builder;
    this.random = kernel.random;
    this.collectives = new CollectiveSteps(kernel);
    this.control = new ControlFlowSteps(kernel, this);
  }

  void addOne() {
    RandomKernels.Features features = kernel.features;
    int choice = random.below(20);
    if (choice < 3 && features.compute()) {
      collectives.addOne();
    } else if (choice == 3 && features.control() && kernel.depth() < 2) {
      control.addOne();
    } else if (choice == 4 && features.memory() && kernel.depth() == 0) {
      memory();
    } else if (choice < 9) {
      shape(kernel.anyTile());
    } else {
      elementwise(kernel.anyTile());
    }
  }

  private void memory() {
    Value value = kernel.anyTile();
    DType dtype = value.dtype();
    boolean isWord = dtype == DType.I32 || dtype == DType.I64;
    if (isWord && random.below(3) == 0) {
      MemorySource.accumulate(kernel, value);
    } else if ((isWord || isAdded(dtype)) && random.below(2) == 0) {
      kernel.add(MemorySource.exchange(kernel, value));
    } else {
      kernel.add(MemorySource.roundTrip(kernel, value));
    }
  }

  /** Whether there are atomic operations on the floats. */
  private static boolean isAdded(DType dtype) {
    return dtype.isFloat() && !dtype.isFp8();
  }

  /** An operation on a tile or scalar, element by element. */
  void elementwise(Value value) {
    if (value.dtype().isFp8()) {
      cast(value);
      return;
    }
    switch (random.below(9)) {
      case 0 -> unary(value);
      case 1 -> compare(value);
      case 2 -> select(value);
      case 3, 4 -> cast(value);
      case 5 -> fma(value);
      default -> binary(value);
    }
  }

  private void unary(Value value) {
    DType dtype = value.dtype();
    if (dtype.isBool()) {
      kernel.add(builder.unary(UnaryKind.NOT, value));
    } else if (dtype == DType.FP32 || dtype == DType.FP64) {
      kernel.add(builder.unary(random.oneOf(EXACT_KINDS), value));
    } else if (dtype.isFloat()) {
      kernel.add(builder.unary(random.below(2) == 0 ? UnaryKind.NEG : UnaryKind.ABS, value));
    } else if (dtype.bits() >= 32 && random.below(2) == 0) {
      UnaryKind[] kinds = {UnaryKind.CLZ, UnaryKind.POPC, UnaryKind.BREV};
      kernel.add(builder.unary(random.oneOf(kinds), value));
    } else {
      UnaryKind[] kinds = {UnaryKind.NEG, UnaryKind.ABS, UnaryKind.NOT};
      kernel.add(builder.unary(random.oneOf(kinds), value));
    }
  }

  Value binary(Value value) {
    Value other = kernel.ofType(value.type());
    return kernel.add(builder.binary(binaryKind(value.dtype()), value, other));
  }

  private BinaryKind binaryKind(DType dtype) {
    if (dtype.isBool()) {
      return random.oneOf(BOOLEAN_KINDS);
    }
    if (dtype.isFloat()) {
      return random.oneOf(FLOAT_KINDS);
    }
    BinaryKind kind = random.oneOf(INTEGER_KINDS);
    boolean isHigh = kind == BinaryKind.MULHU || kind == BinaryKind.MULHS;
    return isHigh && dtype.bits() < 32 ? BinaryKind.MUL : kind;
  }

  private void compare(Value value) {
    CompareKind[] kinds = CompareKind.values();
    CompareKind kind = random.oneOf(kinds);
    boolean unsigned = kind.ordinal() >= CompareKind.ULT.ordinal();
    if (value.dtype().isFloat() && unsigned) {
      kind = CompareKind.LT;
    } else if (value.dtype().isBool() && !unsigned) {
      kind = CompareKind.NE;
    }
    kernel.add(builder.compare(kind, value, kernel.ofType(value.type())));
  }

  private void select(Value value) {
    Value condition = kernel.ofType(value.type().withDType(DType.I1));
    kernel.add(builder.select(condition, value, kernel.ofType(value.type())));
  }

  private void fma(Value value) {
    if (value.dtype().isFloat()) {
      Value b = kernel.ofType(value.type());
      kernel.add(builder.fma(value, b, kernel.ofType(value.type())));
    } else {
      binary(value);
    }
  }

  private void cast(Value value) {
    DType from = value.dtype();
    DType to = random.oneOf(TARGETS);
    boolean excluded =
        to == from
            || (to.isFp8() && !kernel.features.fp8())
            || (to == DType.FP8E4NV && !kernel.hasE4nv())
            || (to == DType.FP64 && !kernel.features.doubles())
            || (to.isBool() && from.isFloat());
    if (excluded) {
      to = from == DType.FP32 ? DType.I32 : DType.FP32;
    }
    if (from.isFloat() && to.isFloat()) {
      kernel.add(builder.cast(floatCast(from, to), value, to));
    } else if (from.isFloat()) {
      kernel.add(floatToInteger(value, to));
    } else if (to.isFloat()) {
      boolean sameBits = from.bits() == to.bits() && random.below(2) == 0;
      boolean unsigned = from.isBool() || random.below(2) == 0;
      CastKind number = unsigned ? CastKind.UITOFP : CastKind.SITOFP;
      kernel.add(builder.cast(sameBits ? CastKind.BITCAST : number, value, to));
    } else if (to.bits() < from.bits()) {
      kernel.add(builder.cast(CastKind.TRUNC, value, to));
    } else {
      boolean unsigned = from.isBool() || random.below(2) == 0;
      kernel.add(builder.cast(unsigned ? CastKind.EXTU : CastKind.EXTS, value, to));
    }
  }

  private CastKind floatCast(DType from, DType to) {
    if (to.bits() > from.bits()) {
      return CastKind.FPEXT;
    }
    return to.bits() < from.bits() && random.below(4) == 0
        ? CastKind.FPTRUNC_RTZ
        : CastKind.FPTRUNC;
  }

  private Value floatToInteger(Value value, DType to) {
    if (value.dtype().bits() == to.bits() && random.below(2) == 0) {
      // The bits of a NaN are nobody's business.
      Value ordered = builder.compare(CompareKind.EQ, value, value);
      Value zero = builder.constant(value.type(), 0.0);
      Value number = builder.select(ordered, value, zero);
      return builder.cast(CastKind.BITCAST, number, to);
    }
    CastKind kind = random.below(2) == 0 ? CastKind.FPTOSI : CastKind.FPTOUI;
    return builder.cast(kind, value, to);
  }

  private void shape(Value value) {
    Shape shape = value.shape();
    switch (random.below(9)) {
      case 0 -> kernel.add(builder.reshape(value, otherShape(shape)));
      case 1 -> kernel.add(builder.permute(value, order(shape.rank())));
      case 2 -> {
        if (shape.rank() < 3) {
          Value wider = builder.expandDims(value, random.below(shape.rank() + 1));
          kernel.add(broadcast(wider));
        }
      }
      case 3 -> kernel.add(broadcast(value));
      case 4 -> joinOrSplit(value);
      case 5 -> {
        if (shape.size() <= 128) {
          int axis = random.below(shape.rank());
          kernel.add(builder.cat(value, kernel.ofType(value.type()), axis));
        }
      }
      case 6 -> gather(value);
      case 7 -> kernel.add(hinted(shape));
      default -> {
        Value scalar = kernel.ofType(value.type().element());
        kernel.add(builder.splat(scalar, shape));
      }
    }
  }

  private Shape otherShape(Shape shape) {
    int size = shape.size();
    int rows = 1 << random.below(Integer.numberOfTrailingZeros(size) + 1);
    return random.below(2) == 0 ? Shape.of(size) : Shape.of(rows, size / rows);
  }

  private List<Integer> order(int rank) {
    var axes = new java.util.ArrayList<>(IntStream.range(0, rank).boxed().toList());
    for (int i = rank - 1; i > 0; i--) {
      java.util.Collections.swap(axes, i, random.below(i + 1));
    }
    return axes;
  }

  private Value broadcast(Value value) {
    Shape target = value.shape();
    for (int axis = 0; axis < target.rank(); axis++) {
      if (target.dim(axis) == 1 && target.size() <= 64) {
        target = target.with(axis, 1 << random.below(4));
      }
    }
    return builder.broadcast(value, target);
  }

  private void joinOrSplit(Value value) {
    Shape shape = value.shape();
    if (shape.rank() > 1 && shape.dim(shape.rank() - 1) == 2) {
      builder.split(value).forEach(kernel::add);
    } else if (shape.size() <= 128 && shape.rank() < 4) {
      kernel.add(builder.join(value, kernel.ofType(value.type())));
    }
  }

  private void gather(Value value) {
    int axis = random.below(value.shape().rank());
    Value index = kernel.ofType(value.type().withDType(DType.I32));
    kernel.add(builder.gather(value, index, axis));
  }

  /** Indices that keep the promises made about them. */
  private Value hinted(Shape shape) {
    int size = shape.size();
    Value flat = builder.makeRange(0, size);
    Value base = builder.constant(DType.I32, (long) size);
    Value first = builder.binary(BinaryKind.MUL, kernel.program(), base);
    Value known = builder.hint(ElementwiseOp.HintKind.DIVISIBILITY, List.of(size), first);
    Value sum = builder.binary(BinaryKind.ADD, builder.splat(known, Shape.of(size)), flat);
    Value run = builder.hint(ElementwiseOp.HintKind.CONTIGUITY, List.of(size), sum);
    return shape.rank() == 1 ? run : builder.reshape(run, shape);
  }

  /** An integer scalar between 0 and a bound, known at run time only. */
  Value smallScalar(int bound) {
    return kernel.scalar(DType.I32, (long) random.below(bound));
  }
}
