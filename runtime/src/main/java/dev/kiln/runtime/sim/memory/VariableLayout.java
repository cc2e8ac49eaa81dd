package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.sim.program.Program.PlacedVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The variables within a block's shared memory, or a thread's local memory, for the sanitizer
 * {@code memory}: what lies between them is nobody's.
 */
public final class VariableLayout {
  private final String[] names;
  private final long[] starts;
  private final long[] ends;

  private VariableLayout(List<PlacedVariable> sorted) {
    int count = sorted.size();
    names = new String[count];
    starts = new long[count];
    ends = new long[count];
    for (int i = 0; i < count; i++) {
      PlacedVariable variable = sorted.get(i);
      names[i] = "variable " + variable.name();
      starts[i] = variable.offset();
      ends[i] = variable.offset() + variable.size();
    }
  }

  /**
   * The layout of a program whose variables were placed with gaps by {@link GuardedLayout}; {@code
   * null} if they were not.
   *
   * @param dynamicStart where dynamic shared memory begins
   * @param bytes of the block's shared memory
   */
  public static VariableLayout of(List<PlacedVariable> variables, long dynamicStart, long bytes) {
    List<PlacedVariable> all =
        new ArrayList<>(
            variables.stream().sorted(Comparator.comparing(PlacedVariable::offset)).toList());
    if (all.isEmpty()) {
      return null;
    }
    PlacedVariable last = all.getLast();
    boolean dynamic = bytes > dynamicStart;
    if ((dynamic ? dynamicStart : bytes) - last.offset() - last.size() < GuardedLayout.GAP) {
      return null;
    }
    if (dynamic) {
      all.add(new PlacedVariable("of dynamic shared memory", dynamicStart, bytes - dynamicStart));
    }
    return new VariableLayout(all);
  }

  /** The layout of a program's local variables; {@code null} if it names none. */
  static VariableLayout ofLocals(List<PlacedVariable> sorted) {
    return sorted.isEmpty() ? null : new VariableLayout(sorted);
  }

  /** Whether a range lies within one variable. */
  boolean holds(long offset, long length) {
    int i = before(offset);
    return i >= 0 && offset + length <= ends[i];
  }

  /**
   * Where an offset lies: "4 bytes after variable tile of 1,024 bytes in shared memory".
   *
   * @param memory "shared memory"
   */
  String near(long offset, long length, String memory) {
    int i = Math.max(0, before(offset));
    if (i + 1 < starts.length && starts[i + 1] - offset < offset - ends[i]) {
      i++;
    }
    return AddressFaults.relation(offset, length, names[i], starts[i], ends[i] - starts[i])
        + " in "
        + memory;
  }

  private int before(long offset) {
    int i = Arrays.binarySearch(starts, offset);
    return i >= 0 ? i : -i - 2;
  }
}
