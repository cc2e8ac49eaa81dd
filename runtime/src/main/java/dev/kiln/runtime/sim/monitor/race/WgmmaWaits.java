package dev.kiln.runtime.sim.monitor.race;

import java.util.Arrays;

/**
 * Which {@code wgmma} operations a warp has waited for. The four warps of a warpgroup execute the
 * same operations in the same order, and each is complete for all of them at once: who knows that
 * one warp has waited for its third knows that the third of the others is over.
 */
final class WgmmaWaits {
  private int issued;
  private int[] numbers = new int[8];
  private int[] events = new int[8];
  private int count;

  /** The number of another operation, from 0 on. */
  int issue() {
    return issued++;
  }

  /** The warp has waited for an operation, and those before. */
  void await(int number, int event) {
    if (count > 0 && events[count - 1] == event) {
      numbers[count - 1] = Math.max(numbers[count - 1], number);
      return;
    }
    if (count == numbers.length) {
      numbers = Arrays.copyOf(numbers, 2 * count);
      events = Arrays.copyOf(events, 2 * count);
    }
    numbers[count] = number;
    events[count++] = event;
  }

  /** The warp's event after which an operation is over; {@link Operation#NEVER} before that. */
  int over(int number) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = low + high >>> 1;
      if (numbers[middle] < number) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == count ? Operation.NEVER : events[low];
  }
}
