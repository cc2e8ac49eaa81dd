package dev.kiln.runtime.sim.monitor.count;

import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.exec.Site.SourcePlace;
import dev.kiln.runtime.sim.monitor.Monitor.MbarrierEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What a launch did, in numbers: a part of its {@link dev.kiln.runtime.sim.SimReport}. Exact, and
 * the same on every machine, for every number of host threads and in every run, as long as the
 * kernel does the same: what it polls, or a launch that a fault has stopped, may differ.
 *
 * @param kernel name of the entry
 * @param launch its size
 * @param lines what each instruction did, in the order of the program; those that were never
 *     executed included
 * @param unique sectors of global memory that were touched at all
 * @param synchronisation barriers and asynchronous groups
 */
public record Counters(
    String kernel,
    Launch launch,
    List<Line> lines,
    UniqueSectors unique,
    Synchronisation synchronisation) {
  /** What all reports say. */
  public static final List<String> NOTES =
      List.of(
          "Counts are of PTX instructions, not of machine code.",
          "Lanes that part at a branch meet again at its immediate post-dominator.");

  public Counters {
    lines = List.copyOf(lines);
  }

  /**
   * The size of a launch.
   *
   * @param blocks that were run; fewer than the grid has if a fault stopped the launch
   * @param sharedBytes of each block, static and dynamic
   * @param registers of each thread: an estimate, the 32-bit registers that are live at a time. The
   *     real number is known only to ptxas.
   */
  public record Launch(LaunchShape shape, long blocks, long sharedBytes, int registers) {}

  /**
   * One instruction of the text.
   *
   * @param line of the PTX text
   * @param source the place in the kernel's source, where {@code .loc} tells it
   * @param tensor what it multiplies, for a product of matrices
   */
  public record Line(
      int pc,
      int line,
      String function,
      String mnemonic,
      Optional<SourcePlace> source,
      InstructionClass kind,
      Direction direction,
      Optional<TensorWork> tensor,
      Measures measures) {}

  /** Distinct 32-byte sectors of global memory over the whole launch: an L2 that never forgets. */
  public record UniqueSectors(long read, long written) {}

  /**
   * Threads and copies waiting for each other.
   *
   * @param barriersCompleted of blocks, {@code barrier.cta}
   * @param clusterBarriersCompleted of clusters
   * @param mbarrierEvents of mbarriers, by what happened
   */
  public record Synchronisation(
      long barriersCompleted,
      long clusterBarriersCompleted,
      Map<MbarrierEvent, Long> mbarrierEvents) {}

  /** All instructions together. */
  public Measures total() {
    return sum(line -> true);
  }

  /** Some instructions together. */
  public Measures sum(Predicate<Line> which) {
    return lines.stream().filter(which).map(Line::measures).reduce(Measures.NONE, Measures::plus);
  }

  /** Those of a class together. */
  public Measures of(InstructionClass kind) {
    return sum(line -> line.kind() == kind);
  }

  /** Those that do the same with memory together. */
  public Measures of(Direction direction) {
    return sum(line -> line.direction() == direction);
  }

  /** Lanes active on average in a warp instruction; 0 if there was none. */
  public double averageActiveLanes() {
    Measures total = total();
    long executions = total.get(Measure.EXECUTIONS);
    return executions == 0 ? 0 : (double) total.get(Measure.LANES) / executions;
  }

  /** Branches that warps executed. */
  public long branches() {
    return executions("bra") + executions("brx");
  }

  /** Groups of asynchronous operations that warps closed: copies, bulk operations and wgmma. */
  public long asyncGroups() {
    return sum(line -> line.mnemonic().contains("commit_group")).get(Measure.EXECUTIONS);
  }

  /** Warp instructions with an opcode. */
  public long executions(String opcode) {
    return sum(line -> opcode(line).equals(opcode)).get(Measure.EXECUTIONS);
  }

  /** Products of matrices by {@linkplain TensorWork#name() name}, in the order of the program. */
  public Map<String, Tensor> tensor() {
    Map<String, Tensor> products = new LinkedHashMap<>();
    for (Line line : lines) {
      if (line.tensor().isPresent() && line.measures().get(Measure.EXECUTIONS) != 0) {
        TensorWork work = line.tensor().get();
        products.merge(work.name(), new Tensor(work, line.measures()), Tensor::plus);
      }
    }
    return products;
  }

  /** Products of matrices of one shape and type. */
  public record Tensor(TensorWork work, Measures measures) {
    Tensor plus(Tensor other) {
      return new Tensor(work, measures.plus(other.measures));
    }
  }

  /** What each line of the kernel's source did, where {@code .loc} tells the source. */
  public Map<SourcePlace, Measures> sourceLines() {
    Map<SourcePlace, Measures> places = new LinkedHashMap<>();
    for (Line line : lines) {
      line.source().ifPresent(place -> places.merge(place, line.measures(), Measures::plus));
    }
    return places;
  }

  static String opcode(Line line) {
    int dot = line.mnemonic().indexOf('.');
    return dot < 0 ? line.mnemonic() : line.mnemonic().substring(0, dot);
  }
}
