package dev.kiln.ops.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** What all pages begin and end with: styles, and the script for the pointer. */
final class Page {
  private Page() {}

  static String begin(String title) {
    return new Markup()
        .raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        .raw("<meta name=\"color-scheme\" content=\"light dark\">")
        .leaf("title", title)
        .raw("<style>" + resource("chart.css") + resource("report.css") + "</style>")
        .raw("</head><body><main>")
        .toString();
  }

  static String end() {
    return "</main><script>" + resource("report.js") + "</script></body></html>\n";
  }

  /** A file that comes with the code. */
  static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
