package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.frontend.TensorType.Number;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import java.util.List;

/** New tensors, and tensors of another type. */
final class CreationOperations {
  private static final String CAST = "(input, dtype, fp_downcast_rounding=None, bitcast=False)";

  private CreationOperations() {}

  static void addTo(OperationTable table) {
    table
        .rows(Category.CREATION, "triton.language")
        .add("arange(start, end)", "→ int32", CreationOperations::arange)
        .note("both compile-time; `end - start` a power of 2")
        .add("full(shape, value, dtype)", "all", CreationOperations::full)
        .prelude("zeros(shape, dtype)", "all")
        .prelude("zeros_like(input)", "all")
        .add("cat(input, other, can_reorder=False, dim=0)", "all", CreationOperations::cat)
        .note("never reorders, whatever `can_reorder` says")
        .add("cast" + CAST, "all", CreationOperations::cast)
        .method()
        .add("to_tensor(x)", "all", args -> args.tensor("x"));
    table
        .rows(Category.CREATION, "triton.language.tensor")
        .add("to" + CAST, "all", CreationOperations::cast)
        .method();
  }

  private static FrontValue arange(Arguments args) {
    int start = args.integer("start");
    int end = args.integer("end");
    if (end <= start) {
      throw args.error(
          "end must be greater than start, got start %d and end %d".formatted(start, end));
    }
    Shape shape = Shape.of(end - start);
    if (Integer.bitCount(end - start) != 1) {
      throw args.error(
          "the range's size must be a power of 2, got %d".formatted(end - start),
          "round up with triton.next_power_of_2 and mask what is too much");
    }
    args.checkShape(shape);
    return new Tensor(args.builder().makeRange(start, end), TensorType.of(DType.I32, shape));
  }

  private static FrontValue full(Arguments args) {
    Shape shape = args.shape("shape");
    DType dtype = args.dtype("dtype");
    FrontContext ctx = args.context();
    return switch (args.operand("value")) {
      case Operand.Literal literal -> Literals.of(ctx, literal.number(), dtype, shape);
      case Operand.Run run -> {
        Tensor value = run.tensor();
        if (value.type().shape().size() != 1) {
          throw args.error("'value' must be a scalar, got " + value.type());
        }
        Tensor scalar = ShapeOperations.scalar(ctx, value);
        yield Broadcasting.to(ctx, Casting.number(ctx, scalar, dtype), shape);
      }
    };
  }

  private static FrontValue cat(Arguments args) {
    FrontContext ctx = args.context();
    Tensor left = args.tensor("input");
    Tensor right = args.tensor("other");
    Shape a = left.type().shape();
    Shape b = right.type().shape();
    if (a.rank() == 0 || a.rank() != b.rank()) {
      throw args.error(
          "tensors must have the same rank of at least 1, got %s and %s"
              .formatted(left.type(), right.type()));
    }
    int axis = args.axis("dim", a.rank());
    if (!a.with(axis, 1).equals(b.with(axis, 1))) {
      throw args.error(
          "shapes %s and %s differ in more than dimension %d"
              .formatted(Broadcasting.show(a), Broadcasting.show(b), axis));
    }
    List<Tensor> both = List.of(left, right);
    if (!left.type().element().equals(right.type().element())) {
      DType dtype =
          Promotion.computation(
              ctx, left.type().dtype(), false, right.type().dtype(), false, false);
      both = both.stream().map(tensor -> Casting.number(ctx, tensor, dtype)).toList();
    }
    Shape shape = args.checkShape(a.with(axis, a.dim(axis) + b.dim(axis)));
    return new Tensor(
        args.builder().cat(both.getFirst().value(), both.getLast().value(), axis),
        both.getFirst().type().withShape(shape));
  }

  private static FrontValue cast(Arguments args) {
    FrontContext ctx = args.context();
    Tensor input = args.tensor("input");
    TensorType.Element to = args.element("dtype");
    String rounding = args.choice("fp_downcast_rounding", List.of("rtne", "rtz"));
    if (args.flag("bitcast")) {
      return Casting.bitcast(ctx, input, to);
    }
    if (!rounding.isEmpty()) {
      return downcast(args, input, to, rounding);
    }
    // A literal keeps all its digits: tl.cast(0.1, tl.float64) is not the fp32 number.
    if (to instanceof Number number && args.operand("input") instanceof Operand.Literal literal) {
      return Literals.of(ctx, literal.number(), number.dtype(), Shape.of());
    }
    return Casting.element(ctx, input, to);
  }

  private static Tensor downcast(
      Arguments args, Tensor input, TensorType.Element to, String rounding) {
    boolean narrows =
        to instanceof Number number
            && number.dtype().isFloat()
            && !input.type().isPointer()
            && input.type().dtype().isFloat()
            && number.dtype().bits() < input.type().dtype().bits();
    if (!narrows) {
      throw args.error(
          "fp_downcast_rounding is for casts to a narrower float only, got %s to %s"
              .formatted(input.type(), to.display()));
    }
    DType dtype = ((Number) to).dtype();
    return rounding.equals("rtz")
        ? Casting.towardsZero(args.context(), input, dtype)
        : Casting.number(args.context(), input, dtype);
  }
}
