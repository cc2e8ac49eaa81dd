package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access.Scope;
import java.util.Arrays;
import java.util.List;

/**
 * What a thread knows: which accesses of others come before whatever it does next. Immutable, so
 * that lanes, warps and operations in flight can share it.
 *
 * <p>Beside what is {@link #KNOWN}, it holds what of that has passed a proxy fence, and a fence of
 * each scope: a strong write after a fence releases just that. What strong reads have observed is
 * kept until a fence acquires it. A thread's own events are not in the clocks but in {@link #own}:
 * so all lanes of a warp may have the same view.
 */
final class View {
  /** Comes before. */
  static final int KNOWN = 0;

  /** Comes before operations of the asynchronous proxy too. */
  static final int ASYNC = 1;

  /** Has passed a fence of scope CTA; the next two: of the cluster, of the GPU or the system. */
  static final int FENCED = 2;

  /** Number of scopes that differ: CTA, cluster, GPU. */
  static final int SCOPES = 3;

  private static final int KINDS = FENCED + SCOPES;

  static final View NOTHING = new View(nothing(), new int[KINDS], new View[SCOPES]);

  private final Clock[] clocks;
  private final int[] own;
  private final View[] observed;

  private View(Clock[] clocks, int[] own, View[] observed) {
    this.clocks = clocks;
    this.own = own;
    this.observed = observed;
  }

  private static Clock[] nothing() {
    Clock[] clocks = new Clock[KINDS];
    Arrays.fill(clocks, Clock.NOTHING);
    return clocks;
  }

  /** Number of a scope: 0 for the CTA, 1 for the cluster, 2 for more. */
  static int level(Scope scope) {
    return Math.min(scope.ordinal(), SCOPES - 1);
  }

  Clock clock(int kind) {
    return clocks[kind];
  }

  Clock known() {
    return clocks[KNOWN];
  }

  /** The thread's last event of a kind; {@link #KNOWN} aside. */
  int own(int kind) {
    return own[kind];
  }

  /** Whether a strong write would release something. */
  boolean isFenced() {
    return own[FENCED] > 0 || clocks[FENCED] != Clock.NOTHING;
  }

  /** What either knows. The thread's own events stay this one's. */
  View join(View other) {
    if (other == this || other == NOTHING) {
      return this;
    }
    Clock[] joined = new Clock[KINDS];
    boolean same = true;
    for (int kind = 0; kind < KINDS; kind++) {
      joined[kind] = clocks[kind].join(other.clocks[kind]);
      same &= joined[kind] == clocks[kind];
    }
    View[] seen = observed;
    for (int level = 0; level < SCOPES; level++) {
      View both = either(observed[level], other.observed[level]);
      if (both != observed[level]) {
        seen = seen == observed ? observed.clone() : seen;
        seen[level] = both;
        same = false;
      }
    }
    return same ? this : new View(joined, own, seen);
  }

  private static View either(View a, View b) {
    return a == null ? b : b == null ? a : a.join(b);
  }

  /** What threads know together, their own events in the clocks. */
  View with(List<Mark> marks) {
    Clock[] raised = new Clock[KINDS];
    for (int kind = 0; kind < KINDS; kind++) {
      raised[kind] = clocks[kind].raised(marks, kind);
    }
    return new View(raised, NOTHING.own, observed);
  }

  /** What a release by a lane lets others know. */
  View released(Mark mark) {
    return with(List.of(mark)).alone();
  }

  /** The same with an event of an agent that is no thread. */
  View with(int block, int agent, int event) {
    Clock[] raised = clocks.clone();
    raised[KNOWN] = clocks[KNOWN].raised(block, agent, Warp.FULL, event);
    return new View(raised, own, observed);
  }

  /** What a strong write releases that follows a fence; for a view with own events in it. */
  View fenced(int level) {
    Clock[] released = clocks.clone();
    released[KNOWN] = clocks[FENCED + level];
    return new View(released, NOTHING.own, NOTHING.observed);
  }

  /**
   * After a fence of the thread.
   *
   * @param event the last before it
   */
  View fence(int level, int event, boolean acquires, boolean releases) {
    View result = this;
    if (acquires) {
      for (int i = 0; i <= level; i++) {
        if (observed[i] != null) {
          result = result.join(observed[i]);
        }
      }
    }
    if (!releases) {
      return result;
    }
    Clock[] fenced = result.clocks.clone();
    int[] events = own.clone();
    for (int i = 0; i <= level; i++) {
      fenced[FENCED + i] = fenced[FENCED + i].join(fenced[KNOWN]);
      events[FENCED + i] = event;
    }
    return new View(fenced, events, result.observed);
  }

  /** After a proxy fence of the thread. */
  View proxyFence(int event) {
    Clock[] fenced = clocks.clone();
    fenced[ASYNC] = fenced[ASYNC].join(fenced[KNOWN]);
    int[] events = own.clone();
    events[ASYNC] = event;
    return new View(fenced, events, observed);
  }

  /** Without what it has observed and not acquired, which nobody else can acquire. */
  private View alone() {
    return observed == NOTHING.observed ? this : new View(clocks, own, NOTHING.observed);
  }

  /** After a strong read of what somebody released, to be acquired by a fence. */
  View observing(int level, View released) {
    View both = either(observed[level], released.alone());
    if (both == observed[level]) {
      return this;
    }
    View[] seen = observed.clone();
    seen[level] = both;
    return new View(clocks, own, seen);
  }
}
