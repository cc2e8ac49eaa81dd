package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Emits pure scalar driver code: folds constants, emits an expression once, and places it as far
 * out of loops and as early as its operands allow.
 */
final class ScalarCode {
  private final Uses uses;
  private final Map<Value, Place> places = new HashMap<>();
  private final Map<List<Object>, Value> known = new HashMap<>();
  private final Map<Value, Number> constants = new HashMap<>();
  private final Map<Value, Sum> sums = new HashMap<>();
  private Region current;
  private Location location = Location.UNKNOWN;

  ScalarCode(Uses uses, Region root) {
    this.uses = uses;
    this.current = root;
  }

  /** A scalar that is another one plus a constant. */
  private record Sum(Value symbol, long addend) {}

  /** Where a scalar may be used: in the region, from the item of the index on. */
  record Place(Region region, int index) {}

  Place place(Value scalar) {
    return Objects.requireNonNull(places.get(scalar), () -> "no place for " + scalar);
  }

  void define(Value scalar, Region region, int index) {
    places.put(scalar, new Place(region, index));
  }

  Region current() {
    return current;
  }

  /** Runs the action with another region as the innermost one that code may go to. */
  <T> T within(Region region, Supplier<T> action) {
    Region before = current;
    current = region;
    try {
      return action.get();
    } finally {
      current = before;
    }
  }

  void at(Location loc) {
    location = loc;
  }

  /** Places a pure scalar operation of the kernel. */
  void emit(ElementwiseOp op) {
    Region target = current;
    while (target.isLoopBody() && target.parent().isPresent() && isOutside(op, target)) {
      target = target.parent().get();
    }
    int index = 0;
    for (Value operand : op.operands()) {
      Place place = place(operand);
      if (place.region() == target) {
        index = Math.max(index, place.index());
      }
    }
    target.insert(index, new LoopStmt.Scalar(op));
    define(op.result(), target, index);
    if (op instanceof ElementwiseOp.Constant c) {
      constants.put(op.result(), c.value());
    }
    if (op instanceof ElementwiseOp.Binary add && add.kind() == BinaryKind.ADD && isIndex(add)) {
      noteSum(Sc.of(op.result()), of(add.left()), of(add.right()));
    }
    key(op).ifPresent(k -> known.putIfAbsent(k, op.result()));
  }

  private static boolean isIndex(ElementwiseOp.Binary op) {
    return op.result().dtype() == DType.I32 || op.result().dtype() == DType.I64;
  }

  private boolean isOutside(Op op, Region region) {
    return op.operands().stream().allMatch(v -> place(v).region() != region);
  }

  private static Optional<List<Object>> key(ElementwiseOp op) {
    Type type = op.result().type();
    return switch (op) {
      case ElementwiseOp.Binary b -> Optional.of(List.of(b.kind(), type, b.left(), b.right()));
      case ElementwiseOp.Cast c -> Optional.of(List.of(c.kind(), type, c.operand()));
      case ElementwiseOp.Constant c -> Optional.of(List.of("constant", type, c.value()));
      case ElementwiseOp.AddPtr a -> Optional.of(List.of("addptr", a.pointer(), a.offset()));
      case ElementwiseOp.Compare c -> Optional.of(List.of(c.kind(), c.left(), c.right()));
      case ElementwiseOp.Select s ->
          Optional.of(List.of("select", s.condition(), s.whenTrue(), s.whenFalse()));
      case ElementwiseOp.Unary u -> Optional.empty();
      case ElementwiseOp.Fma f -> Optional.empty();
      case ElementwiseOp.Hint h -> Optional.empty();
      case ElementwiseOp.ProgramId p -> Optional.empty();
      case ElementwiseOp.NumPrograms n -> Optional.empty();
    };
  }

  private Value derive(ElementwiseOp op) {
    List<Object> key = key(op).orElseThrow();
    Value same = known.get(key);
    if (same != null && current.isWithin(place(same).region())) {
      return same;
    }
    known.remove(key);
    emit(op);
    return op.result();
  }

  /** The number, if the scalar is a constant. */
  Optional<Number> constant(Value scalar) {
    Number number = constants.get(scalar);
    return number != null ? Optional.of(number) : uses.constant(scalar);
  }

  /** A scalar of the kernel, {@code i32} or {@code i64}. */
  Sc of(Value scalar) {
    return constant(scalar)
        .map(n -> Sc.of(n.longValue(), scalar.dtype()))
        .orElseGet(() -> Sc.of(scalar));
  }

  Value value(Sc scalar) {
    return scalar.isConstant()
        ? constant(Type.scalar(scalar.dtype()), scalar.constant())
        : scalar.value();
  }

  Value constant(Type type, long number) {
    return derive(new ElementwiseOp.Constant(location, new Value(type), number));
  }

  Sc add(Sc a, Sc b) {
    if (a.isConstant() && b.isConstant()) {
      return Sc.of(a.constant() + b.constant(), a.dtype());
    }
    if (a.is(0) || b.is(0)) {
      return a.is(0) ? b : a;
    }
    return noteSum(binary(BinaryKind.ADD, a, b), a, b);
  }

  private Sc noteSum(Sc sum, Sc a, Sc b) {
    if (a.isConstant() != b.isConstant()) {
      Sc scalar = a.isConstant() ? b : a;
      long addend = addend(a) + addend(b);
      sums.put(sum.value(), new Sum(symbol(scalar).orElseThrow(), addend));
    }
    return sum;
  }

  /** What a scalar is without a constant that was added last; empty for a constant. */
  Optional<Value> symbol(Sc scalar) {
    if (scalar.isConstant()) {
      return Optional.empty();
    }
    Sum sum = sums.get(scalar.value());
    return Optional.of(sum == null ? scalar.value() : sum.symbol());
  }

  /** The constant that was added last. */
  long addend(Sc scalar) {
    if (scalar.isConstant()) {
      return scalar.constant();
    }
    Sum sum = sums.get(scalar.value());
    return sum == null ? 0 : sum.addend();
  }

  Sc sub(Sc a, Sc b) {
    if (a.isConstant() && b.isConstant()) {
      return Sc.of(a.constant() - b.constant(), a.dtype());
    }
    if (a.equals(b)) {
      return Sc.of(0, a.dtype());
    }
    return b.is(0) ? a : binary(BinaryKind.SUB, a, b);
  }

  Sc mul(Sc a, Sc b) {
    if (a.isConstant() && b.isConstant()) {
      return Sc.of(a.constant() * b.constant(), a.dtype());
    }
    if (a.is(0) || b.is(0)) {
      return Sc.of(0, a.dtype());
    }
    return a.is(1) ? b : b.is(1) ? a : binary(BinaryKind.MUL, a, b);
  }

  Sc min(Sc a, Sc b) {
    if (a.isConstant() && b.isConstant()) {
      return Sc.of(Math.min(a.constant(), b.constant()), a.dtype());
    }
    return a.equals(b) ? a : binary(BinaryKind.MINS, a, b);
  }

  Sc max(Sc a, Sc b) {
    if (a.isConstant() && b.isConstant()) {
      return Sc.of(Math.max(a.constant(), b.constant()), a.dtype());
    }
    return a.equals(b) ? a : binary(BinaryKind.MAXS, a, b);
  }

  /** The quotient by a positive constant, rounded down. */
  Sc floorDiv(Sc a, long divisor) {
    if (divisor == 1) {
      return a;
    }
    if (a.isConstant()) {
      return Sc.of(Math.floorDiv(a.constant(), divisor), a.dtype());
    }
    if (Long.bitCount(divisor) == 1) {
      int shift = Long.numberOfTrailingZeros(divisor);
      return binary(BinaryKind.SHRS, a, Sc.of(shift, a.dtype()));
    }
    Sc by = Sc.of(divisor, a.dtype());
    Sc quotient = binary(BinaryKind.DIVS, a, by);
    // The sign of the remainder, all ones or zero, lowers the quotient of a negative number.
    Sc remainder = binary(BinaryKind.REMS, a, by);
    return add(quotient, binary(BinaryKind.SHRS, remainder, Sc.of(63, a.dtype())));
  }

  private Sc binary(BinaryKind kind, Sc a, Sc b) {
    Value result = new Value(Type.scalar(a.dtype()));
    return Sc.of(derive(new ElementwiseOp.Binary(location, result, kind, value(a), value(b))));
  }

  Sc wide(Sc a) {
    return cast(CastKind.EXTS, a, DType.I64);
  }

  /** Extends or truncates; a scalar that already has the type stays. */
  Sc cast(CastKind kind, Sc a, DType dtype) {
    if (a.dtype() == dtype) {
      return a;
    }
    if (a.isConstant()) {
      long number = kind == CastKind.EXTU ? a.constant() & 0xFFFF_FFFFL : a.constant();
      return Sc.of(number, dtype);
    }
    Value result = new Value(Type.scalar(dtype));
    Sc cast = Sc.of(derive(new ElementwiseOp.Cast(location, result, kind, a.value())));
    Sum sum = sums.get(a.value());
    if (sum != null && kind == CastKind.EXTS) {
      // An index expression does not wrap around: the symbol stands for its extension too.
      sums.put(cast.value(), sum);
      return cast;
    }
    if (kind == CastKind.EXTS) {
      sums.put(cast.value(), new Sum(a.value(), 0));
    }
    return cast;
  }

  Value addPtr(Value pointer, Sc offset) {
    if (offset.is(0)) {
      return pointer;
    }
    Value result = new Value(pointer.type());
    return derive(new ElementwiseOp.AddPtr(location, result, pointer, value(offset)));
  }

  /** The address that a pointer holds. */
  Value address(Value pointer) {
    Value result = new Value(Type.scalar(DType.I64));
    return derive(new ElementwiseOp.Cast(location, result, CastKind.PTRTOINT, pointer));
  }

  Value compare(CompareKind kind, Value left, Value right) {
    Value result = new Value(Type.scalar(DType.I1));
    return derive(new ElementwiseOp.Compare(location, result, kind, left, right));
  }

  Value and(Value left, Value right) {
    Value result = new Value(Type.scalar(DType.I1));
    return derive(new ElementwiseOp.Binary(location, result, BinaryKind.AND, left, right));
  }

  /** {@code condition ? whenTrue : whenFalse} of constants. */
  Sc select(Value condition, long whenTrue, long whenFalse) {
    Value result = new Value(Type.scalar(DType.I64));
    return Sc.of(
        derive(
            new ElementwiseOp.Select(
                location,
                result,
                condition,
                constant(result.type(), whenTrue),
                constant(result.type(), whenFalse))));
  }
}
