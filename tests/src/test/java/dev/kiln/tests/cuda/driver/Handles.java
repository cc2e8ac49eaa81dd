package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.CUDA_ERROR_INVALID_HANDLE;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The opaque pointers that programs get, and what they stand for. None is used twice. */
final class Handles {
  private static final long FIRST = 0x5100_0000_0000L;
  private static final long STEP = 0x40;

  private final Map<Long, Object> things = new TreeMap<>();
  private final Map<Object, Long> handles = new IdentityHashMap<>();
  private long next = FIRST;

  /** A new handle. */
  long add(Object thing) {
    long handle = next;
    next += STEP;
    things.put(handle, thing);
    handles.put(thing, handle);
    return handle;
  }

  long of(Object thing) {
    return handles.get(thing);
  }

  long ofOrAdd(Object thing) {
    Long known = handles.get(thing);
    return known == null ? add(thing) : known;
  }

  <T> T get(long handle, Class<T> kind) {
    Object thing = things.get(handle);
    if (!kind.isInstance(thing)) {
      throw new DriverError(
          CUDA_ERROR_INVALID_HANDLE(),
          "0x%x is no %s%s"
              .formatted(
                  handle,
                  kind.getSimpleName(),
                  handle >= FIRST && handle < next ? ", or was destroyed" : ""));
    }
    return kind.cast(thing);
  }

  <T> T remove(long handle, Class<T> kind) {
    T thing = get(handle, kind);
    things.remove(handle);
    handles.remove(thing);
    return thing;
  }

  /** What a context's program has not given back. */
  List<Owned> ownedBy(DriverContext context) {
    List<Owned> result = new ArrayList<>();
    for (Object thing : things.values()) {
      if (thing instanceof Owned owned && owned.context() == context) {
        result.add(owned);
      }
    }
    return result;
  }

  /** Forgets everything that was made in a context. */
  void removeAll(DriverContext context) {
    for (Owned owned : ownedBy(context)) {
      things.remove(handles.remove(owned));
    }
  }
}
