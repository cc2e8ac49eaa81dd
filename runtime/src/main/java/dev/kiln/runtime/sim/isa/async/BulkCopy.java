package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.isa.async.Place.InShared;
import dev.kiln.runtime.sim.memory.ByteRange;
import dev.kiln.runtime.sim.memory.ByteRange.Toucher;
import dev.kiln.runtime.sim.memory.ByteRange.Use;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** {@code cp.async.bulk} and {@code cp.reduce.async.bulk} of a range of bytes. */
final class BulkCopy extends BulkOperation {
  /** Addresses and sizes are multiples of this. */
  static final int GRANULE = 16;

  /** An end of a copy. */
  sealed interface End {}

  /** In global memory. */
  record Global(long address) implements End {}

  /** In shared memory, of several blocks for a multicast. */
  record Shared(List<InShared> places) implements End {}

  private final End to;
  private final End from;
  private final long size;
  private final Reduction reduction;

  /** The source's bytes, once they have been read ahead. */
  private MemorySegment ahead;

  /**
   * @param from of one place
   * @param reduction {@code null} for a plain copy
   */
  BulkCopy(
      Toucher toucher, List<InShared> barriers, End to, End from, long size, Reduction reduction) {
    super(toucher, barriers);
    this.to = to;
    this.from = from;
    this.size = size;
    this.reduction = reduction;
  }

  /** Faults if some of the bytes are not there. */
  void require() {
    require(from, Use.READ);
    require(to, use());
    requireBarriers();
  }

  private void require(End end, Use use) {
    switch (end) {
      case Global global -> Place.require(toucher, global.address, size, GRANULE, use);
      case Shared shared ->
          shared.places.forEach(place -> Place.require(toucher, place, size, GRANULE, use));
    }
  }

  private Use use() {
    return reduction == null ? Use.WRITE : Use.REDUCE;
  }

  @Override
  long size() {
    return size;
  }

  @Override
  void readSource() {
    if (ahead == null && !isDone() && size > 0) {
      ByteRange source = range(from, 0, Use.READ);
      ahead = Arena.ofAuto().allocate(size, GRANULE).copyFrom(source.bytes());
    }
  }

  @Override
  void transfer() {
    if (size == 0) {
      return;
    }
    MemorySegment source = ahead;
    long offset = 0;
    if (source == null) {
      ByteRange range = range(from, 0, Use.READ);
      source = range.region().bytes();
      offset = range.offset();
    }
    for (int i = 0; i < copies(); i++) {
      ByteRange target = range(to, i, use());
      MemorySegment bytes = target.region().bytes();
      if (reduction == null) {
        MemorySegment.copy(source, offset, bytes, target.offset(), size);
      } else {
        reduction.apply(source, offset, bytes, target.offset(), size);
      }
    }
  }

  private int copies() {
    return to instanceof Shared shared ? shared.places.size() : 1;
  }

  private ByteRange range(End end, int index, Use use) {
    return switch (end) {
      case Global global -> toucher.global(global.address, size, GRANULE, use);
      case Shared shared -> {
        InShared place = shared.places.get(index);
        yield toucher.shared(place.owner(), place.offset(), size, GRANULE, use);
      }
    };
  }
}
