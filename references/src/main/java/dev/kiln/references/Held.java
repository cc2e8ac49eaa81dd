package dev.kiln.references;

import java.util.ArrayDeque;
import java.util.Deque;
import org.bytedeco.javacpp.Pointer;

/** Native objects of a call, freed together, the last made first. */
public final class Held implements AutoCloseable {
  private final Deque<Runnable> frees = new ArrayDeque<>();

  /** Keeps an object. */
  public <P extends Pointer> P keep(P pointer) {
    frees.push(pointer::close);
    return pointer;
  }

  /** Something else to be done at the end. */
  public void atClose(Runnable free) {
    frees.push(free);
  }

  @Override
  public void close() {
    while (!frees.isEmpty()) {
      frees.pop().run();
    }
  }
}
