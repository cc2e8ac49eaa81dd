package dev.kiln.compiler.syntax;

import org.antlr.v4.runtime.CharStream;
import org.antlr.v4.runtime.misc.Interval;

/**
 * A text as UTF-16 units, so that positions of tokens are indices into the {@link String} and
 * columns agree with {@link dev.kiln.compiler.diagnostics.Source#line}; ANTLR's own streams count
 * code points.
 */
final class TextStream implements CharStream {
  private final String text;
  private final String name;
  private int position;

  TextStream(String text, String name) {
    this.text = text;
    this.name = name;
  }

  String text() {
    return text;
  }

  @Override
  public String getText(Interval interval) {
    int end = Math.min(interval.b + 1, text.length());
    return interval.a >= end ? "" : text.substring(interval.a, end);
  }

  @Override
  public void consume() {
    if (position == text.length()) {
      throw new IllegalStateException("cannot consume the end of the text");
    }
    position++;
  }

  @Override
  public int LA(int offset) {
    int at = offset > 0 ? position + offset - 1 : position + offset;
    return at < 0 || at >= text.length() ? EOF : text.charAt(at);
  }

  @Override
  public int mark() {
    return -1;
  }

  @Override
  public void release(int marker) {}

  @Override
  public int index() {
    return position;
  }

  @Override
  public void seek(int index) {
    position = Math.min(index, text.length());
  }

  @Override
  public int size() {
    return text.length();
  }

  @Override
  public String getSourceName() {
    return name;
  }
}
