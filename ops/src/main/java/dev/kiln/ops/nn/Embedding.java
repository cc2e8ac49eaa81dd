package dev.kiln.ops.nn;

import dev.kiln.ops.function.Embeddings;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;

/**
 * Rows of a table by index. In: integers of any shape; out: the same with {@code columns} behind.
 * Parameter {@code weight}, {@code rows x columns}. {@link Linear#sharing} uses the table again.
 */
public final class Embedding extends Layer {
  private final Tensor weight;
  private final Options options;

  /**
   * @param padding a row that starts as 0 and has no gradient; or {@link Embeddings#NO_PADDING}
   * @param scale a factor of each row
   */
  public record Options(long padding, double scale, Initialization initialization) {
    /** No padding, N(0, 1) as in PyTorch. */
    public static final Options DEFAULT =
        new Options(Embeddings.NO_PADDING, 1, Initialization.normal(0, 1));

    public Options withPadding(long row) {
      return new Options(row, scale, initialization);
    }

    public Options withScale(double newScale) {
      return new Options(padding, newScale, initialization);
    }

    public Options withInitialization(Initialization newInitialization) {
      return new Options(padding, scale, newInitialization);
    }
  }

  public Embedding(Context context, long rows, long columns) {
    this(context, rows, columns, Options.DEFAULT);
  }

  public Embedding(Context context, long rows, long columns, Options options) {
    super(context);
    this.options = options;
    if (options.padding() >= rows) {
      throw new KilnException(
          "Embedding: the padding %d is no row of %d".formatted(options.padding(), rows));
    }
    Initialization padded =
        (random, shape) -> {
          double[] values = options.initialization().values(random, shape);
          for (int j = 0; options.padding() >= 0 && j < columns; j++) {
            values[(int) (options.padding() * columns + j)] = 0;
          }
          return values;
        };
    weight = parameter("weight", padded.make(context, rows, columns));
  }

  /** The table. */
  public Tensor weight() {
    return weight;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return Embeddings.embedding(x, weight, options.scale(), options.padding());
  }

  @Override
  public String toString() {
    return "Embedding(%d x %d)".formatted(weight.dim(0), weight.dim(1));
  }
}
