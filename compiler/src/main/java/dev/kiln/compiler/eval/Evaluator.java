package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.IntegerMath;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Executes a kernel of tile IR, one program after the other, one element after the other. Every
 * operation's result is rounded to its type; {@code docs/language.md} says what is computed where
 * the language leaves it open.
 *
 * <p>Programs run in ascending order of {@code x + gridX * (y + gridY * z)}. An evaluator has no
 * state of its own between launches and may be shared by threads.
 */
public final class Evaluator {
  private final TileFunction function;
  private final Slots slots;
  private final CompiledBlock body;
  private final PointerRoots roots;

  public Evaluator(TileFunction function) {
    this.function = function;
    var compiler = new StepCompiler();
    this.body = compiler.block(function.body());
    this.slots = compiler.slots();
    this.roots = PointerRoots.of(function);
  }

  /** Runs one launch of a kernel; see {@link #run(Launch)}. */
  public static void run(TileFunction function, Launch launch) {
    new Evaluator(function).run(launch);
  }

  /**
   * Runs a launch.
   *
   * @throws EvaluationException if an assertion fails, an address is out of range or a limit is
   *     exceeded
   * @throws SanitizerException after a sanitized launch that did anything wrong
   * @throws IllegalArgumentException if the arguments do not fit the parameters
   */
  public void run(Launch launch) {
    TileValue[] arguments = arguments(launch.arguments());
    Optional<Sanitizer> sanitizer =
        launch.shadow().map(shadow -> new Sanitizer(function, roots, launch, shadow));
    try {
      runPrograms(launch, arguments, sanitizer);
    } catch (EvaluationException e) {
      // What was found before usually is why.
      sanitizer.map(Sanitizer::report).ifPresent(report -> report.throwIfFaulty(e));
      throw e;
    }
    sanitizer.map(Sanitizer::report).ifPresent(report -> report.throwIfFaulty(null));
  }

  private void runPrograms(Launch launch, TileValue[] arguments, Optional<Sanitizer> sanitizer) {
    var budget = new StepBudget(launch.limits());
    Grid grid = launch.grid();
    for (int z = 0; z < grid.z(); z++) {
      for (int y = 0; y < grid.y(); y++) {
        for (int x = 0; x < grid.x(); x++) {
          var id = new ProgramId(x, y, z);
          body.run(new Program(function, launch, id, budget, sanitizer, slots), arguments);
        }
      }
    }
  }

  private TileValue[] arguments(List<Number> given) {
    List<Value> params = function.body().params();
    if (given.size() != params.size()) {
      throw new IllegalArgumentException(
          "kernel %s takes %d arguments, but %d are given"
              .formatted(function.name(), params.size(), given.size()));
    }
    var arguments = new ArrayList<TileValue>();
    for (int i = 0; i < params.size(); i++) {
      arguments.add(argument(function.params().get(i), params.get(i).type(), given.get(i)));
    }
    return arguments.toArray(TileValue[]::new);
  }

  private TileValue argument(TileFunction.Param param, Type type, Number given) {
    if (type.dtype().isFloat()) {
      return TileValue.scalar(type, FloatFormat.round(type.dtype(), given.doubleValue()));
    }
    boolean isIntegral =
        given instanceof Long
            || given instanceof Integer
            || given instanceof Short
            || given instanceof Byte;
    if (!isIntegral) {
      throw new IllegalArgumentException(
          "argument '%s' of kernel %s is %s, but %s is given"
              .formatted(param.name(), function.name(), type, given));
    }
    return TileValue.scalar(type, IntegerMath.wrap(type.dtype(), given.longValue()));
  }
}
