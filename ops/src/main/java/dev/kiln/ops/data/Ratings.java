package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.List;

/**
 * Ratings of users for items, side by side: a data set, or a batch of one.
 *
 * @param users {@code count} numbers from 0
 * @param items likewise
 * @param values what each user gave each item
 */
public record Ratings(int[] users, int[] items, float[] values) implements Dataset<Ratings.One> {
  /** What a user gave an item. */
  public record One(int user, int item, float value) {}

  public Ratings {
    if (users.length != items.length || users.length != values.length) {
      throw new KilnException(
          "%d users, %d items and %d ratings do not fit"
              .formatted(users.length, items.length, values.length));
    }
    for (int i = 0; i < values.length; i++) {
      if (users[i] < 0 || items[i] < 0 || !Float.isFinite(values[i])) {
        throw new KilnException(
            "rating %d is not one of a user and an item from 0: user %d, item %d, %s"
                .formatted(i, users[i], items[i], values[i]));
      }
    }
  }

  /** Puts ratings together. */
  public static Ratings of(List<One> ones) {
    int[] users = ones.stream().mapToInt(One::user).toArray();
    int[] items = ones.stream().mapToInt(One::item).toArray();
    float[] values = new float[users.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = ones.get(i).value();
    }
    return new Ratings(users, items, values);
  }

  @Override
  public int size() {
    return values.length;
  }

  @Override
  public One get(int index) {
    Dataset.requireIndex(index, values.length);
    return new One(users[index], items[index], values[index]);
  }
}
