package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.Cloning;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes one product of a loop that adds up the products of blocks along {@code k}:
 *
 * <pre>
 *   for k in range(0, K, BLOCK_K): acc = dot(load a[.., k ..], load b[k .., ..], acc)
 * </pre>
 *
 * <p>A loop is such a sum if it does nothing else, and if in every iteration both factors start
 * where they ended in the one before, along {@code k}, while nothing else about them changes. How
 * the kernel says so does not matter: addresses and bounds are compared as {@link Polynomial}s of
 * the induction variable and of the scalars that the loop carries.
 */
final class ProductLoops {
  private final DriverPolynomials polynomials;
  private final Set<Value> used = new HashSet<>();

  private ProductLoops(List<LoopStmt> body) {
    polynomials = new DriverPolynomials(body);
    StmtCode.visit(body, s -> used.addAll(StmtCode.operands(s)));
  }

  /** The code with such loops replaced, without scalars that nothing uses. */
  static List<LoopStmt> merge(List<LoopStmt> body) {
    return DeadScalars.remove(new ProductLoops(body).merged(body));
  }

  private List<LoopStmt> merged(List<LoopStmt> body) {
    List<LoopStmt> result = new ArrayList<>();
    for (LoopStmt statement : body) {
      if (statement instanceof LoopStmt.For loop && isSum(loop)) {
        replace(loop, result);
      } else {
        result.add(StmtCode.mapRefs(statement, ref -> ref, this::merged));
      }
    }
    return result;
  }

  private boolean isSum(LoopStmt.For loop) {
    if (loop.unsigned() || loop.results().stream().anyMatch(used::contains)) {
      return false;
    }
    Set<TileRef> accumulators = new HashSet<>();
    Set<Value> inside = new HashSet<>(loop.carried());
    inside.add(loop.induction());
    List<LoopStmt.Dot> dots = new ArrayList<>();
    for (LoopStmt statement : loop.body()) {
      switch (statement) {
        case LoopStmt.Scalar s when s.op() instanceof ElementwiseOp op -> inside.add(op.result());
        case LoopStmt.Dot dot when dot.accumulates() && accumulators.add(dot.acc()) ->
            dots.add(dot);
        default -> {
          return false;
        }
      }
    }
    return !dots.isEmpty()
        && isNumber(loop.step())
        && number(loop.step()) > 0
        && new Steps(loop, inside).continueIn(dots);
  }

  private boolean isNumber(Value value) {
    return polynomials.of(value).equals(Polynomial.of(number(value)));
  }

  /** The number that a value is, if it is one. */
  private long number(Value value) {
    return polynomials.of(value).terms().getOrDefault(Map.of(), 0L);
  }

  /** What an iteration of a loop changes. */
  private final class Steps {
    private final Map<Value, Polynomial> next = new HashMap<>();
    private final Set<Value> inside;

    Steps(LoopStmt.For loop, Set<Value> inside) {
      this.inside = inside;
      Polynomial step = polynomials.of(loop.step());
      next.put(loop.induction(), Polynomial.of(loop.induction()).plus(step));
      for (int i = 0; i < loop.carried().size(); i++) {
        next.put(loop.carried().get(i), polynomials.of(loop.yields().get(i)));
      }
    }

    boolean continueIn(List<LoopStmt.Dot> dots) {
      return dots.stream()
          .allMatch(
              dot -> {
                int rank = dot.acc().strides().size();
                return dot.repeats().isEmpty()
                    && continues(dot.a(), rank - 1, dot.k())
                    && continues(dot.b(), rank - 2, dot.k());
              });
    }

    /** Whether a factor starts in each iteration where it ended in the one before. */
    private boolean continues(LoopStmt.Factor factor, int axis, int k) {
      TileRef ref = factor.ref();
      if (!(ref.base() instanceof TileRef.Global base)
          || !base.pointer().type().isPointer()
          || base.pointer().type().pointee() != ref.dtype()) {
        return false;
      }
      Optional<Polynomial> stride = stride(ref.strides().get(axis));
      return stride.isPresent()
          && changesBy(base.pointer(), stride.get().times(Polynomial.of(k)))
          && ref.strides().stream()
              .allMatch(s -> !(s instanceof TileRef.Dynamic d) || stays(d.elements()))
          && factor.bounds().stream().allMatch(b -> continues(b, b.axis() == axis ? -k : 0));
    }

    private boolean continues(LoopStmt.Bound bound, long change) {
      Polynomial by = Polynomial.of(change);
      return bound.lower().map(v -> changesBy(v, by)).orElse(true)
          && bound.upper().map(v -> changesBy(v, by)).orElse(true);
    }

    private Optional<Polynomial> stride(TileRef.Stride stride) {
      return switch (stride) {
        case TileRef.Fixed fixed -> Optional.of(Polynomial.of(fixed.elements()));
        case TileRef.Dynamic dynamic -> Optional.of(polynomials.of(dynamic.elements()));
        case TileRef.Indexed _ -> Optional.empty();
      };
    }

    private boolean stays(Value value) {
      return changesBy(value, Polynomial.of(0));
    }

    private boolean changesBy(Value value, Polynomial difference) {
      Polynomial now = polynomials.of(value);
      boolean isKnown =
          now.variables().stream().allMatch(v -> next.containsKey(v) || !inside.contains(v));
      return isKnown && now.with(next).minus(now).equals(difference);
    }
  }

  /** Writes the scalars of the first iteration, and products over all. */
  private void replace(LoopStmt.For loop, List<LoopStmt> result) {
    Value repeats = repeats(loop, result);
    var first = new Cloning();
    first.bind(loop.induction(), loop.lower());
    first.bind(loop.carried(), loop.inits());
    for (LoopStmt statement : loop.body()) {
      switch (statement) {
        case LoopStmt.Scalar s -> result.add(new LoopStmt.Scalar(s.op().rewrite(first)));
        case LoopStmt.Dot dot -> result.add(StmtCode.repeated(dot, repeats, first));
        default -> throw new IllegalStateException("a sum of products does nothing else");
      }
    }
  }

  /** The number of iterations, if it is positive. */
  private Value repeats(LoopStmt.For loop, List<LoopStmt> result) {
    long step = number(loop.step());
    Value distance = wide(loop, loop.upper(), result);
    long addend = step - 1;
    if (isNumber(loop.lower())) {
      addend -= number(loop.lower());
    } else {
      distance = binary(loop, BinaryKind.SUB, distance, wide(loop, loop.lower(), result), result);
    }
    if (addend != 0) {
      distance = binary(loop, BinaryKind.ADD, distance, constant(loop, addend, result), result);
    }
    // Rounded to zero: what is not positive stays so.
    return step == 1
        ? distance
        : binary(loop, BinaryKind.DIVS, distance, constant(loop, step, result), result);
  }

  private static Value wide(LoopStmt.For loop, Value value, List<LoopStmt> result) {
    if (value.dtype() == DType.I64) {
      return value;
    }
    Value wide = new Value(Type.scalar(DType.I64));
    result.add(new LoopStmt.Scalar(new ElementwiseOp.Cast(loop.loc(), wide, CastKind.EXTS, value)));
    return wide;
  }

  private static Value constant(LoopStmt.For loop, long number, List<LoopStmt> result) {
    Value value = new Value(Type.scalar(DType.I64));
    result.add(new LoopStmt.Scalar(new ElementwiseOp.Constant(loop.loc(), value, number)));
    return value;
  }

  private static Value binary(
      LoopStmt.For loop, BinaryKind kind, Value left, Value right, List<LoopStmt> result) {
    Value value = new Value(Type.scalar(DType.I64));
    result.add(new LoopStmt.Scalar(new ElementwiseOp.Binary(loop.loc(), value, kind, left, right)));
    return value;
  }
}
