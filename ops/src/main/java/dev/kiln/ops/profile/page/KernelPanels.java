package dev.kiln.ops.profile.page;

import dev.kiln.ops.page.Markup;
import dev.kiln.ops.profile.CountedKernel;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;
import java.util.List;

/** The kernels of a page, one below the other; the first is unfolded. */
final class KernelPanels {
  /** Characters of lines of kernels, beyond which those of further kernels are left out. */
  private static final int MOST_OF_LINES = 24_000_000;

  private final Markup html;
  private int number;
  private int length;

  KernelPanels(Markup html) {
    this.html = html;
    String about =
        "The stronger the ground of a number, the larger the line's share of the kernel. A click on"
            + " a line of the source marks the PTX made from it. "
            + String.join(" ", Counters.NOTES);
    html.leaf("p", about, "class", "about");
  }

  /** Adds launches; those of one text together. */
  void add(List<CountedKernel> launches) {
    for (KernelHeat kernel : KernelHeat.of(launches)) {
      String panel = KernelPanel.html(kernel, number, number == 0, length < MOST_OF_LINES);
      html.raw(panel);
      length += panel.length();
      number++;
    }
  }

  void end() {
    html.raw("<details class=\"assumptions\"><summary>What the estimates take for granted");
    html.raw("</summary><ul>");
    RooflineEstimate.ASSUMPTIONS.forEach(assumption -> html.leaf("li", assumption));
    html.raw("</ul></details>");
  }
}
