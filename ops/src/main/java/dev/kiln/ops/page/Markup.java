package dev.kiln.ops.page;

/**
 * HTML or SVG that grows. What is text goes through {@link #text}, and attributes through {@link
 * #tag}, both of which escape; {@link #raw} takes markup only.
 */
public final class Markup {
  private final StringBuilder out = new StringBuilder();

  public Markup raw(String markup) {
    out.append(markup);
    return this;
  }

  public Markup raw(Markup markup) {
    return raw(markup.toString());
  }

  /** Opens an element: names and values of attributes by turns; numbers become pixels. */
  public Markup tag(String name, Object... attributes) {
    out.append('<').append(name);
    for (int i = 0; i < attributes.length; i += 2) {
      Object value = attributes[i + 1];
      String text = value instanceof Double pixels ? Figures.pixel(pixels) : String.valueOf(value);
      out.append(' ').append(attributes[i]).append("=\"").append(escape(text)).append('"');
    }
    out.append('>');
    return this;
  }

  public Markup end(String name) {
    out.append("</").append(name).append('>');
    return this;
  }

  public Markup text(String text) {
    out.append(escape(text));
    return this;
  }

  /** An element with nothing but text in it. */
  public Markup leaf(String name, String text, Object... attributes) {
    return tag(name, attributes).text(text).end(name);
  }

  /** Characters that mean something become references; control characters are shown as such. */
  public static String escape(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> safe.append("&amp;");
        case '<' -> safe.append("&lt;");
        case '>' -> safe.append("&gt;");
        case '"' -> safe.append("&quot;");
        case '\'' -> safe.append("&#39;");
        default -> safe.append(c < ' ' && c != '\n' && c != '\t' ? (char) (0x2400 + c) : c);
      }
    }
    return safe.toString();
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
