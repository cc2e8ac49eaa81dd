package dev.kiln.runtime.sim.monitor.count;

import java.util.Arrays;

/** A set of sector numbers, kept as bits of pages. Not thread-safe. */
final class SectorSet {
  /** Sectors of a page: 128 KiB of memory, whose bits take 512 bytes. */
  private static final int PAGE_SHIFT = 12;

  private static final int PAGE_WORDS = 1 << PAGE_SHIFT - 6;

  /** Open addressing; a slot without a page is free. */
  private long[] keys = new long[64];

  private long[][] pages = new long[64][];
  private int used;
  private long lastKey;
  private long[] lastPage;

  /** Adds sectors {@code first} to {@code last}. */
  void add(long first, long last) {
    for (long sector = first; sector <= last; ) {
      long[] page = page(sector >>> PAGE_SHIFT);
      int word = (int) (sector >>> 6) & PAGE_WORDS - 1;
      long end = Math.min(last, sector | 63);
      page[word] |= -1L >>> 63 - (end - sector) << sector;
      sector = end + 1;
    }
  }

  /** Adds those of another set. */
  void addAll(SectorSet other) {
    for (int i = 0; i < other.pages.length; i++) {
      if (other.pages[i] != null) {
        long[] page = page(other.keys[i]);
        for (int word = 0; word < PAGE_WORDS; word++) {
          page[word] |= other.pages[i][word];
        }
      }
    }
  }

  /** How many there are. */
  long size() {
    return Arrays.stream(pages)
        .filter(page -> page != null)
        .flatMapToLong(Arrays::stream)
        .map(Long::bitCount)
        .sum();
  }

  private long[] page(long key) {
    if (lastPage == null || lastKey != key) {
      lastPage = find(key);
      lastKey = key;
    }
    return lastPage;
  }

  private long[] find(long key) {
    int slot = slot(key);
    if (pages[slot] == null) {
      if (2 * (used + 1) > pages.length) {
        grow();
        slot = slot(key);
      }
      used++;
      keys[slot] = key;
      pages[slot] = new long[PAGE_WORDS];
    }
    return pages[slot];
  }

  private int slot(long key) {
    int mask = pages.length - 1;
    int slot = Long.hashCode(key * 0x9e37_79b9_7f4a_7c15L) & mask;
    while (pages[slot] != null && keys[slot] != key) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldKeys = keys;
    long[][] oldPages = pages;
    keys = new long[2 * oldKeys.length];
    pages = new long[2 * oldPages.length][];
    for (int i = 0; i < oldPages.length; i++) {
      if (oldPages[i] != null) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        pages[slot] = oldPages[i];
      }
    }
  }
}
