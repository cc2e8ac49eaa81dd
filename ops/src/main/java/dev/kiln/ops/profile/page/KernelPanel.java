package dev.kiln.ops.profile.page;

import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import dev.kiln.ops.profile.CountedKernel;
import dev.kiln.runtime.profile.Nanos;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.monitor.count.Measures;
import dev.kiln.runtime.sim.roofline.Occupancy;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;
import dev.kiln.runtime.sim.roofline.RooflineEstimate.Bound;
import java.util.Locale;

/** What is known about a kernel of the simulator: estimates, counters, what each line did. */
final class KernelPanel {
  /** Resources that are busy for a smaller part of the time are not shown. */
  private static final double LEAST_SHARE = 0.005;

  private final KernelHeat kernel;
  private final Markup out = new Markup();

  private KernelPanel(KernelHeat kernel) {
    this.kernel = kernel;
  }

  /**
   * A part of the page that can be folded.
   *
   * @param number of the kernel on the page
   * @param open whether it is unfolded at first
   * @param withLines whether the lines are listed, too
   */
  static String html(KernelHeat kernel, int number, boolean open, boolean withLines) {
    KernelPanel panel = new KernelPanel(kernel);
    panel.out.tag("details", "class", "card kernel", "id", "kernel-" + number);
    String html = panel.make(number, withLines);
    return open ? html.replaceFirst(">", " open=\"\">") : html;
  }

  private String make(int number, boolean withLines) {
    summary();
    out.raw("<div class=\"facts-of-kernel\">");
    counters();
    kernel.first().estimates().forEach(this::estimate);
    out.raw("</div>");
    if (withLines) {
      out.raw(HeatPanes.html(kernel, number));
    } else {
      out.leaf(
          "p",
          "The lines of this kernel are left out, as this page has become long: profile it alone to"
              + " see them.",
          "class",
          "about");
    }
    return out.end("details").toString();
  }

  private void summary() {
    CountedKernel first = kernel.first();
    out.raw("<summary>").leaf("b", first.kernel()).text(" ");
    out.leaf("span", first.target().label(), "class", "chip");
    int launches = kernel.launches().size();
    if (launches > 1) {
      out.leaf("span", launches + " launches, summed", "class", "chip");
    }
    for (RooflineEstimate estimate : first.estimates()) {
      out.leaf("span", estimate.gpu().name() + ": " + verdict(estimate), "class", "verdict");
    }
    out.raw("</summary>");
  }

  private String verdict(RooflineEstimate estimate) {
    return estimate.fits()
        ? "%sat least %s, bound by %s"
            .formatted(
                kernel.launches().size() > 1 ? "the first " : "",
                Nanos.text(1e9 * estimate.seconds()),
                estimate.holds().resource().title())
        : "not one block fits into an SM";
  }

  // Counters

  private void counters() {
    Measures total = kernel.total();
    Counters.Launch launch = kernel.first().counters().launch();
    out.raw("<div><h4>Counters</h4><table class=\"facts\"><tbody>");
    fact("blocks × threads", Cells.grouped(launch.blocks()) + " × " + launch.shape().threads());
    fact("shared memory of a block", Cells.grouped(launch.sharedBytes()) + " B");
    fact("registers, about", Integer.toString(launch.registers()));
    long executions = total.get(Measure.EXECUTIONS);
    fact("warp instructions", Cells.grouped(executions));
    if (executions > 0) {
      double lanes = (double) total.get(Measure.LANES) / executions;
      fact("active lanes, on average", Figures.of(lanes, 3) + " of 32");
    }
    sectors(total);
    if (total.get(Measure.SHARED_WAVEFRONTS) > 0) {
      fact("wavefronts", Cells.grouped(total.get(Measure.SHARED_WAVEFRONTS)));
      fact("bank conflicts", Cells.grouped(total.bankConflicts()));
    }
    if (total.get(Measure.MULTIPLY_ADDS) > 0) {
      fact("multiply-adds of tensor cores", Cells.grouped(total.get(Measure.MULTIPLY_ADDS)));
    }
    if (total.get(Measure.DIVERGENT) > 0) {
      fact("divergent branches", Cells.grouped(total.get(Measure.DIVERGENT)));
    }
    out.raw("</tbody></table></div>");
  }

  private void sectors(Measures total) {
    long sectors = total.get(Measure.GLOBAL_SECTORS);
    long ideal = total.get(Measure.GLOBAL_IDEAL_SECTORS);
    if (ideal > 0) {
      String times = Figures.of((double) sectors / ideal, 3);
      fact("global sectors", "%s, × %s of ideal".formatted(Cells.grouped(sectors), times));
    }
    if (total.get(Measure.LOCAL_SECTORS) > 0) {
      fact("local sectors (spills)", Cells.grouped(total.get(Measure.LOCAL_SECTORS)));
    }
  }

  private void fact(String name, String value) {
    out.raw("<tr>").leaf("th", name, "scope", "row").leaf("td", value).raw("</tr>");
  }

  // Estimates

  private void estimate(RooflineEstimate estimate) {
    out.raw("<div>").leaf("h4", estimate.gpu().title());
    out.raw("<table class=\"bounds\"><tbody>");
    for (Bound bound : estimate.bounds()) {
      if (estimate.share(bound) >= LEAST_SHARE) {
        bound(estimate, bound);
      }
    }
    out.raw("</tbody></table>");
    Occupancy occupancy = estimate.occupancy();
    String text =
        estimate.fits()
            ? "Occupancy: %d of %d warps (%.0f %%), limited by %s. Waves of blocks: %s;"
                    .formatted(
                        occupancy.warps(),
                        occupancy.mostWarps(),
                        100 * occupancy.share(),
                        word(occupancy),
                        Figures.of(estimate.waves().waves(), 3))
                + " the busiest SM does × %s of the average."
                    .formatted(Figures.of(estimate.waves().tail(), 3))
            : "Not one block fits into an SM: limited by %s.".formatted(word(occupancy));
    out.leaf("p", text, "class", "about");
    estimate
        .unknownProducts()
        .forEach(
            product ->
                out.leaf("p", "Left out, as its rate is not known: " + product, "class", "about"));
    out.raw("</div>");
  }

  private static String word(Occupancy occupancy) {
    return switch (occupancy.limit()) {
      case THREADS -> "threads";
      case BLOCKS -> "the number of blocks";
      case REGISTERS -> "registers";
      case SHARED -> "shared memory";
    };
  }

  private void bound(RooflineEstimate estimate, Bound bound) {
    boolean holds = bound == estimate.holds();
    out.raw(holds ? "<tr class=\"holds\">" : "<tr>");
    out.leaf("th", bound.resource().title(), "scope", "row");
    double length = estimate.seconds() == 0 ? 0 : 100 * bound.seconds() / estimate.seconds();
    out.raw("<td class=\"bar\">").tag("span", "style", "width:" + Figures.pixel(length) + "%");
    out.raw("</span></td>").leaf("td", Nanos.text(1e9 * bound.seconds()));
    String share = String.format(Locale.ROOT, "%.0f %%", 100 * estimate.share(bound));
    out.leaf("td", share, "title", "of its peak rate, if the launch takes the least time");
    out.raw("</tr>");
  }
}
