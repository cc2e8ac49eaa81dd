package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.isa.async.Place.InShared;
import dev.kiln.runtime.sim.memory.ByteRange;
import dev.kiln.runtime.sim.memory.ByteRange.Toucher;
import dev.kiln.runtime.sim.memory.ByteRange.Use;
import dev.kiln.runtime.sim.memory.Region;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** {@code cp.async.bulk.tensor} from global to shared memory, of one or several blocks. */
final class TensorLoad extends BulkOperation {
  private final TensorBox box;
  private final List<InShared> places;

  TensorLoad(Toucher toucher, List<InShared> barriers, TensorBox box, List<InShared> places) {
    super(toucher, barriers);
    this.box = box;
    this.places = places;
  }

  /** Faults if some of the bytes are not there. */
  void require() {
    for (InShared place : places) {
      Place.require(toucher, place, size(), TensorInstructions.ALIGNMENT, Use.WRITE);
    }
    requireBarriers();
    box.forEach(
        0,
        (shared, bytes, skip, global, inside) -> {
          if (inside > 0) {
            global(global, inside, Use.READ);
          }
        });
  }

  @Override
  long size() {
    return box.map().boxBytes();
  }

  @Override
  void readSource() {
    throw new IllegalStateException("a load is in no group");
  }

  @Override
  void transfer() {
    for (InShared place : places) {
      box.forEach(
          place.offset(),
          (shared, bytes, skip, global, inside) ->
              load(place, shared, bytes, skip, global, inside));
    }
  }

  private void load(InShared place, long shared, int bytes, int skip, long global, int inside) {
    if (inside == bytes && isUnseen() && !place.owner().exited) {
      Region source = global(global, bytes, Use.READ);
      Region target = place.owner().shared;
      MemorySegment.copy(source.bytes(), global - source.start(), target.bytes(), shared, bytes);
      target.markWritten(shared, bytes);
      return;
    }
    ByteRange target = toucher.shared(place.owner(), shared, bytes, 1, Use.WRITE);
    if (inside < bytes) {
      fill(target);
    }
    if (inside > 0) {
      ByteRange source = toucher.global(global, inside, 1, Use.READ);
      MemorySegment.copy(
          source.region().bytes(),
          source.offset(),
          target.region().bytes(),
          target.offset() + skip,
          inside);
    }
  }

  private void fill(ByteRange target) {
    MemorySegment bytes = target.bytes();
    if (box.map().fill() == TensorMap.OutOfBoundsFill.ZERO) {
      bytes.fill((byte) 0);
      return;
    }
    int element = box.map().type().bytes();
    for (long i = 0; i < bytes.byteSize(); i += element) {
      switch (element) {
        case 2 -> bytes.set(ValueLayout.JAVA_SHORT_UNALIGNED, i, (short) 0x7fff);
        case 4 -> bytes.set(ValueLayout.JAVA_INT_UNALIGNED, i, 0x7fff_ffff);
        default -> bytes.set(ValueLayout.JAVA_LONG_UNALIGNED, i, 0x7fff_ffff_ffff_ffffL);
      }
    }
  }
}
