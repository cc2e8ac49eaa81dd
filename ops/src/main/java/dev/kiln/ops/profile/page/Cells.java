package dev.kiln.ops.profile.page;

import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import java.util.Locale;

/**
 * Rows of a table that can be sorted: each number is there as it is read, and as it is compared.
 */
final class Cells {
  private static final String NONE = "–";

  private static final double RATIO_OF_FULL_BAR = 4;

  private final Markup out;

  Cells(Markup out) {
    this.out = out;
  }

  Cells text(String text) {
    out.leaf("td", text, "class", "word");
    return this;
  }

  Cells none() {
    out.leaf("td", NONE, "class", "none");
    return this;
  }

  Cells number(String shown, double value) {
    return number(shown, value, "");
  }

  /**
   * A number.
   *
   * @param told where the pointer rests
   */
  Cells number(String shown, double value, String told) {
    open(value, told);
    out.text(shown).end("td");
    return this;
  }

  Cells count(long value) {
    return number(grouped(value), value);
  }

  /** A part of something, with a bar; beyond 1 the bar is full. */
  Cells share(double part, String told) {
    open(part, told);
    String width = Figures.pixel(100 * Math.clamp(part, 0, 1)) + "%";
    out.raw("<span class=\"part\">").tag("i", "style", "width:" + width).end("i").end("span");
    beside(String.format(Locale.ROOT, "%.0f %%", 100 * part));
    return this;
  }

  /** How many times as fast, with a bar that goes to the right above 1 and to the left below. */
  Cells ratio(double ratio, String told) {
    open(ratio, told);
    double reach = Math.clamp(Math.log(ratio) / Math.log(RATIO_OF_FULL_BAR), -1, 1);
    String from = Figures.pixel(reach < 0 ? 50 + 50 * reach : 50) + "%";
    String width = Figures.pixel(50 * Math.abs(reach)) + "%";
    out.tag("span", "class", ratio < 1 ? "ratio slower" : "ratio");
    out.tag("i", "style", "left:" + from + ";width:" + width).end("i").end("span");
    beside(Figures.of(ratio, ratio < 100 ? 3 : 4));
    return this;
  }

  /** A number beside a bar, so wide that bars stand below each other. */
  private void beside(String number) {
    out.leaf("span", number, "class", "beside").end("td");
  }

  private void open(double value, String told) {
    if (told.isEmpty()) {
      out.tag("td", "data-v", Double.toString(value));
    } else {
      out.tag("td", "data-v", Double.toString(value), "title", told);
    }
  }

  static String grouped(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
