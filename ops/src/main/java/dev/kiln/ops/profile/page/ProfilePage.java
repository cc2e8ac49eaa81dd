package dev.kiln.ops.profile.page;

import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import dev.kiln.ops.page.Page;
import dev.kiln.ops.profile.CountedKernel;
import dev.kiln.ops.profile.DeviceRoofline;
import dev.kiln.ops.profile.ProfileReport;
import dev.kiln.ops.profile.ProfileRow;
import dev.kiln.ops.profile.Rooflines;
import dev.kiln.ops.profile.page.RooflinePlot.Point;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.sim.roofline.GpuModel;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A profile as one HTML file that needs no other: a table of all calls, where they lie under the
 * roofs of the device, and for the simulator what bounds each kernel, and its source beside its PTX
 * beside what each line did. Light or dark as the reader has it. All of it can be read without
 * scripts.
 */
public final class ProfilePage {
  private final ProfileReport report;
  private final Markup html = new Markup();

  private ProfilePage(ProfileReport report) {
    this.report = report;
  }

  /**
   * Writes the page, as a whole or not at all.
   *
   * @throws dev.kiln.runtime.KilnException if the file cannot be written
   */
  public static void write(Path file, ProfileReport report) {
    byte[] page = page(report).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, out -> out.write(page));
  }

  /**
   * Writes a page of kernels of one's own, as a whole or not at all: what bounds each launch, and
   * what each line did.
   *
   * @throws dev.kiln.runtime.KilnException if the file cannot be written
   */
  public static void write(Path file, String title, List<CountedKernel> kernels) {
    byte[] page = page(title, kernels).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, out -> out.write(page));
  }

  /** The page of kernels of one's own. */
  public static String page(String title, List<CountedKernel> kernels) {
    Markup html = new Markup().raw(begin(title));
    html.raw("<header><p class=\"brand\">Kiln profile</p>").leaf("h1", title).raw("</header>");
    html.raw("<section>");
    KernelPanels panels = new KernelPanels(html);
    panels.add(kernels);
    panels.end();
    return html.raw("</section>").raw(end()).toString();
  }

  /** The page. */
  public static String page(ProfileReport report) {
    return new ProfilePage(report).make();
  }

  private String make() {
    html.raw(begin("Profile of " + report.device()));
    head();
    if (!report.rows().isEmpty()) {
      calls();
      plots();
      kernels();
    }
    libraries();
    return html.raw(end()).toString();
  }

  private static String begin(String title) {
    return Page.begin(title, Page.resource(ProfilePage.class, "profile.css"));
  }

  private static String end() {
    return Page.end(Page.resource(ProfilePage.class, "profile.js"));
  }

  private boolean isSimulated() {
    return !report.gpus().isEmpty();
  }

  // Head

  private void head() {
    html.raw("<header><p class=\"brand\">Kiln profile</p>");
    html.leaf("h1", report.model().startsWith(report.device()) ? report.model() : name());
    html.raw("<dl class=\"tiles\">");
    tile(
        "calls",
        Integer.toString(report.rows().size()),
        operations() + (operations() == 1 ? " operation" : " operations"));
    long wrong = report.rows().stream().filter(row -> !row.isRight()).count();
    long checked = report.rows().stream().filter(row -> row.check().isPresent()).count();
    tile("wrong or failed", Long.toString(wrong), checked + " checked");
    double[] shares =
        report.rows().stream()
            .flatMap(row -> row.attainable().stream())
            .mapToDouble(roof -> roof.share())
            .sorted()
            .toArray();
    if (shares.length > 0) {
      tile("of the roofline", Figures.percent(shares[shares.length / 2]), "median of the calls");
    }
    html.raw("</dl>");
    if (report.rows().isEmpty()) {
      html.leaf("p", "Nothing was profiled.", "class", "about");
    }
    html.raw("</header>");
  }

  private String name() {
    return report.device() + ": " + report.model();
  }

  private long operations() {
    return report.rows().stream().map(row -> row.ofCase().operation().name()).distinct().count();
  }

  private void tile(String name, String value, String more) {
    html.raw("<div>").leaf("dt", name).leaf("dd", value).leaf("dd", more, "class", "more");
    html.raw("</div>");
  }

  private void section(String title) {
    html.raw("<section>").leaf("h2", title);
  }

  private void about(String text) {
    html.leaf("p", text, "class", "about");
  }

  // Calls

  private void calls() {
    section("Calls");
    about(
        isSimulated()
            ? "Counted in the simulator. Times are estimates: what the busiest resource of the GPU"
                + " needs at least. A click on a heading sorts."
            : "Times are of the whole call, launches included. × is how many times as fast Kiln is."
                + " A click on a heading sorts.");
    html.raw(isSimulated() ? new SimTable(report).html() : new TimedTable(report).html());
    List<ProfileRow> failed =
        report.rows().stream().filter(row -> row.fault().isPresent()).toList();
    if (!failed.isEmpty()) {
      html.raw("<ul class=\"card faults\">");
      failed.forEach(row -> html.leaf("li", row.ofCase() + ": " + row.fault().orElseThrow()));
      html.raw("</ul>");
    }
    html.raw("</section>");
  }

  // Rooflines

  private void plots() {
    Markup plots = new Markup();
    report.roofline().ifPresent(roof -> plot(plots, roof.source(), roof, timedPoints()));
    for (String name : report.gpus()) {
      GpuModel.find(name)
          .ifPresent(gpu -> plot(plots, gpu.title(), Rooflines.of(gpu), estimatedPoints(name)));
    }
    if (plots.toString().isEmpty()) {
      return;
    }
    section("Roofline");
    about(
        "To the right, operations for each byte that a call has to move; upwards, operations a"
            + " second"
            + (isSimulated() ? ", if the launches take the least time." : ".")
            + " Under the slope a call waits for memory, under a ceiling for arithmetic.");
    html.raw("<div class=\"grid plots\">").raw(plots).raw("</div>");
    List<String> left =
        report.rows().stream()
            .filter(row -> row.fault().isEmpty() && !(row.intensity() > 0))
            .map(row -> row.ofCase().operation().name())
            .distinct()
            .toList();
    if (!left.isEmpty()) {
      about(
          "Without floating-point operations, and so without a place: " + String.join(", ", left));
    }
    html.raw("</section>");
  }

  private static void plot(
      Markup plots, String title, DeviceRoofline roofline, List<Point> points) {
    RooflinePlot plot = new RooflinePlot(title, roofline, points);
    plots.raw("<figure class=\"card\"><figcaption>").leaf("h3", title);
    plots.raw("<ul class=\"legend\">");
    points.stream()
        .map(Point::ofCase)
        .map(ofCase -> ofCase.dtype())
        .distinct()
        .forEach(
            dtype ->
                plots.leaf("li", dtype.shortName(), "class", "key c" + RooflinePlot.colour(dtype)));
    plots.raw("</ul></figcaption><div class=\"on-wide\">").raw(plot.svg(680, 420));
    plots.raw("</div><div class=\"on-narrow\">").raw(plot.svg(400, 340)).raw("</div></figure>");
  }

  private List<Point> timedPoints() {
    return report.rows().stream()
        .filter(row -> row.time().isPresent())
        .flatMap(row -> point(row, row.time().get().median()))
        .toList();
  }

  private List<Point> estimatedPoints(String gpu) {
    return report.rows().stream()
        .flatMap(
            row ->
                point(
                    row,
                    SimTable.estimates(gpu, row.kernels()).stream()
                        .mapToDouble(RooflineEstimate::seconds)
                        .sum()))
        .toList();
  }

  private static Stream<Point> point(ProfileRow row, double seconds) {
    boolean hasPlace = row.intensity() > 0 && row.intensity() < 1e12 && seconds > 0;
    return Optional.of(row).stream()
        .filter(_ -> hasPlace)
        .map(r -> new Point(r.ofCase(), r.intensity(), r.flops() / seconds));
  }

  // Kernels

  private void kernels() {
    List<ProfileRow> rows = report.rows().stream().filter(row -> !row.kernels().isEmpty()).toList();
    if (rows.isEmpty()) {
      return;
    }
    section("Kernels");
    KernelPanels panels = new KernelPanels(html);
    for (ProfileRow row : rows) {
      html.leaf("h3", row.ofCase().toString(), "class", "case");
      panels.add(row.kernels());
    }
    panels.end();
    html.raw("</section>");
  }

  // Libraries

  private void libraries() {
    if (report.references().isEmpty()) {
      return;
    }
    section("Compared with");
    html.raw("<div class=\"card compared\"><table class=\"facts\"><tbody>");
    for (ProfileReport.Library library : report.references()) {
      String known =
          library
              .unavailable()
              .map(reason -> "not used: " + reason)
              .or(library::version)
              .orElse("");
      html.raw("<tr>").leaf("th", library.name(), "scope", "row").leaf("td", known).raw("</tr>");
    }
    html.raw("</tbody></table></div></section>");
  }
}
