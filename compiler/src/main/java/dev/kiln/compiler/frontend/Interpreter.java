package dev.kiln.compiler.frontend;

import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.ir.IrBuilder;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.python.PythonError;
import dev.kiln.compiler.syntax.Expr;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs a kernel's syntax on abstract values. This class holds the state that statements and
 * expressions share (the present call, the present position, the operations built so far) and
 * answers the operations' questions; {@link Statements} and {@link Expressions} do the running.
 */
final class Interpreter implements FrontContext {
  /** Calls within calls; recursion that constants do not end stops here. */
  static final int MAX_CALL_DEPTH = 64;

  private static final Pattern BUILTIN_PREFIX = Pattern.compile("^(\\w+)(?:: |\\(\\))");

  private final IrBuilder builder = new IrBuilder();
  private final Expressions expressions = new Expressions(this);
  private final Statements statements = new Statements(this);
  private final Specialization specialization;
  private final Target target;
  private final Frontend.Listener listener;
  private final Modules modules;
  private final Set<String> warned = new HashSet<>();
  private Frame frame;
  private Location location = Location.UNKNOWN;

  Interpreter(
      Specialization specialization, Target target, Frontend.Listener listener, Modules modules) {
    this.specialization = specialization;
    this.target = target;
    this.listener = listener;
    this.modules = modules;
  }

  @Override
  public IrBuilder builder() {
    return builder;
  }

  @Override
  public Target target() {
    return target;
  }

  @Override
  public Specialization specialization() {
    return specialization;
  }

  @Override
  public Location location() {
    return location;
  }

  Frame frame() {
    return frame;
  }

  Scope scope() {
    return frame.scope();
  }

  Modules modules() {
    return modules;
  }

  FrontValue evaluate(Expr expression) {
    return expressions.evaluate(expression);
  }

  Expressions expressions() {
    return expressions;
  }

  Statements statements() {
    return statements;
  }

  /** Runs the action in another frame, its position that of the call. */
  <T> T in(Frame inner, Supplier<T> action) {
    Frame outer = frame;
    frame = inner;
    try {
      return action.get();
    } finally {
      frame = outer;
    }
  }

  /** Runs the action at a position of the present function's text. */
  <T> T at(Location loc, Supplier<T> action) {
    return atExactly(frame.locate(loc), action);
  }

  /** The diagnostic of a Python error, where the user's file has its cause. */
  CompilationException inUsersFile(PythonError e) {
    Location place = e.location().map(frame::locate).orElse(location);
    return CompilationException.at(
        userLocation(place), e.at(place).diagnostics().getFirst().message());
  }

  void at(Location loc, Runnable action) {
    at(
        loc,
        () -> {
          action.run();
          return null;
        });
  }

  /** Runs the action at a position that knows its callers already. */
  <T> T atExactly(Location inner, Supplier<T> action) {
    Location outer = location;
    Location outerBuilder = builder.location();
    location = inner;
    builder.at(inner);
    try {
      return action.get();
    } catch (CompilationException e) {
      throw e;
    } catch (PythonError e) {
      throw inUsersFile(e);
    } catch (RuntimeException | StackOverflowError e) {
      throw Faults.internal(userLocation(), e);
    } finally {
      location = outer;
      builder.at(outerBuilder);
    }
  }

  /** The operations that the action appends, to be placed later. */
  List<Op> collect(Runnable action) {
    return builder.collect(action);
  }

  @Override
  public FrontValue call(
      FrontValue function, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    return switch (function) {
      case FrontValue.Callable callable -> callable.call(this, args, kwargs);
      case Constexpr constant when Constants.isCallable(constant.value()) ->
          Constants.call(this, constant.value(), args, kwargs);
      default -> throw error(Conversions.describe(function) + " object is not callable");
    };
  }

  @Override
  public FrontValue callPrelude(
      String name, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    return call(modules.preludeFunction(name), args, kwargs);
  }

  /** Runs a function's body as part of the kernel that is being built. */
  FrontValue inline(JitFunction function, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    var inner =
        new Frame(
            function.name(),
            function.module(),
            function.mode(),
            Optional.of(frame),
            Optional.of(location));
    if (inner.depth() > MAX_CALL_DEPTH) {
      throw error(
          "calls are nested more than " + MAX_CALL_DEPTH + " deep at " + function.name(),
          "recursion must end by a condition on constants; a condition that is known only at run"
              + " time does not end it");
    }
    Map<String, FrontValue> bound = ArgumentBinding.bind(this, function, args, kwargs);
    return in(
        inner,
        () -> {
          bound.forEach((name, value) -> scope().assign(name, value, location));
          return statements.runFunction(function.definition());
        });
  }

  @Override
  public void warn(String message) {
    Diagnostic warning = Diagnostic.warning(userLocation(), message);
    // Loop bodies may be run more than once.
    if (warned.add(warning.render())) {
      listener.warning(warning);
    }
  }

  @Override
  public void print(String text) {
    listener.output(text);
  }

  @Override
  public CompilationException error(String message) {
    return CompilationException.at(userLocation(), inUsersTerms(message));
  }

  @Override
  public CompilationException error(String message, String hint) {
    return CompilationException.at(userLocation(), inUsersTerms(message), hint);
  }

  /**
   * A message that begins with the name of a builtin which a function of the prelude called, with
   * the name of the function that the user called.
   */
  private String inUsersTerms(String message) {
    Matcher named = BUILTIN_PREFIX.matcher(message);
    String function = "";
    for (Optional<Frame> present = Optional.ofNullable(frame);
        present.isPresent() && present.get().module().isPrelude();
        present = present.get().caller()) {
      function = present.get().function();
    }
    return function.isEmpty() || !named.find()
        ? message
        : function + message.substring(named.end(1));
  }

  /** An error at a position of the present function's text. */
  CompilationException errorAt(Location loc, String message) {
    return CompilationException.at(userLocation(frame.locate(loc)), message);
  }

  CompilationException errorAt(Location loc, String message, String hint) {
    return CompilationException.at(userLocation(frame.locate(loc)), message, hint);
  }

  /**
   * The present position, or the call that led out of the user's files: what goes wrong inside a
   * function of the prelude is shown where the user called it.
   */
  private Location userLocation() {
    return userLocation(location);
  }

  private Location userLocation(Location inner) {
    Location place = inner;
    Optional<Frame> present = Optional.ofNullable(frame);
    while (present.isPresent()
        && present.get().module().isPrelude()
        && present.get().callSite().isPresent()) {
      place = present.get().callSite().get();
      present = present.get().caller();
    }
    return place;
  }

  /** Whether the value, or all it is made of, is known at compile time. */
  static boolean isConstant(FrontValue value) {
    return switch (value) {
      case TupleValue tuple -> tuple.items().stream().allMatch(Interpreter::isConstant);
      case FrontValue.Tensor tensor -> false;
      case Aggregate aggregate -> aggregate.parts().stream().allMatch(Interpreter::isConstant);
      case Composite composite -> false;
      default -> true;
    };
  }
}
