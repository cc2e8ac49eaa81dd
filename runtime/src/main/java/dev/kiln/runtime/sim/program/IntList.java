package dev.kiln.runtime.sim.program;

import java.util.Arrays;

/** A growing list of ints. */
final class IntList {
  private int[] elements = new int[4];
  private int size;

  void add(int element) {
    if (size == elements.length) {
      elements = Arrays.copyOf(elements, size * 2);
    }
    elements[size++] = element;
  }

  int get(int index) {
    return elements[index];
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  int[] toArray() {
    return Arrays.copyOf(elements, size);
  }
}
