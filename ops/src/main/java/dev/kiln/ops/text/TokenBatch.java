package dev.kiln.ops.text;

/**
 * Windows of tokens for a model that predicts the next one.
 *
 * @param tokens {@code batch x (length + 1)}
 */
public record TokenBatch(int[] tokens, int batch, int length) {
  /** All but the last of each window: {@code batch x length}. */
  public int[] inputs() {
    return shifted(0);
  }

  /** What follows each input: {@code batch x length}. */
  public int[] targets() {
    return shifted(1);
  }

  private int[] shifted(int by) {
    int[] part = new int[batch * length];
    for (int row = 0; row < batch; row++) {
      System.arraycopy(tokens, row * (length + 1) + by, part, row * length, length);
    }
    return part;
  }
}
