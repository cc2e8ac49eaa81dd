package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.syntax.Expr;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Evaluates the expressions of a kernel. */
final class Expressions {
  private final Interpreter interpreter;
  private final Branches branches;

  Expressions(Interpreter interpreter) {
    this.interpreter = interpreter;
    this.branches = new Branches(interpreter);
  }

  FrontValue evaluate(Expr expression) {
    return interpreter.at(expression.loc(), () -> visit(expression));
  }

  private FrontValue visit(Expr expression) {
    return switch (expression) {
      case Expr.Name name -> Names.lookUp(interpreter, name);
      case Expr.IntLit literal -> Constants.integer(literal.value());
      case Expr.FloatLit literal -> new Constexpr(literal.value());
      case Expr.StrLit literal -> new Constexpr(literal.value());
      case Expr.BoolLit literal -> new Constexpr(literal.value());
      case Expr.NoneLit literal -> Constants.NONE;
      case Expr.EllipsisLit literal -> throw unsupported("`...`");
      case Expr.JoinedStr string -> joined(string);
      case Expr.FormattedValue value -> new Constexpr(formatted(value));
      case Expr.TupleExpr tuple -> new TupleValue(elements(tuple.elements()));
      case Expr.ListExpr list -> new TupleValue(elements(list.elements()));
      case Expr.DictExpr dict -> throw unsupported("a dict");
      case Expr.SetExpr set -> throw unsupported("a set");
      case Expr.Comprehension comprehension -> comprehension(comprehension);
      case Expr.DictComprehension comprehension -> throw unsupported("a dict comprehension");
      case Expr.Binary binary -> binary(binary);
      case Expr.Unary unary -> unary(unary);
      case Expr.Bool bool -> logical(bool);
      case Expr.Compare compare -> compare(compare);
      case Expr.IfExp conditional -> conditional(conditional);
      case Expr.Call call -> call(call);
      case Expr.Attribute attribute -> attribute(evaluate(attribute.value()), attribute.name());
      case Expr.Subscript subscript -> subscript(subscript);
      case Expr.Slice slice -> throw unsupported("a slice outside of a subscript");
      case Expr.Starred starred -> throw unsupported("`*` outside of a call");
      case Expr.NamedExpr named -> named(named);
      case Expr.Lambda lambda -> new LambdaValue(lambda, interpreter.frame(), interpreter.scope());
    };
  }

  private CompilationException unsupported(String what) {
    return interpreter.error(what + " is not supported in a kernel");
  }

  /** The values of a tuple, list or argument list; {@code *tuple} puts its items in place. */
  private List<FrontValue> elements(List<Expr> expressions) {
    var values = new ArrayList<FrontValue>();
    for (Expr expression : expressions) {
      if (expression instanceof Expr.Starred starred) {
        values.addAll(splat(starred));
      } else {
        values.add(evaluate(expression));
      }
    }
    return values;
  }

  private List<FrontValue> splat(Expr.Starred starred) {
    FrontValue value = evaluate(starred.value());
    if (value instanceof TupleValue tuple) {
      return tuple.items();
    }
    throw interpreter.errorAt(
        starred.loc(), "only a tuple can follow `*`, not " + Conversions.describe(value));
  }

  private FrontValue named(Expr.NamedExpr named) {
    FrontValue value = interpreter.statements().decay(evaluate(named.value()));
    interpreter.scope().assign(named.target(), value, interpreter.location());
    return value;
  }

  // ---- operators

  private FrontValue binary(Expr.Binary binary) {
    FrontValue left = evaluate(binary.left());
    FrontValue right = evaluate(binary.right());
    return binary(binary.op(), left, right);
  }

  FrontValue binary(Expr.BinaryOp op, FrontValue left, FrontValue right) {
    return Aggregates.binary(interpreter, op, left, right)
        .orElseGet(() -> Operators.binary(interpreter, op, left, right));
  }

  private FrontValue unary(Expr.Unary unary) {
    FrontValue operand = evaluate(unary.operand());
    return Aggregates.unary(interpreter, unary.op(), operand)
        .orElseGet(() -> Operators.unary(interpreter, unary.op(), operand));
  }

  private FrontValue compare(Expr.Compare compare) {
    if (compare.ops().size() != 1) {
      throw interpreter.error(
          "simultaneous multiple comparison is not supported",
          "write `(a < b) & (b < c)` for `a < b < c`");
    }
    FrontValue left = evaluate(compare.left());
    FrontValue right = evaluate(compare.comparators().getFirst());
    Expr.CompareOp op = compare.ops().getFirst();
    return Aggregates.compare(interpreter, op, left, right)
        .orElseGet(() -> Operators.compare(interpreter, op, left, right));
  }

  /**
   * Constants decide or drop out; what is known only at run time is evaluated on both sides and
   * combined from the right.
   */
  private FrontValue logical(Expr.Bool bool) {
    var dynamic = new ArrayList<FrontValue>();
    FrontValue last = null;
    for (Expr expression : bool.values()) {
      last = evaluate(expression);
      if (last instanceof Tensor) {
        dynamic.add(last);
      } else if (Constants.isTrue(last) != bool.isAnd()) {
        return last;
      }
    }
    if (dynamic.isEmpty()) {
      return last;
    }
    FrontValue result = dynamic.getLast();
    for (int i = dynamic.size() - 2; i >= 0; i--) {
      result = Operators.logical(interpreter, bool.isAnd(), dynamic.get(i), result);
    }
    return result;
  }

  private FrontValue conditional(Expr.IfExp conditional) {
    FrontValue test = evaluate(conditional.test());
    if (test instanceof Tensor condition) {
      return branches.conditional(conditional, runTime(conditional.test(), condition));
    }
    return evaluate(
        condition(test, conditional.test().loc()) ? conditional.body() : conditional.orElse());
  }

  /** A condition that is known at run time only, as a scalar {@code i1}. */
  Value runTime(Expr test, Tensor condition) {
    return interpreter.at(
        test.loc(),
        () -> {
          if (condition.type().shape().size() > 1) {
            throw interpreter.error(
                "Boolean value of Tensor with more than one value is ambiguous",
                "choose by elements with tl.where, or reduce the condition with tl.max");
          }
          Value value = Conversions.toBoolean(interpreter, condition).value();
          if (condition.type().isScalar()) {
            return value;
          }
          interpreter.warn(
              "a condition of type "
                  + Conversions.describe(condition)
                  + " stands for its element;"
                  + " write `.item()` after it");
          return interpreter.builder().unsplat(value);
        });
  }

  /** A constant condition, of exactly the types that may decide a branch. */
  boolean condition(FrontValue test, Location loc) {
    if (test instanceof Constexpr constant && Constants.mayDecide(constant.value())) {
      return Constants.isTrue(constant);
    }
    throw interpreter.errorAt(
        loc,
        "`if` conditionals can only accept values of type {bool, int, NoneType}, not "
            + Conversions.describe(test));
  }

  // ---- attributes, subscripts

  FrontValue attribute(FrontValue value, String name) {
    return Builtins.attribute(interpreter, value, name)
        .or(() -> Constants.attribute(interpreter.location(), value, name))
        .orElseThrow(
            () ->
                interpreter.error(
                    Conversions.describe(value) + " object has no attribute '" + name + "'"));
  }

  private FrontValue subscript(Expr.Subscript subscript) {
    FrontValue value = evaluate(subscript.value());
    List<Expr> parts =
        subscript.index() instanceof Expr.TupleExpr tuple
            ? tuple.elements()
            : List.of(subscript.index());
    return Builtins.subscript(interpreter, value, parts.stream().map(this::index).toList());
  }

  private SubscriptIndex index(Expr part) {
    if (part instanceof Expr.NoneLit) {
      return new SubscriptIndex.None();
    }
    if (part instanceof Expr.Slice slice) {
      if (slice.lower().isEmpty() && slice.upper().isEmpty() && slice.step().isEmpty()) {
        return new SubscriptIndex.FullSlice();
      }
      return new SubscriptIndex.Slice(
          slice.lower().map(this::evaluate),
          slice.upper().map(this::evaluate),
          slice.step().map(this::evaluate));
    }
    FrontValue value = evaluate(part);
    return Constants.isNone(value) ? new SubscriptIndex.None() : new SubscriptIndex.Item(value);
  }

  // ---- calls

  private FrontValue call(Expr.Call call) {
    FrontValue function = evaluate(call.function());
    List<FrontValue> args = elements(call.args());
    Map<String, FrontValue> kwargs = keywords(call);
    return interpreter.call(function, args, kwargs);
  }

  private Map<String, FrontValue> keywords(Expr.Call call) {
    var kwargs = new LinkedHashMap<String, FrontValue>();
    for (Expr.Keyword keyword : call.keywords()) {
      FrontValue value = evaluate(keyword.value());
      if (keyword.name().isPresent()) {
        putKeyword(kwargs, keyword.loc(), keyword.name().get(), value);
      } else if (value instanceof TupleValue tuple && tuple.names().isPresent()) {
        for (int i = 0; i < tuple.items().size(); i++) {
          putKeyword(kwargs, keyword.loc(), tuple.names().get().get(i), tuple.items().get(i));
        }
      } else {
        throw interpreter.errorAt(
            keyword.loc(), "`**` in a call is not supported for " + Conversions.describe(value));
      }
    }
    return kwargs;
  }

  private void putKeyword(
      Map<String, FrontValue> kwargs, Location loc, String name, FrontValue value) {
    if (kwargs.put(name, value) != null) {
      throw interpreter.errorAt(loc, "keyword argument repeated: " + name);
    }
  }

  // ---- strings, comprehensions

  private FrontValue joined(Expr.JoinedStr string) {
    var text = new StringBuilder();
    for (Expr part : string.parts()) {
      text.append(
          switch (part) {
            case Expr.StrLit literal -> literal.value();
            case Expr.FormattedValue value -> interpreter.at(value.loc(), () -> formatted(value));
            default -> throw interpreter.errorAt(part.loc(), "unexpected part of an f-string");
          });
    }
    return new Constexpr(text.toString());
  }

  private String formatted(Expr.FormattedValue part) {
    FrontValue value = evaluate(part.value());
    if (!Interpreter.isConstant(value)) {
      throw interpreter.error(
          "an f-string can hold constants only, not a value of type "
              + Conversions.describe(value)
              + " that is known at run time",
          "use tl.device_print to see run-time values");
    }
    return Constants.format(part, value);
  }

  private FrontValue comprehension(Expr.Comprehension comprehension) {
    if (comprehension.generators().size() != 1) {
      throw interpreter.error("nested comprehensions are not supported");
    }
    Expr.Generator generator = comprehension.generators().getFirst();
    List<FrontValue> items = constantItems(generator.iterable());
    Scope outer = interpreter.scope();
    interpreter.frame().enter(outer.copy());
    try {
      var results = new ArrayList<FrontValue>();
      for (FrontValue item : items) {
        interpreter.statements().bind(generator.target(), item);
        if (generator.conditions().stream().allMatch(this::holds)) {
          results.add(evaluate(comprehension.element()));
        }
      }
      return new TupleValue(results);
    } finally {
      interpreter.frame().enter(outer);
    }
  }

  private boolean holds(Expr test) {
    FrontValue value = evaluate(test);
    if (value instanceof Tensor) {
      throw interpreter.errorAt(
          test.loc(), "the condition of a comprehension must be known at compile time");
    }
    return condition(value, test.loc());
  }

  private List<FrontValue> constantItems(Expr iterable) {
    FrontValue value = evaluate(iterable);
    return Iteration.items(interpreter, value)
        .orElseThrow(
            () ->
                interpreter.errorAt(
                    iterable.loc(),
                    "only tuple comprehensions are supported, not one over "
                        + Conversions.describe(value)));
  }
}
