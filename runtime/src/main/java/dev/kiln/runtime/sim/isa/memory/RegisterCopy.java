package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.cpu.VectorSupport;
import java.lang.foreign.MemorySegment;

/** Copies a register of 32 bits from and to 128 bytes of memory that lie side by side. */
abstract sealed class RegisterCopy permits PlainRegisterCopy, VectorRegisterCopy {
  /** In vectors, if the JVM was started with the Vector API. */
  static RegisterCopy ofMachine() {
    return VectorSupport.isAvailable() ? new VectorRegisterCopy() : new PlainRegisterCopy();
  }

  abstract void load(MemorySegment from, long offset, int[] words, int index);

  abstract void store(int[] words, int index, MemorySegment to, long offset);
}
