package dev.kiln.runtime.sim.monitor.count;

import dev.kiln.runtime.sim.exec.Warp;
import java.util.Arrays;

/**
 * Wavefronts of accesses to shared memory. The rules, for every architecture from sm_50 on:
 *
 * <ul>
 *   <li>32 banks of 4 bytes; word {@code w} lies in bank {@code w mod 32}. In one wavefront each
 *       bank serves one word, to as many lanes as want it (CUDA C++ Programming Guide, "Shared
 *       Memory" of compute capability 5.x).
 *   <li>Lanes of up to 4 bytes are served together. Accesses of 8 bytes are served for each half of
 *       the warp, of 16 bytes for each quarter, by itself: 128 bytes at most. Not documented for
 *       new architectures; measured by many, and what the profiler's ideal wavefronts say.
 *   <li>The two halves are served together nevertheless where all lanes {@code i} and {@code i xor
 *       1}, or all {@code i} and {@code i xor 2}, that take part have the same address; of 16-byte
 *       accesses, the two quarters of a half. Measured, not documented.
 *   <li>Each matrix of {@code ldmatrix} and {@code stmatrix} is eight rows of 16 bytes, served by
 *       itself.
 *   <li>Atomic operations: lanes with the same word follow each other.
 *   <li>Stores to one word: one of them wins, without a conflict.
 * </ul>
 *
 * <p>The number of services is ideal; what a bank with several words costs beyond it are conflicts.
 * An object belongs to one thread.
 */
final class SharedWavefronts {
  private static final int BANKS = 32;
  private static final int WORD_SHIFT = 2;

  /** Bytes that a wavefront holds. */
  static final int BYTES = BANKS << WORD_SHIFT;

  private final long[] words = new long[BANKS * Warp.LANES];
  private final int[] depth = new int[BANKS];

  private int wavefronts;
  private int ideal;

  /** Of the request counted last. */
  int wavefronts() {
    return wavefronts;
  }

  /** Of the request counted last, without conflicts. */
  int ideal() {
    return ideal;
  }

  /** Counts an access of one vector for each lane. */
  void access(long[] addresses, int mask, int bytes) {
    begin();
    if (mask == Warp.FULL && sideBySide(addresses, bytes)) {
      wavefronts = Math.max(1, Warp.LANES * bytes / BYTES);
      ideal = wavefronts;
    } else if (bytes <= 1 << WORD_SHIFT) {
      serve(addresses, mask, bytes);
    } else if (bytes == 8) {
      serveHalves(addresses, mask);
    } else {
      serveQuarters(addresses, mask, bytes);
    }
  }

  /** Counts rows of matrices, 16 bytes each, eight to a matrix. */
  void matrices(long[] addresses, int mask) {
    begin();
    for (int quarter = 0xff; quarter != 0; quarter <<= 8) {
      serve(addresses, mask & quarter, 16);
    }
  }

  /** Counts atomic operations. */
  void atomic(long[] addresses, int mask, int bytes) {
    begin();
    int deepest = 0;
    Arrays.fill(depth, 0);
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      long address = addresses[Integer.numberOfTrailingZeros(rest)];
      int last = (int) (address + bytes - 1 >> WORD_SHIFT);
      for (int word = (int) (address >> WORD_SHIFT); word <= last; word++) {
        deepest = Math.max(deepest, ++depth[word & BANKS - 1]);
      }
    }
    ideal = Math.max(1, (Integer.bitCount(mask) * bytes + BYTES - 1) / BYTES);
    wavefronts = Math.max(deepest, ideal);
  }

  private void begin() {
    wavefronts = 0;
    ideal = 0;
  }

  private static boolean sideBySide(long[] addresses, int bytes) {
    long first = addresses[0];
    long apart = first & BYTES - 1;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      apart |= addresses[lane] - first ^ (long) lane * bytes;
    }
    return apart == 0;
  }

  private void serveHalves(long[] addresses, int mask) {
    if (merges(addresses, mask, 1) || merges(addresses, mask, 2)) {
      serve(addresses, mask, 8);
      return;
    }
    serve(addresses, mask & 0xffff, 8);
    serve(addresses, mask & 0xffff_0000, 8);
  }

  private void serveQuarters(long[] addresses, int mask, int bytes) {
    for (int half = 0; half < 2; half++) {
      int lanes = mask & 0xffff << 16 * half;
      if (bytes == 16 && (merges(addresses, lanes, 1) || merges(addresses, lanes, 2))) {
        serve(addresses, lanes, bytes);
        continue;
      }
      int first = 16 * half;
      int step = Math.max(1, BYTES / bytes);
      int group = (1 << step) - 1;
      for (int lane = first; lane < first + 16; lane += step) {
        serve(addresses, lanes & group << lane, bytes);
      }
    }
  }

  /** Whether all lanes that take part have the address of those whose number differs by a bit. */
  private static boolean merges(long[] addresses, int mask, int bit) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int other = lane ^ bit;
      if ((mask >>> other & 1) != 0 && addresses[lane] != addresses[other]) {
        return false;
      }
    }
    return true;
  }

  /** Serves lanes together: as many wavefronts as the worst bank has words. */
  private void serve(long[] addresses, int lanes, int bytes) {
    if (lanes == 0) {
      return;
    }
    int occupied = 0;
    int deepest = 1;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      long address = addresses[Integer.numberOfTrailingZeros(rest)];
      long last = address + bytes - 1 >> WORD_SHIFT;
      for (long word = address >> WORD_SHIFT; word <= last; word++) {
        int bank = (int) word & BANKS - 1;
        if ((occupied >>> bank & 1) == 0) {
          occupied |= 1 << bank;
          words[bank] = word;
          depth[bank] = 1;
        } else if (words[bank] != word) {
          deepest = Math.max(deepest, another(bank, word));
        }
      }
    }
    wavefronts += deepest;
    ideal++;
  }

  /** A word beside the first of its bank; returns how many the bank has now. */
  private int another(int bank, long word) {
    int count = depth[bank];
    for (int i = 1; i < count; i++) {
      if (words[i * BANKS + bank] == word) {
        return count;
      }
    }
    words[count * BANKS + bank] = word;
    depth[bank] = count + 1;
    return count + 1;
  }
}
