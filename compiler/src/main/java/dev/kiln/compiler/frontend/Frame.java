package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.Location;
import java.util.Optional;

/** One call of a function that is being run: its variables and where it was called. */
final class Frame {
  private final String function;
  private final ModuleScope module;
  private final Optional<Frame> caller;
  private final Optional<Location> callSite;
  private final Mode mode;
  private final int depth;
  private Scope scope = new Scope();
  private int loops;
  private int contexts;

  /** What a function's text means. */
  enum Mode {
    /** The kernel itself. */
    KERNEL,
    /** A {@code jit} function. */
    FUNCTION,
    /** Python run at compile time: names keep constants, any global may be read. */
    CONSTANT
  }

  Frame(
      String function,
      ModuleScope module,
      Mode mode,
      Optional<Frame> caller,
      Optional<Location> callSite) {
    this.function = function;
    this.module = module;
    this.mode = mode;
    this.caller = caller;
    this.callSite = callSite;
    this.depth = caller.map(frame -> frame.depth + 1).orElse(0);
  }

  String function() {
    return function;
  }

  ModuleScope module() {
    return module;
  }

  Mode mode() {
    return mode;
  }

  Optional<Frame> caller() {
    return caller;
  }

  Optional<Location> callSite() {
    return callSite;
  }

  /** How many calls are under way around this one. */
  int depth() {
    return depth;
  }

  Scope scope() {
    return scope;
  }

  void enter(Scope other) {
    scope = other;
  }

  /** A position in this function's text, with the chain of calls that led here. */
  Location locate(Location loc) {
    return callSite.map(loc::calledFrom).orElse(loc);
  }

  /** Whether a loop that is not unrolled is being run. */
  boolean inLoop() {
    return loops > 0;
  }

  boolean inContext() {
    return contexts > 0;
  }

  void enterLoop() {
    loops++;
  }

  void leaveLoop() {
    loops--;
  }

  void enterContext() {
    contexts++;
  }

  void leaveContext() {
    contexts--;
  }
}
