package dev.kiln.compiler.frontend.ops;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The table of operations as a page of documentation. */
public final class SupportTable {
  private static final String INTRODUCTION =
      """
      # What is supported

      This page is generated from the compiler's own table of operations (`SupportTable`); a test fails
      when it is stale, and `-Dkiln.update=true` writes it anew. The signatures are those of Triton 3.8,
      with what older kernels still use.

      - **cpu**, **eval**: yes, or `-` for what fails with "not supported yet" or "needs a GPU target".
      - **gpu**: the targets `sm_80`, `sm_89`, `sm_90a`, `sm_100` and `sm_120`: yes for all of them, or those
        that have it; each operation is compiled and run in the simulator for each target by tests. Products
        use `mma.sync`, on `sm_90a` also `wgmma`; `tcgen05` is not used yet. `fp8e4nv` needs `sm_89`.
      - **method**: tensors have it as a method as well (`x.sum(0)`).
      - **dtypes**: what it takes; after an arrow, what it gives where that is not the same.

      Names under `tl.math`, `tl.core`, `tl.standard`, `tl.random`, `tl.libdevice`,
      `tl.extra.cuda.libdevice` and their like lead to the same rows: older kernels find the functions of
      libdevice under `tl.math`.
      """;

  /** What GPU targets have of an operation, where that is not all that the others have. */
  private static final Map<String, String> GPU = gpu();

  private SupportTable() {}

  /** Lines {@code operation | what to say of it}, written by the test that tries them all. */
  private static Map<String, String> gpu() {
    try (var in = SupportTable.class.getResourceAsStream("gpu-operations.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" \\| ", 2))
          .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The whole page, in Markdown. */
  public static String render() {
    var out = new StringBuilder(INTRODUCTION);
    List<Builtin> all = OperationTable.instance().all();
    long supported = all.stream().filter(Builtin::isSupported).count();
    out.append("\n%d of %d operations are supported.\n".formatted(supported, all.size()));
    for (Category category : Category.values()) {
      List<Builtin> rows = all.stream().filter(builtin -> builtin.category() == category).toList();
      out.append("\n## ").append(category.title()).append("\n\n");
      out.append("| operation | method | dtypes | cpu | eval | gpu | notes |\n");
      out.append("| --- | --- | --- | --- | --- | --- | --- |\n");
      rows.forEach(row -> out.append(row(row)));
    }
    return out.toString();
  }

  private static String row(Builtin builtin) {
    List<String> cells = new ArrayList<>();
    cells.add("`" + spoken(builtin) + "`");
    cells.add(builtin.isMethod() && !isOnlyMethod(builtin) ? "yes" : "");
    cells.add(builtin.dtypes());
    String works = builtin.isSupported() ? "yes" : "-";
    String worksOnCpu = builtin.isOnCpu() ? "yes" : "-";
    cells.add(worksOnCpu);
    cells.add(worksOnCpu);
    cells.add(GPU.getOrDefault(spokenName(builtin), works));
    cells.add(notes(builtin));
    return "| " + String.join(" | ", cells).replaceAll(" +\\|", " |") + " |\n";
  }

  private static boolean isOnlyMethod(Builtin builtin) {
    return builtin.name().startsWith("triton.language.tensor.");
  }

  /** The signature with the name as kernels write it. */
  private static String spoken(Builtin builtin) {
    String signature = builtin.signature().text();
    String parameters = signature.substring(signature.indexOf('('));
    return spokenName(builtin) + (hasSelf(builtin) ? withoutSelf(parameters) : parameters);
  }

  private static String spokenName(Builtin builtin) {
    if (isOnlyMethod(builtin)) {
      return "x." + builtin.shortName();
    } else if (hasSelf(builtin)) {
      return "desc." + builtin.shortName();
    } else if (builtin.category() == Category.LIBDEVICE) {
      return "libdevice." + builtin.shortName();
    }
    return builtin.spokenName();
  }

  private static boolean hasSelf(Builtin builtin) {
    return isOnlyMethod(builtin) || builtin.name().startsWith(DescriptorOperations.METHODS + ".");
  }

  private static String withoutSelf(String parameters) {
    return parameters.replaceFirst("\\([^,)]*(, )?", "(");
  }

  private static String notes(Builtin builtin) {
    String notes = builtin.notes();
    if (builtin.isSupported()) {
      return notes;
    }
    return "not yet" + (notes.isEmpty() ? "" : "; " + notes.toLowerCase(Locale.ROOT));
  }
}
