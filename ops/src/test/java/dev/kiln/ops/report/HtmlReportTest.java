package dev.kiln.ops.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.metric.ConfusionMatrix;
import dev.kiln.ops.report.RunLog.NoteKind;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class HtmlReportTest {
  private static final String HOSTILE = "</script><script>alert(1)</script>\"'&\u0000";

  /** Every chart is well-formed, and no number in it came out as NaN or an infinity. */
  private static String page(RunLog log) throws Exception {
    String page = HtmlReport.page(log);
    Matcher charts = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(page);
    while (charts.find()) {
      DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new InputSource(new StringReader(charts.group())));
      assertThat(charts.group().replaceAll(">[^<]*<", "><"))
          .doesNotContain("NaN")
          .doesNotContain("Infinity");
    }
    return page;
  }

  @Test
  void emptyRunSaysSo() throws Exception {
    String page = page(new RunLog("nothing"));
    assertThat(page).contains("Nothing was recorded yet").contains("<h1>nothing</h1>");
    assertThat(page).doesNotContain("<h2>").doesNotContain("<svg");
  }

  @Test
  void pageNeedsNothingFromOutside() throws Exception {
    String page = page(RunLogTest.everything());
    assertThat(page.replace("http://www.w3.org/2000/svg", ""))
        .doesNotContain("http:")
        .doesNotContain("https:")
        .doesNotContain("@import")
        .doesNotContain("<link");
    assertThat(page).contains("prefers-color-scheme: dark").contains("width=device-width");
  }

  @Test
  void eachPartThatWasRecordedHasItsSection() throws Exception {
    String page = page(RunLogTest.everything());
    assertThat(page)
        .contains("<h3>Loss</h3>")
        .contains("2 not finite")
        .contains("Gradient norm per layer")
        .contains("Confusion matrix")
        .contains("0 → 1 <b>1</b>")
        .contains("Predicted against true")
        .contains("Residuals against predictions")
        .contains("data:image/png;base64,")
        .contains("Text samples")
        .contains("matmul")
        .contains("<td>2G</td>", "loss spike")
        .contains("<th>rate</th><td>0.1</td>")
        .contains("<th>device</th><td>cpu</td>");
  }

  @Test
  void hostileNamesStayText() throws Exception {
    RunLog log = new RunLog(HOSTILE);
    log.record(HOSTILE, 1, 1);
    log.record("loss/" + HOSTILE, 1, 1);
    log.layerGradient(HOSTILE, 1, 1);
    log.hyperParameter(HOSTILE, HOSTILE);
    log.environment(HOSTILE, HOSTILE);
    log.note(1, NoteKind.WARNING, HOSTILE);
    log.text(1, HOSTILE, HOSTILE);
    log.predictions(new float[] {1, 2}, new float[] {2, 1}, HOSTILE);
    log.kernels(List.of(new RunLog.KernelTime(HOSTILE, 1, 1, 1)));
    Picture picture = new Picture(1, 1, 1, new byte[1]);
    log.pictures(List.of(new RunLog.PictureSample(picture, HOSTILE, HOSTILE)));
    log.grid(1, HOSTILE, picture);
    log.confusion(new ConfusionMatrix(List.of(HOSTILE)));
    String page = page(log);
    assertThat(page).doesNotContain("alert(1)</script>").doesNotContain("<script>alert");
    assertThat(page.indexOf('\u0000')).isNegative();
    // The page's own script, and one of data for each of two charts.
    assertThat(page.split("</script>", -1)).hasSize(4);
  }

  @Test
  void curvesOfNothingButNonNumbersAreDrawn() throws Exception {
    RunLog log = new RunLog("diverged");
    for (int step = 0; step < 10; step++) {
      log.record(Curves.TRAIN_LOSS, step, Double.NaN);
      log.record(Curves.GRADIENT_NORM, step, Double.POSITIVE_INFINITY);
      log.layerGradient("l", step, Double.NaN);
    }
    log.predictions(new float[] {Float.NaN}, new float[] {Float.NaN}, "");
    assertThat(page(log)).contains("10 not finite").contains("class=\"strange\"");
  }

  @Test
  void onePointIsADot() throws Exception {
    RunLog log = new RunLog("short");
    log.record(Curves.TRAIN_LOSS, 7, 0.5);
    log.layerGradient("l", 7, 0);
    log.predictions(new float[] {1}, new float[] {1}, "");
    assertThat(page(log)).contains("class=\"dot c0\"").contains("at step 7");
  }

  @Test
  void longRunsMakeNoLongPages() throws Exception {
    RunLog log = new RunLog("long");
    Random random = new Random(1);
    for (int step = 0; step < 200_000; step++) {
      log.record(Curves.TRAIN_LOSS, step, 1 + random.nextDouble());
      log.record(Curves.RATE, step, 1e-3);
    }
    float[] numbers = new float[100_000];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextFloat();
    }
    log.predictions(numbers, numbers, "");
    for (int i = 0; i < 2000; i++) {
      log.note(i, NoteKind.SKIPPED_STEP, "overflow");
      log.text(i, "", "x");
      log.kernels(List.of());
    }
    String page = page(log);
    assertThat(page.length()).isLessThan(900_000);
    assertThat(page).contains("and 1900 more");
  }

  @Test
  void manyClassesAreLegible() throws Exception {
    for (int classes : new int[] {1, 17, 100, 101}) {
      RunLog log = new RunLog("classes");
      ConfusionMatrix matrix = new ConfusionMatrix(classes);
      int[] labels = IntStream.range(0, classes).toArray();
      matrix.update(labels, labels);
      log.confusion(matrix);
      assertThat(page(log).contains("<h3>Confusion matrix</h3>")).isEqualTo(classes <= 100);
    }
  }

  @Test
  void fileIsReplacedAsAWhole(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("a/report.html");
    HtmlReport.write(new RunLog("first"), file);
    HtmlReport.write(new RunLog("second"), file);
    assertThat(Files.readString(file)).contains("<h1>second</h1>").endsWith("</html>\n");
    try (var files = Files.list(file.getParent())) {
      assertThat(files).hasSize(1);
    }
  }
}
