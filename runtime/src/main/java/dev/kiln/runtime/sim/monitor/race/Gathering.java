package dev.kiln.runtime.sim.monitor.race;

import java.util.ArrayList;
import java.util.List;

/** What threads that come together at a barrier know. */
final class Gathering {
  private View joined = View.NOTHING;
  private View last = View.NOTHING;
  private final List<Mark> marks = new ArrayList<>();

  /** A lane, or lanes with the same view, let others know what they did and know. */
  void add(WarpState warp, int lanes, View view) {
    if (view != last) {
      joined = joined == View.NOTHING ? view : joined.join(view);
      last = view;
    }
    int event = warp.publish();
    if (!marks.isEmpty()) {
      Mark latest = marks.getLast();
      if (latest.warp() == warp && latest.view() == view && latest.event() == event) {
        marks.set(marks.size() - 1, new Mark(warp, latest.lanes() | lanes, event, view));
        return;
      }
    }
    marks.add(new Mark(warp, lanes, event, view));
  }

  /** Something that was known already. */
  void add(View view) {
    joined = joined.join(view);
  }

  /** What all of them know together. */
  View total() {
    if (!marks.isEmpty()) {
      joined = joined.with(marks);
      last = View.NOTHING;
      marks.clear();
    }
    return joined;
  }
}
