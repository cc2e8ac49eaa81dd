package dev.kiln.ops.profile.page;

import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.monitor.count.Measures;

/** What is told of each line of a kernel, and coloured by its share. */
enum Heat {
  INSTRUCTIONS("warp instr.", "instructions that warps issued"),
  SECTORS("sectors", "32-byte sectors of global and local memory"),
  WAVEFRONTS("wavefronts", "cycles of shared memory"),
  CONFLICTS("conflicts", "wavefronts that bank conflicts cost"),
  PRODUCTS("products", "multiply-adds of tensor cores");

  private final String title;
  private final String about;

  Heat(String title, String about) {
    this.title = title;
    this.about = about;
  }

  String title() {
    return title;
  }

  String about() {
    return about;
  }

  long of(Measures measures) {
    return switch (this) {
      case INSTRUCTIONS -> measures.get(Measure.EXECUTIONS);
      case SECTORS -> measures.get(Measure.GLOBAL_SECTORS) + measures.get(Measure.LOCAL_SECTORS);
      case WAVEFRONTS -> measures.get(Measure.SHARED_WAVEFRONTS);
      case CONFLICTS -> measures.bankConflicts();
      case PRODUCTS -> measures.get(Measure.MULTIPLY_ADDS);
    };
  }
}
