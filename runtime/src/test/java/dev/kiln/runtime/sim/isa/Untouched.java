package dev.kiln.runtime.sim.isa;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.DecodeContext.Slot;
import java.util.ArrayList;
import java.util.List;

/** Compares register files before and after an instruction: only its outputs may have changed. */
record Untouched(
    String mnemonic,
    StepContext context,
    List<String> outputs,
    Warp before,
    Warp after,
    int active) {

  /** A lane's bits, zero-extended. */
  static long value(Warp warp, int bits, int index, int lane) {
    return switch (bits) {
      case 1 -> warp.predicates[index] >>> lane & 1;
      case 32 -> warp.words[index + lane] & 0xffff_ffffL;
      default -> warp.wides[index + lane];
    };
  }

  void check() {
    List<Slot> written = new ArrayList<>();
    for (String output : outputs) {
      Slot slot = context.register(output);
      written.add(slot);
      if (slot.bits() == 128) {
        written.add(new Slot(128, slot.type(), slot.index() + Warp.LANES));
      }
    }
    for (int i = 0; i < after.words.length; i++) {
      if (!context.isScratchWord(i / Warp.LANES)) {
        same(written, 32, i - i % Warp.LANES, i % Warp.LANES);
      }
    }
    for (int i = 0; i < after.wides.length; i++) {
      if (!context.isScratchWide(i / Warp.LANES)) {
        same(written, 64, i - i % Warp.LANES, i % Warp.LANES);
      }
    }
    for (int i = 0; i < after.predicates.length * Warp.LANES; i++) {
      if (!context.isScratchPredicate(i / Warp.LANES)) {
        same(written, 1, i / Warp.LANES, i % Warp.LANES);
      }
    }
    boolean setsCarry = context.instruction().modifiers().contains("cc");
    assertThat((after.carry ^ before.carry) & (setsCarry ? ~active : -1))
        .as("carry changed by " + mnemonic)
        .isZero();
  }

  private void same(List<Slot> written, int bits, int index, int lane) {
    long old = value(before, bits, index, lane);
    long now = value(after, bits, index, lane);
    boolean isActive = (active >>> lane & 1) != 0;
    for (Slot slot : written) {
      if (Math.min(slot.bits(), 64) == bits && slot.index() == index && isActive) {
        if (slot.type().bits() < 32) {
          assertThat(now >>> slot.type().bits()).as(mnemonic + ": high bits").isZero();
        }
        return;
      }
    }
    if (old != now) {
      String kind = bits == 1 ? "predicate " : bits == 32 ? "word " : "wide ";
      throw new AssertionError(
          mnemonic
              + " changed lane "
              + lane
              + " of "
              + kind
              + index
              + (isActive ? "" : ", inactive"));
    }
  }
}
