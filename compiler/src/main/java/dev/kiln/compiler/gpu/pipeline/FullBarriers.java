package dev.kiln.compiler.gpu.pipeline;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.List;

/**
 * One mbarrier for each of some buffers in shared memory, which tells that tensor copies have
 * filled it (PTX ISA, "mbarrier"). Thread 0 announces the bytes and starts the copies; everybody
 * waits.
 */
final class FullBarriers {
  /** Size of an mbarrier. */
  static final int BYTES = 8;

  private final Emission emission;
  private final PtxBuilder ptx;
  private final int count;
  private final SharedSlot slot;

  FullBarriers(Emission emission, int count) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.count = count;
    this.slot = emission.shared((long) count * BYTES, BYTES, "barriers of tensor copies");
  }

  /**
   * Makes the barriers ready, and what all threads have done in memory before visible to copies
   * that follow.
   */
  void begin() {
    for (int i = 0; i < count; i++) {
      add("mbarrier.init.shared::cta.b64", first(), at(Immediate.b32(i * BYTES)), Immediate.b32(1));
    }
    ptx.effect("fence.proxy.async");
    emission.order().barrier();
  }

  /** Gives the memory of the barriers back; nobody waits any more after a barrier. */
  void end() {
    emission.order().barrier();
    for (int i = 0; i < count; i++) {
      add("mbarrier.inval.shared::cta.b64", first(), at(Immediate.b32(i * BYTES)));
    }
  }

  /** Thread 0 alone. */
  Guard first() {
    return new Guard(isFirst(), false);
  }

  /** Thread 0 alone, where a predicate is true. */
  Guard first(Operand condition) {
    return new Guard(ptx.emit("and.pred", RegisterClass.PRED, isFirst(), condition), false);
  }

  private Operand isFirst() {
    return ptx.emit("setp.eq.s32", RegisterClass.PRED, emission.thread(), Immediate.b32(0));
  }

  /** The barrier at so many bytes. */
  Address at(Operand offset) {
    Operand base = ptx.emit("add.s32", RegisterClass.B32, emission.sharedBase(), offset);
    return new Address(base, 0, slot);
  }

  /** Announces copies of so many bytes. */
  void expect(Guard guard, Address barrier, long bytes) {
    add(
        "mbarrier.arrive.expect_tx.shared::cta.b64",
        guard,
        new Name(RegisterClass.B64, "_"),
        barrier,
        Immediate.b32((int) bytes));
  }

  /** Waits until the phase of a parity is complete. */
  void await(Address barrier, Operand parity) {
    ptx.loop(
        List.of(),
        List.of(),
        none -> {
          Register done = ptx.register(RegisterClass.PRED);
          ptx.add(
              "mbarrier.try_wait.parity.shared::cta.b64",
              List.of(done),
              null,
              List.of(),
              Effect.EFFECT,
              null,
              barrier,
              parity);
          // Branches are uniform in a warp.
          Operand all = ptx.emit("vote.sync.all.pred", RegisterClass.PRED, done, Immediate.b32(-1));
          return new PtxBuilder.LoopHead(ptx.emit("not.pred", RegisterClass.PRED, all), List.of());
        },
        none -> List.of());
  }

  private void add(String opcode, Guard guard, Operand... operands) {
    ptx.add(opcode, List.of(), guard, List.of(), Effect.EFFECT, null, operands);
  }
}
