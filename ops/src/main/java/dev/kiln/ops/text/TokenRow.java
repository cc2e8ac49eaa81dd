package dev.kiln.ops.text;

import dev.kiln.runtime.KilnException;
import java.util.List;

/** Sources of tokens one after the other; a read may go across their borders. */
final class TokenRow implements TokenSource {
  private final List<? extends TokenSource> parts;
  private final long size;

  TokenRow(List<? extends TokenSource> parts) {
    this.parts = List.copyOf(parts);
    if (parts.isEmpty()) {
      throw new KilnException("there are no tokens to join");
    }
    long sum = 0;
    for (TokenSource part : parts) {
      if (part.vocabularySize() != vocabularySize()) {
        throw new KilnException(
            "tokens of vocabularies of %,d and %,d cannot be joined"
                .formatted(vocabularySize(), part.vocabularySize()));
      }
      sum += part.size();
    }
    size = sum;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int vocabularySize() {
    return parts.getFirst().vocabularySize();
  }

  @Override
  public void read(long from, int[] target, int at, int count) {
    TokenSource.requireRange(from, count, size);
    long skipped = from;
    int done = 0;
    for (TokenSource part : parts) {
      if (done == count) {
        return;
      }
      if (skipped >= part.size()) {
        skipped -= part.size();
        continue;
      }
      int n = (int) Math.min(count - done, part.size() - skipped);
      part.read(skipped, target, at + done, n);
      done += n;
      skipped = 0;
    }
  }
}
