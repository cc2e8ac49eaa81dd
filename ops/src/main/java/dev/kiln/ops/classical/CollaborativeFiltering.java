package dev.kiln.ops.classical;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.classical.MaskedResidual;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Ratings of users for items as products of factors, {@code mean_j + u_i . v_j}, fitted to the
 * known ratings only by gradient descent on
 *
 * <pre>
 *     1/2 sum of known (mean_j + u_i . v_j - rating_ij)^2 + decay/2 (|u|^2 + |v|^2)
 * </pre>
 *
 * <p>The mean of each item's ratings is removed first; an item without ratings has the mean of all.
 * The factors of a user without ratings, and of such an item, are 0 from the start and stay so:
 * such a user is predicted the means exactly. Computed on a device. Not thread-safe.
 */
public final class CollaborativeFiltering implements AutoCloseable {
  private static final String NAME = "CollaborativeFiltering";
  private static final double FIRST_FACTORS = 0.1;

  private final Settings settings;
  private final NdArray ratings;
  private final NdArray known;
  private final NdArray means;
  private final NdArray residual;
  private final NdArray squares;
  private final NdArray itemFactors;
  private final MaskedResidual masked;
  private final Matmul matmul;
  private final Pointwise pointwise;
  private NdArray userFactors;
  private NdArray nextUserFactors;

  /**
   * How to fit.
   *
   * @param factors of each user and item, at least 1
   * @param rate of learning, above 0
   * @param decay of factors, at least 0
   * @param seed of the first factors
   */
  public record Settings(int factors, double rate, double decay, long seed) {
    public Settings {
      Inputs.atLeast(NAME, "the number of factors", factors, 1);
      Inputs.positive(NAME, "the rate", rate);
      Inputs.notNegative(NAME, "the decay", decay);
    }
  }

  /**
   * @param ratings {@code users x items}, fp32 or fp64, rows without gaps, of any content where
   *     they are not known; stays the caller's
   * @param known of the same shape and any dtype: not 0 where a rating is known; stays the caller's
   * @throws dev.kiln.runtime.KilnException if nothing is known, a known rating is not finite, or
   *     shapes do not fit
   */
  public CollaborativeFiltering(NdArray ratings, NdArray known, Settings settings) {
    if (ratings.rank() != 2 || ratings.dtype() != DType.FP32 && ratings.dtype() != DType.FP64) {
      throw Inputs.fault(NAME, "ratings must be a matrix of fp32 or fp64, but are " + ratings);
    }
    if (!Arrays.equals(ratings.shape(), known.shape())) {
      throw Inputs.fault(NAME, "the mask must have the shape of " + ratings + ", but is " + known);
    }
    this.settings = settings;
    this.ratings = ratings;
    this.known = known;
    Device device = ratings.device();
    DType dtype = ratings.dtype();
    int users = (int) ratings.dim(0);
    int items = (int) ratings.dim(1);
    Ratings counted = new Ratings(users, items, ratings.toDoubles(), known.toDoubles());
    means = NdArray.of(device, dtype, counted.means(), items);
    residual = NdArray.empty(device, dtype, users, items);
    squares = NdArray.empty(device, dtype, users);
    var random = new SplittableRandom(settings.seed());
    int k = settings.factors();
    userFactors = NdArray.of(device, dtype, factors(counted.ofUser, k, random), users, k);
    itemFactors = NdArray.of(device, dtype, factors(counted.ofItem, k, random), items, k);
    nextUserFactors = NdArray.empty(device, dtype, users, k);
    masked = new MaskedResidual(device);
    matmul = new Matmul(device);
    pointwise = new Pointwise(device);
  }

  /** How many ratings there are, and their sums. */
  private static final class Ratings {
    private final int[] ofUser;
    private final int[] ofItem;
    private final double[] sums;

    Ratings(int users, int items, double[] ratings, double[] known) {
      ofUser = new int[users];
      ofItem = new int[items];
      sums = new double[items];
      for (int at = 0; at < known.length; at++) {
        if (known[at] != 0) {
          int user = at / items;
          int item = at % items;
          if (!Double.isFinite(ratings[at])) {
            throw Inputs.fault(
                NAME,
                "known ratings must be finite, but that of user "
                    + user
                    + " for item "
                    + item
                    + " is "
                    + ratings[at]);
          }
          ofUser[user]++;
          ofItem[item]++;
          sums[item] += ratings[at];
        }
      }
    }

    double[] means() {
      int count = Arrays.stream(ofItem).sum();
      if (count == 0) {
        throw Inputs.fault(NAME, "at least one rating must be known");
      }
      double mean = Arrays.stream(sums).sum() / count;
      double[] means = new double[sums.length];
      Arrays.setAll(means, j -> ofItem[j] == 0 ? mean : sums[j] / ofItem[j]);
      return means;
    }
  }

  private static double[] factors(int[] counts, int k, SplittableRandom random) {
    double[] factors = new double[counts.length * k];
    for (int i = 0; i < factors.length; i++) {
      double drawn = FIRST_FACTORS * random.nextGaussian();
      factors[i] = counts[i / k] == 0 ? 0 : drawn;
    }
    return factors;
  }

  /**
   * One step of gradient descent; all factors move at once.
   *
   * @return what is minimised, before the step
   */
  public double step() {
    matmul.run(userFactors, itemFactors.permute(1, 0), residual);
    masked.run(residual, ratings, known, means, residual, squares);
    double loss = loss();
    // u - rate (residual v + decay u), in the epilogue; likewise v, by the u before.
    Epilogue update =
        Epilogue.NONE.withAlpha(-settings.rate()).withBeta(1 - settings.rate() * settings.decay());
    pointwise.copy(userFactors, nextUserFactors);
    matmul.run(residual, itemFactors, update, nextUserFactors);
    matmul.run(residual.permute(1, 0), userFactors, update, itemFactors);
    NdArray last = userFactors;
    userFactors = nextUserFactors;
    nextUserFactors = last;
    return loss;
  }

  private double loss() {
    double errors = Arrays.stream(squares.toDoubles()).sum();
    return (errors + settings.decay() * (norm(userFactors) + norm(itemFactors))) / 2;
  }

  private static double norm(NdArray factors) {
    return Arrays.stream(factors.toDoubles()).map(x -> x * x).sum();
  }

  /**
   * All predicted ratings.
   *
   * @return {@code users x items}, the caller's
   */
  public NdArray predict() {
    NdArray all = NdArray.empty(ratings.device(), ratings.dtype(), ratings.dim(0), ratings.dim(1));
    matmul.run(userFactors, itemFactors.permute(1, 0), Epilogue.of(means, Activation.NONE), all);
    return all;
  }

  /** The factors of each user, row by row. */
  public double[] userFactors() {
    return userFactors.toDoubles();
  }

  /** The factors of each item, row by row: near each other for items that are rated alike. */
  public double[] itemFactors() {
    return itemFactors.toDoubles();
  }

  /** The mean rating of each item. */
  public double[] means() {
    return means.toDoubles();
  }

  @Override
  public void close() {
    for (NdArray array :
        new NdArray[] {means, residual, squares, userFactors, nextUserFactors, itemFactors}) {
      array.close();
    }
    matmul.close();
  }
}
