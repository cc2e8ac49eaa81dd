package dev.kiln.runtime.sim.roofline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.runtime.profile.Nanos;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.TextTable;
import dev.kiln.runtime.sim.roofline.RooflineEstimate.Bound;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** An estimate as a table or as JSON. */
public final class RooflineReport {
  private RooflineReport() {}

  /** A table with the assumptions. */
  public static String table(RooflineEstimate estimate) {
    List<String> lines = new ArrayList<>();
    GpuModel gpu = estimate.gpu();
    lines.add("Estimate for " + gpu.title());
    if (estimate.fits()) {
      lines.add("  at least " + verdict(estimate, estimate.holds()));
      if (estimate.firm() != estimate.holds()) {
        lines.add(
            "  apart from address arithmetic and moves, much of which ptxas removes: at least "
                + verdict(estimate, estimate.firm()));
      }
    } else {
      lines.add(
          "  not one block fits into an SM: limited by " + word(estimate.occupancy().limit()));
    }
    lines.addAll(occupancy(estimate));
    TextTable table = new TextTable().row("", "time", "with tail", "share of peak");
    for (Bound bound : estimate.bounds()) {
      if (bound.even() > 0) {
        table.row(
            bound.resource().title(),
            time(bound.even()),
            time(bound.seconds()),
            percent(estimate.share(bound)));
      }
    }
    lines.addAll(table.lines());
    for (String product : estimate.unknownProducts()) {
      lines.add("  left out: " + product + ", whose rate on this GPU is not known");
    }
    lines.add("Assumptions");
    RooflineEstimate.ASSUMPTIONS.forEach(assumption -> lines.add("  " + assumption));
    lines.addAll(Counters.NOTES);
    return String.join("\n", lines) + "\n";
  }

  private static String verdict(RooflineEstimate estimate, Bound bound) {
    double share = bound.seconds() == 0 ? 0 : bound.even() / bound.seconds();
    return "%s, bound by %s at %s of its peak"
        .formatted(time(bound.seconds()), bound.resource().title(), percent(share));
  }

  private static List<String> occupancy(RooflineEstimate estimate) {
    Occupancy occupancy = estimate.occupancy();
    Waves waves = estimate.waves();
    return new TextTable()
        .row("blocks on an SM", occupancy.blocks() + ", limited by " + word(occupancy.limit()))
        .row(
            "warps on an SM",
            "%d of %d, %s"
                .formatted(occupancy.warps(), occupancy.mostWarps(), percent(occupancy.share())))
        .row("waves of blocks", waves.waves())
        .row("tail", waves.tail())
        .lines();
  }

  /** As JSON; names of fields are stable. */
  public static ObjectNode json(RooflineEstimate estimate) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("gpu", estimate.gpu().name());
    root.put("title", estimate.gpu().title());
    root.put("fits", estimate.fits());
    root.put("seconds", estimate.seconds());
    root.put("bound", estimate.holds().resource().key());
    root.put("share", estimate.share(estimate.holds()));
    root.put("firmBound", estimate.firm().resource().key());
    root.put("firmSeconds", estimate.firm().seconds());
    ObjectNode occupancy = root.putObject("occupancy");
    occupancy.put("blocks", estimate.occupancy().blocks());
    occupancy.put("warps", estimate.occupancy().warps());
    occupancy.put("mostWarps", estimate.occupancy().mostWarps());
    occupancy.put("limit", word(estimate.occupancy().limit()));
    occupancy.put("waves", estimate.waves().waves());
    occupancy.put("tail", estimate.waves().tail());
    ArrayNode bounds = root.putArray("bounds");
    for (Bound bound : estimate.bounds()) {
      bounds
          .addObject()
          .put("resource", bound.resource().key())
          .put("evenSeconds", bound.even())
          .put("seconds", bound.seconds())
          .put("share", estimate.share(bound));
    }
    ArrayNode unknown = root.putArray("unknownProducts");
    estimate.unknownProducts().forEach(unknown::add);
    ArrayNode assumptions = root.putArray("assumptions");
    RooflineEstimate.ASSUMPTIONS.forEach(assumptions::add);
    Counters.NOTES.forEach(assumptions::add);
    return root;
  }

  private static String word(Occupancy.Limit limit) {
    return limit.name().toLowerCase(Locale.ROOT);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  static String time(double seconds) {
    return Nanos.text(1e9 * seconds);
  }
}
