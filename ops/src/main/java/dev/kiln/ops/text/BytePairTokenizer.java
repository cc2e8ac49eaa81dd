package dev.kiln.ops.text;

import dev.kiln.runtime.KilnException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SequencedMap;

/**
 * Byte-pair encoding of bytes: every text and every row of bytes has tokens, and comes back as it
 * was. Text is cut into pieces as GPT-2 does; within a piece, the pair that was merged first in
 * training is merged first. Immutable; may be used by several threads.
 */
public final class BytePairTokenizer implements Tokenizer {
  /** Separates documents. */
  public static final String END_OF_TEXT = "<|endoftext|>";

  /** Pieces whose tokens an encoding remembers. */
  private static final int REMEMBERED = 1 << 20;

  /** The bytes of each token; a special token's name. */
  private final byte[][] tokens;

  private final int[] tokenOfByte;
  private final SequencedMap<String, Integer> specialTokens;
  private final List<int[]> merges;

  /** From a pair of tokens to its rank among the merges and what it becomes. */
  private final Map<Long, Merge> mergeOf;

  private record Merge(int rank, int token) {}

  BytePairTokenizer(
      byte[][] tokens,
      SequencedMap<String, Integer> specialTokens,
      List<int[]> merges,
      List<Integer> merged) {
    this.tokens = tokens;
    this.specialTokens = specialTokens;
    this.merges = merges;
    mergeOf = HashMap.newHashMap(merges.size());
    for (int i = 0; i < merges.size(); i++) {
      mergeOf.put(key(merges.get(i)[0], merges.get(i)[1]), new Merge(i, merged.get(i)));
    }
    tokenOfByte = new int[ByteAlphabet.SIZE];
    Arrays.fill(tokenOfByte, -1);
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i].length == 1 && !specialTokens.containsValue(i)) {
        tokenOfByte[tokens[i][0] & 0xff] = i;
      }
    }
  }

  /** The tokens before training: special ones, then the bytes. */
  static List<byte[]> unmerged(List<String> specialNames) {
    var tokens = new ArrayList<byte[]>();
    for (String name : specialNames) {
      tokens.add(name.getBytes(StandardCharsets.UTF_8));
    }
    for (byte b : ByteAlphabet.inOrder()) {
      tokens.add(new byte[] {b});
    }
    return tokens;
  }

  /** Special tokens with their numbers from 0. */
  static SequencedMap<String, Integer> numbered(List<String> specialNames) {
    var numbered = new LinkedHashMap<String, Integer>();
    for (String name : specialNames) {
      numbered.put(name, numbered.size());
    }
    return numbered;
  }

  static byte[] joined(byte[] left, byte[] right) {
    byte[] both = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, both, left.length, right.length);
    return both;
  }

  /** UTF-8; refuses a text with half a surrogate pair, which has none. */
  static byte[] utf8(String text) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      return Arrays.copyOfRange(bytes.array(), 0, bytes.limit());
    } catch (CharacterCodingException e) {
      throw new KilnException("the text holds half a surrogate pair and has no UTF-8", e);
    }
  }

  /** The tokens of a text; names of special tokens are text like any other. */
  @Override
  public int[] encode(String text) {
    return encode(utf8(text));
  }

  /** The tokens of bytes, commonly UTF-8. */
  public int[] encode(byte[] text) {
    var out = new Tokens(text.length / 3 + 16);
    encode(text, out);
    return out.toArray();
  }

  /** The tokens of a text in which the names of special tokens stand for these. */
  public int[] encodeWithSpecialTokens(String text) {
    var out = new Tokens(text.length() / 3 + 16);
    int from = 0;
    while (from < text.length()) {
      int at = text.length();
      String found = "";
      for (String name : specialTokens.keySet()) {
        int i = text.indexOf(name, from);
        if (i >= 0 && (i < at || i == at && name.length() > found.length())) {
          at = i;
          found = name;
        }
      }
      encode(utf8(text.substring(from, at)), out);
      if (!found.isEmpty()) {
        out.add(specialTokens.get(found));
      }
      from = at + found.length();
    }
    return out.toArray();
  }

  private void encode(byte[] text, Tokens out) {
    var remembered = new HashMap<Piece, int[]>();
    var pieces = new PreTokens(text, 0, text.length);
    var key = new Piece();
    while (pieces.advance()) {
      int[] known = remembered.get(key.set(text, pieces.start(), pieces.end()));
      if (known == null) {
        known = merged(text, pieces.start(), pieces.end());
        if (remembered.size() < REMEMBERED) {
          remembered.put(key.copy(), known);
        }
      }
      out.add(known);
    }
  }

  /** A growing row of tokens. */
  private static final class Tokens {
    private int[] values;
    private int size;

    Tokens(int capacity) {
      values = new int[capacity];
    }

    void add(int... more) {
      if (size + more.length > values.length) {
        values = Arrays.copyOf(values, Math.max(2 * values.length, size + more.length));
      }
      System.arraycopy(more, 0, values, size, more.length);
      size += more.length;
    }

    int[] toArray() {
      return Arrays.copyOf(values, size);
    }
  }

  /** A pair that may be merged: queued by rank, then from left to right. */
  private record Waiting(int rank, int at, int left, int right) implements Comparable<Waiting> {
    @Override
    public int compareTo(Waiting other) {
      return rank != other.rank ? Integer.compare(rank, other.rank) : Integer.compare(at, other.at);
    }
  }

  /**
   * Merges a piece. A linked list and a queue: a row of a million spaces must not take the square
   * of that.
   */
  private int[] merged(byte[] text, int from, int to) {
    int n = to - from;
    int[] token = new int[n];
    int[] next = new int[n];
    int[] before = new int[n];
    for (int i = 0; i < n; i++) {
      token[i] = tokenOfByte[text[from + i] & 0xff];
      next[i] = i + 1;
      before[i] = i - 1;
    }
    var queue = new PriorityQueue<Waiting>();
    for (int i = 0; i + 1 < n; i++) {
      queue(queue, token, i, i + 1);
    }
    int left = n;
    while (!queue.isEmpty()) {
      Waiting w = queue.remove();
      int at = w.at;
      int second = token[at] == w.left ? next[at] : n;
      if (second >= n || token[second] != w.right) {
        continue;
      }
      token[at] = mergeOf.get(key(w.left, w.right)).token;
      token[second] = -1;
      left--;
      next[at] = next[second];
      if (next[at] < n) {
        before[next[at]] = at;
        queue(queue, token, at, next[at]);
      }
      if (before[at] >= 0) {
        queue(queue, token, before[at], at);
      }
    }
    int[] result = new int[left];
    for (int i = 0, at = 0; at < n; at = next[at]) {
      result[i++] = token[at];
    }
    return result;
  }

  private void queue(PriorityQueue<Waiting> queue, int[] token, int left, int right) {
    Merge merge = mergeOf.get(key(token[left], token[right]));
    if (merge != null) {
      queue.add(new Waiting(merge.rank, left, token[left], token[right]));
    }
  }

  private static long key(int left, int right) {
    return (long) left << 32 | right;
  }

  /** The text of tokens; bytes that are no UTF-8 become U+FFFD. See {@link #decodeBytes}. */
  @Override
  public String decode(int... tokens) {
    return new String(decodeBytes(tokens), StandardCharsets.UTF_8);
  }

  /** The bytes of tokens; of a special token, its name. */
  public byte[] decodeBytes(int... tokens) {
    int size = 0;
    for (int token : tokens) {
      TokenizerJson.requireToken(token, this.tokens.length);
      size = Math.addExact(size, this.tokens[token].length);
    }
    byte[] bytes = new byte[size];
    int at = 0;
    for (int token : tokens) {
      byte[] one = this.tokens[token];
      System.arraycopy(one, 0, bytes, at, one.length);
      at += one.length;
    }
    return bytes;
  }

  /**
   * The token of a special name.
   *
   * @throws KilnException if there is none
   */
  public int specialToken(String name) {
    Integer token = specialTokens.get(name);
    if (token == null) {
      throw new KilnException(
          "%s is no special token; there are %s".formatted(name, specialTokens.keySet()));
    }
    return token;
  }

  @Override
  public int vocabularySize() {
    return tokens.length;
  }

  /** Names of special tokens and their numbers. */
  public SequencedMap<String, Integer> specialTokens() {
    return Collections.unmodifiableSequencedMap(specialTokens);
  }

  /** The pairs that are merged, first those that were merged first. */
  List<int[]> merges() {
    return merges;
  }

  /** A token's name in the vocabulary. */
  String name(int token) {
    return specialTokens.containsValue(token)
        ? new String(tokens[token], StandardCharsets.UTF_8)
        : ByteAlphabet.name(tokens[token]);
  }

  /** The form of HuggingFace's {@code tokenizer.json}. */
  @Override
  public String toJson() {
    return BytePairJson.write(this);
  }
}
