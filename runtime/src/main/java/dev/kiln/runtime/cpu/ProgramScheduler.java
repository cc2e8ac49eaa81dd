package dev.kiln.runtime.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs the programs of a launch on several threads: the caller's and some workers of its own.
 *
 * <p>Programs are handed out in ascending order by a ticket, a few at a time, so that a program may
 * wait for a lower one. The caller works too and never waits for a worker that has taken nothing,
 * so a launch that is over before the workers wake costs no more than on one thread. A launch
 * allocates nothing. One launch at a time: the caller must hold the device's lock.
 */
final class ProgramScheduler implements AutoCloseable {
  /** What the threads run. */
  interface Work {
    /**
     * Runs programs {@code first} to {@code end - 1} with the scratch memory of the given thread.
     */
    void run(int thread, int first, int end);
  }

  /**
   * How often a worker looks for the next launch before it sleeps: some tens of microseconds, the
   * time between two launches of a busy caller.
   */
  private static final int SPINS_BEFORE_SLEEP = 5_000;

  /**
   * How often the caller looks whether the last programs are done before it lets other threads run.
   */
  private static final int SPINS_BEFORE_YIELD = 20_000;

  /**
   * Chunks for each thread: enough to even out unequal programs, few enough that tickets cost
   * nothing.
   */
  private static final int CHUNKS_PER_THREAD = 16;

  /**
   * Launches before a worker binds itself to a processor: a process that has just started has more
   * urgent work than to link native functions.
   */
  private static final int LAUNCHES_BEFORE_BINDING = 50;

  private static final VarHandle TICKET;
  private static final VarHandle DONE;

  static {
    try {
      var lookup = MethodHandles.lookup();
      TICKET = lookup.findVarHandle(ProgramScheduler.class, "ticket", long.class);
      DONE = lookup.findVarHandle(ProgramScheduler.class, "done", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Thread[] workers;

  /**
   * Lower half of a ticket between launches: beyond every program. The fields of a launch change
   * only while it stands there.
   */
  private static final long CLOSED = Integer.MAX_VALUE;

  /**
   * The launch's number in the upper half, the next program in the lower: a worker that comes late
   * cannot take a ticket of a launch whose work it has not seen.
   */
  private volatile long ticket = CLOSED;

  /** Programs that have run or been skipped. */
  private volatile int done;

  private Work work;
  private int programs;
  private int chunk;
  private volatile boolean closed;
  private volatile Throwable failure;
  private int failedProgram;
  private boolean started;

  /** A scheduler of {@code threads} threads, the caller's included. */
  ProgramScheduler(int threads) {
    workers = new Thread[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      int index = i + 1;
      workers[i] =
          Thread.ofPlatform()
              .daemon()
              .name("kiln-cpu-".concat(Integer.toString(index)))
              .unstarted(() -> serve(index));
    }
  }

  /** Not before there is something for them to do: a new process has enough else to start. */
  private void startWorkers() {
    if (!started) {
      started = true;
      for (Thread worker : workers) {
        worker.start();
      }
    }
  }

  int threads() {
    return workers.length + 1;
  }

  /**
   * Runs all programs and waits for them. What a failing program throws is thrown here, that of the
   * lowest one if several fail; programs above it may not have run.
   *
   * @param onCaller whether to run them one after the other on the caller's thread
   */
  void run(Work newWork, int count, boolean onCaller) {
    if (workers.length == 0 || onCaller || count == 1) {
      newWork.run(0, 0, count);
      return;
    }
    startWorkers();
    work = newWork;
    programs = count;
    chunk = Math.max(1, count / (threads() * CHUNKS_PER_THREAD));
    failure = null;
    done = 0;
    ticket = (ticket >>> 32) + 1 << 32;
    for (Thread worker : workers) {
      LockSupport.unpark(worker);
    }
    takeTickets(0);
    awaitDone(count);
    ticket |= CLOSED;
    work = null;
    if (failure != null) {
      rethrow(failure);
    }
  }

  private void awaitDone(int count) {
    for (int spins = 0; done != count; spins++) {
      if (spins < SPINS_BEFORE_YIELD) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
  }

  private void takeTickets(int thread) {
    while (true) {
      long taken = ticket;
      Work mine = work;
      int count = programs;
      int first = (int) taken;
      if (mine == null || first >= count) {
        return;
      }
      int end = Math.min(count, first + chunk);
      if (TICKET.compareAndSet(this, taken, taken & ~0xFFFF_FFFFL | end)) {
        runChunk(mine, thread, first, end);
        DONE.getAndAdd(this, end - first);
      }
    }
  }

  private void runChunk(Work mine, int thread, int first, int end) {
    if (failure != null) {
      return;
    }
    try {
      mine.run(thread, first, end);
    } catch (Throwable t) {
      fail(first, t);
    }
  }

  private synchronized void fail(int program, Throwable t) {
    if (failure == null || program < failedProgram) {
      failedProgram = program;
      failure = t;
    }
  }

  private void serve(int thread) {
    long seen = 0;
    for (int launches = 0; !closed; launches++) {
      if (launches == LAUNCHES_BEFORE_BINDING) {
        ProcessorBinding.bind(thread, threads());
      }
      takeTickets(thread);
      seen = awaitLaunch(seen);
    }
  }

  /** Waits for a launch other than the one last seen and returns its number. */
  private long awaitLaunch(long seen) {
    long launch = ticket >>> 32;
    for (int spins = 0; launch == seen && !closed; spins++) {
      if (spins < SPINS_BEFORE_SLEEP) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
      }
      launch = ticket >>> 32;
    }
    return launch;
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void rethrow(Throwable t) throws T {
    throw (T) t;
  }

  @Override
  public void close() {
    closed = true;
    for (Thread worker : workers) {
      LockSupport.unpark(worker);
    }
  }
}
