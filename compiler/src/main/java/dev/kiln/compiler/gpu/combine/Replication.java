package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import java.util.ArrayList;

/** What only the owners of elements know, for all threads that hold them. */
public final class Replication {
  private Replication() {}

  /**
   * The owners' registers in all threads: by shuffles where the owner is in the same warp, else
   * through shared memory.
   */
  public static Fragment fromOwners(Emission emission, Fragment fragment, DType dtype) {
    LinearLayout layout = fragment.layout();
    if ((layout.freeLanes() | layout.freeWarps()) == 0) {
      return fragment;
    }
    return layout.freeWarps() == 0 && repeatsOnly(layout)
        ? fromLanes(emission, fragment)
        : throughMemory(emission, fragment, dtype);
  }

  /** Whether clearing the free bits of a lane gives the lane that owns the same elements. */
  private static boolean repeatsOnly(LinearLayout layout) {
    for (int bit = 0; bit < layout.lanes().length; bit++) {
      if ((layout.freeLanes() >> bit & 1) == 1 && layout.lanes()[bit] != 0) {
        return false;
      }
    }
    return true;
  }

  private static Fragment fromLanes(Emission emission, Fragment fragment) {
    LinearLayout layout = fragment.layout();
    var shuffles = new Shuffles(emission.ptx());
    Operand owner = BitFields.and(emission.ptx(), emission.lane(), ~layout.freeLanes());
    return new Fragment(
        layout, fragment.registers().stream().map(value -> shuffles.from(value, owner)).toList());
  }

  private static Fragment throughMemory(Emission emission, Fragment fragment, DType dtype) {
    LinearLayout layout = fragment.layout();
    var memory =
        new SharedElements(emission, dtype, layout.shape().size(), "results of the owners");
    memory.store(fragment);
    var read = new ArrayList<Operand>();
    for (int r = 0; r < layout.registerCount(); r++) {
      read.add(memory.load(emission.coordinate(layout, -1, r)));
    }
    return new Fragment(layout, read);
  }
}
