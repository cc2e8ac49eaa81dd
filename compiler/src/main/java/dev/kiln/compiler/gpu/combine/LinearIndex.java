package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearMap;
import java.util.Arrays;
import java.util.Optional;

/**
 * An integer tile each of whose elements is an exclusive or of what the bits of its row-major index
 * give: {@code make_range} and shape operations, shifts, masks and exclusive ors of such. Sorting
 * networks read partners at such indices.
 *
 * @param bits what each bit of the row-major index gives
 * @param constant what the element at index 0 is
 */
record LinearIndex(int[] bits, int constant) {
  /** Of a tile, if it is one. */
  static Optional<LinearIndex> of(Uses uses, Value value) {
    return uses.definition(value).flatMap(op -> of(uses, op));
  }

  /**
   * The constant, if the elements are the coordinate along an axis, exclusive or with it; modulo
   * the extent.
   */
  Optional<Integer> flipOf(Shape shape, int axis) {
    int shift = LinearMap.log2(shape.rowMajorStrides()[axis]);
    int extent = shape.dim(axis);
    for (int bit = 0; bit < bits.length; bit++) {
      int expected = bit >= shift ? (int) (1L << bit - shift & extent - 1) : 0;
      if ((bits[bit] & extent - 1) != expected) {
        return Optional.empty();
      }
    }
    return Optional.of(constant & extent - 1);
  }

  private static Optional<LinearIndex> of(Uses uses, Op op) {
    return switch (op) {
      case ElementwiseOp.Constant number when !number.result().dtype().isFloat() ->
          Optional.of(constant(number));
      case ShapeOp.MakeRange range -> range(range);
      case ShapeOp.ExpandDims expand -> of(uses, expand.operand());
      case ShapeOp.Reshape reshape when reshape.operand().type().isTile() ->
          of(uses, reshape.operand());
      case ShapeOp.Broadcast broadcast ->
          of(uses, broadcast.operand())
              .map(
                  index ->
                      index.broadcast(broadcast.operand().shape(), broadcast.result().shape()));
      case ElementwiseOp.Binary binary ->
          of(uses, binary.left())
              .flatMap(
                  left ->
                      of(uses, binary.right()).flatMap(right -> left.with(binary.kind(), right)));
      default -> Optional.empty();
    };
  }

  private static LinearIndex constant(ElementwiseOp.Constant number) {
    return new LinearIndex(
        new int[LinearMap.log2(number.result().shape().size())], number.value().intValue());
  }

  private static Optional<LinearIndex> range(ShapeOp.MakeRange range) {
    int size = range.result().shape().size();
    if (range.start() % size != 0) {
      return Optional.empty();
    }
    int[] bits = new int[LinearMap.log2(size)];
    Arrays.setAll(bits, bit -> 1 << bit);
    return Optional.of(new LinearIndex(bits, range.start()));
  }

  private LinearIndex broadcast(Shape from, Shape to) {
    int[] wide = new int[LinearMap.log2(to.size())];
    int narrowBit = 0;
    int wideBit = 0;
    for (int axis = to.rank() - 1; axis >= 0; axis--) {
      int width = LinearMap.log2(to.dim(axis));
      if (from.dim(axis) == to.dim(axis)) {
        System.arraycopy(bits, narrowBit, wide, wideBit, width);
        narrowBit += width;
      }
      wideBit += width;
    }
    return new LinearIndex(wide, constant);
  }

  private Optional<LinearIndex> with(BinaryKind kind, LinearIndex right) {
    boolean isNumber = Arrays.stream(right.bits).allMatch(vector -> vector == 0);
    return switch (kind) {
      case XOR -> Optional.of(xor(right));
      case ADD, OR -> (reach() & right.reach()) == 0 ? Optional.of(xor(right)) : Optional.empty();
      case AND -> isNumber ? Optional.of(masked(right.constant)) : Optional.empty();
      default -> Optional.empty();
    };
  }

  /** The bits that some element has. */
  private int reach() {
    return Arrays.stream(bits).reduce(constant, (a, b) -> a | b);
  }

  private LinearIndex xor(LinearIndex other) {
    int[] sum = bits.clone();
    Arrays.setAll(sum, bit -> bits[bit] ^ other.bits[bit]);
    return new LinearIndex(sum, constant ^ other.constant);
  }

  private LinearIndex masked(int mask) {
    return new LinearIndex(
        Arrays.stream(bits).map(vector -> vector & mask).toArray(), constant & mask);
  }
}
