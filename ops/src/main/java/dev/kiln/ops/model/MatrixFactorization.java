package dev.kiln.ops.model;

import dev.kiln.ops.data.Ratings;
import dev.kiln.ops.function.Embeddings;
import dev.kiln.ops.function.Losses;
import dev.kiln.ops.nn.Initialization;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.List;

/**
 * Ratings as {@code mean[item] + user . item} (Koren, Bell, Volinsky, "Matrix Factorization
 * Techniques for Recommender Systems", 2009). The mean of each item's ratings is removed first; an
 * item without ratings has the mean of all. The factors of users and items without ratings are 0 at
 * the start; nothing gives them a gradient, so that such a user is predicted the mean exactly.
 *
 * <p>Parameters {@code users}, {@code items}, {@code count x factors}; buffer {@code means}, {@code
 * items x 1}.
 */
public final class MatrixFactorization extends Module {
  private final Options options;
  private final Tensor users;
  private final Tensor items;
  private final Tensor means;

  /**
   * Sizes.
   *
   * @param decay times the mean square of the factors of the rated is added to the loss
   * @param deviation of the first factors
   */
  public record Options(int users, int items, int factors, double decay, double deviation) {
    public Options {
      if (users < 1 || items < 1 || factors < 1 || !(decay >= 0) || !(deviation > 0)) {
        throw new KilnException(
            "MatrixFactorization: users (%d), items (%d), factors (%d) and deviation (%s) must be"
                    .formatted(users, items, factors, deviation)
                + " positive, and decay (%s) not negative".formatted(decay));
      }
    }

    /** Without decay. */
    public static Options of(int users, int items, int factors) {
      return new Options(users, items, factors, 0, 0.1);
    }

    public Options withDecay(double newDecay) {
      return new Options(users, items, factors, newDecay, deviation);
    }
  }

  /**
   * @param ratings that it will be trained on: means are taken of them
   * @throws KilnException if there are none, or one is of a user or item that does not exist
   */
  public MatrixFactorization(Context context, Options options, Ratings ratings) {
    super(context);
    this.options = options;
    double[] sums = new double[options.items()];
    int[] countOfItems = new int[options.items()];
    int[] countOfUsers = new int[options.users()];
    double total = 0;
    for (Ratings.One one : known(ratings)) {
      sums[one.item()] += one.value();
      countOfItems[one.item()]++;
      countOfUsers[one.user()]++;
      total += one.value();
    }
    double[] mean = new double[sums.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = countOfItems[i] > 0 ? sums[i] / countOfItems[i] : total / ratings.size();
    }
    users = parameter("users", factors(countOfUsers));
    items = parameter("items", factors(countOfItems));
    means = buffer("means", context.of(users.dtype(), mean, mean.length, 1));
  }

  private List<Ratings.One> known(Ratings ratings) {
    if (ratings.size() == 0) {
      throw new KilnException("MatrixFactorization: there are no ratings");
    }
    var all = new ArrayList<Ratings.One>(ratings.size());
    for (int i = 0; i < ratings.size(); i++) {
      Ratings.One one = ratings.get(i);
      if (one.user() >= options.users() || one.item() >= options.items()) {
        throw new KilnException(
            "MatrixFactorization: there are %d users and %d items, but rating %d is %s"
                .formatted(options.users(), options.items(), i, one));
      }
      all.add(one);
    }
    return all;
  }

  /** Rows of those without ratings are 0. */
  private Tensor factors(int[] counts) {
    Initialization normal = Initialization.normal(0, options.deviation());
    Initialization rated =
        (random, shape) -> {
          double[] values = normal.values(random, shape);
          for (int i = 0; i < values.length; i++) {
            values[i] = counts[i / options.factors()] > 0 ? values[i] : 0;
          }
          return values;
        };
    return rated.make(context(), counts.length, options.factors());
  }

  /**
   * What users would give items.
   *
   * @param user {@code count} numbers, i32 or i64
   * @param item likewise
   * @return {@code count}
   * @throws KilnException if the shapes do not fit
   */
  public Tensor predict(Tensor user, Tensor item) {
    if (user.rank() != 1 || item.rank() != 1 || user.size() != item.size()) {
      throw new KilnException(
          "MatrixFactorization: users and items must be vectors of one length, but are %s and %s"
              .formatted(user, item));
    }
    Tensor ratings =
        frame(
            () -> {
              Tensor product =
                  Embeddings.embedding(user, users).mul(Embeddings.embedding(item, items)).sum(1);
              return product.add(Embeddings.embedding(item, means).squeeze(1));
            });
    applied(List.of(user, item), List.of(ratings));
    return ratings;
  }

  /** The mean squared error of known ratings, and the decay. */
  public Tensor loss(Ratings batch) {
    int count = batch.size();
    return frame(
        () -> {
          Tensor user = context().of(batch.users(), count);
          Tensor item = context().of(batch.items(), count);
          Tensor error = Losses.mse(predict(user, item), context().of(batch.values(), count));
          if (options.decay() == 0) {
            return error;
          }
          Tensor ofUsers = Embeddings.embedding(user, users).square().mean();
          Tensor ofItems = Embeddings.embedding(item, items).square().mean();
          return error.add(ofUsers.add(ofItems).mul(options.decay()));
        });
  }

  /** What a user would give an item. */
  public double predict(int user, int item) {
    if (user < 0 || user >= options.users() || item < 0 || item >= options.items()) {
      throw new KilnException(
          "MatrixFactorization: there are %d users and %d items, but no user %d with item %d"
              .formatted(options.users(), options.items(), user, item));
    }
    try (Mode _ = context().noGrad();
        Scope _ = context().scope()) {
      return predict(context().of(new int[] {user}, 1), context().of(new int[] {item}, 1)).item();
    }
  }

  /** The root of the mean squared error of ratings. */
  public double rmse(Ratings ratings) {
    try (Mode _ = context().noGrad();
        Scope _ = context().scope()) {
      int count = ratings.size();
      Tensor predicted =
          predict(context().of(ratings.users(), count), context().of(ratings.items(), count));
      return Math.sqrt(Losses.mse(predicted, context().of(ratings.values(), count)).item());
    }
  }
}
