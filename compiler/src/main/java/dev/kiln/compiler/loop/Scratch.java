package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The scratch buffers of a kernel. While the code is built, each lies at an address of its own, its
 * number in the upper half; {@link ScratchLayout} gives them their place.
 */
final class Scratch {
  private final List<Request> requests = new ArrayList<>();

  /** A buffer that was asked for. */
  record Request(int id, long bytes, Location loc) {}

  int allocate(DType dtype, Shape shape, Location loc) {
    int id = requests.size();
    requests.add(new Request(id, (long) shape.size() * dtype.bytes(), loc));
    return id;
  }

  List<Request> requests() {
    return requests;
  }

  static long address(int id) {
    return (long) id << 32;
  }

  static int id(long address) {
    return (int) (address >>> 32);
  }

  static long delta(long address) {
    return address & 0xFFFF_FFFFL;
  }
}
