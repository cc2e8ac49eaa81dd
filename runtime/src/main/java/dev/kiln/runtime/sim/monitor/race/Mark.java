package dev.kiln.runtime.sim.monitor.race;

/**
 * Lanes of a warp that let others know what they did up to now.
 *
 * @param lanes those, and lanes that have exited
 * @param event the last of the warp's
 * @param view what they know
 */
record Mark(WarpState warp, int lanes, int event, View view) {
  /**
   * The last event of their own that is known in a way.
   *
   * @param kind an index of {@link View}
   */
  int event(int kind) {
    return kind == View.KNOWN ? event : view.own(kind);
  }
}
