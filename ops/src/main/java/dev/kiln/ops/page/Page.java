package dev.kiln.ops.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** What all pages begin and end with: styles, and a script that they can do without. */
public final class Page {
  private Page() {}

  /** Down to the beginning of the page's content. */
  public static String begin(String title) {
    return begin(title, "");
  }

  /**
   * The same.
   *
   * @param style that the page has besides that of all pages
   */
  public static String begin(String title, String style) {
    return new Markup()
        .raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        .raw("<meta name=\"color-scheme\" content=\"light dark\">")
        .leaf("title", title)
        .raw("<style>" + chartStyle() + resource(Page.class, "page.css") + style + "</style>")
        .raw("</head><body><main>")
        .toString();
  }

  /** From the end of the page's content. */
  public static String end(String script) {
    return "</main><script>" + script + "</script></body></html>\n";
  }

  /** The colours of pages, and the style of charts. */
  public static String chartStyle() {
    return resource(Page.class, "chart.css");
  }

  /** The text of a file that comes with the code, beside a class. */
  public static String resource(Class<?> beside, String name) {
    try (InputStream in = beside.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
