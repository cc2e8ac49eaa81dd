package dev.kiln.tests.cuda.driver;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BiConsumer;

/**
 * Runs queued work as late as the order of streams allows: only when somebody waits for it, and
 * then nothing that need not be done before it. Where streams are not ordered, what was queued last
 * goes first, so that an order that nobody asked for does not come about by luck.
 */
final class WorkScheduler {
  private final BiConsumer<Work, RuntimeException> failed;
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

  /** Runs work, and what comes before it. */
  void complete(Work goal) {
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
