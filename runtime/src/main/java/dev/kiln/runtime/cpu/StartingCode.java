package dev.kiln.runtime.cpu;

import java.util.ArrayDeque;
import java.util.function.Supplier;

/**
 * Which class the launches of a kernel run on.
 *
 * <p>In a new process it takes a tenth of a second to load the Vector API and to link a class that
 * uses it. So a small launch does not wait for that: it runs on the kernel's starter, a class of
 * scalar loops, while a thread prepares the other. All classes of a kernel compute the same bits,
 * and a launch runs on one class from its beginning to its end. A launch that would take long on
 * the starter waits.
 */
final class StartingCode {
  /** What takes some milliseconds in the interpreter. */
  static final long SMALL_LAUNCH = 1 << 18;

  private final KernelCode starter;
  private final long programCost;
  private final Supplier<KernelCode> toPrepare;
  private volatile KernelCode prepared;

  /** One class for all launches. */
  StartingCode(KernelCode code) {
    starter = code;
    programCost = 0;
    toPrepare = null;
    prepared = code;
  }

  /** Starts to prepare the class that is to stay. */
  StartingCode(KernelCode starter, long programCost, Supplier<KernelCode> toPrepare) {
    this.starter = starter;
    this.programCost = programCost;
    this.toPrepare = toPrepare;
    Preparation.add(this);
  }

  /** Whether one program is so small that a starter is worth having. */
  static boolean suits(long programCost) {
    return programCost <= SMALL_LAUNCH;
  }

  /**
   * The class for a launch.
   *
   * @param programs how many programs it runs
   */
  KernelCode forLaunch(long programs) {
    KernelCode code = prepared;
    if (code != null) {
      return code;
    }
    return programs <= SMALL_LAUNCH / Math.max(1, programCost) ? starter : prepare();
  }

  /** The class that is to stay: made ready here, or by the thread that has begun to. */
  private synchronized KernelCode prepare() {
    if (prepared == null) {
      prepared = toPrepare.get();
    }
    return prepared;
  }

  /** A thread that prepares what is waiting, and ends when nothing is. */
  private static final class Preparation implements Runnable {
    private static final ArrayDeque<StartingCode> WAITING = new ArrayDeque<>();
    private static boolean isRunning;

    static void add(StartingCode code) {
      synchronized (WAITING) {
        WAITING.add(code);
        if (!isRunning) {
          isRunning = true;
          var thread = new Thread(new Preparation(), "kiln-prepare");
          thread.setDaemon(true);
          thread.start();
        }
      }
    }

    /** The next one, or null at the end of this thread. */
    private static StartingCode next() {
      synchronized (WAITING) {
        StartingCode code = WAITING.poll();
        isRunning = code != null;
        return code;
      }
    }

    @Override
    public void run() {
      for (StartingCode code = next(); code != null; code = next()) {
        try {
          code.prepare();
        } catch (RuntimeException | LinkageError e) {
          // A launch that cannot do without the class will try again, and tell.
        }
      }
    }
  }
}
