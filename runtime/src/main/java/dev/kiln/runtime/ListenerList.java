package dev.kiln.runtime;

import java.util.List;
import java.util.stream.Stream;

/** Several listeners of one device, told in the order in which they began to listen. */
record ListenerList(List<LaunchListener> listeners) implements LaunchListener {
  /** Those of a device, which may be {@code null}, and another. */
  static LaunchListener with(LaunchListener present, LaunchListener added) {
    return present == null
        ? added
        : new ListenerList(Stream.concat(all(present), Stream.of(added)).toList());
  }

  /** Those of a device without one; {@code null} if that leaves none. */
  static LaunchListener without(LaunchListener present, LaunchListener removed) {
    if (present == null) {
      return null;
    }
    List<LaunchListener> left = all(present).filter(listener -> listener != removed).toList();
    return left.isEmpty() ? null : left.size() == 1 ? left.getFirst() : new ListenerList(left);
  }

  private static Stream<LaunchListener> all(LaunchListener listener) {
    return listener instanceof ListenerList list ? list.listeners.stream() : Stream.of(listener);
  }

  @Override
  public void launched(String kernel, Grid grid, long nanos) {
    listeners.forEach(listener -> listener.launched(kernel, grid, nanos));
  }

  @Override
  public void heard(DeviceActivity activity) {
    listeners.forEach(listener -> listener.heard(activity));
  }
}
