package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_int;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.MethodTypeDesc;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.IntConsumer;

/**
 * A reduction along the last axis: 16 logical lanes (or as many as the axis has) in as many vectors
 * as they need, combined by halves at the end. An {@code i1} is held as ints.
 */
final class VectorReduction {
  private final KernelWriter kernel;
  private final VectorCode vectors;
  private final VectorOps ops;
  private final LaneByLane buffers;
  private final CodeWriter writer;
  private final CodeBuilder code;
  private final LaneStmt.Reduce reduce;
  private final int[][] accumulators;
  private final boolean hasIdentity;

  /** For the maximum or minimum of floats; or null. */
  private final OrderedKeys keys;

  /**
   * @param units vectors that the logical lanes take
   */
  VectorReduction(
      KernelWriter kernel,
      VectorCode vectors,
      VectorOps ops,
      LaneByLane buffers,
      LaneStmt.Reduce reduce,
      int units) {
    this.kernel = kernel;
    this.vectors = vectors;
    this.ops = ops;
    this.buffers = buffers;
    this.writer = vectors.writer();
    this.code = writer.code();
    this.reduce = reduce;
    this.accumulators = new int[units][reduce.inputs().size()];
    this.hasIdentity = identity().isPresent();
    this.keys = OrderedKeys.of(vectors, simpleKind(), kind(0));
  }

  /** Whether a combine function is made of elementwise operations alone. */
  static boolean isSupported(Block combine) {
    return combine.body().stream().allMatch(op -> op instanceof ElementwiseOp);
  }

  private DType dtype(int input) {
    return reduce.inputs().get(input).dtype();
  }

  private LaneKind kind(int input) {
    return LaneKind.of(dtype(input));
  }

  /** The combine function, if it is one operation; or null. */
  private BinaryKind simpleKind() {
    var op =
        new ComputeOp.Reduce(
            reduce.loc(), List.of(), reduce.inputs(), reduce.axis(), reduce.combine());
    return op.simpleKind().orElse(null);
  }

  /** Bits of the number that changes no other, where the function is one operation that has one. */
  private OptionalLong identity() {
    BinaryKind kind = simpleKind();
    DType dtype = dtype(0);
    if (kind == null || dtype == DType.I1) {
      return OptionalLong.empty();
    }
    return identityOf(kind, dtype);
  }

  private static OptionalLong identityOf(BinaryKind kind, DType dtype) {
    if (dtype.isFloat()) {
      return switch (kind) {
        case ADD -> OptionalLong.of(floatBits(-0.0));
        case MUL -> OptionalLong.of(floatBits(1));
        case MIN, MAX -> OptionalLong.of(floatBits(Double.NaN));
        case MINNAN -> OptionalLong.of(floatBits(Double.POSITIVE_INFINITY));
        case MAXNAN -> OptionalLong.of(floatBits(Double.NEGATIVE_INFINITY));
        default -> OptionalLong.empty();
      };
    }
    return switch (kind) {
      case ADD, OR, XOR, MAXU -> OptionalLong.of(0);
      case MUL -> OptionalLong.of(1);
      case AND, MINU -> OptionalLong.of(-1);
      case MINS -> OptionalLong.of(~(-1L << (dtype.bits() - 1)));
      case MAXS -> OptionalLong.of(-1L << (dtype.bits() - 1));
      default -> OptionalLong.empty();
    };
  }

  private static long floatBits(double value) {
    return Double.doubleToRawLongBits(value);
  }

  /** Before a row. */
  void start() {
    for (int[] unit : accumulators) {
      for (int i = 0; i < unit.length; i++) {
        int input = i;
        if (keys == null) {
          vectors.broadcast(kind(i), () -> pushStart(input));
        } else {
          keys.pushStart();
        }
        unit[i] = vectors.storeNew();
      }
    }
  }

  private void pushStart(int input) {
    long bits = identity().orElse(0);
    JvmType scalar = kind(input).scalar();
    boolean isFloat = scalar == JvmType.FLOAT || scalar == JvmType.DOUBLE;
    writer.pushConstant(scalar, isFloat ? (Number) Double.longBitsToDouble(bits) : (Number) bits);
  }

  /**
   * Combines the inputs of one unit into it.
   *
   * @param block the local variable that holds the index of the block's first lane; the first block
   *     starts the lanes
   */
  void accumulate(int unit, int block) {
    int[] slots = accumulators[unit];
    if (keys != null) {
      pushAccumulator(slots, 0);
      keys.combine(() -> keys.push(reduce.inputs().getFirst()));
      code.astore(slots[0]);
      return;
    }
    int first = 0;
    if (!hasIdentity) {
      vectors.broadcast(LaneKind.INT, () -> code.iload(block));
      vectors.compareScalar(LaneKind.INT, "EQ", () -> code.loadConstant(0));
      first = vectors.storeNew();
    }
    Block combine = combine(i -> pushAccumulator(slots, i), this::pushInput);
    for (int i = 0; i < slots.length; i++) {
      pushAsVector(combine.terminator().operands().get(i));
      if (!hasIdentity) {
        pushInput(i);
        code.aload(first);
        vectors.castMask(LaneKind.INT, kind(i));
        vectors.blend(kind(i));
      }
    }
    for (int i = slots.length - 1; i >= 0; i--) {
      code.astore(slots[i]);
    }
  }

  private void pushAccumulator(int[] unit, int i) {
    code.aload(unit[i]);
    vectors.exact(heldAs(i));
  }

  private LaneKind heldAs(int input) {
    return keys == null ? kind(input) : LaneKind.INT;
  }

  private void pushInput(int i) {
    pushAsVector(reduce.inputs().get(i));
  }

  private void pushAsVector(Value value) {
    if (VectorCode.isMask(value)) {
      buffers.pushAsInts(value);
    } else {
      vectors.push(value);
    }
  }

  /** Emits the combine function of two sides. */
  private Block combine(IntConsumer pushLeft, IntConsumer pushRight) {
    return combine(vectors, ops, writer, reduce.combine(), pushLeft, pushRight);
  }

  /**
   * Emits a combine function; the sides of an {@code i1} are pushed as ints.
   *
   * @return a copy of the function, whose results have been defined
   */
  static Block combine(
      VectorCode vectors,
      VectorOps ops,
      CodeWriter writer,
      Block function,
      IntConsumer pushLeft,
      IntConsumer pushRight) {
    Block combine = writer.definitions().copy(function);
    List<Value> params = combine.params();
    int n = params.size() / 2;
    for (int i = 0; i < 2 * n; i++) {
      if (i < n) {
        pushLeft.accept(i);
      } else {
        pushRight.accept(i - n);
      }
      Value param = params.get(i);
      if (VectorCode.isMask(param)) {
        vectors.compareScalar(LaneKind.INT, "NE", () -> writer.code().loadConstant(0));
        vectors.defineMask(param, LaneKind.INT);
      } else {
        vectors.define(param, LaneKind.of(param.dtype()));
      }
    }
    for (Op op : MathExpansion.expandOps(combine.body(), writer.definitions())) {
      VectorLegalizer.ops((ElementwiseOp) op, writer.definitions()).forEach(ops::emit);
    }
    return combine;
  }

  /** Combines the lanes by halves; then {@link #pushResult} has the results. */
  void finish() {
    for (int units = accumulators.length; units > 1; units /= 2) {
      for (int u = 0; u < units / 2; u++) {
        int[] left = accumulators[u];
        int[] right = accumulators[u + units / 2];
        combineInto(left, i -> pushAccumulator(right, i));
      }
    }
    int[] slots = accumulators[0];
    for (int half = vectors.lanes() / 2; half >= 1; half /= 2) {
      int distance = half;
      combineInto(
          slots,
          i -> {
            pushAccumulator(slots, i);
            rearrange(heldAs(i), distance);
          });
    }
  }

  private void combineInto(int[] left, IntConsumer pushRight) {
    if (keys != null) {
      pushAccumulator(left, 0);
      keys.combine(() -> pushRight.accept(0));
      code.astore(left[0]);
      return;
    }
    Block combine = combine(i -> pushAccumulator(left, i), pushRight);
    for (int i = 0; i < left.length; i++) {
      pushAsVector(combine.terminator().operands().get(i));
    }
    for (int i = left.length - 1; i >= 0; i--) {
      code.astore(left[i]);
    }
  }

  /** Brings each lane's value from the lane that is so far above. */
  private void rearrange(LaneKind kind, int distance) {
    kernel.pushShuffle(writer, kind, vectors.lanes(), distance);
    vectors.call(kind, "rearrange", LaneKind.SHUFFLE);
  }

  /** Pushes a result as a scalar. */
  void pushResult(int i) {
    LaneKind kind = heldAs(i);
    pushAccumulator(accumulators[0], i);
    code.loadConstant(0);
    code.invokevirtual(kind.vector(), "lane", MethodTypeDesc.of(kind.scalar().desc(), CD_int));
    if (keys != null) {
      keys.toFloat();
    }
  }
}
