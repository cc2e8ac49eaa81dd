package dev.kiln.ops.profile;

import java.util.function.Consumer;

/** What an entry of the table runs, with its arguments bound. */
interface Call extends AutoCloseable {
  void run();

  /** Puts state back that is not among the entry's arrays. */
  default void reset() {}

  @Override
  default void close() {}

  /** A call of a launcher, which is closed with it if it can be. */
  static <K> Call of(K launcher, Consumer<K> call) {
    return new Call() {
      @Override
      public void run() {
        call.accept(launcher);
      }

      @Override
      public void close() {
        if (launcher instanceof AutoCloseable closeable) {
          Closing.close(closeable);
        }
      }
    };
  }
}
