package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Reductions and scans with any combine function; the usual ones are written over them. */
final class ReductionOperations {
  private static final String NUMBERS = "all";

  private ReductionOperations() {}

  static void addTo(OperationTable table) {
    String extreme =
        "(input, axis=None, return_indices=False, return_indices_tie_break_left=True,"
            + " keep_dims=False)";
    String index = "(input, axis, tie_break_left=True, keep_dims=False)";
    String extremeNote =
        "without indices, narrow floats give float32 and narrow integers int32; NaN loses";
    table
        .rows(Category.REDUCTION, "triton.language")
        .add(
            "reduce(input, axis, combine_fn, keep_dims=False)",
            NUMBERS,
            ReductionOperations::reduce)
        .method()
        .note("tuples too")
        .add(
            "associative_scan(input, axis, combine_fn, reverse=False)",
            NUMBERS,
            ReductionOperations::scan)
        .method()
        .note("tuples too")
        .prelude("sum(input, axis=None, keep_dims=False, dtype=None)", NUMBERS)
        .method()
        .note(
            "integers below 32 bits give int32 or uint32; float16 and bfloat16 keep their type but"
                + " are summed in float32")
        .prelude("max" + extreme, NUMBERS)
        .method()
        .note(extremeNote)
        .prelude("min" + extreme, NUMBERS)
        .method()
        .note(extremeNote)
        .prelude("argmax" + index, NUMBERS)
        .method()
        .note("ties always go to the left; NaN loses")
        .prelude("argmin" + index, NUMBERS)
        .method()
        .note("ties always go to the left; NaN loses")
        .prelude("xor_sum(input, axis=None, keep_dims=False)", "integers")
        .method()
        .prelude("reduce_or(input, axis, keep_dims=False)", "integers")
        .method()
        .prelude("cumsum(input, axis=0, reverse=False, dtype=None)", NUMBERS)
        .method()
        .note("types as sum, but bfloat16 gives float32")
        .prelude("cumprod(input, axis=0, reverse=False)", NUMBERS)
        .method()
        .prelude("sort(x, dim=None, descending=False)", NUMBERS)
        .method()
        .note("last axis; NaN counts as the largest")
        .prelude("topk(x, k, dim=None, descending=True)", NUMBERS)
        .method()
        .note("last axis; k a power of 2")
        .prelude("bitonic_merge(x, dim=None, descending=False)", NUMBERS)
        .method()
        .note("last axis")
        .add("histogram(input, num_bins, mask=None)", "int32", ReductionOperations::histogram)
        .method();
  }

  private static List<Tensor> inputs(Arguments args) {
    List<Tensor> inputs = Broadcasting.together(args.context(), args.tensors("input"));
    if (inputs.isEmpty()) {
      throw args.error("'input' is an empty tuple");
    }
    for (Tensor input : inputs) {
      if (input.type().isPointer()) {
        throw args.error("'input' must hold numbers, got " + input.type());
      }
    }
    return inputs;
  }

  private static FrontValue results(Arguments args, List<Tensor> results) {
    return Sequences.isSequence(args.value("input"))
        ? new TupleValue(List.copyOf(results))
        : results.getFirst();
  }

  private static FrontValue reduce(Arguments args) {
    FrontContext ctx = args.context();
    List<Tensor> inputs = inputs(args);
    int rank = inputs.getFirst().type().shape().rank();
    OptionalInt axis = args.optionalInteger("axis");
    if (rank == 0) {
      axis.ifPresent(given -> args.axis("axis", given, rank));
      return results(args, inputs);
    }
    List<Tensor> operands = inputs;
    int along = 0;
    if (axis.isPresent()) {
      along = args.axis("axis", axis.getAsInt(), rank);
    } else {
      Shape flat = Shape.of(inputs.getFirst().type().shape().size());
      operands = inputs.stream().map(input -> ShapeOperations.reshape(ctx, input, flat)).toList();
    }
    List<Tensor> reduced = reduce(args, operands, along);
    if (args.flag("keep_dims")) {
      int axes = axis.isPresent() ? 1 : rank;
      int at = along;
      reduced = reduced.stream().map(value -> restore(ctx, value, at, axes)).toList();
    }
    return results(args, reduced);
  }

  private static Tensor restore(FrontContext ctx, Tensor value, int axis, int count) {
    Tensor result = value;
    for (int i = 0; i < count; i++) {
      result = Broadcasting.expand(ctx, result, axis);
    }
    return result;
  }

  private static List<Tensor> reduce(Arguments args, List<Tensor> inputs, int axis) {
    Block combine = combine(args, inputs);
    List<Value> values =
        args.builder().reduce(inputs.stream().map(Tensor::value).toList(), axis, combine);
    List<Tensor> results = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      TensorType type = inputs.get(i).type();
      results.add(new Tensor(values.get(i), type.withShape(type.shape().remove(axis))));
    }
    return results;
  }

  private static FrontValue scan(Arguments args) {
    List<Tensor> inputs = inputs(args);
    int axis = args.axis("axis", inputs.getFirst().type().shape().rank());
    boolean reverse = args.flag("reverse");
    Block combine = combine(args, inputs);
    List<Value> values =
        args.builder().scan(inputs.stream().map(Tensor::value).toList(), axis, reverse, combine);
    List<Tensor> results = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      results.add(Arithmetic.withValue(inputs.get(i), values.get(i)));
    }
    return results(args, results);
  }

  /** The combine function, run once on scalars: all of the left side, then all of the right. */
  private static Block combine(Arguments args, List<Tensor> inputs) {
    FrontValue function = args.function("combine_fn");
    List<Tensor> params =
        Stream.concat(inputs.stream(), inputs.stream())
            .map(input -> input.type().withShape(Shape.of()))
            .map(type -> new Tensor(new Value(type.irType()), type))
            .toList();
    return args.builder()
        .block(
            params.stream().map(Tensor::value).toList(),
            () -> {
              FrontValue result = args.context().call(function, List.copyOf(params), Map.of());
              args.builder().yield(combined(args, inputs, result));
            });
  }

  private static List<Value> combined(Arguments args, List<Tensor> inputs, FrontValue result) {
    List<FrontValue> items = Sequences.items(result).orElse(List.of(result));
    if (items.size() != inputs.size()) {
      throw args.error(
          "combine_fn must return %d values, one for each input, got %d"
              .formatted(inputs.size(), items.size()));
    }
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      TensorType wanted = inputs.get(i).type().withShape(Shape.of());
      Tensor value =
          Typing.isNumber(items.get(i))
              ? Operand.of(args.context(), items.get(i))
                  .as(args.context(), wanted.dtype(), Shape.of())
              : Typing.toTensor(args.context(), items.get(i));
      if (!value.type().equals(wanted)) {
        throw args.error(
            "combine_fn returns %s where the input holds %s".formatted(value.type(), wanted),
            "cast the result, or the input before the call, with .to(...)");
      }
      values.add(value.value());
    }
    return values;
  }

  private static FrontValue histogram(Arguments args) {
    FrontContext ctx = args.context();
    Tensor input = args.tensor("input");
    if (input.type().shape().rank() != 1) {
      throw args.error("needs a tensor of rank 1, got " + input.type());
    }
    if (input.type().isPointer()
        || !input.type().dtype().isInteger()
        || input.type().dtype().bits() != 32) {
      throw args.error("needs 32-bit integers, got " + input.type(), "cast with .to(tl.int32)");
    }
    Shape bins = args.checkShape(Shape.of(args.integer("num_bins")));
    Optional<Tensor> mask = args.optionalTensor("mask");
    mask.ifPresent(given -> MemoryOperations.checkMask(args, given));
    Optional<Value> flags =
        mask.map(given -> Broadcasting.to(ctx, given, input.type().shape()).value());
    return new Tensor(
        args.builder().histogram(input.value(), flags, bins.dim(0)),
        TensorType.of(DType.I32, bins));
  }
}
