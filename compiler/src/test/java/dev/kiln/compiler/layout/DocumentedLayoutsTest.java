package dev.kiln.compiler.layout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pictures in pages are those of {@link LayoutPicture}. The first line of a {@code layout} block
 * says what is drawn; {@code ...} stands for rows that are left out:
 *
 * <pre>
 * 16x8 r(0,1)(8,0) l(0,2)(0,4)(1,0)(2,0)(4,0) w         a layout
 * 32x64 r(0,1)... l... w...  in pieces of 8             each cell is 8 neighbours of a thread
 * 32x64 of 2 bytes, swizzled 8 1 8                      places in shared memory
 * </pre>
 *
 * <p>{@code -Dkiln.update=true} draws anew what has no rows left out.
 */
class DocumentedLayoutsTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final String GAP = "...";
  private static final Pattern PIECES = Pattern.compile("(.*?) +in pieces of (\\d+)");
  private static final Pattern SHARED =
      Pattern.compile("(\\d+)x(\\d+) of (\\d+) bytes, swizzled (\\d+) (\\d+) (\\d+)");

  @ParameterizedTest
  @ValueSource(strings = {"compiler.md", "compiler-layouts.md"})
  void picturesAreDrawn(String page) throws IOException {
    List<String> lines = Files.readAllLines(DOCS.resolve(page));
    List<String> now = new ArrayList<>();
    int pictures = 0;
    for (int at = 0; at < lines.size(); at++) {
      now.add(lines.get(at));
      if (lines.get(at).equals("```layout")) {
        String title = lines.get(++at);
        now.add(title);
        int end = at + lines.subList(at, lines.size()).indexOf("```");
        now.addAll(drawn(title, lines.subList(at + 1, end)));
        at = end - 1;
        pictures++;
      }
    }
    assertThat(pictures).as("pictures in %s", page).isPositive();
    if (Boolean.getBoolean("kiln.update") && !now.equals(lines)) {
      Files.write(DOCS.resolve(page), now);
      return;
    }
    assertThat(lines).as("%s: run this test with -Dkiln.update=true", page).isEqualTo(now);
  }

  /** The rows as they are now, those left out like on the page. */
  private static List<String> drawn(String title, List<String> shown) {
    List<String> rows = picture(title).lines().toList();
    int gap = shown.indexOf(GAP);
    if (gap < 0) {
      return rows;
    }
    int behind = shown.size() - gap - 1;
    List<String> some = new ArrayList<>(rows.subList(0, gap));
    some.add(GAP);
    some.addAll(rows.subList(rows.size() - behind, rows.size()));
    return some;
  }

  private static String picture(String title) {
    Matcher shared = SHARED.matcher(title);
    if (shared.matches()) {
      int[] n = new int[6];
      Arrays.setAll(n, i -> Integer.parseInt(shared.group(i + 1)));
      var layout = SharedLayout.swizzled(Shape.of(n[0], n[1]), n[3], n[4], n[5], 1, 0);
      return LayoutPicture.ofMemory(layout, n[2]);
    }
    Matcher pieces = PIECES.matcher(title);
    return LayoutPicture.of(
        pieces.matches()
            ? inPieces(LayoutText.parse(pieces.group(1)), Integer.parseInt(pieces.group(2)))
            : LayoutText.parse(title));
  }

  /** Each thread's first registers are neighbours along the last axis: they become one. */
  private static LinearLayout inPieces(LinearLayout layout, int count) {
    int last = layout.shape().rank() - 1;
    int bits = Integer.numberOfTrailingZeros(count);
    assertThat(layout.contiguous(last)).isGreaterThanOrEqualTo(count);
    int[] dims = new int[last + 1];
    Arrays.setAll(dims, axis -> layout.shape().dim(axis));
    dims[last] /= count;
    int[] registers = Arrays.copyOfRange(layout.registers(), bits, layout.registers().length);
    return new LinearLayout(
        Shape.of(dims),
        shifted(registers, bits),
        shifted(layout.lanes(), bits),
        shifted(layout.warps(), bits),
        new int[0]);
  }

  private static int[] shifted(int[] vectors, int bits) {
    return Arrays.stream(vectors).map(vector -> vector >> bits).toArray();
  }
}
