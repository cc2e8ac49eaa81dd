package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;

/**
 * Registers of the thread whose number differs in given bits: by shuffles within the warp, through
 * shared memory beyond. There each thread has a place of its own beside its neighbours', so no
 * access has a bank conflict.
 */
final class ThreadExchange {
  private static final int LANES = 32;
  private final Emission emission;
  private final PtxBuilder ptx;

  ThreadExchange(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
  }

  /** What the other thread holds in the same registers. */
  List<Operand> exchange(List<Operand> registers, int laneMask, int warpMask) {
    if ((laneMask | warpMask) == 0) {
      return registers;
    }
    if (warpMask == 0) {
      var shuffles = new Shuffles(ptx);
      return registers.stream().map(register -> shuffles.flip(register, laneMask)).toList();
    }
    return throughMemory(registers, laneMask | warpMask * LANES);
  }

  private List<Operand> throughMemory(List<Operand> registers, int threadMask) {
    RegisterClass held = registers.getFirst().type();
    int bytes = SharedVectors.bytes(held);
    int threads = LANES * emission.plan().warps();
    int vector = Math.min(SharedVectors.BYTES / bytes, Integer.lowestOneBit(registers.size()));
    var memory =
        new SharedVectors(emission, held, threads * registers.size(), "values of other threads");
    Operand own = place(emission.thread(), vector * bytes);
    for (int r = 0; r < registers.size(); r += vector) {
      memory.store(own, r * threads, registers.subList(r, r + vector), null);
    }
    Operand other =
        place(
            ptx.emit("xor.b32", RegisterClass.B32, emission.thread(), Immediate.b32(threadMask)),
            vector * bytes);
    var read = new ArrayList<Operand>();
    for (int r = 0; r < registers.size(); r += vector) {
      read.addAll(memory.load(other, r * threads, vector));
    }
    return read;
  }

  private Operand place(Operand thread, int bytes) {
    Operand offset = ptx.emit("mul.lo.s32", RegisterClass.B32, thread, Immediate.b32(bytes));
    return ptx.emit("add.s32", RegisterClass.B32, emission.sharedBase(), offset);
  }
}
