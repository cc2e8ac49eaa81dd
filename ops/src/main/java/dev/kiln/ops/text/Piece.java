package dev.kiln.ops.text;

import java.util.Arrays;

/** Bytes as a key of a hash table; a part of a longer array, or an array of its own. */
final class Piece {
  private byte[] bytes = new byte[0];
  private int from;
  private int to;
  private int hash;

  /** Makes this key another one, so that looking up needs no object. */
  Piece set(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    int h = 0;
    for (int i = from; i < to; i++) {
      h = 31 * h + bytes[i];
    }
    hash = h;
    return this;
  }

  /** The same key with bytes of its own. */
  Piece copy() {
    return new Piece().set(Arrays.copyOfRange(bytes, from, to), 0, to - from);
  }

  byte[] bytes() {
    return Arrays.copyOfRange(bytes, from, to);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Piece p
        && p.hash == hash
        && Arrays.equals(bytes, from, to, p.bytes, p.from, p.to);
  }
}
