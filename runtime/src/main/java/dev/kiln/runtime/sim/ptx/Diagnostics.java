package dev.kiln.runtime.sim.ptx;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What is wrong with a text, as far as anyone wants to read it. */
final class Diagnostics {
  private static final int LIMIT = 100;

  private final String file;
  private final List<PtxDiagnostic> found = new ArrayList<>();
  private int total;

  Diagnostics(String file) {
    this.file = file;
  }

  void add(PtxFault fault) {
    add(fault.at(), fault.getMessage());
  }

  void add(Position at, String message) {
    total++;
    if (found.size() < LIMIT) {
      found.add(new PtxDiagnostic(file, at, message));
    }
  }

  /**
   * @throws PtxException if anything is wrong
   */
  void throwIfAny() {
    if (total == 0) {
      return;
    }
    found.sort(Comparator.comparing(PtxDiagnostic::at));
    if (total > LIMIT) {
      var last = found.getLast().at();
      found.add(new PtxDiagnostic(file, last, "and " + (total - LIMIT) + " more"));
    }
    throw new PtxException(found);
  }
}
