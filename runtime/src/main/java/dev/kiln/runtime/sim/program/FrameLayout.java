package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.program.Definition.Datum;
import dev.kiln.runtime.sim.program.Program.PlacedVariable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Where variables lie in the frames of functions that are not recursive; with gaps behind local
 * variables, if they are guarded. Frames of functions that never run at the same time share their
 * place: what one of them may touch is allowed to all.
 */
final class FrameLayout {
  /** Wide enough for an index that is off by a few elements; each of 32 threads pays for it. */
  private static final long GAP = 256;

  private final boolean guarded;
  private final List<PlacedVariable> variables = new ArrayList<>();

  FrameLayout(boolean guarded) {
    this.guarded = guarded;
  }

  /** Bytes of a frame. */
  long bytes(FunctionText text) {
    return text.frameBytes() + gaps(text.locals.size());
  }

  private long gaps(int count) {
    return guarded ? GAP * count : 0;
  }

  /** The address of a variable in a frame. */
  long address(FunctionText text, long frame, Datum datum) {
    int before = text.locals.indexOf(datum);
    return frame + datum.offset() + gaps(before < 0 ? text.locals.size() : before);
  }

  /** Notes what a function may touch: its variables, and what follows them in its frame. */
  void add(FunctionText text, long frame) {
    if (!guarded) {
      return;
    }
    for (Datum datum : text.locals) {
      long size = datum.variable().size();
      variables.add(new PlacedVariable(datum.variable().name(), address(text, frame, datum), size));
    }
    long rest = text.localBytes() + gaps(text.locals.size());
    if (rest < bytes(text)) {
      String name = "for parameters in " + text.function.name();
      variables.add(new PlacedVariable(name, frame + rest, bytes(text) - rest));
    }
  }

  /** What may be touched, in ascending order and without overlaps; empty if not guarded. */
  List<PlacedVariable> variables() {
    List<PlacedVariable> merged = new ArrayList<>();
    variables.sort(Comparator.comparing(PlacedVariable::offset));
    for (PlacedVariable next : variables) {
      PlacedVariable last = merged.isEmpty() ? null : merged.getLast();
      long end = last == null ? 0 : last.offset() + last.size();
      if (last != null && next.offset() < end) {
        long size = Math.max(end, next.offset() + next.size()) - last.offset();
        merged.set(merged.size() - 1, new PlacedVariable(last.name(), last.offset(), size));
      } else {
        merged.add(next);
      }
    }
    return List.copyOf(merged);
  }
}
