package dev.kiln.ops.tensor;

import java.util.ArrayList;
import java.util.List;

/**
 * Those who listen, in the order in which they came. One may come or go while the others are told:
 * it hears from the next time on, or still this time.
 *
 * @param <L> a listener
 */
public sealed class Listeners<L> permits Hooks {
  private List<L> list = List.of();

  /** Adds one until the result is closed. */
  public final Mode add(L listener) {
    var longer = new ArrayList<>(list);
    longer.add(listener);
    list = longer;
    return new Mode() {
      private boolean isClosed;

      @Override
      public void close() {
        if (!isClosed) {
          isClosed = true;
          var shorter = new ArrayList<>(list);
          shorter.remove(listener);
          list = shorter;
        }
      }
    };
  }

  public final boolean isEmpty() {
    return list.isEmpty();
  }

  /** Those who listen now; this list does not change any more. */
  public final List<L> now() {
    return list;
  }
}
