package dev.kiln.runtime.sim.isa.tensor;

/**
 * Which element of a matrix a lane's i-th element is, written down from the formulas of PTX ISA
 * 9.7.14.5, section by section.
 */
final class Fragments {
  private Fragments() {}

  /** Row and column of an element. */
  record Place(int row, int column) {}

  /**
   * Of A.
   *
   * @param shape e.g. "m16n8k16"
   * @param bits of an element
   */
  static Place ofA(String shape, int bits, int lane, int i) {
    int group = lane >> 2;
    int thread = lane % 4;
    return switch (shape + "/" + bits) {
      case "m8n8k4/64" -> new Place(group, thread);
      case "m8n8k16/8" -> new Place(group, thread * 4 + i);
      case "m8n8k32/4" -> new Place(group, thread * 8 + i);
      case "m8n8k128/1" -> new Place(group, thread * 32 + i);
      case "m16n8k4/32", "m16n8k4/64" -> new Place(i == 0 ? group : group + 8, thread);
      case "m16n8k8/16" -> new Place(i < 2 ? group : group + 8, thread * 2 + (i & 1));
      case "m16n8k8/32", "m16n8k8/64" ->
          new Place(i == 0 || i == 2 ? group : group + 8, i == 0 || i == 1 ? thread : thread + 4);
      case "m16n8k16/64" ->
          new Place(
              i % 2 == 0 ? group : group + 8, i % 2 == 0 ? i * 2 + thread : i * 2 - 2 + thread);
      case "m16n8k16/16" ->
          new Place(
              i < 2 || i >= 4 && i < 6 ? group : group + 8,
              i < 4 ? thread * 2 + (i & 1) : thread * 2 + (i & 1) + 8);
      case "m16n8k16/8" -> new Place(i < 4 ? group : group + 8, thread * 4 + (i & 3));
      case "m16n8k32/4" -> new Place(i < 8 ? group : group + 8, thread * 8 + (i & 7));
      case "m16n8k32/8" ->
          new Place(
              i < 4 || i >= 8 && i < 12 ? group : group + 8,
              i < 8 ? thread * 4 + (i & 3) : thread * 4 + (i & 3) + 16);
      case "m16n8k64/4" ->
          new Place(
              i < 8 || i >= 16 && i < 24 ? group : group + 8,
              i < 16 ? thread * 8 + (i & 7) : thread * 8 + (i & 7) + 32);
      case "m16n8k128/1" -> new Place(i < 32 ? group : group + 8, thread * 32 + (i & 31));
      case "m16n8k256/1" ->
          new Place(
              i < 32 || i >= 64 && i < 96 ? group : group + 8,
              i < 64 ? thread * 32 + (i & 31) : thread * 32 + (i & 31) + 128);
      default -> throw new IllegalArgumentException(shape + "/" + bits);
    };
  }

  /** Of B. */
  static Place ofB(String shape, int bits, int lane, int i) {
    int group = lane >> 2;
    int thread = lane % 4;
    int row =
        switch (shape + "/" + bits) {
          case "m8n8k4/64", "m16n8k4/32", "m16n8k4/64" -> thread;
          case "m8n8k16/8", "m16n8k16/8" -> thread * 4 + i;
          case "m8n8k32/4", "m16n8k32/4" -> thread * 8 + i;
          case "m8n8k128/1", "m16n8k128/1" -> thread * 32 + i;
          case "m16n8k8/16" -> thread * 2 + i;
          case "m16n8k8/32", "m16n8k8/64" -> i == 0 ? thread : thread + 4;
          case "m16n8k16/64" -> thread + i * 4;
          case "m16n8k16/16" -> i < 2 ? thread * 2 + (i & 1) : thread * 2 + (i & 1) + 8;
          case "m16n8k32/8" -> i < 4 ? thread * 4 + (i & 3) : thread * 4 + (i & 3) + 16;
          case "m16n8k64/4" -> i < 8 ? thread * 8 + (i & 7) : thread * 8 + (i & 7) + 32;
          case "m16n8k256/1" -> i < 32 ? thread * 32 + (i & 31) : thread * 32 + (i & 31) + 128;
          default -> throw new IllegalArgumentException(shape + "/" + bits);
        };
    return new Place(row, group);
  }

  /** Of C and D. */
  static Place ofC(String shape, int lane, int i) {
    int group = lane >> 2;
    int thread = lane % 4;
    return shape.startsWith("m8")
        ? new Place(group, thread * 2 + i)
        : new Place(i < 2 ? group : group + 8, thread * 2 + (i & 1));
  }
}
