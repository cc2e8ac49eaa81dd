package dev.kiln.ops.classical;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.classical.NearestCentres;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * K-means: centres that make the sum {@code J} of squared distances to the nearest centre small.
 *
 * <p>Lloyd's steps on the device, from starts drawn as by k-means++ (Arthur and Vassilvitskii,
 * 2007): each centre is a point, drawn in proportion to its squared distance from the centres
 * before. {@code J} never rises: a start ends as soon as a step does not lower it. A centre that
 * lost all its points moves to the point that is farthest from its own. The best of all starts is
 * kept. Not thread-safe.
 */
public final class KMeans implements AutoCloseable {
  private static final String NAME = "KMeans";

  private final Device device;
  private final NearestCentres kernel;

  public KMeans(Device device) {
    this.device = device;
    kernel = new NearestCentres(device);
  }

  /**
   * How to search.
   *
   * @param clusters at least 1
   * @param starts at least 1; the best is kept, of equal ones the first
   * @param steps the most of each start, at least 1
   * @param seed of the starts
   */
  public record Settings(int clusters, int starts, int steps, long seed) {
    public Settings {
      Inputs.atLeast(NAME, "the number of clusters", clusters, 1);
      Inputs.atLeast(NAME, "the number of starts", starts, 1);
      Inputs.atLeast(NAME, "the number of steps", steps, 1);
    }

    /** Ten starts of at most 300 steps. */
    public static Settings of(int clusters) {
      return new Settings(clusters, 10, 300, 0);
    }
  }

  /**
   * What a start came to.
   *
   * @param centres a row for each cluster
   * @param index the cluster of each point
   * @param losses {@code J} after the choice of centres and after each step; each is lower than the
   *     one before
   */
  public record Clusters(double[][] centres, int[] index, List<Double> losses) {
    /** The last {@code J}. */
    public double loss() {
      return losses.getLast();
    }
  }

  /**
   * The best of several starts.
   *
   * @param points {@code n x d} on the device, rows without gaps: fp32, fp16, bf16 or fp64
   * @throws dev.kiln.runtime.KilnException if there are fewer points than clusters, or numbers are
   *     not finite
   */
  public Clusters fit(NdArray points, Settings settings) {
    double[] numbers = checked(points, settings.clusters());
    var random = new SplittableRandom(settings.seed());
    Clusters best = null;
    for (int start = 0; start < settings.starts(); start++) {
      double[][] centres = start(points, numbers, settings.clusters(), random.split());
      Clusters found = run(points, numbers, centres, settings.steps());
      best = best == null || found.loss() < best.loss() ? found : best;
    }
    return best;
  }

  /** One start, from centres that are given. */
  public Clusters fit(NdArray points, double[][] centres, int steps) {
    double[] numbers = checked(points, centres.length);
    int d = Inputs.rows(NAME, centres);
    Inputs.sameLength(NAME, "columns of centres", d, (int) points.dim(1));
    Inputs.atLeast(NAME, "the number of steps", steps, 1);
    return run(points, numbers, centres, steps);
  }

  /** The nearest of {@code centres} for each point; of equally near ones the first. */
  public int[] nearest(NdArray points, double[][] centres) {
    Inputs.matrix(NAME, "points", points);
    Inputs.rows(NAME, centres);
    try (NdArray onDevice = array(points.dtype(), centres);
        NdArray index = NdArray.empty(device, DType.I32, points.dim(0))) {
      kernel.assign(points, onDevice, index, null);
      int[] nearest = ints(index);
      if (Arrays.stream(nearest).anyMatch(j -> j < 0)) {
        throw overflow(points);
      }
      return nearest;
    }
  }

  private double[] checked(NdArray points, int clusters) {
    double[] numbers = Inputs.matrix(NAME, "points", points);
    if (clusters > points.dim(0)) {
      throw Inputs.fault(
          NAME,
          "there must be at least as many points as clusters, but there are "
              + points.dim(0)
              + " points for "
              + clusters
              + " clusters");
    }
    return numbers;
  }

  private Clusters run(NdArray points, double[] numbers, double[][] start, int steps) {
    long n = points.dim(0);
    DType wide = points.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
    List<Double> losses = new ArrayList<>();
    double[][] best = start;
    int[] bestIndex = null;
    try (NdArray centres = array(points.dtype(), start);
        NdArray index = NdArray.empty(device, DType.I32, n);
        NdArray squares = NdArray.empty(device, wide, n);
        NdArray sizes = NdArray.empty(device, DType.I32, start.length)) {
      for (int step = 0; step <= steps; step++) {
        double[] current = centres.toDoubles();
        kernel.step(points, centres, index, squares, sizes);
        double[] distances = squares.toDoubles();
        double loss = Arrays.stream(distances).sum();
        if (!Double.isFinite(loss)) {
          throw overflow(points);
        }
        if (!losses.isEmpty() && !(loss < losses.getLast())) {
          break;
        }
        losses.add(loss);
        best = rows(current, start.length);
        bestIndex = ints(index);
        reseed(centres, ints(sizes), numbers, distances);
      }
    }
    return new Clusters(best, bestIndex, List.copyOf(losses));
  }

  /** Moves centres without points to the farthest points, each to another. */
  private static void reseed(NdArray centres, int[] sizes, double[] numbers, double[] distances) {
    if (Arrays.stream(sizes).allMatch(size -> size > 0)) {
      return;
    }
    int d = (int) centres.dim(1);
    double[] moved = centres.toDoubles();
    double[] left = distances.clone();
    for (int j = 0; j < sizes.length; j++) {
      if (sizes[j] == 0) {
        int farthest = 0;
        for (int i = 1; i < left.length; i++) {
          farthest = left[i] > left[farthest] ? i : farthest;
        }
        System.arraycopy(numbers, farthest * d, moved, j * d, d);
        left[farthest] = -1;
      }
    }
    centres.set(moved);
  }

  private double[][] start(NdArray points, double[] numbers, int k, SplittableRandom random) {
    int n = (int) points.dim(0);
    int d = (int) points.dim(1);
    double[][] centres = new double[k][];
    double[] least = new double[n];
    Arrays.fill(least, Double.POSITIVE_INFINITY);
    int chosen = random.nextInt(n);
    for (int j = 0; j < k; j++) {
      centres[j] = Arrays.copyOfRange(numbers, chosen * d, (chosen + 1) * d);
      if (j + 1 < k) {
        lower(points, centres[j], least);
        chosen = drawn(least, random);
      }
    }
    return centres;
  }

  /** Takes the squared distances from one more centre into account. */
  private void lower(NdArray points, double[] centre, double[] least) {
    DType wide = points.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
    try (NdArray one = array(points.dtype(), new double[][] {centre});
        NdArray index = NdArray.empty(device, DType.I32, least.length);
        NdArray squares = NdArray.empty(device, wide, least.length)) {
      kernel.assign(points, one, index, squares);
      double[] distances = squares.toDoubles();
      if (!Double.isFinite(Arrays.stream(distances).sum())) {
        throw overflow(points);
      }
      Arrays.setAll(least, i -> Math.min(least[i], distances[i]));
    }
  }

  private static KilnException overflow(NdArray points) {
    return Inputs.fault(
        NAME, "squared distances overflow: scale the points down, which are " + points);
  }

  /** An index in proportion to its weight; any where all weights are 0. */
  private static int drawn(double[] weights, SplittableRandom random) {
    double total = Arrays.stream(weights).sum();
    if (total == 0) {
      return random.nextInt(weights.length);
    }
    double rest = random.nextDouble() * total;
    int last = 0;
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] > 0) {
        last = i;
        rest -= weights[i];
        if (rest < 0) {
          return i;
        }
      }
    }
    return last;
  }

  private NdArray array(DType dtype, double[][] rows) {
    double[] flat = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    return NdArray.of(device, dtype, flat, rows.length, rows[0].length);
  }

  private static double[][] rows(double[] flat, int count) {
    int d = flat.length / count;
    double[][] rows = new double[count][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(flat, i * d, (i + 1) * d));
    return rows;
  }

  private static int[] ints(NdArray array) {
    return Arrays.stream(array.toLongs()).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public void close() {
    kernel.close();
  }
}
