package dev.kiln.cli;

import dev.kiln.runtime.sim.monitor.count.AnnotatedPtx;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.CountersJson;
import dev.kiln.runtime.sim.monitor.count.CountersReport;
import dev.kiln.runtime.sim.roofline.GpuModel;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;
import dev.kiln.runtime.sim.roofline.RooflineReport;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is shown of the counters of a launch.
 *
 * @param table whether they are shown themselves
 * @param lines whether also beside each line of the PTX
 * @param gpu for which time is estimated
 */
record SimCounting(boolean table, boolean lines, Optional<GpuModel> gpu) {
  /** Whether a launch has to be counted at all. */
  boolean counts() {
    return table || gpu.isPresent();
  }

  /**
   * As text.
   *
   * @param ptx the lines of the file
   */
  String text(Counters counters, List<String> ptx) {
    StringBuilder text = new StringBuilder();
    if (table) {
      text.append(CountersReport.table(counters));
    }
    gpu.ifPresent(model -> text.append(RooflineReport.table(RooflineEstimate.of(counters, model))));
    if (lines) {
      text.append(AnnotatedPtx.of(counters, ptx));
    }
    return text.toString();
  }

  /** Adds {@code counters} and {@code estimate} to a document. */
  void addTo(Map<String, Object> json, Counters counters) {
    if (table) {
      json.put("counters", lines ? CountersJson.withLines(counters) : CountersJson.of(counters));
    }
    gpu.ifPresent(
        model -> json.put("estimate", RooflineReport.json(RooflineEstimate.of(counters, model))));
  }
}
