package dev.kiln.ops.text;

/** A part of a row of tokens. */
record TokenRange(TokenSource whole, long from, long to) implements TokenSource {
  TokenRange {
    TokenSource.requireRange(from, to - from, whole.size());
  }

  @Override
  public long size() {
    return to - from;
  }

  @Override
  public int vocabularySize() {
    return whole.vocabularySize();
  }

  @Override
  public void read(long first, int[] target, int at, int count) {
    TokenSource.requireRange(first, count, size());
    whole.read(from + first, target, at, count);
  }
}
