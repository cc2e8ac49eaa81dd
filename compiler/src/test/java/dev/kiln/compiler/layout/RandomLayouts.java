package dev.kiln.compiler.layout;

import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Random maps and layouts for property tests. */
public final class RandomLayouts {
  private RandomLayouts() {}

  public static Shape shape(Random random, int maxBits) {
    int rank = 1 + random.nextInt(3);
    int[] dims = new int[rank];
    int left = maxBits;
    for (int axis = 0; axis < rank; axis++) {
      int bits = random.nextInt(Math.min(5, left) + 1);
      dims[axis] = 1 << bits;
      left -= bits;
    }
    return Shape.of(dims);
  }

  public static LinearMap map(Random random, int inputBits, int outputBits) {
    int[] columns = new int[inputBits];
    for (int i = 0; i < inputBits; i++) {
      columns[i] = random.nextInt(1 << outputBits);
    }
    return new LinearMap(columns);
  }

  /** A surjective layout: index bits are dealt out, some mixed, some holders repeat others. */
  public static LinearLayout layout(Random random, Shape shape, int warpBits) {
    var vectors = new ArrayList<Integer>();
    for (int bit = 0; 1 << bit < shape.size(); bit++) {
      vectors.add(1 << bit);
    }
    boolean mixes = random.nextBoolean();
    for (int i = 1; mixes && i < vectors.size(); i++) {
      vectors.set(i, vectors.get(i) ^ random.nextInt(1 << i));
    }
    int repeats = random.nextInt(4) == 0 ? random.nextInt(3) : 0;
    for (int i = 0; i < repeats; i++) {
      vectors.add(0);
    }
    while (vectors.size() < 5 + warpBits) {
      vectors.add(0);
    }
    if (random.nextInt(3) > 0) {
      Collections.shuffle(vectors, random);
    }
    int registers = vectors.size() - 5 - warpBits;
    return LinearLayout.of(
        shape,
        ints(vectors.subList(0, registers)),
        ints(vectors.subList(registers, registers + 5)),
        ints(vectors.subList(registers + 5, vectors.size())));
  }

  private static int[] ints(List<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }
}
