package dev.kiln.runtime.sim.ptx;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What is wrong with a text, as far as anyone wants to read it. */
final class Diagnostics {
  private static final int LIMIT = 100;

  private final String file;
  private final List<PtxDiagnostic> found = new ArrayList<>();

  Diagnostics(String file) {
    this.file = file;
  }

  void add(PtxFault fault) {
    add(fault.at(), fault.getMessage());
  }

  /**
   * @throws PtxException if nobody would read more
   */
  void add(Position at, String message) {
    if (found.size() == LIMIT) {
      found.add(new PtxDiagnostic(file, at, "here and further on is more that is wrong"));
      throwIfAny();
    }
    found.add(new PtxDiagnostic(file, at, message));
  }

  /**
   * @throws PtxException if anything is wrong
   */
  void throwIfAny() {
    if (!found.isEmpty()) {
      found.sort(Comparator.comparing(PtxDiagnostic::at));
      throw new PtxException(found);
    }
  }
}
