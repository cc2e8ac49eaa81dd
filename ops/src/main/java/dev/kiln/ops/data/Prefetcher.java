package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Makes batches ahead of time on a thread of its own. The batches and their order are those of a
 * {@link BatchLoader}. A fault of the thread reaches the caller of {@link #next} where the faulty
 * batch would have come; after {@link #restore} the stream can be used again.
 */
public final class Prefetcher<B> implements BatchStream<B> {
  private final BatchPlan<B> plan;
  private final int ahead;
  private Position position = Position.START;
  private Worker<B> worker;
  private boolean closed;

  /**
   * @param ahead most batches that are held ready
   */
  public Prefetcher(BatchPlan<B> plan, int ahead) {
    if (ahead < 1) {
      throw new KilnException("at least 1 batch must be made ahead, not " + ahead);
    }
    this.plan = plan;
    this.ahead = ahead;
  }

  @Override
  public BatchPlan<B> plan() {
    return plan;
  }

  @Override
  public B next() {
    if (closed) {
      throw new KilnException("the prefetcher is closed");
    }
    if (worker == null) {
      worker = new Worker<>(plan, position, ahead);
      worker.start();
    }
    B batch = worker.take();
    position = BatchLoader.after(plan, position);
    return batch;
  }

  @Override
  public Position position() {
    return position;
  }

  @Override
  public void restore(Position position) {
    BatchPlan.requireBatch(position.epoch(), position.batch(), plan.batches(position.epoch()));
    stop();
    this.position = position;
  }

  /** Waits until the thread has ended: at most the time of one batch. */
  @Override
  public void close() {
    closed = true;
    stop();
  }

  private void stop() {
    if (worker != null) {
      worker.end();
      worker = null;
    }
  }

  /** The thread, with its queue under its own lock. */
  private static final class Worker<B> extends Thread {
    private final BatchPlan<B> plan;
    private final Position start;
    private final int capacity;
    private final Queue<B> ready = new ArrayDeque<>();
    private Throwable fault;
    private boolean ended;

    Worker(BatchPlan<B> plan, Position start, int capacity) {
      super("kiln-prefetch");
      setDaemon(true);
      this.plan = plan;
      this.start = start;
      this.capacity = capacity;
    }

    @Override
    public void run() {
      try {
        Position at = start;
        while (put(plan.batch(at.epoch(), at.batch()))) {
          at = BatchLoader.after(plan, at);
        }
      } catch (InterruptedException e) {
        // The stream was closed or restored.
      } catch (Throwable e) {
        fail(e);
      }
    }

    /** Returns false when nothing more is wanted. */
    private synchronized boolean put(B batch) throws InterruptedException {
      ready.add(batch);
      notifyAll();
      while (ready.size() >= capacity && !ended) {
        wait();
      }
      return !ended;
    }

    private synchronized void fail(Throwable cause) {
      fault = cause;
      notifyAll();
    }

    synchronized B take() {
      try {
        while (ready.isEmpty() && fault == null) {
          wait();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new KilnException("interrupted while waiting for a batch", e);
      }
      if (ready.isEmpty()) {
        throw reported(fault);
      }
      B batch = ready.remove();
      notifyAll();
      return batch;
    }

    /** Throws in the caller's thread; the place in the prefetcher's is kept as the cause. */
    private static RuntimeException reported(Throwable fault) {
      return switch (fault) {
        case KilnException e -> new KilnException(e.getMessage(), e);
        case Error e -> throw e;
        default -> new KilnException("a batch could not be made: " + fault, fault);
      };
    }

    void end() {
      synchronized (this) {
        ended = true;
        notifyAll();
      }
      boolean interrupted = false;
      while (isAlive()) {
        try {
          join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
