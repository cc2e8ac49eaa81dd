package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.ArrayList;
import java.util.List;

/** Vectors of values in a slot of shared memory; values narrower than a word take a word. */
final class SharedVectors {
  /** The widest access of a thread. */
  static final int BYTES = 16;

  private final PtxBuilder ptx;
  private final Shuffles shuffles;
  private final RegisterClass held;
  private final SharedSlot slot;

  /**
   * @param held the class of the values
   * @param count of the values that the slot has room for
   */
  SharedVectors(Emission emission, RegisterClass held, int count, String purpose) {
    this.ptx = emission.ptx();
    this.shuffles = new Shuffles(ptx);
    this.held = held;
    this.slot = emission.shared((long) count * bytes(held), BYTES, purpose);
  }

  /** What a value takes in memory. */
  static int bytes(RegisterClass held) {
    return held == RegisterClass.B64 ? 8 : 4;
  }

  /**
   * Writes neighbours.
   *
   * @param base an address in shared memory, without the slot's
   * @param offset counted in values
   * @param writer predicate, or {@code null}
   */
  void store(Operand base, int offset, List<Operand> values, Operand writer) {
    List<Operand> words = values.stream().map(shuffles::widened).toList();
    ptx.add(
        "st.shared." + suffix(values.size()),
        List.of(),
        writer == null ? null : new Guard(writer, false),
        List.of(),
        Effect.EFFECT,
        new SharedAccess(slot, true),
        new Address(base, (long) offset * bytes(held), slot),
        vector(words));
  }

  /** Reads neighbours. */
  List<Operand> load(Operand base, int offset, int count) {
    var words = new ArrayList<Operand>();
    for (int i = 0; i < count; i++) {
      words.add(ptx.register(held == RegisterClass.B64 ? held : RegisterClass.B32));
    }
    ptx.add(
        "ld.shared." + suffix(count),
        List.of(vector(words)),
        null,
        List.of(),
        Effect.READ,
        new SharedAccess(slot, false),
        new Address(base, (long) offset * bytes(held), slot));
    return words.stream().map(word -> shuffles.narrowed(held, word)).toList();
  }

  private String suffix(int count) {
    return (count == 1 ? "" : "v" + count + ".") + "b" + 8 * bytes(held);
  }

  private static Operand vector(List<Operand> words) {
    return words.size() == 1 ? words.getFirst() : new Vector(words);
  }
}
