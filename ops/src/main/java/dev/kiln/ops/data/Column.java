package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.List;

/**
 * What a column of a {@link Table} means to a model. The methods that change something return
 * another column.
 *
 * @param scaling of numbers and ordinal codes
 * @param indicator whether another column tells where cells were missing: 1 there, else 0
 * @param order of categories; where empty, those of the training part, sorted. Of ordinals, from
 *     the lowest to the highest
 */
public record Column(
    Kind kind,
    Scaling scaling,
    Missing missing,
    boolean indicator,
    List<String> order,
    Unseen unseen) {
  /** What the cells are. */
  public enum Kind {
    /** Numbers: one column. */
    NUMBER,
    /** Categories without an order: a column for each, 1 in its own and 0 elsewhere (one-hot). */
    CATEGORY,
    /** Categories with an order: one column with 0 for the first, 1 for the second ... */
    ORDINAL,
    /** Anything else; models do not see it. */
    TEXT
  }

  /** What becomes of a category that the training part did not have. */
  public enum Unseen {
    /** The row is refused. */
    REFUSED,
    /** 0 in all columns. */
    ZEROS
  }

  public Column {
    order = List.copyOf(order);
    if (kind == Kind.ORDINAL && order.size() < 2) {
      throw new KilnException("an ordinal column needs its categories in their order, two or more");
    }
    if (order.stream().distinct().count() < order.size()) {
      throw new KilnException("a category occurs twice in " + order);
    }
    boolean number = kind == Kind.NUMBER;
    if (!number
        && (missing.policy() == Missing.Policy.MEAN || missing.policy() == Missing.Policy.MEDIAN)) {
      throw new KilnException(
          "missing cells of a column that is no number cannot become the " + missing.policy());
    }
    if (kind == Kind.CATEGORY && scaling != Scaling.NONE) {
      throw new KilnException("categories cannot be scaled");
    }
  }

  /** Numbers, scaled by mean and standard deviation; the median where a cell is missing. */
  public static Column number() {
    return new Column(
        Kind.NUMBER, Scaling.STANDARD, Missing.MEDIAN, false, List.of(), Unseen.REFUSED);
  }

  /**
   * Categories; the most frequent where a cell is missing, zeros for those not seen in training.
   *
   * @param order of their columns; if left out, those of the training part, sorted
   */
  public static Column category(String... order) {
    return new Column(
        Kind.CATEGORY, Scaling.NONE, Missing.MOST_FREQUENT, false, List.of(order), Unseen.ZEROS);
  }

  /**
   * Categories that have an order; the most frequent where a cell is missing.
   *
   * @param order from the lowest to the highest; others are refused
   */
  public static Column ordinal(String... order) {
    return new Column(
        Kind.ORDINAL, Scaling.NONE, Missing.MOST_FREQUENT, false, List.of(order), Unseen.REFUSED);
  }

  /** Left out. */
  public static Column text() {
    return new Column(
        Kind.TEXT, Scaling.NONE, Missing.MOST_FREQUENT, false, List.of(), Unseen.ZEROS);
  }

  public Column scaled(Scaling scaling) {
    return new Column(kind, scaling, missing, indicator, order, unseen);
  }

  public Column missing(Missing missing) {
    return new Column(kind, scaling, missing, indicator, order, unseen);
  }

  /** With another column that tells where cells were missing. */
  public Column indicated() {
    return new Column(kind, scaling, missing, true, order, unseen);
  }

  public Column unseen(Unseen unseen) {
    if (kind == Kind.ORDINAL && unseen == Unseen.ZEROS) {
      throw new KilnException("an ordinal column has no code for a category without an order");
    }
    return new Column(kind, scaling, missing, indicator, order, unseen);
  }
}
