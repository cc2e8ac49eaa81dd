package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.isa.async.Place.InShared;
import dev.kiln.runtime.sim.memory.ByteRange;
import dev.kiln.runtime.sim.memory.ByteRange.Toucher;
import dev.kiln.runtime.sim.memory.ByteRange.Use;
import dev.kiln.runtime.sim.memory.Region;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** {@code cp.async.bulk.tensor} and {@code cp.reduce.async.bulk.tensor} from shared to global. */
final class TensorStore extends BulkOperation {
  private final TensorBox box;
  private final InShared place;
  private final Reduction reduction;

  /** The box's bytes, once they have been read ahead. */
  private MemorySegment ahead;

  /**
   * @param reduction {@code null} for a plain copy
   */
  TensorStore(Toucher toucher, TensorBox box, InShared place, Reduction reduction) {
    super(toucher, List.of());
    this.box = box;
    this.place = place;
    this.reduction = reduction;
  }

  /** Faults if some of the bytes are not there. */
  void require() {
    Place.require(toucher, place, size(), TensorInstructions.ALIGNMENT, Use.READ);
    box.forEach(
        0,
        (shared, bytes, skip, global, inside) -> {
          if (inside > 0) {
            global(global, inside, use());
          }
        });
  }

  private Use use() {
    return reduction == null ? Use.WRITE : Use.REDUCE;
  }

  @Override
  long size() {
    return box.map().boxBytes();
  }

  @Override
  void readSource() {
    if (ahead == null && !isDone()) {
      ByteRange source =
          toucher.shared(
              place.owner(), place.offset(), size(), TensorInstructions.ALIGNMENT, Use.READ);
      ahead =
          Arena.ofAuto().allocate(size(), TensorInstructions.ALIGNMENT).copyFrom(source.bytes());
    }
  }

  @Override
  void transfer() {
    box.forEach(
        place.offset(),
        (shared, bytes, skip, global, inside) -> {
          if (inside > 0) {
            store(shared + skip, global, inside);
          }
        });
  }

  private void store(long shared, long global, int bytes) {
    MemorySegment source = ahead;
    long offset = shared - place.offset();
    if (isUnseen() && reduction == null) {
      Region target = global(global, bytes, Use.WRITE);
      boolean early = source != null;
      MemorySegment.copy(
          early ? source : place.owner().shared.bytes(),
          early ? offset : shared,
          target.bytes(),
          global - target.start(),
          bytes);
      target.markWritten(global - target.start(), bytes);
      return;
    }
    if (source == null) {
      ByteRange range = toucher.shared(place.owner(), shared, bytes, 1, Use.READ);
      source = range.region().bytes();
      offset = range.offset();
    }
    ByteRange target = toucher.global(global, bytes, 1, use());
    MemorySegment to = target.region().bytes();
    if (reduction == null) {
      MemorySegment.copy(source, offset, to, target.offset(), bytes);
    } else {
      reduction.apply(source, offset, to, target.offset(), bytes);
    }
  }
}
