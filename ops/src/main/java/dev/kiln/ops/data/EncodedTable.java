package dev.kiln.ops.data;

import java.util.Arrays;
import java.util.List;

/**
 * A table as numbers: what {@link TableEncoder} makes.
 *
 * @param values {@code size x width}
 * @param names of the columns: that of a number; {@code name=category} of a category
 * @param targets of each row
 * @param rows which row of the table each row comes from, as some may have been left out
 */
public record EncodedTable(
    float[] values, int width, List<String> names, Targets targets, int[] rows)
    implements Dataset<Sample> {
  @Override
  public int size() {
    return rows.length;
  }

  @Override
  public Sample get(int index) {
    Dataset.requireIndex(index, rows.length);
    Target target =
        switch (targets) {
          case Targets.Classes t -> new Target.OfClass(t.indices()[index], t.classes());
          case Targets.Numbers t -> new Target.OfNumbers(row(t.values(), t.width(), index));
          case Targets.Probabilities t ->
              new Target.OfProbabilities(row(t.values(), t.classes(), index));
        };
    return new Sample(row(values, width, index), new int[] {width}, target);
  }

  private static float[] row(float[] matrix, int width, int row) {
    return Arrays.copyOfRange(matrix, row * width, (row + 1) * width);
  }
}
