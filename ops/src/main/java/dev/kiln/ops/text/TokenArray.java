package dev.kiln.ops.text;

/** Tokens in memory. */
record TokenArray(int[] tokens, int vocabularySize) implements TokenSource {
  TokenArray {
    for (int token : tokens) {
      TokenizerJson.requireToken(token, vocabularySize);
    }
  }

  @Override
  public long size() {
    return tokens.length;
  }

  @Override
  public void read(long from, int[] target, int at, int count) {
    TokenSource.requireRange(from, count, tokens.length);
    System.arraycopy(tokens, (int) from, target, at, count);
  }
}
