package dev.kiln.runtime.cuda;

import dev.kiln.runtime.DeviceTimer;
import java.util.ArrayList;
import java.util.List;

/** Times pieces of a stream's work by pairs of events, without waiting between them. */
final class CudaTimer implements DeviceTimer {
  private final CudaDevice device;
  private final List<CudaEvent> free = new ArrayList<>();
  private final List<CudaEvent> marks = new ArrayList<>();

  CudaTimer(CudaDevice device) {
    this.device = device;
  }

  @Override
  public void begin() {
    mark();
  }

  @Override
  public void end() {
    mark();
  }

  private void mark() {
    CudaEvent event = free.isEmpty() ? device.newEvent() : free.removeLast();
    marks.add(event.record(device.stream()));
  }

  @Override
  public double[] read() {
    double[] nanos = new double[marks.size() / 2];
    for (int i = 0; i < nanos.length; i++) {
      nanos[i] = marks.get(2 * i + 1).nanosSince(marks.get(2 * i));
    }
    free.addAll(marks);
    marks.clear();
    return nanos;
  }

  @Override
  public void close() {
    marks.forEach(CudaEvent::close);
    free.forEach(CudaEvent::close);
    marks.clear();
    free.clear();
  }
}
