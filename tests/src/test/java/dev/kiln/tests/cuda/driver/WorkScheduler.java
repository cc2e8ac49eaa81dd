package dev.kiln.tests.cuda.driver;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Runs queued work as late as the order of streams allows: only when somebody waits for it, and
 * then nothing that need not be done before it. Where streams are not ordered, what was queued last
 * goes first, so that an order that nobody asked for does not come about by luck. Memory is freed
 * as early as it may be.
 */
final class WorkScheduler {
  private final BiConsumer<Work, RuntimeException> failed;
  private final Set<Work> releases = new LinkedHashSet<>();
  private long count;

  /**
   * @param failed hears of work that failed
   */
  WorkScheduler(BiConsumer<Work, RuntimeException> failed) {
    this.failed = failed;
  }

  /** Queues work; nothing runs. */
  Work submit(StreamQueue stream, String what, Runnable action) {
    Work work = new Work(stream, ++count, what, action);
    DriverContext context = stream.context();
    if (stream.isLegacy()) {
      for (StreamQueue other : context.streams()) {
        if (other.isBlocking()) {
          work.waitFor(other.last());
        }
      }
    } else if (stream.isBlocking()) {
      work.waitFor(context.legacy().last());
    }
    stream.add(work);
    return work;
  }

  /** Queues work that gives memory back: that is done as early as the order of streams allows. */
  Work submitRelease(StreamQueue stream, String what, Runnable action) {
    Work work = submit(stream, what, action);
    releases.add(work);
    return work;
  }

  /** Runs work, and what comes before it. */
  void complete(Work goal) {
    releaseEarly();
    Deque<Work> path = new ArrayDeque<>();
    path.push(goal);
    while (!path.isEmpty()) {
      Work top = path.peek();
      if (top.isDone()) {
        path.pop();
        continue;
      }
      Work head = top.stream().pending().peek();
      Work first = head == top ? top.missing() : head;
      if (first != null) {
        path.push(first);
      } else {
        run(top);
        path.pop();
      }
    }
  }

  /**
   * A GPU may come to a release at any time from when its stream allows it: work of other streams
   * that does not come before it must not count on the memory.
   */
  private void releaseEarly() {
    for (Work release : List.copyOf(releases)) {
      Deque<Work> pending = release.stream().pending();
      while (!release.isDone() && isFreeToGo(pending.peek())) {
        run(pending.peek());
      }
    }
    releases.removeIf(Work::isDone);
  }

  private boolean isFreeToGo(Work head) {
    return head != null && head.missing() == null && (head.isMark() || releases.contains(head));
  }

  /** Runs all that is queued in a context. */
  void completeAll(DriverContext context) {
    for (Work next = newest(context); next != null; next = newest(context)) {
      complete(next);
    }
  }

  /** Of the work that is first in its stream, the one queued last that waits for nothing. */
  private static Work newest(DriverContext context) {
    Work any = null;
    Work ready = null;
    for (StreamQueue stream : context.streams()) {
      Work head = stream.pending().peek();
      if (head != null) {
        any = head;
        if (head.missing() == null && (ready == null || head.number() > ready.number())) {
          ready = head;
        }
      }
    }
    return ready == null ? any : ready;
  }

  private void run(Work work) {
    work.stream().pending().remove();
    if (work.stream().context().isLost()) {
      work.drop();
      return;
    }
    try {
      work.run();
    } catch (RuntimeException e) {
      failed.accept(work, e);
    }
  }
}
