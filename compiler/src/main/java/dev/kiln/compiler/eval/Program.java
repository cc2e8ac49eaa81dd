package dev.kiln.compiler.eval;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.Optional;

/** A program of a launch while it runs: the values that it has computed and where it is. */
final class Program {
  private final TileFunction function;
  private final Launch launch;
  private final ProgramId id;
  private final StepBudget budget;
  private final Optional<Sanitizer> sanitizer;
  private final Slots numbers;
  private final TileValue[] slots;
  private final boolean traced;
  private Op current;

  Program(
      TileFunction function,
      Launch launch,
      ProgramId id,
      StepBudget budget,
      Optional<Sanitizer> sanitizer,
      Slots numbers) {
    this.function = function;
    this.launch = launch;
    this.id = id;
    this.budget = budget;
    this.sanitizer = sanitizer;
    this.numbers = numbers;
    this.slots = new TileValue[numbers.count()];
    this.traced = launch.trace().filter(trace -> trace.program().equals(id)).isPresent();
  }

  ProgramId id() {
    return id;
  }

  Launch launch() {
    return launch;
  }

  GlobalMemory memory() {
    return launch.memory();
  }

  Optional<Sanitizer> sanitizer() {
    return sanitizer;
  }

  /** The operation that runs. */
  Op current() {
    return current;
  }

  TileValue get(int slot) {
    return slots[slot];
  }

  /** Null where the operand is absent. */
  TileValue getOptional(int slot) {
    return slot == Slots.ABSENT ? null : slots[slot];
  }

  TileValue[] get(int[] wanted) {
    var values = new TileValue[wanted.length];
    for (int i = 0; i < wanted.length; i++) {
      values[i] = slots[wanted[i]];
    }
    return values;
  }

  void set(int slot, TileValue value) {
    slots[slot] = value;
  }

  void set(int[] targets, TileValue[] values) {
    for (int i = 0; i < targets.length; i++) {
      slots[targets[i]] = values[i];
    }
  }

  void begin(Op op) {
    current = op;
    if (!budget.take()) {
      throw new LimitExceededException(
          op.loc(),
          function.name(),
          id,
          "the limit of " + launch.limits().steps() + " steps is exceeded");
    }
  }

  void end(Op op) {
    // Blocks that ran inside have moved it.
    current = op;
    if (traced) {
      List<Value> told = op.results().isEmpty() ? op.operands() : op.results();
      trace(op, told);
    }
  }

  /** Tells the listener of values, if this program and the operation's line are traced. */
  void trace(Op op, List<Value> told) {
    if (traced && isOnTracedLine(op.loc())) {
      for (Value value : told) {
        launch.trace().get().listener().value(id, op, value, slots[numbers.of(value)]);
      }
    }
  }

  private boolean isOnTracedLine(Location at) {
    int line = launch.trace().get().line();
    Optional<Location> place = Optional.of(at);
    while (place.isPresent()) {
      if (place.get().line() == line && place.get().source() == function.loc().source()) {
        return true;
      }
      place = place.get().callSite();
    }
    return false;
  }

  EvaluationException failure(String message) {
    return failure(current.loc(), message);
  }

  EvaluationException failure(Location at, String message) {
    return new EvaluationException(at, function.name(), id, message);
  }

  /** Fails where a loop has run for more iterations than the launch allows. */
  void checkIterations(Op loop, long iterations) {
    if (iterations > launch.limits().iterations()) {
      throw new LimitExceededException(
          loop.loc(),
          function.name(),
          id,
          "the limit of " + launch.limits().iterations() + " iterations is exceeded");
    }
  }
}
