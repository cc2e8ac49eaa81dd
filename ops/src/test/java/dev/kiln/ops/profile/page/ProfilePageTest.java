package dev.kiln.ops.profile.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.profile.Attainable;
import dev.kiln.ops.profile.CallTime;
import dev.kiln.ops.profile.Check;
import dev.kiln.ops.profile.CountedKernel;
import dev.kiln.ops.profile.DeviceRoofline;
import dev.kiln.ops.profile.OperationCase;
import dev.kiln.ops.profile.ProfileListener;
import dev.kiln.ops.profile.ProfileOptions;
import dev.kiln.ops.profile.ProfileReport;
import dev.kiln.ops.profile.ProfileRow;
import dev.kiln.ops.profile.ProfiledOperation;
import dev.kiln.ops.profile.ProfiledOperations;
import dev.kiln.ops.profile.ReferenceResult;
import dev.kiln.ops.profile.SimProfile;
import dev.kiln.ops.profile.Sizes;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.monitor.count.Measures;
import dev.kiln.runtime.sim.roofline.GpuModel;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ProfilePageTest {
  private static final String HOSTILE = "</td><script>alert(1)</script>\"'&\u0000";
  private static final ProfileReport SIMULATED =
      new SimProfile(
              ProfileOptions.quick()
                  .withGpus(List.of(GpuModel.find("a100").get(), GpuModel.find("h100").get())))
          .run(
              List.of(ofCase("relu", "8x16", DType.FP32), ofCase("matmul", "32x32x16", DType.FP16)),
              new ProfileListener() {});

  private static OperationCase ofCase(String name, String shape, DType dtype) {
    ProfiledOperation operation = ProfiledOperations.named(List.of(name)).getFirst();
    return new OperationCase(operation, Sizes.parse(operation.axes(), shape), dtype);
  }

  // The page as a tree

  /** What stands between head and script has to be well-formed. */
  private static Document parse(String page) throws Exception {
    int end = page.indexOf("</main>") + "</main>".length();
    String main = page.substring(page.indexOf("<main>"), end);
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(main)));
  }

  private static List<Element> elements(Document page, String tag, String kind) {
    return elements(page.getElementsByTagName(tag), kind);
  }

  private static List<Element> elements(NodeList nodes, String kind) {
    List<Element> found = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      Element element = (Element) nodes.item(i);
      boolean fits =
          kind.isEmpty() || Arrays.asList(element.getAttribute("class").split(" ")).contains(kind);
      if (fits) {
        found.add(element);
      }
    }
    return found;
  }

  private static List<List<String>> rows(Element table) {
    List<List<String>> rows = new ArrayList<>();
    for (Element row : elements(table.getElementsByTagName("tr"), "")) {
      List<String> cells = new ArrayList<>();
      for (Element cell : elements(row.getElementsByTagName("*"), "")) {
        if (cell.getTagName().equals("td") || cell.getTagName().equals("th")) {
          cells.add(cell.getTextContent());
        }
      }
      rows.add(cells);
    }
    return rows;
  }

  // The simulator

  @Test
  void eachCallHasARowForEachTarget() throws Exception {
    Document page = parse(ProfilePage.page(SIMULATED));
    List<List<String>> rows = rows(elements(page, "table", "sortable").getFirst());
    assertThat(rows.getFirst()).contains("operation", "a100 at least", "h100 at least", "of ideal");
    assertThat(rows.stream().skip(1).map(row -> row.subList(0, 4)))
        .containsExactly(
            List.of("relu", "8x16", "fp32", "sm_80"),
            List.of("relu", "8x16", "fp32", "sm_90a"),
            List.of("matmul", "32x32x16", "fp16", "sm_80"),
            List.of("matmul", "32x32x16", "fp16", "sm_90a"));
    assertThat(rows).allMatch(row -> row.size() == rows.getFirst().size());
  }

  @Test
  void eachGpuHasARooflineWithEachCall() throws Exception {
    Document page = parse(ProfilePage.page(SIMULATED));
    // Each for wide and for narrow windows.
    List<Element> plots = elements(page, "svg", "roofline");
    assertThat(plots).hasSize(4);
    for (Element plot : plots) {
      NodeList points = plot.getElementsByTagName("circle");
      assertThat(points.getLength()).isEqualTo(2);
      assertThat(points.item(1).getTextContent()).startsWith("matmul 32x32x16 fp16: ");
      assertThat(plot.getTextContent()).contains("memory: ", "products in fp16, bf16: ");
    }
    assertThat(plots.getFirst().getTextContent()).contains("312 TFLOP/s", "2.04 TB/s");
  }

  @Test
  void eachKernelHasItsBoundsAndOccupancy() throws Exception {
    Document page = parse(ProfilePage.page(SIMULATED));
    List<Element> kernels = elements(page, "details", "kernel");
    assertThat(kernels).hasSize(4);
    assertThat(kernels.getFirst().hasAttribute("open")).isTrue();
    assertThat(kernels.get(1).hasAttribute("open")).isFalse();
    for (Element kernel : kernels) {
      assertThat(kernel.getTextContent())
          .contains("at least", "bound by", "Occupancy: ", "warp instructions", "global sectors");
      assertThat(elements(kernel.getElementsByTagName("tr"), "holds")).hasSize(1);
    }
    assertThat(kernels.get(2).getTextContent()).contains("multiply-adds of tensor cores");
  }

  /** The numbers beside the source, and those beside the PTX, add up to those of the launch. */
  @Test
  void linesAddUpToTheLaunch() throws Exception {
    Document page = parse(ProfilePage.page(SIMULATED));
    List<Element> kernels = elements(page, "details", "kernel");
    List<CountedKernel> launches =
        SIMULATED.rows().stream().flatMap(row -> row.kernels().stream()).toList();
    for (int i = 0; i < launches.size(); i++) {
      Measures total = launches.get(i).counters().total();
      for (Element pane : elements(kernels.get(i).getElementsByTagName("div"), "pane")) {
        List<List<String>> rows = rows(elements(pane.getElementsByTagName("table"), "").getFirst());
        for (Heat heat : Heat.values()) {
          int column = rows.getFirst().indexOf(heat.title());
          assertThat(column >= 0).isEqualTo(heat.of(total) != 0);
          if (column >= 0) {
            assertThat(sum(rows, column)).as("%s", heat).isEqualTo(heat.of(total));
          }
        }
      }
    }
  }

  private static long sum(List<List<String>> rows, int column) {
    int width = rows.getFirst().size();
    return rows.stream()
        .skip(1)
        .filter(row -> row.size() == width && !row.get(column).isEmpty())
        .mapToLong(row -> Long.parseLong(row.get(column).replace(",", "")))
        .sum();
  }

  @Test
  void sharesAddUpToOne() {
    for (ProfileRow row : SIMULATED.rows()) {
      for (KernelHeat kernel : KernelHeat.of(row.kernels())) {
        for (Heat heat : kernel.heats()) {
          Stream<Measures> bySource =
              Stream.concat(kernel.source().values().stream(), Stream.of(kernel.unplaced()));
          assertThat(bySource.mapToDouble(line -> kernel.share(heat, line)).sum())
              .isCloseTo(1, within(1e-9));
          assertThat(kernel.ptx().values().stream().mapToDouble(m -> kernel.share(heat, m)).sum())
              .isCloseTo(1, within(1e-9));
        }
      }
    }
  }

  @Test
  void linesOfTheSourceLeadToTheirPtx() throws Exception {
    Document page = parse(ProfilePage.page(SIMULATED));
    Element kernel = elements(page, "details", "kernel").get(2);
    List<Element> panes = elements(kernel.getElementsByTagName("div"), "pane");
    List<Element> links = elements(panes.getFirst().getElementsByTagName("a"), "");
    assertThat(links).isNotEmpty();
    List<String> targets =
        elements(panes.get(1).getElementsByTagName("tr"), "").stream()
            .map(row -> row.getAttribute("id"))
            .filter(id -> !id.isEmpty())
            .toList();
    assertThat(targets).doesNotHaveDuplicates();
    assertThat(targets)
        .containsAll(links.stream().map(a -> a.getAttribute("href").substring(1)).toList());
    assertThat(panes.getFirst().getTextContent()).contains("tl.dot(");
    assertThat(panes.get(1).getTextContent()).contains("mma.sync").doesNotContain(".loc ");
  }

  @Test
  void launchesOfOneTextAreSummed() {
    CountedKernel kernel = SIMULATED.rows().getFirst().kernels().getFirst();
    List<KernelHeat> heats = KernelHeat.of(List.of(kernel, kernel));
    assertThat(heats).hasSize(1);
    assertThat(heats.getFirst().total().get(Measure.EXECUTIONS))
        .isEqualTo(2 * kernel.counters().total().get(Measure.EXECUTIONS));
    assertThat(ProfilePage.page("mine", List.of(kernel, kernel))).contains("2 launches, summed");
  }

  @Test
  void linesThatAreLeftOutAreToldOf() throws Exception {
    KernelHeat kernel = KernelHeat.of(SIMULATED.rows().getFirst().kernels()).getFirst();
    assertThat(KernelPanel.html(kernel, 3, false, true)).doesNotContain("are left out");
    assertThat(KernelPanel.html(kernel, 3, false, false))
        .contains("id=\"kernel-3\"", "are left out", "profile it alone")
        .doesNotContain("pane");
  }

  @Test
  void pageOfOwnKernelsEscapesTheirText() throws Exception {
    CountedKernel kernel = SIMULATED.rows().getFirst().kernels().getFirst();
    String file = kernel.sources().keySet().iterator().next();
    String source = kernel.sources().get(file).replace("def ", "def " + HOSTILE);
    var hostile =
        new CountedKernel(
            HOSTILE,
            Target.SM_80,
            kernel.ptx() + "// " + HOSTILE,
            kernel.counters(),
            Map.of(file, source),
            kernel.estimates());
    String page = ProfilePage.page(HOSTILE, List.of(hostile));
    assertThat(page).doesNotContain("<script>alert").contains("&lt;/td&gt;&lt;script&gt;alert");
    Document tree = parse(page);
    assertThat(elements(tree, "h1", "").getFirst().getTextContent()).contains("alert(1)");
    assertThat(Counters.NOTES).allMatch(tree.getDocumentElement().getTextContent()::contains);
  }

  // Devices with a time

  private static final CallTime TIME = new CallTime(0.9e-3, 0.95e-3, 1e-3, 1.1e-3, 150);

  private static ProfileReport timed(String library, String fault) {
    OperationCase softmax = ofCase("softmax", "64x32", DType.FP32);
    Check right =
        new Check(softmax.sizes(), List.of(new Check.OutputError("y", 1e-7, 4e-7, 2e-7, 1)));
    Check wrong =
        new Check(softmax.sizes(), List.of(new Check.OutputError("y", 1e-3, 4e-7, 2e-7, 1)));
    var roof =
        new DeviceRoofline(
            "data sheet",
            List.of(
                new DeviceRoofline.Bandwidth(1 << 10, 9e10),
                new DeviceRoofline.Bandwidth(1 << 30, 3e10)),
            Map.of(DType.FP32, 2e11, DType.FP16, 2e11),
            Map.of(DType.FP32, 2e11, DType.FP16, 2e11));
    return new ProfileReport(
        "cpu",
        "cpu 512, two threads",
        Optional.of(roof),
        List.of(
            new ProfileReport.Library(library, Optional.of("2.9"), Optional.empty()),
            new ProfileReport.Library("absent", Optional.empty(), Optional.of("no such file"))),
        List.of(),
        List.of(
            row(softmax, 2e6, List.of(new ReferenceResult(library, TIME, 2, 1e-8)), right),
            row(softmax, 0, List.of(new ReferenceResult(library, TIME, 0.5, Double.NaN)), wrong),
            new ProfileRow(
                softmax,
                0,
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                List.of(),
                Optional.of(fault))));
  }

  private static ProfileRow row(
      OperationCase ofCase, double flops, List<ReferenceResult> references, Check check) {
    return new ProfileRow(
        ofCase,
        2,
        16384,
        flops,
        Optional.of(TIME),
        Optional.of(new Attainable(0.25e-3, Attainable.Bound.MEMORY, 0.25)),
        references,
        Optional.of(check),
        List.of(),
        Optional.empty());
  }

  @Test
  void timesRatesAndRatiosAreInTheirRow() throws Exception {
    Document page = parse(ProfilePage.page(timed("libtorch", "too large")));
    Element table = elements(page, "table", "sortable").getFirst();
    List<List<String>> rows = rows(table);
    assertThat(rows.getFirst())
        .startsWith("operation", "shape", "dtype", "launches", "median", "20 %", "80 %")
        .contains("× libtorch");
    assertThat(rows.get(1))
        .containsExactly(
            "softmax",
            "64x32",
            "fp32",
            "2",
            "1.00 ms",
            "950.00 us",
            "1.10 ms",
            "0.01638",
            "0.002",
            "25 %",
            "memory",
            "2",
            "1e-7",
            "25 %");
    assertThat(rows.get(2)).endsWith("0.5", "0.001", "wrong").contains("–");
    assertThat(rows.get(3)).endsWith("failed", "–");
    assertThat(elements(table.getElementsByTagName("tr"), "wrong")).hasSize(2);
    Element faster = elements(table.getElementsByTagName("span"), "ratio").getFirst();
    assertThat(((Element) faster.getFirstChild()).getAttribute("style"))
        .isEqualTo("left:50%;width:25%");
    Element slower = elements(table.getElementsByTagName("span"), "slower").getFirst();
    assertThat(((Element) slower.getFirstChild()).getAttribute("style"))
        .isEqualTo("left:25%;width:25%");
    String text = page.getDocumentElement().getTextContent();
    assertThat(text).contains("softmax 64x32 fp32: too large", "not used: no such file", "2.9");
    assertThat(text).contains("all arithmetic: 200 GFLOP/s", "caches: 90 GB/s", "memory: 30 GB/s");
    assertThat(text).contains("Without floating-point operations, and so without a place: softmax");
    assertThat(
            elements(page, "svg", "roofline").getFirst().getElementsByTagName("circle").getLength())
        .isEqualTo(1);
  }

  @Test
  void hostileNamesStayText() throws Exception {
    String page = ProfilePage.page(timed(HOSTILE, HOSTILE));
    assertThat(page).doesNotContain("<script>alert");
    assertThat(parse(page).getDocumentElement().getTextContent()).contains("alert(1)");
  }

  @Test
  void pageNeedsNothingFromOutside() {
    assertThat(ProfilePage.page(SIMULATED).replace("http://www.w3.org/2000/svg", ""))
        .doesNotContain("http:", "https:", "@import", "<link", "src=")
        .contains("prefers-color-scheme: dark", "width=device-width");
  }

  @Test
  void emptyReportSaysSo() throws Exception {
    var empty = new ProfileReport("cpu", "cpu", Optional.empty(), List.of(), List.of(), List.of());
    String page = ProfilePage.page(empty);
    assertThat(page).contains("Nothing was profiled.").doesNotContain("<svg", "<h2>");
    assertThat(elements(parse(page), "h1", "").getFirst().getTextContent()).isEqualTo("cpu");
  }

  // Files

  @Test
  void writesAndReplacesTheFile(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("made/page.html");
    ProfilePage.write(file, timed("libtorch", "-"));
    ProfilePage.write(file, "mine", SIMULATED.rows().getFirst().kernels());
    assertThat(file).content().contains("<h1>mine</h1>").endsWith("</html>\n");
    assertThat(list(file.getParent())).containsExactly(file);
  }

  @Test
  void tellsWhyAFileCannotBeWritten(@TempDir Path folder) throws IOException {
    ProfileReport report = timed("libtorch", "-");
    Path inside = Files.writeString(folder.resolve("file"), "x").resolve("page.html");
    assertThatThrownBy(() -> ProfilePage.write(inside, report))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("cannot write " + inside)
        .hasMessageContaining("is no folder");
    assertThatThrownBy(() -> ProfilePage.write(folder, report))
        .isInstanceOf(KilnException.class)
        .hasMessage("cannot write " + folder + ": it is a folder");
    assertThat(list(folder)).containsExactly(folder.resolve("file"));
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
