package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.frontend.Outcome.Returned;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/** Where the two sides of an {@code if} meet: the values that leave it, and its operation. */
final class Join {
  private final Interpreter interpreter;
  private final Value condition;
  private final Scope before;
  private final Branch then;
  private final Branch orElse;
  private final Location loc;
  private final List<Value> results = new ArrayList<>();
  private final List<Value> thenYields = new ArrayList<>();
  private final List<Value> elseYields = new ArrayList<>();

  /** Makes the error for two values of which one variable cannot be either. */
  interface Mismatch {
    CompilationException error(FrontValue then, FrontValue orElse);
  }

  Join(Interpreter interpreter, Value condition, Scope before, Branch then, Branch orElse) {
    this.interpreter = interpreter;
    this.condition = condition;
    this.before = before;
    this.then = then;
    this.orElse = orElse;
    this.loc = interpreter.location();
  }

  /** Emits the {@code if}, enters the variables that hold after it, and says how it ends. */
  Outcome build() {
    if (!then.returns() || !orElse.returns()) {
      interpreter.frame().enter(variables());
    }
    Outcome outcome = outcome();
    emit();
    return outcome;
  }

  /** Emits the operation with the results that were merged so far. */
  void emit() {
    if (results.isEmpty() && then.ops().isEmpty() && orElse.ops().isEmpty()) {
      return;
    }
    interpreter
        .builder()
        .append(
            new ControlOp.If(
                loc, results, condition, block(then, thenYields), block(orElse, elseYields)));
  }

  private Block block(Branch branch, List<Value> yields) {
    var ops = new ArrayList<Op>(branch.ops());
    ops.add(new ControlOp.Yield(loc, yields));
    return new Block(List.of(), ops);
  }

  // ---- how it ends

  private Outcome outcome() {
    if (then.outcome() instanceof Outcome.Falls && orElse.outcome() instanceof Outcome.Falls) {
      return Outcome.FALLS;
    }
    Returned returned = merge(returned(then), returned(orElse));
    if (then.returns() && orElse.returns()) {
      return new Outcome.Returns(returned);
    }
    return new Outcome.MayReturn(flag(), returned);
  }

  /** Whether the function was left on the side that was taken. */
  private Value flag() {
    if (then.returns() && orElse.outcome() instanceof Outcome.Falls) {
      return condition;
    }
    return route(flag(then), flag(orElse), "returned");
  }

  private Value flag(Branch branch) {
    return switch (branch.outcome()) {
      case Outcome.MayReturn may -> may.flag();
      case Outcome.Returns returns ->
          branch.build(() -> interpreter.builder().constant(DType.I1, 1L));
      case Outcome.Falls falls -> branch.build(() -> interpreter.builder().constant(DType.I1, 0L));
    };
  }

  private static Optional<Returned> returned(Branch branch) {
    return switch (branch.outcome()) {
      case Outcome.Returns returns -> Optional.of(returns.returned());
      case Outcome.MayReturn may -> Optional.of(may.returned());
      case Outcome.Falls falls -> Optional.empty();
    };
  }

  private Returned merge(Optional<Returned> a, Optional<Returned> b) {
    Optional<FrontValue> left = a.flatMap(Join::result);
    Optional<FrontValue> right = b.flatMap(Join::result);
    if (left.isEmpty() && right.isEmpty()) {
      return new Returned.EndReached();
    }
    if (left.isPresent() && right.isPresent()) {
      return new Returned.Result(
          merge(left.get(), right.get(), "result", this::inconsistentReturns));
    }
    if (left.filter(Constants::isNone).isEmpty()
        && right.filter(Constants::isNone).isEmpty()
        && (a.filter(Returned.EndReached.class::isInstance).isPresent()
            || b.filter(Returned.EndReached.class::isInstance).isPresent())) {
      interpreter.warn(
          "function "
              + interpreter.frame().function()
              + " may reach its end without `return`; its result is 0 there");
    }
    return new Returned.Result(
        left.isPresent()
            ? fromOneSide(left.get(), true, "result")
            : fromOneSide(right.get(), false, "result"));
  }

  private static Optional<FrontValue> result(Returned returned) {
    return switch (returned) {
      case Returned.Result result -> Optional.of(result.value());
      case Returned.EndReached end -> Optional.empty();
    };
  }

  private CompilationException inconsistentReturns(FrontValue a, FrontValue b) {
    return interpreter.error(
        "Inconsistent return types: "
            + Conversions.describe(a)
            + " and "
            + Conversions.describe(b)
            + " in function "
            + interpreter.frame().function(),
        "every `return` must give a value of the same type");
  }

  // ---- variables

  private Scope variables() {
    Scope after = before.copy();
    var names = new LinkedHashSet<>(before.names());
    names.addAll(then.scope().names());
    names.addAll(orElse.scope().names());
    for (String name : names) {
      if (then.returns()) {
        fromLiveSide(after, name, orElse, false);
      } else if (orElse.returns()) {
        fromLiveSide(after, name, then, true);
      } else {
        fromBothSides(after, name);
      }
    }
    return after;
  }

  private void fromLiveSide(Scope after, String name, Branch live, boolean isThen) {
    Optional<FrontValue> value = live.scope().get(name);
    if (value.isEmpty()) {
      hide(after, name);
    } else if (before.get(name).filter(prior -> Leaves.identical(prior, value.get())).isEmpty()) {
      assign(after, name, fromOneSide(value.get(), isThen, name), live.scope());
    }
  }

  private void fromBothSides(Scope after, String name) {
    Optional<FrontValue> a = then.scope().get(name);
    Optional<FrontValue> b = orElse.scope().get(name);
    Optional<FrontValue> prior = before.get(name);
    if (a.isEmpty() || b.isEmpty()) {
      hide(after, name);
      return;
    }
    if (Leaves.identical(a.get(), b.get())) {
      if (prior.filter(value -> Leaves.identical(value, a.get())).isEmpty()) {
        assign(after, name, a.get(), then.scope());
      }
      return;
    }
    if (prior.isPresent()) {
      checkRedefinition(name, prior.get(), a.get(), then);
      checkRedefinition(name, prior.get(), b.get(), orElse);
    } else if (differentConstants(a.get(), b.get())) {
      after.hide(
          name, name + " is another constant in each branch of the `if` at line " + loc.line());
      return;
    }
    Scope changed =
        prior.filter(value -> Leaves.identical(value, a.get())).isPresent()
            ? orElse.scope()
            : then.scope();
    FrontValue merged =
        merge(
            a.get(),
            b.get(),
            name,
            (x, y) ->
                prior
                    .map(value -> redefined(name, value, x, y))
                    .orElseGet(() -> mismatched(name, x, y)));
    assign(after, name, merged, changed);
  }

  private static boolean differentConstants(FrontValue a, FrontValue b) {
    return a instanceof Constexpr && b instanceof Constexpr;
  }

  private void assign(Scope after, String name, FrontValue value, Scope from) {
    after.assign(name, value, from.assignedAt(name).orElse(loc));
  }

  private void hide(Scope after, String name) {
    String reason =
        then.scope()
            .whyHidden(name)
            .or(() -> orElse.scope().whyHidden(name))
            .orElse(
                name
                    + " is assigned in one branch only of the `if` at line "
                    + loc.line()
                    + "; assign it before the `if` or in both branches");
    after.hide(name, reason);
  }

  /** A variable that exists before keeps its type, unless it is a constant that may decay. */
  private void checkRedefinition(String name, FrontValue prior, FrontValue value, Branch branch) {
    if (Leaves.identical(prior, value)) {
      return;
    }
    if (before.isDeclaredConstant(name) || !mayReplace(prior, value)) {
      throw redefinition(name, prior, value, branch);
    }
  }

  private static boolean mayReplace(FrontValue prior, FrontValue value) {
    if (!Leaves.sameStructure(prior, value)) {
      return false;
    }
    Iterator<FrontValue> values = Leaves.of(value).iterator();
    for (FrontValue leaf : Leaves.of(prior)) {
      FrontValue other = values.next();
      if (leaf instanceof Tensor tensor
          && !(other instanceof Tensor same && same.type().equals(tensor.type()))) {
        return false;
      }
    }
    return true;
  }

  private CompilationException redefined(
      String name, FrontValue prior, FrontValue a, FrontValue b) {
    return Leaves.identical(prior, a)
        ? redefinition(name, prior, b, orElse)
        : redefinition(name, prior, a, then);
  }

  private CompilationException redefinition(
      String name, FrontValue prior, FrontValue value, Branch branch) {
    return CompilationException.at(
        branch.scope().assignedAt(name).orElse(loc),
        "initial value for `"
            + name
            + "` is of type "
            + Conversions.describe(prior)
            + ", but the "
            + branch.name()
            + " block redefines it as "
            + Conversions.describe(value),
        "a variable keeps its type over an `if` whose condition is known at run time only");
  }

  private CompilationException mismatched(String name, FrontValue a, FrontValue b) {
    return CompilationException.at(
        orElse.scope().assignedAt(name).orElse(loc),
        "Mismatched type for "
            + name
            + " between then block ("
            + Conversions.describe(a)
            + ") and else block ("
            + Conversions.describe(b)
            + ")",
        "convert one of them with `.to(dtype)`, or give them one shape");
  }

  // ---- values

  /** The value that leaves the {@code if}: that of the side which was taken. */
  FrontValue merge(FrontValue a, FrontValue b, String hint, Mismatch mismatch) {
    if (Leaves.identical(a, b)) {
      return a;
    }
    if (!Leaves.sameStructure(a, b)) {
      throw mismatch.error(a, b);
    }
    if (a instanceof TupleValue || a instanceof Composite) {
      Iterator<FrontValue> right = Leaves.of(b).iterator();
      return Leaves.map(
          a, leaf -> mergeLeaf(leaf, right.next(), hint, (x, y) -> mismatch.error(a, b)));
    }
    return mergeLeaf(a, b, hint, mismatch);
  }

  private FrontValue mergeLeaf(FrontValue a, FrontValue b, String hint, Mismatch mismatch) {
    if (Leaves.identical(a, b)) {
      return a;
    }
    Optional<Tensor> left = asTensor(then, a, b);
    Optional<Tensor> right = asTensor(orElse, b, a);
    if (left.isEmpty() || right.isEmpty()) {
      throw mismatch.error(a, b);
    }
    if (!left.get().type().equals(right.get().type())) {
      throw mismatch.error(left.get(), right.get());
    }
    Value value = route(left.get().value(), right.get().value(), hint);
    return new Tensor(value, left.get().type());
  }

  /** The value itself, or a constant number as a run-time value of the other side's type. */
  private Optional<Tensor> asTensor(Branch side, FrontValue value, FrontValue other) {
    return switch (value) {
      case Tensor tensor -> Optional.of(tensor);
      case Constexpr constant when Constants.isNumber(constant.value()) ->
          Optional.of(side.build(() -> Weak.toTensor(interpreter, constant, other)));
      default -> Optional.empty();
    };
  }

  /** A value that only one side has; on the other it does not matter. */
  private FrontValue fromOneSide(FrontValue value, boolean isThen, String hint) {
    Branch other = isThen ? orElse : then;
    return Leaves.map(
        value,
        leaf -> {
          if (!(leaf instanceof Tensor tensor)) {
            return leaf;
          }
          Value filler = other.build(() -> zero(tensor));
          Value routed =
              isThen ? route(tensor.value(), filler, hint) : route(filler, tensor.value(), hint);
          return new Tensor(routed, tensor.type());
        });
  }

  private Value zero(Tensor like) {
    Number zero = like.value().dtype().isFloat() ? (Number) 0.0 : (Number) 0L;
    return interpreter.builder().constant(like.value().type(), zero);
  }

  private Value route(Value whenTrue, Value whenFalse, String hint) {
    for (int i = 0; i < results.size(); i++) {
      if (thenYields.get(i) == whenTrue && elseYields.get(i) == whenFalse) {
        return results.get(i);
      }
    }
    var result = new Value(whenTrue.type(), hint);
    results.add(result);
    thenYields.add(whenTrue);
    elseYields.add(whenFalse);
    return result;
  }
}
