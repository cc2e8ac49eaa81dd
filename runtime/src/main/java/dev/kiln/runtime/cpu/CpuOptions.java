package dev.kiln.runtime.cpu;

import dev.kiln.compiler.jvm.EmissionOptions;
import dev.kiln.runtime.KilnException;

/**
 * How a CPU device runs kernels. None of these changes a result's bits, except {@code
 * relaxedAtomics}.
 *
 * @param threads threads that share a launch, the caller's included
 * @param simdBits 512, 256 or 128; 0 for scalar loops, which need no Vector API
 * @param relaxedAtomics whether programs may run on several threads though the order of their
 *     atomic operations matters
 * @param memoryBytes size of the device's memory; 0 for three quarters of the machine's
 */
public record CpuOptions(int threads, int simdBits, boolean relaxedAtomics, long memoryBytes) {
  /** The widest vectors of the machine; which these are is found out when it is needed. */
  private static final int WIDEST = -1;

  /** What starters are for: any machine. */
  static final String STARTER_LABEL = "cpu";

  public CpuOptions {
    if (threads < 1) {
      throw new KilnException("a CPU device needs at least one thread, not " + threads);
    }
    if (simdBits != WIDEST
        && simdBits != 0
        && simdBits != 128
        && simdBits != 256
        && simdBits != 512) {
      throw new KilnException("a SIMD width is 512, 256, 128 or 0 (scalar), not " + simdBits);
    }
  }

  /** All processors, the widest vectors of the machine. */
  public static CpuOptions ofMachine() {
    return unasked().resolved();
  }

  /** {@link #ofMachine}, without loading the Vector API to ask it how wide vectors are. */
  static CpuOptions unasked() {
    return new CpuOptions(
        Runtime.getRuntime().availableProcessors(),
        VectorSupport.isAvailable() ? WIDEST : 0,
        false,
        0);
  }

  /** With the width of vectors, whatever it takes to find it out. */
  CpuOptions resolved() {
    return simdBits == WIDEST ? withSimdBits(VectorSupport.preferredBits()) : this;
  }

  boolean isVector() {
    return simdBits != 0;
  }

  EmissionOptions emission() {
    return new EmissionOptions(resolved().simdBits);
  }

  /** The device and what its classes depend on, for people and for the cache. */
  String label() {
    return "cpu ".concat(Integer.toString(resolved().simdBits));
  }

  public CpuOptions withThreads(int count) {
    return new CpuOptions(count, simdBits, relaxedAtomics, memoryBytes);
  }

  public CpuOptions withSimdBits(int bits) {
    return new CpuOptions(threads, bits, relaxedAtomics, memoryBytes);
  }

  public CpuOptions withRelaxedAtomics(boolean relaxed) {
    return new CpuOptions(threads, simdBits, relaxed, memoryBytes);
  }

  public CpuOptions withMemoryBytes(long bytes) {
    return new CpuOptions(threads, simdBits, relaxedAtomics, bytes);
  }
}
