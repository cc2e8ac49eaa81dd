package dev.kiln.runtime.sim.monitor.race;

import java.util.Arrays;

/** Who has accessed the words of a memory: pages by address. */
final class Shadow {
  private static final long NONE = -1;

  private long[] numbers = new long[16];
  private Page[] pages = new Page[16];
  private int count;
  private long lastNumber = NONE;
  private Page last;

  Shadow() {
    Arrays.fill(numbers, NONE);
  }

  /** The page that holds an address. */
  Page page(long address) {
    long number = address >>> Page.BITS;
    if (number == lastNumber) {
      return last;
    }
    int at = slot(number);
    if (numbers[at] == NONE) {
      if (2 * count > numbers.length) {
        grow();
        at = slot(number);
      }
      numbers[at] = number;
      pages[at] = new Page();
      count++;
    }
    lastNumber = number;
    last = pages[at];
    return last;
  }

  private int slot(long number) {
    int mask = numbers.length - 1;
    int at = (int) (number * 0x9E37_79B9_7F4A_7C15L >>> 40) & mask;
    while (numbers[at] != NONE && numbers[at] != number) {
      at = at + 1 & mask;
    }
    return at;
  }

  private void grow() {
    long[] oldNumbers = numbers;
    Page[] oldPages = pages;
    numbers = new long[2 * oldNumbers.length];
    pages = new Page[numbers.length];
    Arrays.fill(numbers, NONE);
    for (int i = 0; i < oldNumbers.length; i++) {
      if (oldNumbers[i] != NONE) {
        int at = slot(oldNumbers[i]);
        numbers[at] = oldNumbers[i];
        pages[at] = oldPages[i];
      }
    }
  }
}
