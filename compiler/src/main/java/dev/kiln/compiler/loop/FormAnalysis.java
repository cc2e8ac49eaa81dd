package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Finds the {@link Form} of integer and pointer tiles, and emits the scalar code of its parts. */
final class FormAnalysis {
  private final Uses uses;
  private final ScalarCode scalars;
  private final Function<Value, Region> regions;
  private final Map<Value, Optional<Form>> forms = new HashMap<>();

  /**
   * @param regions where a value is defined
   */
  FormAnalysis(Uses uses, ScalarCode scalars, Function<Value, Region> regions) {
    this.uses = uses;
    this.scalars = scalars;
    this.regions = regions;
  }

  Optional<Form> of(Value value) {
    Optional<Form> known = forms.get(value);
    if (known == null) {
      known = scalars.within(regions.apply(value), () -> compute(value));
      forms.put(value, known);
    }
    return known;
  }

  private Optional<Form> compute(Value value) {
    if (!value.type().isPointer() && value.dtype() != DType.I32 && value.dtype() != DType.I64) {
      return Optional.empty();
    }
    if (!value.type().isTile()) {
      return Optional.of(ofScalar(value));
    }
    Optional<Form> form =
        uses.definition(value).flatMap(op -> ofOp(op, value)).filter(f -> fits(f, value.shape()));
    return form.isPresent() ? form : opaque(value);
  }

  private Form ofScalar(Value value) {
    if (!value.type().isPointer()) {
      return new Form(
          false, Optional.empty(), scalars.of(value), List.of(), List.of(), value.dtype());
    }
    if (uses.definition(value).orElse(null) instanceof ElementwiseOp.AddPtr add) {
      Form pointer = of(add.pointer()).orElseThrow();
      Sc offset = scalars.wide(scalars.of(add.offset()));
      return pointer.withBase(scalars.add(pointer.base(), offset));
    }
    if (uses.definition(value).orElse(null) instanceof ElementwiseOp.Hint hint) {
      return of(hint.operand()).orElseThrow();
    }
    Sc zero = Sc.of(0, DType.I64);
    return new Form(true, Optional.of(value), zero, List.of(), List.of(), value.type().pointee());
  }

  /** A constant stride that leaves the range of i32 within the tile contradicts the assumption. */
  private static boolean fits(Form form, Shape shape) {
    if (form.isPointer() || form.dtype() != DType.I32) {
      return true;
    }
    for (int a = 0; a < shape.rank(); a++) {
      Sc stride = form.strides().get(a);
      if (stride.isConstant()
          && Math.abs(stride.constant()) * (shape.dim(a) - 1L) > Integer.MAX_VALUE) {
        return false;
      }
    }
    return true;
  }

  /** A tile that varies along one axis alone stands for itself. */
  private Optional<Form> opaque(Value value) {
    Shape shape = value.shape();
    int axis = -1;
    for (int a = 0; a < shape.rank(); a++) {
      if (shape.dim(a) > 1) {
        if (axis >= 0) {
          return Optional.empty();
        }
        axis = a;
      }
    }
    if (axis < 0) {
      return Optional.empty();
    }
    boolean isPointer = value.type().isPointer();
    DType dtype = isPointer ? value.type().pointee() : value.dtype();
    Sc zero = Sc.of(0, isPointer ? DType.I64 : dtype);
    Form.Opaque self = new Form.Opaque(value, axis, axis, Sc.of(1, DType.I64));
    return Optional.of(
        new Form(isPointer, Optional.empty(), zero, zeros(shape.rank()), List.of(self), dtype));
  }

  private static List<Sc> zeros(int rank) {
    return Collections.nCopies(rank, Sc.of(0, DType.I64));
  }

  private Optional<Form> ofOp(Op op, Value value) {
    return switch (op) {
      case ElementwiseOp.Constant c when !value.type().isPointer() ->
          Optional.of(
              new Form(
                  false,
                  Optional.empty(),
                  Sc.of(c.value().longValue(), value.dtype()),
                  zeros(value.shape().rank()),
                  List.of(),
                  value.dtype()));
      case ShapeOp.MakeRange r -> Optional.of(range(r, value));
      case ShapeOp.Splat s -> of(s.operand()).map(f -> splat(f, value.shape().rank()));
      case ShapeOp.Reshape r when !r.operand().type().isTile() ->
          of(r.operand()).map(f -> splat(f, value.shape().rank()));
      case ShapeOp.Reshape r -> of(r.operand()).flatMap(f -> reshape(f, r));
      case ShapeOp.Broadcast b -> view(b, value);
      case ShapeOp.ExpandDims e -> view(e, value);
      case ShapeOp.Permute p -> view(p, value);
      case ElementwiseOp.Hint h -> of(h.operand());
      case ElementwiseOp.AddPtr a ->
          of(a.pointer()).flatMap(p -> of(a.offset()).map(o -> addPtr(p, o)));
      case ElementwiseOp.Cast c -> of(c.operand()).flatMap(f -> cast(c, f));
      case ElementwiseOp.Unary u when u.kind() == UnaryKind.NEG ->
          of(u.operand()).filter(f -> !f.isPointer()).map(f -> scale(f, Sc.of(-1, f.dtype())));
      case ElementwiseOp.Binary b ->
          of(b.left()).flatMap(l -> of(b.right()).flatMap(r -> binary(b.kind(), l, r)));
      default -> Optional.empty();
    };
  }

  private static Form range(ShapeOp.MakeRange range, Value value) {
    Sc stride = Sc.of(value.shape().size() > 1 ? 1 : 0, DType.I32);
    return new Form(
        false,
        Optional.empty(),
        Sc.of(range.start(), DType.I32),
        List.of(stride),
        List.of(),
        DType.I32);
  }

  private static Form splat(Form scalar, int rank) {
    return new Form(
        scalar.isPointer(), scalar.root(), scalar.base(), zeros(rank), List.of(), scalar.dtype());
  }

  private Optional<Form> view(Op op, Value value) {
    Shape shape = value.shape();
    return ShapeMaps.through(op, value, IndexMap.identity(shape.rank()), shape.toArray())
        .flatMap(step -> of(step.operand()).flatMap(f -> under(f, step.map())));
  }

  private Optional<Form> reshape(Form form, ShapeOp.Reshape op) {
    Optional<Form> split = view(op, op.result());
    return split.isPresent() ? split : merge(form, op.operand().shape(), op.result().shape());
  }

  /** Several axes become one: their strides must continue each other. */
  private Optional<Form> merge(Form form, Shape from, Shape to) {
    if (!form.opaques().isEmpty()) {
      return Optional.empty();
    }
    Optional<IndexMap> map = IndexMap.identity(from.rank()).beforeReshape(to, from, from.toArray());
    if (map.isEmpty()) {
      return Optional.empty();
    }
    List<Sc> strides = new ArrayList<>(zeros(to.rank()));
    for (int a = 0; a < to.rank(); a++) {
      Sc unit = null;
      for (int j = from.rank() - 1; j >= 0; j--) {
        long weight = map.get().weight(a, j);
        if (weight == 0) {
          continue;
        }
        Sc stride = form.strides().get(j);
        if (unit == null && weight == 1) {
          unit = stride;
        } else if (unit == null || !stride.equals(scalars.mul(unit, Sc.of(weight, unit.dtype())))) {
          return Optional.empty();
        }
      }
      if (unit != null) {
        strides.set(a, unit);
      }
    }
    return Optional.of(
        new Form(form.isPointer(), form.root(), form.base(), strides, List.of(), form.dtype()));
  }

  /** The form as seen through a map: one stride for each axis of the nest. */
  Optional<Form> under(Form form, IndexMap map) {
    Sc base = form.base();
    List<Sc> strides = new ArrayList<>(zeros(map.nestRank()));
    for (int a = 0; a < map.rank(); a++) {
      Sc stride = form.strides().get(a);
      if (stride.is(0)) {
        continue;
      }
      if (map.constant(a) != 0) {
        Sc step = scalars.mul(stride, Sc.of(map.constant(a), stride.dtype()));
        base = scalars.add(base, form.isPointer() ? scalars.wide(step) : step);
      }
      for (int j = 0; j < map.nestRank(); j++) {
        if (map.weight(a, j) != 0) {
          Sc step = scalars.mul(stride, Sc.of(map.weight(a, j), stride.dtype()));
          strides.set(j, addStrides(strides.get(j), step));
        }
      }
    }
    List<Form.Opaque> opaques = new ArrayList<>();
    for (Form.Opaque o : form.opaques()) {
      Optional<Integer> axis = map.plainAxis(o.axis());
      if (axis.isEmpty()) {
        return Optional.empty();
      }
      opaques.add(new Form.Opaque(o.tile(), o.tileAxis(), axis.get(), o.scale()));
    }
    return Optional.of(
        new Form(form.isPointer(), form.root(), base, strides, opaques, form.dtype()));
  }

  private Sc addStrides(Sc a, Sc b) {
    if (a.is(0)) {
      return b;
    }
    if (b.is(0)) {
      return a;
    }
    return a.dtype() == b.dtype()
        ? scalars.add(a, b)
        : scalars.add(scalars.wide(a), scalars.wide(b));
  }

  private Form addPtr(Form pointer, Form offset) {
    return combine(pointer, offset, scalars.add(pointer.base(), scalars.wide(offset.base())), 1);
  }

  private Optional<Form> cast(ElementwiseOp.Cast op, Form form) {
    return switch (op.kind()) {
      case EXTS, EXTU ->
          op.operand().dtype() == DType.I32
              ? Optional.of(retyped(form, scalars.cast(op.kind(), form.base(), DType.I64)))
              : Optional.empty();
      case TRUNC ->
          Optional.of(retyped(form, scalars.cast(CastKind.TRUNC, form.base(), DType.I32)));
      case BITCAST ->
          form.isPointer()
                  && op.result().type().isPointer()
                  && form.root().isPresent()
                  && op.result().type().pointee() == form.dtype()
              ? Optional.of(form)
              : Optional.empty();
      case FPEXT, FPTRUNC, FPTRUNC_RTZ, SITOFP, UITOFP, FPTOSI, FPTOUI, PTRTOINT, INTTOPTR ->
          Optional.empty();
    };
  }

  private static Form retyped(Form form, Sc base) {
    return new Form(false, form.root(), base, form.strides(), form.opaques(), base.dtype());
  }

  private Optional<Form> binary(BinaryKind kind, Form l, Form r) {
    if (l.isPointer() || r.isPointer()) {
      return Optional.empty();
    }
    return switch (kind) {
      case ADD -> Optional.of(combine(l, r, scalars.add(l.base(), r.base()), 1));
      case SUB -> Optional.of(combine(l, r, scalars.sub(l.base(), r.base()), -1));
      case MUL ->
          r.isUniform()
              ? Optional.of(scale(l, r.base()))
              : l.isUniform() ? Optional.of(scale(r, l.base())) : Optional.empty();
      case SHL ->
          r.isUniform()
                  && r.base().isConstant()
                  && r.base().constant() >= 0
                  && r.base().constant() < 31
              ? Optional.of(scale(l, Sc.of(1L << r.base().constant(), l.dtype())))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private Form combine(Form l, Form r, Sc base, int sign) {
    List<Sc> strides = new ArrayList<>();
    for (int a = 0; a < l.strides().size(); a++) {
      Sc right = r.strides().get(a);
      Sc signed = sign > 0 || right.is(0) ? right : scalars.sub(Sc.of(0, right.dtype()), right);
      strides.add(addStrides(l.strides().get(a), signed));
    }
    List<Form.Opaque> opaques = new ArrayList<>(l.opaques());
    for (Form.Opaque o : r.opaques()) {
      Sc scale = sign > 0 ? o.scale() : scalars.sub(Sc.of(0, DType.I64), o.scale());
      opaques.add(new Form.Opaque(o.tile(), o.tileAxis(), o.axis(), scale));
    }
    return new Form(l.isPointer(), l.root(), base, strides, opaques, l.dtype());
  }

  private Form scale(Form form, Sc factor) {
    List<Sc> strides = form.strides().stream().map(s -> scaleStride(s, factor)).toList();
    List<Form.Opaque> opaques =
        form.opaques().stream()
            .map(
                o ->
                    new Form.Opaque(
                        o.tile(),
                        o.tileAxis(),
                        o.axis(),
                        scalars.mul(o.scale(), scalars.wide(factor))))
            .toList();
    return new Form(
        false, form.root(), scalars.mul(form.base(), factor), strides, opaques, form.dtype());
  }

  private Sc scaleStride(Sc stride, Sc factor) {
    if (stride.is(0)) {
      return stride;
    }
    if (stride.is(1)) {
      return factor;
    }
    return stride.dtype() == factor.dtype()
        ? scalars.mul(stride, factor)
        : scalars.mul(scalars.wide(stride), scalars.wide(factor));
  }
}
