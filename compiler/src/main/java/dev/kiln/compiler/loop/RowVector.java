package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.List;

/**
 * The byte offsets along one axis of a tile in global memory: {@code elementBytes * (stride * i +
 * sum of scale * tile[i])}, where a tile of pointers counts bytes already.
 *
 * @param active conditions along the axis: where one is false the entry is {@link
 *     TileRef.Indexed#NOWHERE}
 */
record RowVector(
    List<Form.Opaque> terms, Sc stride, int size, int elementBytes, List<Value> active) {
  static RowVector of(Form form, int axis, int size, List<Value> active) {
    List<Form.Opaque> terms =
        form.opaques().stream()
            .filter(o -> o.axis() == axis)
            .map(o -> new Form.Opaque(o.tile(), o.tileAxis(), 0, o.scale()))
            .toList();
    return new RowVector(
        terms, form.strides().get(axis), size, form.dtype().bytes(), List.copyOf(active));
  }

  /** The innermost of the regions in which its parts are defined. */
  Region region(KernelLowering kernel, Region root) {
    Region deepest = root;
    for (Form.Opaque term : terms) {
      deepest = deeper(deepest, kernel.region(term.tile()));
      deepest = deeper(deepest, regionOf(kernel, term.scale(), deepest));
    }
    for (Value condition : active) {
      deepest = deeper(deepest, kernel.region(condition));
    }
    return deeper(deepest, regionOf(kernel, stride, deepest));
  }

  private static Region regionOf(KernelLowering kernel, Sc scalar, Region otherwise) {
    return scalar.isConstant() ? otherwise : kernel.scalars().place(scalar.value()).region();
  }

  private static Region deeper(Region a, Region b) {
    return b.isWithin(a) ? b : a;
  }

  /** Computes an entry in a nest along the vector. */
  Value pull(Pull pull) {
    Type i64 = Type.scalar(DType.I64);
    Value sum = null;
    for (Form.Opaque term : terms) {
      IndexMap map = IndexMap.alongAxis(term.tile().shape().rank(), term.tileAxis());
      Value lane = pull.pull(term.tile(), map);
      Value bytes =
          term.tile().type().isPointer()
              ? pull.cast(CastKind.PTRTOINT, lane, DType.I64)
              : scaled(pull, pull.cast(CastKind.EXTS, lane, DType.I64), term.scale());
      sum = sum == null ? bytes : pull.binary(BinaryKind.ADD, sum, bytes);
    }
    if (!stride.is(0)) {
      Value index = pull.cast(CastKind.EXTS, pull.index(0), DType.I64);
      Value along = scaled(pull, index, stride);
      sum = sum == null ? along : pull.binary(BinaryKind.ADD, sum, along);
    }
    Value entry = sum == null ? pull.constant(i64, 0L) : sum;
    for (Value condition : active) {
      Value isActive = pull.pull(condition, IndexMap.identity(1));
      entry = pull.select(isActive, entry, pull.constant(i64, TileRef.Indexed.NOWHERE));
    }
    return entry;
  }

  private Value scaled(Pull pull, Value lane, Sc scale) {
    ScalarCode scalars = pull.kernel().scalars();
    Sc bytes = scalars.mul(scalars.wide(scale), Sc.of(elementBytes, DType.I64));
    if (bytes.is(1)) {
      return lane;
    }
    Value factor =
        bytes.isConstant()
            ? pull.constant(Type.scalar(DType.I64), bytes.constant())
            : pull.require(bytes.value());
    return pull.binary(BinaryKind.MUL, lane, factor);
  }
}
