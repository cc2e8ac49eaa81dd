package dev.kiln.runtime.signature;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Parameter;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The names of one call of a function: its parameters with what is passed, and its locals. */
final class FunctionScope {
  /** A value that is bound to a name: an expression, or one element of a tuple that it gives. */
  record Value(Expr expr, int element) {
    static final int WHOLE = -1;
  }

  private final Stmt.FunctionDef function;
  private final FileFunctions functions;
  private final Optional<FunctionScope> caller;
  private final int depth;
  private final Map<String, Optional<Expr>> parameters = new HashMap<>();
  private final Map<String, List<Value>> values = new HashMap<>();
  private final Map<String, List<Expr>> additions = new HashMap<>();
  private final Set<String> counters = new HashSet<>();
  private final List<Expr> returned = new ArrayList<>();
  private final Map<Expr.Call, Optional<FunctionScope>> calls = new IdentityHashMap<>();
  private final Map<Use, Set<String>> noted = new EnumMap<>(Use.class);

  private FunctionScope(
      Stmt.FunctionDef function,
      FileFunctions functions,
      Optional<FunctionScope> caller,
      int depth) {
    this.function = function;
    this.functions = functions;
    this.caller = caller;
    this.depth = depth;
    function.parameters().forEach(it -> parameters.put(it.name(), Optional.empty()));
    SyntaxWalk.statements(function.body(), this::bind);
  }

  /** A kernel, whose arguments nobody passes. */
  static FunctionScope root(Stmt.FunctionDef function, FileFunctions functions) {
    return new FunctionScope(function, functions, Optional.empty(), 0);
  }

  /** The function that a call in this one calls, if its text is known. The same each time. */
  Optional<FunctionScope> callee(Expr.Call call, int deepest) {
    return calls.computeIfAbsent(
        call,
        it ->
            depth >= deepest || parameters.containsKey(firstName(it.function()))
                ? Optional.empty()
                : functions.find(it.function()).map(found -> called(found, it)));
  }

  private FunctionScope called(FileFunctions.Found found, Expr.Call call) {
    var scope =
        new FunctionScope(found.function(), found.functions(), Optional.of(this), depth + 1);
    List<Parameter> taken = found.function().parameters();
    for (int i = 0; i < Math.min(taken.size(), call.args().size()); i++) {
      if (call.args().get(i) instanceof Expr.Starred) {
        break;
      }
      scope.parameters.put(taken.get(i).name(), Optional.of(call.args().get(i)));
    }
    call.keywords()
        .forEach(
            keyword ->
                keyword
                    .name()
                    .filter(scope.parameters::containsKey)
                    .ifPresent(name -> scope.parameters.put(name, Optional.of(keyword.value()))));
    return scope;
  }

  private static String firstName(Expr expr) {
    return switch (expr) {
      case Expr.Name it -> it.id();
      case Expr.Attribute it -> firstName(it.value());
      default -> "";
    };
  }

  private void bind(Stmt statement) {
    switch (statement) {
      case Stmt.Assign it -> it.targets().forEach(target -> bind(target, it.value()));
      case Stmt.AnnAssign it -> it.value().ifPresent(value -> bind(it.target(), value));
      case Stmt.AugAssign it when it.target() instanceof Expr.Name target ->
          additions.computeIfAbsent(target.id(), name -> new ArrayList<>()).add(it.value());
      case Stmt.For it when it.target() instanceof Expr.Name target -> counters.add(target.id());
      case Stmt.Return it -> it.value().ifPresent(returned::add);
      default -> {}
    }
  }

  private void bind(Expr target, Expr value) {
    switch (target) {
      case Expr.Name it -> bind(it.id(), new Value(value, Value.WHOLE));
      case Expr.TupleExpr it -> {
        for (int i = 0; i < it.elements().size(); i++) {
          if (it.elements().get(i) instanceof Expr.Name name) {
            bind(name.id(), element(value, i));
          }
        }
      }
      default -> {}
    }
  }

  private void bind(String name, Value value) {
    values.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
  }

  /** An element of a tuple: the expression itself, where the tuple is written out. */
  static Value element(Expr value, int index) {
    return value instanceof Expr.TupleExpr tuple && index < tuple.elements().size()
        ? new Value(tuple.elements().get(index), Value.WHOLE)
        : new Value(value, index);
  }

  Stmt.FunctionDef function() {
    return function;
  }

  /** Empty for a kernel. */
  Optional<FunctionScope> caller() {
    return caller;
  }

  /** Whether the name is a parameter or a local, and not one of the file's. */
  boolean binds(String name) {
    return parameters.containsKey(name) || values.containsKey(name);
  }

  boolean isParameter(String name) {
    return parameters.containsKey(name);
  }

  /** What the caller passes for a parameter. */
  Optional<Expr> argument(String parameter) {
    return parameters.getOrDefault(parameter, Optional.empty());
  }

  /** All that is assigned to a name. */
  List<Value> values(String name) {
    return values.getOrDefault(name, List.of());
  }

  /** All that is added to a name by {@code +=} and the like. */
  List<Expr> additions(String name) {
    return additions.getOrDefault(name, List.of());
  }

  /** Whether the name counts a loop. */
  boolean isCounter(String name) {
    return counters.contains(name);
  }

  List<Expr> returned() {
    return returned;
  }

  /** Notes a use of a name; false if that was known. */
  boolean note(String name, Use use) {
    return noted.computeIfAbsent(use, key -> new HashSet<>()).add(name);
  }

  boolean isNoted(String name, Use use) {
    return noted.getOrDefault(use, Set.of()).contains(name);
  }
}
