package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads and writes of global memory inside nests. */
final class Loads {
  private Loads() {}

  /** Where the elements lie that a tile of pointers points to. */
  record Target(Optional<TileRef> ref, Access.Place place) {}

  static Target target(Pull pull, Value pointer, IndexMap map, boolean anyAxis) {
    KernelLowering kernel = pull.kernel();
    Optional<Form> form =
        kernel.forms().of(pointer).flatMap(f -> kernel.forms().under(f, map));
    Optional<TileRef> ref = form.flatMap(f -> Refs.global(pull, f, anyAxis));
    List<Object> index = new ArrayList<>();
    if (ref.isPresent()) {
      index.addAll(List.of(form.get().base(), form.get().strides(), form.get().opaques()));
    } else {
      index.add(map);
      describe(kernel, pointer, index);
    }
    DType dtype = pointer.type().pointee();
    return new Target(
        ref,
        new Access.Global(kernel.uses().root(pointer), dtype, index, pull.group().region()));
  }

  /** What beside the parameter a pointer is made from. */
  private static void describe(KernelLowering kernel, Value pointer, List<Object> index) {
    if (!pointer.type().isTile()) {
      index.add(kernel.forms().of(pointer).orElseThrow().base());
      return;
    }
    Op op = kernel.uses().definition(pointer).orElse(null);
    if (op instanceof ElementwiseOp.AddPtr add) {
      index.add(add.offset());
      describe(kernel, add.pointer(), index);
    } else if (op instanceof ShapeOp.Splat splat) {
      describe(kernel, splat.operand(), index);
    } else {
      index.add(pointer);
    }
  }

  static Value pull(Pull pull, MemoryOp.Load load, IndexMap map) {
    LaneStmt.Mask mask = MaskLowering.lower(pull, load.mask(), map);
    Optional<Value> other =
        mask.isAll() || isZero(pull, load.other())
            ? Optional.empty()
            : load.other().map(v -> pull.pull(v, map));
    Target target = target(pull, load.pointer(), map, false);
    pull.access(Access.read(target.place()));
    Value result = new Value(load.result().type().element(), load.result().hint());
    pull.at(load.loc());
    if (target.ref().isPresent()) {
      pull.add(new LaneStmt.Load(load.loc(), result, target.ref().get(), mask, other));
    } else {
      Value address = pull.pull(load.pointer(), map);
      pull.add(new LaneStmt.GatherLoad(load.loc(), result, address, mask, other));
    }
    return result;
  }

  /** Whether the value for masked-off elements is absent or zero, with a positive sign. */
  static boolean isZero(Pull pull, Optional<Value> other) {
    return other.isEmpty() || isZero(pull.kernel().uses(), other.get());
  }

  private static boolean isZero(Uses uses, Value value) {
    return switch (uses.definition(value).orElse(null)) {
      case ElementwiseOp.Constant c ->
          c.value() instanceof Double d
              ? Double.doubleToRawLongBits(d) == 0
              : c.value().longValue() == 0;
      case ShapeOp.Splat s -> isZero(uses, s.operand());
      case ShapeOp.Broadcast b -> isZero(uses, b.operand());
      case ShapeOp.ExpandDims e -> isZero(uses, e.operand());
      case null, default -> false;
    };
  }
}
