package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.List;

/** Makes one thread's number the number of all: scalars are the same in the whole block. */
public final class Uniform {
  private final Emission emission;
  private final PtxBuilder ptx;

  public Uniform(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
  }

  /** Whether this is the block's first thread. */
  public Operand isFirst() {
    return ptx.emit("setp.eq.s32", RegisterClass.PRED, emission.thread(), Immediate.b32(0));
  }

  /**
   * What the first thread holds, in all threads; by shared memory.
   *
   * @param value of any class but predicates
   */
  public Operand broadcast(Operand value) {
    int bytes = value.type().bits() / Byte.SIZE;
    SharedSlot slot = emission.shared(bytes, bytes, "a number for all threads");
    var address = new Address(emission.sharedBase(), 0, slot);
    String type = ".shared." + value.type().type();
    ptx.add(
        "st" + type,
        List.of(),
        new Guard(isFirst(), false),
        List.of(),
        Effect.EFFECT,
        new SharedAccess(slot, true),
        address,
        value);
    Register all = ptx.register(value.type());
    ptx.add(
        "ld" + type,
        List.of(all),
        null,
        List.of(),
        Effect.READ,
        new SharedAccess(slot, false),
        address);
    return all;
  }
}
