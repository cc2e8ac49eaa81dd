package dev.kiln.ops.profile.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SourceExcerptTest {
  private static final List<String> FILE =
      List.of(
          "import triton", // 1
          "",
          "@triton.jit", // 3
          "def one(x):",
          "    a = x",
          "",
          "    return a", // 7
          "",
          "",
          "def two(", // 10
          "    a,",
          "    b,",
          "    c,",
          "    d,",
          "    e,",
          "    f,",
          "):", // 17
          "    return a");

  @Test
  void functionsAroundCountedLinesAreShownWhole() {
    assertThat(SourceExcerpt.of(FILE, List.of(5))).containsExactly(3, 4, 5, 6, 7);
  }

  @Test
  void longListsOfParametersAreLeftOut() {
    assertThat(SourceExcerpt.of(FILE, List.of(18))).containsExactly(10, 17, 18);
    assertThat(SourceExcerpt.of(FILE, List.of(12, 18))).containsExactly(10, 12, 17, 18);
  }

  @Test
  void linesOutsideOfFunctionsStandAlone() {
    assertThat(SourceExcerpt.of(FILE, List.of(1))).containsExactly(1);
    assertThat(SourceExcerpt.of(List.of(), List.of(4))).containsExactly(4);
  }
}
