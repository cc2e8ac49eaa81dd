package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.BoundNames;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One call of a function: its local variables and the run of its statements. */
final class FunctionRun implements Environment {
  /** How a statement ended. */
  private enum Completion {
    NORMAL,
    BREAK,
    CONTINUE,
    RETURN
  }

  private final PythonEvaluator evaluator;
  private final Environment closure;
  private final Map<String, Object> locals;
  private final List<Stmt> body;
  private final Set<String> localNames = new HashSet<>();
  private Object result = PyNone.NONE;
  private final List<Object> yielded = new ArrayList<>();

  FunctionRun(
      PythonEvaluator evaluator,
      Environment closure,
      Map<String, Object> arguments,
      List<Stmt> body) {
    this.evaluator = evaluator;
    this.closure = closure;
    this.locals = arguments;
    this.body = body;
    body.forEach(statement -> localNames.addAll(BoundNames.of(statement)));
  }

  Object result() {
    run(body);
    // A generator is run to its end, and what it gives is a list.
    return yields(body) ? new PyList(yielded) : result;
  }

  @Override
  public Optional<Object> lookup(String name) {
    Object local = locals.get(name);
    if (local != null) {
      return Optional.of(local);
    }
    if (localNames.contains(name)) {
      throw new PythonError(
          "UnboundLocalError",
          "cannot access local variable '" + name + "' where it is not associated with a value");
    }
    return closure.lookup(name);
  }

  private Object value(Expr expression) {
    return evaluator.evaluate(expression, this, locals::put);
  }

  private Object value(Optional<Expr> expression) {
    return expression.isPresent() ? value(expression.get()) : PyNone.NONE;
  }

  private boolean holds(Expr test) {
    Object value = value(test);
    return evaluator.at(test.loc(), () -> PythonOperators.truth(value));
  }

  private Completion run(List<Stmt> statements) {
    for (var statement : statements) {
      var completion = evaluator.at(statement.loc(), () -> run(statement));
      if (completion != Completion.NORMAL) {
        return completion;
      }
    }
    return Completion.NORMAL;
  }

  private Completion run(Stmt statement) {
    evaluator.step();
    switch (statement) {
      case Stmt.Return s -> {
        result = value(s.value());
        return Completion.RETURN;
      }
      case Stmt.Break s -> {
        return Completion.BREAK;
      }
      case Stmt.Continue s -> {
        return Completion.CONTINUE;
      }
      case Stmt.If s -> {
        return run(holds(s.test()) ? s.body() : s.orElse());
      }
      case Stmt.For s -> {
        return loop(s);
      }
      case Stmt.While s -> {
        return loop(s);
      }
      case Stmt.Assert s -> assertion(s);
      case Stmt.Raise s -> throw raised(s);
      case Stmt.Assign s -> {
        Object value = value(s.value());
        s.targets().forEach(target -> assign(target, value));
      }
      case Stmt.AnnAssign s -> s.value().ifPresent(value -> assign(s.target(), value(value)));
      case Stmt.AugAssign s -> assign(s.target(), updated(s));
      case Stmt.ExprStmt s -> {
        if (isYield(s)) {
          yielded.add(value(((Expr.Call) s.value()).args().getFirst()));
        } else {
          value(s.value());
        }
      }
      case Stmt.FunctionDef s -> locals.put(s.name(), evaluator.function(s, this));
      case Stmt.ClassDef s -> locals.put(s.name(), evaluator.classDefinition(s, this));
      case Stmt.Import s -> locals.putAll(ImportedNames.of(s));
      case Stmt.ImportFrom s -> locals.putAll(ImportedNames.of(s));
      case Stmt.Pass s -> {}
      case Stmt.With s -> throw PythonError.unsupported("'with' is not evaluated at compile time");
      case Stmt.Global s ->
          throw PythonError.unsupported("'global' is not evaluated at compile time");
      case Stmt.Unsupported s ->
          throw PythonError.unsupported("'" + s.what() + "' is not evaluated at compile time");
    }
    return Completion.NORMAL;
  }

  private static boolean isYield(Stmt.ExprStmt statement) {
    return statement.value() instanceof Expr.Call call
        && call.function() instanceof Expr.Name name
        && name.id().equals(Stmt.YIELD);
  }

  private static boolean yields(List<Stmt> statements) {
    return statements.stream()
        .anyMatch(
            statement ->
                switch (statement) {
                  case Stmt.ExprStmt s -> isYield(s);
                  case Stmt.If s -> yields(s.body()) || yields(s.orElse());
                  case Stmt.For s -> yields(s.body()) || yields(s.orElse());
                  case Stmt.While s -> yields(s.body()) || yields(s.orElse());
                  default -> false;
                });
  }

  private Completion loop(Stmt.For loop) {
    for (Object item : PythonOperators.iterate(value(loop.iterable()))) {
      evaluator.step();
      assign(loop.target(), item);
      var completion = run(loop.body());
      if (completion == Completion.BREAK) {
        return Completion.NORMAL;
      }
      if (completion == Completion.RETURN) {
        return completion;
      }
    }
    return run(loop.orElse());
  }

  private Completion loop(Stmt.While loop) {
    while (holds(loop.test())) {
      evaluator.step();
      var completion = run(loop.body());
      if (completion == Completion.BREAK) {
        return Completion.NORMAL;
      }
      if (completion == Completion.RETURN) {
        return completion;
      }
    }
    return run(loop.orElse());
  }

  private void assertion(Stmt.Assert assertion) {
    if (!holds(assertion.test())) {
      throw new PythonError(
          "AssertionError", assertion.message().map(m -> PythonText.str(value(m))).orElse(""));
    }
  }

  private PythonError raised(Stmt.Raise raise) {
    if (raise.exception().isEmpty()) {
      return new PythonError("RuntimeError", "No active exception to reraise");
    }
    return switch (raise.exception().get()) {
      case Expr.Call(var at, Expr.Name name, var args, var keywords) ->
          new PythonError(name.id(), args.isEmpty() ? "" : PythonText.str(value(args.getFirst())));
      case Expr.Name name -> new PythonError(name.id(), "");
      case Expr other -> new PythonError("Exception", PythonText.str(value(other)));
    };
  }

  private Object updated(Stmt.AugAssign update) {
    Object old = value(update.target());
    Object operand = value(update.value());
    if (old instanceof PyList list && update.op() == Expr.BinaryOp.ADD) {
      list.items().addAll(PythonOperators.iterate(operand));
      return list;
    }
    if (old instanceof PyDict dict
        && operand instanceof PyDict other
        && update.op() == Expr.BinaryOp.BIT_OR) {
      dict.putAll(other);
      return dict;
    }
    return PythonOperators.binary(update.op(), old, operand);
  }

  /** Binds names; also serves module-level statements. */
  void assign(Expr target, Object value) {
    evaluator.assign(target, value, this, locals::put);
  }

  /** Runs statements that stand outside any function. */
  static void runAll(
      PythonEvaluator evaluator,
      Environment outer,
      Map<String, Object> names,
      List<Stmt> statements) {
    var run = new FunctionRun(evaluator, outer, names, List.of());
    evaluator.inCall(() -> run.run(statements));
  }
}
