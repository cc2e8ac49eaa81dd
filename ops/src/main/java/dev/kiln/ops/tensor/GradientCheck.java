package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Compares the gradients of a function with central differences of it, in fp64: the first test that
 * an operation with kernels of one's own should pass.
 *
 * <pre>{@code
 * Tensor x = context.randn(DType.FP64, 4, 3).requireGrad();
 * GradientCheck.of(() -> square(x), x).requirePassed();
 * }</pre>
 *
 * <p>A result of several numbers is summed with fixed factors between 0.5 and 1.5, so that no two
 * of its gradients can take each other's place. The function may draw random numbers: it draws the
 * same ones each time. It must be smooth where it is checked. Nobody's {@link Tensor#grad} changes.
 */
public final class GradientCheck {
  /** About the cube root of the unit roundoff, which balances truncation against cancellation. */
  private static final double STEP = 0x1p-17;

  /** Central differences lose a third of the digits; the rest is left to the function's scale. */
  private static final double TOLERANCE = 1e-6;

  private final Supplier<Tensor> function;
  private final Map<String, Tensor> inputs;
  private final Context context;
  private final long seed;
  private final long drawn;

  /**
   * How far a gradient is from the differences.
   *
   * @param input name of the tensor
   * @param checked numbers of it that were changed
   * @param place of the largest error, in row-major order
   * @param gradient there
   * @param numerical the difference quotient there
   * @param scale of the errors: the largest gradient of the tensor, at least 1
   */
  public record Row(
      String input, int checked, int place, double gradient, double numerical, double scale) {
    /** The largest error in units of the scale. */
    public double error() {
      return Math.abs(gradient - numerical) / scale;
    }

    /** Whether the error is at most 1e-6. */
    public boolean isPassed() {
      return error() <= TOLERANCE;
    }

    @Override
    public String toString() {
      String verdict =
          isPassed()
              ? "ok"
              : "WRONG: %s at %d, numerically %s".formatted(gradient, place, numerical);
      return String.format(
          Locale.ROOT, "%s: %d numbers, largest error %.1e, %s", input, checked, error(), verdict);
    }
  }

  /** A row for each tensor, in their order. */
  public record Report(List<Row> rows) {
    public boolean isPassed() {
      return rows.stream().allMatch(Row::isPassed);
    }

    /**
     * This report.
     *
     * @throws KilnException if a gradient is wrong; it says which, where and by how much
     */
    public Report requirePassed() {
      if (!isPassed()) {
        throw new KilnException("the gradient differs from the differences:\n" + this);
      }
      return this;
    }

    @Override
    public String toString() {
      return rows.stream().map(Row::toString).collect(Collectors.joining("\n"));
    }
  }

  private GradientCheck(Supplier<Tensor> function, Map<String, Tensor> inputs) {
    if (inputs.isEmpty()) {
      throw new KilnException("gradient check: there is no tensor to check the gradient of");
    }
    inputs.forEach(GradientCheck::requireLeaf);
    this.function = function;
    this.inputs = inputs;
    context = inputs.values().iterator().next().context();
    seed = context.random().seed();
    drawn = context.random().offset();
  }

  private static void requireLeaf(String name, Tensor input) {
    if (input.dtype() != DType.FP64 || !input.isLeaf() || !input.requiresGrad()) {
      throw new KilnException(
          "gradient check: %s must be fp64, no result, and need a gradient (requireGrad()), but is %s"
              .formatted(name, input));
    }
  }

  /**
   * Checks all numbers of some tensors.
   *
   * @param function of those tensors; called anew for each change of a number
   * @param inputs fp64 leaves that need gradients; changed meanwhile
   */
  public static Report of(Supplier<Tensor> function, Tensor... inputs) {
    var named = new LinkedHashMap<String, Tensor>();
    for (int i = 0; i < inputs.length; i++) {
      String name = inputs[i].name();
      named.put(named.containsKey(name) ? name + " " + i : name, inputs[i]);
    }
    return of(function, named, Integer.MAX_VALUE);
  }

  /**
   * Checks some numbers of tensors by name, such as a module's {@code parameters()}.
   *
   * @param most numbers of each tensor, chosen by its name; all where there are no more
   */
  public static Report of(Supplier<Tensor> function, Map<String, Tensor> inputs, int most) {
    return new GradientCheck(function, inputs).check(most);
  }

  private Report check(int most) {
    Map<String, double[]> gradients = gradients();
    var rows = new ArrayList<Row>();
    inputs.forEach((name, input) -> rows.add(row(name, input, gradients.get(name), most)));
    return new Report(List.copyOf(rows));
  }

  private Map<String, double[]> gradients() {
    context.random().restore(seed, drawn);
    try (Scope _ = context.scope();
        Mode _ = context.withGrad()) {
      Tensor y = function.get();
      var tensors = new ArrayList<>(inputs.values());
      List<Tensor> found = Autograd.gradients(y, factors(y), false, tensors);
      var gradients = new LinkedHashMap<String, double[]>();
      int next = 0;
      for (String name : inputs.keySet()) {
        gradients.put(name, found.get(next++).toDoubles());
      }
      return gradients;
    }
  }

  private Row row(String name, Tensor input, double[] gradient, int most) {
    double scale = Math.max(1, Arrays.stream(gradient).map(Math::abs).max().orElse(0));
    double[] x = input.toDoubles();
    int[] places = places(name, x.length, most);
    Row worst = new Row(name, places.length, 0, 0, 0, scale);
    for (int place : places) {
      double numerical = quotient(input, x, place);
      var row = new Row(name, places.length, place, gradient[place], numerical, scale);
      // Not a number counts as the worst.
      if (!(row.error() <= worst.error())) {
        worst = row;
      }
    }
    return worst;
  }

  private static int[] places(String name, int size, int most) {
    if (size <= most) {
      return IntStream.range(0, size).toArray();
    }
    return new SplittableRandom(name.hashCode()).ints(0, size).distinct().limit(most).toArray();
  }

  private double quotient(Tensor input, double[] x, int place) {
    double at = x[place];
    double step = STEP * Math.max(1, Math.abs(at));
    try {
      x[place] = at + step;
      double above = value(input, x);
      x[place] = at - step;
      double below = value(input, x);
      return (above - below) / (2 * step);
    } finally {
      x[place] = at;
      try (Mode _ = context.noGrad()) {
        input.set(x);
      }
    }
  }

  private double value(Tensor input, double[] x) {
    context.random().restore(seed, drawn);
    try (Scope _ = context.scope();
        Mode _ = context.noGrad()) {
      input.set(x);
      Tensor y = function.get();
      return y.mul(factors(y)).sum().item();
    }
  }

  private static Tensor factors(Tensor result) {
    if (result.dtype() != DType.FP64) {
      throw new KilnException("gradient check: the result must be fp64, but is " + result);
    }
    double[] factors = new SplittableRandom(9).doubles(result.size(), 0.5, 1.5).toArray();
    return result.context().of(DType.FP64, factors, result.shape());
  }
}
