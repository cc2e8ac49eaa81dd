package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.frontend.SubscriptIndex;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.compiler.python.PySlice;
import dev.kiln.compiler.python.PyTuple;
import dev.kiln.compiler.python.PythonOperators;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** {@code value[indices]}. */
public final class Subscripts {
  private Subscripts() {}

  /** See {@link dev.kiln.compiler.frontend.Builtins#subscript}. */
  public static FrontValue find(FrontContext ctx, FrontValue value, List<SubscriptIndex> indices) {
    if (value instanceof Tensor tensor) {
      return ofTensor(ctx, tensor, indices);
    }
    Optional<List<FrontValue>> items = Sequences.items(value);
    if (items.isPresent()) {
      return ofTuple(ctx, items.get(), indices);
    }
    if (value instanceof Constexpr constant) {
      Object key = key(ctx, indices);
      return Sequences.constant(
          PythonValues.guarded(ctx, () -> PythonOperators.index(constant.value(), key)));
    }
    throw ctx.error(Typing.describe(value) + " cannot be indexed");
  }

  /**
   * Full slices keep an axis, {@code None} makes a new one; axes that are not mentioned stay behind
   * them.
   */
  private static FrontValue ofTensor(
      FrontContext ctx, Tensor tensor, List<SubscriptIndex> indices) {
    Tensor result = tensor;
    int rank = tensor.type().shape().rank();
    long kept = indices.stream().filter(SubscriptIndex.FullSlice.class::isInstance).count();
    if (kept > rank) {
      throw ctx.error(
          "too many indices for %s: %d slices for %d dimensions"
              .formatted(tensor.type(), kept, rank));
    }
    int axis = 0;
    for (SubscriptIndex index : indices) {
      switch (index) {
        case SubscriptIndex.None() -> result = Broadcasting.expand(ctx, result, axis);
        case SubscriptIndex.FullSlice() -> {}
        case SubscriptIndex.Slice slice -> throw unsupported(ctx, tensor, "a slice with bounds");
        case SubscriptIndex.Item(FrontValue item) ->
            throw unsupported(ctx, tensor, "the index " + Typing.describeValue(item));
      }
      axis++;
    }
    return result;
  }

  private static RuntimeException unsupported(FrontContext ctx, Tensor tensor, String what) {
    return ctx.error(
        "a tensor is indexed with ':' and None only, got %s for %s".formatted(what, tensor.type()),
        "to read elements use tl.load on pointers, tl.gather or tl.split");
  }

  private static FrontValue ofTuple(
      FrontContext ctx, List<FrontValue> items, List<SubscriptIndex> indices) {
    if (indices.size() != 1) {
      throw ctx.error("a tuple takes one index, got " + indices.size());
    }
    return switch (indices.getFirst()) {
      case SubscriptIndex.FullSlice() -> new TupleValue(items);
      case SubscriptIndex.Slice slice -> slice(ctx, items, slice);
      case SubscriptIndex.None() -> throw ctx.error("a tuple cannot be indexed with None");
      case SubscriptIndex.Item(FrontValue item) -> items.get(position(ctx, item, items.size()));
    };
  }

  private static int position(FrontContext ctx, FrontValue item, int size) {
    BigInteger index =
        item instanceof Constexpr constant
            ? PythonValues.integer(constant.value()).orElse(null)
            : null;
    if (index == null) {
      throw ctx.error(
          "the index of a tuple must be a compile-time integer, got " + Typing.describe(item),
          "use tl.static_range for a loop over a tuple");
    }
    if (index.bitLength() > 31 || index.intValue() < -size || index.intValue() >= size) {
      throw ctx.error("tuple index %s is out of range for %d elements".formatted(index, size));
    }
    return index.signum() < 0 ? index.intValue() + size : index.intValue();
  }

  private static FrontValue slice(
      FrontContext ctx, List<FrontValue> items, SubscriptIndex.Slice slice) {
    PySlice key =
        new PySlice(bound(ctx, slice.lower()), bound(ctx, slice.upper()), bound(ctx, slice.step()));
    // Python picks positions; the elements themselves need not be Python values.
    PyTuple positions =
        new PyTuple(LongStream.range(0, items.size()).<Object>mapToObj(i -> i).toList());
    Object picked = PythonValues.guarded(ctx, () -> PythonOperators.index(positions, key));
    return new TupleValue(
        ((PyTuple) picked).items().stream().map(i -> items.get(((Long) i).intValue())).toList());
  }

  private static Object bound(FrontContext ctx, Optional<FrontValue> value) {
    if (value.isEmpty()) {
      return PyNone.NONE;
    }
    if (value.get() instanceof Constexpr constant) {
      return constant.value();
    }
    throw ctx.error(
        "the bounds of a slice must be compile-time integers, got " + Typing.describe(value.get()));
  }

  private static Object key(FrontContext ctx, List<SubscriptIndex> indices) {
    List<Object> keys =
        indices.stream()
            .map(
                index ->
                    switch (index) {
                      case SubscriptIndex.None() -> (Object) PyNone.NONE;
                      case SubscriptIndex.FullSlice() ->
                          new PySlice(PyNone.NONE, PyNone.NONE, PyNone.NONE);
                      case SubscriptIndex.Slice slice ->
                          new PySlice(
                              bound(ctx, slice.lower()),
                              bound(ctx, slice.upper()),
                              bound(ctx, slice.step()));
                      case SubscriptIndex.Item(FrontValue item) -> bound(ctx, Optional.of(item));
                    })
            .toList();
    return keys.size() == 1 ? keys.getFirst() : new PyTuple(keys);
  }
}
