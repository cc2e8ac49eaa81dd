package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs the statements of a kernel. */
final class Statements {
  private final Interpreter interpreter;
  private final Branches branches;
  private final Loops loops;

  Statements(Interpreter interpreter) {
    this.interpreter = interpreter;
    this.branches = new Branches(interpreter);
    this.loops = new Loops(interpreter);
  }

  /** Runs a function whose arguments are in the present scope, and gives what it returns. */
  FrontValue runFunction(Stmt.FunctionDef function) {
    Steps body = Steps.NONE.after(new Steps.Step.End(function.loc())).after(function.body());
    return switch (run(body)) {
      case Outcome.Returns returns ->
          switch (returns.returned()) {
            case Outcome.Returned.Result result -> result.value();
            case Outcome.Returned.EndReached end -> Constants.NONE;
          };
      case Outcome.Falls falls -> throw new IllegalStateException("the end was not reached");
      case Outcome.MayReturn may -> throw new IllegalStateException("the end was not reached");
    };
  }

  Outcome run(Steps steps) {
    Steps rest = steps;
    while (!rest.isEmpty()) {
      Steps.Step step = rest.head();
      Steps after = rest.tail();
      switch (step) {
        case Steps.Step.End end -> {
          return new Outcome.Returns(new Outcome.Returned.EndReached());
        }
        case Steps.Step.Bind bind -> {
          interpreter.at(bind.loc(), () -> bind(bind.target(), bind.value()));
          rest = after;
        }
        case Steps.Step.Run run -> {
          switch (run.statement()) {
            case Stmt.Return statement -> {
              return Outcome.returns(returned(statement));
            }
            case Stmt.If statement -> {
              FrontValue test = interpreter.evaluate(statement.test());
              if (!(test instanceof Tensor condition)) {
                boolean holds = interpreter.expressions().condition(test, statement.test().loc());
                rest = after.after(holds ? statement.body() : statement.orElse());
              } else if (Returning.mayReturn(statement)) {
                return branches.returning(statement, condition, after);
              } else {
                branches.plain(statement, condition);
                rest = after;
              }
            }
            case Stmt.For statement -> {
              Optional<Steps> unrolled = loops.runFor(statement, after);
              rest = unrolled.orElse(after);
            }
            default -> {
              Stmt statement = run.statement();
              interpreter.at(statement.loc(), () -> simple(statement));
              rest = after;
            }
          }
        }
      }
    }
    return Outcome.FALLS;
  }

  private FrontValue returned(Stmt.Return statement) {
    return interpreter.at(
        statement.loc(),
        () -> {
          Frame frame = interpreter.frame();
          if (frame.inLoop()) {
            throw interpreter.error(
                "Cannot have `return` statements inside `while` or `for` statements in triton",
                "assign the result to a variable and return it after the loop");
          }
          if (frame.inContext()) {
            throw interpreter.error("Cannot have `return` statements inside `with` statements");
          }
          FrontValue value = statement.value().map(interpreter::evaluate).orElse(Constants.NONE);
          if (frame.mode() == Frame.Mode.KERNEL && !Constants.isNone(value)) {
            throw interpreter.error(
                "a kernel cannot return a value", "store the result through a pointer argument");
          }
          return value;
        });
  }

  /** Statements that neither branch nor leave the function. */
  private void simple(Stmt statement) {
    switch (statement) {
      case Stmt.Assign assign -> assign(assign);
      case Stmt.AnnAssign assign -> annotated(assign);
      case Stmt.AugAssign assign -> augmented(assign);
      case Stmt.While loop -> loops.runWhile(loop);
      case Stmt.With with -> with(with);
      case Stmt.Assert assertion -> assertion(assertion);
      case Stmt.Pass pass -> {}
      case Stmt.ExprStmt expression -> expression(expression.value());
      case Stmt.Raise raise -> throw raised(raise);
      case Stmt.FunctionDef nested ->
          throw interpreter.error(
              "nested function definition is not supported",
              "define " + nested.name() + " at module level and decorate it with @triton.jit");
      case Stmt.ClassDef nested -> throw unsupported("class");
      case Stmt.Break loop ->
          throw interpreter.error(
              "`break` is not supported in a kernel",
              "make the loop's condition say when it ends, in a `while` loop");
      case Stmt.Continue loop ->
          throw interpreter.error(
              "`continue` is not supported in a kernel",
              "put the rest of the loop's body under an `if`");
      case Stmt.Import load -> throw unsupported("import");
      case Stmt.ImportFrom load -> throw unsupported("import");
      case Stmt.Global global -> throw unsupported("global");
      case Stmt.Unsupported other -> throw unsupported(other.what());
      case Stmt.If branch -> throw new IllegalStateException("handled by run");
      case Stmt.For loop -> throw new IllegalStateException("handled by run");
      case Stmt.Return leave -> throw new IllegalStateException("handled by run");
    }
  }

  private RuntimeException unsupported(String keyword) {
    return interpreter.error("`" + keyword + "` is not supported in a kernel");
  }

  private RuntimeException raised(Stmt.Raise raise) {
    Optional<String> text =
        raise
            .exception()
            .map(exception -> exception instanceof Expr.Call call ? call : null)
            .filter(call -> !call.args().isEmpty())
            .map(call -> call.args().getFirst())
            .filter(arg -> arg instanceof Expr.StrLit || arg instanceof Expr.JoinedStr)
            .map(arg -> String.valueOf(((Constexpr) interpreter.evaluate(arg)).value()));
    return interpreter.error(
        "`raise` is reached" + text.map(message -> ": " + message).orElse(""),
        "a kernel can raise only in branches that are decided, and left out, at compile time");
  }

  private void expression(Expr expression) {
    if (!(expression instanceof Expr.StrLit)) {
      interpreter.evaluate(expression);
    }
  }

  private void with(Stmt.With with) {
    for (Stmt.WithItem item : with.items()) {
      FrontValue context = interpreter.evaluate(item.context());
      item.target().ifPresent(target -> bind(target, context));
    }
    Frame frame = interpreter.frame();
    frame.enterContext();
    try {
      run(Steps.of(with.body()));
    } finally {
      frame.leaveContext();
    }
  }

  private void assertion(Stmt.Assert assertion) {
    var args = new ArrayList<FrontValue>();
    args.add(interpreter.evaluate(assertion.test()));
    args.add(assertion.message().map(interpreter::evaluate).orElse(new Constexpr("")));
    FrontValue function =
        Builtins.resolve("triton.language.device_assert")
            .orElseThrow(() -> new IllegalStateException("device_assert is missing"));
    interpreter.call(function, args, Map.of());
  }

  // ---- assignment

  private void assign(Stmt.Assign assign) {
    if (assign.targets().size() != 1) {
      throw interpreter.error(
          "simultaneous multiple assignment is not supported",
          "write one assignment for each name");
    }
    Expr target = assign.targets().getFirst();
    checkTarget(target);
    // A name that `:=` binds within the value would keep the value without its name.
    if (target instanceof Expr.Name name && AssignedNames.of(assign.value()).isEmpty()) {
      Naming.named(
          interpreter, name.id(), () -> assignTo(target, interpreter.evaluate(assign.value())));
    } else {
      assignTo(target, interpreter.evaluate(assign.value()));
    }
  }

  private void assignTo(Expr target, FrontValue value) {
    if (target instanceof Expr.Name name && interpreter.scope().expectsConstant(name.id())) {
      interpreter.scope().declareConstant(name.id(), value, interpreter.location());
    } else {
      bind(target, decay(value));
    }
  }

  /**
   * What a plain assignment makes of a value: numbers become run-time values, so that loops can
   * carry them; everything else stays.
   */
  FrontValue decay(FrontValue value) {
    if (interpreter.frame().mode() == Frame.Mode.CONSTANT) {
      return value;
    }
    return switch (value) {
      case TupleValue tuple ->
          new TupleValue(tuple.items().stream().map(this::decay).toList(), tuple.names());
      case Constexpr constant when Constants.isNumber(constant.value()) ->
          Conversions.toTensor(interpreter, constant);
      default -> value;
    };
  }

  private void annotated(Stmt.AnnAssign assign) {
    checkTarget(assign.target());
    boolean constant = Annotations.isConstexpr(interpreter.frame().module(), assign.annotation());
    if (!constant || !(assign.target() instanceof Expr.Name name)) {
      assign.value().ifPresent(value -> assignTo(assign.target(), interpreter.evaluate(value)));
      return;
    }
    Scope scope = interpreter.scope();
    boolean sameStatement =
        scope.assignedAt(name.id()).filter(interpreter.location()::equals).isPresent();
    if (scope.contains(name.id()) && !sameStatement) {
      throw interpreter.error(
          name.id() + " is already defined. constexpr cannot be reassigned",
          "use another name for the new value");
    }
    if (assign.value().isEmpty()) {
      scope.expectConstant(name.id());
      return;
    }
    FrontValue value = interpreter.evaluate(assign.value().get());
    if (value instanceof Tensor) {
      throw interpreter.errorAt(
          assign.value().get().loc(),
          name.id()
              + " is declared tl.constexpr, but its value of type "
              + Conversions.describe(value)
              + " is known only at run time",
          "leave out the annotation");
    }
    scope.declareConstant(name.id(), value, interpreter.location());
  }

  private void augmented(Stmt.AugAssign assign) {
    checkTarget(assign.target());
    Runnable update =
        () -> {
          FrontValue left = interpreter.evaluate(assign.target());
          FrontValue right = interpreter.evaluate(assign.value());
          bind(assign.target(), decay(interpreter.expressions().binary(assign.op(), left, right)));
        };
    if (assign.target() instanceof Expr.Name name && AssignedNames.of(assign.value()).isEmpty()) {
      Naming.named(interpreter, name.id(), update);
    } else {
      update.run();
    }
  }

  /** Refuses what cannot be assigned to before the value is evaluated. */
  private void checkTarget(Expr target) {
    switch (target) {
      case Expr.Subscript subscript ->
          throw interpreter.errorAt(
              subscript.loc(),
              "subscript assignment is not supported in a kernel",
              "use tl.store for memory, tl.where to replace elements of a value");
      case Expr.Attribute attribute when interpreter.frame().mode() != Frame.Mode.CONSTANT ->
          throw interpreter.errorAt(
              attribute.loc(), "attribute assignment is not supported in a kernel");
      case Expr.Starred starred ->
          throw interpreter.errorAt(starred.loc(), "a starred target is not supported in a kernel");
      case Expr.TupleExpr tuple -> tuple.elements().forEach(this::checkTarget);
      case Expr.ListExpr list -> list.elements().forEach(this::checkTarget);
      default -> {}
    }
  }

  /** Gives the names of a target their values, taking tuples apart. */
  void bind(Expr target, FrontValue value) {
    switch (target) {
      case Expr.Name name -> interpreter.scope().assign(name.id(), value, interpreter.location());
      case Expr.TupleExpr tuple -> unpack(tuple.loc(), tuple.elements(), value);
      case Expr.ListExpr list -> unpack(list.loc(), list.elements(), value);
      case Expr.Attribute attribute
          when interpreter.evaluate(attribute.value()) instanceof UnderConstruction object ->
          object.assign(interpreter, attribute.name(), value);
      default -> throw interpreter.errorAt(target.loc(), "cannot assign to this expression");
    }
  }

  private void unpack(Location loc, List<Expr> targets, FrontValue value) {
    if (!(value instanceof TupleValue tuple)) {
      throw interpreter.errorAt(
          loc, "cannot unpack non-iterable " + Conversions.describe(value) + " object");
    }
    int expected = targets.size();
    int got = tuple.items().size();
    if (got < expected) {
      throw interpreter.errorAt(
          loc, "not enough values to unpack (expected " + expected + ", got " + got + ")");
    }
    if (got > expected) {
      throw interpreter.errorAt(
          loc, "too many values to unpack (expected " + expected + ", got " + got + ")");
    }
    for (int i = 0; i < expected; i++) {
      bind(targets.get(i), tuple.items().get(i));
    }
  }
}
