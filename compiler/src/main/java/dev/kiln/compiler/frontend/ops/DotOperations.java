package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.ComputeOp.Precision;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Matrix products. */
final class DotOperations {
  private static final Set<DType> OPERANDS =
      Set.of(DType.I8, DType.U8, DType.FP16, DType.BF16, DType.FP32, DType.FP64);

  private DotOperations() {}

  static void addTo(OperationTable table) {
    table
        .rows(Category.LINEAR_ALGEBRA, "triton.language")
        .add(
            "dot(input, other, acc=None, input_precision=None, allow_tf32=None,"
                + " max_num_imprecise_acc=None, out_dtype=None)",
            "int8, uint8, float8*, float16, bfloat16, float32, float64",
            DotOperations::dot)
        .note("the CPU computes as with `input_precision=\"ieee\"`");
  }

  private static FrontValue dot(Arguments args) {
    Tensor left = args.tensor("input");
    Tensor right = args.tensor("other");
    checkTypes(args, left, right);
    checkShapes(args, left, right);
    Shape shape = resultShape(left.type().shape(), right.type().shape());
    Optional<Tensor> acc = args.optionalTensor("acc");
    DType dtype = resultType(args, left.type().dtype(), acc);
    TensorType type = TensorType.of(dtype, shape);
    acc.ifPresent(given -> checkAccumulator(args, given, type));
    Tensor start = acc.orElseGet(() -> Literals.of(args.context(), 0L, type.dtype(), type.shape()));
    Value value =
        args.builder()
            .dot(
                left.value(),
                right.value(),
                start.value(),
                precision(args, left.type().dtype()),
                !left.type().dtype().isUnsigned(),
                !right.type().dtype().isUnsigned());
    return new Tensor(value, type);
  }

  private static void checkTypes(Arguments args, Tensor left, Tensor right) {
    for (Tensor operand : List.of(left, right)) {
      if (operand.type().isPointer()) {
        throw args.error("operands must hold numbers, got " + operand.type());
      }
    }
    DType a = left.type().dtype();
    DType b = right.type().dtype();
    if (a.isFp8() && b.isFp8()) {
      return;
    }
    for (DType dtype : List.of(a, b)) {
      if (!OPERANDS.contains(dtype) && !dtype.isFp8()) {
        throw args.error(
            "operands of type %s are not supported".formatted(dtype.languageName()),
            "cast to int8, float16, bfloat16, float32 or float64 first");
      }
    }
    if (a != b) {
      throw args.error(
          "both operands must have the same dtype, got %s and %s"
              .formatted(a.languageName(), b.languageName()),
          "write a.to(b.dtype) or b.to(a.dtype)");
    }
  }

  private static void checkShapes(Arguments args, Tensor left, Tensor right) {
    Shape a = left.type().shape();
    Shape b = right.type().shape();
    if (a.rank() != b.rank() || (a.rank() != 2 && a.rank() != 3)) {
      throw args.error(
          "both operands must be 2D or both 3D, got %s and %s"
              .formatted(left.type(), right.type()));
    }
    int rank = a.rank();
    if (a.dim(rank - 1) != b.dim(rank - 2)) {
      throw args.error(
          "shapes %s and %s do not multiply: the last dimension of the first is %d, the second"
                  .formatted(Broadcasting.show(a), Broadcasting.show(b), a.dim(rank - 1))
              + " to last of the second is %d".formatted(b.dim(rank - 2)),
          a.dim(rank - 1) == b.dim(rank - 1)
              ? "transpose the second with tl.trans(b)"
              : "the product is (M, K) x (K, N)");
    }
    if (rank == 3 && a.dim(0) != b.dim(0)) {
      throw args.error(
          "batches %d and %d differ in %s and %s"
              .formatted(a.dim(0), b.dim(0), Broadcasting.show(a), Broadcasting.show(b)));
    }
    int least = leastDepth(left.type().dtype());
    if (a.dim(rank - 1) < least) {
      throw args.error(
          "K must be at least %d for %s, got %d in %s and %s"
              .formatted(
                  least,
                  left.type().dtype().languageName(),
                  a.dim(rank - 1),
                  Broadcasting.show(a),
                  Broadcasting.show(b)));
    }
  }

  /** The depth of the smallest tensor-core instruction of a type. */
  private static int leastDepth(DType dtype) {
    return switch (dtype.bits()) {
      case 8 -> 32;
      case 16 -> 16;
      case 32 -> 8;
      default -> 4;
    };
  }

  private static Shape resultShape(Shape a, Shape b) {
    int rank = a.rank();
    return a.with(rank - 1, b.dim(rank - 1));
  }

  private static DType resultType(Arguments args, DType operand, Optional<Tensor> acc) {
    Optional<DType> asked = args.optionalDType("out_dtype");
    if (asked.filter(DType.BF16::equals).isPresent()) {
      throw args.error(
          "out_dtype=bfloat16 is not supported",
          "use out_dtype=tl.float32 and cast the result with .to(tl.bfloat16)");
    }
    if (operand.isInteger()) {
      return DType.I32;
    }
    if (operand == DType.FP64) {
      return DType.FP64;
    }
    if (operand == DType.FP32 || operand == DType.BF16) {
      return DType.FP32;
    }
    DType dtype =
        asked.orElseGet(
            () ->
                acc.filter(given -> !given.type().isPointer())
                    .map(given -> given.type().dtype())
                    .filter(DType::isFloat)
                    .orElse(DType.FP32));
    if (dtype != DType.FP16 && dtype != DType.FP32) {
      throw args.error(
          "out_dtype must be float16 or float32 for operands of %s, got %s"
              .formatted(operand.languageName(), dtype.languageName()));
    }
    return dtype;
  }

  private static void checkAccumulator(Arguments args, Tensor acc, TensorType type) {
    if (!acc.type().equals(type)) {
      throw args.error(
          "the accumulator must be %s, got %s".formatted(type, acc.type()),
          "make it with tl.zeros(%s, dtype=tl.%s)"
              .formatted(
                  Broadcasting.show(type.shape()).replace('[', '(').replace(']', ')'),
                  type.dtype().languageName()));
    }
  }

  private static Precision precision(Arguments args, DType operand) {
    String name = args.text("input_precision").toLowerCase(Locale.ROOT);
    if (!name.isEmpty() && !args.isNone("allow_tf32")) {
      throw args.error("give input_precision or allow_tf32, not both");
    }
    Precision chosen = Precision.TF32;
    if (!name.isEmpty()) {
      chosen =
          java.util.Arrays.stream(Precision.values())
              .filter(precision -> precision.mnemonic().equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      args.error(
                          "input_precision '%s' is not supported".formatted(name),
                          "one of 'tf32', 'tf32x3', 'ieee', 'bf16x3', 'bf16x6'"));
    } else if (!args.isNone("allow_tf32") && !args.flag("allow_tf32")) {
      chosen = Precision.IEEE;
    }
    return operand == DType.FP32 ? chosen : Precision.IEEE;
  }
}
