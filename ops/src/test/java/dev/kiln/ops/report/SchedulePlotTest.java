package dev.kiln.ops.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ops.schedule.Constant;
import dev.kiln.ops.schedule.Polynomial;
import dev.kiln.ops.schedule.Schedules;
import dev.kiln.runtime.KilnException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class SchedulePlotTest {
  @Test
  void barsFallWithTheRate() {
    String text = new SchedulePlot(new Polynomial(0.8, 8, 1, 0, false), 8).text(40, 2);
    assertThat(text).isEqualTo("0.8 ┤█▆▄▂    \n  0 ┤█████▆▄▂\n     0      7\n");
  }

  @Test
  void longRunsFillTheColumns() {
    String text =
        new SchedulePlot(Schedules.parse("warmup:1000,cosine", 1e-3, 1_000_000), 1_000_000)
            .text(60, 5);
    assertThat(text.lines().toList())
        .hasSize(6)
        .allMatch(line -> line.length() <= 70)
        .first()
        .asString()
        .startsWith("0.001 ┤██");
    assertThat(text).endsWith("999,999\n");
    assertThat(new SchedulePlot(new Constant(0), 1).text(10, 1)).isEqualTo("0 ┤ \n   0 \n");
  }

  @Test
  void writesAPictureOrAPage(@TempDir Path folder) throws Exception {
    SchedulePlot plot = new SchedulePlot(Schedules.parse("noam:64:40"), 400);
    Path svg = folder.resolve("rate.SVG");
    plot.write(svg);
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    var picture =
        factory
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(Files.readString(svg))))
            .getDocumentElement();
    assertThat(picture.getNamespaceURI()).isEqualTo("http://www.w3.org/2000/svg");
    assertThat(picture.getElementsByTagName("path").getLength()).isEqualTo(1);
    plot.write(folder.resolve("rate.html"));
    assertThat(Files.readString(folder.resolve("rate.html")))
        .contains("<h1>noam:width=64:warmup=40:rate=1.0</h1>");
    assertThatThrownBy(() -> plot.write(folder.resolve("rate.png")))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("must end in .svg or .html");
    assertThatThrownBy(() -> new SchedulePlot(new Constant(1), 0))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("over 0 steps");
  }
}
