package dev.kiln.tests.benchmarks.peer;

import java.util.List;
import java.util.stream.Stream;

/** Every row that compares Kiln with another library. */
public final class PeerRows {
  static final String OPENBLAS_THREADS = "OPENBLAS_NUM_THREADS";

  private PeerRows() {}

  /** In the order of the table. */
  public static List<PeerRow> all() {
    return Stream.of(
            NormalizationRows.all(),
            ElementwiseRows.all(),
            OptimizerRows.all(),
            LossRows.all(),
            ConvolutionRows.all(),
            BatchNormRows.all(),
            EmbeddingRows.all(),
            PoolingRows.all(),
            RecurrentRows.all(),
            AttentionRows.all(),
            ProductRows.all(),
            TrainingRows.all())
        .flatMap(List::stream)
        .toList();
  }

  static PeerRow named(String name) {
    return all().stream()
        .filter(row -> row.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no row is named " + name));
  }
}
