package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The variables that a loop hands from one iteration to the next: those that exist before it and
 * that its body assigns. Each run-time leaf of such a variable is one carried value.
 *
 * <p>A variable that holds a constant stays constant as long as the body leaves it as it is; if the
 * body turns out to change it, the loop is built again with the variable made a run-time value.
 */
final class Carried {
  private final Interpreter interpreter;
  private final Map<String, FrontValue> initial = new LinkedHashMap<>();
  private final List<Value> inits = new ArrayList<>();

  /**
   * @param names those that the body may assign
   * @param scope the variables before the loop
   */
  Carried(Interpreter interpreter, Set<String> names, Scope scope) {
    this.interpreter = interpreter;
    for (String name : scope.names()) {
      if (names.contains(name)) {
        FrontValue value = scope.get(name).orElseThrow();
        initial.put(name, value);
        inits.addAll(tensors(value));
      }
    }
  }

  private static List<Value> tensors(FrontValue value) {
    return Leaves.of(value).stream()
        .filter(Tensor.class::isInstance)
        .map(leaf -> ((Tensor) leaf).value())
        .toList();
  }

  /** The values before the loop. */
  List<Value> inits() {
    return inits;
  }

  /** Fresh block parameters, one for each carried value, named after their variables. */
  List<Value> parameters() {
    var parameters = new ArrayList<Value>();
    initial.forEach(
        (name, value) ->
            tensors(value).forEach(init -> parameters.add(new Value(init.type(), name))));
    return parameters;
  }

  /** Gives the variables of the scope these carried values. */
  void bind(Scope scope, List<Value> values, Location at) {
    Iterator<Value> next = values.iterator();
    initial.forEach(
        (name, value) -> {
          FrontValue bound =
              Leaves.map(
                  value,
                  leaf ->
                      leaf instanceof Tensor tensor
                          ? new Tensor(next.next(), tensor.type())
                          : leaf);
          if (!Leaves.identical(bound, scope.get(name).orElse(Constants.NONE))) {
            scope.assign(name, bound, scope.assignedAt(name).orElse(at));
          }
        });
  }

  /**
   * The carried values as they are at the end of the body (or of the condition of a {@code while}).
   *
   * @param changed receives the names of variables that the loop needs as run-time values
   */
  List<Value> collect(Scope after, Scope declared, Location loop, Set<String> changed) {
    var values = new ArrayList<Value>();
    initial.forEach(
        (name, value) -> {
          if (after.contains(name)) {
            values.addAll(
                collect(
                    name, value, after.get(name).orElseThrow(), after, declared, loop, changed));
          } else {
            throw CompilationException.at(
                loop,
                "Loop-carried variable " + name + " is not defined at the end of the loop's body",
                after.whyHidden(name).orElse("assign it on every path through the body"));
          }
        });
    return values;
  }

  private List<Value> collect(
      String name,
      FrontValue init,
      FrontValue end,
      Scope after,
      Scope declared,
      Location loop,
      Set<String> changed) {
    Location at = after.assignedAt(name).orElse(loop);
    if (!Leaves.sameStructure(init, end)) {
      throw changedType(at, name, init, end);
    }
    var values = new ArrayList<Value>();
    Iterator<FrontValue> ends = Leaves.of(end).iterator();
    for (FrontValue leaf : Leaves.of(init)) {
      FrontValue last = ends.next();
      if (leaf instanceof Tensor tensor) {
        if (!(last instanceof Tensor same && same.type().equals(tensor.type()))) {
          throw changedType(at, name, init, end);
        }
        values.add(same.value());
      } else if (!Leaves.identical(leaf, last)) {
        if (declared.isDeclaredConstant(name)) {
          throw CompilationException.at(
              at,
              "cannot reassign constexpr " + name + " in the loop",
              "assign it to another variable without tl.constexpr before the loop");
        }
        if (!(leaf instanceof Constexpr c && Constants.isNumber(c.value()))) {
          throw changedType(at, name, init, end);
        }
        changed.add(name);
      }
    }
    return values;
  }

  private CompilationException changedType(
      Location at, String name, FrontValue init, FrontValue end) {
    return CompilationException.at(
        at,
        "Loop-carried variable "
            + name
            + " has initial type "
            + Conversions.describe(init)
            + " but is re-assigned to "
            + Conversions.describe(end)
            + " in the loop",
        hint(init, end));
  }

  private static String hint(FrontValue init, FrontValue end) {
    if (init instanceof Tensor before && end instanceof Tensor after) {
      if (!before.type().shape().equals(after.type().shape())) {
        return "give the variable its full shape before the loop, for instance with tl.zeros";
      }
      if (!before.type().isPointer() && !after.type().isPointer()) {
        return "convert with `.to(tl."
            + before.type().dtype().languageName()
            + ")`, or give the variable that type before the loop";
      }
    }
    return "make sure that the type stays the same";
  }

  /** Replaces the constants of variables by run-time values of the same number. */
  static void makeDynamic(Interpreter interpreter, Scope scope, Set<String> names) {
    for (String name : new LinkedHashSet<>(names)) {
      FrontValue value = scope.get(name).orElseThrow();
      scope.replace(
          name,
          Leaves.map(
              value,
              leaf ->
                  leaf instanceof Constexpr c && Constants.isNumber(c.value())
                      ? Conversions.toTensor(interpreter, c)
                      : leaf));
    }
  }
}
