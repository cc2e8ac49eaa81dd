package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.DeviceActivity.Direction;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Copies between a device and host memory that may move or be on the Java heap, by way of pinned
 * memory. Writing returns when the bytes have been read from the source: they wait in a ring for
 * the device. Reading waits.
 */
final class HostCopies {
  private static final long RING_BYTES = 8 << 20;

  /** Larger copies go in pieces, of which one is filled while the one before is on its way. */
  private static final long PIECE_BYTES = 1 << 20;

  private static final long ALIGNMENT = 64;
  private static final int READERS = 2;

  /** With more pieces on the way the device is asked which have arrived. */
  private static final int MANY = 64;

  private final CudaDevice device;
  private final Deque<Piece> onTheWay = new ArrayDeque<>();
  private PinnedMemory ring;
  private PinnedMemory readers;

  /** The next byte of the ring, counted on through all rounds. */
  private long next;

  private record Piece(long start, MemorySegment event, CudaStream stream, long tick) {}

  HostCopies(CudaDevice device) {
    this.device = device;
  }

  /** Writes to device memory in the order of a stream. */
  void write(CudaStream stream, long address, MemorySegment source) {
    CudaGraph.Capture capture = stream.capture();
    if (capture != null) {
      writeCaptured(capture, stream, address, source);
      return;
    }
    for (long done = 0; done < source.byteSize(); done += PIECE_BYTES) {
      long bytes = Math.min(PIECE_BYTES, source.byteSize() - done);
      writePiece(stream, address + done, source.asSlice(done, bytes));
    }
  }

  private void writePiece(CudaStream stream, long address, MemorySegment source) {
    long bytes = source.byteSize();
    synchronized (onTheWay) {
      long start = reserve(bytes);
      MemorySegment staged = ring.segment().asSlice(start % RING_BYTES, bytes);
      staged.copyFrom(source);
      copyIn(stream, address, staged);
      MemorySegment event = device.orderEvents().record(stream);
      onTheWay.add(new Piece(start, event, stream, stream.lastWork()));
    }
  }

  private void copyIn(CudaStream stream, long address, MemorySegment pinned) {
    long bytes = pinned.byteSize();
    device
        .activities()
        .copy(
            Direction.HOST_TO_DEVICE,
            bytes,
            stream,
            "cuMemcpyHtoDAsync",
            () -> cuMemcpyHtoDAsync_v2(address, pinned, bytes, stream.handle));
  }

  /** Every replay copies from this memory again, so it stays as long as the graph. */
  private void writeCaptured(
      CudaGraph.Capture capture, CudaStream stream, long address, MemorySegment source) {
    if (source.byteSize() > 0) {
      PinnedMemory kept = new PinnedMemory(device, source.byteSize());
      capture.keeps(kept);
      kept.segment().copyFrom(source);
      copyIn(stream, address, kept.segment());
    }
  }

  /** A place in the ring, on which no copy waits any more. */
  private long reserve(long bytes) {
    if (ring == null) {
      ring = new PinnedMemory(device, RING_BYTES);
    }
    forgetFinished();
    long start = next;
    if (start % RING_BYTES + bytes > RING_BYTES) {
      start += RING_BYTES - start % RING_BYTES;
    }
    long end = start + bytes + ALIGNMENT - 1 & -ALIGNMENT;
    while (!onTheWay.isEmpty() && end - onTheWay.peek().start > RING_BYTES) {
      Piece oldest = onTheWay.remove();
      int status = cuEventSynchronize(oldest.event);
      device.orderEvents().give(oldest.event);
      device.check(status, "cuEventSynchronize");
    }
    next = end;
    return start;
  }

  /** Small copies would collect thousands of events before the ring is full. */
  private void forgetFinished() {
    boolean mayAsk = onTheWay.size() > MANY;
    for (Piece oldest = onTheWay.peek(); oldest != null; oldest = onTheWay.peek()) {
      boolean isFinished = oldest.stream.hasFinished(oldest.tick);
      if (!isFinished && mayAsk) {
        isFinished = cuEventQuery(oldest.event) == CudaStatus.SUCCESS;
        mayAsk = isFinished;
      }
      if (!isFinished) {
        return;
      }
      onTheWay.remove();
      device.orderEvents().give(oldest.event);
    }
  }

  /** Reads device memory, after the work that a stream has now. */
  synchronized void read(CudaStream stream, long address, MemorySegment target) {
    if (target.byteSize() == 0) {
      return;
    }
    if (readers == null) {
      readers = new PinnedMemory(device, READERS * PIECE_BYTES);
    }
    long tick = stream.lastWork();
    long mark = device.faults().launches().mark();
    long size = target.byteSize();
    MemorySegment before = null;
    for (long start = 0; start < size; start += PIECE_BYTES) {
      MemorySegment event = copyOut(stream, address, start, size);
      if (before != null) {
        take(before, target, start - PIECE_BYTES);
      }
      before = event;
    }
    take(before, target, (size - 1) / PIECE_BYTES * PIECE_BYTES);
    stream.finished(tick, mark);
  }

  private MemorySegment copyOut(CudaStream stream, long address, long start, long size) {
    long bytes = Math.min(PIECE_BYTES, size - start);
    MemorySegment staged = reader(start, bytes);
    device
        .activities()
        .copy(
            Direction.DEVICE_TO_HOST,
            bytes,
            stream,
            "cuMemcpyDtoHAsync",
            () -> cuMemcpyDtoHAsync_v2(staged, address + start, bytes, stream.handle));
    return device.orderEvents().record(stream);
  }

  private void take(MemorySegment event, MemorySegment target, long start) {
    int status = cuEventSynchronize(event);
    device.orderEvents().give(event);
    device.check(status, "cuEventSynchronize");
    long bytes = Math.min(PIECE_BYTES, target.byteSize() - start);
    target.asSlice(start, bytes).copyFrom(reader(start, bytes));
  }

  private MemorySegment reader(long start, long bytes) {
    return readers.segment().asSlice(start % (READERS * PIECE_BYTES), bytes);
  }

  /** Gives events back; the pinned memory is the device's to close. */
  void close() {
    synchronized (onTheWay) {
      onTheWay.forEach(piece -> device.orderEvents().give(piece.event));
      onTheWay.clear();
    }
  }
}
