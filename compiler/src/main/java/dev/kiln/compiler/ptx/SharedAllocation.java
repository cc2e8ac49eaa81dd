package dev.kiln.compiler.ptx;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Places slots in a block's shared memory. Two slots share bytes only if their lives are disjoint:
 * {@link BarrierInsertion} then keeps the threads apart.
 *
 * <p>A slot lives from its first use in the text to its last, addresses held in registers included
 * ({@link SlotUses}). It lives through the whole of a loop if it is used outside as well, or unless
 * each iteration begins with a write: whoever writes to a slot first in an iteration writes all
 * that the iteration reads. What {@code wgmma} reads lives to the wait for it.
 */
public final class SharedAllocation {
  private static final int NAMED_SLOTS = 3;

  /** Slots of at most so many bytes share with none, if there is room: it would take barriers. */
  private static final long SMALL = 256;

  private SharedAllocation() {}

  /**
   * Gives every slot that the function mentions its offset.
   *
   * @param limit bytes of shared memory that a block may have on the function's target
   * @return bytes of shared memory that the function needs
   * @throws CompilationException if that is more than the limit, with the largest slots
   */
  public static long place(PtxFunction function, long limit) {
    Map<SharedSlot, SlotLives.Life> lives = SlotLives.of(function.body());
    long bytes = place(lives, SMALL);
    if (bytes > limit) {
      bytes = place(lives, 0);
    }
    if (bytes > limit) {
      throw tooLarge(function, lives, bytes, limit);
    }
    return bytes;
  }

  /** The best of a few orders; each slot goes to the lowest place that is free during its life. */
  private static long place(Map<SharedSlot, SlotLives.Life> lives, long alone) {
    Comparator<SharedSlot> bySize = Comparator.comparingLong(slot -> -slot.bytes());
    Comparator<SharedSlot> byStart = Comparator.comparingInt(slot -> lives.get(slot).first());
    Comparator<SharedSlot> byAlignment = Comparator.comparingInt(slot -> -slot.alignment());
    Comparator<SharedSlot> byLength = Comparator.comparingInt(slot -> -lives.get(slot).length());
    Map<SharedSlot, Long> best = null;
    long fewest = Long.MAX_VALUE;
    for (var order :
        List.of(
            bySize.thenComparing(byAlignment),
            byStart.thenComparing(bySize),
            byLength.thenComparing(bySize))) {
      Map<SharedSlot, Long> offsets = firstFit(lives, order, alone);
      long bytes = end(offsets);
      if (bytes < fewest) {
        best = offsets;
        fewest = bytes;
      }
    }
    best.forEach(SharedSlot::place);
    return fewest;
  }

  private static long end(Map<SharedSlot, Long> offsets) {
    return offsets.entrySet().stream()
        .mapToLong(entry -> entry.getValue() + entry.getKey().bytes())
        .max()
        .orElse(0);
  }

  private static Map<SharedSlot, Long> firstFit(
      Map<SharedSlot, SlotLives.Life> lives, Comparator<SharedSlot> order, long alone) {
    var offsets = new HashMap<SharedSlot, Long>();
    var placed = new ArrayList<SharedSlot>(); // by offset
    for (SharedSlot slot : lives.keySet().stream().sorted(order).toList()) {
      long at = 0;
      for (SharedSlot other : placed) {
        long begin = offsets.get(other);
        boolean apart =
            Math.min(slot.bytes(), other.bytes()) <= alone
                || lives.get(slot).meets(lives.get(other));
        if (apart && begin < at + slot.bytes() && at < begin + other.bytes()) {
          at = alignUp(begin + other.bytes(), slot.alignment());
        }
      }
      offsets.put(slot, at);
      placed.add(slot);
      placed.sort(Comparator.comparingLong(offsets::get));
    }
    return offsets;
  }

  private static long alignUp(long offset, int alignment) {
    return (offset + alignment - 1) & -alignment;
  }

  private static CompilationException tooLarge(
      PtxFunction function, Map<SharedSlot, SlotLives.Life> lives, long bytes, long limit) {
    List<SharedSlot> largest =
        lives.keySet().stream()
            .sorted(Comparator.comparingLong(slot -> -slot.bytes()))
            .limit(NAMED_SLOTS)
            .toList();
    String named =
        largest.stream()
            .map(slot -> String.format("%,d bytes for %s", slot.bytes(), slot.purpose()))
            .collect(Collectors.joining(", "));
    int others = lives.size() - largest.size();
    return CompilationException.at(
        largest.stream()
            .map(SharedSlot::loc)
            .filter(Location::isKnown)
            .findFirst()
            .orElse(Location.UNKNOWN),
        String.format(
            "kernel %s needs %,d bytes of shared memory, but a block of %s may have %,d: %s%s",
            function.name(),
            bytes,
            function.target(),
            limit,
            named,
            others > 0 ? ", and " + others + " smaller" : ""),
        "a smaller tile or fewer stages (num_stages)");
  }
}
