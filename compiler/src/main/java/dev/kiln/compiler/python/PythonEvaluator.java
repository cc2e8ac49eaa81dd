package dev.kiln.compiler.python;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.KernelFileParser;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Evaluates expressions and simple functions with Python's semantics.
 *
 * <p>Names are looked up in the environment given, then among Python's built-in functions. Errors
 * are {@link PythonError}s that know where they were raised. The work is limited, so that every
 * evaluation ends. Not for several threads.
 */
public final class PythonEvaluator {
  private final Environment globals;
  private final EvaluationBudget budget = new EvaluationBudget();

  public PythonEvaluator(Environment globals) {
    this.globals = globals.within(PythonBuiltins.environment());
  }

  /**
   * The value of an expression.
   *
   * @throws PythonError as Python would raise it, or if the expression asks for what compile time
   *     does not know
   */
  public Object evaluate(Expr expression) {
    return evaluate(expression, globals);
  }

  /** The value of an expression in which some names have values of their own. */
  public Object evaluate(Expr expression, Environment locals) {
    return evaluate(expression, locals, PythonEvaluator::noWalrus);
  }

  private static void noWalrus(String name, Object value) {
    throw PythonError.unsupported("':=' binds no name here");
  }

  Object evaluate(Expr expression, Environment environment, BiConsumer<String, Object> binder) {
    if (budget.isIdle()) {
      budget.reset();
    }
    var scope = environment == globals ? environment : environment.within(globals);
    return new Evaluation(scope, binder).value(expression);
  }

  /**
   * The function that a definition makes, without its decorators; free names are looked up in
   * {@code closure}.
   */
  public PyFunction function(Stmt.FunctionDef definition, Environment closure) {
    return new PyFunction(
        definition.name(), definition.parameters(), definition.body(), closure, this);
  }

  /** The class that a definition makes, as far as constants need it. */
  public PyClass classDefinition(Stmt.ClassDef definition, Environment environment) {
    var members = new LinkedHashMap<String, Object>();
    var fields = new ArrayList<String>();
    for (var statement : definition.body()) {
      switch (statement) {
        case Stmt.AnnAssign(var at, Expr.Name name, var annotation, var value) -> {
          fields.add(name.id());
          value.ifPresent(
              v ->
                  members.put(name.id(), evaluate(v, Environment.of(members).within(environment))));
        }
        case Stmt.Assign(var at, var targets, var value)
            when targets.getFirst() instanceof Expr.Name name ->
            members.put(name.id(), evaluate(value, Environment.of(members).within(environment)));
        case Stmt.FunctionDef method -> members.put(method.name(), function(method, environment));
        default -> {
          // Docstrings and the like.
        }
      }
    }
    return new PyClass(definition.name(), List.copyOf(fields), members);
  }

  // ---- what runs of functions need

  void step() {
    budget.step();
  }

  <T> T inCall(Supplier<T> body) {
    budget.enterCall();
    try {
      return body.get();
    } finally {
      budget.leaveCall();
    }
  }

  /** Runs a step; an error that does not know its place gets this one. */
  <T> T at(Location place, Supplier<T> step) {
    try {
      return step.get();
    } catch (PythonError e) {
      throw e.location().isPresent() ? e : e.raisedAt(place);
    }
  }

  /** Binds the names of a target, with Python's rules for unpacking. */
  void assign(
      Expr target, Object value, Environment environment, BiConsumer<String, Object> binder) {
    new Evaluation(environment.within(globals), binder).assign(target, value);
  }

  // ---- expressions

  /** The evaluation of one expression in one scope. */
  private final class Evaluation {
    private final Environment scope;
    private final BiConsumer<String, Object> binder;

    Evaluation(Environment scope, BiConsumer<String, Object> binder) {
      this.scope = scope;
      this.binder = binder;
    }

    Object value(Expr expression) {
      budget.step();
      try {
        return evaluate(expression);
      } catch (PythonError e) {
        throw e.location().isPresent() ? e : e.raisedAt(expression.loc());
      } catch (StackOverflowError e) {
        throw new PythonError("RecursionError", "this expression is nested too deeply")
            .raisedAt(expression.loc());
      }
    }

    private Object value(Optional<Expr> expression) {
      return expression.isPresent() ? value(expression.get()) : PyNone.NONE;
    }

    private Object evaluate(Expr expression) {
      return switch (expression) {
        case Expr.Name e ->
            scope
                .lookup(e.id())
                .orElseThrow(
                    () -> new PythonError("NameError", "name '" + e.id() + "' is not defined"));
        case Expr.IntLit e -> PythonNumbers.normalised(e.value());
        case Expr.FloatLit e -> e.value();
        case Expr.StrLit e -> e.value();
        case Expr.BoolLit e -> e.value();
        case Expr.NoneLit e -> PyNone.NONE;
        case Expr.EllipsisLit e -> PyEllipsis.ELLIPSIS;
        case Expr.JoinedStr e -> joined(e);
        case Expr.FormattedValue e -> formatted(e);
        case Expr.TupleExpr e -> new PyTuple(values(e.elements()));
        case Expr.ListExpr e -> new PyList(values(e.elements()));
        case Expr.SetExpr e -> new PySet(values(e.elements()));
        case Expr.DictExpr e -> dict(e);
        case Expr.Comprehension e -> comprehension(e);
        case Expr.DictComprehension e -> comprehension(e);
        case Expr.Binary e -> PythonOperators.binary(e.op(), value(e.left()), value(e.right()));
        case Expr.Unary e -> PythonOperators.unary(e.op(), value(e.operand()));
        case Expr.Bool e -> bool(e);
        case Expr.Compare e -> compare(e);
        case Expr.IfExp e -> value(PythonOperators.truth(value(e.test())) ? e.body() : e.orElse());
        case Expr.Call e -> call(e);
        case Expr.Attribute e -> PythonAttributes.get(value(e.value()), e.name());
        case Expr.Subscript e -> PythonOperators.index(value(e.value()), value(e.index()));
        case Expr.Slice e -> new PySlice(value(e.lower()), value(e.upper()), value(e.step()));
        case Expr.Starred e -> throw PythonError.type("can't use starred expression here");
        case Expr.NamedExpr e -> {
          Object value = value(e.value());
          binder.accept(e.target(), value);
          yield value;
        }
        case Expr.Lambda e ->
            new PyFunction(
                "<lambda>",
                e.parameters(),
                List.of(new Stmt.Return(e.body().loc(), Optional.of(e.body()))),
                scope,
                PythonEvaluator.this);
      };
    }

    private List<Object> values(List<Expr> elements) {
      var values = new ArrayList<Object>(elements.size());
      for (var element : elements) {
        if (element instanceof Expr.Starred starred) {
          values.addAll(PythonOperators.iterate(value(starred.value())));
        } else {
          values.add(value(element));
        }
      }
      return values;
    }

    private PyDict dict(Expr.DictExpr dict) {
      var result = new PyDict();
      for (int i = 0; i < dict.keys().size(); i++) {
        if (!(dict.keys().get(i) instanceof Expr.Starred)) {
          result.put(value(dict.keys().get(i)), value(dict.values().get(i)));
        } else if (value(dict.values().get(i)) instanceof PyDict other) {
          result.putAll(other);
        } else {
          throw PythonError.type("the argument of '**' must be a dict");
        }
      }
      return result;
    }

    private Object bool(Expr.Bool expression) {
      Object value = value(expression.values().getFirst());
      for (var next : expression.values().subList(1, expression.values().size())) {
        if (PythonOperators.truth(value) != expression.isAnd()) {
          return value;
        }
        value = value(next);
      }
      return value;
    }

    private Object compare(Expr.Compare comparison) {
      Object left = value(comparison.left());
      Object result = true;
      for (int i = 0; i < comparison.ops().size(); i++) {
        Object right = value(comparison.comparators().get(i));
        result = PythonOperators.compare(comparison.ops().get(i), left, right);
        if (i + 1 < comparison.ops().size() && !PythonOperators.truth(result)) {
          return result;
        }
        left = right;
      }
      return result;
    }

    private Object call(Expr.Call call) {
      Object function = value(call.function());
      var args = values(call.args());
      var kwargs = new LinkedHashMap<String, Object>();
      for (var keyword : call.keywords()) {
        Object value = value(keyword.value());
        if (keyword.name().isPresent()) {
          addKeyword(kwargs, keyword.name().get(), value);
        } else if (value instanceof PyDict dict) {
          dict.entries()
              .forEach(entry -> addKeyword(kwargs, PythonText.str(entry.key()), entry.value()));
        } else {
          String name = function instanceof PyFunction f ? f.name() + "() " : "";
          throw PythonError.type(
              name + "argument after ** must be a mapping, not " + PythonText.typeName(value));
        }
      }
      if (function instanceof PyCallable callable) {
        return callable.call(args, kwargs);
      }
      throw PythonError.type("'" + PythonText.typeName(function) + "' object is not callable");
    }

    private void addKeyword(Map<String, Object> kwargs, String name, Object value) {
      if (kwargs.putIfAbsent(name, value) != null) {
        throw PythonError.type("got multiple values for keyword argument '" + name + "'");
      }
    }

    // ---- comprehensions

    private Object comprehension(Expr.Comprehension comprehension) {
      var items = new ArrayList<Object>();
      each(
          comprehension.generators(),
          0,
          new HashMap<>(),
          inner -> items.add(inner.value(comprehension.element())));
      return new PyList(items);
    }

    private PyDict comprehension(Expr.DictComprehension comprehension) {
      var dict = new PyDict();
      each(
          comprehension.generators(),
          0,
          new HashMap<>(),
          inner -> dict.put(inner.value(comprehension.key()), inner.value(comprehension.value())));
      return dict;
    }

    private void each(
        List<Expr.Generator> generators,
        int level,
        Map<String, Object> names,
        java.util.function.Consumer<Evaluation> body) {
      var generator = generators.get(level);
      var inner = new Evaluation(Environment.of(names).within(scope), binder);
      // The first iterable is evaluated outside of the comprehension's own scope.
      Object iterable = (level == 0 ? this : inner).value(generator.iterable());
      for (Object item : PythonOperators.iterate(iterable)) {
        budget.step();
        new Evaluation(inner.scope, names::put).assign(generator.target(), item);
        if (!generator.conditions().stream()
            .allMatch(test -> PythonOperators.truth(inner.value(test)))) {
          continue;
        }
        if (level + 1 == generators.size()) {
          body.accept(inner);
        } else {
          each(generators, level + 1, names, body);
        }
      }
    }

    // ---- strings

    private String joined(Expr.JoinedStr string) {
      var text = new StringBuilder();
      string.parts().forEach(part -> text.append(PythonText.str(value(part))));
      return text.toString();
    }

    private String formatted(Expr.FormattedValue part) {
      Object value = value(part.value());
      if (part.conversion().isPresent()) {
        value = part.conversion().get() == 's' ? PythonText.str(value) : PythonText.repr(value);
      }
      return FormatSpec.format(value, part.spec().map(spec -> nested(spec, part.loc())).orElse(""));
    }

    /** Braces within a format specification are expressions of their own. */
    private String nested(String spec, Location place) {
      if (spec.indexOf('{') < 0) {
        return spec;
      }
      var quoted = new Source(place.source().name(), "f\"\"\"" + spec + "\"\"\"");
      return PythonText.str(value(KernelFileParser.parseExpression(quoted)));
    }

    // ---- assignment

    void assign(Expr target, Object value) {
      switch (target) {
        case Expr.Name name -> binder.accept(name.id(), value);
        case Expr.TupleExpr tuple -> unpack(tuple.elements(), value);
        case Expr.ListExpr list -> unpack(list.elements(), value);
        case Expr.Subscript subscript ->
            PythonOperators.setIndex(value(subscript.value()), value(subscript.index()), value);
        case Expr.Attribute attribute -> {
          if (!(value(attribute.value()) instanceof PyObject object)
              || !object.setAttribute(attribute.name(), value)) {
            throw PythonError.unsupported("attributes are not assigned at compile time")
                .raisedAt(attribute.loc());
          }
        }
        default -> throw PythonError.type("cannot assign").raisedAt(target.loc());
      }
    }

    private void unpack(List<Expr> targets, Object value) {
      var items = unpackable(value);
      int star = -1;
      for (int i = 0; i < targets.size(); i++) {
        if (targets.get(i) instanceof Expr.Starred) {
          star = i;
        }
      }
      checkCount(targets.size(), items.size(), star >= 0);
      for (int i = 0; i < targets.size(); i++) {
        int fromEnd = items.size() - targets.size() + i;
        if (i == star) {
          assign(
              ((Expr.Starred) targets.get(i)).value(), new PyList(items.subList(i, fromEnd + 1)));
        } else {
          assign(targets.get(i), items.get(star >= 0 && i > star ? fromEnd : i));
        }
      }
    }

    private List<Object> unpackable(Object value) {
      try {
        return PythonOperators.iterate(value);
      } catch (PythonError e) {
        throw PythonError.type(
            "cannot unpack non-iterable " + PythonText.typeName(value) + " object");
      }
    }

    private void checkCount(int targets, int items, boolean starred) {
      if (starred ? items < targets - 1 : items < targets) {
        throw PythonError.value(
            "not enough values to unpack (expected "
                + (starred ? "at least " + (targets - 1) : "" + targets)
                + ", got "
                + items
                + ")");
      }
      if (!starred && items > targets) {
        throw PythonError.value("too many values to unpack (expected " + targets + ")");
      }
    }
  }
}
