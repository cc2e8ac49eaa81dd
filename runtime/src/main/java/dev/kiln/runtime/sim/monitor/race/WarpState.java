package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access.Scope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** A warp as the sanitizer sees it: the views of its lanes and the number of its last event. */
final class WarpState {
  final BlockState block;
  final int index;

  /** Asynchronous operations by number, until nobody can wait for them any more. */
  final Map<Long, Operation> operations = new LinkedHashMap<>();

  final WgmmaWaits wgmma = new WgmmaWaits();

  private final View[] views = new View[Warp.LANES];

  /** Whether all lanes have the view of lane 0. */
  private boolean uniform = true;

  private int event = 1;

  /** Whether others may know of the last event, so that the next access must be another. */
  private boolean published;

  private View before;
  private View added;
  private View after;

  WarpState(BlockState block, int index) {
    this.block = block;
    this.index = index;
    Arrays.fill(views, View.NOTHING);
    block.warps.add(this);
  }

  /** Lets go of what nobody needs once the block has ended. */
  void end() {
    operations.clear();
    Arrays.fill(views, View.NOTHING);
    before = null;
    added = null;
    after = null;
  }

  static boolean reaches(Scope scope, BlockState from, BlockState to) {
    return switch (scope) {
      case CTA -> from == to;
      case CLUSTER -> from.cluster == to.cluster;
      case GPU, SYSTEM -> true;
    };
  }

  /** In words, as {@link dev.kiln.runtime.sim.exec.PlaceText} tells it. */
  String thread(int lane) {
    return block.thread(index, lane);
  }

  /** The number for an access that happens now. */
  int nextEvent() {
    if (published) {
      published = false;
      event++;
    }
    return event;
  }

  /** The number of the last event, which others may know from now on. */
  int publish() {
    published = true;
    return event;
  }

  View view(int lane) {
    return views[lane];
  }

  /** Whether lanes have the same view. */
  boolean isUniform() {
    if (!uniform) {
      View first = views[0];
      for (View view : views) {
        if (view != first) {
          return false;
        }
      }
      uniform = true;
    }
    return true;
  }

  void set(int lanes, View view) {
    if (lanes == Warp.FULL) {
      Arrays.fill(views, view);
      uniform = true;
      return;
    }
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      views[Integer.numberOfTrailingZeros(rest)] = view;
    }
    uniform = false;
  }

  /** A lane learns what others know. */
  void learn(int lane, View news) {
    View old = views[lane];
    if (old != before || news != added) {
      before = old;
      added = news;
      after = old.join(news);
    }
    if (after != old) {
      views[lane] = after;
      uniform = false;
    }
  }

  /** The last event and what a lane knew and did, for others. */
  View shown(int lane) {
    View view = views[lane];
    return view.released(new Mark(this, 1 << lane, publish(), view));
  }

  /** Adds lanes and what they know to others at a barrier. */
  void gather(int lanes, int absent, Gathering gathering) {
    int rest = lanes;
    while (rest != 0) {
      View view = views[Integer.numberOfTrailingZeros(rest)];
      int same = isUniform() ? rest : sameView(rest, view);
      gathering.add(this, same | absent, view);
      rest &= ~same;
    }
  }

  /** Those of some lanes that have a view. */
  int sameView(int lanes, View view) {
    int same = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      same |= views[lane] == view ? 1 << lane : 0;
    }
    return same;
  }

  View[] views() {
    return views;
  }
}
