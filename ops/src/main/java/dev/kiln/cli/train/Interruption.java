package dev.kiln.cli.train;

import dev.kiln.ops.train.Trainer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a run that is asked to end (SIGTERM, SIGINT) write a checkpoint first: the JVM, which ends
 * with the exit code that shells expect, waits until this is closed.
 */
final class Interruption implements AutoCloseable {
  /** Long enough for a slow batch and a checkpoint; somebody who waits longer can kill. */
  private static final long MINUTES = 5;

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook;
  private volatile boolean isRequested;

  Interruption(Trainer trainer) {
    hook =
        new Thread(
            () -> {
              isRequested = true;
              trainer.stop("the process was asked to end");
              await();
            },
            "kiln-interruption");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void await() {
    try {
      closed.await(MINUTES, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the JVM is about to end. */
  boolean isRequested() {
    return isRequested;
  }

  @Override
  public void close() {
    closed.countDown();
    if (!isRequested) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException ignored) {
        // It has just begun, and finds that it need not wait.
      }
    }
  }
}
