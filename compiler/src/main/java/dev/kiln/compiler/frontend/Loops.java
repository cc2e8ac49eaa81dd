package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Loops: unrolled where they run over constants, else operations with carried values. */
final class Loops {
  private final Interpreter interpreter;

  Loops(Interpreter interpreter) {
    this.interpreter = interpreter;
  }

  /**
   * Emits a loop, or gives the steps of an unrolled one.
   *
   * @return the unrolled iterations followed by {@code after}; empty if the loop was emitted
   */
  Optional<Steps> runFor(Stmt.For loop, Steps after) {
    return interpreter.at(
        loop.loc(),
        () -> {
          refuseElse(loop.orElse(), "for");
          FrontValue iterable = interpreter.evaluate(loop.iterable());
          boolean unrolled = interpreter.frame().mode() == Frame.Mode.CONSTANT;
          if (iterable instanceof RangeValue range && !range.isStatic() && !unrolled) {
            dynamicFor(loop, range);
            return Optional.empty();
          }
          List<FrontValue> items =
              Iteration.items(interpreter, iterable)
                  .orElseThrow(
                      () ->
                          interpreter.errorAt(
                              loop.iterable().loc(),
                              "Only `range` and `static_range` iterators are currently supported,"
                                  + " not "
                                  + Conversions.describe(iterable)));
          Steps steps = after;
          for (int i = items.size() - 1; i >= 0; i--) {
            steps =
                steps
                    .after(loop.body())
                    .after(new Steps.Step.Bind(loop.loc(), loop.target(), items.get(i)));
          }
          return Optional.of(steps);
        });
  }

  private void refuseElse(List<Stmt> orElse, String keyword) {
    if (!orElse.isEmpty()) {
      throw interpreter.error("`else` after `" + keyword + "` is not supported in a kernel");
    }
  }

  // ---- for

  private void dynamicFor(Stmt.For loop, RangeValue range) {
    if (!(loop.target() instanceof Expr.Name target)) {
      throw interpreter.errorAt(
          loop.target().loc(), "the target of a loop over a range must be one name");
    }
    var bounds = new LoopBounds(interpreter, range);
    Location loc = interpreter.location();
    Set<String> names = new LinkedHashSet<>(AssignedNames.of(loop.body()));
    names.remove(target.id());
    Scope before = interpreter.scope();
    Set<String> changed = new HashSet<>();
    do {
      Carried.makeDynamic(interpreter, before, changed);
      changed.clear();
      attemptFor(loop, target.id(), bounds, names, before, loc, changed);
    } while (!changed.isEmpty());
  }

  private void attemptFor(
      Stmt.For loop,
      String target,
      LoopBounds bounds,
      Set<String> names,
      Scope before,
      Location loc,
      Set<String> changed) {
    var carried = new Carried(interpreter, names, before);
    List<Value> parameters = new ArrayList<>(carried.parameters());
    var induction = new Value(bounds.type().irType(), target);
    Scope inside = before.copy();
    carried.bind(inside, parameters, loc);
    var yields = new ArrayList<Value>();
    Block body =
        region(
            prepend(induction, parameters),
            inside,
            () -> {
              inside.assign(target, bounds.iterationValue(interpreter, induction), loc);
              Scope end = runBody(loop.body());
              yields.addAll(carried.collect(end, before, loc, changed));
              interpreter.builder().yield(yields);
            });
    interpreter.frame().enter(before);
    if (!changed.isEmpty()) {
      return;
    }
    var plan = new InvariantCarries(carried.inits(), parameters, yields);
    Block slim = plan.simplify(body, 1);
    List<Value> results = plan.results();
    interpreter
        .builder()
        .append(
            new ControlOp.For(
                loc,
                plan.kept(results),
                bounds.lower(),
                bounds.upper(),
                bounds.step(),
                bounds.isUnsigned(),
                plan.kept(carried.inits()),
                slim,
                bounds.hints()));
    Scope after = leave(before, inside, carried, results, loop.loc());
    after.hide(
        target,
        target
            + " is the induction variable of the loop at line "
            + loop.loc().line()
            + ", which has no value after it");
    interpreter.frame().enter(after);
  }

  private static List<Value> prepend(Value first, List<Value> rest) {
    var all = new ArrayList<Value>();
    all.add(first);
    all.addAll(rest);
    return all;
  }

  /** Runs the body and gives the variables at its end. */
  private Scope runBody(List<Stmt> body) {
    Frame frame = interpreter.frame();
    frame.enterLoop();
    try {
      interpreter.statements().run(Steps.of(body));
      return frame.scope();
    } finally {
      frame.leaveLoop();
    }
  }

  /** Builds a block with its own variables. */
  private Block region(List<Value> parameters, Scope inside, Runnable action) {
    Frame frame = interpreter.frame();
    Scope outer = frame.scope();
    frame.enter(inside);
    try {
      return interpreter.builder().block(parameters, action);
    } finally {
      frame.enter(outer);
    }
  }

  /** The variables after the loop: the carried ones changed, those of its body gone. */
  private Scope leave(
      Scope before, Scope inside, Carried carried, List<Value> results, Location loop) {
    Scope after = before.copy();
    carried.bind(after, results, loop);
    for (String name : inside.names()) {
      if (!before.contains(name)) {
        after.hide(
            name,
            name
                + " is assigned only inside the loop at line "
                + loop.line()
                + "; assign it before the loop");
      }
    }
    return after;
  }

  // ---- while

  void runWhile(Stmt.While loop) {
    refuseElse(loop.orElse(), "while");
    Location loc = interpreter.location();
    Set<String> names = new LinkedHashSet<>(AssignedNames.of(loop.body()));
    Set<String> inTest = AssignedNames.of(loop.test());
    names.addAll(inTest);
    Scope before = interpreter.scope();
    for (String name : inTest) {
      if (!before.contains(name)) {
        throw interpreter.errorAt(
            loop.test().loc(), name + " must be assigned before a `while` whose test assigns it");
      }
    }
    Set<String> changed = new HashSet<>();
    do {
      Carried.makeDynamic(interpreter, before, changed);
      changed.clear();
      attemptWhile(loop, names, before, loc, changed);
    } while (!changed.isEmpty());
  }

  private void attemptWhile(
      Stmt.While loop, Set<String> names, Scope before, Location loc, Set<String> changed) {
    var carried = new Carried(interpreter, names, before);
    List<Value> tested = carried.parameters();
    List<Value> parameters = carried.parameters();
    var forwarded = new ArrayList<Value>();
    var yields = new ArrayList<Value>();
    var endless = new boolean[1];
    Scope inTest = before.copy();
    carried.bind(inTest, tested, loc);
    Block test =
        region(
            tested,
            inTest,
            () -> {
              FrontValue holds = interpreter.evaluate(loop.test());
              Value condition = condition(loop, holds);
              endless[0] = !(holds instanceof Tensor) && Constants.isTrue(holds);
              forwarded.addAll(carried.collect(interpreter.scope(), before, loc, changed));
              interpreter
                  .builder()
                  .append(new ControlOp.Condition(interpreter.location(), condition, forwarded));
            });
    Scope inside = before.copy();
    carried.bind(inside, parameters, loc);
    Block body =
        region(
            parameters,
            inside,
            () -> {
              Scope end = runBody(loop.body());
              yields.addAll(carried.collect(end, before, loc, changed));
              interpreter.builder().yield(yields);
            });
    interpreter.frame().enter(before);
    if (!changed.isEmpty()) {
      return;
    }
    if (endless[0]) {
      throw interpreter.errorAt(
          loop.test().loc(),
          "the condition of this `while` is always true, so that the loop never ends",
          "loop on a condition that the body changes");
    }
    var plan = InvariantCarries.ofWhile(carried.inits(), tested, forwarded, parameters, yields);
    List<Value> results = plan.results();
    Block slimTest = plan.simplifyTest(test);
    Block slimBody = plan.simplify(body, 0);
    interpreter
        .builder()
        .append(
            new ControlOp.While(
                loc, plan.kept(results), plan.kept(carried.inits()), slimTest, slimBody));
    interpreter.frame().enter(leave(before, inside, carried, results, loop.loc()));
  }

  private Value condition(Stmt.While loop, FrontValue test) {
    if (test instanceof Tensor tensor) {
      return interpreter.expressions().runTime(loop.test(), tensor);
    }
    boolean holds = interpreter.expressions().condition(test, loop.test().loc());
    return interpreter.builder().constant(DType.I1, holds ? 1L : 0L);
  }
}
