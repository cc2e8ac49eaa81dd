package dev.kiln.compiler.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The algebra, against enumeration of all numbers. */
class LinearMapTest {
  private final Random random = new Random(1);

  @Test
  void compositionIsAssociativeAndMeansOneAfterTheOther() {
    for (int i = 0; i < 300; i++) {
      LinearMap a = RandomLayouts.map(random, 6, 5);
      LinearMap b = RandomLayouts.map(random, 5, 7);
      LinearMap c = RandomLayouts.map(random, 7, 4);
      assertThat(a.then(b).then(c)).isEqualTo(a.then(b.then(c)));
      for (int x = 0; x < 64; x++) {
        assertThat(a.then(b).apply(x)).isEqualTo(b.apply(a.apply(x)));
      }
    }
  }

  @Test
  void theInverseLeadsBackWithFreeBitsZero() {
    for (int i = 0; i < 1000; i++) {
      int in = random.nextInt(8);
      int out = 1 + random.nextInt(7);
      LinearMap map = RandomLayouts.map(random, in, out);
      LinearMap inverse = map.inverse(out);
      var image = new HashSet<Integer>();
      for (int x = 0; x < 1 << in; x++) {
        int y = map.apply(x);
        image.add(y);
        assertThat(map.apply(inverse.apply(y))).isEqualTo(y);
        assertThat(inverse.apply(y) & map.freeColumns()).isZero();
        assertThat(map.reaches(y)).isTrue();
        if (map.isInjective()) {
          assertThat(inverse.apply(y)).isEqualTo(x);
        }
      }
      assertThat(image).hasSize(1 << map.rank());
      assertThat(map.isInjective()).isEqualTo(image.size() == 1 << in);
      for (int y = 0; y < 1 << out; y++) {
        assertThat(map.reaches(y)).isEqualTo(image.contains(y));
      }
    }
  }

  @Test
  void theKernelSpansWhatMapsToZero() {
    for (int i = 0; i < 300; i++) {
      LinearMap map = RandomLayouts.map(random, 6, 5);
      var spanned = new HashSet<Integer>();
      var kernel = new LinearMap(map.kernel());
      for (int x = 0; x < 1 << kernel.inputBits(); x++) {
        spanned.add(kernel.apply(x));
      }
      assertThat(spanned).hasSize(1 << 6 - map.rank());
      assertThat(spanned).allMatch(x -> map.apply(x) == 0);
    }
  }
}
