package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Matrix products of scaled operands: what a call means is checked here, the prelude computes it.
 * Groups of 16 or 32 elements along K share a scale.
 */
final class ScaledDotOperations {
  private static final Map<String, List<DType>> FORMATS =
      Map.of(
          "e2m1", List.of(DType.U8),
          "e4m3", List.of(DType.FP8E4NV, DType.U8),
          "e5m2", List.of(DType.FP8E5, DType.U8),
          "bf16", List.of(DType.BF16, DType.U16),
          "fp16", List.of(DType.FP16, DType.U16));

  private static final List<String> FORMAT_NAMES = List.of("e2m1", "e4m3", "e5m2", "bf16", "fp16");

  /** One side of a product: names of its parameters, which of its last two axes is K. */
  private record Side(String operand, String scale, String format, String pack, int depthAxis) {}

  private static final Side LEFT = new Side("lhs", "lhs_scale", "lhs_format", "lhs_k_pack", 1);
  private static final Side RIGHT = new Side("rhs", "rhs_scale", "rhs_format", "rhs_k_pack", 0);

  private ScaledDotOperations() {}

  static void addTo(OperationTable table) {
    table
        .rows(Category.LINEAR_ALGEBRA, "triton.language")
        .add(
            "dot_scaled(lhs, lhs_scale, lhs_format, rhs, rhs_scale, rhs_format, acc=None,"
                + " fast_math=False, lhs_k_pack=True, rhs_k_pack=True, out_dtype=None)",
            "e2m1, e4m3, e5m2, bf16, fp16; scales uint8 (e8m0) or float8e4nv",
            ScaledDotOperations::dotScaled)
        .note("as a product of bfloat16 or float16");
  }

  private static FrontValue dotScaled(Arguments args) {
    Shape left = elements(args, LEFT);
    Shape right = elements(args, RIGHT);
    int rank = left.rank();
    if (rank != right.rank() || rank != 2 && rank != 3) {
      throw args.error(
          "both operands must be 2D or both 3D, got %s and %s"
              .formatted(args.tensor("lhs").type(), args.tensor("rhs").type()));
    }
    if (left.dim(rank - 1) != right.dim(rank - 2)) {
      throw args.error(
          "lhs holds %d elements along K, rhs %d"
              .formatted(left.dim(rank - 1), right.dim(rank - 2)),
          "a byte of e2m1 holds two");
    }
    checkScale(args, LEFT, left.dim(rank - 2), left.dim(rank - 1));
    checkScale(args, RIGHT, right.dim(rank - 1), right.dim(rank - 2));
    args.flag("fast_math");
    return args.context()
        .callPrelude(
            "dot_scaled",
            List.of(
                args.value("lhs"),
                args.value("lhs_scale"),
                args.value("lhs_format"),
                args.value("rhs"),
                args.value("rhs_scale"),
                args.value("rhs_format"),
                args.value("acc"),
                args.value("lhs_k_pack"),
                args.value("rhs_k_pack"),
                args.value("out_dtype")),
            Map.of());
  }

  /** The shape in elements, of which a byte of {@code e2m1} holds two. */
  private static Shape elements(Arguments args, Side side) {
    Tensor operand = args.tensor(side.operand());
    String format = args.choice(side.format(), FORMAT_NAMES);
    List<DType> dtypes = FORMATS.get(format);
    if (dtypes == null) {
      throw args.error(
          side.format() + " must be given", "one of '" + String.join("', '", FORMAT_NAMES) + "'");
    }
    if (operand.type().isPointer() || !dtypes.contains(operand.type().dtype())) {
      throw args.error(
          "%s of format %s must be %s, got %s"
              .formatted(
                  side.operand(),
                  format,
                  String.join(" or ", dtypes.stream().map(DType::languageName).toList()),
                  operand.type()));
    }
    boolean alongDepth = args.flag(side.pack());
    boolean isPacked = format.equals("e2m1");
    if (!alongDepth && !isPacked) {
      throw args.error("%s=False is for e2m1 only, got %s".formatted(side.pack(), format));
    }
    Shape shape = operand.type().shape();
    if (!isPacked || shape.rank() < 2) {
      return shape;
    }
    int axis = shape.rank() - 2 + (alongDepth ? side.depthAxis() : 1 - side.depthAxis());
    return shape.with(axis, 2 * shape.dim(axis));
  }

  private static void checkScale(Arguments args, Side side, int extent, int depth) {
    Optional<Tensor> given = args.optionalTensor(side.scale());
    if (given.isEmpty()) {
      return;
    }
    Tensor scale = given.get();
    if (scale.type().isPointer()
        || scale.type().dtype() != DType.U8 && scale.type().dtype() != DType.FP8E4NV) {
      throw args.error(
          "'%s' must be uint8 (e8m0) or float8e4nv, got %s".formatted(side.scale(), scale.type()));
    }
    Shape shape = scale.type().shape();
    int rank = args.tensor("lhs").type().shape().rank();
    boolean fits =
        shape.rank() == rank
            && shape.dim(rank - 2) == extent
            && (shape.dim(rank - 1) * 32 == depth || shape.dim(rank - 1) * 16 == depth)
            && (rank == 2 || shape.dim(0) == args.tensor("lhs").type().shape().dim(0));
    if (!fits) {
      throw args.error(
          "'%s' must have a row of %d (or %d) scales for each of %d %s, got %s"
              .formatted(
                  side.scale(),
                  depth / 32,
                  depth / 16,
                  extent,
                  side == LEFT ? "rows of lhs" : "columns of rhs",
                  scale.type()));
    }
  }
}
