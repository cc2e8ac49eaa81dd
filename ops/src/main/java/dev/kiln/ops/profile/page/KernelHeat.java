package dev.kiln.ops.profile.page;

import dev.kiln.ops.profile.CountedKernel;
import dev.kiln.runtime.sim.exec.Site.SourcePlace;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.Measures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Launches of one text, put together: what each line of the PTX and of the source did.
 *
 * @param launches of the same text, at least one
 * @param ptx by number of line
 * @param places the line of the source that a line of the PTX was made from
 * @param source what lines of the source did
 * @param total what all lines did
 * @param unplaced what lines of the PTX did that were made from no line of the source
 */
record KernelHeat(
    List<CountedKernel> launches,
    Map<Integer, Measures> ptx,
    Map<Integer, SourcePlace> places,
    Map<SourcePlace, Measures> source,
    Measures total,
    Measures unplaced) {

  /** Launches of the same text for the same target together, in the order of the first. */
  static List<KernelHeat> of(List<CountedKernel> kernels) {
    record Text(String label, String ptx) {}
    Map<Text, List<CountedKernel>> groups = new LinkedHashMap<>();
    for (CountedKernel kernel : kernels) {
      groups
          .computeIfAbsent(new Text(kernel.target().label(), kernel.ptx()), _ -> new ArrayList<>())
          .add(kernel);
    }
    return groups.values().stream().map(KernelHeat::sum).toList();
  }

  private static KernelHeat sum(List<CountedKernel> launches) {
    Map<Integer, Measures> ptx = new TreeMap<>();
    Map<Integer, SourcePlace> places = new TreeMap<>();
    Map<SourcePlace, Measures> source = new LinkedHashMap<>();
    Measures unplaced = Measures.NONE;
    for (CountedKernel launch : launches) {
      for (Counters.Line line : launch.counters().lines()) {
        ptx.merge(line.line(), line.measures(), Measures::plus);
        Optional<SourcePlace> place = line.source();
        if (place.isPresent()) {
          places.put(line.line(), place.get());
          source.merge(place.get(), line.measures(), Measures::plus);
        } else {
          unplaced = unplaced.plus(line.measures());
        }
      }
    }
    Measures total = ptx.values().stream().reduce(Measures.NONE, Measures::plus);
    return new KernelHeat(List.copyOf(launches), ptx, places, source, total, unplaced);
  }

  CountedKernel first() {
    return launches.getFirst();
  }

  /** What there is anything of to tell. */
  List<Heat> heats() {
    return Arrays.stream(Heat.values()).filter(heat -> heat.of(total) != 0).toList();
  }

  /** The part of a line in what all lines did, from 0 to 1. */
  double share(Heat heat, Measures line) {
    long all = heat.of(total);
    return all == 0 ? 0 : (double) heat.of(line) / all;
  }
}
