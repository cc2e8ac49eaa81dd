package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads and writes of global memory inside nests. */
final class Loads {
  private Loads() {}

  /** Where the elements lie that a tile of pointers points to. */
  record Target(Optional<TileRef> ref, Access.Place place) {}

  /**
   * @param anyAxis see {@link Refs#global}
   */
  static Target target(Pull pull, Value pointer, IndexMap map, boolean anyAxis) {
    return target(pull, pointer, map, anyAxis, Map.of());
  }

  /**
   * @param masks see {@link Refs#global}
   */
  static Target target(
      Pull pull, Value pointer, IndexMap map, boolean anyAxis, Map<Integer, List<Value>> masks) {
    Optional<Form> form = form(pull, pointer, map);
    Optional<TileRef> ref = form.flatMap(f -> Refs.global(pull, f, anyAxis, masks));
    return new Target(ref, place(pull, pointer, map, ref.isPresent() ? form : Optional.empty()));
  }

  /** What memory a tile of pointers points to, where every element has an address of its own. */
  static Access.Place place(Pull pull, Value pointer, IndexMap map) {
    return place(pull, pointer, map, Optional.empty());
  }

  private static Optional<Form> form(Pull pull, Value pointer, IndexMap map) {
    FormAnalysis forms = pull.kernel().forms();
    return forms.of(pointer).flatMap(f -> forms.under(f, map));
  }

  private static Access.Place place(Pull pull, Value pointer, IndexMap map, Optional<Form> form) {
    KernelLowering kernel = pull.kernel();
    List<Object> index = new ArrayList<>();
    List<Object> likeness = index;
    if (form.isPresent()) {
      Form f = form.get();
      index.addAll(List.of(f.base(), f.strides(), f.opaques()));
      likeness = new ArrayList<>(likeness(kernel, f.base()));
      likeness.add(f.strides().stream().map(s -> s.isConstant() ? s : "scalar").toList());
      likeness.add(f.opaques());
    } else {
      index.add(map);
      describe(kernel, pointer, index);
    }
    return new Access.Global(
        kernel.uses().origin(pointer),
        kernel.uses().root(pointer).isPresent(),
        pointer.type().pointee(),
        index,
        likeness,
        form.flatMap(f -> Extent.of(f, pull.dims(), kernel.scalars())),
        pull.group().region());
  }

  /** What scalars have in common that may be equal at run time. */
  static List<Object> likeness(KernelLowering kernel, Sc scalar) {
    ScalarCode scalars = kernel.scalars();
    return List.of(scalars.symbol(scalar).isPresent(), scalars.addend(scalar));
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
    Target target = target(pull, load.pointer(), map, false);
    LaneStmt.Mask mask =
        isConstantAlongFirst(pull, target)
            ? MaskLowering.lowerConstantAlongFirst(pull, load.mask(), map)
            : MaskLowering.lower(pull, load.mask(), map);
    Optional<Value> other =
        mask.isAll() || isZero(pull, load.other())
            ? Optional.empty()
            : load.other().map(v -> pull.pull(v, map));
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

  private static boolean isConstantAlongFirst(Pull pull, Target target) {
    return pull.dims().length > 0
        && target.ref().map(r -> r.strides().getFirst().equals(new TileRef.Fixed(0))).orElse(false);
  }

  /** Whether the value for masked-off elements is absent or zero, with a positive sign. */
  static boolean isZero(Pull pull, Optional<Value> other) {
    return other.isEmpty() || isZero(pull.kernel().uses(), other.get());
  }

  /** Whether every element is zero, with a positive sign. */
  static boolean isZero(Uses uses, Value value) {
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
