package dev.kiln.tests.benchmarks.peer;

import java.util.List;

/**
 * The same work by Kiln and by another library, on the same numbers.
 *
 * @param kiln does it once
 * @param peer does it once
 * @param agreements what has to agree after both have been run
 */
record Contest(Runnable kiln, Runnable peer, List<Agreement> agreements) {
  static Contest of(Runnable kiln, Runnable peer, Agreement... agreements) {
    return new Contest(kiln, peer, List.of(agreements));
  }

  /** Runs both once and compares. */
  void requireAgreement() {
    kiln.run();
    peer.run();
    agreements.forEach(Agreement::require);
  }
}
