package dev.kiln.compiler.transform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.eval.Allocation;
import dev.kiln.compiler.eval.Evaluator;
import dev.kiln.compiler.eval.Grid;
import dev.kiln.compiler.eval.Launch;
import dev.kiln.compiler.eval.Limits;
import dev.kiln.compiler.eval.SegmentMemory;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.IntegerMath;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code %f(1, 2) == 3} or {@code %f(1) == 1, 2, 3}: the function's first parameter points to
 * memory for its results, the others get the numbers.
 */
record EvalDirective(String function, List<Double> arguments, List<Double> expected) {
  private static final Pattern FORM = Pattern.compile("%(\\w+)\\((.*)\\)\\s*==\\s*(.+)");
  private static final long ADDRESS = 0x1000;

  static EvalDirective parse(String line) {
    Matcher matcher = FORM.matcher(line);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("expected %f(1, 2) == 3, found " + line);
    }
    return new EvalDirective(
        matcher.group(1), numbers(matcher.group(2)), numbers(matcher.group(3)));
  }

  private static List<Double> numbers(String text) {
    return text.isBlank()
        ? List.of()
        : Arrays.stream(text.split(",")).map(String::strip).map(Double::valueOf).toList();
  }

  void check(List<TileFunction> before, List<TileFunction> after) {
    assertThat(run(named(before))).describedAs("%s before the passes", this).isEqualTo(expected);
    assertThat(run(named(after))).describedAs("%s after the passes", this).isEqualTo(expected);
  }

  private TileFunction named(List<TileFunction> functions) {
    return functions.stream().filter(f -> f.name().equals(function)).findFirst().orElseThrow();
  }

  private List<Double> run(TileFunction kernel) {
    DType dtype = kernel.params().getFirst().dtype();
    byte[] bytes = new byte[dtype.bytes() * expected.size()];
    var memory = new SegmentMemory();
    memory.add(
        new Allocation("results", ADDRESS, bytes.length, true), MemorySegment.ofArray(bytes));
    var values = new ArrayList<Number>();
    values.add(ADDRESS);
    for (int i = 0; i < arguments.size(); i++) {
      boolean isFloat = kernel.params().get(i + 1).dtype().isFloat();
      values.add(isFloat ? (Number) arguments.get(i) : (Number) arguments.get(i).longValue());
    }
    Evaluator.run(
        kernel, Launch.of(Grid.of(1), memory, values).limitedTo(new Limits(100_000, 10_000)));
    var results = new ArrayList<Double>();
    for (int i = 0; i < expected.size(); i++) {
      long bits = memory.read(ADDRESS + (long) i * dtype.bytes(), dtype.bytes());
      results.add(
          dtype.isFloat()
              ? FloatFormat.fromBits(dtype, bits)
              : (double) IntegerMath.wrap(dtype, bits));
    }
    return results;
  }
}
