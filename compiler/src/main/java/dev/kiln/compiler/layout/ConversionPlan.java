package dev.kiln.compiler.layout;

import java.util.List;

/** How a tile comes from one layout to another. */
public sealed interface ConversionPlan {
  /**
   * All elements are in the right threads.
   *
   * @param source for each register of the result the register that it was
   */
  record Registers(List<Integer> source) implements ConversionPlan {
    public Registers {
      source = List.copyOf(source);
    }

    public boolean isIdentity() {
      for (int i = 0; i < source.size(); i++) {
        if (source.get(i) != i) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * All elements are in the right warps. A lane gives one register in each round, chosen by its
   * number; each lane takes what it needs from some lane, and at the end puts what it took in order
   * by its number. Threads are seen as lane bits, then warp bits.
   *
   * <p>In round {@code i} a thread gives register {@code given[i] ^ giveSelect(thread)} and takes
   * from lane {@code lanes[i] ^ takeFrom(thread)}. Register {@code r} of the result is then what
   * came in round {@code r ^ order(thread)}, for the first {@code lanes.size()} registers.
   *
   * @param result for each register of the result the register, less than the number of rounds,
   *     that it equals: results may repeat
   */
  record Shuffles(
      List<Integer> given,
      LinearMap giveSelect,
      List<Integer> lanes,
      LinearMap takeFrom,
      LinearMap order,
      List<Integer> result)
      implements ConversionPlan {
    public Shuffles {
      given = List.copyOf(given);
      lanes = List.copyOf(lanes);
      result = List.copyOf(result);
    }

    /** Whether a round stays inside of each thread. */
    public boolean staysInThread(int round) {
      return lanes.get(round) == 0 && isOwnLane();
    }

    private boolean isOwnLane() {
      for (int bit = 0; bit < takeFrom.inputBits(); bit++) {
        if (takeFrom.columns()[bit] != (bit < 5 ? 1 << bit : 0)) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * Through shared memory, a chunk of the tile after the other: registers of chunk {@code i} are
   * those of the accesses exclusive-or {@code storeChunks[i]} and {@code loadChunks[i]}; offsets
   * are the same.
   *
   * @param elements of shared memory
   * @param store by the owners of elements; registers of the source
   * @param load registers of the result without repeated ones
   * @param result for each register of the result the one among {@code load}'s that it equals
   */
  record Shared(
      int elements,
      TileAccess store,
      TileAccess load,
      List<Integer> storeChunks,
      List<Integer> loadChunks,
      List<Integer> result)
      implements ConversionPlan {
    public Shared {
      storeChunks = List.copyOf(storeChunks);
      loadChunks = List.copyOf(loadChunks);
      result = List.copyOf(result);
    }
  }
}
