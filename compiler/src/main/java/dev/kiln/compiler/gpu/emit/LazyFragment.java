package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * A tile in a layout, computed register by register as they are asked for: of the addresses of a
 * row, say, only the first is needed.
 */
public final class LazyFragment {
  private final LinearLayout layout;
  private final LazyFragment outer;
  private final IntFunction<Operand> compute;
  private final Operand[] registers;
  private final int repeats;

  /**
   * @param outer the same tile in a scope around, whose registers serve as well; or {@code null}
   * @param compute emits the instructions for a register
   */
  LazyFragment(LinearLayout layout, LazyFragment outer, IntFunction<Operand> compute) {
    this.layout = layout;
    this.outer = outer;
    this.compute = compute;
    this.registers = new Operand[layout.registerCount()];
    this.repeats = repeats(layout);
  }

  /** A fragment that is there. */
  static LazyFragment of(Fragment fragment) {
    return new LazyFragment(fragment.layout(), null, fragment.registers()::get);
  }

  /** Bits of register numbers that tell apart registers of the same element. */
  private static int repeats(LinearLayout layout) {
    int bits = 0;
    for (int bit = 0; bit < layout.registers().length; bit++) {
      bits |= layout.registers()[bit] == 0 ? 1 << bit : 0;
    }
    return bits;
  }

  public LinearLayout layout() {
    return layout;
  }

  /** What the register holds; computed now if it has not been. */
  public Operand register(int register) {
    int first = register & ~repeats;
    Operand present = present(first);
    if (present == null) {
      present = compute.apply(first);
      registers[first] = present;
    }
    return present;
  }

  private Operand present(int register) {
    if (registers[register] != null || outer == null) {
      return registers[register];
    }
    return outer.present(register);
  }

  /** All registers. */
  public Fragment fragment() {
    Operand[] all = new Operand[registers.length];
    Arrays.setAll(all, this::register);
    return new Fragment(layout, Arrays.asList(all));
  }
}
