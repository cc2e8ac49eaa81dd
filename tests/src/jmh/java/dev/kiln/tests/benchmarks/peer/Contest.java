package dev.kiln.tests.benchmarks.peer;

import java.util.List;

/**
 * The same work by Kiln and by another library, on the same numbers.
 *
 * @param kiln does it once
 * @param peer does it once
 * @param agreements what has to agree after both have been run
 * @param warmUp how often Kiln does it before anything is measured: more often than iterations that
 *     are not counted do, where many kernels are to be compiled
 */
record Contest(Runnable kiln, Runnable peer, List<Agreement> agreements, int warmUp) {
  static Contest of(Runnable kiln, Runnable peer, Agreement... agreements) {
    return new Contest(kiln, peer, List.of(agreements), 0);
  }

  Contest warmedUpBy(int runs) {
    return new Contest(kiln, peer, agreements, runs);
  }

  /** Runs Kiln alone. */
  void runUntilCompiled() {
    for (int i = 0; i < warmUp; i++) {
      kiln.run();
    }
  }

  /** Runs both once and compares. */
  void requireAgreement() {
    kiln.run();
    peer.run();
    agreements.forEach(Agreement::require);
  }
}
