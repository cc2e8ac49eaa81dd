package dev.kiln.ops.text;

import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.data.Sampler;
import dev.kiln.ops.data.Seed;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/**
 * Cuts windows of {@code length + 1} tokens from a source: batches for a model that predicts the
 * next token. Where they start is a pure function of (seed, epoch, batch, row).
 */
public final class TokenWindows implements BatchPlan<TokenBatch> {
  /** How windows are chosen. */
  private enum Order {
    RANDOM,
    SHUFFLED,
    ASCENDING
  }

  private final TokenSource source;
  private final int batch;
  private final int length;
  private final Order order;
  private final Seed seed;
  private final int perEpoch;

  /** Of the epoch that was asked for last. */
  private volatile Shuffle shuffle = new Shuffle(-1, new int[0]);

  private record Shuffle(int epoch, int[] windows) {}

  private TokenWindows(TokenSource source, int batch, int length, Order order, long seed) {
    if (batch < 1 || length < 1) {
      throw new KilnException(
          "batches need at least 1 window of at least 1 token, not %d of %d"
              .formatted(batch, length));
    }
    if (source.size() <= length) {
      throw new KilnException(
          "%,d tokens are too few for a window of %,d and the token that follows; use more text or"
                  .formatted(source.size(), length)
              + " a shorter context");
    }
    this.source = source;
    this.batch = batch;
    this.length = length;
    this.order = order;
    this.seed = new Seed(seed).derive("windows");
    long windows = windows();
    long batches =
        switch (order) {
          case RANDOM -> Math.max(1, windows / batch);
          case SHUFFLED -> windows / batch;
          case ASCENDING -> (windows + batch - 1) / batch;
        };
    if (batches < 1 || order == Order.SHUFFLED && windows > Integer.MAX_VALUE - 8) {
      throw new KilnException(
          "%,d windows of %,d tokens do not make batches of %,d".formatted(windows, length, batch));
    }
    perEpoch = (int) Math.min(Integer.MAX_VALUE, batches);
  }

  /**
   * Windows that start anywhere. What counts as an epoch has as many tokens as the source, but does
   * not see each.
   */
  public static TokenWindows random(TokenSource source, int batch, int length, long seed) {
    return new TokenWindows(source, batch, length, Order.RANDOM, seed);
  }

  /**
   * Windows side by side, each once in an epoch, shuffled anew; without those that fill no batch.
   */
  public static TokenWindows shuffled(TokenSource source, int batch, int length, long seed) {
    return new TokenWindows(source, batch, length, Order.SHUFFLED, seed);
  }

  /** Windows side by side, in order, each once; the last batch may have fewer. For validation. */
  public static TokenWindows inOrder(TokenSource source, int batch, int length) {
    return new TokenWindows(source, batch, length, Order.ASCENDING, 0);
  }

  /** Windows side by side; each but the last shares one token with the next. */
  private long windows() {
    return (source.size() - 1) / length;
  }

  @Override
  public int batches(int epoch) {
    return perEpoch;
  }

  @Override
  public TokenBatch batch(int epoch, int number) {
    BatchPlan.requireBatch(epoch, number, perEpoch);
    long first = (long) number * batch;
    int rows = order == Order.ASCENDING ? (int) Math.min(batch, windows() - first) : batch;
    int[] tokens = new int[Math.multiplyExact(rows, length + 1)];
    for (int row = 0; row < rows; row++) {
      long start =
          switch (order) {
            case RANDOM ->
                seed.derive(epoch).derive(number).derive(row).below(source.size() - length);
            case SHUFFLED -> (long) windowsOf(epoch)[(int) first + row] * length;
            case ASCENDING -> (first + row) * length;
          };
      source.read(start, tokens, row * (length + 1), length + 1);
    }
    return new TokenBatch(tokens, rows, length);
  }

  private int[] windowsOf(int epoch) {
    Shuffle held = shuffle;
    if (held.epoch != epoch) {
      int[] windows = Sampler.ascending(0, (int) windows());
      held = new Shuffle(epoch, Sampler.shuffle(windows, seed.derive(epoch)));
      shuffle = held;
    }
    return held.windows;
  }

  @Override
  public String fingerprint() {
    return "%s windows of %d of %d tokens of %d (%08x), batch %d, seed %d"
        .formatted(
            order, length, source.size(), source.vocabularySize(), content(), batch, seed.value());
  }

  /** Both ends and the middle stand for all: another text of the same size shall be noticed. */
  private int content() {
    int[] tokens = new int[3 * length];
    long last = source.size() - length;
    source.read(0, tokens, 0, length);
    source.read(last / 2, tokens, length, length);
    source.read(last, tokens, 2 * length, length);
    return Arrays.hashCode(tokens);
  }
}
