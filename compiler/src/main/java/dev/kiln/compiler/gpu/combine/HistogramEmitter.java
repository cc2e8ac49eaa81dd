package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.layout.LinearLayout;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Counts in shared memory, by atomic additions of the threads that own the elements. */
public final class HistogramEmitter {
  private static final int BYTES = 4;
  private final Emission emission;
  private final PtxBuilder ptx;

  public HistogramEmitter(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
  }

  public void emit(ComputeOp.Histogram op) {
    int bins = op.result().shape().size();
    SharedSlot counts = emission.shared((long) bins * BYTES, 16, "counts of the histogram");
    clear(counts, bins);
    Fragment elements = emission.fragment(op.operand());
    Optional<Fragment> mask = op.mask().map(m -> emission.fragment(m, elements.layout()));
    Operand owner = emission.isOwner(elements.layout());
    for (int r = 0; r < elements.layout().registerCount(); r++) {
      if ((r & elements.layout().freeRegisters()) == 0) {
        int register = r;
        count(
            counts,
            bins,
            elements.registers().get(r),
            both(owner, mask.map(m -> m.registers().get(register)).orElse(null)));
      }
    }
    emission.define(op.result(), read(counts, emission.plan().layout(op.result())));
  }

  private void clear(SharedSlot counts, int bins) {
    int threads = 32 * emission.plan().warps();
    Operand address = element(emission.thread());
    for (int first = 0; first < bins; first += threads) {
      Guard guard =
          bins - first >= threads
              ? null
              : new Guard(
                  ptx.emit(
                      "setp.lt.u32",
                      RegisterClass.PRED,
                      emission.thread(),
                      Immediate.b32(bins - first)),
                  false);
      ptx.add(
          "st.shared.b32",
          List.of(),
          guard,
          List.of(),
          Effect.EFFECT,
          new SharedAccess(counts, true),
          new Address(address, (long) first * BYTES, counts),
          Immediate.b32(0));
    }
  }

  private void count(SharedSlot counts, int bins, Operand element, Operand takesPart) {
    Operand inside = ptx.emit("setp.lt.u32", RegisterClass.PRED, element, Immediate.b32(bins));
    ptx.add(
        "red.shared.add.u32",
        List.of(),
        new Guard(both(takesPart, inside), false),
        List.of(),
        Effect.EFFECT,
        new SharedAccess(counts, true),
        new Address(element(element), 0, counts),
        Immediate.b32(1));
  }

  private Operand both(Operand left, Operand right) {
    if (left == null || right == null) {
      return left == null ? right : left;
    }
    return ptx.emit("and.pred", RegisterClass.PRED, left, right);
  }

  private Fragment read(SharedSlot counts, LinearLayout layout) {
    var registers = new ArrayList<Operand>();
    for (int r = 0; r < layout.registerCount(); r++) {
      Register count = ptx.register(RegisterClass.B32);
      ptx.add(
          "ld.shared.b32",
          List.of(count),
          null,
          List.of(),
          Effect.READ,
          new SharedAccess(counts, false),
          new Address(element(emission.coordinate(layout, 0, r)), 0, counts));
      registers.add(count);
    }
    return new Fragment(layout, registers);
  }

  private Operand element(Operand index) {
    Operand offset = ptx.emit("mul.lo.s32", RegisterClass.B32, index, Immediate.b32(BYTES));
    return ptx.emit("add.s32", RegisterClass.B32, emission.sharedBase(), offset);
  }
}
