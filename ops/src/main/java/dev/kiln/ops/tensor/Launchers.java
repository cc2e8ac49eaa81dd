package dev.kiln.ops.tensor;

import dev.kiln.runtime.Device;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The launchers of a device's kernels, each made when it is first asked for. */
final class Launchers implements AutoCloseable {
  private record Key(Class<?> type, Object use) {}

  private final Device device;
  private final Map<Key, Object> made = new HashMap<>();

  Launchers(Device device) {
    this.device = device;
  }

  <T> T get(Class<T> type, Object use, Function<Device, T> maker) {
    var key = new Key(type, use);
    Object launcher = made.get(key);
    if (launcher == null) {
      launcher = maker.apply(device);
      made.put(key, launcher);
    }
    return type.cast(launcher);
  }

  @Override
  public void close() {
    List<Object> all = new ArrayList<>(made.values());
    made.clear();
    for (Object launcher : all) {
      if (launcher instanceof AutoCloseable closeable) {
        close(closeable);
      }
    }
  }

  private static void close(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
